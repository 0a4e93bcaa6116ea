"""A page that covers the table for a while, with a way back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, row


class SubPage(QWidget):
    """``back_requested``: a person has seen enough (the button, or Escape)."""

    back_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.back = TextButton(self.tr("All models"), kind="ghost", icon_name="chevron-left")
        self.back.clicked.connect(self.back_requested)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(8)

    def fill_head(self, title: str, *actions: QWidget) -> None:
        """The page's first line: the way back, its title, and what can be done on it."""
        head = row(self.back, label(title, "strong"), 1, margins=(16, 10, 24, 2))
        for action in actions:
            head.addWidget(action)
        self.body.addLayout(head)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back_requested.emit()
        else:
            super().keyPressEvent(event)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.back.set_theme(theme)
