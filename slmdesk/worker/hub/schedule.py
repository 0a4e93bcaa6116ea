"""Who fetches which chunk: the list of work that the connections of one download share."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from slmdesk.worker.hub.part import Chunks

_LONGEST_RUN = 32
"""Chunks that one request asks for at most."""


@dataclass(frozen=True, slots=True)
class Run:
    """Chunks ``first`` to ``last`` that one request fetches; ``compare``: again, to see whether they were right."""

    first: int
    last: int
    compare: bool = False


class Limiter:
    """The speed limit that all downloads of this process share, in bytes per second (0: none)."""

    def __init__(self) -> None:
        self.rate = 0.0
        self._lock = threading.Lock()
        self._free_at = 0.0

    def piece(self, wanted: int) -> int:
        """How much to read at once, so that a slow limit is kept evenly."""
        return max(4096, min(wanted, int(self.rate / 8))) if self.rate else wanted

    def spend(self, count: int, stop: threading.Event) -> None:
        """Wait until ``count`` bytes that were just read are within the limit."""
        if not self.rate:
            return
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now - 0.25) + count / self.rate
            wait = self._free_at - now
        if wait > 0:
            stop.wait(wait)


class Schedule:
    """The chunks that are missing, those under way, and those to be looked at again. Used by all threads."""

    def __init__(self, chunks: Chunks, connections: int) -> None:
        self.chunks = chunks
        self.changed = threading.Condition()
        self.stop = threading.Event()
        self.error: Exception | None = None
        self.finished = False
        self.alone = False
        """True when the server cannot send parts: one connection fetches everything from the start."""
        self._connections = connections
        self._active: set[Run] = set()
        self._taken: set[int] = set()
        self._again: deque[int] = deque()
        self._compared: deque[tuple[int, bool]] = deque()
        self._judging = False

    @property
    def over(self) -> bool:
        """Whether there is nothing more to do, for whatever reason."""
        return self.finished or self.error is not None or self.stop.is_set()

    def fail(self, error: Exception) -> None:
        """End everything with an error; the first one counts."""
        with self.changed:
            self.error = self.error or error
            self.changed.notify_all()

    def finish(self) -> None:
        """The file is whole."""
        with self.changed:
            self.finished = True
            self.changed.notify_all()

    def halt(self) -> None:
        """End everything without an error."""
        self.stop.set()
        with self.changed:
            self.changed.notify_all()

    def take(self) -> Run | None:
        """The next piece of work, waiting for one; None when the download is over."""
        with self.changed:
            while not self.over:
                run = self._next()
                if run is not None:
                    self._active.add(run)
                    self._taken.update(range(run.first, run.last + 1))
                    return run
                self.changed.wait(1.0)
            return None

    def _next(self) -> Run | None:
        count = len(self.chunks)
        if self.alone:
            missing = any(not self.chunks.complete(i) for i in range(count))
            return Run(0, count - 1) if missing and not self._active else None
        if self._again and not self._judging:
            index = self._again.popleft()
            return Run(index, index, compare=True)
        first = next((i for i in range(count) if self._free(i)), None)
        if first is None:
            return None
        left = sum(1 for i in range(first, count) if self._free(i))
        longest = max(1, min(_LONGEST_RUN, left // (2 * self._connections)))
        last = first
        # A chunk that has a part of its bytes can only begin a run: its request starts in the middle.
        while (
            last + 1 < count and last - first + 1 < longest and self._free(last + 1) and not self.chunks.have[last + 1]
        ):
            last += 1
        return Run(first, last)

    def _free(self, index: int) -> bool:
        return index not in self._taken and not self.chunks.complete(index)

    def give_back(self, run: Run, *, failed: bool = False) -> None:
        """A run has ended; what is missing of it, or a comparison that failed, is work again."""
        with self.changed:
            self._active.discard(run)
            self._taken.difference_update(range(run.first, run.last + 1))
            if run.compare and failed:
                self._again.appendleft(run.first)
            self.changed.notify_all()

    def arrived(self, index: int, count: int, crc: int) -> None:
        """``count`` bytes of a chunk have been written; ``crc`` is that of all it has now."""
        with self.changed:
            self.chunks.have[index] += count
            self.chunks.crc[index] = crc
            if self.chunks.complete(index):
                self.changed.notify_all()

    def wait_complete(self, index: int) -> bool:
        """Wait until a chunk is there; False when the download is over before that."""
        with self.changed:
            self.changed.wait_for(lambda: self.over or self.chunks.complete(index))
            return self.chunks.complete(index) and not self.over

    def forget(self, index: int) -> None:
        """Have a chunk fetched again."""
        with self.changed:
            self.chunks.forget(index)
            self.changed.notify_all()

    def look_again(self, order: list[int]) -> None:
        """Have these chunks fetched a second time and compared."""
        with self.changed:
            self._again.extend(order)
            self.changed.notify_all()

    def compared(self, index: int, *, changed: bool) -> None:
        """A chunk came a second time; ``changed``: as something else, which now stands in the file."""
        with self.changed:
            self._compared.append((index, changed))
            self._judging = self._judging or changed
            self.changed.notify_all()

    def next_compared(self) -> tuple[int, bool] | None:
        """The next result of :meth:`look_again`; None when the download is over.

        After a chunk that was different nothing more is looked at until this is called again: it may have been all.
        """
        with self.changed:
            if not any(changed for _, changed in self._compared):
                self._judging = False
                self.changed.notify_all()
            self.changed.wait_for(lambda: self.over or self._compared)
            return self._compared.popleft() if self._compared and not self.over else None

    def switch_to_whole(self) -> None:
        """The server sends whole files only."""
        with self.changed:
            self.alone = True
            self.changed.notify_all()
