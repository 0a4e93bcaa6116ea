"""A bounded reader of GGUF headers, versions 1 to 3, in both byte orders.

It takes a binary stream and its size and never trusts a length: nothing is read or kept that the file cannot hold.
Long arrays, such as vocabularies, are walked over and not kept, and what is kept has a budget of memory, so that no
file, whatever its size, takes more than some 100 MB or a second. Format: ggml's docs/gguf.md::

    magic "GGUF" | version u32 | tensor count | metadata count
    metadata: key, type, value ... | tensor infos ... | padding | data

Counts and lengths are u32 in version 1 and u64 since. In a big-endian file everything but the magic is swapped.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from slmdesk.core.errors import LoadError, UnsafeModelFile
from slmdesk.core.file_kinds import START_BYTES, kind_of
from slmdesk.core.ggml import TENSOR_TYPES, TensorType
from slmdesk.core.gguf_header import Header, SkippedArray, Tensor
from slmdesk.core.vulnerabilities import details_of

KEPT_ARRAY = 1024
"""Arrays of at most this many items are kept; longer ones become a SkippedArray."""

_MAX_COUNT = 65_536  # of metadata entries, and of tensors: the largest models have a few thousand
_MAX_STRING = 64 << 20  # bytes of one string: a whole tokenizer.json, which some files carry, has 33 million
_KEPT_TEXT = 1 << 20  # bytes of a string that are kept
_MAX_KEPT = 96 << 20  # bytes of memory for all that is kept
_MAX_WALKED = 5_000_000  # strings of all lists together: the largest vocabulary and its merges have a million
_OBJECT = 40  # bytes that a number takes in memory
_MAX_NAME = 65_535
_MAX_TENSOR_NAME = 512  # ggml itself takes 63
_MAX_DIMENSIONS = 4
_MAX_ALIGNMENT = 1 << 20
_ABSURD_HEADER = 1 << 30  # bytes missing: no header is that long, so the file was not cut short, the length is wrong
_ABSURD_DATA = 1 << 44
_BLOCK = 1 << 20

_AGAIN = "Download it again."
_ELSEWHERE = "Do not use this file. Get the model from a source that you trust."

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_NAMES = dict(enumerate("u8 i8 u16 i16 u32 i32 f32 bool text list u64 i64 f64".split()))  # noqa: SIM905


@dataclass(slots=True)
class _Source:
    """A window on the stream that moves forward, and knows what the file can still hold."""

    stream: BinaryIO
    size: int
    name: str
    window: bytes = b""
    start: int = 0  # where the window begins in the file
    at: int = 0  # the next byte, within the window
    kept: int = 0
    walked: int = 0
    order: str = "<"
    wide: str = "Q"  # the type of counts and lengths

    @property
    def position(self) -> int:
        return self.start + self.at

    def need(self, count: int) -> None:
        """Have ``count`` bytes in the window."""
        if len(self.window) - self.at >= count:
            return
        self.check(count)
        rest = self.window[self.at :]
        self.start, self.at = self.position, 0
        wanted = min(max(count, _BLOCK), self.size - self.start)
        self.window = rest + self.stream.read(wanted - len(rest))
        if len(self.window) < count:
            self.cut_short(count - len(self.window))

    def check(self, count: int) -> None:
        """Raise when the file ends before ``count`` more bytes."""
        missing = self.position + count - self.size
        if missing > _ABSURD_HEADER:
            self.damaged("a length in its header cannot be true", "gguf.length")
        if missing > 0:
            self.cut_short(missing)

    def cut_short(self, missing: int) -> NoReturn:
        raise LoadError(f"{self.name} is incomplete: the file ends at least {missing:,} bytes early.", _AGAIN)

    def damaged(self, reason: str, rule: str) -> NoReturn:
        message = f"{self.name} is damaged or was built to do harm: {reason}."
        raise UnsafeModelFile(message, _ELSEWHERE, details_of(rule))

    def keep(self, cost: int) -> None:
        """Charge for bytes of memory that are about to be used."""
        self.kept += cost
        if self.kept > _MAX_KEPT:
            self.damaged("its header holds more than that of any model", "gguf.length")

    def take(self, count: int) -> bytes:
        self.need(count)
        self.at += count
        return self.window[self.at - count : self.at]

    def skip(self, count: int) -> None:
        self.check(count)
        self.at += count
        if self.at > len(self.window):
            self.start, self.at, self.window = self.position, 0, b""
            self.stream.seek(self.start)

    def number(self, code: str) -> Any:
        kind = struct.Struct(self.order + code)
        return kind.unpack(self.take(kind.size))[0]

    def string(self, limit: int) -> bytes:
        """A string whole, for names."""
        length = self.length(limit)
        self.keep(length + 2 * _OBJECT)
        return self.take(length)

    def item(self) -> str:
        """A string of a list."""
        text = self.take(self.length(_KEPT_TEXT)).decode("utf-8", "replace")
        self.keep(sys.getsizeof(text) + 8)
        return text

    def text(self) -> str:
        """The value of an entry; of a very long one only the beginning."""
        length = self.length(_MAX_STRING)
        data = self.take(min(length, _KEPT_TEXT))
        self.skip(length - len(data))
        text = data.decode("utf-8", "replace")
        self.keep(sys.getsizeof(text))
        return text

    def length(self, limit: int) -> int:
        length: int = self.number(self.wide)
        self.check(length)
        if length > limit:
            self.damaged(f"a text of {length:,} bytes is in its header", "gguf.length")
        return length

    def skip_strings(self, count: int) -> None:
        """Walk over strings: only their lengths are looked at."""
        length_of = struct.Struct(self.order + self.wide)
        unpack, width = length_of.unpack_from, length_of.size
        self.check(count * width)
        self.walked += count
        if self.walked > _MAX_WALKED:
            self.damaged("its lists are longer than those of any model", "gguf.counts")
        while count:
            self.need(width)
            window, at, last = self.window, self.at, len(self.window) - width
            while count and at <= last:
                at += width + unpack(window, at)[0]
                count -= 1
            self.skip(at - self.at)


def read_header(stream: BinaryIO, size: int, *, name: str = "The file", arrays: bool = False) -> Header:
    """Read and check a GGUF file's header. ``size`` is the file's, in bytes; ``name`` stands in error messages.

    ``stream`` is seekable, buffered and at its beginning. With ``arrays`` every array is kept, vocabularies too.
    Raises LoadError (empty, another format, incomplete, a version or number format that is not known) and
    UnsafeModelFile (what no writer would write).
    """
    source = _Source(stream, size, name)
    version = _version(source)
    tensor_count, entry_count = source.number(source.wide), source.number(source.wide)
    if max(tensor_count, entry_count) > _MAX_COUNT:
        source.damaged("it claims to have more parts than any model has", "gguf.counts")
    metadata, types = _metadata(source, entry_count, None if arrays else KEPT_ARRAY)
    alignment = metadata.get("general.alignment", 32)
    if type(alignment) is not int or not 0 < alignment <= _MAX_ALIGNMENT or alignment & (alignment - 1):
        source.damaged("its alignment is not a power of two", "gguf.alignment")
    tensors = tuple(_tensors(source, tensor_count))
    data_offset = -(-source.position // alignment) * alignment
    _check_layout(source, tensors, alignment, data_offset)
    order = "little" if source.order == "<" else "big"
    return Header(version, order, metadata, tensors, alignment, data_offset, size, types)


def _version(source: _Source) -> int:
    if source.size == 0:
        raise LoadError(f"{source.name} is empty.", _AGAIN)
    source.need(min(START_BYTES, source.size))
    start = source.window[:START_BYTES]
    if not start.startswith(b"GGUF"):
        kind = kind_of(start, source.size)
        raise LoadError(
            f"{source.name} is not a GGUF model" + (f": it is {kind}." if kind else "."), "Choose a GGUF file."
        )
    source.take(4)
    version: int = source.number("I")
    if version & 0xFFFF == 0 and version:
        source.order = ">"
        version = int.from_bytes(version.to_bytes(4, "little"), "big")
    if version not in (1, 2, 3):
        raise LoadError(f"{source.name} is of GGUF version {version}, which SLMDesk does not know.", "Update SLMDesk.")
    source.wide = "I" if version == 1 else "Q"
    return version


def _metadata(source: _Source, count: int, kept_array: int | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The entries, and their types as they stand in the file."""
    source.check(count * (struct.calcsize(source.order + source.wide) + 5))
    found: dict[str, Any] = {}
    types: dict[str, str] = {}
    for _ in range(count):
        key = _text(source, source.string(_MAX_NAME))
        if key in found:
            source.damaged(f"the entry {key[:80]} is there twice", "gguf.twice")
        kind = source.number("I")
        types[key] = _NAMES.get(kind, "")
        source.keep(2 * _OBJECT)
        if kind == _STRING:
            found[key] = source.text()
        elif kind == _ARRAY:
            item, found[key] = _array(source, kept_array)
            types[key] += f" of {item}"
        elif kind in _SCALARS:
            found[key] = source.number(_SCALARS[kind])
        else:
            source.damaged(f"an entry is of the type {kind}, which does not exist", "gguf.type")
    return found, types


