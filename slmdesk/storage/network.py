"""The ledger of connections and the agreed hosts in the database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import apsw

from slmdesk.core.network import Connection
from slmdesk.storage.database import Database
from slmdesk.storage.rows import clean

_COLUMNS = "moment, part, host, port, purpose, allowed, up, down, reason, id"


@dataclass(frozen=True, slots=True)
class KnownHost:
    """A host that a person agreed to (or named, for a local one); moments in seconds since 1970, None: never used."""

    host: str
    added: float
    used: float | None = None


class NetworkStore:
    """Lines of the ledger, and hosts by kind ("consent", "local")."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self) -> int:
        """A number that is another one once another process has written to the database."""
        return await self._database.read(lambda c: int(c.execute("PRAGMA data_version").get))

    async def add(self, connections: Sequence[Connection]) -> None:
        """Write lines; one with an id replaces the figures of the earlier line with that id."""
        await self._database.execute(
            f"INSERT INTO connections ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
            "ON CONFLICT (id) DO UPDATE SET up = excluded.up, down = excluded.down, allowed = excluded.allowed, "
            "reason = excluded.reason",
            [
                (c.when, clean(c.part), clean(c.host), c.port, clean(c.purpose), c.allowed, c.up, c.down,
                 clean(c.reason), clean(c.id) or None)
                for c in connections
            ],
            many=True,
        )  # fmt: skip

    async def lines(self, *, limit: int = -1, text: str = "", blocked: bool | None = None) -> list[Connection]:
        """Lines of the ledger, the newest first.

        ``text`` must be in the host, part or purpose; ``blocked`` chooses those that were not made (or were).
        """
        where, values = ["1"], list[object]()
        if text:
            where.append("instr(lower(host || ' ' || part || ' ' || purpose), ?) > 0")
            values.append(clean(text.lower()))
        if blocked is not None:
            where.append("allowed = ?")
            values.append(not blocked)
        query = (
            f"SELECT {_COLUMNS} FROM connections WHERE {' AND '.join(where)} "  # noqa: S608
            "ORDER BY moment DESC, number DESC LIMIT ?"
        )
        return await self._database.read(lambda c: [_connection(r) for r in c.execute(query, (*values, limit))])

    async def totals(self) -> tuple[int, int, int, int]:
        """How many lines there are, how many of them were blocked, and all bytes up and down."""
        query = "SELECT count(*), total(NOT allowed), total(up), total(down) FROM connections"

        def work(c: apsw.Connection) -> tuple[int, int, int, int]:
            count, blocked, up, down = next(iter(c.execute(query)))
            return int(count), int(blocked), int(up), int(down)

        return await self._database.read(work)

    async def wipe(self, *, older_than: float | None = None) -> int:
        """Forget all lines, or those from before a moment; how many there were."""
        if older_than is None:
            return await self._database.execute("DELETE FROM connections")
        return await self._database.execute("DELETE FROM connections WHERE moment < ?", (older_than,))

    async def hosts(self, kind: str) -> list[KnownHost]:
        """The hosts of a kind, by name."""
        query = "SELECT host, added, used FROM network_hosts WHERE kind = ? ORDER BY host"
        return await self._database.read(
            lambda c: [
                KnownHost(str(h), float(a), None if u is None else float(u)) for h, a, u in c.execute(query, (kind,))
            ]
        )

    async def add_host(self, kind: str, host: str) -> None:
        """Remember a host; one that is there keeps its date."""
        await self._database.execute(
            "INSERT INTO network_hosts (host, kind, added) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (host, kind, time.time()),
        )

    async def touch_host(self, kind: str, host: str) -> None:
        """Note that a host is used now."""
        await self._database.execute(
            "UPDATE network_hosts SET used = ? WHERE kind = ? AND host = ?", (time.time(), kind, host)
        )

    async def drop_host(self, kind: str, host: str) -> None:
        """Forget a host; one that is not there changes nothing."""
        await self._database.execute("DELETE FROM network_hosts WHERE kind = ? AND host = ?", (kind, host))


def _connection(row: tuple[object, ...]) -> Connection:
    moment, part, host, port, purpose, allowed, up, down, reason, identifier = row
    return Connection(
        float(str(moment)), str(part), str(host), int(str(port)), str(purpose), bool(allowed), int(str(up)),
        int(str(down)), str(reason), str(identifier or ""),
    )  # fmt: skip
