"""One entry of the hostile corpus, and how files and folders for it are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Write = Callable[[Path], Path]


@dataclass(frozen=True, slots=True)
class Hostile:
    """One entry: ``write`` makes it in an empty folder and returns the path to look at."""

    name: str
    write: Write
    outcome: str


def one_file(name: str, data: bytes) -> Write:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return write


def one_folder(**files: bytes | str) -> Write:
    def write(folder: Path) -> Path:
        for name, data in files.items():
            content = data.encode() if isinstance(data, str) else data
            (folder / name.replace("__", ".")).write_bytes(content)
        return folder

    return write
