"""The bin of the library: a deleted model's files wait in a hidden folder of their own place until it is emptied.

Moving within one place is immediate and needs no space. Only places that are marked as one's own are touched.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slmdesk.core.chat import new_id
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.file_entry import FileEntry
from slmdesk.services.library.index import Index
from slmdesk.storage.models import Binned

FOLDER = ".slmdesk-bin"
"""What the bin is called in each place; scans leave it out."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was moved to the bin: ``token`` undoes it, ``bytes`` are free once the bin is emptied."""

    token: str
    name: str
    bytes: int


async def delete(index: Index, entry: FileEntry, name: str) -> Deleted:
    """Move a model's files to the bin of their place, with the projector that no other model uses.

    Raises SlmdeskError where the system refuses.
    """
    place = entry.place if entry.place != entry.path else entry.path.parent
    token = new_id()
    folder = place / FOLDER / token
    names = (*entry.files, *_own_projector(index, entry))
    files = await asyncio.to_thread(_move_in, entry, names, folder)
    freed = await asyncio.to_thread(_freed, folder, files)
    item = Binned(token, entry.path, entry.place, name, folder, tuple(files), freed, time.time())
    try:
        await index.store.put_binned(item)
    except BaseException:
        await asyncio.to_thread(_move_out, item)
        raise
    await index.change((), [entry.path])
    return Deleted(token, name, freed)


async def undo(index: Index, token: str) -> Binned:
    """Put a model back where it was. Raises SlmdeskError where something else lies there now."""
    item = next((b for b in await index.store.binned() if b.token == token), None)
    if item is None:
        raise SlmdeskError("It is not in the bin any more.", "The bin was emptied.")
    await asyncio.to_thread(_move_out, item)
    await index.store.drop_binned(token)
    await index.drop_alias(item.path)
    return item


async def empty(index: Index) -> int:
    """Delete for good what is in the bin; returns the bytes freed. What is away or refuses stays in the bin."""
    freed = 0
    for item in await index.store.binned():
        if await asyncio.to_thread(_erase, item):
            await index.store.drop_binned(item.token)
            freed += item.size
    return freed


def _own_projector(index: Index, entry: FileEntry) -> list[str]:
    """The name of the file beside a model that lets it see, where it serves this model alone."""
    path = entry.summary.get("projector")
    shared = any(e.summary.get("projector") == path and e.path != entry.path for e in index.entries.values())
    if not isinstance(path, str) or not path or shared or Path(path).parent != entry.folder:
        return []
    return [Path(path).name]


def _move_in(entry: FileEntry, names: Sequence[str], folder: Path) -> list[tuple[str, str]]:
    """Move the files; all or none. Returns (name in the bin, where it was) of each."""
    moved: list[tuple[str, str]] = []
    try:
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        if folder.parent.is_symlink():
            raise NotADirectoryError(20, f"{folder.parent} is a link that leads elsewhere")
        folder.mkdir(mode=0o700)
        for name in names:
            source = entry.folder / name
            source.rename(folder / name)
            moved.append((name, str(source)))
    except OSError as error:
        for name, source_text in moved:
            with suppress(OSError):
                (folder / name).rename(source_text)
        _remove_folders(folder)
        raise SlmdeskError(
            f"{entry.names[0]} could not be moved to the bin: {error.strerror or error}.",
            "Close the programs that use it, and check that the folder can be written.",
            str(error),
        ) from error
    with suppress(OSError):  # a folder stays where something else is in it
        for left in (entry.folder, *entry.folder.parents):
            if left == entry.place or not left.is_relative_to(entry.place):
                break
            left.rmdir()
    return moved


def _move_out(item: Binned) -> None:
    for _, target in item.files:
        if os.path.lexists(target):
            raise SlmdeskError(
                f"{target} is there again, so nothing was put back.", "Move that file away and try again."
            )
    try:
        for name, target in item.files:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            (item.folder / name).rename(target)
    except OSError as error:
        raise SlmdeskError(
            f"{item.name} could not be put back: {error.strerror or error}.",
            f"Its files are in {item.folder}.",
            str(error),
        ) from error
    _remove_folders(item.folder)


def _erase(item: Binned) -> bool:
    """Delete one model's folder in the bin; False where it could not be."""
    if item.folder.name != item.token or item.folder.parent.name != FOLDER or item.folder.parent.is_symlink():
        return False
    if not item.folder.parent.is_dir():
        return not _is_away(item)
    with suppress(OSError):
        if item.folder.is_dir():
            shutil.rmtree(item.folder)
        _remove_folders(item.folder)
        return True
    return False


def _is_away(item: Binned) -> bool:
    """Whether the drive with the place may only be away for now."""
    return not item.folder.parent.parent.is_dir()


def _remove_folders(folder: Path) -> None:
    """Remove the empty folders of the bin."""
    for path in (folder, folder.parent):
        with suppress(OSError):
            path.rmdir()


def _freed(folder: Path, files: list[tuple[str, str]]) -> int:
    """The bytes that deleting the files gives back: those of links are also somewhere else."""
    freed = 0
    for name, _ in files:
        with suppress(OSError):
            status = (folder / name).lstat()
            freed += status.st_size if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 else 0
    return freed
