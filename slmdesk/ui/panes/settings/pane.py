"""The settings pane, built from the declarations of the settings service."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

import slmdesk
from slmdesk.core.progress import Report
from slmdesk.services.encryption import Encryption
from slmdesk.services.jobs import Jobs
from slmdesk.services.presets import Presets
from slmdesk.services.settings import Setting, Settings
from slmdesk.ui.file_dialogs import ask_file, ask_folder
from slmdesk.ui.pane import Pane
from slmdesk.ui.panes.settings.fields import (
    ChoiceSetting,
    FileField,
    FolderField,
    NumberField,
    SettingField,
    SwitchSetting,
    TextSetting,
)
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, TextButton, label, row, rule
from slmdesk.ui.widgets.licences import LicencesDialog
from slmdesk.ui.widgets.name_dialog import ask_yes
from slmdesk.ui.widgets.shortcuts import shortcut_table

MAX_WIDTH = 760


class SettingsPane(Pane):
    """Every choice of the program in one column. The content is built when the pane is first shown."""

    key = "settings"

    def __init__(
        self, settings: Settings, presets: Presets, encryption: Encryption, jobs: Jobs, profile: Path,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(self.tr("Settings"), parent)
        self._settings = settings
        self._presets = presets
        self._encryption = encryption
        self._jobs = jobs
        self._profile = profile
        self.fields: dict[str, SettingField] = {}
        self._built = False
        self._column: QVBoxLayout | None = None
        settings.changed.connect(self._on_changed)
        presets.changed.connect(lambda: self.run(self._show_presets()) if self._built else None)
        encryption.changed.connect(lambda: self.run(self._show_encryption()) if self._built else None)

    def shown(self) -> None:
        if not self._built:
            self._built = True
            self._fill()
            self.set_theme(self.theme)
            self.run(self._show_presets())
        self.run(self._show_encryption())

    def _fill(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(MAX_WIDTH)
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(24, 12, 24, 32)
        self._column.setSpacing(10)
        group = ""
        for setting in self._settings.declarations():
            if setting.group != group:
                group = setting.group
                self._heading(group)
            self._add_setting(setting)
        self._fill_data()
        self._fill_encryption()
        self._heading(self.tr("Keyboard shortcuts"))
        self._column.addWidget(shortcut_table())
        self._fill_about()
        self._column.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName(self.tr("Settings"))
        area.setWidgetResizable(True)
        holder = QWidget()
        sides = QHBoxLayout(holder)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.addWidget(inner, 1000)
        sides.addStretch(1)
        area.setWidget(holder)
        self.content.addWidget(area, 1)

    def _heading(self, text: str) -> None:
        assert self._column is not None
        self._column.addSpacing(14)
        self._column.addWidget(label(text, "title"))
        self._column.addWidget(rule())

    def _line(self, name: str, note: str, control: QWidget, more: QWidget | None = None) -> None:
        """A setting: its name and what it means on the left, its control on the right."""
        assert self._column is not None
        texts = QVBoxLayout()
        texts.setSpacing(2)
        title = label(name)
        title.setBuddy(control)  # some systems name a box of choices by its label alone
        texts.addWidget(title)
        if note:
            texts.addWidget(label(note, "small", wrap=True))
        if more is not None:
            texts.addWidget(more)
        layout = QHBoxLayout()
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(24)
        layout.addLayout(texts, 1)
        layout.addWidget(control)
        self._column.addLayout(layout)

    # --- declared settings --------------------------------------------------------------------------------------

    def _add_setting(self, setting: Setting) -> None:
        field = self._field(setting)
        field.widget.setAccessibleName(setting.label)
        field.widget.setAccessibleDescription(setting.help)
        field.show(self._settings.get(setting.key))
        self.fields[setting.key] = field
        self._line(setting.label, setting.help, field.widget)

    def _field(self, setting: Setting) -> SettingField:
        def keep(value: Any) -> None:
            self.run(self._settings.set(setting.key, value))

        if setting.kind == "choice" or setting.key == "default_preset":
            return ChoiceSetting(setting.choices, keep)
        if setting.kind == "integer":
            return NumberField(setting, keep)
        if setting.kind == "switch":
            return SwitchSetting(keep)
        if setting.kind == "text":
            return TextSetting(setting, keep)
        if setting.kind == "file":
            return FileField(keep, lambda on_path: ask_file(self, setting.label, self.tr("All files (*)"), on_path))
        return FolderField(keep, lambda on_path: ask_folder(self, self.tr("Add a folder"), on_path))

    def _on_changed(self, key: str) -> None:
        if key in self.fields:
            self.fields[key].show(self._settings.get(key))

    async def _show_presets(self) -> None:
        field = self.fields.get("default_preset")
        if isinstance(field, ChoiceSetting):
            field.set_choices([(p.id, p.name) for p in await self._presets.list()])
            field.show(self._settings.get("default_preset"))

    # --- data and encryption ------------------------------------------------------------------------------------

    def _fill_data(self) -> None:
        self._heading(self.tr("Data"))
        reveal = TextButton(self.tr("Open folder"))
        reveal.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._profile))))
        note = self.tr("Chats, settings, logs and backups. Nothing of it leaves this computer.")
        self._line(self.tr("Data folder"), note, reveal, ElidedLabel(str(self._profile), middle=True))

    def _fill_encryption(self) -> None:
        assert self._column is not None
        self._heading(self.tr("Encryption"))
        self.encryption_state = label(wrap=True)
        self.encryption_note = label(kind="small", wrap=True)
        self.turn_on = TextButton(self.tr("Turn on"))
        self.turn_off = TextButton(self.tr("Turn off"))
        self.rotate = TextButton(self.tr("New key"))
        card = QFrame()
        card.setProperty("kind", "card")
        layout = QVBoxLayout(card)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addWidget(self.encryption_state)
        layout.addWidget(self.encryption_note)
        layout.addLayout(row(self.turn_on, self.rotate, self.turn_off, 1))
        self._column.addWidget(card)
        self.turn_on.clicked.connect(self._ask_encrypt)
        self.turn_off.clicked.connect(self._ask_decrypt)
        self.rotate.clicked.connect(lambda: self._work(self.tr("Change the key"), self._encryption.rotate))

    async def _show_encryption(self) -> None:
        status = await self._encryption.status()
        if status.on:
            words = self.tr("Your chats are encrypted on disk. The key is in {0}.").format(status.keyring)
        elif status.keyring:
            words = self.tr("Your chats are not encrypted. The key would be kept in {0}.").format(status.keyring)
        else:
            words = self.tr("Your chats are not encrypted.")
        problem = " ".join(part for part in (status.problem, status.hint) if part)
        self.encryption_state.setText(words)
        self.encryption_note.setText(problem or self.tr("Without the key nobody can read them, and neither can you."))
        self.turn_on.setVisible(not status.on)
        self.turn_on.setEnabled(bool(status.keyring))
        self.turn_off.setVisible(status.on)
        self.rotate.setVisible(status.on)

    def _ask_encrypt(self) -> None:
        ask_yes(
            self, self.tr("Encrypt the chats?"),
            self.tr(
                "The database and its backups are written anew with a key that is kept in the keyring of this "
                "computer. If the keyring is lost, the chats are lost. Export what must not be lost."
            ),
            self.tr("Encrypt"), lambda: self._work(self.tr("Encrypt the chats"), self._encryption.turn_on),
        )  # fmt: skip

    def _ask_decrypt(self) -> None:
        note = self.tr("The chats are then readable for anyone with this disk.")
        work = self._encryption.turn_off
        ask_yes(
            self, self.tr("Turn the encryption off?"), note, self.tr("Turn off"),
            lambda: self._work(self.tr("Decrypt the chats"), work), danger=True,
        )  # fmt: skip

    def _work(self, title: str, work: Callable[[Report], Any]) -> None:
        async def watch() -> None:
            buttons = (self.turn_on, self.turn_off, self.rotate)
            for button in buttons:
                button.setEnabled(False)
            try:
                await self._jobs.start(title, work).wait()
            finally:
                for button in buttons:
                    button.setEnabled(True)
                await self._show_encryption()

        self.run(watch())

    # --- about --------------------------------------------------------------------------------------------------

    def _fill_about(self) -> None:
        assert self._column is not None
        self._heading(self.tr("About"))
        version = f"SLMDesk {slmdesk.__version__} · Python {platform.python_version()}"
        self.licences = TextButton(self.tr("Licences"))
        self.licences.clicked.connect(lambda: LicencesDialog(self).open())
        self._line(version, self.tr("MIT licence. Made with the free libraries that the list names."), self.licences)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        for field in self.fields.values():
            if isinstance(field, (FileField, FolderField)):
                field.set_theme(theme)