def _text(source: _Source, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        source.damaged("a name in it is not text", "gguf.name")


def _array(source: _Source, kept_array: int | None) -> tuple[str, tuple[Any, ...] | SkippedArray]:
    """The items' type, and the items or how many they are."""
    kind, count = source.number("I"), source.number(source.wide)
    kept = kept_array is None or count <= kept_array
    if kind == _STRING:
        source.check(count * struct.calcsize(source.order + source.wide))
        if kept:
            return _NAMES[kind], tuple(source.item() for _ in range(count))
        source.skip_strings(count)
    elif kind in _SCALARS:
        width = struct.calcsize(source.order + _SCALARS[kind])
        source.check(count * width)
        if kept:
            source.keep(count * _OBJECT)
            numbers = struct.unpack(f"{source.order}{count}{_SCALARS[kind]}", source.take(count * width))
            return _NAMES[kind], numbers
        source.skip(count * width)
    else:
        source.damaged(f"a list in it is of the type {kind}", "gguf.type")
    return _NAMES[kind], SkippedArray(count)


def _tensors(source: _Source, count: int) -> Iterator[Tensor]:
    source.check(count * (struct.calcsize(source.order + source.wide) + 16))
    names = set()
    for _ in range(count):
        name = _text(source, source.string(_MAX_TENSOR_NAME))
        if name in names:
            source.damaged(f"the tensor {name[:80]} is there twice", "gguf.twice")
        names.add(name)
        source.keep(12 * _OBJECT)
        dimensions = source.number("I")
        if not 0 < dimensions <= _MAX_DIMENSIONS:
            source.damaged(f"the tensor {name[:80]} has {dimensions} dimensions", "gguf.shape")
        shape = tuple(source.number(source.wide) for _ in range(dimensions))
        kind = _tensor_type(source, name, source.number("I"))
        tensor = Tensor(name, shape, kind, source.number("Q"))
        if not 0 < tensor.elements < 1 << 60 or shape[0] % kind.block:
            source.damaged(f"the tensor {name[:80]} has an impossible shape", "gguf.shape")
        yield tensor


def _tensor_type(source: _Source, name: str, number: int) -> TensorType:
    if number not in TENSOR_TYPES:
        raise LoadError(
            f"{source.name} uses a number format that SLMDesk does not know (type {number} in {name[:80]}).",
            "Get the model in another quantization, or update SLMDesk.",
        )
    return TENSOR_TYPES[number]


def _check_layout(source: _Source, tensors: tuple[Tensor, ...], alignment: int, data_offset: int) -> None:
    """Every tensor lies aligned within the file, and none within another."""
    end = 0
    for tensor in sorted(tensors, key=lambda t: t.offset):
        if tensor.offset % alignment:
            source.damaged(f"the tensor {tensor.name[:80]} is not aligned", "gguf.alignment")
        if tensor.offset < end:
            source.damaged(f"the tensor {tensor.name[:80]} lies within another", "gguf.overlap")
        end = tensor.offset + tensor.size
    missing = data_offset + end - source.size if tensors else 0
    if missing > _ABSURD_DATA:
        source.damaged("a tensor lies where no file reaches", "gguf.beyond")
    if missing > 0:
        raise LoadError(f"{source.name} is incomplete: the file ends {missing:,} bytes early.", _AGAIN)
