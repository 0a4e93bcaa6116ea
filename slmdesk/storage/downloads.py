"""The download queue and the origins of files, in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import apsw

from slmdesk.core.models import ModelFormat
from slmdesk.core.remote import Download, DownloadPlan, DownloadState, Origin, PlannedFile
from slmdesk.storage import rows
from slmdesk.storage.database import Database

_COLUMNS = "id, plan, root, state, done, message, error, hint, error_kind, host, added, finished, is_update"
_ORIGIN = (
    "path, source, ref, repo, revision, commit_id, remote_path, size, sha256, git_oid, licence, fetched, title, "
    "folder, root, settled"
)


@dataclass(frozen=True, slots=True)
class Queued:
    """One line of the queue as it is kept: the plan, the models folder that it goes below, and how far it is."""

    download: Download
    plan: DownloadPlan
    root: Path


class DownloadStore:
    """Reads and writes the queue and the origins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[Queued]:
        """The queue, oldest first; a line that cannot be read is left out."""
        query = f"SELECT {_COLUMNS} FROM downloads ORDER BY number"  # noqa: S608
        found = await self._database.read(lambda c: list(c.execute(query)))
        return [queued for row in found if (queued := _queued(row)) is not None]

    async def put(self, item: Queued) -> None:
        """Keep a line, new or changed."""
        d = item.download
        values = (
            d.id, rows.to_json(plan_values(item.plan)), str(item.root), str(d.state), d.done, rows.clean(d.message),
            rows.clean(d.error), rows.clean(d.hint), d.error_kind, d.host, d.added, d.finished, int(d.update),
        )  # fmt: skip
        sets = ", ".join(f"{c} = excluded.{c}" for c in _COLUMNS.split(", ")[1:])
        await self._database.execute(
            f"INSERT INTO downloads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
            f"ON CONFLICT (id) DO UPDATE SET {sets}",
            values,
        )

    async def drop(self, download_id: str) -> None:
        """Forget a line."""
        await self._database.execute("DELETE FROM downloads WHERE id = ?", (download_id,))

    async def put_origins(self, origins: Iterable[Origin]) -> None:
        """Keep where files are from."""
        values = [
            (
                str(o.path), o.source, o.ref, o.repo, o.revision, o.commit, o.remote_path, o.size, o.sha256, o.git_oid,
                rows.clean(o.licence), o.fetched, rows.clean(o.title), o.folder, o.root, int(o.settled),
            )
            for o in origins
        ]  # fmt: skip
        marks = ", ".join("?" * len(_ORIGIN.split(", ")))
        await self._database.execute(f"INSERT OR REPLACE INTO origins ({_ORIGIN}) VALUES ({marks})", values, many=True)  # noqa: S608

    async def origins(self) -> dict[Path, Origin]:
        """Every file's origin by its path."""
        query = f"SELECT {_ORIGIN} FROM origins"  # noqa: S608
        return await self._database.read(lambda c: {Path(r[0]): _origin(r) for r in c.execute(query)})

    async def drop_origins(self, paths: Iterable[Path]) -> None:
        """Forget where files are from."""
        listed = [(str(p),) for p in paths]

        def work(c: apsw.Connection) -> None:
            c.executemany("DELETE FROM origins WHERE path = ?", listed)

        await self._database.write(work)


def plan_values(plan: DownloadPlan) -> dict[str, Any]:
    """A plan as JSON values."""
    return asdict(plan)


def plan_from(values: Mapping[str, Any]) -> DownloadPlan:
    """The plan that :func:`plan_values` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    files = tuple(
        PlannedFile(str(f["path"]), int(f["size"]), str(f.get("sha256", "")), str(f.get("git_oid", "")))
        for f in values["files"]
    )
    return DownloadPlan(
        source=str(values["source"]),
        ref=str(values["ref"]),
        repo=str(values["repo"]),
        title=str(values["title"]),
        files=files,
        folder=str(values["folder"]),
        revision=str(values.get("revision", "main")),
        commit=str(values.get("commit", "")),
        format=ModelFormat(values.get("format", "gguf")),
        quantization=str(values.get("quantization", "")),
        licence=str(values.get("licence", "")),
        gated=bool(values.get("gated", False)),
    )


def download_of(plan: DownloadPlan, root: Path, download_id: str, added: float, *, update: bool = False) -> Download:
    """A plan's line in the queue."""
    return Download(
        id=download_id,
        title=plan.title,
        source=plan.source,
        ref=plan.ref,
        repo=plan.repo,
        revision=plan.revision,
        commit=plan.commit,
        files=plan.files,
        folder=root.joinpath(*plan.folder.split("/")),
        total=plan.size,
        quantization=plan.quantization,
        licence=plan.licence,
        added=added,
        update=update,
    )


def _queued(row: tuple[Any, ...]) -> Queued | None:
    try:
        plan = plan_from(rows.json_object(row[1]))
        root = Path(row[2])
        base = download_of(plan, root, str(row[0]), float(row[10]), update=bool(row[12]))
        download = replace(
            base,
            state=DownloadState(row[3]),
            done=min(int(row[4]), plan.size),
            message=str(row[5]),
            error=str(row[6]),
            hint=str(row[7]),
            error_kind=str(row[8]),
            host=str(row[9]),
            finished=float(row[11]),
        )
    except (ValueError, KeyError, TypeError):
        return None
    return Queued(download, plan, root)


def _origin(r: tuple[Any, ...]) -> Origin:
    source, ref, repo, revision, commit, remote_path = (str(v) for v in r[1:7])
    return Origin(
        Path(r[0]), source, ref, repo, revision, commit, remote_path, int(r[7]), str(r[8]), str(r[9]), str(r[10]),
        float(r[11]), str(r[12]), str(r[13]), str(r[14]), bool(r[15]),
    )  # fmt: skip
