"""A model's files in one place, as the last look at the disk found them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A model in one place: a file, the first of several, or a folder.

    ``path`` is the (first) file or the folder, ``place`` the searched folder that it was found in, ``files`` the names
    of all its files, relative to the folder they lie in. ``size`` is their sum in bytes, ``mtime_ns`` the newest of
    their times; ``inode`` and ``device`` are the first file's. ``summary`` holds what the list shows of the facts.
    """

    path: Path
    place: Path
    store: str
    names: tuple[str, ...]
    files: tuple[str, ...]
    size: int
    mtime_ns: int
    inode: int
    device: int
    mark: str = ""
    """A short text that changes when the store's words on it do: its names, its files."""
    publisher: str = ""
    digest: str = ""
    """SHA-256 of the (first) file, where it is known."""
    identity: str = ""
    """The same for the same weights: the digest, or for several files the digest of their digests."""
    fingerprint: str = ""
    """The same for files that are most likely equal: made of their sizes and of samples of their bytes."""
    added: float = 0.0
    offline: bool = False
    summary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder that ``files`` are relative to."""
        return self.path if self.is_folder else self.path.parent

    @property
    def weights(self) -> list[Path]:
        """The files with weights, in order."""
        named = self.summary.get("weights") or self.files
        return [self.folder / name for name in named]

    @property
    def is_folder(self) -> bool:
        """Whether the model is a folder, not a file in one."""
        return bool(self.summary.get("folder"))

    @property
    def stamp(self) -> list[Any]:
        """What stays the same while the files do, and last their device, which may get another number."""
        return [self.size, self.mtime_ns, self.inode, self.mark, self.device]


def identity_of(digests: Sequence[str]) -> str:
    """What is the same for the same weights, made of the digests of all files; empty while one is not known."""
    if not digests or not all(digests):
        return ""
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()
