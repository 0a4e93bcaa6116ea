"""From blocks of Markdown to boxes in their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from slmdesk.ui.widgets.markdown.blocks import Block, Code, Item, Listing, Maths, Paragraph, Quote, Rule, Span, Table
from slmdesk.ui.widgets.transcript.box import Box, Placed, RuleBox
from slmdesk.ui.widgets.transcript.code_box import CodeBox
from slmdesk.ui.widgets.transcript.small_boxes import MathsBox
from slmdesk.ui.widgets.transcript.style import Style
from slmdesk.ui.widgets.transcript.table_box import TableBox
from slmdesk.ui.widgets.transcript.text_box import TextBox

_BULLETS = "•◦▪"


def text_box(text: str, role: str = "") -> TextBox:
    """Plain text with its line breaks."""
    return TextBox((Span(text.replace("\n", "\u2028")),), role=role)


class Builder:
    """Turns the blocks of one segment into placed boxes."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._placed: list[Placed] = []

    def build(self, blocks: Sequence[Block], *, tight: bool = False) -> list[Placed]:
        """The boxes of ``blocks``; ``tight`` means that a list goes on from the segment before."""
        for block in blocks:
            self._block(block, 0.0, (), 0, self._style.gap)
        if tight and self._placed:
            self._placed[0].gap = self._style.tight
        return self._placed

    def _block(self, block: Block, indent: float, bars: tuple[float, ...], depth: int, gap: int) -> None:
        match block:
            case Listing():
                self._listing(block, indent, bars, depth, gap)
            case Quote():
                for inner in block.blocks:
                    self._block(inner, indent + self._style.theme.px(16), (*bars, indent), depth, gap)
            case _:
                above = round(self._style.gap * 1.5) if isinstance(block, Paragraph) and block.level else gap
                self._placed.append(Placed(self._box(block, bool(bars)), indent, bars=bars, gap=above))

    @staticmethod
    def _box(block: Block, quoted: bool) -> Box:
        match block:
            case Paragraph():
                return TextBox(block.spans, level=block.level, role="quote" if quoted else "")
            case Code():
                return CodeBox(block.text, block.language)
            case Maths():
                return MathsBox(block.source)
            case Table():
                return TableBox(block)
            case Rule():
                return RuleBox()
        raise TypeError(type(block).__name__)

    def _listing(self, block: Listing, indent: float, bars: tuple[float, ...], depth: int, gap: int) -> None:
        between = self._style.theme.px(8) if block.loose else self._style.tight
        inner = indent + self._style.indent
        for number, item in enumerate(block.items):
            blocks = item.blocks or (Paragraph((Span(" "),)),)
            if not isinstance(blocks[0], Paragraph):
                blocks = (Paragraph((Span(" "),)), *blocks)
            first = len(self._placed)
            above = (gap if depth == 0 else between) if number == 0 else between
            for position, part in enumerate(blocks):
                within = above if position == 0 else (self._style.gap if isinstance(part, Code) else between)
                self._block(part, inner, bars, depth + 1, within)
            placed = self._placed[first]
            placed.marker, placed.checked = self._marker(item, depth), item.checked

    @staticmethod
    def _marker(item: Item, depth: int) -> str:
        if item.checked is not None:
            return ""
        return f"{item.number}." if item.number is not None else _BULLETS[min(depth, 2)]


def renumbered(blocks: tuple[Block, ...], number: int | None) -> tuple[tuple[Block, ...], int | None]:
    """Go on counting where the list of the segment before ended; also returns the last number used."""
    if not blocks or not isinstance(blocks[-1], Listing) or blocks[-1].items[-1].number is None:
        return blocks, None
    listing = blocks[-1]
    first = listing.items[0].number if number is None else number + 1
    items = tuple(replace(item, number=(first or 0) + n) for n, item in enumerate(listing.items))
    return (*blocks[:-1], replace(listing, items=items)), items[-1].number


def arrange(placed: Sequence[Placed], style: Style, width: float) -> int:
    """Lay boxes out one below the other; returns the height of all."""
    y = 0
    for place in placed:
        y += place.gap
        place.y = y
        place.box.layout(style, max(60.0, width - place.indent))
        y += place.box.height
    return y


def paint_surroundings(painter: QPainter, place: Placed, at: QPointF, style: Style) -> None:
    """What stands left of a box: its list marker, a task's check box, and the bars of quotes."""
    for bar in place.bars:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.line)
        painter.drawRoundedRect(QRectF(at.x() + bar, at.y() - place.gap / 2, 3, place.box.height + place.gap), 1, 1)
    x, step = at.x() + place.indent, style.line_height
    if place.checked is not None:
        size = style.body.pixelSize()
        _paint_check(painter, QRectF(x - size - 8, at.y() + (step - size) / 2, size, size), place.checked, style)
    elif place.marker:
        painter.setFont(style.body)
        painter.setPen(style.text2 if place.marker in _BULLETS else style.text)
        rect = QRectF(x - style.indent - 24, at.y(), style.indent + 24 - 7, step)
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, place.marker)


def _paint_check(painter: QPainter, rect: QRectF, checked: bool, style: Style) -> None:
    """A task's box, with a tick when it is done."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(QPen(style.accent if checked else style.text2, 1.2))
    painter.setBrush(style.accent if checked else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(inner, 3, 3)
    if checked:
        painter.setPen(QPen(style.theme.color("accent_text"), 1.6))
        w, h = inner.width(), inner.height()
        points = [(0.24, 0.54), (0.43, 0.72), (0.77, 0.32)]
        painter.drawPolyline([QPointF(inner.left() + w * a, inner.top() + h * b) for a, b in points])
    painter.restore()
