"""Before a link of an answer is opened: the whole address, and the choice to open or copy it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from slmdesk.ui.widgets.controls import TextButton, label, make_mono, row

SCHEMES = ("https", "http", "mailto")


def can_open(address: str) -> bool:
    """Whether an address is of a kind that may be handed to the browser: never a file, a script or a program."""
    url = QUrl(address, QUrl.ParsingMode.StrictMode)
    return url.isValid() and url.scheme().lower() in SCHEMES


class LinkDialog(QDialog):
    """Nothing is opened by the dialog itself: ``open_requested`` carries the address after a click on Open."""

    open_requested = Signal(str)

    def __init__(self, address: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Open a link"))
        self._address = address
        url = QUrl(address)
        host = QUrl.fromPercentEncoding(url.host(QUrl.ComponentFormattingOption.FullyEncoded).encode())
        allowed = can_open(address)
        if not allowed:
            words = self.tr("SLMDesk does not open addresses of this kind. You can copy it.")
        elif url.scheme().lower() == "mailto":
            words = self.tr("This opens your mail program.")
        else:
            words = self.tr("This opens your browser, which connects to {0}. SLMDesk itself connects to nothing.")
            words = words.format(host)
        self.address = make_mono(QPlainTextEdit(address))
        self.address.setReadOnly(True)
        self.address.setFixedHeight(84)
        self.address.setAccessibleName(self.tr("Address"))
        self.open_button = TextButton(self.tr("Open"), kind="primary")
        self.open_button.setVisible(allowed)
        self.copy = TextButton(self.tr("Copy"))
        cancel = TextButton(self.tr("Cancel"))
        cancel.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Open this link?") if allowed else self.tr("A link"), "title"))
        layout.addWidget(self.address)
        layout.addWidget(label(words, "secondary", wrap=True))
        layout.addLayout(row(1, cancel, self.copy, self.open_button))
        self.setMinimumWidth(460)
        cancel.clicked.connect(self.reject)
        self.copy.clicked.connect(self._on_copy)
        self.open_button.clicked.connect(self._on_open)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._address)
        self.reject()

    def _on_open(self) -> None:
        self.open_requested.emit(self._address)
        self.accept()
