"""Running text: one paragraph in a QTextLayout, with links, inline code and inline formulas."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from slmdesk.ui.widgets.markdown.blocks import Span
from slmdesk.ui.widgets.markdown.maths import Formula, FormulaKey
from slmdesk.ui.widgets.transcript.box import Action, Box, Marks, Target, finds
from slmdesk.ui.widgets.transcript.style import MONO_SHARE, Style
from slmdesk.ui.widgets.transcript.units import Units

_PLACE = "\u00a0"
"""Stands in the layout for a formula; its letter spacing makes it as wide as the picture."""


@dataclass(slots=True)
class _Set:
    """A formula in the text: where its stand-in is, in Qt's units, and its picture."""

    at: int
    formula: Formula


class TextBox(Box):
    """A paragraph, heading or cell: styled spans that wrap."""

    def __init__(
        self,
        spans: Sequence[Span],
        *,
        level: int = 0,
        role: str = "",
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        bold: bool = False,
    ) -> None:
        self._spans = spans
        self._level, self._role, self._align, self._bold = level, role, align, bold
        self._layout: QTextLayout | None = None
        self._units = Units("")
        self._codes: list[tuple[int, int]] = []
        self._links: list[tuple[int, int, str]] = []
        self._formulas: list[_Set] = []
        self._sources: list[tuple[int, str]] = []

    def layout(self, style: Style, width: float) -> None:
        """Break the text into lines of ``width``."""
        self._style = style
        if self._layout is None or self.waiting:
            self._build(style)
        layout = self._layout
        assert layout is not None
        step = self._line_step(style)
        y = 0.0
        self.natural_width = 0.0
        layout.beginLayout()
        while True:
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(max(1.0, width))
            y += self._place(line, y, step)
            self.natural_width = max(self.natural_width, line.naturalTextWidth())
        layout.endLayout()
        self.height = round(y)

    @property
    def plain_text(self) -> str:
        """The text, known before the layout where there are no formulas in it."""
        if self._layout is None and not any(span.maths for span in self._spans):
            return "".join(span.text for span in self._spans).replace("\u2028", "\n")
        return self.text

    def measure(self, style: Style) -> tuple[float, int] | None:
        """The width and height on one line, without a layout; None where only a layout can tell."""
        if any(span.maths or "\u2028" in span.text for span in self._spans):
            return None
        font = self._font(style)
        width = 0.0
        for span in self._spans:
            width += style.advance(span.text, font, bold=span.bold or self._bold, mono=span.code)
        return width, round(self._line_step(style))

    def _place(self, line: QTextLine, y: float, step: float) -> float:
        """Put a line at ``y``, centred in its step; a tall formula makes room for itself. Returns its height."""
        ascent, descent = line.ascent(), line.descent()
        start, end = line.textStart(), line.textStart() + line.textLength()
        for item in self._formulas:
            if start <= item.at < end:
                ascent, descent = max(ascent, item.formula.ascent), max(descent, item.formula.descent)
        tall = max(step, ascent + descent + 2)
        top = y + (tall - ascent - descent) / 2 + ascent - line.ascent()
        line.setPosition(QPointF(0.0, top))
        return tall

    def _line_step(self, style: Style) -> float:
        if self._level:
            return style.heading(self._level).pixelSize() * 1.35
        return self._font(style).pixelSize() * style.theme.line_height

    def _font(self, style: Style) -> QFont:
        if self._level:
            return style.heading(self._level)
        font = {"small": style.small, "quiet": style.small, "cell": style.cell}.get(self._role, style.body)
        if self._bold:
            font = QFont(font)
            font.setWeight(QFont.Weight.Medium)
        return font

    def _color(self, style: Style) -> QColor:
        if self._role == "bad":
            return style.bad
        return style.text2 if self._role in ("quiet", "quote", "thinking", "small") else style.text

    def _build(self, style: Style) -> None:
        """Put the spans into a layout with their formats."""
        font, color = self._font(style), self._color(style)
        shown: list[str] = []
        copied: list[str] = []
        formats: list[QTextLayout.FormatRange] = []
        self._codes, self._links, self._formulas, self._sources = [], [], [], []
        self.waiting = False
        at = 0
        for span in self._spans:
            text = self._formula(span, style, font, color, at) if span.maths else span.text
            formats.append(self._format(span, style, font, color, at, len(text)))
            if span.code:
                self._codes.append((at, at + len(text)))
            if span.link:
                self._links.append((at, at + len(text), span.link))
            shown.append(text)
            copied.append(text)
            at += len(text)
        self._shown = "".join(shown)
        self.text = self._shown.replace("\u2028", "\n")
        self._units = Units(self._shown)
        for part in formats:
            start, end = self._units.of(part.start), self._units.of(part.start + part.length)
            part.start, part.length = start, end - start
        for item in self._formulas:
            item.at = self._units.of(item.at)
        layout = self._layout = QTextLayout(self._shown, font)
        left = self._align == Qt.AlignmentFlag.AlignLeft
        option = QTextOption(Qt.AlignmentFlag.AlignRight if left and _right_to_left(self._shown) else self._align)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.setCacheEnabled(True)
        layout.setFormats(formats)

    def _formula(self, span: Span, style: Style, font: QFont, color: QColor, at: int) -> str:
        """What stands in the layout for a formula: a place to draw it, or its source."""
        formula = style.formulas.get(FormulaKey(span.text, display=False, pixels=font.pixelSize(), color=color.name()))
        if formula is None:
            self.waiting = True
            return span.text
        if formula.failed or formula.width > 900:
            return f"${span.text}$"
        self._formulas.append(_Set(at, formula))
        self._sources.append((at, span.text))
        return _PLACE

    def _format(
        self, span: Span, style: Style, font: QFont, color: QColor, at: int, length: int
    ) -> QTextLayout.FormatRange:
        form = QTextCharFormat()
        form.setForeground(style.accent if span.link else color)
        if span.bold:
            form.setFontWeight(QFont.Weight.Bold.value if not self._level else QFont.Weight.ExtraBold.value)
        if span.italic:
            form.setFontItalic(True)
        if span.strike:
            form.setFontStrikeOut(True)
        if span.link:
            form.setFontUnderline(True)
        if span.code:
            form.setFontFamilies(style.mono.families())
            form.setProperty(QTextCharFormat.Property.FontPixelSize, round(font.pixelSize() * MONO_SHARE))
        if span.maths and self._formulas and self._formulas[-1].at == at:
            advance = QFontMetricsF(font).horizontalAdvance(_PLACE)
            form.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
            form.setFontLetterSpacing(self._formulas[-1].formula.width - advance)
        elif span.maths:
            form.setFontFamilies(style.mono.families())
        found = QTextLayout.FormatRange()
        found.start, found.length, found.format = at, length, form
        return found

    def paint(self, painter: QPainter, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paint the text, what is marked in it, and its formulas."""
        layout = self._layout
        assert layout is not None
        for start, end in self._codes:
            self._paint_chip(painter, at, start, end)
        color = self._style.hit_now if marks.now else self._style.hit
        of = self._units.of
        ranges = [_marked(of(a), of(b), color) for a, b in finds(self.text, marks.find)]
        if marks.end > marks.start:
            ranges.append(_marked(of(marks.start), of(marks.end), self._style.selection))
        layout.draw(painter, at, ranges, clip)
        for item in self._formulas:
            line = layout.lineForTextPosition(item.at)
            if line.isValid():
                origin = QPointF(_x_of(line, item.at), line.y() + line.ascent())
                item.formula.draw(painter, at + origin)

    def _paint_chip(self, painter: QPainter, at: QPointF, start: int, end: int) -> None:
        """The soft background of inline code."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._style.hover)
        for rect in self.rects(start, end):
            painter.drawRoundedRect(rect.translated(at).adjusted(-3, 0, 3, 0), 4, 4)

    def rects(self, start: int, end: int) -> list[QRectF]:
        """The places of a stretch of the text, one rectangle per line."""
        layout = self._layout
        assert layout is not None
        start, end = self._units.of(start), self._units.of(end)
        found = []
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            first, last = line.textStart(), line.textStart() + line.textLength()
            if first < end and start < last:
                left, right = sorted((_x_of(line, max(start, first)), _x_of(line, min(end, last))))
                found.append(QRectF(left, line.y(), right - left, line.height()))
        return found

    def end_point(self) -> QPointF:
        """Where the last character ends: the caret of a text that is still being written stands there."""
        layout = self._layout
        if layout is None or not layout.lineCount():
            return QPointF(0, 0)
        line = layout.lineAt(layout.lineCount() - 1)
        return QPointF(_x_of(line, line.textStart() + line.textLength()), line.y())

    def position(self, point: QPointF) -> int:
        """The place in the text nearest to ``point``."""
        layout = self._layout
        if layout is None:
            return 0
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            if point.y() < line.y() + line.height() + 2 or number == layout.lineCount() - 1:
                if number and point.y() >= self.height:
                    return len(self.text)
                return self._units.place(int(line.xToCursor(point.x())))
        return 0

    def target(self, point: QPointF) -> Target | None:
        """The link at ``point``."""
        for start, end, address in self._links:
            if any(rect.adjusted(-1, -2, 1, 2).contains(point) for rect in self.rects(start, end)):
                return Target(Action.LINK, address)
        return None

    def copied(self, start: int, end: int) -> str:
        """The text from ``start`` to ``end`` for the clipboard, with the source of formulas."""
        text, shift = self.text[start:end], 0
        for at, source in self._sources:
            if start <= at < end:
                place = at - start + shift
                text = f"{text[:place]}${source}${text[place + 1 :]}"
                shift += len(source) + 1
        return text


def _right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is written from the right (Unicode's rule P2)."""
    for char in text[:200]:
        direction = unicodedata.bidirectional(char)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def _marked(start: int, end: int, color: QColor) -> QTextLayout.FormatRange:
    form = QTextCharFormat()
    form.setBackground(color)
    found = QTextLayout.FormatRange()
    found.start, found.length, found.format = start, end - start, form
    return found


def _x_of(line: QTextLine, position: int) -> float:
    """The x of a place in a line. PySide gives the x and the place it snapped to."""
    value = line.cursorToX(position)
    return float(value[0] if isinstance(value, tuple) else value)  # type: ignore[arg-type]
