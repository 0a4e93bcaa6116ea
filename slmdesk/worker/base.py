"""What the worker's loop asks of an engine: take requests, work in small steps, stop what is cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from slmdesk.worker.protocol import Event, Request

Emit = Callable[[Event], None]
"""Sends an event to the window; may be called from any thread, returns at once, drops what follows a final event."""

IsCancelled = Callable[[int], bool]
"""Whether a request is to end; true within a moment of the cancel's arrival, also while the engine thread is busy."""


class Engine(Protocol):
    """A native engine behind the worker's loop. Every method is called on one thread, the engine thread.

    An engine module has ``create(is_cancelled: IsCancelled) -> Engine``; the table of engines is in ``__main__``.
    An exception out of ``submit`` becomes that request's ``error`` event. One out of ``step`` becomes the ``error``
    event of every request that is open then, so an engine that knows better emits it itself.
    """

    def submit(self, request: Request, emit: Emit) -> None:
        """Take a request on; exactly one final event for it follows sooner or later. Short work may be done here."""

    def cancel(self, request_id: int) -> None:
        """End a request with ``done`` (finish reason ``cancelled``) within one step; unknown ids are ignored."""

    def step(self) -> bool:
        """Do one unit of work, such as one decode step. False when there is nothing to do until the next request."""

    def close(self) -> None:
        """Give everything back; nothing is called after it."""


class CreateEngine(Protocol):
    """Builds an engine; it imports its native library here, so that a missing one is told as an error."""

    def __call__(self, is_cancelled: IsCancelled) -> Engine:
        """The engine, ready for its first request."""
