"""The small parts of a message: a displayed formula, the header over thinking, attachments, and marks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF

from slmdesk.core.chat import Attachment
from slmdesk.ui.widgets.markdown.maths import Formula, FormulaKey
from slmdesk.ui.widgets.transcript.box import Action, Box, Marks, Target
from slmdesk.ui.widgets.transcript.message import tr
from slmdesk.ui.widgets.transcript.style import Style


class MathsBox(Box):
    """A displayed formula in the middle of the column; its source as text until it is set, and if it cannot be."""

    def __init__(self, source: str) -> None:
        self.text = f"$${source}$$"
        self._source = source
        self._formula: Formula | None = None

    def layout(self, style: Style, width: float) -> None:
        """Take the formula if it is ready, and shrink it where it is too wide."""
        self._style, self._width = style, width
        key = FormulaKey(
            self._source, display=True, pixels=round(style.body.pixelSize() * 1.15), color=style.text.name()
        )
        formula = style.formulas.get(key)
        self.waiting = formula is None
        self._formula = formula if formula and not formula.failed else None
        if self._formula:
            self._scale = min(1.0, width / max(1.0, self._formula.width))
            self.height = round((self._formula.ascent + self._formula.descent) * self._scale + style.gap)
        else:
            self._lines = self._source.split("\n")
            self.height = style.mono_line * len(self._lines)
        self.natural_width = width

    def paint(self, painter: QPainter, at: QPointF, _clip: QRectF, marks: Marks) -> None:
        """Draw the formula, or its source."""
        style = self._style
        if marks.end > marks.start:
            painter.fillRect(QRectF(at.x(), at.y(), self._width, self.height), style.selection)
        if self._formula is None:
            painter.setFont(style.mono)
            painter.setPen(style.text)
            for number, line in enumerate(self._lines):
                rect = QRectF(at.x(), at.y() + number * style.mono_line, self._width, style.mono_line)
                painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, line)
            return
        painter.save()
        left = at.x() + (self._width - self._formula.width * self._scale) / 2
        painter.translate(left, at.y() + style.gap / 2 + self._formula.ascent * self._scale)
        painter.scale(self._scale, self._scale)
        self._formula.draw(painter, QPointF(0, 0))
        painter.restore()


class FoldBox(Box):
    """The header over thinking: a small triangle and "Thought for 3.2 s"; a click folds and unfolds."""

    def __init__(self, words: str, *, unfolded: bool, foldable: bool = True) -> None:
        self.words, self._unfolded, self._foldable = words, unfolded, foldable

    def layout(self, style: Style, width: float) -> None:
        """One line."""
        self._style, self._width = style, width
        self.height = round(style.small.pixelSize() * 1.9)
        self.natural_width = width

    def paint(self, painter: QPainter, at: QPointF, _clip: QRectF, _marks: Marks) -> None:
        """Draw the triangle and the words."""
        style = self._style
        painter.setFont(style.small)
        x, middle, size = at.x(), at.y() + self.height / 2, style.small.pixelSize() * 0.28
        if self._foldable:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(style.text2)
            a, b = (size, 0.8 * size) if self._unfolded else (0.8 * size, size)
            if self._unfolded:
                corners = [QPointF(x, middle - b), QPointF(x + 2 * a, middle - b), QPointF(x + a, middle + b)]
            else:
                corners = [QPointF(x, middle - b), QPointF(x + 2 * a, middle), QPointF(x, middle + b)]
            painter.drawPolygon(QPolygonF(corners))
            x += style.small.pixelSize() * 0.85
        painter.setPen(style.text2)
        painter.drawText(QRectF(x, at.y(), self._width, self.height), Qt.AlignmentFlag.AlignVCenter, self.words)

    def target(self, point: QPointF) -> Target | None:
        """The header itself."""
        inside = (
            0 <= point.y() < self.height
            and point.x()
            < QFontMetricsF(self._style.small).horizontalAdvance(self.words) + 3 * self._style.small.pixelSize()
        )
        return Target(Action.THINKING) if self._foldable and inside else None


class MarkBox(Box):
    """A line across the column with words in it, such as "Not sent: the context was full"."""

    def __init__(self, words: str) -> None:
        self._words = words

    def layout(self, style: Style, width: float) -> None:
        """One line."""
        self._style, self._width = style, width
        self.height = style.line_height

    def paint(self, painter: QPainter, at: QPointF, _clip: QRectF, _marks: Marks) -> None:
        """Draw the words between two lines."""
        style = self._style
        size = QFontMetricsF(style.small).horizontalAdvance(self._words) + 24
        middle = round(at.y() + self.height / 2) - 0.5
        left = at.x() + (self._width - size) / 2
        painter.setPen(QPen(style.line, 1))
        painter.drawLine(QPointF(at.x(), middle), QPointF(left, middle))
        painter.drawLine(QPointF(left + size, middle), QPointF(at.x() + self._width, middle))
        painter.setPen(style.text2)
        painter.setFont(style.small)
        painter.drawText(QRectF(left, at.y(), size, self.height), Qt.AlignmentFlag.AlignCenter, self._words)


class ChipsBox(Box):
    """The attachments of a message, each a chip with its name and token count."""

    def __init__(self, attachments: Sequence[Attachment]) -> None:
        count = QLocale().toString
        self._labels = [
            a.name + (" · " + tr("{0} tokens").format(count(a.tokens)) if a.tokens else "") for a in attachments
        ]

    def layout(self, style: Style, width: float) -> None:
        """Chips side by side, wrapping into rows."""
        self._style = style
        metrics = QFontMetricsF(style.small)
        step, x, y, self._chips = style.theme.px(26), 0.0, 0.0, []
        self.natural_width = 0.0
        for label in self._labels:
            shown = metrics.elidedText(label, Qt.TextElideMode.ElideMiddle, min(width, 320) - 18)
            size = metrics.horizontalAdvance(shown) + 18
            if x and x + size > width:
                x, y = 0.0, y + step
            self._chips.append((QRectF(x, y, size, step - 4), shown))
            x += size + 6
            self.natural_width = max(self.natural_width, x - 6)
        self.height = round(y + step)

    def paint(self, painter: QPainter, at: QPointF, _clip: QRectF, _marks: Marks) -> None:
        """Draw the chips."""
        style = self._style
        painter.setFont(style.small)
        for rect, label in self._chips:
            painter.setPen(QPen(style.line, 1))
            painter.setBrush(style.canvas)
            painter.drawRoundedRect(rect.translated(at), 6, 6)
            painter.setPen(style.text2)
            painter.drawText(rect.translated(at), Qt.AlignmentFlag.AlignCenter, label)
