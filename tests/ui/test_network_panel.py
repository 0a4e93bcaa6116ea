from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from slmdesk.services.network import Connection, NetworkState
from slmdesk.ui.main_window import MainWindow
from slmdesk.ui.network_status import NetworkStatus
from slmdesk.ui.widgets.controls import IconButton
from tests.ui.conftest import Room, until


@pytest.fixture
async def window(room: Room, qtbot: QtBot) -> AsyncIterator[MainWindow]:
    window = room.window()
    window.resize(1280, 800)
    window.show()
    yield window
    window.hide()
    await window.close_down()
    window.deleteLater()


def status(window: MainWindow) -> NetworkStatus:
    status: NetworkStatus = window.status.network
    return status


async def test_the_state_is_chosen_in_the_panel(window: MainWindow, room: Room) -> None:
    window.status_bar.network.click()
    panel = status(window).panel
    assert status(window).popover.isVisible()
    assert panel.choices["offline"].isChecked()
    panel.choices["online"].click()
    await until(lambda: room.settings.get("network_state") == "online")
    await until(lambda: "Online" in window.status_bar.network.text())
    QTest.keyClick(status(window).popover, Qt.Key.Key_Escape)
    assert not status(window).popover.isVisible()


async def test_the_ledger_is_searched(window: MainWindow, room: Room) -> None:
    now = time.time()
    room.network.record(Connection(now, "discover", "huggingface.co", 443, "Search for models", up=10, down=2000))
    room.network.record(Connection(now, "window", "example.org", 443, "tried by x", allowed=False, reason="guard"))
    window.status_bar.network.click()
    panel = status(window).panel
    await until(lambda: "2 lines" in panel.totals.text())
    assert "1 blocked · 10 B sent, 2.0 kB received" in panel.totals.text()
    rows = panel.list.table_model.rows
    assert [(r.address, r.allowed) for r in rows] == [("example.org:443", False), ("huggingface.co:443", True)]
    panel.list.which.buttons["made"].click()
    assert [r.host for r in panel.list.table_model.rows] == ["huggingface.co"]
    panel.list.which.buttons["all"].click()
    panel.list.search.setText("EXAMPLE")
    assert [r.host for r in panel.list.table_model.rows] == ["example.org"]
    panel.list.search.setText("nothing")
    assert panel.list.empty.text() == "Nothing in the list is like that."


async def test_an_agreement_is_taken_back(window: MainWindow, room: Room) -> None:
    await room.network.consent("huggingface.co")
    window.status_bar.network.click()
    panel = status(window).panel
    (off,) = panel.hosts.findChildren(IconButton)
    assert off.accessibleName() == "Do not allow huggingface.co any more"
    off.click()
    await until(lambda: room.network.consents() == [])
    await until(lambda: panel.hosts.isHidden())


async def test_the_ledger_is_wiped_after_a_yes(window: MainWindow, room: Room) -> None:
    room.network.record(Connection(time.time(), "window", "example.org", 443))
    window.status_bar.network.click()
    panel = status(window).panel
    await until(lambda: panel.wipe.isEnabled())
    panel.wipe.click()
    dialog = window.findChild(QDialog)
    assert dialog is not None
    assert len(room.network.ledger) == 1
    dialog.accept()
    await until(lambda: room.network.ledger == [])
    assert await room.network.lines() == []


async def test_the_export_asks_where(window: MainWindow, room: Room) -> None:
    room.network.record(Connection(time.time(), "window", "=cmd", 443, "x"))
    window.status_bar.network.click()
    await until(lambda: status(window).panel.export.isEnabled())
    status(window).panel.export.click()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.reject()
    path = room.folder / "out.csv"
    status(window)._export(path)
    await until(path.is_file)
    assert path.read_text().splitlines()[1].split(",")[1:4] == ["window", "'=cmd", "443"]


async def test_going_offline_is_told_once(room: Room) -> None:
    told: list[NetworkState] = []
    room.network.state_changed.connect(told.append)
    await room.network.set_state(NetworkState.ONLINE)
    await room.network.set_state(NetworkState.OFFLINE)
    await room.network.set_state(NetworkState.OFFLINE)
    assert told == [NetworkState.ONLINE, NetworkState.OFFLINE]
