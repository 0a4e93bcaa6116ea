"""What a language model on this machine is: where it lives, how large it is, and what class it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class ModelFormat(StrEnum):
    """How a model's weights are stored."""

    GGUF = "gguf"
    SAFETENSORS = "safetensors"
    ONNX = "onnx"
    MLX = "mlx"
    OLLAMA = "ollama"
    PICKLE = "pickle"
    """A Python pickle (.bin, .pt, .ckpt): listed as unsafe, never opened."""


class Ability(StrEnum):
    """What a model can do besides chat."""

    TOOLS = "tools"
    THINKING = "thinking"
    VISION = "vision"
    EMBEDDINGS = "embeddings"


class Verdict(StrEnum):
    """What the safety check says of a model; the reasons stand in its findings."""

    SAFE = "safe"
    LOOK = "look at this"
    REFUSED = "refused"


class ParameterClass(StrEnum):
    """The size class of a model by its total parameters (SYSTEMS.md, 1.1; the ranges have no gaps)."""

    BELOW = "below SLM"
    MICRO = "Micro"
    SMALL = "Small"
    MEDIUM = "Medium"
    LLM = "LLM"

    @classmethod
    def of(cls, parameters: int) -> ParameterClass:
        """Below 0.1 B, Micro < 1.5 B, Small < 14 B, Medium <= 30 B, above that LLM."""
        if parameters < 100_000_000:
            return cls.BELOW
        if parameters < 1_500_000_000:
            return cls.MICRO
        if parameters < 14_000_000_000:
            return cls.SMALL
        if parameters <= 30_000_000_000:
            return cls.MEDIUM
        return cls.LLM


@dataclass(frozen=True, slots=True)
class Home:
    """One place where a model's weights lie: the first file or the folder, and the store that it belongs to.

    ``store`` is "own", "folder", "huggingface", "lmstudio", "jan", "gpt4all", "ollama" or "foundry". A home that is not
    ``owned`` is never written to. ``offline``: the drive or folder is away now.
    """

    path: Path
    store: str
    owned: bool = False
    offline: bool = False
    size: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a runtime on this machine can load.

    ``id`` is stable over restarts. ``size`` is in bytes on disk, ``parameters`` a count (0: not known),
    ``context_length`` the trained one in tokens (0: not known).
    """

    id: str
    name: str
    runtime: str
    path: Path
    format: ModelFormat = ModelFormat.GGUF
    size: int = 0
    parameters: int = 0
    quantization: str = ""
    architecture: str = ""
    context_length: int = 0
    starter: bool = False
    """True for the tiny model that comes with the program."""
    problem: str = ""
    """Why the file cannot be loaded, as far as its header tells; empty for a sound one."""
    active_parameters: int = 0
    """Parameters that work on one token: fewer than all in a mixture of experts (0: not known)."""
    bits_per_weight: float = 0.0
    family: str = ""
    publisher: str = ""
    licence: str = ""
    abilities: frozenset[Ability] = frozenset()
    verdict: Verdict = Verdict.SAFE
    homes: tuple[Home, ...] = ()
    """Every place with the same weights, the one that is loaded first; empty for a model without files here."""
    tags: tuple[str, ...] = ()
    note: str = ""
    digest: str = ""
    """SHA-256 of the (first) file in hexadecimal digits, where it is known."""
    added: float = 0.0
    """When the library found it, in seconds since 1970."""

    @property
    def parameter_class(self) -> ParameterClass:
        """The size class; meaningful only where ``parameters`` is known."""
        return ParameterClass.of(self.parameters)

    @property
    def offline(self) -> bool:
        """Whether every place where it lies is away now."""
        return bool(self.homes) and all(home.offline for home in self.homes)
