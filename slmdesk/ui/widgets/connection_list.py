"""The ledger of connections as a table: what was reached or blocked, when, by which part, what for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QDateTime, QLocale, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStackedLayout,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import label, row
from slmdesk.ui.widgets.segments import Segments

Index = QModelIndex | QPersistentModelIndex
_TIME, _HOST, _WHY, _BYTES, _STATE = range(5)


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One line of the ledger; ``when`` in seconds since 1970, ``part`` and ``purpose`` in words, sizes in bytes."""

    when: float
    host: str
    port: int
    part: str
    purpose: str
    allowed: bool
    up: int = 0
    down: int = 0
    failed: bool = False

    @property
    def address(self) -> str:
        """Host and port; a blocked request may have had no port yet."""
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def text(self) -> str:
        """What a search looks at."""
        return f"{self.host} {self.part} {self.purpose}".lower()


class ConnectionItemModel(QAbstractTableModel):
    """The lines as a table, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ConnectionRow] = []
        self.theme = Theme()

    def show_rows(self, rows: Sequence[ConnectionRow]) -> None:
        """Show other lines."""
        if list(rows) != self.rows:
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return len(self.rows)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 5

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Time"), self.tr("Host"), self.tr("What for"), self.tr("Bytes"), "")[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(line, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(line)
        if role == Qt.ItemDataRole.ForegroundRole:
            if index.column() == _STATE:
                return self.theme.color("text2" if line.allowed else "bad")
            return self.theme.color("text" if index.column() == _HOST else "text2")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._text(line, index.column())}"
        return None

    def _text(self, line: ConnectionRow, column: int) -> str:
        if column == _TIME:
            return _moment(line.when)
        if column == _HOST:
            return line.address
        if column == _WHY:
            return f"{line.part}: {line.purpose}" if line.purpose else line.part
        if column == _BYTES:
            return fmt.bytes_moved(line.up + line.down) if line.allowed and line.up + line.down else ""
        if not line.allowed:
            return self.tr("blocked")
        return self.tr("failed") if line.failed else self.tr("made")

    def _tip(self, line: ConnectionRow) -> str:
        when = QLocale().toString(QDateTime.fromMSecsSinceEpoch(round(line.when * 1000)), "yyyy-MM-dd HH:mm:ss")
        lines = [when, line.address, f"{line.part}: {line.purpose}" if line.purpose else line.part]
        if line.allowed and line.up + line.down:
            moved = self.tr("Sent {0}, received {1}")
            lines.append(moved.format(fmt.bytes_moved(line.up), fmt.bytes_moved(line.down)))
        return "\n".join(lines)


def _moment(when: float) -> str:
    moment = QDateTime.fromSecsSinceEpoch(round(when))
    if moment.date() == QDateTime.currentDateTime().date():
        return QLocale().toString(moment.time(), "HH:mm:ss")
    return QLocale().toString(moment.date(), QLocale.FormatType.ShortFormat)


class ConnectionList(QWidget):
    """The newest lines of the ledger with a search and a choice of those that were blocked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ConnectionRow] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search hosts and purposes"))
        self.search.setAccessibleName(self.tr("Search the connections"))
        self.search.setClearButtonEnabled(True)
        for button in self.search.findChildren(QToolButton):
            button.setAccessibleName(self.tr("Clear the search"))
        self.which = Segments(self.tr("Which connections"))
        for key, name in (("all", self.tr("All")), ("made", self.tr("Made")), ("blocked", self.tr("Blocked"))):
            self.which.add(key, name)
        self.which.set_current("all")
        self._shown = "all"
        self.table_model = ConnectionItemModel()
        self.table = QTableView()
        self.empty = label("", "secondary", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._dress_table()
        self._places = QStackedLayout()
        self._places.addWidget(self.table)
        self._places.addWidget(self.empty)
        head = row(self.search, self.which)
        head.setStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addLayout(self._places, 1)
        self.search.textChanged.connect(lambda _text: self._fill())
        self.which.chosen.connect(self._choose)

    def _dress_table(self) -> None:
        self.table.setModel(self.table_model)
        self.table.setAccessibleName(self.tr("Connections"))
        self.table.setShowGrid(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setWordWrap(False)
        self.table.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(_WHY, QHeaderView.ResizeMode.Stretch)

    def _choose(self, key: str) -> None:
        self._shown = key
        self._fill()

    def show_rows(self, rows: Sequence[ConnectionRow]) -> None:
        """``rows`` are the newest lines of the ledger, oldest first."""
        self._rows = list(rows)
        self._fill()

    def _fill(self) -> None:
        wanted = self.search.text().strip().lower()
        found = [
            line
            for line in reversed(self._rows)
            if wanted in line.text and (self._shown == "all" or line.allowed is (self._shown == "made"))
        ]
        self.table_model.show_rows(found)
        self.empty.setText(
            self.tr("No connection was tried yet.") if not self._rows else self.tr("Nothing in the list is like that.")
        )
        self._places.setCurrentWidget(self.table if found else self.empty)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.table_model.theme = theme
        self.table.setFont(theme.font("small"))
        self.table.verticalHeader().setDefaultSectionSize(theme.px(24))
        widths = {_TIME: 66, _HOST: 180, _BYTES: 66, _STATE: 58}
        for column, width in widths.items():
            self.table.setColumnWidth(column, theme.px(width))
        self.setMinimumHeight(theme.px(220))
