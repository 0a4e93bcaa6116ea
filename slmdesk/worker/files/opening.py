"""Opening a file that a stranger named: only plain files, and never one that would block or act when it is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from slmdesk.core.errors import LoadError

_BUFFER = 1 << 16


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is open for reading, and how it was when it was opened."""

    stream: BinaryIO
    size: int
    mtime_ns: int


@contextmanager
def open_file(path: Path) -> Iterator[Opened]:
    """The file at ``path`` for reading. Raises LoadError with the reason when it is none, or cannot be read."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError as error:
        raise LoadError(f"{shown(path)} is not there.", "Look where it went, or fetch it again.", str(error)) from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = getattr(error, "strerror", "") or "its name is not one that a file can have"
        raise LoadError(f"{shown(path)} cannot be read: {reason}.", "Check its permissions.", str(error)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise LoadError(f"{shown(path)} is not a file.", "Choose a model file, or a folder with one.")
    except BaseException:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb", buffering=_BUFFER) as stream:
        yield Opened(stream, status.st_size, status.st_mtime_ns)


def shown(path: Path) -> str:
    """A file's name as a message can show it: printable, and not longer than a line."""
    name = "".join(c if c.isprintable() else "�" for c in path.name)
    return name if len(name) <= 120 else f"{name[:80]}…{name[-30:]}"
