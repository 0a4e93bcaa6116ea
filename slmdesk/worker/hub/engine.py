"""The hub worker's operations, each on a thread of its own, so that a search is answered while files arrive.

=========  ==========================================================================================================
search     {query, permit, token} -> {"models": [...]}
model      {repo, revision, permit, token} -> {"details": {...}}
fetch      {folder, path, endpoint, repo, commit, size, sha256, git_oid, permit, token, connections, reserve, about}
           -> data {"done", "hashed", "state", "message", "retry_in"} ..., {"verified", "repaired", "size"}
hash       {folder, path} -> {"sha256", "size"}
finish     {folder, paths} -> {}            verified parts get their own names
sync       {folder, paths} -> {}            and are on the disk for good
discard    {folder, paths} -> {"bytes"}     parts and their sidecars go
orphans    {folder} -> {"parts": [...]}     parts with what their sidecars say of them
limit      {bps} -> {}                      the speed limit of all fetches here
=========  ==========================================================================================================
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from slmdesk.core.errors import DownloadError, SlmdeskError
from slmdesk.core.network import Permit
from slmdesk.worker.base import Emit
from slmdesk.worker.hub import api, places
from slmdesk.worker.hub.fetch import Fetch, Job
from slmdesk.worker.hub.guard import Guard
from slmdesk.worker.hub.http import Client
from slmdesk.worker.hub.location import Wanted
from slmdesk.worker.hub.schedule import Limiter
from slmdesk.worker.loop import error_event
from slmdesk.worker.protocol import Event, Request

_PATIENCE = 5.0
"""Seconds in which an earlier fetch of the same file, already told to end, has to be over."""


class _Task:
    """One request that is being worked on."""

    def __init__(self, request: Request, emit: Emit) -> None:
        self.id = request.id
        self.args = request.args
        self.emit = emit
        self.over = threading.Event()
        self.stopped = False
        self.fetch: Fetch | None = None
        self.clients: list[Client] = []

    def tell(self, **data: Any) -> None:
        """Send an intermediate value."""
        self.emit(Event(self.id, data=data))

    def stop(self) -> None:
        """End it soon."""
        self.stopped = True
        if self.fetch is not None:
            self.fetch.stop()
        for client in tuple(self.clients):
            client.close()


class HubEngine:
    """Answers any number of requests at once."""

    def __init__(self) -> None:
        self._guard = Guard(self._refused)
        self._guard.install()
        self._limiter = Limiter()
        self._hub = api.HubApi()
        self._tasks: dict[int, _Task] = {}
        self._fetches: dict[Path, _Task] = {}
        self._lock = threading.Lock()

    def submit(self, request: Request, emit: Emit) -> None:
        """Start a thread for the request."""
        work: Callable[[_Task], dict[str, Any]] | None = getattr(self, f"_do_{request.op}", None)
        if work is None:
            raise SlmdeskError(f"The hub worker does not know the operation {request.op}.")
        task = _Task(request, emit)
        with self._lock:
            self._tasks[task.id] = task
        threading.Thread(target=self._run, args=(task, work), name=f"hub-{request.op}", daemon=True).start()

    def cancel(self, request_id: int) -> None:
        """Answer at once; the thread ends when it notices."""
        with self._lock:
            task = self._tasks.get(request_id)
        if task is not None:
            task.emit(Event(task.id, done={"cancelled": True}))
            threading.Thread(target=task.stop, name="hub-stop", daemon=True).start()

    def step(self) -> bool:
        """The engine thread has nothing to do of its own."""
        return False

    def close(self) -> None:
        """Save what fetches have, as far as the time allows."""
        with self._lock:
            tasks = list(self._tasks.values())
        for task in tasks:
            task.stop()
        for task in tasks:
            task.over.wait(0.4)

    def _run(self, task: _Task, work: Callable[[_Task], dict[str, Any]]) -> None:
        try:
            task.emit(Event(task.id, done=work(task)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the window is told, and the worker lives on
            task.emit(error_event(task.id, error))
        finally:
            for client in task.clients:
                client.close()
            with self._lock:
                self._tasks.pop(task.id, None)
                for path in [p for p, t in self._fetches.items() if t is task]:
                    del self._fetches[path]
            task.over.set()

    def _refused(self, host: str, port: int) -> None:
        """A library wanted a connection that nobody asked for: every request that is open is told."""
        line = {"host": host, "port": port, "allowed": False, "reason": "guard", "purpose": "unasked"}
        with self._lock:
            tasks = list(self._tasks.values())
        for task in tasks[:1]:
            task.tell(connection=line)

    def _client(self, task: _Task, longest_silence: float = 3600.0) -> Client:
        permit = Permit.from_args(task.args["permit"])
        permit = replace(permit, read_timeout=min(permit.read_timeout, longest_silence))
        client = Client(permit, self._guard, lambda line: task.tell(connection=line))
        task.clients.append(client)
        return client

    # ---- the operations --------------------------------------------------------------------------------------------

    def _do_search(self, task: _Task) -> dict[str, Any]:
        return {
            "models": api.search(self._hub, self._client(task), task.args["query"], str(task.args.get("token", "")))
        }

    def _do_model(self, task: _Task) -> dict[str, Any]:
        args = task.args
        token = str(args.get("token", ""))
        return {"details": api.details(self._hub, self._client(task), args["repo"], args.get("revision", ""), token)}

    def _do_fetch(self, task: _Task) -> dict[str, Any]:
        job = _job(task.args)
        with self._lock:
            before = self._fetches.get(job.destination)
            self._fetches[job.destination] = task
        if before is not None and not before.over.wait(_PATIENCE):
            raise DownloadError(f"{job.wanted.name} is being downloaded already.", "Wait a moment.")
        task.fetch = Fetch(job, lambda: self._client(task, job.stall), self._limiter, task.tell)
        return {"cancelled": True} if task.stopped else task.fetch.run()

    def _do_hash(self, task: _Task) -> dict[str, Any]:
        path = places.below(Path(task.args["folder"]), task.args["path"])
        return places.digest(path, lambda done: task.tell(done=done), lambda: task.stopped)

    def _do_finish(self, task: _Task) -> dict[str, Any]:
        folder = Path(task.args["folder"])
        places.finish([places.below(folder, path) for path in task.args["paths"]])
        return {}

    def _do_sync(self, task: _Task) -> dict[str, Any]:
        folder = Path(task.args["folder"])
        places.sync([places.below(folder, path) for path in task.args["paths"]])
        return {}

    def _do_discard(self, task: _Task) -> dict[str, Any]:
        folder = Path(task.args["folder"])
        paths = [places.below(folder, path) for path in task.args["paths"]]
        for path in paths:
            with self._lock:
                running = self._fetches.get(path)
            if running is not None:
                running.stop()
                running.over.wait(_PATIENCE)
        return {"bytes": places.discard_parts(folder, paths)}

    def _do_orphans(self, task: _Task) -> dict[str, Any]:
        return {"parts": places.parts_in(Path(task.args["folder"]))}

    def _do_limit(self, task: _Task) -> dict[str, Any]:
        self._limiter.rate = max(0.0, float(task.args.get("bps", 0)))
        return {}


def _job(args: Mapping[str, Any]) -> Job:
    wanted = Wanted(
        str(args["endpoint"]),
        str(args["repo"]),
        str(args.get("commit", "")),
        str(args["path"]),
        int(args["size"]),
        str(args.get("sha256", "")).lower(),
        str(args.get("git_oid", "")).lower(),
    )
    return Job(
        wanted,
        places.below(Path(args["folder"]), wanted.path),
        str(args.get("token", "")),
        max(1, min(16, int(args.get("connections", 4)))),
        max(0, int(args.get("reserve", 0))),
        float(args.get("stall", 20.0)),
        float(args.get("pause", 0.5)),
        args.get("about", {}),
    )
