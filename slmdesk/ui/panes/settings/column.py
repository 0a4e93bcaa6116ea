"""One page of the settings: lines with a name and what it means on the left, the control on the right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import label, row, rule

MAX_WIDTH = 760

Run = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any] | None"]


class Column(QWidget):
    """The lines of one page, in a column that is no wider than a text should be."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setMaximumWidth(MAX_WIDTH)
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(10)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 32)
        layout.setSpacing(10)
        layout.addWidget(label(title, "title"))
        layout.addWidget(rule())
        layout.addLayout(self._lines)
        layout.addStretch(1)

    def heading(self, text: str, note: str = "") -> None:
        """Begin a part of the page."""
        self._lines.addSpacing(12)
        self._lines.addWidget(label(text, "strong"))
        if note:
            self._lines.addWidget(label(note, "small", wrap=True))

    def line(self, name: str, note: str, control: QWidget, more: QWidget | None = None) -> QWidget:
        """One line, with ``more`` under the note; returns it, so that it can be hidden."""
        whole = QWidget()
        texts = QVBoxLayout()
        texts.setSpacing(2)
        title = label(name)
        title.setBuddy(control)  # some systems name a box of choices by its label alone
        texts.addWidget(title)
        if note:
            texts.addWidget(label(note, "small", wrap=True))
        if more is not None:
            texts.addWidget(more)
        layout = QHBoxLayout(whole)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(24)
        layout.addLayout(texts, 1)
        layout.addWidget(control)
        self._lines.addWidget(whole)
        return whole

    def add(self, widget: QWidget) -> None:
        """Something that takes the whole width."""
        self._lines.addWidget(widget)

    def in_area(self, name: str) -> QScrollArea:
        """The column in something that scrolls."""
        area = QScrollArea()
        area.setAccessibleName(name)
        area.setWidgetResizable(True)
        holder = QWidget()
        sides = QHBoxLayout(holder)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.addWidget(self, 1000)
        sides.addStretch(1)
        area.setWidget(holder)
        return area


class Section(QWidget):
    """What a page has beside its declared settings. Subclasses fill the column and show what they know."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.theme = Theme()

    def before(self, column: Column) -> None:
        """Add lines above the declared settings."""

    def fill(self, column: Column) -> None:
        """Add lines below the declared settings."""

    async def refresh(self) -> None:
        """Show the present state; called whenever the page comes to the front."""

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.theme = theme


def card(*rows: QWidget) -> QFrame:
    """A framed box with widgets below each other."""
    frame = QFrame()
    frame.setProperty("kind", "card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(16, 12, 16, 12)
    layout.setSpacing(6)
    for widget in rows:
        layout.addWidget(widget)
    return frame


def beside(*widgets: QWidget | int, spacing: int = 8) -> QWidget:
    """Widgets side by side as one widget; a number is a stretch."""
    holder = QWidget()
    holder.setLayout(row(*widgets, spacing=spacing))
    return holder


def clear(layout: QLayout) -> None:
    """Take all widgets out of a layout, for good."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
