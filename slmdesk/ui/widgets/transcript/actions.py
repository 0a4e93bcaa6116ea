"""The row under a message: what can be done with it, its versions, and its figures."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from slmdesk.core.chat import Role
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton
from slmdesk.ui.widgets.transcript.message import TranscriptMessage, figures, figures_in_full, finish_words, tr

_NAMES = ("copy", "edit", "regenerate", "regenerate_with", "continue", "branch", "previous", "next", "delete")


class _RowButton(IconButton):
    """A button of the row; its size is the row's, not that of a form."""

    def __init__(self, icon_name: str, name: str, parent: QWidget) -> None:
        super().__init__(icon_name, name, parent)
        self.setProperty("kind", "row")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAutoRaise(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right belong to the row."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class ActionsRow(QWidget):
    """A row of buttons over the transcript, bound to one message at a time."""

    triggered = Signal(str, str)
    """The action's name and the message's id."""
    focus_left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.message_id = ""
        self._parts: list[str] = []
        self._keep_last = False
        icons = {
            "copy": ("copy", tr("Copy")),
            "edit": ("edit", tr("Edit")),
            "regenerate": ("refresh", tr("Answer again")),
            "regenerate_with": ("chevron-down", tr("Answer again with another model")),
            "continue": ("continue", tr("Continue")),
            "branch": ("branch", tr("Branch into a new chat")),
            "previous": ("chevron-left", tr("Previous version")),
            "next": ("chevron-right", tr("Next version")),
            "delete": ("bin", tr("Delete")),
        }
        self._buttons = {name: _RowButton(icon, text, self) for name, (icon, text) in icons.items()}
        self._versions = QLabel(self)
        self._figures = QLabel(self)
        self._figures.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self._versions, self._figures):
            label.setProperty("kind", "secondary")
        self._lead = QWidget(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._lead, 1)
        for name in _NAMES:
            if name == "next":
                layout.addWidget(self._versions)
            layout.addWidget(self._buttons[name])
        self._trail = QWidget(self)
        layout.addWidget(self._trail, 1)
        layout.addWidget(self._figures)
        for name, button in self._buttons.items():
            button.clicked.connect(lambda _=False, name=name: self.triggered.emit(name, self.message_id))
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours and sizes of ``theme``."""
        size = theme.px(26)
        for name, button in self._buttons.items():
            button.set_theme(theme)
            narrow = name in ("regenerate_with", "previous", "next")
            button.setFixedSize(theme.px(18) if narrow else size, size)
        for label in (self._versions, self._figures):
            label.setFont(theme.font("small"))

    def bind(self, shown: TranscriptMessage, *, live: bool, last: bool = False) -> None:
        """Show the actions of a message; while it is being written only copying makes sense.

        The ``last`` message, if it is a question, can be answered (its answer was deleted, or never came).
        """
        message = shown.message
        user = message.role is Role.USER
        self.message_id = message.id
        several = shown.count > 1 and not live
        for name, button in self._buttons.items():
            visible = name == "copy" or not live
            if name in ("regenerate", "regenerate_with"):
                visible = visible and (last or not user)
            if name == "continue":
                visible = visible and not user
            if name in ("previous", "next"):
                visible = several
            button.setVisible(visible)
        self._buttons["previous"].setEnabled(shown.index > 0)
        self._buttons["next"].setEnabled(shown.index < shown.count - 1)
        self._versions.setVisible(several)
        self._versions.setText(f"{shown.index + 1}/{shown.count}")
        self._versions.setAccessibleName(tr("Version {0} of {1}").format(shown.index + 1, shown.count))
        self._figures.setVisible(not user)
        self._parts = [] if user or live else figures(message)
        if several and not user and message.model:
            self._parts.insert(0, message.model)  # the versions may be by different models
        self._keep_last = bool(finish_words(message.finish_reason))
        self._figures.setToolTip(figures_in_full(message))
        self._figures.setAccessibleName(" · ".join(self._parts))
        self._lead.setVisible(user)
        self._trail.setVisible(not user)

    def place(self, left: int, top: int, width: int, height: int) -> None:
        """Put the row where its message ends; figures that do not fit are left out, the reason last."""
        self.setGeometry(left, top, width, height)
        used = sum(b.width() + 2 for b in self._buttons.values() if not b.isHidden())
        room = width - used - (self._versions.sizeHint().width() if not self._versions.isHidden() else 0) - 16
        parts = list(self._parts)
        metrics = self._figures.fontMetrics()
        while parts and metrics.horizontalAdvance(" · ".join(parts)) > room:
            del parts[-2 if self._keep_last and len(parts) > 1 else -1]
        self._figures.setText(" · ".join(parts))

    def button(self, name: str) -> QToolButton:
        """A button by its name."""
        return self._buttons[name]

    def focus_first(self) -> None:
        """Give the keyboard to the first button."""
        first = next((b for b in self._buttons.values() if not b.isHidden() and b.isEnabled()), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def has_focus(self) -> bool:
        """Whether one of the buttons has the keyboard."""
        return any(button.hasFocus() for button in self._buttons.values())

    def menu_point(self, name: str) -> QPoint:
        """Where a menu under a button opens, on the screen."""
        button = self._buttons[name]
        return button.mapToGlobal(QPoint(0, button.height() + 2))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right move between the buttons."""
        step = {Qt.Key.Key_Left.value: -1, Qt.Key.Key_Right.value: 1}.get(event.key())
        shown = [b for b in self._buttons.values() if not b.isHidden() and b.isEnabled()]
        current = next((n for n, b in enumerate(shown) if b.hasFocus()), None)
        if step is None or current is None:
            super().keyPressEvent(event)
            return
        shown[(current + step) % len(shown)].setFocus(Qt.FocusReason.TabFocusReason)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Say that the keyboard went elsewhere."""
        super().focusOutEvent(event)
        self.focus_left.emit()
