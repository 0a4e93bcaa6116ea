"""The worker's outgoing side: events become lines on the private pipe, small ones merged for 16 ms.

A window that is sent three thousand lines in one go reads them all before it paints again, so text that comes faster
than the eye is joined here: the first piece goes out at once, what follows within 16 ms goes out as one line. The pipe
is written by a thread of its own; a window that is slow to read never holds the engine up.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from slmdesk.worker.protocol import Event

FLUSH_INTERVAL = 0.016
"""Seconds between two flushes while nothing but text and progress comes."""


class _Pending:
    """Pieces of one request that go out as one line: text, or thinking, or the newest progress."""

    __slots__ = ("event", "id", "kind", "parts")

    def __init__(self, kind: str, event: Event) -> None:
        self.id = event.id
        self.kind = kind
        self.event = event
        self.parts = [event.text or event.thinking]

    def add(self, event: Event) -> None:
        self.event = event
        self.parts.append(event.text or event.thinking)

    def encode(self) -> bytes:
        if self.kind == "progress":
            return self.event.encode()
        text = "".join(self.parts)
        return Event(self.id, **{self.kind: text}).encode()  # type: ignore[arg-type]


def _kind(event: Event) -> str:
    """``text``, ``thinking`` or ``progress`` for an event that holds just that; empty for all others."""
    if event.final or event.data is not None:
        return ""
    held = [name for name in ("text", "thinking") if getattr(event, name)]
    if event.progress is not None or event.eta_s is not None:
        held.append("progress")
    return held[0] if len(held) == 1 else ""


class Outbox:
    """A coalescing, thread-safe writer of events to one descriptor.

    ``on_broken`` is called from the writing thread when nobody reads the pipe any more.
    """

    def __init__(self, descriptor: int, on_broken: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._on_broken = on_broken
        self._changed = threading.Condition()
        self._pending: list[_Pending | bytes] = []
        self._last: dict[int, _Pending] = {}  # the newest mergeable entry of each request
        self._urgent = False
        self._idle = True
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def put(self, event: Event) -> None:
        """Queue an event. Raises TypeError or ValueError for values that JSON cannot hold."""
        kind = _kind(event)
        line = b"" if kind else event.encode()
        with self._changed:
            if not kind:
                self._last.pop(event.id, None)
                self._pending.append(line)
                self._urgent = True
                self._changed.notify()
                return
            last = self._last.get(event.id)
            if last is not None and last.kind == kind:
                last.add(event)
                return
            entry = _Pending(kind, event)
            self._last[event.id] = entry
            self._pending.append(entry)
            if self._idle:
                self._changed.notify()

    def close(self, timeout: float = 0.3) -> None:
        """Write what is left, for at most ``timeout`` seconds."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout)

    def _take(self) -> bytes:
        """Wait for events, and return them as lines; empty when closed."""
        with self._changed:
            self._idle = True
            self._changed.wait_for(lambda: self._pending or self._closed)
            self._idle = False
            entries, self._pending = self._pending, []
            self._last.clear()
            self._urgent = False
        return b"".join(entry if isinstance(entry, bytes) else entry.encode() for entry in entries)

    def _run(self) -> None:
        try:
            while lines := self._take():
                self._write(lines)
                with self._changed:
                    self._changed.wait_for(lambda: self._urgent or self._closed, FLUSH_INTERVAL)
        except OSError:
            self._on_broken()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
