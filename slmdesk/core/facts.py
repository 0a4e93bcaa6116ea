"""What a model is, told from its files: size, build, quantization, licence, abilities.

Facts come from headers and configurations alone (``facts_gguf``, ``facts_config``), never from a file's name, and no
weight is read for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from slmdesk.core.models import Ability, ModelFormat
from slmdesk.core.shape import ModelShape


class FileKind(StrEnum):
    """What a model file is for. Only a ``model`` can be chatted with or asked for embeddings."""

    MODEL = "model"
    PROJECTOR = "projector"
    """Lets a model see or hear; lies beside it (mmproj)."""
    ADAPTER = "adapter"
    """A change to a model (LoRA), no model itself."""
    PART = "part"
    """A further file of a split model; the first file stands for all."""
    VOCABULARY = "vocabulary"
    OTHER = "other"
    """Of another program, or of a kind that is not known: importance matrices, control vectors, speech."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Everything that a model's files tell about it. Sizes are bytes; 0 and empty mean "not said".

    ``tensor_types`` counts the weights in each number format. ``active_parameters`` are those that work on one token.
    ``files`` are all files that belong to the model, as absolute paths, the first one first; ``size`` is theirs
    together. ``fingerprint`` is equal for two copies of the same weights (hexadecimal digits of the headers' digest).
    """

    format: ModelFormat
    kind: FileKind = FileKind.MODEL
    architecture: str = ""
    name: str = ""
    publisher: str = ""
    family: str = ""
    parameters: int = 0
    active_parameters: int = 0
    context_length: int = 0
    layers: int = 0
    heads: int = 0
    kv_heads: int = 0
    embedding_length: int = 0
    quantization: str = ""
    bits_per_weight: float = 0.0
    tensor_types: dict[str, int] = field(default_factory=dict)
    licence: str = ""
    licence_link: str = ""
    template: str = ""
    tokenizer: str = ""
    vocabulary: int = 0
    abilities: frozenset[Ability] = frozenset()
    files: tuple[str, ...] = ()
    size: int = 0
    projector: str = ""
    """The file beside it that lets it see; empty where there is none."""
    fingerprint: str = ""
    version: str = ""
    """The file format's version, such as "GGUF 3"."""
    shape: ModelShape | None = None

    def to_dict(self) -> dict[str, Any]:
        """The facts as JSON holds them; what is not said is left out."""
        found: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, ModelShape):
                value = value.to_dict()
            elif isinstance(value, frozenset):
                value = sorted(value)
            elif isinstance(value, tuple):
                value = list(value)
            if value or f.name == "format":
                found[f.name] = value
        return found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelFacts:
        """The facts that :meth:`to_dict` told. Unknown names and values of the wrong kind are left out.

        Raises ValueError where the format is missing or unknown.
        """
        found: dict[str, Any] = {"format": ModelFormat(data.get("format", ""))}
        for f in fields(cls):
            if f.name in data and f.name != "format":
                value = _revived(f.name, data[f.name])
                if value is not None:
                    found[f.name] = value
        return cls(**found)


_WHOLE = {
    *("parameters", "active_parameters", "context_length", "layers", "heads", "kv_heads", "embedding_length"),
    *("vocabulary", "size"),
}


def _revived(name: str, value: Any) -> Any | None:
    if name in _WHOLE:
        return value if type(value) is int and value >= 0 else None
    if name == "bits_per_weight":
        return float(value) if isinstance(value, (int, float)) else None
    if name == "tensor_types":
        known = isinstance(value, Mapping)
        return {str(k): v for k, v in value.items() if isinstance(v, int)} if known else None
    if name == "abilities":
        known = isinstance(value, (list, tuple))
        return frozenset(Ability(v) for v in value if v in Ability.__members__.values()) if known else None
    if name == "files":
        return tuple(str(v) for v in value) if isinstance(value, (list, tuple)) else None
    if name == "kind":
        return FileKind(value) if value in FileKind.__members__.values() else None
    if name == "shape":
        return ModelShape.from_dict(value) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None
