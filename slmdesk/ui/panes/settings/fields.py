"""The controls of the settings pane, one kind for each kind of setting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from slmdesk.services.settings import Setting
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, IconButton, TextButton, restyle, row

Keep = Callable[[Any], object]


class SettingField(ABC):
    """A control that shows a setting's value and hands a new one to ``keep``."""

    widget: QWidget

    @abstractmethod
    def show(self, value: Any) -> None:
        """Show a value without keeping it."""


class _Combo(QComboBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceSetting(SettingField):
    """One of a few values."""

    def __init__(self, choices: Sequence[tuple[str, str]], keep: Keep) -> None:
        self.box = self.widget = _Combo()
        self.box.setMinimumWidth(180)
        self.set_choices(choices)
        self.box.activated.connect(lambda _place: keep(self.box.currentData()))

    def set_choices(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer other values."""
        self.box.clear()
        for value, words in choices:
            self.box.addItem(words, value)

    def show(self, value: Any) -> None:
        """Show a value without keeping it."""
        self.box.setCurrentIndex(self.box.findData(value))


class _Spin(QSpinBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class NumberField(SettingField):
    """A whole number with its unit; kept when the typing is done."""

    def __init__(self, setting: Setting, keep: Keep) -> None:
        self.box = self.widget = _Spin()
        self.box.setRange(setting.minimum, setting.maximum)
        self.box.setSingleStep(setting.step)
        self.box.setGroupSeparatorShown(True)
        self.box.setKeyboardTracking(False)
        self.box.setButtonSymbols(QSpinBox.ButtonSymbols.PlusMinus)
        self.box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.box.setMinimumWidth(180)
        if setting.unit:
            self.box.setSuffix(f" {setting.unit}")
        if setting.zero:
            self.box.setSpecialValueText(setting.zero)
        self.box.valueChanged.connect(keep)

    def show(self, value: Any) -> None:
        """Show a value without keeping it."""
        with QSignalBlocker(self.box):
            self.box.setValue(int(value))


class SwitchSetting(SettingField):
    """On or off."""

    def __init__(self, keep: Keep) -> None:
        self.box = self.widget = QCheckBox()
        self.box.clicked.connect(keep)

    def show(self, value: Any) -> None:
        """Show a value without keeping it."""
        self.box.setChecked(bool(value))


class TextSetting(SettingField):
    """A line of text; kept when the typing is done, and marked while it cannot be kept."""

    def __init__(self, setting: Setting, keep: Keep) -> None:
        self._setting = setting
        self._keep = keep
        self._kept = ""
        self.box = self.widget = QLineEdit()
        self.box.setPlaceholderText(setting.placeholder)
        self.box.setMinimumWidth(280)
        self.box.editingFinished.connect(self._on_finished)
        self.box.textEdited.connect(lambda _text: self._mark())

    def show(self, value: Any) -> None:
        """Show a value without keeping it."""
        self._kept = str(value)
        self.box.setText(self._kept)
        self.box.setCursorPosition(0)
        self._mark()

    def _mark(self) -> None:
        wrong = bool(self._setting.problem(self.box.text().strip()))
        if self.box.property("invalid") != wrong:
            self.box.setProperty("invalid", wrong)
            restyle(self.box)

    def _on_finished(self) -> None:
        text = self.box.text().strip()
        if text != self._kept:
            self._keep(text)


class FileField(SettingField):
    """A file that can be chosen and taken off again."""

    def __init__(self, keep: Keep, ask: Callable[[Callable[[Path], object]], object]) -> None:
        self.widget = QWidget()
        self.name = ElidedLabel("", middle=True)
        self.off = IconButton("close", self.widget.tr("Take the file off"))
        self.choose = TextButton(self.widget.tr("Choose a file"))
        self.choose.clicked.connect(lambda: ask(lambda path: keep(str(path))))
        self.off.clicked.connect(lambda: keep(""))
        layout = row(self.off, self.choose)
        layout.insertWidget(0, self.name, 1)
        self.widget.setLayout(layout)

    def show(self, value: Any) -> None:
        """Show a value without keeping it."""
        self.name.setText(str(value))
        self.name.setVisible(bool(value))
        self.off.setVisible(bool(value))
        self.widget.setMinimumWidth(340 if value else 0)
        self.widget.setMaximumWidth(340)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.off.set_theme(theme)


class FolderField(SettingField):
    """A list of folders that can be added and taken off."""

    def __init__(self, keep: Keep, ask: Callable[[Callable[[Path], object]], object]) -> None:
        self._keep = keep
        self._folders: list[str] = []
        self._theme = Theme()
        self.widget = QWidget()
        self._layout = QVBoxLayout(self.widget)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._lines: list[QWidget] = []
        self.add = TextButton(self.widget.tr("Add a folder"), icon_name="plus")
        self.add.clicked.connect(lambda: ask(self._on_path))
        self._layout.addLayout(row(1, self.add))

    def show(self, value: Any) -> None:
        """Show a value without keeping it."""
        self._folders = list(value)
        for line in self._lines:
            line.deleteLater()
        self._lines = [self._line(folder) for folder in self._folders]
        self.widget.setMinimumWidth(320 if self._lines else 0)
        for place, line in enumerate(self._lines):
            self._layout.insertWidget(place, line)

    def _line(self, folder: str) -> QWidget:
        line = QWidget()
        off = IconButton("close", line.tr("Remove {0}").format(folder))
        off.set_theme(self._theme)
        off.clicked.connect(lambda: self._keep([f for f in self._folders if f != folder]))
        name = ElidedLabel(folder, middle=True)
        layout = row(off)
        layout.insertWidget(0, name, 1)
        line.setLayout(layout)
        return line

    def _on_path(self, path: Path) -> None:
        if str(path) not in self._folders:
            self._keep([*self._folders, str(path)])

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.add.set_theme(theme)
        self.show(self._folders)
