"""What a GGUF file's header says about the model in it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from slmdesk.core.ggml import FILE_TYPE_GUESSED, FILE_TYPES, TensorType


@dataclass(frozen=True, slots=True)
class SkippedArray:
    """A metadata array that was too long to keep."""

    count: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """One block of weights. ``offset`` is in bytes from the start of the data."""

    name: str
    shape: tuple[int, ...]
    type: TensorType
    offset: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """Its bytes in the file."""
        return self.type.bytes_for(self.elements)


@dataclass(frozen=True, slots=True)
class Header:
    """A GGUF file without its weights. ``byte_order`` is "little" or "big"; offsets and sizes are bytes."""

    version: int
    byte_order: str
    metadata: dict[str, Any]
    tensors: tuple[Tensor, ...]
    alignment: int
    data_offset: int
    file_size: int
    types: dict[str, str] = field(default_factory=dict)
    """How each metadata entry is written: "u32", "text", "list of f32" ..."""

    def text(self, key: str) -> str:
        """A metadata entry that is a text; empty when it is absent or something else."""
        value = self.metadata.get(key, "")
        return value if isinstance(value, str) else ""

    def number(self, key: str, default: int = 0) -> int:
        """A metadata entry that is a whole number, not negative; ``default`` when it is absent or something else.

        ``key`` may begin with a dot: then the architecture's name stands before it.
        """
        value = self._of_architecture(key)
        return value if type(value) is int and value >= 0 else default

    def per_layer(self, key: str, default: int = 0) -> tuple[int, ...]:
        """A number that a model may give once or for each of its layers, as one number per layer."""
        value = self._of_architecture(key)
        layers = self.block_count
        if isinstance(value, tuple) and len(value) >= layers:
            return tuple(int(v) if isinstance(v, int) and v >= 0 else default for v in value[:layers])
        return (self.number(key, default),) * layers

    def _of_architecture(self, key: str) -> Any:
        return self.metadata.get(self.architecture + key if key.startswith(".") else key)

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the model's build, such as "qwen2"."""
        return self.text("general.architecture")

    @property
    def name(self) -> str:
        """The model's own name; may be empty."""
        return self.text("general.name")

    @property
    def chat_template(self) -> str:
        """The Jinja template by which messages become a prompt; may be empty."""
        return self.text("tokenizer.chat_template")

    @property
    def parameters(self) -> int:
        """All weights of the tensors in this file."""
        return sum(t.elements for t in self.tensors)

    @property
    def weights_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(t.size for t in self.tensors)

    @property
    def quantization(self) -> str:
        """The quantization's label, such as "Q4_K_M": the file's own, else the type that most weights have."""
        label = FILE_TYPES.get(self.number("general.file_type", -1) & ~FILE_TYPE_GUESSED)
        return label or self.dominant_type

    @property
    def dominant_type(self) -> str:
        """The number format that most weights have; empty for a file without tensors."""
        counts: Counter[str] = Counter()
        for tensor in self.tensors:
            counts[tensor.type.name] += tensor.elements
        return counts.most_common(1)[0][0] if counts else ""

    @property
    def bits_per_weight(self) -> float:
        """Bits of the file's data for each weight."""
        return 8 * self.weights_bytes / self.parameters if self.parameters else 0.0

    @property
    def context_length(self) -> int:
        """The context the model was trained with, in tokens (0: not said)."""
        return self.number(".context_length")

    @property
    def block_count(self) -> int:
        """Layers; bounded, because a header may say anything."""
        return min(self.number(".block_count"), 4096)

    @property
    def embedding_length(self) -> int:
        """The width of the hidden state."""
        return self.number(".embedding_length")

    @property
    def head_counts(self) -> tuple[int, ...]:
        """Attention heads of each layer."""
        return self.per_layer(".attention.head_count")

    @property
    def kv_head_counts(self) -> tuple[int, ...]:
        """Key and value heads of each layer; as many as attention heads where the file does not say."""
        default = self.number(".attention.head_count")
        return self.per_layer(".attention.head_count_kv", default)

    @property
    def key_length(self) -> int:
        """The size of one key head."""
        return self.number(".attention.key_length", self._head_length())

    @property
    def value_length(self) -> int:
        """The size of one value head."""
        return self.number(".attention.value_length", self._head_length())

    def _head_length(self) -> int:
        heads = max(self.head_counts, default=0)
        return self.embedding_length // heads if heads else 0

    @property
    def vocabulary(self) -> int:
        """How many tokens the model knows (0: not said)."""
        tokens = self.metadata.get("tokenizer.ggml.tokens")
        if isinstance(tokens, SkippedArray):
            return tokens.count
        return len(tokens) if isinstance(tokens, tuple) else self.number(".vocab_size")

    @property
    def split(self) -> tuple[int, int] | None:
        """(number from 1, count) of a model that is split into several files; None for a whole one."""
        count = self.number("split.count")
        return (self.number("split.no") + 1, count) if count > 1 else None
