"""Watching the places: a look at the folders' and files' times every few seconds, in a thread.

Times are asked for instead of notices of the system, because those are missing on network drives, are limited in
number, and differ on each system; a thousand folders cost some milliseconds.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

from slmdesk.core.file_entry import FileEntry
from slmdesk.services.library.index import Index

INTERVAL = 4.0
"""Seconds between two looks."""
_SHARE = 50
"""A look is followed by at least so many times its own duration of rest."""


async def watch(index: Index, on_change: Callable[[], Awaitable[object]], interval: float = INTERVAL) -> None:
    """Call ``on_change`` whenever something in the places may have changed. Ends when it is cancelled."""
    pause = interval
    while True:
        await asyncio.sleep(pause)
        places = [str(path) for path, _ in index.places.searched()]
        started = time.monotonic()
        entries = list(index.entries.values())
        if await asyncio.to_thread(differs, index.folders, index.missing, places, entries):
            await on_change()
        pause = max(interval, _SHARE * (time.monotonic() - started))


def differs(
    folders: Mapping[str, int], missing: Collection[str], places: Collection[str], entries: Collection[FileEntry]
) -> bool:
    """Whether a place came or went, a folder has another list of files, or a file another size or time."""
    if any(os.path.exists(place) is (place in missing) for place in places):  # noqa: PTH110
        return True
    if any(_mtime(path) != mtime for path, mtime in folders.items()):
        return True
    searched = {Path(place) for place in places}
    return any(_changed(entry) for entry in entries if entry.place in searched)


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116
    except OSError:
        return -1


def _changed(entry: FileEntry) -> bool:
    """Whether a file was written to; files that came or went show in their folder's own time."""
    try:
        status = os.stat(entry.path)  # noqa: PTH116
    except OSError:
        return False
    if entry.is_folder or entry.offline:
        return False
    if len(entry.files) > 1:
        return status.st_mtime_ns > entry.mtime_ns
    return (status.st_size, status.st_mtime_ns) != (entry.size, entry.mtime_ns)
