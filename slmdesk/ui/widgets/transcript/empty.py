"""What a transcript shows before the first message: a title, a note, and examples to begin with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme


class EmptyState(QWidget):
    """A title, a note, and example questions as buttons."""

    example_chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = QLabel(self)
        self._note = QLabel(self)
        self._note.setProperty("kind", "secondary")
        self._note.setWordWrap(True)
        for label in (self._title, self._note):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._examples: list[QPushButton] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._layout.addStretch(2)
        self._layout.addWidget(self._title)
        self._layout.addWidget(self._note)
        self._layout.addSpacing(12)
        self._layout.addStretch(3)
        self._theme: Theme | None = None

    def set_theme(self, theme: Theme) -> None:
        """Use the fonts of ``theme``."""
        self._theme = theme
        self._title.setFont(theme.font("display"))
        self._note.setFont(theme.font("body"))
        for button in self._examples:
            button.setMinimumHeight(theme.px(40))

    def set_content(self, title: str, examples: Sequence[str], note: str) -> None:
        """Say what to show."""
        self._title.setText(title)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        for button in self._examples:
            self._layout.removeWidget(button)
            button.deleteLater()
        self._examples = []
        for text in examples:
            button = QPushButton(text.replace("&", "&&"), self)
            button.setProperty("kind", "left")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, text=text: self.example_chosen.emit(text))
            self._layout.insertWidget(self._layout.count() - 1, button)
            self._examples.append(button)
        if self._theme is not None:
            self.set_theme(self._theme)

    def examples(self) -> list[QPushButton]:
        """The buttons with the examples."""
        return list(self._examples)
