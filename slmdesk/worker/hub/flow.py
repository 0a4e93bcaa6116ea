"""The short way from a connection to the digest: bytes that come in their order are hashed without a look at the disk.

What comes out of order, or from an earlier run, is read back from the file when its turn has come.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from slmdesk.worker.hub.part import BLOCK
from slmdesk.worker.hub.schedule import Schedule

_MOST_WAITING = 3
"""Buffers between a connection and the digest; a connection that is faster waits."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is to be hashed next: bytes in memory, or (``data`` None) bytes of the file."""

    start: int
    end: int
    data: memoryview | None = None


class Flow:
    """Hands out the file's bytes in order, each from memory if it came in order and from the file if not."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._changed: threading.Condition = schedule.changed
        self._waiting: deque[Span] = deque()
        self._spare: list[memoryview] = []
        self._position = 0
        self._tail = 0
        self._open = True

    def _shut(self) -> bool:
        return not self._open or self._schedule.over

    def close(self) -> None:
        """Nothing goes the short way any more."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def buffer(self) -> memoryview:
        """A buffer to read into."""
        with self._changed:
            if self._spare:
                return self._spare.pop()
        return memoryview(bytearray(BLOCK))

    def offer(self, start: int, buffer: memoryview, count: int) -> memoryview:
        """Bytes that have just been written at ``start``; the buffer for the next ones, a fresh one if they are kept.

        To be called before the schedule is told that they arrived.
        """
        with self._changed:
            if self._shut() or start != self._tail:
                return buffer
            self._changed.wait_for(lambda: len(self._waiting) < _MOST_WAITING or self._shut())
            if self._shut():
                return buffer
            self._waiting.append(Span(start, start + count, buffer[:count]))
            self._tail = start + count
            self._changed.notify_all()
        return self.buffer()

    def next(self) -> Span | None:
        """The next bytes, waiting for them; None when the download is over. They end at a chunk's end at most."""
        chunks = self._schedule.chunks
        with self._changed:
            while not self._schedule.over:
                if self._waiting:
                    span = self._waiting.popleft()
                    self._position = span.end
                    self._changed.notify_all()
                    return span
                index = self._position // chunks.chunk
                if chunks.complete(index):
                    end = index * chunks.chunk + chunks.length(index)
                    span = Span(self._position, end)
                    self._position = self._tail = end
                    return span
                self._changed.wait()
        return None

    def again(self, start: int) -> None:
        """Go back to ``start``: what was handed out from there on is handed out once more."""
        with self._changed:
            self._waiting.clear()
            self._position = self._tail = start

    def give_back(self, span: Span) -> None:
        """The bytes have been used."""
        if span.data is not None and isinstance(span.data.obj, bytearray):
            with self._changed:
                if len(self._spare) < _MOST_WAITING:
                    self._spare.append(memoryview(span.data.obj))
