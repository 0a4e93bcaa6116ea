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

    @property
    def parameter_class(self) -> ParameterClass:
        """The size class; meaningful only where ``parameters`` is known."""
        return ParameterClass.of(self.parameters)
