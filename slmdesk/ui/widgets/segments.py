"""A row of names of which one is chosen: the switch between the views of a pane."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QWidget

from slmdesk.ui.widgets.controls import TextButton, row


class Segments(QWidget):
    """Buttons side by side, one of them chosen; the arrow keys go from one to the next. ``chosen`` carries the key."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.buttons: dict[str, TextButton] = {}
        self._names: dict[str, str] = {}
        self._layout = row(spacing=8)
        self.setLayout(self._layout)

    def add(self, key: str, name: str) -> None:
        """Offer one more choice, after the others."""
        button = TextButton(name, kind="segment")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.chosen.emit(key))
        self._group.addButton(button)
        self.buttons[key], self._names[key] = button, name
        self._layout.addWidget(button)

    def set_current(self, key: str) -> None:
        """Show a choice as chosen; an unknown one is ignored."""
        if key in self.buttons:
            self.buttons[key].setChecked(True)

    def set_badge(self, key: str, badge: str) -> None:
        """A short remark after a name; empty for none."""
        words = f"{self._names[key]}  {badge}" if badge else self._names[key]
        self.buttons[key].setText(words)
