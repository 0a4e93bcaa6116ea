"""The library in the database: places, files, notes, where files went, the bin, and stamps."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from slmdesk.core.file_entry import FileEntry
from slmdesk.storage import rows
from slmdesk.storage.database import Database

_COLUMNS = (
    "path, place, store, names, files, size, mtime_ns, inode, device, mark, publisher, digest, identity, fingerprint, "
    "added, offline, summary"
)
_PUT = (
    f"INSERT INTO model_files ({_COLUMNS}, findings, facts) "  # noqa: S608
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET "
    + ", ".join(f"{c} = excluded.{c}" for c in (*_COLUMNS.split(", ")[1:], "findings", "facts"))
)


@dataclass(frozen=True, slots=True)
class PlaceFlags:
    """How a person changed a place: whether its files are the person's own to change, and whether it is searched."""

    owned: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Note:
    """What a person called a model and wrote about it."""

    name: str = ""
    tags: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Binned:
    """A model in the bin. ``files`` are pairs: the name within ``folder``, and the path that it came from."""

    token: str
    path: Path
    place: Path
    name: str
    folder: Path
    files: tuple[tuple[str, str], ...]
    size: int
    deleted: float


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything that the library knows when it is opened."""

    entries: list[FileEntry]
    places: dict[Path, PlaceFlags]
    notes: dict[str, Note]
    aliases: dict[str, str]


class ModelStore:
    """Reads and writes the library's tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Stored:
        """The whole index without its long columns; a row that cannot be read is left out."""
        return await self._database.read(_load)

    async def put(self, entries: Iterable[tuple[FileEntry, Mapping[str, Any], list[Any]]]) -> None:
        """Keep entries, each with its facts and its safety findings."""
        kept = list(entries)

        def work(c: apsw.Connection) -> None:  # the rows are made on the database's thread too
            values = ((*_values(e), rows.to_json(findings), rows.to_json(facts)) for e, facts, findings in kept)
            c.executemany(_PUT, values)

        if kept:
            await self._database.write(work)

    async def change(self, changed: Iterable[FileEntry], removed: Collection[Path] = ()) -> None:
        """Keep entries whose facts are the same as before, and forget those at ``removed``."""
        sets = ", ".join(f"{c} = ?" for c in _COLUMNS.split(", ")[1:])

        def work(c: apsw.Connection) -> None:
            values = ((*_values(e)[1:], str(e.path)) for e in changed)
            c.executemany(f"UPDATE model_files SET {sets} WHERE path = ?", values)  # noqa: S608
            c.executemany("DELETE FROM model_files WHERE path = ?", [(str(p),) for p in removed])

        await self._database.write(work)

    async def facts(self, path: Path) -> tuple[dict[str, Any], list[Any]]:
        """The facts and the findings of the entry at ``path``; empty where there is none."""
        query = "SELECT facts, findings FROM model_files WHERE path = ?"
        row = await self._database.read(lambda c: c.execute(query, (str(path),)).fetchone())
        return (rows.json_object(row[0]), _json_list(row[1])) if row else ({}, [])

    async def set_place(self, path: Path, flags: PlaceFlags) -> None:
        """Keep how a place was changed."""
        await self._database.execute(
            "INSERT INTO model_places (path, owned, enabled) VALUES (?, ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET owned = excluded.owned, enabled = excluded.enabled",
            (str(path), int(flags.owned), int(flags.enabled)),
        )

    async def drop_place(self, path: Path) -> None:
        """Forget a place and the files that were found in it."""

        def work(c: apsw.Connection) -> None:
            c.execute("DELETE FROM model_places WHERE path = ?", (str(path),))
            c.execute("DELETE FROM model_files WHERE place = ?", (str(path),))

        await self._database.write(work)

    async def set_notes(self, paths: Iterable[Path], note: Note) -> None:
        """Keep a note for each of a model's homes; an empty one is forgotten."""
        values = [(str(p), rows.clean(note.name), rows.to_json(note.tags), rows.clean(note.text)) for p in paths]

        def work(c: apsw.Connection) -> None:
            c.executemany("DELETE FROM model_notes WHERE path = ?", [v[:1] for v in values])
            if note != Note():
                c.executemany("INSERT INTO model_notes (path, name, tags, note) VALUES (?, ?, ?, ?)", values)

        await self._database.write(work)

    async def set_aliases(self, aliases: Mapping[str, str]) -> None:
        """Keep where the weights at some paths are now."""
        await self._database.execute(
            "INSERT INTO model_aliases (path, target) VALUES (?, ?) "
            "ON CONFLICT (path) DO UPDATE SET target = excluded.target",
            list(aliases.items()),
            many=True,
        )

    async def drop_alias(self, path: Path) -> None:
        """Forget where the weights at ``path`` went: they are there again."""
        await self._database.execute("DELETE FROM model_aliases WHERE path = ?", (str(path),))

    async def put_binned(self, item: Binned) -> None:
        """Keep what was moved to the bin."""
        await self._database.execute(
            "INSERT INTO model_bin (token, path, place, name, folder, files, size, deleted) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                item.token, str(item.path), str(item.place), rows.clean(item.name), str(item.folder),
                rows.to_json(item.files), item.size, item.deleted,
            ),
        )  # fmt: skip

    async def drop_binned(self, token: str) -> None:
        """Forget what left the bin."""
        await self._database.execute("DELETE FROM model_bin WHERE token = ?", (token,))

    async def binned(self) -> list[Binned]:
        """What is in the bin, newest first."""
        query = "SELECT token, path, place, name, folder, files, size, deleted FROM model_bin ORDER BY deleted DESC"
        return await self._database.read(lambda c: [_binned(row) for row in c.execute(query)])

    async def stamps(self) -> dict[Path, tuple[int, int, str, float, dict[str, Any]]]:
        """Outcomes of "Verify" by path: size, mtime_ns, digest, when it was made (seconds since 1970), result."""
        query = "SELECT path, size, mtime_ns, digest, made, result FROM stamps"
        return await self._database.read(
            lambda c: {
                Path(path): (int(size), int(mtime), str(digest), float(made), rows.json_object(result))
                for path, size, mtime, digest, made, result in c.execute(query)
            }
        )

    async def put_stamp(
        self, path: Path, size: int, mtime_ns: int, digest: str, made: float, result: Mapping[str, Any]
    ) -> None:
        """Keep the outcome of "Verify" for a file of this size and time."""
        await self._database.execute(
            "INSERT INTO stamps (path, size, mtime_ns, digest, made, result) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, "
            "digest = excluded.digest, made = excluded.made, result = excluded.result",
            (str(path), size, mtime_ns, digest, made, rows.to_json(result)),
        )

    async def drop_stamp(self, path: Path) -> None:
        """Forget the outcome for a file that has changed or gone."""
        await self._database.execute("DELETE FROM stamps WHERE path = ?", (str(path),))


