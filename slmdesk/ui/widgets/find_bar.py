"""The bar for finding a text in the open chat."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton, label, row


class FindBar(QWidget):
    """A text to look for, how often it occurs, and the way to the next place."""

    searched = Signal(str)
    next_requested = Signal()
    previous_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("edge", "bottom")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find in this chat"))
        self.field.setAccessibleName(self.field.placeholderText())
        self.field.setMaximumWidth(360)
        self.count = label(kind="small")
        self._buttons = (
            IconButton("chevron-left", self.tr("Previous place"), shortcut="Shift+Return"),
            IconButton("chevron-right", self.tr("Next place"), shortcut="Return"),
            IconButton("close", self.tr("Close"), shortcut="Esc"),
        )
        previous, following, close = self._buttons
        self.setLayout(row(self.field, self.count, 1, *self._buttons, margins=(16, 6, 8, 6)))
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self.searched)
        previous.clicked.connect(self.previous_requested)
        following.clicked.connect(self.next_requested)
        close.clicked.connect(self.leave)
        self.hide()

    def enter(self) -> None:
        """Show the bar with the caret in it."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def leave(self) -> None:
        """Hide the bar and forget the text."""
        self.hide()
        self.field.clear()
        self.closed.emit()

    def set_count(self, number: int) -> None:
        """How many places there are."""
        if not self.field.text():
            self.count.setText("")
        elif number == 0:
            self.count.setText(self.tr("Not found"))
        else:
            self.count.setText(self.tr("1 place") if number == 1 else self.tr("{0} places").format(number))

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        for button in self._buttons:
            button.set_theme(theme)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            (self.previous_requested if back else self.next_requested).emit()
            return True
        return False
