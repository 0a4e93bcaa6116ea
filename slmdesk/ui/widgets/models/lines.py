"""The thin lines around the table: a scan that runs, space that can be won back, and what to do while it is empty."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton, TextButton, label, row


class ScanLine(QWidget):
    """How far a look through the places is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("edge", "top")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = label(kind="small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.setLayout(row(self.text, self.bar, 1, margins=(24, 6, 24, 6), spacing=12))
        self.hide()

    def show_progress(self, done: float, total: float | None) -> None:
        """Show how many files were looked at; a ``total`` of None while that is not known."""
        self.bar.setRange(0, int(total) if total else 0)
        self.bar.setValue(int(done))
        words = self.tr("Looking for models")
        self.text.setText(f"{words}: {int(done)} / {int(total)}" if total else words)
        self.show()


class NoticeLine(QFrame):
    """One sentence with one button; ``acted`` on its click, ``dismissed`` when a person has read it."""

    acted = Signal()
    dismissed = Signal()

    def __init__(self, action: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "notice")
        self.text = label(wrap=True)
        self.button = TextButton(action, kind="link")
        self.close_button = IconButton("close", self.tr("Dismiss"))
        self.close_button.hide()
        layout = row(self.text, self.button, self.close_button, margins=(12, 2, 4, 2))
        layout.setStretchFactor(self.text, 1)
        self.setLayout(layout)
        self.button.clicked.connect(self.acted)
        self.close_button.clicked.connect(self.hide)
        self.close_button.clicked.connect(self.dismissed)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.close_button.set_theme(theme)

    def say(self, text: str, action: str = "") -> None:
        """Show a sentence, and what its button does now; an empty one hides the line."""
        self.text.setText(text)
        self.button.setText(action or self.button.text())
        self.setVisible(bool(text))


class EmptyHint(QWidget):
    """Stands in the table's place while no row is there."""

    first_requested = Signal()
    second_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = label(kind="title")
        self.text = label(kind="secondary", wrap=True)
        self.text.setMaximumWidth(460)
        self.first = TextButton("", kind="primary")
        self.second = TextButton("")
        for part in (self.title, self.text):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        texts = QVBoxLayout()
        texts.setSpacing(8)
        texts.addWidget(self.title)
        texts.addLayout(row(1, self.text, 1))
        texts.setStretchFactor(self.text, 1)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addLayout(texts)
        layout.addLayout(row(1, self.first, self.second, 1, margins=(0, 8, 0, 0)))
        layout.addStretch(2)
        self.first.clicked.connect(self.first_requested)
        self.second.clicked.connect(self.second_requested)

    def say(self, title: str, text: str, first: str, second: str = "") -> None:
        """Show why nothing is there, and what helps; an empty word hides its button."""
        self.title.setText(title)
        self.text.setText(text)
        for button, words in ((self.first, first), (self.second, second)):
            button.setText(words)
            button.setVisible(bool(words))

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.text.setMinimumWidth(theme.px(380))
