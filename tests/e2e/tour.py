"""A tour through the whole window for the trap of ``test_network_trap``: everything a person can do, in Offline.

``python -m tests.e2e.tour PROFILE``; writes what it saw to PROFILE/tour.json.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import urllib.request
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLineEdit

from slmdesk import app
from slmdesk.core.errors import NetworkBlocked, SlmdeskError
from slmdesk.core.remote import SearchQuery
from slmdesk.desk import Desk
from slmdesk.ui.main_window import MainWindow


async def settle(seconds: float = 0.3) -> None:
    await asyncio.sleep(seconds)


async def chat(window: MainWindow, desk: Desk) -> str:
    """One question to the starter, in its own process."""
    conversation = await desk.conversations.create(title="Tour")
    await desk.chat.send(conversation.id, "Does anything leave my computer?")
    await desk.chat.wait(conversation.id)
    _, tree = await desk.conversations.open(conversation.id)
    return tree.path()[-1].text


async def panes(window: MainWindow, desk: Desk) -> list[str]:
    """Every pane, every view of Models, every page of the settings."""
    seen = []
    for key in window._panes:
        window.show_pane(key)
        await settle()
        pane = window.pane(key)
        switch: Any = getattr(pane, "switch", None)
        for name in getattr(switch, "buttons", {}):
            switch.buttons[name].click()
            await settle()
            for field in pane.findChildren(QLineEdit) if pane is not None else []:
                if field.isVisible() and field.isEnabled() and not field.isReadOnly():
                    field.setText("phi")
                    field.returnPressed.emit()
            await settle()
            seen.append(f"{key}: {name}")
        for group in getattr(pane, "buttons", {}):
            pane.show_group(group)  # type: ignore[union-attr]
            await settle(0.1)
            seen.append(f"{key}: {group}")
    return seen


async def asked(desk: Desk) -> list[str]:
    """What would go to the internet were it allowed: each must be blocked."""
    told = []
    for ask in (
        lambda: desk.network.test_connection(),
        lambda: desk.network.test_connection("example.org"),
        lambda: desk.sources.search(SearchQuery("phi"), source="hf"),
        lambda: desk.sources.details("hf:microsoft/Phi-4-mini-instruct"),
        lambda: desk.downloads.updates(),
    ):
        try:
            await ask()
        except NetworkBlocked as blocked:
            told.append(blocked.reason)
        except SlmdeskError as error:
            told.append(error.message)
        else:
            told.append("done")
    return told


def libraries() -> list[str]:
    """What a library inside the window might do unasked."""
    told = []
    for act in (
        lambda: urllib.request.urlopen("http://example.org/", timeout=2),
        lambda: socket.create_connection(("192.0.2.1", 443), timeout=2),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
        lambda: socket.gethostbyname("example.org"),
    ):
        try:
            act()
        except OSError as error:
            told.append("refused" if "does not allow" in str(error) else str(error))
        else:
            told.append("done")
    return told


async def tour(window: MainWindow, desk: Desk) -> dict[str, Any]:
    window.status.network.open()
    await settle()
    window.status.network.popover.hide()
    return {
        "state": desk.network.state.value,
        "answer": await chat(window, desk),
        "seen": await panes(window, desk),
        "asked": await asked(desk),
        "libraries": await asyncio.to_thread(libraries),
        "blocked": [line.host for line in await desk.network.lines(blocked=True)],
    }


def main(profile: Path) -> int:
    async def work(window: MainWindow, desk: Desk) -> None:
        try:
            found = await tour(window, desk)
            (profile / "tour.json").write_text(json.dumps(found), "utf-8")
        finally:
            window.close()

    tasks: list[asyncio.Task[None]] = []
    code = app.run(profile, on_ready=lambda w, d: tasks.append(asyncio.ensure_future(work(w, d))))
    for task in tasks:
        task.result()
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
