"""A side thread for work that would make the window stutter: setting formulas, loading what colours code."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

TIME_LIMIT = 2.0
"""Seconds after which a piece of work is given up."""

_SWITCH = 0.0005

Work = Callable[[], Any]
Done = Callable[[Any], None]


class TooSlowError(Exception):
    """Raised inside the side thread to stop work that takes too long."""


class SideThread(QObject):
    """Does small pieces of work one after the other, in a thread that ends when nothing is left.

    ``done`` is called in the window's thread with the result, or with None when the work raised or took too long.
    """

    _finished = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue: deque[tuple[Work, Done, float]] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ends: float | None = None
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._watch = QTimer(self, interval=200)
        self._watch.timeout.connect(self._stop_slow)

    def submit(self, work: Work, done: Done, limit: float = TIME_LIMIT) -> None:
        """Queue ``work``, which may take ``limit`` seconds."""
        with self._lock:
            self._queue.append((work, done, limit))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="transcript", daemon=True)
                self._thread.start()
        self._watch.start()

    def _run(self) -> None:
        usual = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH)  # the window's thread waits this long whenever it takes over from this one
        try:
            self._work_off()
        finally:
            sys.setswitchinterval(usual)

    def _work_off(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._thread = None
                    return
                work, done, limit = self._queue.popleft()
                self._ends = time.monotonic() + limit
            try:
                result = work()
            except Exception:  # noqa: BLE001 - what cannot be read is shown as its source
                result = None
            with self._lock:
                self._ends = None
            try:
                self._finished.emit(done, result)
            except RuntimeError:  # the window is gone
                return

    def _deliver(self, done: Done, result: Any) -> None:
        done(result)

    def _stop_slow(self) -> None:
        with self._lock:
            thread, ends = self._thread, self._ends
            if thread is None:
                self._watch.stop()
            elif ends is not None and time.monotonic() > ends:
                # A thread cannot be stopped from outside, but Python code in it can be made to raise.
                ident = ctypes.c_ulong(thread.ident or 0)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(TooSlowError))
                self._ends = time.monotonic() + TIME_LIMIT
