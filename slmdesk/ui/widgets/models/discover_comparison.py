"""Two to four models side by side: their facts in rows, what differs in bold."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.remote import RemoteModel
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, row, rule


class Comparison(QWidget):
    """A table with a column for each model. ``open_requested`` carries a model's reference."""

    back_requested = Signal()
    open_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models: tuple[RemoteModel, ...] = ()
        self.setAccessibleName(self.tr("Models side by side"))
        self.back = TextButton(self.tr("Back"), kind="ghost", icon_name="chevron-left")
        bar = QWidget()
        bar.setProperty("edge", "bottom")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title = label(self.tr("Models side by side"), "title")
        bar.setLayout(row(self.back, title, 1, margins=(16, 10, 24, 10)))
        self._area = QScrollArea()
        self._area.setAccessibleName(self.tr("Models side by side"))
        self._area.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._area, 1)
        self.back.clicked.connect(self.back_requested)
        for keys in ("Esc", "Alt+Left"):
            shortcut = QShortcut(QKeySequence(keys), self, self.back_requested.emit)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def set_models(self, models: Sequence[RemoteModel], rows: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Show these models with their facts: a name, and a value for each of them."""
        self.models = tuple(models)
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(24, 16, 24, 24)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(8)
        for column, model in enumerate(models, 1):
            grid.setColumnStretch(column, 1)
            name = label(model.name, "strong", wrap=True)
            button = TextButton(self.tr("Open"))
            button.setAccessibleName(self.tr("Open {0}").format(model.name))
            button.clicked.connect(lambda _checked=False, ref=model.ref: self.open_requested.emit(ref))
            grid.addWidget(name, 0, column, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(button, 1, column, Qt.AlignmentFlag.AlignLeft)
        at = 2
        for fact, values in rows:
            grid.addWidget(rule(), at, 0, 1, len(models) + 1)
            grid.addWidget(label(fact, "secondary"), at + 1, 0, Qt.AlignmentFlag.AlignTop)
            differ = len(set(values)) > 1 and all(len(v) < 40 for v in values)
            for column, value in enumerate(values, 1):
                cell = label(value, "strong" if differ else "", wrap=True)
                cell.setAccessibleName(f"{models[column - 1].name}, {fact}: {value}")
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                grid.addWidget(cell, at + 1, column, Qt.AlignmentFlag.AlignTop)
            at += 2
        grid.setRowStretch(at, 1)
        self._area.setWidget(inner)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.back.set_theme(theme)
