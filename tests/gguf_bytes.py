"""GGUF files written byte by byte, right ones and wrong ones."""

from __future__ import annotations

import struct
from typing import Any

CODES = {"u8": (0, "B"), "u32": (4, "I"), "f32": (6, "f"), "bool": (7, "?"), "u64": (10, "Q")}


class Builder:
    """Writes GGUF bytes by hand, wrong ones too."""

    def __init__(self, version: int = 3, order: str = "<") -> None:
        self.version, self.order = version, order
        self.wide = "I" if version == 1 else "Q"
        self.entries: list[bytes] = []
        self.tensors: list[bytes] = []
        self.data = b""
        self.counts: tuple[int, int] | None = None

    def pack(self, code: str, value: Any) -> bytes:
        return struct.pack(self.order + code, value)

    def string(self, text: str | bytes) -> bytes:
        data = text.encode() if isinstance(text, str) else text
        return self.pack(self.wide, len(data)) + data

    def raw(self, key: str | bytes, kind: int, value: bytes) -> Builder:
        self.entries.append(self.string(key) + self.pack("I", kind) + value)
        return self

    def add(self, key: str, kind: str, value: Any) -> Builder:
        number, code = CODES[kind]
        return self.raw(key, number, self.pack(code, value))

    def text(self, key: str, value: str) -> Builder:
        return self.raw(key, 8, self.string(value))

    def texts(self, key: str, values: list[str]) -> Builder:
        items = b"".join(self.string(v) for v in values)
        return self.raw(key, 9, self.pack("I", 8) + self.pack(self.wide, len(values)) + items)

    def tensor(self, name: str, shape: tuple[int, ...], kind: int = 0, offset: int = 0) -> Builder:
        dims = b"".join(self.pack(self.wide, d) for d in shape)
        head = self.string(name) + self.pack("I", len(shape)) + dims
        self.tensors.append(head + self.pack("I", kind) + self.pack("Q", offset))
        return self

    def build(self) -> bytes:
        tensors, entries = self.counts or (len(self.tensors), len(self.entries))
        head = b"GGUF" + self.pack("I", self.version) + self.pack(self.wide, tensors) + self.pack(self.wide, entries)
        head += b"".join(self.entries) + b"".join(self.tensors)
        return head + b"\0" * (-len(head) % 32) + self.data


def small(version: int = 3, order: str = "<") -> bytes:
    builder = Builder(version, order).text("general.architecture", "llama").text("general.name", "Tiny")
    builder.add("llama.block_count", "u32", 2).add("llama.context_length", "u32", 512).add("x.bool", "bool", 1)
    builder.add("llama.attention.head_count", "u32", 4).add("llama.embedding_length", "u32", 32)
    builder.add("x.float", "f32", 0.5).add("general.file_type", "u32", 1).texts("x.tags", ["a", "b"])
    builder.tensor("one", (32, 2), 1, 0).tensor("two", (32,), 8, 128)
    builder.data = bytes(128 + 34)
    return builder.build()
