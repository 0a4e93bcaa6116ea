"""Presets: system prompts with sampling options under a name, some built in, the others saved by the person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.core.chat import Preset, SamplingOptions, new_id
from slmdesk.core.errors import SlmdeskError
from slmdesk.storage.settings import SettingsStore

DEFAULT_ID = "balanced"

BUILT_IN: tuple[Preset, ...] = (
    Preset(DEFAULT_ID, "Balanced", built_in=True),
    Preset("precise", "Precise", sampling={"temperature": 0.2, "top_p": 0.9}, built_in=True),
    Preset("creative", "Creative", sampling={"temperature": 1.0, "top_p": 0.98}, built_in=True),
    Preset(
        "reasoning",
        "Reasoning",
        "Think step by step. Write down the facts that are given, then each step that follows from them, then check "
        "the result. End with one line that holds only the answer.",
        {"temperature": 0.3, "top_p": 0.8},
        built_in=True,
    ),
    Preset(
        "coder",
        "Coder",
        "You write correct, readable code. Answer with the code first, in one block with its language named, then "
        "explain in a few sentences what matters. Say so where you are not sure that an interface exists.",
        {"temperature": 0.5, "top_p": 0.9},
        built_in=True,
    ),
)


class Presets(QObject):
    """The presets there are. Built-in ones come first and cannot be changed; saving one under a new id copies it."""

    changed = Signal()

    def __init__(self, store: SettingsStore) -> None:
        super().__init__()
        self._store = store

    async def list(self) -> list[Preset]:
        """All presets: the built-in ones, then the saved ones by name."""
        return [*BUILT_IN, *await self._store.presets()]

    async def get(self, preset_id: str) -> Preset:
        """The preset with this id; the default one where there is none (it may have been deleted)."""
        return next((p for p in await self.list() if p.id == preset_id), BUILT_IN[0])

    async def save(self, preset: Preset) -> Preset:
        """Add or replace a preset; returns what was saved.

        An empty id gets a new one. Raises SlmdeskError for a built-in id or an empty name.
        """
        if any(p.id == preset.id for p in BUILT_IN):
            raise SlmdeskError(f"The preset {preset.name} is built in and cannot be changed.", "Save a copy of it.")
        name = preset.name.strip()
        if not name:
            raise SlmdeskError("A preset needs a name.", "Give it one and save again.")
        saved = replace(
            preset, id=preset.id or new_id(), name=name, sampling=_differences(preset.sampling), built_in=False
        )
        await self._store.save_preset(saved)
        self.changed.emit()
        return saved

    async def delete(self, preset_id: str) -> None:
        """Remove a saved preset. Raises SlmdeskError for a built-in one."""
        if any(p.id == preset_id for p in BUILT_IN):
            raise SlmdeskError("A preset that is built in cannot be deleted.")
        await self._store.delete_preset(preset_id)
        self.changed.emit()


def _differences(sampling: dict[str, Any]) -> dict[str, Any]:
    """The known options that are not at their default."""
    neutral = SamplingOptions()
    known = {k: v for k, v in sampling.items() if k in SamplingOptions.__dataclass_fields__}
    return {k: v for k, v in known.items() if v != getattr(neutral, k)}
