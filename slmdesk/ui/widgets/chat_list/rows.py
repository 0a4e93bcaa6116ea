"""The rows of the chat list as values: headers, chats and search hits, and how chats are put into groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QLocale, QModelIndex, QObject, Qt, Signal

from slmdesk.core.chat import Conversation, SearchHit


class RowKind(StrEnum):
    """What a row shows."""

    HEADER = "header"
    FOLDER = "folder"
    CHAT = "chat"
    HIT = "hit"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its text, and the chat or hit that it stands for. ``folded`` only means something for a folder."""

    kind: RowKind
    text: str
    conversation: Conversation | None = None
    hit: SearchHit | None = None
    folded: bool = False

    @property
    def key(self) -> str:
        """What stays the same while the row changes its looks."""
        if self.conversation is not None:
            return self.conversation.id
        return f"{self.kind}:{self.text}:{self.hit.message_id if self.hit else ''}"


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("ChatList", text)


def chat_rows(
    conversations: Sequence[Conversation], now: datetime, folded: frozenset[str] | set[str] = frozenset()
) -> list[Row]:  # fmt: skip
    """Pinned chats, then folders, then the others by the day they were last used (local time), newest first."""
    newest = sorted(conversations, key=lambda c: c.updated, reverse=True)
    rows: list[Row] = []
    pinned = [c for c in newest if c.pinned]
    if pinned:
        rows.append(Row(RowKind.HEADER, tr("Pinned")))
        rows.extend(_chat(c) for c in pinned)
    rest = [c for c in newest if not c.pinned]
    by_folder: dict[str, list[Conversation]] = {}
    for conversation in rest:
        if conversation.folder:
            by_folder.setdefault(conversation.folder, []).append(conversation)
    for folder in sorted(by_folder, key=str.casefold):
        rows.append(Row(RowKind.FOLDER, folder, folded=folder in folded))
        if folder not in folded:
            rows.extend(_chat(c) for c in by_folder[folder])
    start = math.inf
    for conversation in rest:
        if conversation.folder:
            continue
        if conversation.updated < start:  # the list goes back in time: the moment is in an earlier group
            name, start = day_group(conversation.updated, now)
            rows.append(Row(RowKind.HEADER, name))
        rows.append(_chat(conversation))
    return rows


def _chat(conversation: Conversation) -> Row:
    return Row(RowKind.CHAT, conversation.title or tr("New chat"), conversation)


def hit_rows(hits: Sequence[SearchHit]) -> list[Row]:
    """Search hits under one header that counts them."""
    if not hits:
        return [Row(RowKind.HEADER, tr("Nothing found"))]
    found = tr("1 hit") if len(hits) == 1 else tr("{0} hits").format(len(hits))
    return [Row(RowKind.HEADER, found), *(Row(RowKind.HIT, h.title or tr("New chat"), hit=h) for h in hits)]


def bin_rows(conversations: Sequence[Conversation]) -> list[Row]:
    """The deleted chats, the one deleted last on top."""
    if not conversations:
        return [Row(RowKind.HEADER, tr("The bin is empty"))]
    return [_chat(c) for c in sorted(conversations, key=lambda c: c.deleted or 0, reverse=True)]


def day_group(moment: float, now: datetime) -> tuple[str, float]:
    """Today, Yesterday, Previous 7 days, else the month (with the year if it is another one); and when it begins."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for name, days in ((tr("Today"), 0), (tr("Yesterday"), 1), (tr("Previous 7 days"), 7)):
        start = (today - timedelta(days=days)).timestamp()
        if moment >= start:
            return name, start
    day = datetime.fromtimestamp(moment, now.tzinfo)
    month = QLocale().standaloneMonthName(day.month, QLocale.FormatType.LongFormat)
    first = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (month if day.year == now.year else f"{month} {day.year}"), first.timestamp()


class ChatItemModel(QAbstractListModel):
    """The rows for Qt's list view. ``renamed`` carries a chat's id and its new title."""

    renamed = Signal(str, str)
    ROW = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        """The rows shown now."""
        return self._rows

    def set_rows(self, rows: list[Row]) -> None:
        """Show other rows; where only their looks differ, nothing moves."""
        if [r.key for r in rows] == [r.key for r in self._rows]:
            if rows != self._rows:
                self._rows = rows
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row_of(self, conversation_id: str) -> int:
        """The first row of a chat, or -1."""
        for place, row in enumerate(self._rows):
            if row.conversation is not None and row.conversation.id == conversation_id:
                return place
        return -1

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # type: ignore[override]
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # type: ignore[override]
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == self.ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.text
        if role == Qt.ItemDataRole.ToolTipRole and row.kind in (RowKind.CHAT, RowKind.HIT):
            return row.text
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:  # type: ignore[override]
        row = self._rows[index.row()] if index.isValid() else None
        if row is None or row.kind is RowKind.HEADER:
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if row.kind is RowKind.CHAT else flags

    def setData(self, index: QModelIndex, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # type: ignore[override]
        row = self._rows[index.row()]
        title = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or row.conversation is None or not title or title == row.text:
            return False
        self.renamed.emit(row.conversation.id, title)
        return True
