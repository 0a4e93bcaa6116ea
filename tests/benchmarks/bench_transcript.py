"""Opens a chat of 10,000 messages and streams into it, and measures how long the window's thread was busy.

``python -m tests.benchmarks transcript`` prints the table, ``python -m tests.benchmarks.bench_transcript`` all
figures. Targets: opening <= 300 ms, the longest stretch of the window's thread while streaming <= 16 ms.
"""

from __future__ import annotations

import gc
import os
import random
import time
from dataclasses import replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from slmdesk.core.chat import Message, Role, Timings
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.transcript import Transcript, TranscriptMessage
from tests.benchmarks.row import Row

MESSAGES = 10_000
OPEN_MS = 300.0
STRETCH_MS = 16.0

_ANSWER = """Take **Q4_K_M** here, number {n}. It leaves room for the context:

| Type | Size | Perplexity |
|---|--:|--:|
| Q8_0 | 4.3 GB | +0.00 |
| Q4_K_M | 2.5 GB | +0.18 |

- It needs *less* memory than `Q8_0`.
- It is close to it in quality, as far as small models go and as far as one can say.

```python
def size(parameters: int, bits: float) -> float:
    return parameters * bits / 8  # bytes
```

The loss is about the size of the difference between two answers with another seed, $e^{{i\\pi}}$ apart.
"""


class _Stretches:
    """How long the window's thread did not come to its timers, in milliseconds: a heart that beats every 1 ms.

    ``all`` is by the clock and holds what other programs took from this one; ``busy`` is the thread's own work.
    """

    def __init__(self) -> None:
        self.all: list[float] = []
        self.busy: list[float] = []
        self._worked = time.thread_time()
        self._last = time.perf_counter()
        self._beat = QTimer(interval=1)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._note)
        self._beat.start()

    def _note(self) -> None:
        now = time.perf_counter()
        worked = time.thread_time()
        self.all.append((now - self._last) * 1000 - 1)
        self.busy.append((worked - self._worked) * 1000)
        self._last, self._worked = now, worked

    def stop(self) -> None:
        self._beat.stop()


def _rest(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _chat() -> list[TranscriptMessage]:
    figures = Timings(900, 300, 212, 310.0, 240.0, 24.6)
    shown = []
    for n in range(MESSAGES // 2):
        shown.append(TranscriptMessage(Message(Role.USER, f"Question {n}: which quantization should I take?")))
        answer = Message(Role.ASSISTANT, _ANSWER.format(n=n), finish_reason="stop", timings=figures)
        shown.append(TranscriptMessage(answer))
    return shown


def measure() -> dict[str, float]:
    """The figures, in milliseconds."""
    view = Transcript()
    view.set_theme(Theme())
    view.resize(810, 700)
    view.show()
    _rest(1_000)
    chat = _chat()
    gc.collect()
    gc.freeze()
    began = time.perf_counter()
    view.set_messages(chat)
    view.viewport().repaint()
    opened = (time.perf_counter() - began) * 1000
    stretches = _Stretches()
    _rest(1_500)
    stretches.stop()
    settling = max(stretches.all)
    stretches = _Stretches()
    message = Message(Role.ASSISTANT, "")
    view.begin_stream(TranscriptMessage(message))
    text = "".join(_ANSWER.format(n=n) for n in range(12))
    pieces, at, picks = [], 0, random.Random(7)
    while at < len(text):
        size = picks.randint(1, 6)
        pieces.append(text[at : at + size])
        at += size
    feed = iter(pieces)
    done = QEventLoop()

    def step() -> None:
        for _ in range(2):
            piece = next(feed, None)
            if piece is None:
                done.quit()
                return
            view.append_text(message.id, piece)

    tick = QTimer(interval=4)
    tick.timeout.connect(step)
    tick.start()
    done.exec()
    tick.stop()
    _rest(50)
    view.end_stream(TranscriptMessage(replace(message, text=text, finish_reason="stop")))
    _rest(300)
    stretches.stop()
    streaming, worked = sorted(stretches.all), max(stretches.busy)
    flush = view.longest_flush_ms
    stretches = _Stretches()
    bar = view.verticalScrollBar()
    for n in range(60):
        bar.setValue(bar.maximum() * ((n * 37) % 60) // 60)
        _rest(12)
    stretches.stop()
    view.close()
    view.deleteLater()
    gc.unfreeze()
    return {
        "open": opened,
        "longest stretch after opening": settling,
        "longest stretch": streaming[-1],
        "longest stretch, own work": worked,
        "99th of 100 stretches": streaming[len(streaming) * 99 // 100],
        "longest flush": flush,
        "longest stretch while jumping about": max(stretches.all),
        "the same, own work": max(stretches.busy),
    }


def run() -> list[Row]:
    """The transcript alone, without the rest of the window; "own work" leaves out what other programs took."""
    app = QApplication.instance() or QApplication([])
    figures = measure()
    rows = []
    for what, name, target in (
        ("opening 10,000 messages in the transcript", "open", OPEN_MS),
        ("longest stretch of the window's thread while streaming, by the clock", "longest stretch", STRETCH_MS),
        ("the same, own work", "longest stretch, own work", STRETCH_MS),
    ):
        rows.append(Row(what, f"{figures[name]:.1f} ms", f"<= {target:.0f} ms", figures[name] <= target))
    app.processEvents()
    return rows


if __name__ == "__main__":
    _app = QApplication([])
    for _name, _value in measure().items():
        print(f"{_name:38} {_value:8.1f} ms")
