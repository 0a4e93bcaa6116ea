"""How a cell of the table of models is drawn: plain text, a name with its marks, or a pill."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from slmdesk.core.models import Model, Verdict
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.controls import plain_tip
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.items import Index, ModelItems
from slmdesk.ui.widgets.models.words import Remark

PAD = 10
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class _Ink:
    """The fonts and colours of a theme, made once: a screenful of cells asks for them hundreds of times."""

    def __init__(self, theme: Theme) -> None:
        self.fonts: dict[str, QFont] = {name: theme.font(name) for name in ("base", "strong", "small")}
        self.metrics = {name: QFontMetrics(font) for name, font in self.fonts.items()}
        self.colors = {name: theme.color(name) for name in ("text", "line", "hover", "selected", "accent", "warn")}
        self.pale = theme.blend("text2", "canvas", 0.75)
        self.grounds = {tone: theme.tint(tone) for tone in ("good", "warn", "bad")}
        self.grounds |= {"": theme.color("hover"), "accent": theme.color("selected")}
        self.tones = {tone: theme.color(tone or "text2") for tone in self.grounds}


@lru_cache(maxsize=4)
def _ink_of(theme: Theme) -> _Ink:
    return _Ink(theme)


def paint_pill(painter: QPainter, theme: Theme, rect: QRect, remark: Remark) -> int:
    """Draw a pill at the left of ``rect``, in the middle of its height; returns its width."""
    if not remark.words:
        return 0
    ink = _ink_of(theme)
    metrics = ink.metrics["small"]
    text = metrics.elidedText(remark.words, Qt.TextElideMode.ElideRight, max(0, rect.width() - 12))
    width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 4
    box = QRectF(rect.left(), rect.top() + (rect.height() - height) / 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.grounds[remark.tone])
    painter.drawRoundedRect(box, 4, 4)
    painter.setFont(ink.fonts["small"])
    painter.setPen(ink.tones[remark.tone])
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
    return int(width)


class ModelDelegate(QStyledItemDelegate):
    """Draws the cells. A model whose drive is away is drawn pale."""

    def __init__(self, view: QAbstractItemView, items: ModelItems) -> None:
        super().__init__(view)
        self._items = items
        self._theme = Theme()
        self._ink = _ink_of(self._theme)
        self.hovered = -1
        """The row under the mouse."""
        self.whole_names = False
        """Show the quantization in the name too, because its own column is not there."""

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self._ink = _ink_of(theme)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(80, self._theme.px(36))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = self._items.model(index.row())
        if model is None:
            return
        rect: QRect = option.rect
        column = self._items.columns[index.column()]
        painter.save()
        self._ground(painter, option, index)
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        if column.key == "name":
            self._name(painter, inside, model)
        elif column.key == "fit":
            paint_pill(painter, self._theme, inside, self._items.remark(model))
        else:
            text = column.text(model)
            if text:
                color = self._ink.pale if model.offline else self._ink.colors["text"]
                painter.setPen(color)
                self._line(painter, inside, text, "base", _RIGHT if column.number else _LEFT)
        painter.restore()

    def _line(self, painter: QPainter, rect: QRect, text: str, font: str, side: int) -> None:
        metrics = self._ink.metrics[font]
        if len(text) * metrics.maxWidth() > rect.width():  # most are short enough, at a glance
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.setFont(self._ink.fonts[font])
        painter.drawText(rect, side, text)

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colors, rect = self._ink.colors, option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, colors["selected"])
        elif index.row() == self.hovered:
            painter.fillRect(rect, colors["hover"])
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colors["line"])
        if index.column() == 0 and option.state & QStyle.StateFlag.State_HasFocus:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), colors["accent"])

    def _name(self, painter: QPainter, rect: QRect, model: Model) -> None:
        """The name, then what is to be known at once: in memory, the starter, a warning, tags."""
        ink = self._ink
        marks = self._marks(model)
        small, strong = ink.metrics["small"], ink.metrics["strong"]
        taken = sum(small.horizontalAdvance(m.words) + 18 for m in marks)
        tags = [Remark(tag) for tag in model.tags[:2]]  # they take only what the name leaves
        warned = model.verdict is Verdict.LOOK
        size = self._theme.px(14)
        taken += size + 6 if warned else 0
        room = max(rect.width() - taken, min(rect.width(), self._theme.px(90)))
        full = model.name if self.whole_names else words.short_name(model)
        name = strong.elidedText(full, Qt.TextElideMode.ElideMiddle, room)
        painter.setFont(ink.fonts["strong"])
        painter.setPen(ink.pale if model.offline else ink.colors["text"])
        painter.drawText(rect, _LEFT, name)
        left = rect.left() + strong.horizontalAdvance(name) + 8
        if warned and left + size <= rect.right():
            box = QRectF(left, rect.top() + (rect.height() - size) / 2, size, size)
            icons.paint(painter, "alert", box, ink.colors["warn"])
            left += size + 6
        for mark in (*marks, *tags):
            free = QRect(left, rect.top(), rect.right() - left, rect.height())
            if free.width() < self._theme.px(28):
                break
            left += paint_pill(painter, self._theme, free, mark) + 6

    def _marks(self, model: Model) -> list[Remark]:
        found = []
        state = self._items.state(model)
        if state.fraction is not None:
            found.append(Remark(self.tr("Loading {0} %").format(round(state.fraction * 100)), "accent"))
        elif state.loaded:
            found.append(Remark(self.tr("Loaded"), "good"))
        if model.starter and model.name != "Starter":  # it has been given another name
            found.append(Remark(self.tr("Starter")))
        if len(model.homes) > 1:
            found.append(Remark(self.tr("{0} places").format(len(model.homes))))
        return found

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:  # fmt: skip
        """The cell's own tooltip, else its text where it is cut off."""
        if event.type() != QEvent.Type.ToolTip:
            return super().helpEvent(event, view, option, index)
        tip = index.data(Qt.ItemDataRole.ToolTipRole) or ""
        text = index.data() or ""
        if not tip and view.fontMetrics().horizontalAdvance(text) > option.rect.width() - 2 * PAD:
            tip = text
        QToolTip.showText(event.globalPos(), plain_tip(tip), view)
        return True