def _values(e: FileEntry) -> tuple[Any, ...]:
    return (
        str(e.path), str(e.place), e.store, rows.to_json(e.names), rows.to_json(e.files), e.size, e.mtime_ns,
        str(e.inode), str(e.device), e.mark, rows.clean(e.publisher), e.digest, e.identity, e.fingerprint, e.added,
        int(e.offline), rows.to_json(e.summary),
    )  # fmt: skip


def _load(c: apsw.Connection) -> Stored:
    entries = []
    places: dict[str, Path] = {}
    for row in c.execute(f"SELECT {_COLUMNS} FROM model_files ORDER BY number"):  # noqa: S608
        try:
            entries.append(_entry(row, places))
        except (TypeError, ValueError):
            continue
    flags = {
        Path(path): PlaceFlags(bool(owned), bool(enabled))
        for path, owned, enabled in c.execute("SELECT path, owned, enabled FROM model_places")
    }
    notes = {
        str(path): Note(str(name), tuple(str(t) for t in _json_list(tags)), str(note))
        for path, name, tags, note in c.execute("SELECT path, name, tags, note FROM model_notes")
    }
    aliases = {str(path): str(target) for path, target in c.execute("SELECT path, target FROM model_aliases")}
    return Stored(entries, flags, notes, aliases)


def _entry(row: tuple[Any, ...], places: dict[str, Path]) -> FileEntry:
    """An entry; those of one place share its path."""
    return FileEntry(
        path=Path(row[0]),
        place=places.get(row[1]) or places.setdefault(row[1], Path(row[1])),
        store=str(row[2]),
        names=tuple(str(n) for n in json.loads(row[3])),
        files=tuple(str(n) for n in json.loads(row[4])),
        size=int(row[5]),
        mtime_ns=int(row[6]),
        inode=int(row[7]),
        device=int(row[8]),
        mark=str(row[9]),
        publisher=str(row[10]),
        digest=str(row[11]),
        identity=str(row[12]),
        fingerprint=str(row[13]),
        added=float(row[14]),
        offline=bool(row[15]),
        summary=rows.json_object(row[16]),
    )


def _binned(row: tuple[Any, ...]) -> Binned:
    files = tuple((str(f[0]), str(f[1])) for f in _json_list(row[5]) if isinstance(f, list) and len(f) == 2)
    return Binned(str(row[0]), Path(row[1]), Path(row[2]), str(row[3]), Path(row[4]), files, int(row[6]), float(row[7]))


def _json_list(text: Any) -> list[Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else []
