"""A plain table of rows that can be chosen, and in it boxes to tick."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import plain_tip


class PlainTable(QTableWidget):
    """Columns by name, the first to the left and numbers to the right; one of them takes the room that is left."""

    def __init__(
        self, name: str, columns: Sequence[str], *, wide: int, left: Sequence[int] = (0,), parent: QWidget | None = None
    ) -> None:
        super().__init__(0, len(columns), parent)
        self.setProperty("kind", "plain")
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(columns))
        self._left = frozenset(left)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        for column in range(len(columns)):
            mode = QHeaderView.ResizeMode.Stretch if column == wide else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, mode)
            side = Qt.AlignmentFlag.AlignLeft if column in self._left else Qt.AlignmentFlag.AlignRight
            found = self.horizontalHeaderItem(column)
            if found is not None:
                found.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)

    def set_theme(self, theme: Theme) -> None:
        """Rows as high as the font asks."""
        self.verticalHeader().setDefaultSectionSize(theme.px(34))
        self.verticalHeader().setMinimumSectionSize(theme.px(34))

    def write(self, line: int, column: int, text: str, tip: str = "") -> QTableWidgetItem:
        """Put words into a cell, and a remark for hovering."""
        item = self.item(line, column)
        if item is None:
            item = QTableWidgetItem()
            side = Qt.AlignmentFlag.AlignLeft if column in self._left else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(line, column, item)
        if item.text() != text:
            item.setText(text)
        item.setToolTip(plain_tip(tip))
        return item

    def fit_height(self, most: int) -> None:
        """As high as its rows, at most ``most`` pixels."""
        rows = self.rowCount() * self.verticalHeader().defaultSectionSize()
        self.setMinimumHeight(min(most, rows + self.horizontalHeader().sizeHint().height() + 4))
