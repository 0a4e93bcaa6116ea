"""What is known of the models on this machine: in memory, so that asking never waits for the disk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.facts import ModelFacts
from slmdesk.core.file_entry import FileEntry
from slmdesk.core.models import Ability, Home, Model, ModelFormat, ParameterClass
from slmdesk.core.safety import Finding
from slmdesk.core.shape import ModelShape
from slmdesk.runtimes.base import Runtime
from slmdesk.services.library import duplicates
from slmdesk.services.library.assemble import Assembled, Assembly
from slmdesk.services.library.duplicates import DuplicateGroup
from slmdesk.services.library.index import Index
from slmdesk.services.library.search import Query, Search
from slmdesk.services.settings import Settings
from slmdesk.storage.models import Note

RECENT = 8
_IN_THIS_THREAD = 50  # entries: putting more together would be felt in the window


class Shelf(QObject):
    """The models of the last scan and those that runtimes list themselves, with what a person wrote about them."""

    changed = Signal()

    def __init__(
        self, runtimes: Sequence[Runtime], settings: Settings, starter: Path, index: Index | None = None
    ) -> None:
        super().__init__()
        self._runtimes = runtimes
        self._settings = settings
        self._starter_path = starter
        self._index = index
        self._assembly = Assembly({f: r.name for r in reversed(runtimes) for f in r.formats}, starter)
        self._assembled = Assembled()
        self._listed: dict[str, Model] = {}
        self._first: dict[str, Model] = {}  # the starter, until a scan has described it
        self._outside: dict[str, Model] = {}
        self._models: dict[str, Model] = {}
        self._sorted: list[Model] = []
        self._groups: list[DuplicateGroup] = []
        self._counts: dict[Path, tuple[int, int]] = {}
        self._search = Search()
        self._shapes: dict[str, tuple[FileEntry, ModelShape]] = {}
        self._opened = self._asked = False
        self._fresh = False  # whether no scan has ever found anything
        self._building = asyncio.Lock()
        self._built = threading.Lock()
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Read what the last scan found; the disk is not looked at. A second call does nothing."""
        async with self._opening:
            if not self._opened and self._index is not None:
                await self._index.load()
                self._fresh = not self._index.entries
                await self._rebuild()
            self._opened = True

    # ---- what there is ---------------------------------------------------------------------------------------------

    @property
    def starter(self) -> Model | None:
        """The tiny model that comes with the program, once it is known."""
        return next((m for m in self._models.values() if m.starter), None)

    def entries(self) -> list[Model]:
        """All models that are known now, also those that nothing here can run; by name, the starter last."""
        return list(self._sorted)

    def get(self, model_id: str) -> Model | None:
        """A model by its id, or by one that it had before; None where it is gone."""
        model = self._models.get(model_id)
        if model is not None or self._index is None:
            return model
        path = model_id.partition(":")[2]
        for _ in range(16):  # files may have been moved several times
            if not path:
                break
            if (found := self._assembled.ids.get(Path(path))) is not None:
                return self._models.get(found)
            path = self._index.aliases.get(path, "")
        return None

    def _named(self, wanted: str, path: Path | None) -> Model | None:
        """The model that has this id, name or file name, or lies at ``path``."""
        small = wanted.casefold()
        for model in (*self._sorted, *self._outside.values()):
            names = [model.id, model.name, model.path.name, model.path.stem]
            names += [name for entry in self._assembled.entries.get(model.id, ()) for name in entry.names]
            if small in (n.casefold() for n in names) or path == model.path:
                return model
        if path is None:
            return None
        with suppress(OSError):
            status = path.stat()
            for model_id, group in self._assembled.entries.items():
                if any((e.device, e.inode) == (status.st_dev, status.st_ino) or e.path == path for e in group):
                    return self._models.get(model_id)
        return None

    def search(
        self,
        text: str = "",
        *,
        family: str = "",
        parameter_class: ParameterClass | None = None,
        format: ModelFormat | None = None,  # noqa: A002 - the model's own word
        quantization: str = "",
        runtime: str = "",
        ability: Ability | None = None,
        fits: Callable[[Model], bool] | None = None,
        store: str = "",
        tag: str = "",
        sort: str = "name",
        descending: bool = False,
    ) -> list[Model]:
        """The models in which every word of ``text`` occurs and that have all that is asked for, in order.

        ``sort`` is one of :data:`slmdesk.services.library.search.SORTS`. Immediate, from memory.
        """
        query = Query(text, family, parameter_class, format, quantization, runtime, ability, fits, store, tag)
        return self._search.find(query, sort, descending=descending)

    # ---- what a model is -------------------------------------------------------------------------------------------

    async def facts(self, model_id: str) -> ModelFacts | None:
        """All that a model's files tell, as the last scan read it; None for a model without files here."""
        entry = self._entry(model_id)
        if entry is None or self._index is None:
            return None
        told, _ = await self._index.store.facts(entry.path)
        return ModelFacts.from_dict(told) if told else None

    async def findings(self, model_id: str) -> tuple[Finding, ...]:
        """What the safety check found, in all of the model's homes, each thing once."""
        found: dict[tuple[str, str], Finding] = {}
        for entry in self._assembled.entries.get(self._id(model_id), ()):
            assert self._index is not None
            _, told = await self._index.store.facts(entry.path)
            for item in told:
                with suppress(ValueError, AttributeError):
                    finding = Finding.from_dict(item)
                    found.setdefault((finding.rule, finding.message), finding)
        return tuple(found.values())

    async def metadata(self, model_id: str) -> dict[str, Any]:
        """Every entry of the (first) file's header, read now; long ones are cut. Raises WorkerCrashed."""
        entry = self._entry(model_id)
        if entry is None or self._index is None:
            return {}
        return dict((await self._index.files.inspect(entry.path)).get("metadata", {}))

    def shape(self, model_id: str) -> ModelShape | None:
        """A model's dimensions, from memory; None where its files do not tell them."""
        entry = self._entry(model_id)
        if entry is None or not isinstance(entry.summary.get("shape"), dict):
            return None
        known = self._shapes.get(model_id)
        if known is None or known[0] is not entry:
            known = self._shapes[model_id] = (entry, ModelShape.from_dict(entry.summary["shape"]))
        return known[1]

    def _id(self, model_id: str) -> str:
        """The present id of a model that may be named by one of its others."""
        model = self.get(model_id)
        return model.id if model is not None else model_id

    def _entry(self, model_id: str) -> FileEntry | None:
        found = self._assembled.entries.get(self._id(model_id), ())
        return found[0] if found else None

    def _need(self, model_id: str) -> Model:
        model = self.get(model_id)
        if model is None:
            raise SlmdeskError("This model is no longer on this machine.", "Look for models again.")
        return model

    # ---- a person's own words --------------------------------------------------------------------------------------

    async def rename(self, model_id: str, name: str) -> None:
        """Call a model ``name`` from now on; an empty one gives it its own name back. Its files keep theirs."""
        await self._note(model_id, name=" ".join(name.split())[:200])

    async def set_tags(self, model_id: str, tags: Sequence[str]) -> None:
        """Give a model these tags and no others; each counts once."""
        cleaned = dict.fromkeys(" ".join(tag.split())[:60] for tag in tags)
        await self._note(model_id, tags=tuple(tag for tag in cleaned if tag))

    async def set_note(self, model_id: str, text: str) -> None:
        """Keep a note on a model."""
        await self._note(model_id, text=text.strip())

    async def _note(self, model_id: str, **fields: Any) -> None:
        model = self._need(model_id)
        entries = self._assembled.entries.get(model.id, ())
        if self._index is None or not entries:
            raise SlmdeskError(f"{model.name} has no file here, so nothing can be noted on it.")
        before = next((self._index.notes[str(e.path)] for e in entries if str(e.path) in self._index.notes), Note())
        await self._index.set_note([e.path for e in entries], replace(before, **fields))
        await self._rebuild()

    def recent(self) -> list[str]:
        """Ids of the models used last, newest first."""
        stored = self._settings.get_state("recent_models") or []
        return [i for i in stored if isinstance(i, str)]

    async def note_use(self, model_id: str) -> None:
        """Remember that a model was used now."""
        recent = [model_id, *(i for i in self.recent() if i != model_id)][:RECENT]
        if recent != self.recent():
            await self._settings.set_state("recent_models", recent)

    # ---- keeping it ------------------------------------------------------------------------------------------------

    async def _know(self) -> None:
        """Know at least the last scan's models, the starter, and those that runtimes list themselves.

        The starter is there before any scan: its runtime reads the header of the one file that it comes with.
        """
        await self.open()
        async with self._opening:
            if self._asked:
                return
            if self._index is not None and self._starter_path not in self._index.entries:
                lists = await asyncio.gather(*(r.models() for r in self._runtimes if r.formats))
                own = [self._marked(m) for models in lists for m in models if m.path == self._starter_path]
                self._first = {m.id: replace(m, homes=(Home(m.path, "own", size=m.size),)) for m in own}
            await self._ask()
            await self._rebuild()

    async def _settle(self) -> None:
        """As :meth:`_know`, and everything about the starter, before anybody asks for its facts."""
        await self._know()
        if self._index is not None and self._starter_path not in self._index.entries:
            await self._index.scan(only=[self._starter_path])
            await self._rebuild()

    async def _ask(self) -> None:
        """Ask the runtimes whose models are not files that the index has."""
        asked = [r for r in self._runtimes if self._index is None or not r.formats]
        lists = await asyncio.gather(*(r.models() for r in asked))
        self._listed = {m.id: self._marked(m) for models in lists for m in models}
        self._asked = True

    def _marked(self, model: Model) -> Model:
        if model.path == self._starter_path:
            return replace(model, name="Starter", starter=True)
        return model

    async def _rebuild(self) -> None:
        """Put the models together anew, and tell if they are others."""
        async with self._building:
            many = self._index is not None and len(self._index.entries) > _IN_THIS_THREAD
            if await asyncio.to_thread(self._build) if many else self._build():
                self.changed.emit()

    def _build(self) -> bool:
        """Put them together, in any thread: what is asked meanwhile gets the models of before or after."""
        with self._built:  # whoever waited may be cancelled while this goes on, and somebody else may come
            return self._put_together()

    def _put_together(self) -> bool:
        index, listed = self._index, dict(self._listed)
        assembled, counts = Assembled(), dict[Path, tuple[int, int]]()
        if index is not None:
            entries, notes = list(index.entries.values()), dict(index.notes)
            assembled = self._assembly.assemble(entries, index.places.owned(), notes)
            counts = _counted(entries)
        models = {**self._first, **assembled.models, **listed}
        known = self._models
        changed = len(models) != len(known) - len(self._outside) or any(
            known.get(i) is not m and known.get(i) != m for i, m in models.items()
        )
        self._assembled = assembled
        self._groups, self._counts = duplicates.groups(assembled.models, assembled.entries), counts
        if changed:
            self._search.remember(models.values())
            self._sorted = sorted(models.values(), key=lambda m: (m.starter, m.name.casefold()))
            self._models = {**self._outside, **models}
        return changed


def _counted(entries: list[FileEntry]) -> dict[Path, tuple[int, int]]:
    """How many models lie in each place, and their bytes; files that share their bytes count once."""
    sizes: dict[Path, dict[object, int]] = {}
    for entry in entries:
        key = (entry.device, entry.inode) if entry.inode else entry.path
        sizes.setdefault(entry.place, {})[key] = entry.size
    return {place: (len(found), sum(found.values())) for place, found in sizes.items()}
