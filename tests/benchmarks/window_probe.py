"""The child of the window benchmark: opens the real window, tells when it can be used and what it weighs, closes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psutil

from slmdesk import app
from slmdesk.desk import Desk
from slmdesk.ui.main_window import MainWindow

IDLE_S = 4.0


def ready(window: MainWindow, desk: Desk) -> None:
    """Called when the window is painted."""
    print("ready", flush=True)
    window.weighing = asyncio.ensure_future(weigh(window, desk))  # type: ignore[attr-defined]


async def weigh(window: MainWindow, desk: Desk) -> None:
    if "--weigh" in sys.argv:
        conversation = await desk.conversations.create()
        await desk.chat.send(conversation.id, "What can SLMDesk do?")
        await desk.chat.wait(conversation.id)
        await asyncio.sleep(IDLE_S)
        print(psutil.Process().memory_info().rss, flush=True)
    window.close()


if __name__ == "__main__":
    sys.exit(app.run(Path(sys.argv[1]), on_ready=ready))
