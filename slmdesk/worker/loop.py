"""The worker's loop: requests in, steps of the engine, events out.

Two threads beside the engine's: one reads stdin, so that a cancel is known at once and the end of the window ends the
worker even while native code blocks; one writes (``outbox``).
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import BinaryIO

from slmdesk.core.errors import SlmdeskError
from slmdesk.worker.base import Engine
from slmdesk.worker.outbox import Outbox
from slmdesk.worker.protocol import MAX_LINE, Event, ProtocolError, Request

CLOSE_GRACE = 0.5
"""Seconds that an engine gets to close when the window has gone, before the process ends anyway."""


class Requests:
    """Which requests are open, and which of those are to be cancelled. Used by all threads of the worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._cancelled: set[int] = set()
        self._all_cancelled = False

    def open(self, request_id: int) -> None:
        """Raises ProtocolError for an id that is in use."""
        with self._lock:
            if request_id in self._open:
                raise ProtocolError(f"id {request_id} is in use")
            self._open.add(request_id)

    def finish(self, request_id: int) -> bool:
        """Note a request's end; False if it had ended before."""
        with self._lock:
            known = request_id in self._open
            self._open.discard(request_id)
            self._cancelled.discard(request_id)
            return known

    def cancel(self, request_id: int) -> None:
        """Mark an open request as one that is to end."""
        with self._lock:
            if request_id in self._open:
                self._cancelled.add(request_id)

    def cancel_all(self) -> None:
        """Mark every request, also those to come."""
        self._all_cancelled = True

    def is_cancelled(self, request_id: int) -> bool:
        """Whether the request is to end."""
        return self._all_cancelled or request_id in self._cancelled

    def is_open(self, request_id: int) -> bool:
        """Whether the request waits for its final event."""
        return request_id in self._open

    def all_open(self) -> list[int]:
        """The ids of the open requests, oldest first."""
        with self._lock:
            return sorted(self._open)


class Inbox:
    """Requests as they arrive on a binary stream, read by a thread of its own; None after the last."""

    def __init__(self, stream: BinaryIO, requests: Requests) -> None:
        self._stream = stream
        self._requests = requests
        self._queue: SimpleQueue[Request | None] = SimpleQueue()
        self.closed = threading.Event()
        """Set by the loop when the engine has closed."""
        self.exit_code = 0
        """2 when what arrived was not of the protocol."""
        threading.Thread(target=self._run, name="inbox", daemon=True).start()

    def take(self, *, wait: bool) -> Iterator[Request | None]:
        """What has arrived; with ``wait`` blocks until there is something."""
        try:
            while True:
                yield self._queue.get(block=wait)
                wait = False
        except Empty:
            return

    def _run(self) -> None:
        try:
            while line := self._stream.readline(MAX_LINE + 1):
                self._receive(line)
        except (ProtocolError, OSError):
            traceback.print_exc()
            self.exit_code = 2
        self._requests.cancel_all()
        self._queue.put(None)
        self.closed.wait(CLOSE_GRACE)
        os._exit(self.exit_code)

    def _receive(self, line: bytes) -> None:
        request = Request.decode(line)
        if request.op == "cancel":
            self._requests.cancel(request.id)
        else:
            self._requests.open(request.id)
        self._queue.put(request)


def error_event(request_id: int, error: BaseException) -> Event:
    """An error as the final event of a request. What is not a SlmdeskError is a bug: its traceback goes along."""
    if isinstance(error, SlmdeskError):
        kind, message, hint, details = error.kind, error.message, error.hint, error.details
    elif isinstance(error, MemoryError):
        kind, message = "NotEnoughMemory", "There is not enough memory for this."
        hint, details = "Unload another model, or load this one with a shorter context.", _trace(error)
    else:
        kind, message = "SlmdeskError", "The engine failed with an error that it does not know."
        hint, details = "", _trace(error)
    return Event(request_id, error={"kind": kind, "message": message, "hint": hint, "details": details})


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


class Loop:
    """Runs an engine until the window closes the pipe."""

    def __init__(self, engine: Engine, inbox: Inbox, outbox: Outbox, requests: Requests) -> None:
        self._engine = engine
        self._inbox = inbox
        self._outbox = outbox
        self._requests = requests
        self._step_failed = False

    def run(self) -> None:
        """Serve requests; returns when stdin has ended and the engine is closed."""
        busy = False
        while True:
            for request in self._inbox.take(wait=not busy):
                if request is None:
                    self._engine.close()
                    self._outbox.close()
                    self._inbox.closed.set()
                    return
                self._begin(request)
            busy = self._step()

    def _emit(self, event: Event) -> None:
        if event.final:
            if self._requests.is_open(event.id):
                self._outbox.put(event)
                self._requests.finish(event.id)
        elif self._requests.is_open(event.id):
            self._outbox.put(event)

    def _begin(self, request: Request) -> None:
        if request.op == "cancel":
            self._engine.cancel(request.id)
            return
        try:
            self._engine.submit(request, self._emit)
        except Exception as error:  # noqa: BLE001 - whatever it is, the window is told, and the worker lives on
            self._emit(error_event(request.id, error))

    def _step(self) -> bool:
        try:
            busy = self._engine.step()
        except Exception as error:
            failed = self._requests.all_open()
            if self._step_failed and not failed:
                raise  # it fails with nothing to do: a worker that cannot go on ends and says so on stderr
            self._step_failed = True
            traceback.print_exc(file=sys.stderr)
            for request_id in failed:
                self._emit(error_event(request_id, error))
                self._engine.cancel(request_id)
            return True
        self._step_failed = False
        return busy
