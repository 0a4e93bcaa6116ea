"""A bounded walk through an ONNX file: where its weights lie, and how many there are, without reading one.

An ONNX file is a Protocol Buffers message. Only the fields that lead to tensors are entered; all others, the weights
above all, are stepped over. Field numbers: onnx.proto of the ONNX project, wire format of Protocol Buffers.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn

from slmdesk.core.errors import LoadError, UnsafeModelFile
from slmdesk.core.file_kinds import START_BYTES, kind_of
from slmdesk.core.vulnerabilities import details_of

_MAX_FIELDS = 400_000  # the largest graphs have some hundred thousand
_MAX_DEPTH = 32
_MAX_TEXT = 64 << 10
_MAX_LOCATION = 1024
_NAME = 200  # characters of a name that are kept
_MAX_TENSORS = 100_000
_WINDOW = 1 << 18
_AGAIN = "Download it again."
_ELSEWHERE = "Do not use this file. Get the model from a source that you trust."

# messages, and which of their fields lead on to which message
_MODEL, _GRAPH, _NODE, _ATTRIBUTE, _TENSOR, _SPARSE, _FUNCTION, _TRAINING, _ENTRY = range(9)
_INTO = {
    _MODEL: {7: _GRAPH, 20: _TRAINING, 25: _FUNCTION},
    _TRAINING: {1: _GRAPH, 2: _GRAPH},
    _GRAPH: {1: _NODE, 5: _TENSOR, 15: _SPARSE},
    _FUNCTION: {7: _NODE, 11: _ATTRIBUTE},
    _NODE: {5: _ATTRIBUTE},
    _ATTRIBUTE: {5: _TENSOR, 6: _GRAPH, 10: _TENSOR, 11: _GRAPH, 22: _SPARSE, 23: _SPARSE},
    _SPARSE: {1: _TENSOR, 2: _TENSOR},
    _TENSOR: {13: _ENTRY},
    _ENTRY: {},
}
_TEXTS = {_MODEL: {2, 3}, _NODE: {1, 4}, _TENSOR: {8}, _ENTRY: {1, 2}, _ATTRIBUTE: {1}}
_NUMBERS = {_TENSOR: {1, 2, 14}, _ATTRIBUTE: {3}}
_PACKED = {_TENSOR: {1}}

_NAMES = (
    *("", "F32", "U8", "I8", "U16", "I16", "I32", "I64", "text", "BOOL", "F16", "F64", "U32", "U64", "", "", "BF16"),
    *("F8", "F8", "F8", "F8", "U4", "I4", "F4", "F8", "U2", "I2"),
)
TYPES = {number: (name, int(re.sub(r"\D", "", name) or 0)) for number, name in enumerate(_NAMES) if name}
"""Number formats by TensorProto.DataType: name and bits."""
_WEIGHTS = {"F32", "F16", "BF16", "F64", "F8", "F4", "I8", "U8", "U4", "I4", "U2", "I2"}


@dataclass(frozen=True, slots=True)
class External:
    """Data of a tensor that lies in another file: its name as the model gives it, and the bytes that it needs there."""

    location: str
    end: int
    tensor: str


@dataclass(slots=True)
class OnnxGraph:
    """What an ONNX file holds. ``types`` counts the weights in each number format."""

    producer: str = ""
    external: list[External] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    tensors: int = 0
    file_size: int = 0

    @property
    def parameters(self) -> int:
        """All weights."""
        return sum(self.types.values())


class _Open:
    """A message that is being walked. What was kept of it stands in dictionaries that most messages never need."""

    __slots__ = ("attributes", "end", "entries", "kind", "numbers", "texts")

    def __init__(self, kind: int, end: int) -> None:
        self.kind = kind
        self.end = end
        self.texts: dict[int, list[str]] | None = None
        self.numbers: dict[int, list[int]] | None = None
        self.entries: dict[str, str] | None = None
        self.attributes: dict[str, int] | None = None

    def all_texts(self, number: int) -> list[str]:
        return self.texts.get(number, []) if self.texts else []

    def text(self, number: int) -> str:
        return (self.all_texts(number) or [""])[-1]

    def all_numbers(self, number: int) -> list[int]:
        return self.numbers.get(number, []) if self.numbers else []

    def number(self, number: int) -> int:
        return (self.all_numbers(number) or [0])[-1]


def read_graph(stream: BinaryIO, size: int, *, name: str = "The file") -> OnnxGraph:
    """Walk through an ONNX file. ``size`` is the file's, in bytes; ``name`` stands in error messages.

    Raises LoadError (empty, incomplete, another format) and UnsafeModelFile (what no writer would write).
    """
    if size == 0:
        raise LoadError(f"{name} is empty.", _AGAIN)
    start = stream.read(min(START_BYTES, size))
    if kind := kind_of(start, size):
        raise LoadError(f"{name} is not an ONNX model: it is {kind}.", "Choose another file.")
    stream.seek(0)
    walk = _Walk(stream, size, name)
    walk.run()
    if not walk.seen_graph:
        raise LoadError(f"{name} is not an ONNX model.", "Choose another file.")
    return walk.finish()


class _Walk:
    """One pass over a file; the open messages are a list, so that no nesting can exhaust the stack."""

    def __init__(self, stream: BinaryIO, size: int, name: str) -> None:
        self._stream = stream
        self._size = size
        self._name = name
        self._window = b""
        self._start = 0
        self._at = 0
        self._fields = 0
        self._open = [_Open(_MODEL, size)]
        self._graph = OnnxGraph(file_size=size)
        self._plain: dict[str, tuple[str, int]] = {}
        self._scales: set[str] = set()
        self._multiplied: dict[str, tuple[str, int]] = {}
        self.seen_graph = False

    @property
    def _position(self) -> int:
        return self._start + self._at

    def run(self) -> None:
        """Walk to the end."""
        while self._open:
            message = self._open[-1]
            if self._position >= message.end:
                self._close(self._open.pop())
                continue
            self._fields += 1
            if self._fields > _MAX_FIELDS:
                self._damaged("its graph has more parts than that of any model", "onnx.counts")
            tag = self._varint(message.end)
            self._field(message, tag >> 3, tag & 7)

    def _field(self, message: _Open, number: int, wire: int) -> None:
        if number == 0:
            self._foreign()
        if wire == 0:
            value = self._varint(message.end)
            if number in _NUMBERS.get(message.kind, ()):
                self._keep_number(message, number, value)
        elif wire == 2:
            self._block(message, number)
        elif wire in (1, 5):
            self._skip(8 if wire == 1 else 4, message.end)
        else:
            self._foreign()

    def _block(self, message: _Open, number: int) -> None:
        """A field that has a length: a text, another message, packed numbers, or what is stepped over."""
        length = self._varint(message.end)
        end = self._position + length
        inner = _INTO[message.kind].get(number)
        self.seen_graph = self.seen_graph or (inner == _GRAPH and message.kind == _MODEL)
        if end > message.end:
            if message.end == self._size:
                self._cut_short(end)
            self._damaged("a part of it is longer than the part around it", "onnx.length")
        if inner is not None:
            if len(self._open) >= _MAX_DEPTH:
                self._damaged("its graphs lie too deep in each other", "onnx.depth")
            self._open.append(_Open(inner, end))
        elif number in _TEXTS.get(message.kind, ()):
            if length > _MAX_TEXT:
                self._damaged(f"a text of {length:,} bytes is in it", "onnx.length")
            message.texts = message.texts or {}
            kept = message.texts.setdefault(number, [])
            text = self._take(length).decode("utf-8", "replace")
            if len(kept) < 4:
                kept.append(text)
        elif number in _PACKED.get(message.kind, ()):
            while self._position < end:
                self._fields += 1
                self._keep_number(message, number, self._varint(end))
        else:
            self._skip(length, message.end)

    def _keep_number(self, message: _Open, number: int, value: int) -> None:
        message.numbers = message.numbers or {}
        kept = message.numbers.setdefault(number, [])
        if len(kept) >= 16:
            self._damaged("a tensor has too many dimensions", "onnx.shape")
        kept.append(value if value < 1 << 63 else value - (1 << 64))

    def _close(self, message: _Open) -> None:
        if message.kind == _TENSOR:
            self._tensor(message)
        elif message.kind == _ENTRY and self._open:
            self._entry(self._open[-1], message.text(1), message.text(2))
        elif message.kind == _ATTRIBUTE and self._open:
            around = self._open[-1]
            around.attributes = around.attributes or {}
            around.attributes[message.text(1)[:_NAME]] = message.number(3)
        elif message.kind == _NODE and message.text(4) == "MatMulNBits":
            self._nbits(message)
        elif message.kind == _MODEL:
            self._graph.producer = f"{message.text(2)} {message.text(3)}".strip()[:200]

    def _entry(self, tensor: _Open, key: str, value: str) -> None:
        tensor.entries = tensor.entries or {}
        if key[:_NAME] in tensor.entries or len(tensor.entries) >= 16:
            self._damaged("a tensor says twice where its data lies", "onnx.outside")
        tensor.entries[key[:_NAME]] = value

    def _tensor(self, message: _Open) -> None:
        self._graph.tensors += 1
        if self._graph.tensors > _MAX_TENSORS:
            self._damaged("it claims to have more tensors than any model has", "onnx.counts")
        shape, name = message.all_numbers(1), message.text(8)[:_NAME]
        kind, bits = TYPES.get(message.number(2), ("", 0))
        elements = math.prod(shape) if all(0 <= n < 1 << 60 for n in shape) else 1 << 60
        if elements >= 1 << 60:
            self._damaged(f"the tensor {name[:80]} has an impossible shape", "onnx.shape")
        if message.entries or message.number(14):
            self._external(message, name, -(-elements * bits // 8))
        if kind in _WEIGHTS:
            self._plain[name or f"#{self._graph.tensors}"] = (kind, elements)

    def _external(self, message: _Open, name: str, size: int) -> None:
        entries = message.entries or {}
        if "location" not in entries:
            self._damaged(f"the tensor {name[:80]} does not say where its data lies", "onnx.outside")
        if len(entries["location"]) > _MAX_LOCATION:
            self._damaged(
                f"the tensor {name[:80]} names a file of {len(entries['location']):,} characters", "onnx.outside"
            )
        numbers = []
        for key, default in (("offset", 0), ("length", size)):
            text = entries.get(key, str(default))
            if not text.isascii() or not text.isdigit() or len(text) > 19:
                self._damaged(f"the tensor {name[:80]} gives {text[:40]!r} as its {key}", "onnx.outside")
            numbers.append(int(text))
        self._graph.external.append(External(entries["location"], sum(numbers), name))

    def _nbits(self, message: _Open) -> None:
        """A multiplication with packed weights: input 1 is the weights, the further ones their scales."""
        told = message.attributes or {}
        rows, columns, bits = told.get("K", 0), told.get("N", 0), told.get("bits", 4)
        inputs = [text[:_NAME] for text in message.all_texts(1)]
        if 0 < rows < 1 << 30 and 0 < columns < 1 << 30 and bits in (2, 3, 4, 5, 6, 7, 8) and len(inputs) > 1:
            self._multiplied[inputs[1]] = (f"INT{bits}", rows * columns)
            self._scales.update(inputs[2:])

    def finish(self) -> OnnxGraph:
        """The graph, with its weights counted."""
        types = self._graph.types
        for name, (kind, elements) in self._plain.items():
            if name in self._multiplied:
                kind, elements = self._multiplied[name]  # noqa: PLW2901 - what the packed numbers stand for
            elif name in self._scales:
                continue
            types[{"I8": "INT8", "U8": "INT8", "I4": "INT4", "U4": "INT4"}.get(kind, kind)] += elements
        return self._graph

    def _varint(self, end: int) -> int:
        at = self._at
        if at < len(self._window) and self._start + at < end and (byte := self._window[at]) < 0x80:
            self._at += 1  # most numbers are small
            return byte
        value = shift = 0
        while True:
            if self._position >= end:
                self._cut_short(end + 1) if end == self._size else self._foreign()
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF
            shift += 7
            if shift > 63:
                self._foreign()

    def _take(self, count: int) -> bytes:
        if self._at + count > len(self._window):
            rest = self._window[self._at :]
            self._start, self._at = self._position, 0
            more = min(max(count, _WINDOW), self._size - self._start)
            self._stream.seek(self._start + len(rest))
            self._window = rest + self._stream.read(more - len(rest))
            if len(self._window) < count:
                self._cut_short(self._start + count)
        self._at += count
        return self._window[self._at - count : self._at]

    def _skip(self, count: int, end: int) -> None:
        if self._position + count > end:
            self._cut_short(self._position + count) if end == self._size else self._foreign()
        self._at += count
        if self._at > len(self._window):
            self._start, self._at, self._window = self._position, 0, b""

    def _cut_short(self, wanted: int) -> NoReturn:
        missing = max(1, wanted - self._size)
        if not self.seen_graph or missing > 1 << 40:
            raise LoadError(f"{self._name} is not an ONNX model.", "Choose another file.")
        raise LoadError(f"{self._name} is incomplete: the file ends at least {missing:,} bytes early.", _AGAIN)

    def _foreign(self) -> NoReturn:
        if self.seen_graph:
            self._damaged("its parts do not fit together", "onnx.structure")
        raise LoadError(f"{self._name} is not an ONNX model.", "Choose another file.")

    def _damaged(self, reason: str, rule: str) -> NoReturn:
        raise UnsafeModelFile(
            f"{self._name} is damaged or was built to do harm: {reason}.", _ELSEWHERE, details_of(rule)
        )
