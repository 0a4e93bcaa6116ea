"""The models on this machine that can be loaded now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.models import Model, ModelFormat
from slmdesk.runtimes.base import Runtime
from slmdesk.services.settings import Settings

RECENT = 8


class Library(QObject):
    """Every model that the runtimes list, the bundled starter among them, and which were used last."""

    changed = Signal()

    def __init__(self, runtimes: Sequence[Runtime], settings: Settings, starter: Path) -> None:
        super().__init__()
        self._runtimes = runtimes
        self._settings = settings
        self._models: dict[str, Model] = {}
        self._starter_path = starter

    @property
    def starter(self) -> Model | None:
        """The tiny model that comes with the program, once :meth:`models` has listed it."""
        return next((m for m in self._models.values() if m.starter), None)

    async def models(self, *, refresh: bool = False) -> list[Model]:
        """All models, by name, the starter last. The first call, and one with ``refresh``, asks the runtimes."""
        if refresh or not self._models:
            lists = await asyncio.gather(*(r.models() for r in self._runtimes))
            found = {m.id: self._marked(m) for models in lists for m in models}
            changed = found != self._models
            self._models = found
            if changed:
                self.changed.emit()
        return sorted(self._models.values(), key=lambda m: (m.starter, m.name.casefold()))

    def _marked(self, model: Model) -> Model:
        if model.path == self._starter_path:
            return replace(model, name="Starter", starter=True)
        return model

    def get(self, model_id: str) -> Model | None:
        """A model by its id, or None where it is gone."""
        return self._models.get(model_id)

    async def find(self, wanted: str) -> Model:
        """A model by id, name, file name or path; a path outside the library works too.

        Raises SlmdeskError naming what there is.
        """
        models = await self.models()
        path = await asyncio.to_thread(_existing, wanted)
        for model in models:
            names = (model.id, model.name, model.path.name, model.path.stem)
            if wanted.casefold() in (n.casefold() for n in names) or path == model.path:
                return model
        if path is not None and path.is_dir():
            raise SlmdeskError(f"{path} is a folder.", "Give one of the .gguf files in it.")
        if path is not None:
            model = Model(
                id=f"llama.cpp:{path}",
                name=path.stem,
                runtime="llama.cpp",
                path=path,
                format=ModelFormat.GGUF,
                size=path.stat().st_size,
            )
            self._models[model.id] = model
            return model
        if wanted.endswith(".gguf"):
            raise SlmdeskError(f"There is no file {wanted}.", "Check the path.")
        known = ", ".join(m.name for m in models) or "none"
        raise SlmdeskError(f"There is no model called {wanted!r}.", f"Models here: {known}.")

    async def add_folder(self, folder: Path) -> int:
        """Also list the models in ``folder``; returns how many models are known then. Raises SlmdeskError."""
        resolved = await asyncio.to_thread(_existing, str(folder))
        if resolved is None or not resolved.is_dir():
            raise SlmdeskError(f"{folder} is not a folder.", "Choose a folder that holds .gguf files.")
        folders = list(self._settings.get("model_folders"))
        if str(resolved) not in folders:
            await self._settings.set("model_folders", [*folders, str(resolved)])
        for runtime in self._runtimes:
            add = getattr(runtime, "add_folder", None)
            if add is not None:
                add(resolved)
        return len(await self.models(refresh=True))

    def recent(self) -> list[str]:
        """Ids of the models used last, newest first."""
        stored = self._settings.get_state("recent_models") or []
        return [i for i in stored if isinstance(i, str)]

    async def note_use(self, model_id: str) -> None:
        """Remember that a model was used now."""
        recent = [model_id, *(i for i in self.recent() if i != model_id)][:RECENT]
        if recent != self.recent():
            await self._settings.set_state("recent_models", recent)


def _existing(text: str) -> Path | None:
    """The absolute path that ``text`` names, or None where nothing is."""
    path = Path(text).expanduser()
    return path.resolve() if path.exists() else None
