"""A box: a piece of a message that knows its height, paints itself and can say what is under the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from slmdesk.ui.widgets.transcript.style import Style


class Action(Enum):
    """What a click on a part of a box asks for."""

    LINK = "link"
    COPY = "copy"
    WRAP = "wrap"
    THINKING = "thinking"


@dataclass(frozen=True, slots=True)
class Target:
    """Something in a box that can be clicked; ``value`` is a link's address or the text to copy."""

    action: Action
    value: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked in a box: the selected stretch of its text, and the text (in lower case) that is looked for."""

    start: int = 0
    end: int = 0
    find: str = ""
    now: bool = False
    """The place that was searched for last is in this box."""


NO_MARKS = Marks()


class Box:
    """A piece of a message: one paragraph, listing, table or line.

    ``text`` is what a selection copies from it. ``height`` is valid after :meth:`layout`, in whole pixels.
    """

    text: str = ""
    height: int = 0
    natural_width: float = 0.0
    waiting: bool = False
    """It shows a stand-in for a formula that is still being set."""

    def layout(self, style: Style, width: float) -> None:
        """Arrange the box in ``width`` pixels and set ``height``."""
        raise NotImplementedError

    def paint(self, painter: QPainter, at: QPointF, clip: QRectF, marks: Marks) -> None:
        """Paint the box with its top left corner at ``at``; what lies outside ``clip`` may be left out."""
        raise NotImplementedError

    def position(self, point: QPointF) -> int:
        """The place in ``text`` nearest to ``point`` (relative to the box)."""
        return 0 if point.y() < self.height / 2 else len(self.text)

    def target(self, _point: QPointF) -> Target | None:
        """What a click at a point (relative to the box) would do."""
        return None

    def scroll_by(self, _pixels: float) -> bool:
        """Scroll sideways; False where there is nothing to scroll."""
        return False


def finds(text: str, needle: str) -> list[tuple[int, int]]:
    """Where ``needle`` (in lower case) occurs in ``text``, as (start, end), at most 200 places."""
    places: list[tuple[int, int]] = []
    if needle:
        lower = text.lower()
        if len(lower) != len(text):  # a few letters change their length: leave those texts unmarked
            return places
        at = lower.find(needle)
        while at >= 0 and len(places) < 200:
            places.append((at, at + len(needle)))
            at = lower.find(needle, at + len(needle))
    return places


class RuleBox(Box):
    """A line across the page."""

    def layout(self, style: Style, width: float) -> None:
        """Half a line of space with the rule in its middle."""
        self._style, self._width = style, width
        self.height = style.line_height // 2

    def paint(self, painter: QPainter, at: QPointF, _clip: QRectF, _marks: Marks) -> None:
        """Draw the line."""
        painter.setPen(QPen(self._style.line, 1))
        y = at.y() + self.height // 2 + 0.5
        painter.drawLine(QPointF(at.x(), y), QPointF(at.x() + self._width, y))


def paint_bar(painter: QPainter, style: Style, track: QRectF, scroll: float, overflow: float) -> None:
    """A thin bar in ``track`` that says how far something goes on to the right."""
    share = track.width() / (track.width() + overflow)
    left = track.left() + track.width() * (1 - share) * scroll / overflow
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.line)
    painter.drawRoundedRect(QRectF(left, track.top(), track.width() * share, track.height()), 2, 2)


@dataclass(slots=True)
class Placed:
    """A box in its place: indent, what stands before it, and the space above.

    ``marker`` is a list item's bullet or number, ``checked`` a task's state. ``bars`` are the places of the lines
    left of quoted text. ``y`` is set when the segment is laid out.
    """

    box: Box
    indent: float = 0.0
    marker: str = ""
    checked: bool | None = None
    bars: Sequence[float] = ()
    gap: int = 0
    y: int = 0
