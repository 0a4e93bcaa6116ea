"""The bar that says what was just done and takes it back for a while."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QFrame, QWidget

from slmdesk.ui.widgets.controls import TextButton, label, row

SHOWN_MS = 8000
"""How long something can be undone."""
SAID_MS = 2500
"""How long a mere word stays."""


class UndoBar(QFrame):
    """Floats over the lower edge of its parent for a while; longer while the mouse or the focus is on it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setProperty("kind", "toast")
        self.text = label()
        self.undo = TextButton(self.tr("Undo"))
        self._act: Callable[[], object] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._expire)
        self.setLayout(row(self.text, self.undo, margins=(14, 4, 6, 4)))
        self.undo.clicked.connect(self._on_undo)
        parent.installEventFilter(self)
        self.hide()

    def say(self, text: str, on_undo: Callable[[], object] | None = None) -> None:
        """Show ``text``; a click on Undo runs ``on_undo``."""
        self._act = on_undo
        self.text.setText(text)
        self.undo.setVisible(on_undo is not None)
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start(SHOWN_MS if on_undo is not None else SAID_MS)

    def dismiss(self) -> None:
        """Hide the bar; what was done stays done."""
        self._timer.stop()
        self._act = None
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        self.adjustSize()
        self.move((self._over.width() - self.width()) // 2, self._over.height() - self.height() - 24)

    def _expire(self) -> None:
        if self.underMouse() or self.undo.hasFocus():
            self._timer.start()
        else:
            self.dismiss()

    def _on_undo(self) -> None:
        act = self._act
        self.dismiss()
        if act is not None:
            act()
