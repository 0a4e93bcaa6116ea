"""The child of the long-chat benchmark: the real window, a chat of 10,000 messages, an answer streaming into it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer

import slmdesk.desk
import slmdesk.runtimes
from slmdesk import app
from slmdesk.core.chat import Conversation, Message, Role
from slmdesk.desk import Desk
from slmdesk.ui.main_window import MainWindow
from tests.fakes import FakeRuntime, fake_model

MESSAGES = 10_000
ANSWER = """Here is **what** happens, with `code` and a list:

- first point, long enough to wrap over more than one line in a window of the usual width, so that layout has work
- second point with *emphasis*

| name | size |
|---|---:|
| a | 1.5 GB |
| b | 2.5 GB |

```python
def f(x: int) -> int:
    return x * 2  # a comment
```

And so on until the end of the text, where a formula stands: $a^2 + b^2 = c^2$.
"""


def messages() -> list[Message]:
    found: list[Message] = []
    for n in range(MESSAGES):
        role = Role.USER if n % 2 == 0 else Role.ASSISTANT
        text = f"Question {n}: what is the answer to this?" if n % 2 == 0 else f"Answer {n}.\n\n{ANSWER}"
        parent = found[-1].id if found else None
        found.append(Message(role, text, parent_id=parent, created=1e9 + n, finish_reason="stop" if n % 2 else ""))
    return found


class Heartbeat:
    """A 1 ms timer; a gap between two beats is how long the GUI thread was busy with something else."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last - 0.001)
        self._last = now

    def take(self) -> list[float]:
        self.gaps, gaps = [], self.gaps
        return sorted(gaps)


async def measure(window: MainWindow, desk: Desk) -> None:
    try:
        head = await desk.conversations.add(Conversation("Long"), messages())
        pane: Any = window.pane("chat")
        await asyncio.sleep(1.5)
        began = time.perf_counter()
        await pane.session.open(head.id)
        await asyncio.sleep(0)
        pane.transcript.viewport().repaint()
        opened = time.perf_counter() - began
        await asyncio.sleep(1.5)
        beat = Heartbeat()
        await asyncio.sleep(1.0)
        idle = beat.take()
        await desk.chat.send(head.id, "Go on")
        await desk.chat.wait(head.id)
        gaps = beat.take()
        print(json.dumps({
            "opened_ms": opened * 1000, "longest_ms": gaps[-1] * 1000, "p99_ms": gaps[int(len(gaps) * 0.99)] * 1000,
            "idle_longest_ms": idle[-1] * 1000, "beats": len(gaps),
        }), flush=True)  # fmt: skip
    finally:
        window.close()


def main(profile: Path) -> int:
    pieces = [ANSWER[i : i + 4] for i in range(0, len(ANSWER), 4)] * 6
    runtime = FakeRuntime(fake_model(path=slmdesk.desk.STARTER), tokens=pieces, delay=0.004)
    slmdesk.runtimes.runtimes = lambda *_: (runtime,)
    tasks = []
    return app.run(profile, on_ready=lambda w, d: tasks.append(asyncio.ensure_future(measure(w, d))))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
