"""A bounded reader of safetensors headers, of one file or of one that is split by an index.

Format: eight bytes with the length of a JSON text, the text, and the data::

    {"name": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}, ..., "__metadata__": {"format": "pt"}}
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn

from slmdesk.core.errors import LoadError, UnsafeModelFile
from slmdesk.core.file_kinds import START_BYTES, kind_of
from slmdesk.core.vulnerabilities import details_of

MAX_HEADER = 16 << 20
"""Bytes of a header: the largest models have some 4 million in a file. safetensors itself allows 100 MB."""
MAX_INDEX = 32 << 20
"""Bytes of an index: the largest have some 9 million."""
_MAX_TENSORS = 60_000  # in one file: the largest have some ten thousand
_MAX_VALUES = 500_000  # of a JSON text, as its commas count them
_MAX_DIMENSIONS = 16
_AGAIN = "Download it again."
_ELSEWHERE = "Do not use this file. Get the model from a source that you trust."

BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
"""Number formats and their bits."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One block of weights. ``size`` is its bytes in the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class SafetensorsHeader:
    """A safetensors file without its weights. ``digest`` is of the header's bytes, in hexadecimal digits."""

    tensors: tuple[StoredTensor, ...]
    metadata: dict[str, str] = field(default_factory=dict)
    file_size: int = 0
    digest: str = ""


def read_safetensors_header(stream: BinaryIO, size: int, *, name: str = "The file") -> SafetensorsHeader:
    """Read and check a header. ``size`` is the file's, in bytes; ``name`` stands in error messages.

    Raises LoadError (empty, another format, incomplete, a number format that is not known) and UnsafeModelFile (what
    no writer would write).
    """
    if size == 0:
        raise LoadError(f"{name} is empty.", _AGAIN)
    start = stream.read(min(START_BYTES, size))
    length = int.from_bytes(start[:8], "little")
    if len(start) < 9 or start[8:9] != b"{" or start.startswith(b"GGUF"):
        kind = kind_of(start, size)
        reason = f": it is {kind}" if kind and "safetensors" not in kind else ""
        raise LoadError(f"{name} is not a safetensors file{reason}.", "Choose another file.")
    if length > MAX_HEADER:
        _damaged(name, f"its header claims {length:,} bytes", "safetensors.length")
    if 8 + length > size:
        raise LoadError(f"{name} is incomplete: the file ends {8 + length - size:,} bytes early.", _AGAIN)
    stream.seek(8)
    text = stream.read(length)
    if len(text) < length:
        raise LoadError(f"{name} is incomplete: the file ends early.", _AGAIN)
    entries = _entries(name, text)
    metadata = _metadata(name, entries.pop("__metadata__", {}))
    tensors, ends = _tensors(name, entries)
    _check_layout(name, ends, size - 8 - length)
    return SafetensorsHeader(tensors, metadata, size, hashlib.sha256(text).hexdigest())


def _damaged(name: str, reason: str, rule: str) -> NoReturn:
    raise UnsafeModelFile(f"{name} is damaged or was built to do harm: {reason}.", _ELSEWHERE, details_of(rule))


def _entries(name: str, text: bytes) -> dict[str, Any]:
    """The JSON object; a key that comes twice is refused, because readers disagree on which one counts."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            _damaged(name, "a name in its header is there twice", "safetensors.twice")
        return found

    if text.count(b"[") + text.count(b"{") > 4 * _MAX_TENSORS or text.count(b",") > _MAX_VALUES:
        _damaged(name, "it claims to have more tensors than any model has", "safetensors.counts")
    try:
        data = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        _damaged(name, "its header is not what it should be", "safetensors.header")
    if not isinstance(data, dict) or len(data) > _MAX_TENSORS:
        _damaged(name, "its header is not what it should be", "safetensors.header")
    return data


def _metadata(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        _damaged(name, "its description is not a list of texts", "safetensors.header")
    return value


def _tensors(name: str, entries: dict[str, Any]) -> tuple[tuple[StoredTensor, ...], list[tuple[int, int, str]]]:
    """The tensors, and where each begins and ends."""
    tensors, ends = [], []
    for key, entry in entries.items():
        if not isinstance(entry, dict):
            _damaged(name, f"the tensor {key[:80]} is not described", "safetensors.header")
        dtype = entry.get("dtype")
        if not isinstance(dtype, str) or dtype not in BITS:
            raise LoadError(
                f"{name} uses a number format that SLMDesk does not know ({str(dtype)[:20]} in {key[:80]}).",
                "Get the model in another format, or update SLMDesk.",
            )
        shape, offsets = _sizes(entry.get("shape"), _MAX_DIMENSIONS), _sizes(entry.get("data_offsets"), 2)
        if shape is None or offsets is None or len(offsets) != 2:
            _damaged(name, f"the tensor {key[:80]} has an impossible shape", "safetensors.shape")
        begin, end = offsets
        elements = math.prod(shape)
        if elements >= 1 << 60 or (elements * BITS[dtype] + 7) // 8 != end - begin:
            _damaged(name, f"the tensor {key[:80]} is not as long as its shape says", "safetensors.shape")
        tensors.append(StoredTensor(key, dtype, shape, end - begin))
        ends.append((begin, end, key))
    return tuple(tensors), ends


def _sizes(value: Any, most: int) -> tuple[int, ...] | None:
    """A list of at most so many sizes; None for anything else."""
    if not isinstance(value, list) or len(value) > most:
        return None
    return tuple(value) if all(type(v) is int and 0 <= v < 1 << 62 for v in value) else None


def _check_layout(name: str, ends: list[tuple[int, int, str]], data: int) -> None:
    """The tensors fill the data one after the other, without gap or overlap."""
    at = 0
    for begin, end, key in sorted(ends):
        if begin < at:
            _damaged(name, f"the tensor {key[:80]} lies within another", "safetensors.overlap")
        if begin > at:
            _damaged(name, f"there is a gap before the tensor {key[:80]}", "safetensors.gap")
        at = end
    if at > data:
        raise LoadError(f"{name} is incomplete: the file ends {at - data:,} bytes early.", _AGAIN)
    if at < data:
        _damaged(name, f"{data - at:,} bytes after its tensors belong to none", "safetensors.gap")


def read_index(text: bytes, *, name: str = "The index") -> tuple[str, ...]:
    """The files that an index (``model.safetensors.index.json``) names, each once, in order of their names.

    Raises LoadError for what is no index and UnsafeModelFile for names that are more than a file's name.
    """
    if text.count(b",") > _MAX_VALUES:
        _damaged(name, "it claims to have more tensors than any model has", "safetensors.counts")
    try:
        data = json.loads(text)
        told = data["weight_map"]
        files = sorted({str(file) for file in told.values()})
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise LoadError(f"{name} does not tell the model's files.", _AGAIN, repr(error)) from error
    for file in files:
        if "/" in file or "\\" in file or file in {"", ".", ".."} or "\0" in file or ":" in file:
            _damaged(name, f"it names the file {file[:80]!r}", "safetensors.outside")
    return tuple(files)
