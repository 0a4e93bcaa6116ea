"""Loading models from the library: progress, what helps where one does not fit, and which are in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.fit import Remedy, RemedyKind
from slmdesk.core.models import Model
from slmdesk.core.progress import Progress
from slmdesk.ui.panes.models.view import Host, ModelsServices
from slmdesk.ui.widgets.models.items import LoadState
from slmdesk.ui.widgets.models.trouble import MemoryTrouble


class Loads(QObject):
    """What the library view does with memory. ``changed``: another model is in it, or a load went on."""

    changed = Signal()
    smaller_wanted = Signal(str, str)
    """A smaller quantization (model id, its name) that is not on this machine."""

    def __init__(
        self, services: ModelsServices, host: Host, trouble: MemoryTrouble,
        sibling: Callable[[Model, str], Model | None], parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._library = services.library
        self._loaded = services.loaded_models
        self._choices = services.choices
        self._host = host
        self._trouble = trouble
        self._sibling = sibling
        self._fractions: dict[str, float] = {}
        self._failed: tuple[str, LoadOptions] | None = None
        trouble.chosen.connect(self._on_remedy)
        self._loaded.changed.connect(self.changed)
        self._loaded.loading.connect(self._on_loading)
        self._loaded.load_ended.connect(self._on_ended)

    def states(self) -> dict[str, LoadState]:
        """The models that are in memory or on their way there."""
        found = {e.model.id: LoadState(loaded=True, memory=e.memory_bytes) for e in self._loaded.list()}
        return found | {i: LoadState(fraction=fraction) for i, fraction in self._fractions.items()}

    def options(self, model: Model) -> LoadOptions:
        """The options that a load would take."""
        return self._choices.load_options(None, model)

    def start(self, model_id: str, **changes: Any) -> None:
        """Load a model, with ``changes`` to its options."""
        self._trouble.hide()
        self._host.run(self._load(model_id, changes))

    def unload(self, model_id: str) -> None:
        """Give a model's memory back."""
        self._host.run(self._loaded.unload(model_id))

    def cancel(self, model_id: str) -> None:
        """Stop a load."""
        self._loaded.cancel_load(model_id)

    async def _load(self, model_id: str, changes: dict[str, Any]) -> None:
        model = self._library.get(model_id)
        if model is None:
            return
        options = replace(self.options(model), **changes)
        try:
            await self._loaded.ensure(model, options)
        except NotEnoughMemory as error:
            remedies: tuple[Remedy, ...] = tuple(error.remedies) or (_anyway(self.tr("Load anyway")),)
            self._failed = (model_id, options)
            self._trouble.show_trouble(error, remedies)

    def _on_remedy(self, remedy: Remedy) -> None:
        if self._failed is not None:
            self.help(self._failed[0], remedy, self._failed[1])

    def help(self, model_id: str, remedy: Remedy, options: LoadOptions | None = None) -> None:
        """Do what a remedy says, then load: the model itself, or a smaller one."""
        model = self._library.get(model_id)
        if model is None:
            return
        base = options or self.options(model)
        if remedy.kind is RemedyKind.SMALLER:
            other = self._library.get(remedy.model_id) if remedy.model_id else None
            other = other or self._sibling(model, remedy.quantization)
            if other is not None:
                self.start(other.id)
            else:
                self.smaller_wanted.emit(model_id, remedy.quantization)
        elif remedy.kind is RemedyKind.UNLOAD:
            self._host.run(self._unload_then_load(remedy.model_id, model_id))
        else:
            changed = {name: value for name, value in remedy.options.items() if getattr(base, name) != value}
            self.start(model_id, **changed)

    async def _unload_then_load(self, other_id: str, model_id: str) -> None:
        await self._loaded.unload(other_id)
        self._trouble.hide()
        await self._load(model_id, {})

    def _on_loading(self, model_id: str, progress: Progress) -> None:
        self._fractions[model_id] = progress.fraction or 0.0
        self.changed.emit()

    def _on_ended(self, model_id: str) -> None:
        self._fractions.pop(model_id, None)
        self.changed.emit()


def _anyway(words: str) -> Remedy:
    return Remedy(RemedyKind.ANYWAY, words, {"ignore_memory": True})
