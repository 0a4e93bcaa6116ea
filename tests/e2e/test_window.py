"""The whole program: the real window, the real engine, the starter model; driven by key presses."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from slmdesk import app
from slmdesk.desk import Desk
from slmdesk.ui.main_window import MainWindow
from slmdesk.ui.panes.chat import ChatPane

Drive = Callable[[MainWindow, Desk, ChatPane], Awaitable[None]]


def use(profile: Path, drive: Drive) -> None:
    """Open the window, do ``drive`` in it, close it; whatever fails in between fails the test."""
    tasks: list[asyncio.Task[None]] = []

    def ready(window: MainWindow, desk: Desk) -> None:
        async def work() -> None:
            try:
                pane = window.pane("chat")
                assert isinstance(pane, ChatPane)
                await until(lambda: bool(desk.loaded_models.list()), "the starter is loaded")
                await asyncio.wait_for(drive(window, desk, pane), 60)
            finally:
                window.close()

        tasks.append(asyncio.ensure_future(work()))

    assert app.run(profile, on_ready=ready) == 0
    for task in tasks:
        task.result()


async def until(what: Callable[[], bool], name: str, seconds: float = 20.0) -> None:
    for _ in range(int(seconds / 0.02)):
        if what():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"waited in vain until {name}")


async def ask(pane: ChatPane, desk: Desk, text: str) -> str:
    """Type a message, press Enter, wait for the answer's end; returns the answer."""
    QTest.keyClicks(pane.composer.box, text)
    QTest.keyClick(pane.composer.box, Qt.Key.Key_Return)
    before = len(pane.session.tree)
    await until(lambda: len(pane.session.tree) >= before + 2, "the answer has begun")
    await desk.chat.wait(pane.session.id)
    return pane.session.tree.path()[-1].text


def test_a_person_types_and_the_starter_answers(qtbot: QtBot, profile_dir: Path, starter: Path) -> None:
    seen: dict[str, str] = {}

    async def first(window: MainWindow, desk: Desk, pane: ChatPane) -> None:
        seen["answer"] = await ask(pane, desk, "What can SLMDesk do?")
        seen["id"] = pane.session.id
        assert window.isVisible()
        (chat,) = await desk.conversations.list()
        assert chat.title == "What can SLMDesk do?"
        QTest.keyClicks(pane.composer.box, "half a thou")
        await asyncio.sleep(1.0)

    async def second(window: MainWindow, desk: Desk, pane: ChatPane) -> None:
        await until(lambda: pane.session.id == seen["id"], "the chat of last time is open")
        assert pane.session.tree.path()[-1].text == seen["answer"]
        assert pane.composer.box.toPlainText() == "half a thou"

    use(profile_dir, first)
    assert len(seen["answer"]) > 40
    use(profile_dir, second)


def test_a_crash_of_the_engine_leaves_the_window_whole(qtbot: QtBot, profile_dir: Path, starter: Path) -> None:
    async def drive(window: MainWindow, desk: Desk, pane: ChatPane) -> None:
        (entry,) = desk.loaded_models.list()
        assert entry.pid is not None
        os.kill(entry.pid, signal.SIGSTOP)  # so that the answer cannot be done before the kill
        QTest.keyClicks(pane.composer.box, "Hello")
        QTest.keyClick(pane.composer.box, Qt.Key.Key_Return)
        await until(lambda: desk.chat.streaming(pane.session.id) is not None, "the answer has begun")
        os.kill(entry.pid, signal.SIGKILL)
        await desk.chat.wait(pane.session.id)
        await until(pane.banner.isVisible, "the banner is shown")
        assert "engine" in pane.banner.message.text()
        assert await ask(pane, desk, "Hello"), "the next message loads the model again"

    use(profile_dir, drive)


def test_escape_stops_an_answer(qtbot: QtBot, profile_dir: Path, starter: Path) -> None:
    async def drive(window: MainWindow, desk: Desk, pane: ChatPane) -> None:
        (entry,) = desk.loaded_models.list()
        assert entry.pid is not None
        os.kill(entry.pid, signal.SIGSTOP)
        QTest.keyClicks(pane.composer.box, "Which quantization should I choose?")
        QTest.keyClick(pane.composer.box, Qt.Key.Key_Return)
        await until(lambda: desk.chat.streaming(pane.session.id) is not None, "the answer has begun")
        QTest.keyClick(pane.composer.box, Qt.Key.Key_Escape)
        await asyncio.sleep(0.1)
        os.kill(entry.pid, signal.SIGCONT)
        await desk.chat.wait(pane.session.id)
        assert pane.session.tree.path()[-1].finish_reason == "cancelled"
        assert entry.loaded.alive

    use(profile_dir, drive)


def test_the_window_can_be_closed_while_an_answer_is_written(
    qtbot: QtBot, profile_dir: Path, starter: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def drive(window: MainWindow, desk: Desk, pane: ChatPane) -> None:
        (entry,) = desk.loaded_models.list()
        assert entry.pid is not None
        os.kill(entry.pid, signal.SIGSTOP)
        QTest.keyClicks(pane.composer.box, "Hello")
        QTest.keyClick(pane.composer.box, Qt.Key.Key_Return)
        await until(lambda: desk.chat.streaming(pane.session.id) is not None, "the answer has begun")
        asyncio.get_running_loop().call_later(0.2, os.kill, entry.pid, signal.SIGCONT)

    async def again(window: MainWindow, desk: Desk, pane: ChatPane) -> None:
        await until(lambda: len(pane.session.tree) == 2, "the chat of last time is open")
        assert pane.session.tree.path()[-1].finish_reason in ("cancelled", "stop")

    use(profile_dir, drive)
    assert "Traceback" not in capfd.readouterr().err
    use(profile_dir, again)


@pytest.mark.skipif(os.name == "nt", reason="folders are read-only in another way there")
def test_a_profile_that_cannot_be_written_says_so(
    qtbot: QtBot, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert app.run(blocked / "profile") == 1
    err = capfd.readouterr().err
    assert str(blocked) in err
    assert "--profile" in err
