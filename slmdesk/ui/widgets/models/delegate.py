"""How a cell of the table of models is drawn: plain text, a name with its marks, or a pill."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from slmdesk.core.models import Model, Verdict
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.controls import plain_tip
from slmdesk.ui.widgets.models.items import MODEL_ROLE, REMARK_ROLE, STATE_ROLE, Index, LoadState
from slmdesk.ui.widgets.models.words import Remark

PAD = 10


def paint_pill(painter: QPainter, theme: Theme, rect: QRect, remark: Remark) -> int:
    """Draw a pill at the left of ``rect``, in the middle of its height; returns its width."""
    painter.setFont(theme.font("small"))
    metrics = painter.fontMetrics()
    text = metrics.elidedText(remark.words, Qt.TextElideMode.ElideRight, max(0, rect.width() - 12))
    width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 4
    box = QRectF(rect.left(), rect.top() + (rect.height() - height) / 2, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    ground = {"": theme.color("hover"), "accent": theme.color("selected")}
    painter.setBrush(ground[remark.tone] if remark.tone in ground else theme.tint(remark.tone))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(theme.color(remark.tone or "text2"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    return int(width)


class ModelDelegate(QStyledItemDelegate):
    """Draws the cells. A model whose drive is away is drawn pale."""

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self.theme = Theme()
        self.hovered = -1
        """The row under the mouse."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(80, self.theme.px(36))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model: Model | None = index.data(MODEL_ROLE)
        if model is None:
            return
        theme, rect = self.theme, option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option, index)
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        remark: Remark = index.data(REMARK_ROLE)
        if index.column() == 0:
            self._name(painter, inside, model, index.data(STATE_ROLE))
        elif remark.words:
            paint_pill(painter, theme, inside, remark)
        else:
            painter.setFont(theme.font("base"))
            painter.setPen(theme.blend("text2", "canvas", 0.75) if model.offline else theme.color("text"))
            text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, inside.width())
            number = index.model().headerData(
                index.column(), Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole
            )
            painter.drawText(inside, int(number), text)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, rect = self.theme, option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color("selected"))
        elif index.row() == self.hovered:
            painter.fillRect(rect, theme.color("hover"))
        painter.setPen(theme.color("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if option.state & QStyle.StateFlag.State_HasFocus and index.column() == 0:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), theme.color("accent"))

    def _name(self, painter: QPainter, rect: QRect, model: Model, state: LoadState) -> None:
        """The name, then what is to be known at once: in memory, the starter, a warning, tags."""
        theme = self.theme
        marks = _marks(self, model, state)
        painter.setFont(theme.font("small"))
        taken = sum(painter.fontMetrics().horizontalAdvance(m.words) + 18 for m in marks)
        warned = model.verdict is Verdict.LOOK
        size = theme.px(14)
        taken += size + 6 if warned else 0
        room = max(rect.width() - taken, min(rect.width(), theme.px(90)))
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.blend("text2", "canvas", 0.75) if model.offline else theme.color("text"))
        name = painter.fontMetrics().elidedText(model.name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        left = rect.left() + painter.fontMetrics().horizontalAdvance(name) + 8
        if warned and left + size <= rect.right():
            box = QRectF(left, rect.top() + (rect.height() - size) / 2, size, size)
            icons.paint(painter, "alert", box, theme.color("warn"))
            left += size + 6
        for mark in marks:
            free = QRect(left, rect.top(), rect.right() - left, rect.height())
            if free.width() < theme.px(28):
                break
            left += paint_pill(painter, theme, free, mark) + 6

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


def _marks(owner: QObject, model: Model, state: LoadState) -> list[Remark]:
    found = []
    if state.fraction is not None:
        found.append(Remark(owner.tr("Loading {0} %").format(round(state.fraction * 100)), "accent"))
    elif state.loaded:
        found.append(Remark(owner.tr("Loaded"), "good"))
    if model.starter:
        found.append(Remark(owner.tr("Starter")))
    if len(model.homes) > 1:
        found.append(Remark(owner.tr("{0} places").format(len(model.homes))))
    found.extend(Remark(tag) for tag in model.tags[:2])
    return found
