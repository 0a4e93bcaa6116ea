"""What lies where: the files of all places in memory and in the database, brought up to date by scans."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from slmdesk.core.errors import WorkerCrashed
from slmdesk.core.file_entry import FileEntry
from slmdesk.core.models import Verdict
from slmdesk.core.progress import Progress, Report
from slmdesk.services.library.places import Places
from slmdesk.storage.models import ModelStore, Note

log = logging.getLogger(__name__)

_LONG = frozenset({"template", "files", "licence_link", "tensor_types", "fingerprint"})
"""Facts that the list does not need."""
_NAMES = ("path", "place", "store", "size", "mtime_ns", "inode", "device", "mark", "publisher", "digest")


class FileReader(Protocol):
    """Whoever reads model files: the ``files`` worker behind :class:`slmdesk.services.files.Files`."""

    def scan(
        self, folders: Sequence[Mapping[str, Any]], known: Mapping[str, Sequence[Any]]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """What is new in the folders; see ``slmdesk.worker.files.scan``."""

    async def hash(self, path: Path, report: Report | None = None) -> str:
        """A file's SHA-256 in hexadecimal digits."""

    async def inspect(self, path: Path) -> dict[str, Any]:
        """What a file is: facts, findings, verdict, metadata, problem."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """How a look through the places ended: counts of entries, and the paths that could not be read."""

    found: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    unreadable: tuple[str, ...] = ()


class Index:
    """The files of all places. ``entries`` has them by path, ``folders`` when each searched folder last changed."""

    def __init__(self, store: ModelStore, places: Places, files: FileReader) -> None:
        self.places = places
        self.files = files
        self.store = store
        self.entries: dict[Path, FileEntry] = {}
        self.notes: dict[str, Note] = {}
        self.aliases: dict[str, str] = {}
        self.folders: dict[str, int] = {}
        self.missing: frozenset[str] = frozenset()
        """Places that were away at the last scan."""
        self._other: dict[str, list[Any]] = {}

    async def load(self) -> None:
        """Read what the last scan found from the database."""
        stored = await self.store.load()
        self.places.restore(stored.places)
        self.entries = {entry.path: entry for entry in stored.entries}
        self.notes, self.aliases = stored.notes, stored.aliases

    async def scan(
        self,
        report: Report | None = None,
        *,
        only: Collection[Path] | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> ScanResult:
        """Look through all places, or through ``only`` some; ``on_change`` is called after each batch.

        A worker that ends meanwhile, killed for want of memory for example, is started again once, and goes on where
        it was. Raises WorkerCrashed, RuntimeUnavailable, StorageError.
        """
        added: dict[Path, FileEntry] = {}
        try:
            return await self._scan(added, report, only, on_change)
        except WorkerCrashed as error:
            log.info("the scan is begun again: %s", error)
            return await self._scan(added, report, only, on_change)

    async def _scan(
        self,
        added: dict[Path, FileEntry],
        report: Report | None,
        only: Collection[Path] | None,
        on_change: Callable[[], None],
    ) -> ScanResult:
        searched = [(p, s) for p, s in self.places.searched() if only is None or p in only]
        other = self._other if only is None else {}
        known = await asyncio.to_thread(_known, list(self.entries.values()), {p for p, _ in searched}, other)
        apart = [str(path) for path in self.places.apart()]
        folders = [{"path": str(path), "store": store, "without": _inside(path, apart)} for path, store in searched]
        changed = 0
        async with aclosing(self.files.scan(folders, known)) as events:
            async for event in events:
                if "found" in event:
                    fresh = await self._take(event["found"])
                    added.update((entry.path, entry) for entry in fresh)
                    changed += len(event["found"]) - len(fresh)
                    if report is not None:
                        report(Progress(event["number"], event["total"], "models"))
                    on_change()
                if "gone" in event:
                    removed = await self._finish(event, list(added.values()), partial=only is not None)
                    on_change()
                    unreadable = tuple(event.get("unreadable", ()))
                    return ScanResult(len(self.entries), len(added), changed, removed, unreadable)
        return ScanResult(len(self.entries), len(added), changed)

    async def forget_others(self) -> bool:
        """Forget the files of places that are no more; whether there were any."""
        places = {path for path, _ in self.places.searched()} | {place.path for place in self.places.all()}
        left = [entry.path for entry in self.entries.values() if entry.place not in places]
        if left:
            await self.change((), left)
        return bool(left)

    async def change(self, changed: Iterable[FileEntry], removed: Collection[Path] = ()) -> None:
        """Keep entries in another state, and forget those at ``removed``."""
        entries = list(changed)
        for entry in entries:
            self.entries[entry.path] = entry
        for path in removed:
            self.entries.pop(path, None)
        if entries or removed:
            await self.store.change(entries, removed)

    async def set_note(self, paths: Sequence[Path], note: Note) -> None:
        """Keep what a person wrote for each of a model's homes."""
        for path in paths:
            if note == Note():
                self.notes.pop(str(path), None)
            else:
                self.notes[str(path)] = note
        await self.store.set_notes(paths, note)

    async def set_alias(self, path: Path, target: Path) -> None:
        """Let the id of what was at ``path`` lead to what is at ``target``."""
        self.aliases[str(path)] = str(target)
        await self.store.set_aliases({str(path): str(target)})

    async def drop_alias(self, path: Path) -> None:
        """What was at ``path`` is there again."""
        if self.aliases.pop(str(path), None) is not None:
            await self.store.drop_alias(path)

    async def _take(self, told: list[dict[str, Any]]) -> list[FileEntry]:
        """Keep what the worker described; returns those that are new."""
        kept, fresh = [], []
        now = time.time()
        for item in told:
            before = self.entries.get(Path(item["path"]))
            entry = _entry(item, before, now)
            self.entries[entry.path] = entry
            kept.append((entry, item["facts"], item["findings"]))
            if before is None:
                fresh.append(entry)
        await self.store.put(kept)
        return fresh

    async def _finish(self, event: Mapping[str, Any], added: list[FileEntry], *, partial: bool) -> int:
        """Draw the conclusions of a scan that has ended: what is away, what is gone, what was moved."""
        self._other = {**self._other, **event["other"]}
        gone = [self.entries[Path(p)] for p in event["gone"] if Path(p) in self.entries]
        for path in event["gone"]:
            if path not in event["other"]:
                self._other.pop(path, None)
        away = await asyncio.to_thread(_away, gone, event["missing"], event["unreadable"])
        back = self._back(event, {entry.path for entry in gone}, partial=partial)
        lost = [entry for entry in gone if entry.path not in away]
        await self.change(
            [*(replace(e, offline=True) for e in gone if e.path in away and not e.offline), *back],
            [entry.path for entry in lost],
        )
        await self._follow(lost, added)
        if not partial:
            self.folders, self.missing = dict(event["folders"]), frozenset(event["missing"])
        return len(lost)

    def _back(self, event: Mapping[str, Any], gone: set[Path], *, partial: bool) -> list[FileEntry]:
        """Entries that were seen: those that were away are back, and their devices' numbers are known anew."""
        devices = event["devices"]
        found = []
        searched = {path for path, _ in self.places.searched()}
        for entry in () if partial else self.entries.values():
            here = entry.offline and entry.path not in gone and entry.place in searched
            device = devices.get(str(entry.path), entry.device)
            if here or device != entry.device:
                found.append(replace(entry, offline=entry.offline and not here, device=device))
        return found

    async def _follow(self, lost: list[FileEntry], added: list[FileEntry]) -> None:
        """Files that were moved keep their notes, their date, and their ids."""
        arrived = {(e.size, e.mtime_ns, e.inode): e for e in added if e.inode}
        for entry in lost:
            target = arrived.get((entry.size, entry.mtime_ns, entry.inode))
            if target is not None and target.path in self.entries:
                kept = replace(target, added=entry.added, digest=entry.digest or target.digest)
                kept = replace(kept, identity=entry.identity or target.identity)
                await self.change([kept])
                await self.set_alias(entry.path, target.path)
                note = self.notes.get(str(entry.path))
                if note is not None:
                    await self.set_note([target.path], note)


