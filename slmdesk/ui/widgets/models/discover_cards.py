"""The results of a search for models, as cards in one or two columns that a keyboard can walk through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.controls import plain_tip
from slmdesk.ui.widgets.models.words import NONE, Remark

Index = QModelIndex | QPersistentModelIndex
CARD_ROLE = Qt.ItemDataRole.UserRole + 1
MOST_COMPARED = 4

_HEIGHT = 112
_LEAST_WIDTH = 430
_GAP = 12
_PAD = 14
_BAR = 10
MARGIN = 24 - _GAP - _BAR
"""The space to leave on the right of the list, so that its cards end 24 pixels from the edge."""


@dataclass(frozen=True, slots=True)
class ResultCard:
    """A model as a card shows it, in words: ``badge`` the size class, ``facts`` and ``stats`` short remarks in a line.

    ``fit`` is the pill of the variant that SLMDesk would take here; ``chips`` are abilities, licence and the like.
    """

    ref: str
    name: str
    badge: Remark = NONE
    fit: Remark = NONE
    facts: str = ""
    summary: str = ""
    chips: tuple[Remark, ...] = ()
    stats: str = ""
    compared: bool = False

    @property
    def spoken(self) -> str:
        """All of it in one line, for a screen reader."""
        words = (
            self.name, self.badge.words, self.fit.words, self.facts, self.summary, *(c.words for c in self.chips),
            self.stats,
        )  # fmt: skip
        return ", ".join(w for w in words if w)


class _Cards(QAbstractListModel):
    """The cards, in the order of the search."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.cards: list[ResultCard] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.cards)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        card = self.cards[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return card.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return card.spoken
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if card.compared else Qt.CheckState.Unchecked
        return card if role == CARD_ROLE else None

    def flags(self, _index: Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable

    def set_cards(self, cards: Sequence[ResultCard]) -> None:
        """Show these cards; where only words changed, selection and scroll stay."""
        same = [c.ref for c in cards] == [c.ref for c in self.cards]
        if not same:
            self.beginResetModel()
        self.cards = list(cards)
        if not same:
            self.endResetModel()
        elif cards:
            self.dataChanged.emit(self.index(0), self.index(len(cards) - 1))


class _CardDelegate(QStyledItemDelegate):
    """Paints a card: name, class and fit, then the facts, the summary, and what it can do."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = Theme()
        self.width = _LEAST_WIDTH

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(self.width, self.theme.px(_HEIGHT) + _GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        card: ResultCard = index.data(CARD_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._frame(option.rect)
        self._ground(painter, box, option.state)
        lines = self._lines(box)
        self._head(painter, lines[0], card)
        self._text(painter, lines[1], card.facts, "small", "text2")
        self._text(painter, lines[2], card.summary, "base", "text")
        self._foot(painter, lines[3], card)
        painter.restore()

    def _frame(self, rect: QRect) -> QRect:
        return rect.adjusted(0, 0, -_GAP, -_GAP)

    def _lines(self, box: QRect) -> list[QRect]:
        step = (box.height() - 2 * self.theme.px(9)) // 4
        top = box.top() + self.theme.px(9)
        return [QRect(box.left() + _PAD, top + n * step, box.width() - 2 * _PAD, step) for n in range(4)]

    def _ground(self, painter: QPainter, box: QRect, state: QStyle.StateFlag) -> None:
        theme = self.theme
        focus = bool(state & QStyle.StateFlag.State_HasFocus)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(QPen(theme.color("accent" if focus else "line"), 1.4 if focus else 1))
        painter.setBrush(theme.color("hover" if over else "surface"))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("card"), theme.radius("card"))

    def _head(self, painter: QPainter, line: QRect, card: ResultCard) -> None:
        """The name with its class on the left, the fit on the right."""
        theme = self.theme
        right = line.right()
        if card.fit.words:
            width = self._pill_width(painter, card.fit)
            _paint_pill(painter, theme, QRect(right - width, line.top(), width + 1, line.height()), card.fit)
            right -= width + 8
        badge = self._pill_width(painter, card.badge) + 8 if card.badge.words else 0
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.color("text"))
        room = max(40, right - line.left() - badge)
        name = painter.fontMetrics().elidedText(card.name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        if badge:
            left = line.left() + painter.fontMetrics().horizontalAdvance(name) + 8
            _paint_pill(painter, theme, QRect(left, line.top(), max(0, right - left), line.height()), card.badge)

    def _pill_width(self, painter: QPainter, remark: Remark) -> int:
        painter.setFont(self.theme.font("small"))
        return painter.fontMetrics().horizontalAdvance(remark.words) + 12

    def _foot(self, painter: QPainter, line: QRect, card: ResultCard) -> None:
        """Abilities and licence on the left, the compare box on the right, the counts before it."""
        theme = self.theme
        check = self.check_rect_of(line)
        self._check(painter, check, card.compared)
        left, right = line.left(), check.left() - 14
        for chip in card.chips:
            width = self._pill_width(painter, chip)
            if left + width > right:
                break
            _paint_pill(painter, theme, QRect(left, line.top(), width + 1, line.height()), chip)
            left += width + 6
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text2"))
        area = QRect(left + 6, line.top(), max(0, right - left - 6), line.height())
        for words in (card.stats, card.stats.split(" · ")[0]):  # what has no room is left out, not cut in two
            if painter.fontMetrics().horizontalAdvance(words) <= area.width():
                painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)
                break

    def check_rect_of(self, line: QRect) -> QRect:
        """Where the box for comparing is, with its word."""
        font = self.theme.font("small")
        width = QFontMetrics(font).horizontalAdvance(self.tr("Compare")) + self.theme.px(20)
        return QRect(line.right() - width, line.top(), width, line.height())

    def _check(self, painter: QPainter, rect: QRect, checked: bool) -> None:
        theme = self.theme
        size = theme.px(14)
        box = QRectF(rect.left(), rect.center().y() - size / 2 + 0.5, size, size)
        painter.setPen(QPen(theme.color("accent" if checked else "text2"), 1))
        painter.setBrush(theme.color("accent" if checked else "raised"))
        painter.drawRoundedRect(box, 4, 4)
        if checked:
            icons.paint(painter, "check", box.adjusted(2, 2, -2, -2), theme.color("accent_text"))
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text2"))
        area = rect.adjusted(size + 6, 0, 8, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.tr("Compare"))

    def _text(self, painter: QPainter, rect: QRect, text: str, font: str, color: str) -> None:
        painter.setFont(self.theme.font(font))
        painter.setPen(self.theme.color(color))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def in_check(self, rect: QRect, point: QPoint) -> bool:
        """Whether a point of the card is in the box for comparing."""
        return self.check_rect_of(self._lines(self._frame(rect))[3]).adjusted(-6, -4, 8, 4).contains(point)

    def editorEvent(
        self, event: QEvent, _model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:  # fmt: skip
        """A click into the box, or Space, chooses the card for comparing."""
        view = self.parent()
        if not isinstance(view, CardList):
            return False
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            inside = self.in_check(option.rect, event.position().toPoint())
            if event.type() == QEvent.Type.MouseButtonRelease:
                if inside:
                    view.toggle_compared(index.row())
                elif self._frame(option.rect).contains(event.position().toPoint()):
                    view.opened.emit(index.data(CARD_ROLE).ref)
                return True
            return inside
        return False

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:  # fmt: skip
        """The numbers behind the fit pill, what the class means, or the whole summary."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        card: ResultCard = index.data(CARD_ROLE)
        line = next((n for n, r in enumerate(self._lines(self._frame(option.rect))) if r.contains(event.pos())), -1)
        right = event.pos().x() > option.rect.center().x()
        tips = {
            0: (card.fit.tip if right else "") or card.badge.tip,
            1: card.facts,
            2: card.summary,
            3: "\n".join(t for t in (*(c.tip for c in card.chips), card.stats) if t),
        }
        QToolTip.showText(event.globalPos(), plain_tip(tips.get(line, "")), view)
        return True


def _paint_pill(painter: QPainter, theme: Theme, rect: QRect, remark: Remark) -> None:
    """A remark on its coloured ground, at the left of ``rect`` and in the middle of its height."""
    painter.setFont(theme.font("small"))
    metrics = painter.fontMetrics()
    text = metrics.elidedText(remark.words, Qt.TextElideMode.ElideRight, max(0, rect.width() - 12))
    height = metrics.height() + 4
    box = QRectF(
        rect.left(), rect.top() + (rect.height() - height) / 2, metrics.horizontalAdvance(text) + 12, height
    )  # fmt: skip
    ground = {"": theme.color("hover"), "accent": theme.color("selected")}
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground[remark.tone] if remark.tone in ground else theme.tint(remark.tone))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(theme.color(remark.tone or "text2"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class CardList(QListView):
    """Cards side by side. Enter or a click opens one, Space chooses it for comparing."""

    opened = Signal(str)
    """The reference of the model whose page is wanted."""
    compared_changed = Signal(tuple)
    """The references that are chosen for comparing, in the order of the list."""
    end_reached = Signal()
    """The end of the list came into sight by scrolling."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Models found"))
        self._cards = _Cards(self)
        self._delegate = _CardDelegate(self)
        self._compared: list[str] = []
        self.setModel(self._cards)
        self.setItemDelegate(self._delegate)
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.verticalScrollBar().valueChanged.connect(self._on_scroll)

    @property
    def cards(self) -> list[ResultCard]:
        """What is shown."""
        return self._cards.cards

    @property
    def compared(self) -> tuple[str, ...]:
        """The references chosen for comparing."""
        return tuple(self._compared)

    def set_cards(self, cards: Sequence[ResultCard]) -> None:
        """Show these cards; those chosen for comparing stay chosen."""
        self._cards.set_cards([replace(c, compared=c.ref in self._compared) for c in cards])
        if cards and not self.currentIndex().isValid():
            self.setCurrentIndex(self._cards.index(0))

    def clear_compared(self) -> None:
        """Choose none for comparing."""
        self._compared = []
        self.set_cards(self.cards)
        self.compared_changed.emit(())

    def toggle_compared(self, place: int) -> None:
        """Choose a card for comparing or take it back; a fifth one takes the place of the first."""
        ref = self.cards[place].ref
        if ref in self._compared:
            self._compared.remove(ref)
        else:
            self._compared = [*self._compared, ref][-MOST_COMPARED:]
        self.set_cards(self.cards)
        self.compared_changed.emit(self.compared)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._delegate.theme = theme
        self._fit_columns()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_columns()
        super().resizeEvent(event)

    def _fit_columns(self) -> None:
        bar = max(_BAR, self.verticalScrollBar().sizeHint().width())
        room = self.width() - bar - 2  # with room for the scroll bar, so that its coming moves nothing
        columns = max(1, min(3, room // self._delegate.theme.px(_LEAST_WIDTH)))
        self._delegate.width = max(200, room // columns)
        self.verticalScrollBar().setSingleStep(self._delegate.theme.px(40))
        self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(index.data(CARD_ROLE).ref)
        elif index.isValid() and event.key() == Qt.Key.Key_Space:
            self.toggle_compared(index.row())
        else:
            super().keyPressEvent(event)

    def _on_scroll(self, value: int) -> None:
        bar = self.verticalScrollBar()
        if bar.maximum() > 0 and value >= bar.maximum() - self._delegate.theme.px(_HEIGHT):
            self.end_reached.emit()
