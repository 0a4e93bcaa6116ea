"""The buffer between a model that writes and a page that is painted."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer

_QUICKEST = 16
_SLOWEST = 250
_SHARE = 4
"""A flush may take this part (one in so many) of the time between two flushes."""


class StreamBuffer(QObject):
    """Collects pieces of text and hands them on at an interval that adapts to how long handing on takes."""

    def __init__(self, flush: Callable[[str, str, str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._flush = flush
        self._text: dict[str, list[str]] = {}
        self._thinking: dict[str, list[str]] = {}
        self.longest_ms = 0.0
        """The longest flush so far, in milliseconds."""
        self._timer = QTimer(self, singleShot=True, interval=_QUICKEST)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.flush)

    def add(self, message_id: str, text: str = "", thinking: str = "") -> None:
        """Take a piece of a message's text or thinking."""
        if text:
            self._text.setdefault(message_id, []).append(text)
        if thinking:
            self._thinking.setdefault(message_id, []).append(thinking)
        if not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Hand on what was collected, now."""
        self._timer.stop()
        text, self._text = self._text, {}
        thinking, self._thinking = self._thinking, {}
        began = time.perf_counter()
        for message_id in {**thinking, **text}:
            self._flush(message_id, "".join(text.get(message_id, ())), "".join(thinking.get(message_id, ())))
        if text or thinking:
            took = (time.perf_counter() - began) * 1000
            self.longest_ms = max(self.longest_ms, took)
            self._timer.setInterval(round(min(_SLOWEST, max(_QUICKEST, took * _SHARE))))

    def drop(self) -> None:
        """Forget what was collected."""
        self._timer.stop()
        self._text.clear()
        self._thinking.clear()
