"""Painting the page: bubbles, boxes, what stands beside them, the caret of an answer being written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from slmdesk.ui.widgets.transcript.box import NO_MARKS, Box
from slmdesk.ui.widgets.transcript.build import paint_surroundings
from slmdesk.ui.widgets.transcript.code_box import CodeBox
from slmdesk.ui.widgets.transcript.page import Page
from slmdesk.ui.widgets.transcript.selection import Selection
from slmdesk.ui.widgets.transcript.slot import Part
from slmdesk.ui.widgets.transcript.text_box import TextBox

_DIMMED = 0.6
"""The opacity of messages that were not sent."""


@dataclass(frozen=True, slots=True)
class PageMarks:
    """What is marked on the page: a selection, a text looked for (in lower case), the item with the keyboard."""

    selection: Selection | None = None
    needle: str = ""
    hit: tuple[int, int] = (-1, -1)
    """The item and slot of the place that was searched for last."""
    focused: int = -1


def paint_page(painter: QPainter, page: Page, area: QRectF, marks: PageMarks) -> None:
    """Paint the part of the page inside ``area``."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    top, bottom = int(area.top()), int(area.bottom()) + 1
    for number in page.visible(top, bottom):
        if page.items[number].opened:
            painter.setOpacity(_DIMMED if number < page.dropped else 1.0)
            _paint_bubble(painter, page, number)
            _paint_thought_line(painter, page, number)
    painter.setOpacity(1.0)
    if marks.focused in page.visible(top, bottom):
        _paint_focus(painter, page, marks.focused)
    for number, slot, place, placed, corner in page.boxes(top, bottom):
        item = page.items[number]
        painter.setOpacity(_DIMMED if number < page.dropped else 1.0)
        own = marks.selection.marks(number, slot, place, placed.box) if marks.selection else NO_MARKS
        if marks.needle:
            own = replace(own, find=marks.needle, now=marks.hit == (number, slot))
        paint_surroundings(painter, placed, corner - QPointF(placed.indent, 0), page.style)
        placed.box.paint(painter, corner, area, own)
        if item.slots[slot].part is Part.TAIL:
            _paint_caret(painter, page, placed.box, corner)


def _paint_bubble(painter: QPainter, page: Page, number: int) -> None:
    """The soft shape behind a person's message."""
    style, item = page.style, page.items[number]
    inner = [(y, slot) for _, slot, y in item.tops(style) if slot.part is not Part.MARK]
    if not item.user or item.editor_height or not inner:
        return
    above = style.pad - 3
    width = item.bubble_width(style, page.column) + 2 * style.pad
    height = inner[-1][0] + inner[-1][1].height - inner[0][0] + 2 * above
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.bubble)
    frame = QRectF(page.left + page.column - width, page.top(number) + inner[0][0] - above, width, height)
    painter.drawRoundedRect(frame, style.bubble_radius, style.bubble_radius)


def _paint_thought_line(painter: QPainter, page: Page, number: int) -> None:
    """The line beside what the model thought."""
    style, item = page.style, page.items[number]
    if not item.unfolded or item.editor_height:
        return
    thought = [(y, slot.height) for _, slot, y in item.tops(style) if slot.part is Part.THOUGHT]
    if thought:
        first, last = thought[0][0] + style.tight, thought[-1][0] + thought[-1][1]
        painter.fillRect(QRectF(page.left + 2, page.top(number) + first, 2, last - first), style.line)


def _paint_focus(painter: QPainter, page: Page, number: int) -> None:
    """The frame around the message that has the keyboard."""
    style, above = page.style, page.items[number].above(page.style)
    painter.setPen(QPen(style.accent, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    top, height = page.top(number) + above - 6, page.heights[number] - above + 8
    painter.drawRoundedRect(QRectF(page.left - 10, top, page.column + 20, height), style.card_radius, style.card_radius)


def _paint_caret(painter: QPainter, page: Page, box: Box, corner: QPointF) -> None:
    """The mark at the end of a text that is still being written."""
    if isinstance(box, (TextBox, CodeBox)) and box.text:
        end = box.end_point() + corner
        size = page.style.body.pixelSize()
        painter.fillRect(QRectF(end.x() + 2, end.y() + 2, 4, size * 1.1), page.style.text)
