"""How many bytes of the database belong to what, and giving bytes back to the system."""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from slmdesk.storage.database import Database
from slmdesk.storage.tables import downloads, library, measurements, network, quantize

LARGEST_COUNTED = 256 * 1024 * 1024
"""Bytes; counting reads every page, so a larger file is told as a whole only."""

_GROUPS: dict[str, tuple[str, ...]] = {
    "chats": ("conversations", "messages", "title_index", "text_index"),
    "settings": ("settings", "window_state", "presets"),
}
_PARTS = {
    "library": library.TABLES,
    "downloads": downloads.TABLES,
    "network": network.TABLES,
    "measurements": measurements.TABLES + quantize.TABLES,
}


def _named(statements: str) -> tuple[str, ...]:
    """The tables that some statements create."""
    words = statements.split()
    return tuple(name for at, name in zip(words, words[2:], strict=False) if at == "CREATE" and name != "VIEW")


def _group_of(table: str) -> str:
    for group, names in _GROUPS.items():
        if table.startswith(names):
            return group
    for group, statements in _PARTS.items():
        if table in _named(statements):
            return group
    return "other"


async def bytes_by_group(database: Database) -> dict[str, int]:
    """Bytes of the database's pages by group: chats, settings, library, downloads, network, measurements, other.

    Empty for a file that is too large to be counted quickly.
    """

    def work(c: apsw.Connection) -> dict[str, int]:
        size = int(c.execute("PRAGMA page_count").get) * int(c.execute("PRAGMA page_size").get)
        if size > LARGEST_COUNTED:
            return {}
        tables = dict(c.execute("SELECT name, tbl_name FROM sqlite_schema"))
        found: dict[str, int] = {}
        for name, pages in c.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
            group = _group_of(str(tables.get(name, name)))
            found[group] = found.get(group, 0) + int(pages)
        return found

    return await database.read(work)


async def compact(database: Database) -> None:
    """Write the file anew without what was deleted, so that nothing of it is left in the file or beside it."""

    def work(c: apsw.Connection) -> None:
        c.execute("VACUUM")
        c.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    await database.read(work)


def groups() -> Iterable[str]:
    """The names of the groups."""
    return (*_GROUPS, *_PARTS, "other")
