"""A table: columns as wide as they need, drawn with thin lines, scrolled sideways when the page is too narrow."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from slmdesk.ui.widgets.markdown.blocks import Align, Table
from slmdesk.ui.widgets.transcript.box import Box, Marks, Target, paint_bar
from slmdesk.ui.widgets.transcript.style import Style
from slmdesk.ui.widgets.transcript.text_box import TextBox

_SLACK = 2.0
"""Pixels by which a measured text and the same text laid out may differ."""
_ALIGN = {
    Align.LEFT: Qt.AlignmentFlag.AlignLeft,
    Align.CENTER: Qt.AlignmentFlag.AlignHCenter,
    Align.RIGHT: Qt.AlignmentFlag.AlignRight,
}


class TableBox(Box):
    """A table; its text for the clipboard has tabs between cells and a line per row."""

    def __init__(self, table: Table) -> None:
        self._columns = max(1, len(table.aligns))
        self._cells: list[list[TextBox]] = []
        for number, row in enumerate(table.rows):
            cells = [*row[: self._columns], *([()] * (self._columns - len(row)))]
            self._cells.append(
                [
                    TextBox(spans, role="small" if number == 0 else "cell", bold=number == 0, align=_ALIGN[align])
                    for spans, align in zip(cells, table.aligns, strict=False)
                ]
            )
        self._scroll = 0.0
        self._overflow = 0.0
        self._starts: list[tuple[int, int, int]] = []
        self._natural: list[float] = []
        self._sizes: list[list[tuple[float, int]]] = []
        self._column_widths: list[float] = []
        self._laid_out: set[tuple[int, int]] = set()

    def layout(self, style: Style, width: float) -> None:
        """Give every column its width, then every row its height."""
        self._style, self._width = style, width
        pad = style.theme.px(10)
        if not self._natural or self.waiting:
            self._measure(style)
        widths = self._widths(width - 2 * pad * self._columns, style.theme.px(72))
        self._xs = [float(pad)]
        for size in widths:
            self._xs.append(self._xs[-1] + size + 2 * pad)
        self._total = self._xs[-1] - pad
        self._overflow = max(0.0, self._total - width)
        self._scroll = min(self._scroll, self._overflow)
        self._ys = [0.0]
        row_pad = style.theme.px(8)
        self._column_widths = widths
        self._laid_out = set()
        for number, row in enumerate(self._cells):
            heights = [self._cell_height(number, column, cell) for column, cell in enumerate(row)]
            self._ys.append(self._ys[-1] + max(heights) + 2 * row_pad)
        self.height = round(self._ys[-1]) + (8 if self._overflow else 0)
        self.natural_width = width

    def _cell_height(self, row: int, column: int, cell: TextBox) -> int:
        """The height of a cell; one that surely fits on a line is laid out only when it is painted."""
        width, height = self._sizes[row][column]
        if width + _SLACK <= self._column_widths[column]:
            cell.height = height
            return height
        return self._ready(row, column).height

    def _ready(self, row: int, column: int) -> TextBox:
        """A cell, laid out."""
        cell = self._cells[row][column]
        if (row, column) not in self._laid_out:
            self._laid_out.add((row, column))
            cell.layout(self._style, self._column_widths[column])
        return cell

    def _measure(self, style: Style) -> None:
        """Learn every cell's size on one line; also collects the text."""
        self._sizes = []
        self._natural = [0.0] * self._columns
        self._starts = []
        parts: list[str] = []
        at = 0
        self.waiting = False
        for number, row in enumerate(self._cells):
            self._sizes.append([])
            for column, cell in enumerate(row):
                size = cell.measure(style)
                if size is None:
                    cell.layout(style, 1e5)
                    size = (cell.natural_width, cell.height)
                self.waiting = self.waiting or cell.waiting
                self._sizes[-1].append(size)
                self._natural[column] = max(self._natural[column], size[0] + _SLACK)
                self._starts.append((at, number, column))
                end = "\n" if column == self._columns - 1 else "\t"
                parts.append(cell.plain_text + end)
                at += len(cell.plain_text) + 1
        self.text = "".join(parts).removesuffix("\n")

    def _widths(self, room: float, least: float) -> list[float]:
        """The columns' widths: natural ones and a share of what is left over, or shrunk but not below ``least``."""
        natural = self._natural
        total = sum(natural)
        if total <= room:
            spare = (room - total) / self._columns
            return [size + spare for size in natural]
        fixed = {n for n, size in enumerate(natural) if size <= max(least, room / self._columns)}
        left = room - sum(natural[n] for n in fixed)
        wide = sum(natural[n] for n in range(self._columns) if n not in fixed)
        return [size if n in fixed else max(min(size, 2 * least), left * size / wide) for n, size in enumerate(natural)]

    def paint(self, painter: QPainter, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paint the rows inside ``clip`` and a line under each."""
        style = self._style
        painter.save()
        painter.setClipRect(QRectF(at.x(), at.y(), self._width, self.height), Qt.ClipOperation.IntersectClip)
        left = at.x() - self._scroll
        index = 0
        for number, row in enumerate(self._cells):
            top, bottom = at.y() + self._ys[number], at.y() + self._ys[number + 1]
            if bottom >= clip.top() and top <= clip.bottom():
                for column in range(len(row)):
                    cell = self._ready(number, column)
                    start = self._starts[index + column][0]
                    own = Marks(
                        max(0, marks.start - start), min(len(cell.text), marks.end - start), marks.find, marks.now
                    )
                    y = top + (bottom - top - cell.height) / 2
                    cell.paint(painter, QPointF(left + self._xs[column], y), clip, own)
                painter.setPen(QPen(style.line, 1))
                y = round(bottom) - 0.5
                painter.drawLine(QPointF(left, y), QPointF(left + max(self._total, self._width), y))
            index += len(row)
        painter.restore()
        if self._overflow > 0:
            track = QRectF(at.x(), at.y() + self.height - 5, self._width, 4)
            paint_bar(painter, style, track, self._scroll, self._overflow)

    def _cell_at(self, point: QPointF) -> tuple[int, int, QPointF]:
        """The row, the column and the point inside its cell nearest to ``point``."""
        x = point.x() + self._scroll
        row = max(0, min(len(self._cells) - 1, sum(1 for y in self._ys[1:] if y <= point.y())))
        column = max(0, min(self._columns - 1, sum(1 for start in self._xs[1:] if start - 10 <= x)))
        cell = self._ready(row, column)
        top = self._ys[row] + (self._ys[row + 1] - self._ys[row] - cell.height) / 2
        return row, column, QPointF(x - self._xs[column], point.y() - top)

    def position(self, point: QPointF) -> int:
        """The place in the text nearest to ``point``."""
        row, column, inside = self._cell_at(point)
        return self._starts[row * self._columns + column][0] + self._cells[row][column].position(inside)

    def target(self, point: QPointF) -> Target | None:
        """The link at ``point``."""
        if not (0 <= point.y() < self._ys[-1]):
            return None
        row, column, inside = self._cell_at(point)
        return self._cells[row][column].target(inside)

    def scroll_by(self, pixels: float) -> bool:
        """Scroll the columns sideways."""
        self._scroll = min(max(0.0, self._scroll + pixels), self._overflow)
        return self._overflow > 0
