"""The pages of the settings for the network, tokens and storage."""

from __future__ import annotations

from collections.abc import AsyncIterator

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from slmdesk.services.network import NetworkState
from slmdesk.ui.panes.settings import SettingsPane
from slmdesk.ui.panes.settings.network import NetworkSection
from slmdesk.ui.panes.settings.storage import StorageSection
from slmdesk.ui.panes.settings.tokens import TokensSection
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton, TextButton
from tests.services.keyrings import MemoryKeyring
from tests.services.test_reach import answering, server
from tests.ui.conftest import Room, until


@pytest.fixture
async def settings_pane(room: Room, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SettingsPane]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    pane = room.settings_pane()
    qtbot.addWidget(pane)
    pane.set_theme(Theme())
    pane.resize(1000, 700)
    pane.show()
    yield pane
    await pane.close_down()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # no test ever touches a real one


def network(pane: SettingsPane) -> NetworkSection:
    pane.show_group("network")
    section = pane.sections["network"]
    assert isinstance(section, NetworkSection)
    return section


async def test_the_state_and_the_hosts(settings_pane: SettingsPane, room: Room) -> None:
    section = network(settings_pane)
    assert section.state.buttons["offline"].isChecked()
    section.state.buttons["local"].click()
    await until(lambda: room.settings.get("network_state") == "local")
    section.allowed.box.setText("HuggingFace.co")
    section.allowed.add.click()
    await until(lambda: [h.host for h in room.network.consents()] == ["huggingface.co"])
    await until(lambda: section.allowed.box.text() == "")
    await until(lambda: section.allowed.findChildren(IconButton) != [])
    section.named.box.setText("no host!")
    section.named.box.returnPressed.emit()
    await until(settings_pane.banner.isVisible)
    assert "is not a host name" in settings_pane.banner.message.text()
    section.allowed.findChildren(IconButton)[0].click()
    await until(lambda: room.network.consents() == [])


async def test_a_proxy_is_asked_for_only_where_it_is_the_own_one(settings_pane: SettingsPane, room: Room) -> None:
    network(settings_pane)
    box = settings_pane.fields["proxy_url"].widget
    assert isinstance(box, QLineEdit)
    assert not box.isVisible()
    await room.settings.set("proxy_mode", "own")
    assert box.isVisible()
    box.setText("socks5://proxy:1080")
    box.textEdited.emit(box.text())
    assert box.property("invalid") is True
    box.editingFinished.emit()
    await until(settings_pane.banner.isVisible)
    assert "only HTTP proxies" in settings_pane.banner.message.text()
    box.setText("http://proxy.example.org:3128")
    box.editingFinished.emit()
    await until(lambda: room.settings.get("proxy_url") == "http://proxy.example.org:3128")
    assert box.property("invalid") is False


async def test_the_connection_test_shows_its_steps(settings_pane: SettingsPane) -> None:
    section = network(settings_pane)
    with server(answering("200 OK")) as port:
        section.address.setText(f"http://127.0.0.1:{port}")
        section.test.click()
        await until(lambda: section.result.text() == "The host can be reached.")
    assert [(s.name, s.ok) for s in section.steps.steps] == [("name", True), ("connect", True), ("answer", True)]
    assert "HTTP/1.1 200 OK" in [label.text() for label in section.steps.findChildren(QLabel)]


async def test_a_blocked_test_offers_to_allow_it(settings_pane: SettingsPane, room: Room) -> None:
    section = network(settings_pane)
    section.test.click()
    await until(section.allow.isVisible)
    assert section.allow.text() == "Go online, allow huggingface.co and test"
    assert "offline" in section.result.text()
    await room.network.set_state(NetworkState.ONLINE)
    section.test.click()
    await until(lambda: section.allow.text() == "Allow huggingface.co and test")


async def test_the_firewall_list_is_copied(settings_pane: SettingsPane) -> None:
    section = network(settings_pane)
    await until(lambda: section._firewall.count() == 9)
    section.copy.click()
    assert QGuiApplication.clipboard().text().splitlines()[0].split("\t")[:2] == ["huggingface.co", "443"]


async def test_a_token_goes_into_the_keyring_and_is_not_shown(settings_pane: SettingsPane, room: Room) -> None:
    keyring.set_keyring(MemoryKeyring())
    settings_pane.show_group("tokens")
    section = settings_pane.sections["tokens"]
    assert isinstance(section, TokensSection)
    field = section.huggingface
    assert field.box.echoMode() is QLineEdit.EchoMode.Password
    field.box.setText("hf_ABCDEFGH12345678")
    field.save.click()
    await until(lambda: field.place.text().startswith("Kept in"))
    assert field.box.text() == ""
    assert await room.secrets.get("huggingface") == "hf_ABCDEFGH12345678"
    field.remove.click()
    await until(lambda: field.place.text().startswith("None."))
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    field.box.setText("hf_ABCDEFGH12345678")
    field.box.returnPressed.emit()
    await until(lambda: "until SLMDesk ends" in field.place.text() and "because" in field.place.text())


async def test_storage_is_shown_and_wiped_after_a_yes(settings_pane: SettingsPane, room: Room) -> None:
    for _ in range(3):
        await room.conversations.create(title="A chat")
    settings_pane.show_group("storage")
    section = settings_pane.sections["storage"]
    assert isinstance(section, StorageSection)
    await until(lambda: "chats" in section.places)
    wipe = next(b for b in section.places["chats"].findChildren(TextButton) if not b.isHidden())
    assert wipe.accessibleName() == "Wipe: Chats"
    assert all(b.isHidden() for b in section.places["library"].findChildren(TextButton))
    wipe.click()
    dialog = section._list.findChild(QDialog)
    assert dialog is not None
    dialog.accept()
    gone: list[str] = []
    room.data_map.wiped.connect(gone.append)
    await until(lambda: gone == ["chats"])
    assert await room.conversations.list() == []


async def test_erasing_everything_closes_the_program(settings_pane: SettingsPane, room: Room) -> None:
    settings_pane.show_group("storage")
    section = settings_pane.sections["storage"]
    assert isinstance(section, StorageSection)
    asked: list[int] = []
    settings_pane.erase_requested.connect(lambda: asked.append(1))
    section.erase.click()
    dialog = section._list.findChild(QDialog)
    assert dialog is not None
    models = dialog.findChild(QCheckBox)
    assert models is not None
    assert not models.isChecked()
    dialog.reject()
    assert asked == []
    section.erase.click()
    section._list.findChildren(QDialog)[-1].accept()
    assert asked == [1]
    assert await room.data_map.erase()
