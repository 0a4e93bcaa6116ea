"""Files below the folder that downloads go to: nothing here touches a path outside of it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from slmdesk.core.errors import DownloadError
from slmdesk.core.repository import path_problem, shown
from slmdesk.worker.hub.part import BLOCK, PART, SIDECAR, discard, read_sidecar, sidecar_of

_MOST_PARTS = 1000
_DEEPEST = 6


def below(folder: Path, path: str) -> Path:
    """The file ``path`` below ``folder``. Raises DownloadError where a name or a link would lead out of it."""
    problem = path_problem(path)
    root = folder.resolve()
    target = root.joinpath(*path.split("/")) if not problem else root
    if problem or not target.resolve().is_relative_to(root) or target.is_symlink():
        reason = problem or "a link on the way leads out of its folder"
        raise DownloadError(f"The file name {shown(path)} was refused: {reason}.", "Nothing was written.")
    return target


def digest(path: Path, report: Callable[[int], None], stopped: Callable[[], bool]) -> dict[str, Any]:
    """A file's SHA-256 and size, and git's name for it."""
    size = path.stat().st_size
    whole = hashlib.sha256()
    git = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False) if size < 64 << 20 else None
    done = 0
    with path.open("rb", buffering=0) as file:
        buffer = bytearray(BLOCK)
        view = memoryview(buffer)
        while (count := file.readinto(view)) and not stopped():
            whole.update(view[:count])
            if git is not None:
                git.update(view[:count])
            done += count
            if not done % (64 << 20):
                report(done)
    return {"sha256": whole.hexdigest(), "git_oid": git.hexdigest() if git else "", "size": done}


def finish(paths: Iterable[Path]) -> None:
    """Give verified parts their own names. Going through it twice does no harm.

    Raises DownloadError for a part that is not verified; none is renamed then.
    """
    listed = list(paths)
    waiting = []
    for path in listed:
        part = path.with_name(path.name + PART)
        mark = read_sidecar(part).get("verified")
        if not part.exists() and path.exists():
            continue  # renamed before
        if not part.exists() or not isinstance(mark, dict) or mark.get("stamp") != _stamp(part):
            raise DownloadError(
                f"{path.name} has not been verified.", "Start the download again; it goes on from there."
            )
        waiting.append((part, path))
    for part, path in waiting:
        part.replace(path)
    for path in listed:
        with contextlib.suppress(FileNotFoundError):
            sidecar_of(path.with_name(path.name + PART)).unlink()


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def sync(paths: Iterable[Path]) -> None:
    """Wait until files and their names are on the disk itself, so that a power cut cannot take them back."""
    folders = set()
    for path in paths:
        folders.add(path.parent)
        _sync_one(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    if os.name == "posix":
        for folder in folders:
            _sync_one(folder, os.O_RDONLY)


def _sync_one(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard_parts(folder: Path, paths: Iterable[Path]) -> int:
    """Remove the parts of these files and folders left empty; the bytes that were won."""
    won = 0
    root = folder.resolve()
    for path in paths:
        part = path.with_name(path.name + PART)
        with contextlib.suppress(OSError):
            won += part.stat().st_size
        discard(part)
        for parent in path.parents:
            if parent == root or not parent.is_relative_to(root):
                break
            try:
                parent.rmdir()
            except OSError:
                break
    return won


def parts_in(folder: Path) -> list[dict[str, Any]]:
    """Every part below a folder that has a sidecar: its path, what the sidecar says, and how much of it is there."""
    found: list[dict[str, Any]] = []
    root = folder.resolve()
    for name, folders, files in os.walk(root):
        depth = len(Path(name).relative_to(root).parts)
        if depth >= _DEEPEST:
            folders.clear()
        for file in files:
            part = Path(name, file.removesuffix(".json"))
            if not file.endswith(SIDECAR) or len(found) >= _MOST_PARTS or not _plain_file(part):
                continue
            said = read_sidecar(part)
            about = said.get("about")
            if isinstance(about, dict):
                path = part.relative_to(root).as_posix().removesuffix(PART)
                found.append({"path": path, "about": about, "verified": bool(said.get("verified"))})
    return found


def _plain_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
