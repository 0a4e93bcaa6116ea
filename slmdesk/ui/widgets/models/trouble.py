"""The banner for a model that does not fit into memory: what it needs, and one button for each thing that helps."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.fit import Remedy
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton, label, row
from slmdesk.ui.widgets.models.fit_card import RemedyButtons


class MemoryTrouble(QFrame):
    """``chosen`` carries the remedy that was clicked."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self.setAccessibleName(self.tr("Not enough memory"))
        self.message = label(kind="strong", wrap=True)
        self.hint = label(wrap=True)
        self.remedies = RemedyButtons()
        self.close_button = IconButton("close", self.tr("Dismiss"))
        head = row(self.message, self.close_button)
        head.setStretchFactor(self.message, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 10)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.hint)
        layout.addWidget(self.remedies)
        self.close_button.clicked.connect(self.hide)
        self.remedies.chosen.connect(self._on_chosen)
        self.hide()

    def show_trouble(self, error: NotEnoughMemory, remedies: tuple[Remedy, ...]) -> None:
        """Show what a load needs, and what helps."""
        self.message.setText(error.message)
        self.hint.setText(error.hint)
        self.hint.setVisible(bool(error.hint) and not remedies)
        self.remedies.set_remedies(remedies)
        self.setAccessibleDescription(str(error))
        self.show()

    def _on_chosen(self, remedy: Remedy) -> None:
        self.hide()
        self.chosen.emit(remedy)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.close_button.set_theme(theme)
