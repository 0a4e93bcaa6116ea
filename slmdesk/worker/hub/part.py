"""A file on its way: ``NAME.part`` with the bytes that have come, and ``NAME.part.json`` that says which those are.

The bytes of a file arrive in chunks, in any order. For each the sidecar holds how much of it has come and the CRC-32 of
that, so that a download goes on at the byte where it ended (also after the process was killed), and so that a disk
that lost or changed something is noticed. The sidecar is written after the bytes, never before.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slmdesk.core.errors import DownloadError

PART = ".part"
SIDECAR = ".part.json"
BLOCK = 1 << 19
"""Bytes that are read, written and hashed at once: the few buffers of this size stay in a processor's cache."""
_VERSION = 1
_LOCK_AT = 1 << 62


def chunk_size_for(size: int) -> int:
    """8 MiB, more for files of which that would make over 2,000 chunks."""
    chunk = 8 << 20
    while size > chunk * 2000:
        chunk *= 2
    return chunk


@dataclass(slots=True)
class Chunks:
    """Which bytes of a file have come: for each chunk how many from its start, and their CRC-32."""

    size: int
    chunk: int
    have: list[int] = field(default_factory=list)
    crc: list[int] = field(default_factory=list)
    old: set[int] = field(default_factory=set)
    """Chunks that an earlier run of the program wrote: they are compared with the disk when they are read again."""
    suspect: set[int] = field(default_factory=set)
    """Chunks that did not come in one piece: looked at first when the whole is wrong."""

    def __post_init__(self) -> None:
        count = -(-self.size // self.chunk) if self.size else 0
        if not self.have:
            self.have, self.crc = [0] * count, [0] * count

    def __len__(self) -> int:
        return len(self.have)

    def length(self, index: int) -> int:
        """Bytes of a chunk; the last one may be shorter."""
        return min(self.chunk, self.size - index * self.chunk)

    def complete(self, index: int) -> bool:
        """Whether the whole chunk has come."""
        return self.have[index] == self.length(index)

    def forget(self, index: int) -> None:
        """Fetch this chunk again, from its start."""
        self.have[index] = self.crc[index] = 0
        self.old.discard(index)
        self.suspect.add(index)

    @property
    def done(self) -> int:
        """Bytes that have come."""
        return sum(self.have)

    def to_json(self) -> dict[str, Any]:
        """What the sidecar holds."""
        return {
            "size": self.size,
            "chunk": self.chunk,
            "have": {str(i): [n, self.crc[i]] for i, n in enumerate(self.have) if n},
            "suspect": sorted(self.suspect),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Chunks:
        """Raises ValueError, KeyError or TypeError for what :meth:`to_json` did not write."""
        size, chunk = data["size"], data["chunk"]
        if type(size) is not int or type(chunk) is not int or size < 0 or not 1 << 16 <= chunk <= 1 << 32:
            raise ValueError("sizes out of range")
        if size > chunk * 100_000:
            raise ValueError("too many chunks")
        chunks = cls(size, chunk)
        for key, (length, crc) in data["have"].items():
            index = int(key)
            if not 0 <= index < len(chunks) or not 0 <= length <= chunks.length(index):
                raise ValueError("a chunk out of range")
            chunks.have[index], chunks.crc[index] = length, int(crc) & 0xFFFFFFFF
            chunks.old.add(index)
            if length < chunks.length(index):
                chunks.suspect.add(index)
        chunks.suspect.update(i for i in data["suspect"] if type(i) is int and 0 <= i < len(chunks))
        return chunks


class PartFile:
    """The ``.part`` file, open and locked against every other process. Close it in the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        self._descriptor = os.open(path, flags, 0o644)
        self._position = threading.Lock()
        try:
            _lock(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            raise DownloadError(
                f"{path.name} is being downloaded already.", "Look at the other window or terminal.", repr(error)
            ) from error

    @property
    def size(self) -> int:
        """Bytes that the file spans, holes included."""
        return os.fstat(self._descriptor).st_size

    @property
    def held(self) -> int:
        """Bytes that it takes on the disk, holes not counted: writing there again needs no more room."""
        stat = os.fstat(self._descriptor)
        return stat.st_blocks * 512 if hasattr(stat, "st_blocks") else stat.st_size

    def resize(self, size: int) -> None:
        """Make it span ``size`` bytes; what is new is a hole."""
        os.ftruncate(self._descriptor, size)

    def write(self, offset: int, data: memoryview) -> None:
        """Put all of ``data`` at ``offset``. Any thread may."""
        while data:
            written = self._write_once(offset, data)
            offset, data = offset + written, data[written:]

    def _write_once(self, offset: int, data: memoryview) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._descriptor, data, offset)
        with self._position:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.write(self._descriptor, data)

    def read(self, offset: int, buffer: memoryview) -> int:
        """Fill ``buffer`` from ``offset``; how many bytes there were. Any thread may."""
        if hasattr(os, "preadv"):
            return os.preadv(self._descriptor, [buffer], offset)
        with self._position:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def blocks(self, start: int, length: int, buffer: memoryview) -> Iterator[memoryview]:
        """The bytes from ``start``, in pieces that live in ``buffer`` until the next one; shorter where it ends."""
        end = start + length
        while start < end:
            count = self.read(start, buffer[: end - start])
            if not count:
                return
            start += count
            yield buffer[:count]

    def crc(self, start: int, length: int) -> int:
        """CRC-32 of bytes as the disk has them now."""
        value = 0
        for block in self.blocks(start, length, memoryview(bytearray(BLOCK))):
            value = zlib.crc32(block, value)
        return value

    def stamp(self) -> list[int]:
        """Size and time of the last change: the same as long as nobody wrote to it."""
        stat = os.fstat(self._descriptor)
        return [stat.st_size, stat.st_mtime_ns]

    def close(self) -> None:
        """Close and unlock it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _lock(descriptor: int) -> None:
    """Raises OSError when another process has the file."""
    if os.name == "nt":
        import msvcrt

        os.lseek(descriptor, _LOCK_AT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sidecar_of(part: Path) -> Path:
    """The sidecar of a ``.part`` file."""
    return part.with_name(part.name + ".json")


def read_sidecar(part: Path) -> dict[str, Any]:
    """What the sidecar says; empty where there is none, or one that is damaged."""
    try:
        with sidecar_of(part).open("rb") as file:
            data = json.loads(file.read(64 << 20))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) and data.get("version") == _VERSION else {}


def write_sidecar(part: Path, data: dict[str, Any]) -> None:
    """Replace the sidecar in one step."""
    path = sidecar_of(part)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps({"version": _VERSION, **data}, separators=(",", ":")), encoding="utf-8")
    fresh.replace(path)


def discard(part: Path) -> None:
    """Remove a part and its sidecar."""
    for path in (part, sidecar_of(part), sidecar_of(part).with_name(sidecar_of(part).name + ".new")):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
