"""The dialog for a bug in the program: says so plainly and gives the text to copy; the program goes on."""

from __future__ import annotations

import platform
import traceback

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

import slmdesk
from slmdesk.ui.widgets.controls import TextButton, label, make_mono, row


def crash_text(error: BaseException, doing: str = "") -> str:
    """What a person can send to us: versions and the traceback; never anything they wrote."""
    system = f"SLMDesk {slmdesk.__version__}, Python {platform.python_version()}, {platform.platform()}"
    trace = "".join(traceback.format_exception(error))
    return "\n".join([system, *([doing] if doing else []), "", trace])


class CrashDialog(QDialog):
    """One dialog for the life of the window; a further bug is added to its text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("A fault in SLMDesk"))
        self.resize(640, 420)
        words = self.tr(
            "Something in SLMDesk itself went wrong. Your chats are saved, and you can go on working. "
            "The text below helps to find the fault. It holds nothing that you wrote, and it is sent nowhere."
        )
        self.text = make_mono(QPlainTextEdit())
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("Technical details"))
        self.copy = TextButton(self.tr("Copy text"))
        close = TextButton(self.tr("Close"), kind="primary")
        close.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("A fault in SLMDesk"), "title"))
        layout.addWidget(label(words, wrap=True))
        layout.addWidget(self.text, 1)
        layout.addLayout(row(1, self.copy, close))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        close.clicked.connect(self.close)
        self.setWindowModality(Qt.WindowModality.NonModal)

    def show_error(self, error: BaseException, doing: str = "") -> None:
        """Show a bug; while the dialog is open, another one is added below the first."""
        text = crash_text(error, doing)
        if self.isVisible():
            self.text.appendPlainText("\n" + text)
            return
        self.text.setPlainText(text)
        self.show()
