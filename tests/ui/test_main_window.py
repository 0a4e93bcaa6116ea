from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit, QSlider
from pytestqt.qtbot import QtBot

from slmdesk.core.errors import StorageError
from slmdesk.core.progress import Progress, Report
from slmdesk.services.hardware import Sample
from slmdesk.ui.main_window import MINIMUM, MainWindow
from slmdesk.ui.panes.chat import ChatPane
from tests.ui.conftest import Room, settle, until


@pytest.fixture
async def window(room: Room, qtbot: QtBot) -> AsyncIterator[MainWindow]:
    window = room.window()
    qtbot.addWidget(window)
    window.show()
    window.start()
    await until(lambda: room.loaded.list())
    await settle()
    window.activateWindow()
    await until(window.isActiveWindow)
    yield window
    await window.close_down()


def press(window: MainWindow, key: Qt.Key) -> None:
    QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)


def least(window: MainWindow) -> QSize:
    """The size below which something in the window would be cut off."""
    whole = window.centralWidget()
    assert whole is not None
    return whole.minimumSizeHint()


async def test_the_keys_change_the_pane(window: MainWindow) -> None:
    press(window, Qt.Key.Key_3)
    assert window.current.key == "models"
    press(window, Qt.Key.Key_Comma)
    assert window.current.key == "settings"
    press(window, Qt.Key.Key_2)
    assert window.current.key == "settings", "a pane of a later version is not opened"
    press(window, Qt.Key.Key_1)
    assert window.current.key == "chat"
    await settle()


async def test_it_keeps_its_least_size(window: MainWindow) -> None:
    window.resize(300, 200)
    await settle(0.02)
    assert (window.width(), window.height()) == MINIMUM
    assert least(window).width() <= MINIMUM[0]
    assert least(window).height() <= MINIMUM[1]


async def test_it_fits_its_least_size_with_large_fonts(window: MainWindow, room: Room) -> None:
    await room.settings.set("font_scale", 150)
    await settle(0.02)
    assert room.source.theme.scale == 1.5
    assert least(window).width() <= MINIMUM[0]
    await room.settings.set("font_scale", 100)


async def test_the_theme_setting_dresses_the_window(window: MainWindow, room: Room) -> None:
    await room.settings.set("theme", "dark")
    assert room.source.theme.dark
    assert window.palette().window().color() == room.source.theme.color("canvas")
    await room.settings.set("theme", "system")


async def test_everything_to_press_has_a_name(window: MainWindow) -> None:
    for key in ("chat", "models", "settings"):
        window.show_pane(key)
        await settle()
        nameless = [
            w for kind in (QAbstractButton, QLineEdit, QPlainTextEdit, QSlider) for w in window.findChildren(kind)
            if w.isVisible() and not (w.accessibleName() or getattr(w, "text", str)())
            and not w.objectName().startswith("qt_")
        ]  # fmt: skip
        assert nameless == []


async def test_the_status_bar_follows_the_services(window: MainWindow, room: Room) -> None:
    bar = window.status_bar
    assert bar.network.text() == "Offline · 0 connections"
    room.hardware.sampled.emit(Sample(12.0, 2**33, 2**34))
    assert bar.cpu.accessibleDescription() == "CPU 12 %"

    async def work(report: Report) -> None:
        report(Progress(1, 2))
        raise StorageError("The disk is full.")

    room.jobs.start("Export", work)
    await until(lambda: bar.jobs.text() == "1 job failed")
    bar.jobs.click()
    await settle(0.02)
    assert window.status._job_popover.isVisible()
    window.status._job_popover.close()
    bar.network.click()
    await settle(0.02)
    assert window.status.network.popover.isVisible()
    window.status.network.popover.close()
    chip = next(iter(bar._chips.values()))
    chip.eject.click()
    await until(lambda: room.loaded.list() == [])
    await until(lambda: bar._chips == {})


async def test_the_window_comes_back_as_it_was_left(window: MainWindow, room: Room, qtbot: QtBot) -> None:
    window.resize(1024, 713)  # no larger than the screen of the test
    window.show_pane("models")
    chat = window.pane("chat")
    assert isinstance(chat, ChatPane)
    chat.inspector.hide()
    await window.save_state()
    again = room.window()
    qtbot.addWidget(again)
    assert again.current.key == "models"
    assert (again.width(), again.height()) == (1024, 713)
    second = again.pane("chat")
    assert isinstance(second, ChatPane)
    assert second.inspector.isHidden()
    await again.close_down()


async def test_the_chat_pane_keeps_its_widths_while_it_is_out_of_sight(
    window: MainWindow, room: Room, qtbot: QtBot
) -> None:
    window.resize(1024, 713)
    chat = window.pane("chat")
    assert isinstance(chat, ChatPane)
    await settle(0.02)
    chat.splitter.setSizes([260, sum(chat.splitter.sizes()) - 260 - 240, 240])
    assert chat.splitter.sizes()[0] == 260
    window.show_pane("models")
    await window.save_state()
    for _ in range(2):  # the second time from what the first one saved
        again = room.window()
        qtbot.addWidget(again)
        again.show()
        await settle(0.02)
        await again.save_state()
        await again.close_down()
    last = room.window()
    qtbot.addWidget(last)
    last.show()
    last.show_pane("chat")
    await settle(0.02)
    pane = last.pane("chat")
    assert isinstance(pane, ChatPane)
    assert (pane.splitter.sizes()[0], pane.splitter.sizes()[2]) == (260, 240)
    await last.close_down()


async def test_a_damaged_state_is_no_obstacle(room: Room, qtbot: QtBot) -> None:
    await room.settings.set_state("window", {"geometry": "%%%", "pane": "nowhere"})
    await room.settings.set_state("pane.chat", {"sizes": ["x"], "folded": 3, "chat": "gone"})
    window = room.window()
    qtbot.addWidget(window)
    window.show()
    window.start()
    await until(lambda: room.loaded.list())
    assert window.current.key == "chat"
    await window.close_down()


async def test_the_shortcuts_open_with_f1(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_F1)
    assert window._shortcuts is not None
    assert window._shortcuts.isVisible()
    window._shortcuts.close()


async def test_closing_is_told(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed, timeout=500):
        window.close()
