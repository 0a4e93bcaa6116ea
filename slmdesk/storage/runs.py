"""The runs of the quantizer in the database."""

from __future__ import annotations

from typing import Any

import apsw

from slmdesk.core.runs import Run
from slmdesk.storage import rows
from slmdesk.storage.database import Database


class RunStore:
    """Reads and writes runs; a run that cannot be read is left out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[Run]:
        """Every run, the newest first."""

        def work(c: apsw.Connection) -> tuple[list[Any], list[Any]]:
            heads = list(c.execute("SELECT id, run FROM quantize_runs ORDER BY created DESC"))
            return heads, list(c.execute("SELECT run_id, row FROM quantize_rows ORDER BY run_id, number"))

        heads, lines = await self._database.read(work)
        of: dict[str, list[dict[str, Any]]] = {}
        for run_id, line in lines:
            of.setdefault(run_id, []).append(rows.json_object(line))
        found = []
        for run_id, text in heads:
            try:
                found.append(Run.from_dict({**rows.json_object(text), "id": run_id, "rows": of.get(run_id, [])}))
            except (ValueError, KeyError, TypeError):
                continue
        return found

    async def put(self, run: Run) -> None:
        """Keep a run with all its rows, new or changed."""
        head = (run.id, run.created, rows.to_json(run.to_dict(rows=False)))
        lines = [(run.id, number, rows.to_json(row.to_dict())) for number, row in enumerate(run.rows)]

        def work(c: apsw.Connection) -> None:
            c.execute(
                "INSERT INTO quantize_runs (id, created, run) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "created = excluded.created, run = excluded.run",
                head,
            )
            c.executemany(
                "INSERT INTO quantize_rows (run_id, number, row) VALUES (?, ?, ?) ON CONFLICT (run_id, number) "
                "DO UPDATE SET row = excluded.row",
                lines,
            )

        await self._database.write(work)

    async def drop(self, run_id: str) -> None:
        """Forget a run."""

        def work(c: apsw.Connection) -> None:
            c.execute("DELETE FROM quantize_rows WHERE run_id = ?", (run_id,))
            c.execute("DELETE FROM quantize_runs WHERE id = ?", (run_id,))

        await self._database.write(work)
