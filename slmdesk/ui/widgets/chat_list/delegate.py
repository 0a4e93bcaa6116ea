"""How a row of the chat list is painted and renamed."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.chat_list.rows import ChatItemModel, Row, RowKind

Index = QModelIndex | QPersistentModelIndex

_HEIGHT, _HIT_HEIGHT = 31, 50


class ChatDelegate(QStyledItemDelegate):
    """Paints rows in the theme's colours; ``busy`` holds the ids of chats in which an answer is being written."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = Theme()
        self.busy: set[str] = set()
        self.current = ""
        self.tall = False
        """Whether the list shows hits, which have two lines. All rows are of one height, so that Qt asks only once."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(80, self.theme.px(_HIT_HEIGHT if self.tall else _HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ChatItemModel.ROW)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.kind is RowKind.HEADER:
            self._paint_header(painter, rect, row.text)
        elif row.kind is RowKind.FOLDER:
            self._paint_ground(painter, rect, state, chosen=False)
            self._paint_folder(painter, rect, row)
        else:
            chosen = row.conversation is not None and row.conversation.id == self.current
            self._paint_ground(painter, rect, state, chosen=chosen)
            if row.kind is RowKind.HIT:
                self._paint_hit(painter, rect, row)
            else:
                self._paint_chat(painter, rect, row)
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag, *, chosen: bool) -> None:
        theme = self.theme
        box = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5)
        focus = bool(state & QStyle.StateFlag.State_HasFocus)
        hover = bool(state & QStyle.StateFlag.State_MouseOver)
        if not (chosen or focus or hover):
            return
        painter.setPen(theme.color("accent") if focus else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("selected" if chosen else "hover") if chosen or hover else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 6, 6)

    def _paint_header(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(self.theme.font("small"))
        painter.setPen(self.theme.color("text2"))
        box = rect.adjusted(10, 0, -8, -4)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, text)

    def _paint_folder(self, painter: QPainter, rect: QRect, row: Row) -> None:
        theme = self.theme
        size = theme.px(14)
        middle = rect.center().y() - size / 2 + 1
        color = theme.color("text2")
        arrow = "chevron-right" if row.folded else "chevron-down"
        icons.paint(painter, arrow, QRectF(rect.left() + 6, middle, size, size), color)
        icons.paint(painter, "folder", QRectF(rect.left() + 10 + size, middle, size, size), color)
        self._text(painter, rect.adjusted(16 + 2 * size, 0, -8, 0), row.text, "text2", "small")

    def _paint_chat(self, painter: QPainter, rect: QRect, row: Row) -> None:
        theme = self.theme
        right = 10
        if row.conversation is not None and row.conversation.id in self.busy:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent"))
            painter.drawEllipse(QRectF(rect.right() - 16, rect.center().y() - 2.5, 7, 7))
            right = 24
        elif row.conversation is not None and row.conversation.pinned:
            size = theme.px(12)
            box = QRectF(rect.right() - 10 - size, rect.center().y() - size / 2 + 1, size, size)
            icons.paint(painter, "pin", box, theme.color("text2"))
            right = 16 + size
        self._text(painter, rect.adjusted(10, 0, -right, 0), row.text, "text", "base")

    def _paint_hit(self, painter: QPainter, rect: QRect, row: Row) -> None:
        half = rect.height() // 2
        self._text(painter, QRect(rect.left() + 10, rect.top() + 3, rect.width() - 20, half), row.text, "text", "base")
        if row.hit is None:
            return
        line = QRect(rect.left() + 10, rect.top() + half, rect.width() - 20, half - 3)
        self._paint_snippet(painter, line, row.hit.snippet)

    def _paint_snippet(self, painter: QPainter, rect: QRect, snippet: str) -> None:
        """The words found (between U+0002 and U+0003) in bold, the first of them always in sight."""
        theme = self.theme
        plain, bold = theme.font("small"), theme.font("small")
        bold.setWeight(bold.Weight.DemiBold)
        left = rect.left()
        for text, found in snippet_parts(snippet):
            font = bold if found else plain
            metrics = QFontMetrics(font)
            space = rect.right() - left
            if space < 12:
                break
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, space)
            painter.setFont(font)
            painter.setPen(theme.color("text" if found else "text2"))
            painter.drawText(
                QRect(left, rect.top(), space, rect.height()),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown,
            )  # fmt: skip
            left += metrics.horizontalAdvance(shown)

    def _text(self, painter: QPainter, rect: QRect, text: str, color: str, font: str) -> None:
        painter.setFont(self.theme.font(font))
        painter.setPen(self.theme.color(color))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setMaxLength(200)
        editor.setAccessibleName(self.tr("New title"))
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        editor.setGeometry(option.rect)


def snippet_parts(snippet: str) -> list[tuple[str, bool]]:
    """A snippet as (text, found) pieces on one line, cut at the front so that the first word found is near it."""
    flat = " ".join(snippet.split(" ")).replace("\n", " ")
    first = flat.find("\x02")
    if first > 24:
        flat = "…" + flat[first - 20 :]
    parts: list[tuple[str, bool]] = []
    for piece in flat.split("\x02"):
        found, mark, rest = piece.partition("\x03")
        parts.extend(part for part in ([(found, True), (rest, False)] if mark else [(found, False)]) if part[0])
    return parts
