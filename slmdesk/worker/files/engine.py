"""The engine ``files``: answers what a model file is, while longer work (digests, scans) goes on in small steps.

Operations::

    inspect {path or path_hex}        -> done: what ``describe`` tells
    hash {path, algorithm: "sha256"}  -> progress ..., done {"digest", "size", "mtime_ns"}
    scan {folders, known}             -> data {"found": [...]} ..., progress ..., done {"seen", "unreadable"}
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from slmdesk.core.errors import LoadError, SlmdeskError
from slmdesk.worker.base import Emit, IsCancelled
from slmdesk.worker.files.describe import describe
from slmdesk.worker.files.opening import open_file
from slmdesk.worker.loop import error_event
from slmdesk.worker.protocol import Event, Request

Work = Iterator[dict[str, Any]]
"""An operation that goes on in steps of some milliseconds. Each step is an event's fields (or nothing, {}): progress,
data, and at the end done."""

MEMORY = 1 << 30
"""Bytes of address space that this process may take."""
_BLOCK = 4 << 20
_REPORT_EVERY = 0.1  # seconds


def limit_memory() -> None:
    """Let every further allocation beyond MEMORY fail, so that no file can take the machine's memory."""
    if os.name == "posix":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


class _Task:
    """One operation under way."""

    def __init__(self, work: Work, emit: Emit) -> None:
        self.work = work
        self.emit = emit


class FilesEngine:
    """Reads files; any number of requests share its one thread, a step each in turn."""

    def __init__(self, is_cancelled: IsCancelled) -> None:
        self._is_cancelled = is_cancelled
        self._tasks: dict[int, _Task] = {}
        self._operations: dict[str, Callable[[dict[str, Any]], Work]] = {
            "inspect": _inspect,
            "hash": _hash,
            "scan": _scan,
        }

    def submit(self, request: Request, emit: Emit) -> None:
        """Take a request on; it begins with the next step."""
        operation = self._operations.get(request.op)
        if operation is None:
            raise SlmdeskError(f"The engine for files does not know the operation {request.op}.")
        self._tasks[request.id] = _Task(operation(request.args), emit)

    def cancel(self, request_id: int) -> None:
        """End a request."""
        task = self._tasks.pop(request_id, None)
        if task is not None:
            task.emit(Event(request_id, done={"cancelled": True}))

    def step(self) -> bool:
        """One step of every request."""
        for request_id, task in list(self._tasks.items()):
            if self._is_cancelled(request_id):
                self.cancel(request_id)
                continue
            fields: dict[str, Any]
            try:
                fields = next(task.work, {"done": {}})
            except Exception as error:  # noqa: BLE001 - a file must not end the engine for the others
                fields = {"error": error_event(request_id, error).error}
            if fields:
                event = Event(request_id, **fields)
                if event.final:
                    del self._tasks[request_id]
                task.emit(event)
        return bool(self._tasks)

    def close(self) -> None:
        """Forget all requests."""
        self._tasks.clear()


def _path(args: dict[str, Any]) -> Path:
    """The path that is asked about; ``path_hex`` are the bytes of one whose name is no proper text."""
    if "path_hex" in args:
        return Path(os.fsdecode(bytes.fromhex(args["path_hex"])))
    return Path(args["path"])


def _inspect(args: dict[str, Any]) -> Work:
    yield {"done": describe(_path(args))}


def _scan(args: dict[str, Any]) -> Work:
    from slmdesk.worker.files.scan import scan

    return scan(args)


def _hash(args: dict[str, Any]) -> Work:
    """The digest of a file. Raises LoadError for what is no file, or changes meanwhile."""
    if args.get("algorithm", "sha256") != "sha256":
        raise SlmdeskError("Only SHA-256 digests are made.")
    path = _path(args)
    digest, done, reported = hashlib.sha256(), 0, time.monotonic()
    with open_file(path) as opened:
        while block := opened.stream.read(_BLOCK):
            digest.update(block)
            done += len(block)
            now = time.monotonic()
            if now - reported > _REPORT_EVERY:
                reported = now
                yield {"progress": min(1.0, done / max(1, opened.size))}
            else:
                yield {}
        after = os.fstat(opened.stream.fileno())
        if (after.st_size, after.st_mtime_ns) != (opened.size, opened.mtime_ns) or done != opened.size:
            raise LoadError(f"{path.name} changed while it was read.", "Try again when nothing writes to it.")
        yield {"done": {"digest": digest.hexdigest(), "size": opened.size, "mtime_ns": opened.mtime_ns}}
