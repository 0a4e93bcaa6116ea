"""What this machine can run: for each size class the memory that its models need, in three quantizations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from slmdesk.ui.widgets.controls import label, rule
from slmdesk.ui.widgets.models.remote_rows import pill
from slmdesk.ui.widgets.models.words import Remark


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A size class: its name, its range, a pill for each quantization in ``cells``, and models that belong to it."""

    name: str
    range: str
    cells: Sequence[Remark]
    examples: str


class ClassCard(QFrame):
    """A table in a card; the tone of a cell says whether a typical model of the class fits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setAccessibleName(self.tr("What this machine can run"))
        self.title = label(self.tr("What this machine can run"), "strong")
        self.note = label(kind="small", wrap=True)
        self._table = QWidget()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(16, 12, 16, 14)
        self._layout.setSpacing(6)
        self._layout.addWidget(self.title)
        self._layout.addWidget(self.note)
        self._layout.addWidget(self._table)

    def set_lines(self, heads: Sequence[str], lines: Sequence[ClassLine], note: str) -> None:
        """Show the classes; ``heads`` name the quantizations of the cells."""
        self.note.setText(note)
        old, self._table = self._table, QWidget()
        grid = QGridLayout(self._table)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(5)
        columns = len(heads) + 2
        for column, head in enumerate((self.tr("Class"), *heads, self.tr("For example"))):
            grid.addWidget(label(head, "small"), 0, column)
        for place, line in enumerate(lines):
            at = 2 * place + 1
            grid.addWidget(rule(), at, 0, 1, columns)
            name = label(line.name)
            name.setToolTip(line.range)
            name.setAccessibleDescription(line.range)
            grid.addWidget(name, at + 1, 0)
            for column, cell in enumerate(line.cells, 1):
                made = pill(cell)
                made.setAccessibleName(f"{line.name}, {heads[column - 1]}: {cell.words}. {cell.tip}")
                grid.addWidget(made, at + 1, column, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(label(line.examples, "small", wrap=True), at + 1, columns - 1)
        grid.setColumnStretch(columns - 1, 1)
        self._layout.replaceWidget(old, self._table)
        old.hide()
        old.deleteLater()
