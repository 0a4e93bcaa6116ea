"""The models on this machine, over all runtimes, folders and other programs' stores."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.file_entry import FileEntry
from slmdesk.core.models import Home, Model, ModelFormat
from slmdesk.core.progress import Report
from slmdesk.runtimes.base import Runtime
from slmdesk.services.jobs import Jobs
from slmdesk.services.library import bin as model_bin
from slmdesk.services.library import duplicates
from slmdesk.services.library.bin import Deleted
from slmdesk.services.library.duplicates import DuplicateGroup
from slmdesk.services.library.index import Index, ScanResult
from slmdesk.services.library.places import Place, absolute
from slmdesk.services.library.scanning import Scanning
from slmdesk.services.library.shelf import Shelf
from slmdesk.services.library.stores import NAMES
from slmdesk.services.library.watch import watch
from slmdesk.services.settings import Settings
from slmdesk.storage.models import Binned

LATER = 1.5
"""Seconds that the first scan waits where the last one's result is known: the window and its model come first."""


class Library(Shelf):
    """Every model on this machine. Make one with its ``index`` and :meth:`open` it; without one there are no files.

    What is known is at hand at once (:meth:`entries`, :meth:`get`, :meth:`search`); scans bring it up to date.
    """

    scan_progress = Signal(object)
    """Progress of a running scan; None when it has ended."""

    def __init__(
        self, runtimes: Sequence[Runtime], settings: Settings, starter: Path, index: Index | None = None
    ) -> None:
        super().__init__(runtimes, settings, starter, index)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._scanning = Scanning(self._scan, self.scan_progress.emit)
        self.users: list[Callable[[Model], list[str]]] = []
        """Whoever may be using a model adds a function here that says how, in sentences."""

    async def models(self, *, refresh: bool = False) -> list[Model]:
        """The models that a runtime here runs, by name, the starter last. ``refresh`` looks at the disk again."""
        await self._know()
        if refresh:
            await self.scan()
        return [m for m in self._sorted if m.runtime]

    async def find(self, wanted: str) -> Model:
        """A model by id, name, file name or path; a path outside the library works too.

        Raises SlmdeskError naming what there is.
        """
        await self._settle()
        path = await asyncio.to_thread(_existing, wanted)
        model = self._named(wanted, path)
        if model is None and path is None and self._index is not None:
            await self.scan()  # it may be new
            model = self._named(wanted, path)
        if model is not None:
            return model
        if path is not None and path.is_dir():
            raise SlmdeskError(f"{path} is a folder.", "Give one of the .gguf files in it.")
        if path is not None:
            size = path.stat().st_size
            model = Model(f"llama.cpp:{path}", path.stem, "llama.cpp", path, ModelFormat.GGUF, size=size)
            self._outside[model.id] = self._models[model.id] = model
            return model
        if wanted.endswith(".gguf"):
            raise SlmdeskError(f"There is no file {wanted}.", "Check the path.")
        known = ", ".join(m.name for m in self._sorted if m.runtime) or "none"
        raise SlmdeskError(f"There is no model called {wanted!r}.", f"Models here: {known}.")

    # ---- looking at the disk ---------------------------------------------------------------------------------------

    @property
    def scanning(self) -> bool:
        """Whether a scan is under way."""
        return self._scanning.running

    async def scan(self, report: Report | None = None) -> ScanResult:
        """Look through all places for what is new, changed or gone. What is on the disk now is seen in any case.

        Cancelling the last caller ends it; what was found until then is kept. Raises WorkerCrashed, StorageError.
        """
        return await self._scanning.wait(report)

    def start(self, jobs: Jobs) -> None:
        """Look through the places now, keep watching them, and compare copies when some turn up. For the window."""
        if self._index is not None:
            self._settings.changed.connect(self._on_setting)
            self._spawn(self._live(self._index, jobs))

    async def close(self) -> None:
        """End scans and watching."""
        self._scanning.cancel()
        for task in (*self._tasks, *self._scanning.tasks):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task

    async def _live(self, index: Index, jobs: Jobs) -> None:
        await self.open()
        if self._fresh:  # the first time it may take a while, so that it is shown
            jobs.start(self.tr("Looking for models"), self.scan)
            await asyncio.sleep(0)
            await self._scanning.settled()
        else:
            await asyncio.sleep(LATER)
            await self._look()
        suspected: set[tuple[Path, ...]] = set()
        self._compare(jobs, suspected)

        async def look() -> None:
            await self._look()
            self._compare(jobs, suspected)

        await watch(index, look)

    async def _look(self) -> None:
        """A scan that nobody asked for: what goes wrong shows at the next one that somebody does."""
        with suppress(SlmdeskError):
            await self.scan()

    def _compare(self, jobs: Jobs, suspected: set[tuple[Path, ...]]) -> None:
        """Settle suspicions of equal files, each once in this run of the program."""
        fresh = [g for g in self.duplicates() if not g.confirmed and tuple(h.path for h in g.homes) not in suspected]
        if fresh:
            suspected.update(tuple(h.path for h in g.homes) for g in fresh)
            jobs.start(self.tr("Comparing copies of models"), self.confirm)

    def _on_setting(self, key: str) -> None:
        if key == "model_folders":
            self._spawn(self._places_changed())

    async def _places_changed(self) -> None:
        assert self._index is not None
        await self._index.forget_others()
        await self._look()

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _scan(self, report: Report) -> ScanResult:
        await self.open()
        await self._ask()
        result = ScanResult()
        try:
            if self._index is not None:
                result = await self._index.scan(report, on_change=lambda: self._scanning.soon(self._rebuild))
        finally:
            await self._rebuild()
        return replace(result, found=len(self._models))

    # ---- places ----------------------------------------------------------------------------------------------------

    def places(self) -> list[Place]:
        """The places that are searched, with what was found there; programs that are not installed are left out."""
        if self._index is None:
            return []
        found = []
        for place in self._index.places.all():
            models, size = self._counts.get(place.path, (0, 0))
            offline = str(place.path) in self._index.missing
            if place.automatic and place.enabled and not models and (offline or not self._index.folders):
                continue
            found.append(replace(place, offline=offline, models=models, bytes=size))
        return found

    async def add_place(self, path: Path, *, owned: bool = False) -> None:
        """Search another folder too; only an ``owned`` one is ever written to. Raises SlmdeskError."""
        index = self._with_index()
        full = absolute(path)
        if not await asyncio.to_thread(full.exists):
            raise SlmdeskError(f"{full} is not there.", "Choose a folder that holds models, or a model file.")
        if owned:
            self._check_ownable(full, index.places.store_of(full))
        await index.places.add(full, owned=owned)
        await index.scan(only=[full], on_change=lambda: self._scanning.soon(self._rebuild))
        await self._rebuild()

    async def remove_place(self, path: Path) -> None:
        """Search a folder no longer. Nothing in it is deleted. Raises SlmdeskError for one that was found by itself."""
        index = self._with_index()
        await index.places.remove(absolute(path))
        await index.forget_others()
        await self._rebuild()

    async def set_place(self, path: Path, *, owned: bool | None = None, enabled: bool | None = None) -> None:
        """Mark a place as one's own to change, or switch it off and on. Raises SlmdeskError for another's store."""
        index = self._with_index()
        place = index.places.get(absolute(path))
        if place.store == "own" and (enabled is False or owned is False):
            raise SlmdeskError("Downloads go into this folder, so it is always searched.", "Choose another place.")
        if owned:
            self._check_ownable(place.path, place.store)
        await index.places.set(place.path, owned=owned, enabled=enabled)
        if enabled and not place.enabled:
            await index.scan(only=[place.path])
        await self._rebuild()

    def _check_ownable(self, path: Path, store: str) -> None:
        """Raises SlmdeskError for a folder that belongs to another program."""
        if store not in ("own", "folder"):
            raise SlmdeskError(
                f"{path} belongs to {NAMES.get(store, store)}, and other programs' folders are never changed.",
                "Delete models there with that program.",
            )

    async def add_paths(self, paths: Sequence[Path]) -> list[str]:
        """Add files and folders that were dropped onto the window; returns the ids of the models in them.

        Raises SlmdeskError for a file that is no model, and a folder without any.
        """
        index = self._with_index()
        found: list[str] = []
        for path in paths:
            full = absolute(path)
            if self._assembled.ids.get(full) is None:
                await self.add_place(full)
            here = [i for p, i in self._assembled.ids.items() if p == full or full in p.parents]
            here += [self._assembled.ids[e.path] for e in index.entries.values() if e.place == full]
            if not here:
                await self.remove_place(full)
                kind = "There are no models in" if full.is_dir() else "There is no model in"
                raise SlmdeskError(f"{kind} {full}.", "Add a .gguf file, or a folder that holds models.")
            found += here
        return list(dict.fromkeys(found))

    async def add_folder(self, folder: Path) -> int:
        """Also list the models in ``folder``; returns how many models are known then. Raises SlmdeskError."""
        full = absolute(folder)
        if not await asyncio.to_thread(full.is_dir):
            raise SlmdeskError(f"{folder} is not a folder.", "Choose a folder that holds models.")
        await self.add_place(full)
        return len(await self.models())

    async def note_digest(self, path: Path, digest: str) -> None:
        """Take over a file's SHA-256 that was computed elsewhere, for example while it was downloaded or verified."""
        entry = self._with_index().entries.get(path)
        if entry is not None and len(entry.weights) == 1 and entry.digest != digest:
            await self._with_index().change([replace(entry, digest=digest, identity=digest)])
            await self._rebuild()

    def _with_index(self) -> Index:
        if self._index is None:
            raise SlmdeskError("This library has no places.", "Open a profile.")
        return self._index

    # ---- copies, and deleting --------------------------------------------------------------------------------------

    def duplicates(self) -> list[DuplicateGroup]:
        """The same weights in several places, those with the most bytes to win first."""
        return list(self._groups)

    async def confirm(self, report: Report | None = None) -> int:
        """Read the files of suspected copies to make sure; returns how many files were read. Can take minutes."""
        try:
            return await duplicates.confirm(self._with_index(), self.duplicates(), report)
        finally:
            await self._rebuild()

    async def hard_link(self, group: DuplicateGroup, keep: Path, report: Report | None = None) -> int:
        """Let the owned copies share the bytes of the one at ``keep``; returns the bytes won. Raises SlmdeskError."""
        index = self._with_index()
        try:
            return await duplicates.hard_link(index, group, keep, report)
        finally:
            places = {e.place for h in group.homes if (e := index.entries.get(h.path)) is not None}
            await index.scan(only=places)
            await self._rebuild()

    def uses(self, model_id: str) -> list[str]:
        """What is using a model now, in sentences; empty where nothing is."""
        model = self._need(model_id)
        return [sentence for user in self.users for sentence in user(model)]

    async def delete(self, model_id: str, home: Path | None = None) -> Deleted:
        """Move a model's files, or those of one home, to the bin. Raises SlmdeskError with the reason why not."""
        model = self._need(model_id)
        index = self._with_index()
        entry = self._deletable(model, home)
        if using := self.uses(model.id):
            raise SlmdeskError(f"{model.name} is in use: {' '.join(using)}", "Unload it first.")
        left = [e for e in self._assembled.entries[model.id] if e.path != entry.path]
        deleted = await model_bin.delete(index, entry, model.name)
        if left:
            await index.set_alias(entry.path, left[0].path)
        await self._rebuild()
        return deleted

    def _deletable(self, model: Model, home: Path | None) -> FileEntry:
        """The files to delete. Raises SlmdeskError where none may be."""
        entries = {e.path: e for e in self._assembled.entries.get(model.id, ())}
        homes = [h for h in model.homes if h.path in entries and home in (None, h.path)]
        owned = [h for h in homes if h.owned]
        if not homes:
            raise SlmdeskError(f"{model.name} does not lie there.", "Look for models again.")
        if not owned:
            raise self._protected(model, homes)
        if len(owned) > 1:
            raise SlmdeskError(
                f"{model.name} lies in {len(owned)} of your folders.", "Say which copy is to be deleted."
            )
        if owned[0].offline:
            raise SlmdeskError(f"{owned[0].path} is away now.", "Connect the drive and try again.")
        return entries[owned[0].path]

    def _protected(self, model: Model, homes: list[Home]) -> SlmdeskError:
        """Why none of these homes may be touched."""
        if [home.path for home in homes] == [self._starter_path]:
            return SlmdeskError("The starter comes with SLMDesk and stays.", "It takes 11 MB.")
        if len(homes) == 1:
            message = f"{homes[0].path} is in a folder that SLMDesk does not change."
        else:
            message = f"{model.name} lies in {len(homes)} folders, and SLMDesk does not change any of them."
        return SlmdeskError(
            message, "Delete it with the program that it belongs to, or mark the folder as your own first."
        )

    async def undo(self, token: str) -> str:
        """Take a model out of the bin; returns its id. Raises SlmdeskError where its place is taken."""
        index = self._with_index()
        item = await model_bin.undo(index, token)
        await index.scan(only=[item.place])
        await self._rebuild()
        return self._assembled.ids.get(item.path, "")

    async def bin(self) -> list[Binned]:
        """What is in the bin, newest first."""
        return await self._with_index().store.binned()

    async def empty_bin(self) -> int:
        """Delete for good what is in the bin; returns the bytes freed."""
        return await model_bin.empty(self._with_index())


def _existing(text: str) -> Path | None:
    """The absolute path that ``text`` names, or None where nothing is."""
    path = Path(text).expanduser()
    try:
        return path.resolve() if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # a name that is too long, a loop of links, a null character
        return None