def _inside(folder: Path, paths: Collection[str]) -> list[str]:
    """Those of ``paths`` that lie in a folder."""
    return [path for path in paths if path != str(folder) and Path(path).is_relative_to(folder)]


def _known(entries: list[FileEntry], places: set[Path], other: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """What the worker need not read again: stamps by path."""
    return {**other, **{str(entry.path): entry.stamp for entry in entries if entry.place in places}}


def _entry(item: Mapping[str, Any], before: FileEntry | None, now: float) -> FileEntry:
    """What the worker told, as it is kept; a digest that was computed holds while the file is the same."""
    facts = {name: value for name, value in item["facts"].items() if name not in _LONG}
    problem = str(item["problem"])
    if not problem and item["verdict"] == Verdict.REFUSED:
        problem = next((str(f["message"]) for f in item["findings"] if f["verdict"] == Verdict.REFUSED), "")
    same = before is not None and (before.size, before.mtime_ns) == (item["size"], item["mtime_ns"])
    digest, identity = str(item["digest"]), str(item["identity"])
    if before is not None and same and before.inode == item["inode"]:
        digest, identity = digest or before.digest, identity or before.identity
    return FileEntry(
        **{name: item[name] for name in _NAMES if name not in ("path", "place", "digest")},
        path=Path(item["path"]),
        place=Path(item["place"]),
        names=tuple(item["names"]),
        files=tuple(item["files"]),
        digest=digest,
        identity=identity,
        fingerprint=str(item["fingerprint"]),
        added=before.added if before is not None else now,
        summary={
            **facts,
            "verdict": item["verdict"],
            "problem": problem,
            "folder": item["folder"],
            "linked": item["linked"],
            "weights": item["weights"],
        },
    )


def _away(gone: list[FileEntry], missing: Collection[str], unreadable: Collection[str]) -> set[Path]:
    """Those that are most likely still there, on a drive or in a folder that cannot be reached now."""
    places = {Path(p) for p in missing}
    closed = [Path(p) for p in unreadable]
    return {
        entry.path
        for entry in gone
        if entry.place in places or any(entry.path.is_relative_to(c) for c in closed) or _on_another_drive(entry)
    }


def _on_another_drive(entry: FileEntry) -> bool:
    """Whether the folder that is left of the file's path is on another device: its own is not mounted."""
    for folder in entry.path.parents:
        try:
            return os.stat(folder).st_dev != entry.device  # noqa: PTH116
        except OSError:
            continue
    return True
