"""The places where a model's weights lie, each with what can be done there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from slmdesk.core.models import Home
from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, IconButton, label, row
from slmdesk.ui.widgets.models import words


class HomeList(QWidget):
    """``reveal_requested`` and ``delete_requested`` carry the path of one home."""

    reveal_requested = Signal(object)
    delete_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = Theme()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(10)
        self._lines: list[QWidget] = []

    def set_homes(self, homes: Sequence[Home]) -> None:
        """Show these places."""
        for old in self._lines:
            old.hide()
            old.deleteLater()
        self._lines = [self._line(home) for home in homes]
        for line in self._lines:
            self._layout.addWidget(line)

    def _line(self, home: Home) -> QWidget:
        line = QWidget()
        store = label(words.store_name(home.store))
        parts = [
            fmt.disk_size(home.size) if home.size else "",
            self.tr("location offline") if home.offline else "",
            "" if home.owned else self.tr("read-only"),
        ]
        facts = label(" · ".join(part for part in parts if part), "small")
        more = IconButton("more", self.tr("What to do with {0}").format(home.path.name))
        more.set_theme(self._theme)
        more.clicked.connect(lambda: self._open_menu(home, more))
        path = ElidedLabel(str(home.path), middle=True)
        path.setProperty("kind", "small")
        path.setAccessibleName(self.tr("Path: {0}").format(home.path))
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addLayout(row(store, facts, 1))
        texts.addWidget(path)
        layout = row(spacing=4)
        layout.addLayout(texts, 1)
        layout.addWidget(more)
        line.setLayout(layout)
        return line

    def _open_menu(self, home: Home, anchor: QWidget) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("Show in folder")).triggered.connect(lambda: self.reveal_requested.emit(home.path))
        menu.addAction(self.tr("Copy path")).triggered.connect(lambda: _copy(home.path))
        if home.owned and not home.offline:
            menu.addSeparator()
            menu.addAction(self.tr("Delete this copy")).triggered.connect(lambda: self.delete_requested.emit(home.path))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(anchor.mapToGlobal(QPoint(0, anchor.height() + 2)))

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        for button in self.findChildren(IconButton):
            button.set_theme(theme)


def _copy(path: Path) -> None:
    QGuiApplication.clipboard().setText(str(path))
