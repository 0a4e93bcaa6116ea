"""Wiping chats and erasing everything, in the real window."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from slmdesk.desk import Desk
from slmdesk.ui.main_window import MainWindow
from slmdesk.ui.panes.chat import ChatPane
from slmdesk.ui.panes.settings import SettingsPane
from slmdesk.ui.panes.settings.storage import StorageSection
from tests.e2e.test_window import ask, until, use


def storage(window: MainWindow) -> StorageSection:
    pane = window.pane("settings")
    assert isinstance(pane, SettingsPane)
    window.show_pane("settings")
    pane.show_group("storage")
    section = pane.sections["storage"]
    assert isinstance(section, StorageSection)
    return section


def test_the_chat_goes_on_after_a_wipe(qtbot: QtBot, profile_dir: Path, starter: Path) -> None:
    async def drive(window: MainWindow, desk: Desk, pane: ChatPane) -> None:
        await ask(pane, desk, "Hello, xyzzyplugh")
        storage(window)
        await desk.data_map.wipe("chats")
        window.show_pane("chat")
        await until(lambda: len(pane.session.tree) == 0, "a new chat is shown")
        assert await desk.conversations.list() == []
        assert await ask(pane, desk, "Hello again")
        assert len(await desk.conversations.list()) == 1
        assert not pane.banner.isVisible()

    use(profile_dir, drive)
    left = [p for p in profile_dir.rglob("*") if p.is_file() and b"xyzzyplugh" in p.read_bytes()]
    assert left == []


def test_erasing_everything_closes_the_window_and_leaves_nothing(
    qtbot: QtBot, profile_dir: Path, starter: Path
) -> None:
    async def drive(window: MainWindow, desk: Desk, pane: ChatPane) -> None:
        await ask(pane, desk, "Hello")
        storage(window)._erase(models=True)
        await until(lambda: not window.isVisible(), "the window is closed")

    use(profile_dir, drive)
    assert list(profile_dir.rglob("*")) == []
