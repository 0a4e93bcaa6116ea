"""Size against loss as bubbles: how much smaller, how much worse, and how fast, in one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import plain_tip

LEAST_KL = 1e-6
"""Divergences below this are drawn here: a logarithm has no place for zero."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 84, 14, 30
_SMALLEST, _LARGEST = 4.5, 11.0


@dataclass(frozen=True, slots=True)
class Bubble:
    """One file: its size in bytes, its KL divergence in nats, and its speed in tokens a second (0: not measured).

    ``key`` tells it from the others, ``tip`` is what hovering shows; ``front``: on the Pareto front.
    """

    key: int
    name: str
    size: int
    kl: float
    speed: float = 0.0
    front: bool = False
    tip: str = ""


class BubbleChart(QWidget):
    """Files by size and by KL divergence on a log scale; the area tells the speed, a dashed line the Pareto front.

    Hovering tells the figures, a click or the arrow keys choose (``chosen`` carries the key), the wheel zooms into the
    sizes around the pointer, and a double click shows all again.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = Theme()
        self._bubbles: tuple[Bubble, ...] = ()
        self._current = -1
        self._hovered = -1
        self._range: tuple[float, float] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Chart of size against KL divergence"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(440, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 190)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.update()

    def set_bubbles(self, bubbles: Sequence[Bubble]) -> None:
        """Show these files; the zoom stays where they are the same ones."""
        if {b.key for b in bubbles} != {b.key for b in self._bubbles}:
            self._range = None
        self._bubbles = tuple(sorted(bubbles, key=lambda b: b.size))
        words = ", ".join(f"{b.name}: {fmt.disk_size(b.size)}, KL {b.kl:.4f}" for b in self._bubbles)
        self.setAccessibleDescription(words)
        self.update()

    def set_current(self, key: int) -> None:
        """Mark a file as chosen; -1 for none."""
        self._current = key
        self.update()

    # ---- where things are ------------------------------------------------------------------------------------------

    def _sizes(self) -> tuple[float, float]:
        """The sizes at the left and right edge."""
        if self._range is not None:
            return self._range
        sizes = [b.size for b in self._bubbles]
        room = max(0.08 * (max(sizes) - min(sizes)), 0.02 * max(sizes), 1.0)
        return max(0.0, min(sizes) - room), max(sizes) + room

    def _powers(self) -> tuple[float, float]:
        """The logarithms at the lower and upper edge."""
        logs = [math.log10(max(b.kl, LEAST_KL)) for b in self._bubbles]
        return min(logs) - 0.25, max(logs) + 0.25

    def _plot(self) -> QRectF:
        scale = self._theme.scale
        return QRectF(self.rect()).adjusted(_LEFT * scale, _TOP, -_RIGHT * scale, -_BOTTOM * scale)

    def place(self, bubble: Bubble) -> QPointF:
        """Where a bubble's centre is."""
        plot, (low, high), (least, most) = self._plot(), self._powers(), self._sizes()
        x = plot.left() + (bubble.size - least) / (most - least) * plot.width()
        y = plot.bottom() - (math.log10(max(bubble.kl, LEAST_KL)) - low) / (high - low) * plot.height()
        return QPointF(x, y)

    def _radius(self, bubble: Bubble) -> float:
        """Its area grows with the speed."""
        fastest = max((b.speed for b in self._bubbles), default=0.0)
        share = math.sqrt(bubble.speed / fastest) if fastest and bubble.speed else 0.0
        return (_SMALLEST + (_LARGEST - _SMALLEST) * share) * self._theme.scale

    def _at(self, point: QPointF) -> Bubble | None:
        near = [(QPointF.dotProduct(d := self.place(b) - point, d), b) for b in self._bubbles]
        reach = [(away, b) for away, b in near if away <= (self._radius(b) + 4) ** 2]
        return min(reach, key=lambda found: found[0])[1] if reach else None

    # ---- drawing ---------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font("small"))
        if not self._bubbles:
            painter.setPen(self._theme.color("text2"))
            words = self.tr("The picture appears with the first measured file")
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
            return
        self._paint_axes(painter)
        plot = self._plot()
        painter.setClipRect(QRectF(self.rect()).adjusted(plot.left() - 14, 0, 0, 0))
        line = [self.place(b) for b in self._bubbles if b.front]
        painter.setPen(QPen(self._theme.color("accent"), 1.4, Qt.PenStyle.DashLine))
        painter.drawPolyline(line)
        taken: list[QRectF] = []
        for bubble in self._ordered():
            self._paint_bubble(painter, bubble)
        for bubble in self._ordered():
            self._paint_name(painter, bubble, taken)
        if self.hasFocus():
            painter.setClipping(False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _ordered(self) -> list[Bubble]:
        """The chosen one last, so that it is on top; those of the front before the others' names."""
        return sorted(self._bubbles, key=lambda b: (b.key == self._current, b.front))

    def _paint_axes(self, painter: QPainter) -> None:
        plot, (low, high), (least, most) = self._plot(), self._powers(), self._sizes()
        words = self._theme.color("text2")
        for power in range(math.ceil(low), math.floor(high) + 1):
            y = plot.bottom() - (power - low) / (high - low) * plot.height()
            painter.setPen(self._theme.color("line"))
            painter.drawLine(QPointF(plot.left(), y), QPointF(self.width() - 12, y))
            painter.setPen(words)
            box = QRectF(0, y - 10, plot.left() - 8, 20)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{10.0**power:g}")
        painter.setPen(words)
        for turn in range(4):
            size = least + (most - least) * turn / 3
            x = plot.left() + plot.width() * turn / 3
            box = QRectF(x - 45, plot.bottom() + 6, 90, 20)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, fmt.disk_size(round(size)))

    def _paint_bubble(self, painter: QPainter, bubble: Bubble) -> None:
        strong = bubble.key in {self._current, self._hovered}
        color = self._theme.color("accent" if bubble.front or bubble.key == self._current else "text2")
        color.setAlphaF(1.0 if strong else 0.6)
        painter.setBrush(color)
        painter.setPen(QPen(self._theme.color("surface"), 1.5))
        radius = self._radius(bubble)
        painter.drawEllipse(self.place(bubble), radius, radius)

    def _paint_name(self, painter: QPainter, bubble: Bubble, taken: list[QRectF]) -> None:
        """Its name beside it, in the first of four places where no other name is; no name where there is none."""
        chosen = bubble.key == self._current
        painter.setFont(self._theme.font("strong" if chosen else "small"))
        metrics, centre, radius = painter.fontMetrics(), self.place(bubble), self._radius(bubble)
        width, height = metrics.horizontalAdvance(bubble.name) + 2, metrics.height()
        right, left = centre.x() + radius + 3, centre.x() - radius - 3 - width
        boxes = [
            QRectF(right, centre.y() - height - 1, width, height),
            QRectF(right, centre.y() + 1, width, height),
            QRectF(left, centre.y() + 1, width, height),
            QRectF(left, centre.y() - height - 1, width, height),
        ]
        room = QRectF(self.rect())
        free = [b for b in boxes if room.contains(b) and not any(b.intersects(t) for t in taken)]
        if not free and not chosen:
            return
        box = free[0] if free else boxes[0]
        taken.append(box)
        painter.setPen(self._theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, bubble.name)

    # ---- pointing --------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        key = found.key if found else -1
        if key != self._hovered:
            self._hovered = key
            self.setCursor(Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found is not None:
            self._choose(found)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self._range = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._bubbles or not event.angleDelta().y():
            return
        plot, (least, most) = self._plot(), self._sizes()
        share = min(1.0, max(0.0, (event.position().x() - plot.left()) / max(1.0, plot.width())))
        factor = 0.8 if event.angleDelta().y() > 0 else 1.25
        at, width = least + share * (most - least), (most - least) * factor
        self._range = None
        whole = self._sizes()
        if width < whole[1] - whole[0]:
            begin = max(whole[0], min(at - share * width, whole[1] - width))
            self._range = (begin, begin + max(width, 1.0))
        self.update()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._bubbles:
            super().keyPressEvent(event)
            return
        keys = [b.key for b in self._bubbles]
        place = keys.index(self._current) + step if self._current in keys else 0
        self._choose(self._bubbles[max(0, min(len(keys) - 1, place))])

    def _choose(self, bubble: Bubble) -> None:
        self.set_current(bubble.key)
        self.chosen.emit(bubble.key)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._at(QPointF(event.pos()))
            if found is not None:
                QToolTip.showText(event.globalPos(), plain_tip(found.tip or found.name), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()
        super().leaveEvent(event)

    def point(self, key: int) -> QPoint:
        """Where a file is drawn, in whole pixels."""
        return next(self.place(b).toPoint() for b in self._bubbles if b.key == key)
