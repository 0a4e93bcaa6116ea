"""Whether a model runs on this machine, how well, and what helps where it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from slmdesk.core.memory import MemoryEstimate


class FitLevel(StrEnum):
    """How well a model fits, from best to worst; the value is what a person reads on the pill."""

    FITS = "Fits"
    LESS_CONTEXT = "Fits with less context"
    SLOW = "Slow"
    TOO_BIG = "Too big"


class RemedyKind(StrEnum):
    """What can be done about a model that does not fit."""

    SMALLER = "smaller"
    CONTEXT = "context"
    KV = "kv"
    SLOTS = "slots"
    UNLOAD = "unload"
    ANYWAY = "anyway"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing that a click can do so that a model can be loaded.

    ``options`` are the fields of LoadOptions to change. ``model_id``: the model to load instead (SMALLER; empty where
    this machine does not have it, then ``quantization`` says which to fetch) or the one to unload (UNLOAD). ``need``
    is what the load takes then, in bytes.
    """

    kind: RemedyKind
    label: str
    options: dict[str, Any] = field(default_factory=dict)
    quantization: str = ""
    model_id: str = ""
    need: int = 0


@dataclass(frozen=True, slots=True)
class Fit:
    """How a model fits under given load options.

    Bytes: ``need`` by part, ``free`` of the machine's memory and ``vram_free`` of the graphics processors, both with
    what SLMDesk's own loaded models would give back (``needs_unload``: without that it would not fit).
    ``fitting_context`` is the longest context per slot with which it fits (0: none). ``gpu_layers`` of ``layers`` fit
    into the graphics memory. Speeds in tokens per second (0: not known); ``speed_measured``: from this machine's own
    measurement, not a guess.
    """

    level: FitLevel
    need: MemoryEstimate
    free: int
    vram_free: int = 0
    fitting_context: int = 0
    gpu_layers: int = 0
    layers: int = 0
    needs_unload: bool = False
    generation_tps: float = 0.0
    prompt_tps: float = 0.0
    speed_measured: bool = False
    exact: bool = True
    """False where the shape was guessed, because the file's header is not known."""
    sentence: str = ""
    """One line that says it with its numbers, for a tooltip."""
    remedies: tuple[Remedy, ...] = ()

    @property
    def label(self) -> str:
        """The pill's words (UX.md)."""
        if self.level is FitLevel.SLOW and self.partly_on_cpu:
            return "Slow: partly on CPU"
        return str(self.level)

    @property
    def partly_on_cpu(self) -> bool:
        """Whether there is a graphics processor, and a part of the model has no room on it."""
        return bool(self.vram_free) and self.gpu_layers < self.layers
