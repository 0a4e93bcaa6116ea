"""A listing in its frame: the language, Wrap and Copy above, the lines below, coloured when there is time."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QTextCharFormat, QTextLayout, QTextOption

from slmdesk.ui.widgets.markdown.code import Tone, highlight, language_name
from slmdesk.ui.widgets.transcript.box import Action, Box, Marks, Target, finds, paint_bar
from slmdesk.ui.widgets.transcript.message import tr
from slmdesk.ui.widgets.transcript.style import Style
from slmdesk.ui.widgets.transcript.units import Units

_KEPT_LINES = 400
_TAB = "    "


class CodeBox(Box):
    """A listing. It lays out only the lines that are painted, so its length does not matter."""

    def __init__(self, text: str, info: str = "") -> None:
        self.text = text.replace("\t", _TAB)
        self.language = language_name(info)
        self.wrap = False
        self.note = ""
        self.colored = False
        self.raw = text
        self._tokens: Iterator[tuple[int, int, Tone]] | None = None
        self._tones: list[tuple[int, int, Tone]] = []
        self._layouts: dict[int, QTextLayout] = {}
        self._buttons: list[tuple[QRectF, Target]] = []
        self._labels: list[str] = []
        self._scroll = 0.0
        self._split()

    def _split(self) -> None:
        self._lines = self.text.split("\n")
        self._starts = list(accumulate((len(line) + 1 for line in self._lines), initial=0))
        self._widest = max(self._lines, key=len)

    def append(self, text: str) -> None:
        """More of a listing that is still being written; :meth:`layout` has to follow."""
        self.raw += text
        text = text.replace("\t", _TAB)
        self.text += text
        more = text.split("\n")
        last = len(self._lines) - 1
        self._layouts.pop(last, None)
        self._lines[last] += more[0]
        self._lines.extend(more[1:])
        del self._starts[last + 1 :]
        for line in self._lines[last:]:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._widest = max((self._widest, *self._lines[last:]), key=len)

    def layout(self, style: Style, width: float) -> None:
        """Work out the height; lines that wrap are counted."""
        self._style, self._width = style, width
        self._layouts.clear()
        self._head = style.theme.px(32)
        self._step = style.mono_line
        self._content = max(40.0, width - 2 * style.pad)
        if self.wrap:
            columns = max(8, int(self._content / style.mono_width))
            rows = [self._rows(line, columns) for line in self._lines]
        else:
            rows = [1] * len(self._lines)
        self._row_at = list(accumulate(rows, initial=0))
        self.height = self._head + self._row_at[-1] * self._step + 2 * style.pad - 2
        widest = QFontMetricsF(style.mono).horizontalAdvance(self._widest[:5_000])
        self._overflow = 0.0 if self.wrap else max(0.0, max(widest, 0.0) - self._content)
        self._scroll = min(self._scroll, self._overflow)
        self.natural_width = width
        self._place_buttons(style)

    def _rows(self, line: str, columns: int) -> int:
        if line.isascii():
            return max(1, -(-len(line) // columns))
        return max(1, self._line_layout_of(line, []).lineCount())

    def _place_buttons(self, style: Style) -> None:
        metrics = QFontMetricsF(style.small)
        right = self._width - style.pad
        self._buttons, self._labels = [], []
        for label, target in (
            (self.note or tr("Copy"), Target(Action.COPY, self.raw)),
            (tr("No wrap") if self.wrap else tr("Wrap"), Target(Action.WRAP)),
        ):
            size = metrics.horizontalAdvance(label)
            self._buttons.append((QRectF(right - size, 0, size, self._head), target))
            self._labels.append(label)
            right -= size + 12

    def set_note(self, note: str) -> None:
        """Say something in place of Copy, such as "Copied"; nothing puts Copy back."""
        self.note = note
        self._place_buttons(self._style)

    def color(self, deadline: float) -> None:
        """Read colours until ``deadline`` (of ``time.perf_counter``); ``colored`` says when all are known."""
        if self._tokens is None:
            known, lexer = self._style.lexers.get(self.language)
            if not known:
                return
            self._tokens = highlight(self.text, lexer)
        before = len(self._tones)
        for token in self._tokens:
            self._tones.append(token)
            if time.perf_counter() > deadline:
                break
        else:
            self.colored = True
        if len(self._tones) > before:
            self._layouts.clear()

    def _formats(self, number: int) -> list[QTextLayout.FormatRange]:
        """The colours of one line."""
        first, last = self._starts[number], self._starts[number] + len(self._lines[number])
        of = Units(self._lines[number]).of
        found = []
        at = max(0, bisect_right(self._tones, (first, first)) - 1) if self._tones else 0
        for start, end, tone in self._tones[at:]:
            if start >= last:
                break
            if end > first:
                form = QTextCharFormat()
                form.setForeground(self._style.tones[tone])
                part = QTextLayout.FormatRange()
                part.start = of(max(start, first) - first)
                part.length = of(min(end, last) - first) - part.start
                part.format = form
                found.append(part)
        return found

    def _line_layout_of(self, line: str, formats: list[QTextLayout.FormatRange]) -> QTextLayout:
        layout = QTextLayout(line[:20_000], self._style.mono)
        option = QTextOption()
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        option.setWrapMode(QTextOption.WrapMode.WrapAnywhere if self.wrap else QTextOption.WrapMode.NoWrap)
        layout.setTextOption(option)
        layout.setFormats(formats)
        layout.beginLayout()
        row = 0
        while (part := layout.createLine()).isValid():
            part.setLineWidth(self._content if self.wrap else 1e6)
            part.setPosition(QPointF(0, row * self._step + (self._step - part.height()) / 2))
            row += 1
        layout.endLayout()
        return layout

    def _line(self, number: int) -> QTextLayout:
        layout = self._layouts.get(number)
        if layout is None:
            if len(self._layouts) > _KEPT_LINES:
                self._layouts.clear()
            layout = self._line_layout_of(self._lines[number], self._formats(number))
            self._layouts[number] = layout
        return layout

    def paint(self, painter: QPainter, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paint the frame, its header, and the lines inside ``clip``."""
        self._paint_frame(painter, at)
        top = at.y() + self._head + self._style.pad - 1
        first = max(0, bisect_right(self._row_at, (clip.top() - top) / self._step) - 1)
        painter.save()
        inner = QRectF(at.x() + 1, at.y() + self._head, self._width - 2, self.height - self._head)
        painter.setClipRect(inner, Qt.ClipOperation.IntersectClip)
        painter.setPen(self._style.text)
        for number in range(first, len(self._lines)):
            y = top + self._row_at[number] * self._step
            if y > clip.bottom():
                break
            self._paint_line(painter, number, QPointF(at.x() + self._style.pad - self._scroll, y), marks)
        painter.restore()
        if self._overflow > 0:
            track = QRectF(at.x() + self._style.pad, at.y() + self.height - 7, self._width - 2 * self._style.pad, 4)
            paint_bar(painter, self._style, track, self._scroll, self._overflow)

    def _paint_frame(self, painter: QPainter, at: QPointF) -> None:
        style, frame = self._style, QRectF(at.x() + 0.5, at.y() + 0.5, self._width - 1, self.height - 1)
        painter.setPen(QPen(style.line, 1))
        painter.setBrush(style.code)
        path = QPainterPath()
        path.addRoundedRect(frame, style.card_radius, style.card_radius)
        painter.drawPath(path)
        line = at.y() + self._head - 0.5
        painter.drawLine(QPointF(at.x() + 1, line), QPointF(at.x() + self._width - 1, line))
        painter.setFont(style.small)
        painter.setPen(style.text2)
        left = QRectF(at.x() + style.pad, at.y(), self._buttons[-1][0].left() - 2 * style.pad, self._head)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(left, middle, self.language or tr("text"))
        for (rect, _), label in zip(self._buttons, self._labels, strict=True):
            painter.drawText(rect.translated(at).adjusted(0, 0, 2, 0), middle, label)

    def _paint_line(self, painter: QPainter, number: int, at: QPointF, marks: Marks) -> None:
        first, size = self._starts[number], len(self._lines[number])
        color = self._style.hit_now if marks.now else self._style.hit
        of = Units(self._lines[number]).of
        ranges = [_range(of(a), of(b), color) for a, b in finds(self._lines[number], marks.find)]
        start, end = max(marks.start - first, 0), min(marks.end - first, size)
        if end > start:
            ranges.append(_range(of(start), of(end), self._style.selection))
        self._line(number).draw(painter, at, ranges)

    def scroll_by(self, pixels: float) -> bool:
        """Scroll the lines sideways."""
        wanted = min(max(0.0, self._scroll + pixels), self._overflow)
        moved = wanted != self._scroll
        self._scroll = wanted
        return moved or self._overflow > 0

    def position(self, point: QPointF) -> int:
        """The place in the text nearest to ``point``."""
        y = point.y() - self._head - self._style.pad
        if y < 0:
            return 0
        row = int(y // self._step)
        if row >= self._row_at[-1]:
            return len(self.text)
        number = min(bisect_right(self._row_at, row) - 1, len(self._lines) - 1)
        layout = self._line(number)
        line = layout.lineAt(min(row - self._row_at[number], layout.lineCount() - 1))
        unit = int(line.xToCursor(point.x() - self._style.pad + self._scroll))
        return self._starts[number] + Units(self._lines[number]).place(unit)

    def target(self, point: QPointF) -> Target | None:
        """Wrap and Copy in the header."""
        for rect, target in self._buttons:
            if rect.adjusted(-6, 0, 6, 0).contains(point):
                return target
        return None

    def end_point(self) -> QPointF:
        """Where the last line ends."""
        line = self._line(len(self._lines) - 1).lineAt(0)
        y = self._head + self._style.pad + (self._row_at[-1] - 1) * self._step
        return QPointF(self._style.pad + line.naturalTextWidth() - self._scroll, y)


def _range(start: int, end: int, color: QColor) -> QTextLayout.FormatRange:
    form = QTextCharFormat()
    form.setBackground(color)
    found = QTextLayout.FormatRange()
    found.start, found.length, found.format = start, end - start, form
    return found
