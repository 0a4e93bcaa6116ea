"""The queue as it stands in memory and in the database, with the figures of what is under way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from slmdesk.core.chat import new_id
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.remote import Download, DownloadPlan, DownloadState
from slmdesk.storage.downloads import DownloadStore, Queued, download_of

_SAVE_EVERY = 5.0
_MEMORY_S = 4.0
"""Seconds over which the speed is averaged."""


class Meter:
    """How fast bytes come, averaged over the last seconds."""

    def __init__(self) -> None:
        self._points: list[tuple[float, int]] = []

    def add(self, done: int) -> float:
        """Note how many bytes are there now; bytes per second."""
        now = time.monotonic()
        self._points.append((now, done))
        while len(self._points) > 2 and now - self._points[0][0] > _MEMORY_S:
            self._points.pop(0)
        first_at, first = self._points[0]
        return (done - first) / (now - first_at) if now - first_at > 0.2 else 0.0


class Queue:
    """Every line of the queue, oldest first; a change of state is kept at once, figures every few seconds."""

    def __init__(self, store: DownloadStore) -> None:
        self._store = store
        self._items: dict[str, Queued] = {}
        self._saved_at: dict[str, float] = {}
        self._meters: dict[str, Meter] = {}

    async def load(self) -> None:
        """Read it. What was under way when the program ended is shown as paused until it goes on."""
        for item in await self._store.load():
            self._items.setdefault(item.download.id, item)

    def all(self) -> list[Download]:
        """All lines, oldest first."""
        return [item.download for item in self._items.values()]

    def get(self, download_id: str) -> Queued | None:
        """A line with its plan."""
        return self._items.get(download_id)

    def require(self, download_id: str) -> Queued:
        """A line with its plan. Raises SlmdeskError where it is gone."""
        item = self._items.get(download_id)
        if item is None:
            raise SlmdeskError("That download is not in the list any more.")
        return item

    def same(self, plan: DownloadPlan, root: Path) -> Queued | None:
        """A line that is not done and fetches the same files to the same place."""
        wanted = {(f.path, f.sha256 or f.git_oid) for f in plan.files}
        return next(
            (
                item
                for item in self._items.values()
                if item.root == root
                and item.plan.folder == plan.folder
                and item.download.state is not DownloadState.DONE
                and {(f.path, f.sha256 or f.git_oid) for f in item.plan.files} == wanted
            ),
            None,
        )

    async def add(self, plan: DownloadPlan, root: Path, *, update: bool, download_id: str = "") -> Queued:
        """A new line at the end."""
        download = download_of(plan, root, download_id or new_id(), time.time(), update=update)
        item = self._items[download.id] = Queued(download, plan, root)
        await self._store.put(item)
        return item

    async def drop(self, download_id: str) -> None:
        """Take a line off."""
        self._items.pop(download_id, None)
        self._meters.pop(download_id, None)
        await self._store.drop(download_id)

    async def set(self, download_id: str, state: DownloadState, **fields: Any) -> None:
        """Give a line another state; texts that are not given are emptied."""
        item = self._items.get(download_id)
        if item is None:
            return
        blank: dict[str, Any] = {"message": "", "error": "", "hint": "", "error_kind": "", "host": ""}
        figures = {} if state in (DownloadState.RUNNING, DownloadState.VERIFYING) else {"speed_bps": 0.0, "eta_s": None}
        if not state.active or state is DownloadState.QUEUED:
            self._meters.pop(download_id, None)
        download = replace(item.download, state=state, **{**blank, **figures, **fields})
        self._items[download_id] = replace(item, download=download)
        await self._store.put(self._items[download_id])

    async def progress(self, download_id: str, before: int, told: Mapping[str, Any]) -> bool:
        """Take in what a worker tells of a file; ``before`` are the bytes of the files that are whole already.

        True where the state has changed by it.
        """
        item = self._items.get(download_id)
        if item is None:
            return False
        old = item.download
        done = max(old.done, min(old.total, before + int(told.get("done", 0))))
        speed = self._meters.setdefault(download_id, Meter()).add(done)
        state = _STATES.get(str(told.get("state")), old.state)
        if state is DownloadState.VERIFYING and done < old.total:
            state = DownloadState.RUNNING  # this file is; others follow
        left = old.total - done
        download = replace(
            old,
            done=done,
            speed_bps=max(0.0, speed),
            eta_s=left / speed if speed > 1 and left else None,
            state=state,
            message=str(told.get("message", ""))[:500],
        )
        self._items[download_id] = replace(item, download=download)
        if time.monotonic() - self._saved_at.get(download_id, 0.0) > _SAVE_EVERY:
            self._saved_at[download_id] = time.monotonic()
            await self._store.put(self._items[download_id])
        return state is not old.state


_STATES = {
    "running": DownloadState.RUNNING,
    "waiting": DownloadState.WAITING,
    "verifying": DownloadState.VERIFYING,
}
