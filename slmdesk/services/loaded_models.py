"""The models that are in memory now: loaded once, shared by every chat, given back on request."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import psutil
from PySide6.QtCore import QObject, Signal

from slmdesk.core.chat import LoadOptions, Timings
from slmdesk.core.errors import NotEnoughMemory, RuntimeUnavailable
from slmdesk.core.fit import Remedy
from slmdesk.core.models import Model
from slmdesk.core.progress import Progress
from slmdesk.runtimes.base import LoadedModel, Runtime

BeforeUnload = Callable[[LoadedModel], Awaitable[None]]
RemediesOf = Callable[[Model, LoadOptions], tuple[Remedy, ...]]


@dataclass(slots=True)
class LoadedEntry:
    """A model in memory with how it was loaded. ``used`` is when it last answered, in seconds since 1970."""

    model: Model
    options: LoadOptions
    loaded: LoadedModel
    used: float

    @property
    def pid(self) -> int | None:
        """The process that holds it, where the runtime has one of its own."""
        return getattr(self.loaded, "pid", None)

    @property
    def memory_bytes(self) -> int:
        """Measured now: the resident memory of the model's process; 0 where that cannot be read."""
        if self.pid is None:
            return 0
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0


class LoadedModels(QObject):
    """What is loaded. ``loading`` tells (model id, Progress) while a load runs, ``load_ended`` (model id) after it."""

    changed = Signal()
    loading = Signal(str, object)
    load_ended = Signal(str)
    answered = Signal(str, object)
    """A model wrote an answer: its id, and the answer's Timings."""

    def __init__(self, runtimes: Sequence[Runtime], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runtimes = {runtime.name: runtime for runtime in runtimes}
        self.runtimes = tuple(runtimes)
        self._entries: dict[str, LoadedEntry] = {}
        self._loads: dict[str, tuple[LoadOptions, asyncio.Task[LoadedModel]]] = {}
        self.before_unload: list[BeforeUnload] = []
        self.remedies_of: RemediesOf | None = None
        """Who knows what helps a model that does not fit; its answer goes with the error."""

    def list(self) -> list[LoadedEntry]:
        """What is in memory, in order of loading; a model whose process died is not."""
        return [entry for entry in self._entries.values() if entry.loaded.alive]

    def get(self, model_id: str) -> LoadedModel | None:
        """The loaded model, or None."""
        entry = self._entries.get(model_id)
        return entry.loaded if entry and entry.loaded.alive else None

    def options(self, model_id: str) -> LoadOptions | None:
        """How a model in memory was loaded, or None."""
        entry = self._entries.get(model_id)
        return entry.options if entry and entry.loaded.alive else None

    def is_loading(self, model_id: str) -> bool:
        """Whether a load of this model is under way."""
        return model_id in self._loads

    async def ensure(self, model: Model, options: LoadOptions) -> LoadedModel:
        """The model in memory as ``options`` say, loaded now if need be. Callers at the same time share one load.

        Cancelling the last caller cancels the load. Raises LoadError, RuntimeUnavailable.
        """
        entry = self._entries.get(model.id)
        if entry is not None and entry.loaded.alive and entry.options == options:
            entry.used = time.time()
            return entry.loaded
        running = self._loads.get(model.id)
        if running is None or running[0] != options or running[1].done():
            if running is not None:
                running[1].cancel()
                await asyncio.wait([running[1]])
            task = asyncio.ensure_future(self._load(model, options))
            self._loads[model.id] = (options, task)
            task.add_done_callback(lambda done: self._load_done(model.id, done))
        else:
            task = running[1]
        return await task

    def note_answer(self, model_id: str, timings: Timings) -> None:
        """Tell that a model has written an answer, with its figures."""
        if entry := self._entries.get(model_id):
            entry.used = time.time()
            self.answered.emit(model_id, timings)

    def cancel_load(self, model_id: str) -> None:
        """Stop a load; nothing of it stays in memory."""
        if running := self._loads.get(model_id):
            running[1].cancel()

    async def _load(self, model: Model, options: LoadOptions) -> LoadedModel:
        runtime = self._runtimes.get(model.runtime)
        if runtime is None and not model.runtime:
            raise RuntimeUnavailable(f"{model.name} cannot be loaded. {model.problem}", "Choose another model.")
        if runtime is None:
            raise RuntimeUnavailable(
                f"{model.name} needs the runtime {model.runtime}, which this installation does not have.",
                "Choose another model.",
            )
        await self.unload(model.id)
        self.loading.emit(model.id, Progress(0, 1.0))
        try:
            loaded = await runtime.load(model, options, lambda p: self.loading.emit(model.id, p))
        except NotEnoughMemory as error:
            if self.remedies_of is not None:
                error.remedies = self.remedies_of(model, options)
            raise
        self._entries[model.id] = LoadedEntry(model, options, loaded, time.time())
        return loaded

    def _load_done(self, model_id: str, task: asyncio.Task[LoadedModel]) -> None:
        if self._loads.get(model_id, (None, None))[1] is task:
            del self._loads[model_id]
        if not task.cancelled():
            task.exception()  # the callers raise it; here it is only marked as seen
        self.load_ended.emit(model_id)
        self.changed.emit()

    async def unload(self, model_id: str) -> None:
        """Give a model's memory back; nothing happens if it is not loaded."""
        entry = self._entries.pop(model_id, None)
        if entry is None:
            return
        if entry.loaded.alive:
            for hook in self.before_unload:
                await hook(entry.loaded)
        await entry.loaded.unload()
        self.changed.emit()

    async def close(self) -> None:
        """Unload everything and close the runtimes."""
        loads = [task for _, task in self._loads.values()]
        for task in loads:
            task.cancel()
        if loads:
            await asyncio.wait(loads)
        for model_id in tuple(self._entries):
            with contextlib.suppress(Exception):  # closing goes on whatever one engine does
                await self.unload(model_id)
        for runtime in self._runtimes.values():
            await runtime.close()
