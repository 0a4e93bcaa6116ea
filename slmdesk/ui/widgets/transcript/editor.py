"""Editing a message where it stands: a text box with Save (or Send) and Cancel."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from slmdesk.core.chat import Message, Role
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.transcript.message import tr

_MOST_LINES = 14


class _EditBox(QPlainTextEdit):
    """The text being edited. Enter submits a person's message, Ctrl+Enter any; Esc gives up."""

    submitted = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget, *, enter_submits: bool) -> None:
        super().__init__(parent)
        self._enter_submits = enter_submits
        self.setTabChangesFocus(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter, Ctrl+Enter and Esc."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if enter and (control or (self._enter_submits and not shift)):
            self.submitted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)


class MessageEditor(QWidget):
    """The editor in place of a message's text."""

    submitted = Signal(str, str)
    """The message's id and its new text."""
    cancelled = Signal()
    resized = Signal()

    def __init__(self, message: Message, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        user = message.role is Role.USER
        self.message_id = message.id
        self._box = _EditBox(self, enter_submits=user)
        self._box.setFont(theme.font("body"))
        self._box.setPlainText(message.text)
        self._box.setAccessibleName(tr("Edit the message"))
        self._save = QPushButton(tr("Send") if user else tr("Save"), self)
        self._save.setProperty("kind", "primary")
        self._cancel = QPushButton(tr("Cancel"), self)
        self._theme = theme
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._box)
        layout.addLayout(buttons)
        self._save.clicked.connect(self._submit)
        self._cancel.clicked.connect(self.cancelled)
        self._box.submitted.connect(self._submit)
        self._box.cancelled.connect(self.cancelled)
        self._box.textChanged.connect(self._changed)
        self._box.moveCursor(self._box.textCursor().MoveOperation.End)
        self._changed()

    @property
    def text_box(self) -> QPlainTextEdit:
        """The box with the text."""
        return self._box

    def wanted_height(self) -> int:
        """The height that shows the text, up to fourteen lines."""
        lines = max(2, min(_MOST_LINES, round(self._box.document().size().height())))
        return lines * self._box.fontMetrics().lineSpacing() + 26 + 8 + self._theme.control_height

    def _changed(self) -> None:
        self._save.setEnabled(bool(self._box.toPlainText().strip()))
        self.resized.emit()

    def _submit(self) -> None:
        text = self._box.toPlainText()
        if text.strip():
            self.submitted.emit(self.message_id, text)
