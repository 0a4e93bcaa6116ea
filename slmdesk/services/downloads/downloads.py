"""The download queue: fetches models one after the other or side by side, over pauses, break-offs and restarts."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.core.errors import DiskFull, DownloadError, NetworkBlocked, SlmdeskError, WorkerCrashed
from slmdesk.core.network import NetworkState
from slmdesk.core.remote import Download, DownloadPlan, DownloadState, Origin, Update
from slmdesk.services.downloads.origins import Origins
from slmdesk.services.downloads.orphans import adopt, check_plan, paths_below
from slmdesk.services.downloads.queue import Queue
from slmdesk.services.hub import Hub
from slmdesk.services.network import Network
from slmdesk.services.settings import Settings
from slmdesk.services.sources import Sources
from slmdesk.storage.downloads import DownloadStore, Queued, plan_values

log = logging.getLogger(__name__)

DISK_RETRY_S = 20.0
_CRASH_RETRIES = 3
_SETTINGS = frozenset({"download_limit_kbps", "download_parallel", "download_folder"})

OnFiles = Callable[[Sequence[Path]], Awaitable[Any]]
"""Told of files that are whole and verified."""


class Downloads(QObject):
    """The queue of downloads. It is kept in the database, and each download goes on where it ended.

    Only what was added or resumed in this process runs; the window takes up everything with :meth:`start`, so that a
    command in the terminal does not fetch what it was not asked for.
    """

    changed = Signal()
    """A line came, went, or has another state."""
    progressed = Signal(str)
    """New figures of the line with this id."""
    finished = Signal(str)
    """The line with this id is done: its files are whole, verified and in their place."""

    def __init__(
        self,
        hub: Hub,
        sources: Sources,
        network: Network,
        settings: Settings,
        store: DownloadStore,
        folder: Path,
        on_files: OnFiles,
    ) -> None:
        super().__init__()
        self._hub = hub
        self._sources = sources
        self._network = network
        self._settings = settings
        self._own_folder = folder
        self._on_files = on_files
        self._queue = Queue(store)
        self.origins = Origins(store, hub)
        self._ready: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._other: set[asyncio.Task[Any]] = set()
        self._crashes: dict[str, int] = {}
        self._ended = asyncio.Condition()
        self._reach: tuple[object, ...] = ()
        self._loaded = False
        self._closed = False
        network.changed.connect(self._on_hosts)
        settings.changed.connect(self._on_setting)

    async def load(self) -> None:
        """Read the queue; nothing is started by that. A second call does nothing."""
        if self._loaded:
            return
        self._loaded = True
        await self._queue.load()
        await self.origins.load()
        self.changed.emit()

    async def start(self) -> None:
        """Go on with everything that was under way when the program ended, and take in parts that nobody queued."""
        await self.load()
        for download in self.list():
            if download.state.active:
                self._ready.add(download.id)
                await self._queue.set(download.id, DownloadState.QUEUED)
        await adopt(self._hub, self._queue, self.folder)
        self.changed.emit()
        self._pump()
        self._spawn(self.settle())

    def take_up(self) -> None:
        """:meth:`start`, in the background."""
        self._spawn(self.start())

    # ---- what faces ask --------------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """The models folder that downloads go to."""
        chosen = str(self._settings.get("download_folder"))
        return Path(chosen).expanduser() if chosen else self._own_folder

    def list(self) -> list[Download]:
        """Every line, the oldest first."""
        return self._queue.all()

    def get(self, download_id: str) -> Download | None:
        """A line by its id."""
        item = self._queue.get(download_id)
        return item.download if item else None

    @property
    def active(self) -> int:
        """How many are under way or will be by themselves."""
        return sum(1 for d in self.list() if d.state.active)

    def origin(self, path: Path) -> Origin | None:
        """Where a file came from and what digest was published of it, if it came through here."""
        return self.origins.get(path)

    async def add(self, plan: DownloadPlan, folder: Path | None = None) -> Download:
        """Put a plan at the end of the queue; one that is there already goes on instead.

        ``folder`` is the models folder that it goes below. Raises DownloadError for names that would leave it.
        """
        await self.load()
        check_plan(plan)
        root = await asyncio.to_thread((folder or self.folder).absolute)
        item = self._queue.same(plan, root)
        if item is None:
            known = [(self.origins.get(root / plan.folder / f.path), f) for f in plan.files]
            update = any(o and (o.sha256, o.git_oid) != (f.sha256, f.git_oid) for o, f in known)
            item = await self._queue.add(plan, root, update=update)
        await self._begin(item.download.id)
        return self._queue.require(item.download.id).download

    async def pause(self, download_id: str) -> None:
        """Stop it; what has come is kept."""
        if self._queue.require(download_id).download.state is DownloadState.DONE:
            return
        await self._halt(download_id)
        if self._queue.require(download_id).download.state is not DownloadState.DONE:
            await self._queue.set(download_id, DownloadState.PAUSED)
        await self._tell()

    async def resume(self, download_id: str) -> None:
        """Go on; with one that failed: try again."""
        if self._queue.require(download_id).download.state is not DownloadState.DONE:
            await self._begin(download_id)

    async def retry(self, download_id: str) -> None:
        """Try one that failed again, from where it ended."""
        await self.resume(download_id)

    async def pause_all(self) -> None:
        """Stop everything that is under way."""
        for download in self.list():
            if download.state.active:
                await self.pause(download.id)

    async def resume_all(self) -> None:
        """Go on with everything that is paused."""
        for download in self.list():
            if download.state is DownloadState.PAUSED:
                await self.resume(download.id)

    async def cancel(self, download_id: str) -> None:
        """Stop it, remove what has come, and take it off the list. Files that are done stay."""
        item = self._queue.require(download_id)
        await self._halt(download_id)
        if item.download.state is not DownloadState.DONE:
            await self._hub.do(item.root, "discard", folder=str(item.root), paths=paths_below(item))
        await self._queue.drop(download_id)
        self._ready.discard(download_id)
        await self._tell()

    async def remove(self, download_id: str) -> None:
        """Take it off the list. Finished files stay; what came of one that failed goes."""
        await self.cancel(download_id)

    async def wait(self, download_id: str) -> Download:
        """The line once it is done, failed or paused."""
        async with self._ended:
            await self._ended.wait_for(lambda: self._at_rest(download_id))
        return self._queue.require(download_id).download

    async def settle(self) -> None:
        """See that finished files are on the disk for good; those of which it is not known are looked at again."""
        try:
            broken = await self.origins.settle()
        except SlmdeskError as error:
            log.info("finished downloads could not be settled: %s", error)
            return
        for plan, root in broken:
            if not self._closed:
                await self.add(plan, root)

    async def updates(self) -> builtins.list[Update]:
        """Newer versions, at their sources, of files that came through here. Raises NetworkBlocked."""
        await self.load()
        return await self.origins.updates(self._sources)

    # ---- running ---------------------------------------------------------------------------------------------------

    def _at_rest(self, download_id: str) -> bool:
        download = self.get(download_id)
        return download is None or (not download.state.active and download_id not in self._tasks)

    async def _begin(self, download_id: str) -> None:
        if download_id in self._tasks:
            return
        self._ready.add(download_id)
        self._crashes.pop(download_id, None)
        await self._queue.set(download_id, DownloadState.QUEUED)
        await self._tell()
        self._pump()

    async def _halt(self, download_id: str) -> None:
        self._ready.discard(download_id)
        task = self._tasks.get(download_id)
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(asyncio.gather(task, return_exceptions=True))

    async def _tell(self) -> None:
        self.changed.emit()
        async with self._ended:
            self._ended.notify_all()

    def _pump(self) -> None:
        """Start what is next, as many side by side as the settings say."""
        if self._closed:
            return
        room = int(self._settings.get("download_parallel")) - len(self._tasks)
        for download in self.list():
            if room <= 0:
                return
            waits = download.state is DownloadState.QUEUED and download.id in self._ready
            if waits and download.id not in self._tasks:
                room -= 1
                self._tasks[download.id] = task = asyncio.ensure_future(self._run(download.id))
                task.add_done_callback(lambda t, i=download.id: self._over(i, t))  # type: ignore[misc]

    def _may_reach(self) -> bool:
        return self._sources.get("hf").status().ready

    def _over(self, download_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(download_id, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("a download ended with a bug", exc_info=task.exception())
        self._spawn(self._tell())
        self._pump()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._other.add(task)
        task.add_done_callback(self._other.discard)

    async def _run(self, download_id: str) -> None:
        """One download, to its end or its trouble."""
        item = self._queue.require(download_id)
        try:
            await self._queue.set(download_id, DownloadState.RUNNING)
            self.changed.emit()
            await self._fetch_all(item)
            await self._finish(item)
        except NetworkBlocked as error:
            await self._blocked(download_id, error)
        except DiskFull as error:
            await self._wait_for_room(download_id, error)
        except WorkerCrashed as error:
            await self._crashed(download_id, error)
        except SlmdeskError as error:
            await self._failed(download_id, error)
        else:
            self.finished.emit(download_id)
        finally:
            self.changed.emit()

    async def _fetch_all(self, item: Queued) -> None:
        download_id, plan, before = item.download.id, item.plan, 0
        for file in plan.files:
            if not await self.origins.is_here(item.root, plan, file):
                await self._fetch(item, file.path, before)
            before += file.size
            await self._queue.progress(download_id, before, {})
            self.progressed.emit(download_id)

    async def _fetch(self, item: Queued, path: str, before: int) -> None:
        download_id, plan = item.download.id, item.plan
        file = next(f for f in plan.files if f.path == path)
        asked = {
            "folder": str(item.root.joinpath(*plan.folder.split("/"))),
            "path": file.path,
            "repo": plan.repo,
            "commit": plan.commit or plan.revision,
            "size": file.size,
            "sha256": file.sha256,
            "git_oid": file.git_oid,
            "connections": int(self._settings.get("download_connections")),
            "reserve": int(self._settings.get("disk_reserve_gb")) * 1_000_000_000,
            "about": {"id": download_id, "plan": plan_values(plan)},
        }
        purpose = f"Download of {plan.repo}/{file.path}"[:200]
        async with contextlib.aclosing(self._hub.fetch(item.root, purpose, **asked)) as told:
            async for value in told:
                if "result" in value:
                    if value["result"].get("cancelled"):
                        raise WorkerCrashed("The download was stopped.", "Start it again.")
                    return
                if await self._queue.progress(download_id, before, value):
                    self.changed.emit()
                self.progressed.emit(download_id)

    async def _finish(self, item: Queued) -> None:
        """All files are verified: they get their names, their origin is kept, the library is told."""
        plan = item.plan
        await self._queue.set(item.download.id, DownloadState.VERIFYING, done=plan.size)
        folder = item.root.joinpath(*plan.folder.split("/"))
        await self._hub.do(item.root, "finish", folder=str(folder), paths=[f.path for f in plan.files])
        await self.origins.keep(item.root, plan)
        await self._queue.set(item.download.id, DownloadState.DONE, done=plan.size, finished=time.time())
        await self._on_files([folder / f.path for f in plan.files])
        self._spawn(self.settle())

    # ---- trouble ---------------------------------------------------------------------------------------------------

    async def _failed(self, download_id: str, error: SlmdeskError) -> None:
        fields = {"error": error.message, "hint": error.hint, "error_kind": error.kind}
        await self._queue.set(download_id, DownloadState.FAILED, **fields)

    async def _blocked(self, download_id: str, error: NetworkBlocked) -> None:
        """Without network it waits; a host that nobody agreed to is for the person to decide."""
        if error.reason in ("offline", "local"):
            fields: dict[str, Any] = {"message": error.message, "error_kind": error.kind, "host": error.host}
            await self._queue.set(download_id, DownloadState.WAITING, **fields)
            return
        fields = {"error": error.message, "hint": error.hint, "error_kind": error.kind, "host": error.host}
        await self._queue.set(download_id, DownloadState.FAILED, **fields)

    async def _wait_for_room(self, download_id: str, error: DiskFull) -> None:
        await self._queue.set(
            download_id, DownloadState.WAITING, message=f"{error.message} {error.hint}", error_kind=error.kind
        )
        self._spawn(self._again(download_id, DISK_RETRY_S))

    async def _crashed(self, download_id: str, error: WorkerCrashed) -> None:
        if not self._may_reach():
            await self._wait_for_leave(download_id)
            return
        self._crashes[download_id] = self._crashes.get(download_id, 0) + 1
        if self._closed or self._crashes[download_id] > _CRASH_RETRIES:
            await self._failed(download_id, DownloadError(f"The download broke off: {error.message}", "Try again."))
            return
        await self._queue.set(download_id, DownloadState.WAITING, message="It broke off and is started again.")
        self._spawn(self._again(download_id, 0.5 * 2 ** self._crashes[download_id]))

    async def _again(self, download_id: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        item = self._queue.get(download_id)
        if item is not None and item.download.state is DownloadState.WAITING and download_id in self._ready:
            await self._queue.set(download_id, DownloadState.QUEUED)
            self._pump()

    async def _wait_for_leave(self, download_id: str) -> None:
        host = self._hub.hosts[0]
        offline = self._network.state is NetworkState.OFFLINE
        message = "SLMDesk is offline." if offline else f"SLMDesk may not reach {host} now."
        await self._queue.set(
            download_id, DownloadState.WAITING, message=message, host=host, error_kind="NetworkBlocked"
        )

    def _stop_unallowed(self) -> None:
        """End what runs, where the network's state or a withdrawn agreement no longer allows it."""
        if not self._may_reach():
            for download_id, task in tuple(self._tasks.items()):
                task.cancel()
                self._spawn(self._stopped(download_id, task))

    def _on_hosts(self) -> None:
        """Something about the network changed; if it is what may be reached, those that wait for that try again."""
        network = self._network
        reach = (network.state, *(h.host for h in network.consents()), None, *(h.host for h in network.named()))
        if reach != self._reach:
            self._reach = reach
            self._stop_unallowed()
            for download in self.list():
                if download.state is DownloadState.WAITING and download.host and self._may_reach():
                    self._spawn(self._again(download.id, 0.0))

    async def _stopped(self, download_id: str, task: asyncio.Task[None]) -> None:
        await asyncio.gather(task, return_exceptions=True)
        item = self._queue.get(download_id)
        if item is not None and item.download.state.active and not self._closed:
            await self._wait_for_leave(download_id)
            await self._tell()

    def _on_setting(self, key: str) -> None:
        if key not in _SETTINGS:
            return
        if key == "download_limit_kbps":
            self._spawn(self._hub.set_limit(self._limit()))
        self._pump()
        self.changed.emit()

    def _limit(self) -> float:
        return float(self._settings.get("download_limit_kbps")) * 1000

    async def close(self) -> None:
        """Stop everything; it goes on at the next start."""
        self._closed = True
        for task in [*self._tasks.values(), *self._other]:
            task.cancel()
        await asyncio.gather(*self._tasks.values(), *self._other, return_exceptions=True)
