"""A heading that opens and closes what is under it, building it when it is opened for the first time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton


class Fold(QWidget):
    """A foldable part; ``build`` makes its content, once, when it is first needed."""

    toggled = Signal(bool)

    def __init__(self, title: str, build: Callable[[], QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build = build
        self._content: QWidget | None = None
        self._theme = Theme()
        self.head = TextButton(title, kind="fold", icon_name="chevron-right")
        self.head.setCheckable(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.head)
        self.head.toggled.connect(self._on_toggled)

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return self.head.isChecked()

    def set_open(self, open_: bool) -> None:
        """Open or close it."""
        self.head.setChecked(open_)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.head.set_icon("chevron-down" if self.is_open else "chevron-right", theme)

    def _on_toggled(self, open_: bool) -> None:
        if open_ and self._content is None:
            self._content = self._build()
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._content)
        if self._content is not None:
            self._content.setVisible(open_)
        self.set_theme(self._theme)
        self.toggled.emit(open_)
