from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QSpinBox
from pytestqt.qtbot import QtBot

from slmdesk.ui.panes.settings import SettingsPane
from slmdesk.ui.panes.settings.about import AboutSection
from slmdesk.ui.panes.settings.encryption import EncryptionSection
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton
from slmdesk.ui.widgets.licences import LicencesDialog
from tests.services.keyrings import MemoryKeyring
from tests.ui.conftest import Room, until


@pytest.fixture
async def settings_pane(room: Room, qtbot: QtBot) -> AsyncIterator[SettingsPane]:
    keyring.set_keyring(MemoryKeyring())
    pane = room.settings_pane()
    qtbot.addWidget(pane)
    pane.set_theme(Theme())
    pane.resize(1000, 700)
    pane.show()
    pane.shown()
    yield pane
    await pane.close_down()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # no test ever touches a real one


async def test_every_declared_setting_has_a_control(settings_pane: SettingsPane, room: Room) -> None:
    for group in settings_pane.buttons:
        settings_pane.show_group(group)
    assert set(settings_pane.fields) == {s.key for s in room.settings.declarations()}
    for field in settings_pane.fields.values():
        assert field.widget.accessibleName()
    named = {title.buddy() for title in settings_pane.findChildren(QLabel) if title.buddy() is not None}
    assert {field.widget for field in settings_pane.fields.values()} <= named


async def test_a_choice_is_kept(settings_pane: SettingsPane, room: Room) -> None:
    box = settings_pane.fields["theme"].widget
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(box.findData("dark"))
    box.activated.emit(box.currentIndex())
    await until(lambda: room.settings.get("theme") == "dark")
    size = settings_pane.fields["font_scale"].widget
    assert isinstance(size, QSpinBox)
    size.setValue(120)
    await until(lambda: room.settings.get("font_scale") == 120)
    await room.settings.set("font_scale", 90)
    assert size.value() == 90


async def test_the_presets_are_offered_for_new_chats(settings_pane: SettingsPane) -> None:
    settings_pane.show_group("chat")
    box = settings_pane.fields["default_preset"].widget
    assert isinstance(box, QComboBox)
    await until(lambda: box.count() >= 5)
    assert box.currentData() == "balanced"


async def test_folders_can_be_added_and_removed(settings_pane: SettingsPane, room: Room, tmp_path: Path) -> None:
    settings_pane.show_group("models")
    field = settings_pane.fields["model_folders"]
    field._on_path(tmp_path)  # type: ignore[attr-defined]
    await until(lambda: room.settings.get("model_folders") == (str(tmp_path),))
    field.widget.findChildren(IconButton)[0].click()
    await until(lambda: room.settings.get("model_folders") == ())


async def test_encryption_says_how_it_stands(settings_pane: SettingsPane, room: Room) -> None:
    settings_pane.show_group("encryption")
    section = settings_pane.sections["encryption"]
    assert isinstance(section, EncryptionSection)
    await until(lambda: "not encrypted" in section.state.text())
    assert section.turn_off.isHidden()
    section.turn_on.click()
    dialog = settings_pane.findChild(QDialog)
    assert dialog is not None
    dialog.reject()


async def test_the_licences_open(settings_pane: SettingsPane) -> None:
    settings_pane.show_group("about")
    section = settings_pane.sections["about"]
    assert isinstance(section, AboutSection)
    section.licences.click()
    dialog = settings_pane.findChild(LicencesDialog)
    assert dialog is not None
    assert "PySide6" in dialog.text.toPlainText()
    dialog.close()
