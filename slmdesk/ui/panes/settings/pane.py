"""The settings pane: a page for each group of settings, built when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from slmdesk.services.data_map import DataMap
from slmdesk.services.encryption import Encryption
from slmdesk.services.jobs import Jobs
from slmdesk.services.network import Network
from slmdesk.services.presets import Presets
from slmdesk.services.privacy_report import PrivacyReport
from slmdesk.services.secrets import Secrets
from slmdesk.services.settings import Setting, Settings
from slmdesk.ui.file_dialogs import ask_file, ask_folder
from slmdesk.ui.pane import Pane
from slmdesk.ui.panes.settings.about import AboutSection
from slmdesk.ui.panes.settings.column import Column, Section
from slmdesk.ui.panes.settings.encryption import EncryptionSection
from slmdesk.ui.panes.settings.fields import (
    ChoiceSetting,
    FileField,
    FolderField,
    NumberField,
    SettingField,
    SwitchSetting,
    TextSetting,
)
from slmdesk.ui.panes.settings.network import NetworkSection
from slmdesk.ui.panes.settings.storage import StorageSection
from slmdesk.ui.panes.settings.tokens import TokensSection
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton
from slmdesk.ui.widgets.shortcuts import shortcut_table

ONLY_WITH = {
    "proxy_url": ("proxy_mode", "own"),
    "proxy_except": ("proxy_mode", "own"),
    "proxy_user": ("proxy_mode", "own"),
}
"""Settings that mean something only while another one has a value."""


@dataclass(frozen=True, slots=True)
class SettingsServices:
    """What the settings pane shows and changes."""

    settings: Settings
    presets: Presets
    encryption: Encryption
    jobs: Jobs
    network: Network
    secrets: Secrets
    data_map: DataMap
    privacy_report: PrivacyReport
    profile: Path


class SettingsPane(Pane):
    """Every choice of the program, a page for each group."""

    key = "settings"
    erase_requested = Signal()
    """The program is to close, and everything to go with it."""

    def __init__(self, services: SettingsServices, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Settings"), parent)
        self._services = services
        self.fields: dict[str, SettingField] = {}
        self.sections: dict[str, Section] = {}
        self._lines: dict[str, QWidget] = {}
        self._pages: dict[str, QWidget] = {}
        self.buttons: dict[str, TextButton] = {}
        self._declared: dict[str, list[Setting]] = {}
        self._names: dict[str, str] = {}
        self._nav = QVBoxLayout()
        self._stack = QStackedWidget()
        self._current = ""
        services.settings.changed.connect(self._on_changed)
        services.presets.changed.connect(self._on_presets)
        self._build()

    def _build(self) -> None:
        for setting in self._services.settings.declarations():
            self._declared.setdefault(setting.section, []).append(setting)
            self._names[setting.section] = setting.group
        self._names |= {
            "tokens": self.tr("Tokens"),
            "storage": self.tr("Storage"),
            "encryption": self.tr("Encryption"),
            "shortcuts": self.tr("Keyboard shortcuts"),
            "about": self.tr("About"),
        }
        self._nav.setContentsMargins(12, 16, 12, 16)
        self._nav.setSpacing(2)
        group = QButtonGroup(self)
        for key, name in self._names.items():
            button = TextButton(name, kind="nav")
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, k=key: self.show_group(k))
            group.addButton(button)
            self.buttons[key] = button
            self._nav.addWidget(button)
        self._nav.addStretch(1)
        side = QWidget()
        side.setProperty("edge", "right")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setLayout(self._nav)
        whole = QHBoxLayout()
        whole.setSpacing(0)
        whole.addWidget(side)
        whole.addWidget(self._stack, 1)
        self.content.addLayout(whole, 1)

    def shown(self) -> None:
        self.show_group(self._current or next(iter(self._names)))

    def show_group(self, key: str) -> None:
        """Show the page of a group, such as "network"; an unknown one is ignored."""
        if key not in self._names:
            return
        if key not in self._pages:
            self._pages[key] = page = self._page(key)
            self._stack.addWidget(page)
            self._dress(key)
        self._current = key
        self.buttons[key].setChecked(True)
        self._stack.setCurrentWidget(self._pages[key])
        if key in self.sections:
            self.run(self.sections[key].refresh())
        if key == "chat":
            self.run(self._show_presets())
        self.state_changed.emit()

    def save_state(self) -> dict[str, Any]:
        return {"group": self._current}

    def restore_state(self, state: dict[str, Any]) -> None:
        if state.get("group") in self._names:
            self._current = str(state["group"])

    # --- pages ----------------------------------------------------------------------------------------------------

    def _page(self, key: str) -> QWidget:
        column = Column(self._names[key])
        section = self._section(key)
        if section is not None:
            self.sections[key] = section
            section.setParent(column)
            section.hide()
            section.before(column)
        for setting in self._declared.get(key, []):
            self._add_setting(column, setting)
        if section is not None:
            section.fill(column)
        if key == "shortcuts":
            column.add(shortcut_table())
        self._show_dependent()
        return column.in_area(self._names[key])

    def _section(self, key: str) -> Section | None:
        s = self._services
        makers: dict[str, Callable[[], Section]] = {
            "network": lambda: NetworkSection(self.run, s.network),
            "tokens": lambda: TokensSection(self.run, s.secrets),
            "storage": lambda: StorageSection(self.run, s.data_map, s.privacy_report, s.profile),
            "encryption": lambda: EncryptionSection(self.run, s.encryption, s.jobs),
            "about": lambda: AboutSection(self.run),
        }
        if key not in makers:
            return None
        section = makers[key]()
        if isinstance(section, StorageSection):
            section.erase_requested.connect(self.erase_requested)
        return section

    def _add_setting(self, column: Column, setting: Setting) -> None:
        field = self._field(setting)
        field.widget.setAccessibleName(setting.label)
        field.widget.setAccessibleDescription(setting.help)
        field.show(self._services.settings.get(setting.key))
        self.fields[setting.key] = field
        self._lines[setting.key] = column.line(setting.label, setting.help, field.widget)

    def _field(self, setting: Setting) -> SettingField:
        def keep(value: Any) -> None:
            self.run(self._services.settings.set(setting.key, value))

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
            self.fields[key].show(self._services.settings.get(key))
            self._show_dependent()

    def _show_dependent(self) -> None:
        for key, (other, value) in ONLY_WITH.items():
            if key in self._lines:
                self._lines[key].setVisible(self._services.settings.get(other) == value)

    def _on_presets(self) -> None:
        self.run(self._show_presets())

    async def _show_presets(self) -> None:
        field = self.fields.get("default_preset")
        if isinstance(field, ChoiceSetting):
            field.set_choices([(p.id, p.name) for p in await self._services.presets.list()])
            field.show(self._services.settings.get("default_preset"))

    # --- the look -------------------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        for key in self._pages:
            self._dress(key)

    def _dress(self, key: str) -> None:
        if key in self.sections:
            self.sections[key].set_theme(self.theme)
        for setting in self._declared.get(key, []):
            field = self.fields[setting.key]
            if isinstance(field, (FileField, FolderField)):
                field.set_theme(self.theme)
