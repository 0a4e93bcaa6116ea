"""The page: all messages one below the other, of which only what can be seen is laid out."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from PySide6.QtCore import QPointF

from slmdesk.ui.widgets.markdown.segments import Kind
from slmdesk.ui.widgets.transcript.box import Placed
from slmdesk.ui.widgets.transcript.code_box import CodeBox
from slmdesk.ui.widgets.transcript.heights import Heights
from slmdesk.ui.widgets.transcript.item import Item
from slmdesk.ui.widgets.transcript.message import TranscriptMessage
from slmdesk.ui.widgets.transcript.slot import Part
from slmdesk.ui.widgets.transcript.style import COLUMN, Style

_KEPT_ITEMS = 80
"""Messages whose boxes are kept in memory."""
TOP = 12
BOTTOM = 28


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place that keeps its position on the screen while heights above it become exact."""

    item: int
    slot: int
    offset: int


@dataclass(frozen=True, slots=True)
class Hit:
    """What is at a point: the box, and the point inside it."""

    item: int
    slot: int
    place: int
    placed: Placed
    point: QPointF
    inside: bool


class Page:
    """The messages of a chat as a column of slots. Knows no widgets; ``width`` is the viewport's."""

    def __init__(self, style: Style, width: int = 800) -> None:
        self.style = style
        self.items: list[Item] = []
        self.heights = Heights()
        self.numbers: dict[str, int] = {}
        self.unfolds = False
        """Whether the thinking of a message that comes is shown unfolded at first."""
        self.dropped = 0
        """How many messages at the beginning were left out of what the model read."""
        self._recent: dict[int, None] = {}
        self._resize(width)

    def _resize(self, width: int) -> None:
        margin = 32 if width >= 620 else 16
        self.width = width
        self.column = float(max(160, min(COLUMN, width - 2 * margin)))
        self.left = float(round((width - self.column) / 2))

    # --- what is on it -----------------------------------------------------------------------------------------

    def set_messages(self, messages: Sequence[TranscriptMessage]) -> None:
        """Put ``messages`` on the page, in place of what was there."""
        old = {item.id: item for item in self.items}
        self.items = []
        for shown in messages:
            known = old.get(shown.message.id)
            if known is not None and known.adopt(shown):  # one being written stays: the page may know more of it
                self.items.append(known)
            else:
                fresh = Item(shown)
                fresh.unfolded = known.unfolded if known else self.unfolds
                self.items.append(fresh)
        self._unmark()
        self._renumber()
        self.dropped = 0
        self.count_dropped()

    def _unmark(self) -> None:
        for item in self.items:
            if item.marked:
                item.marked = item.opened = False

    def count_dropped(self) -> None:
        """Count the messages at the beginning that say that they were left out."""
        self.set_dropped(next((n for n, i in enumerate(self.items) if not i.shown.dropped), len(self.items)))

    def set_dropped(self, count: int) -> None:
        """The first ``count`` messages were not sent: they are dimmed, and the next one has a line above it."""
        for number in (self.dropped, count):
            if 0 < number < len(self.items) and self.items[number].marked != (number == count):
                self.items[number].marked = number == count
                if self.items[number].opened:
                    self.items[number].opened = False
                    self.changed(number)
        self.dropped = count

    def _renumber(self) -> None:
        self.numbers = {item.id: n for n, item in enumerate(self.items)}
        self._recent = {n: None for n, item in enumerate(self.items) if item.opened}
        self.heights = Heights(
            item.height(self.style) if item.opened else item.estimate(self.style, self.column) for item in self.items
        )

    def append(self, shown: TranscriptMessage) -> Item:
        """Add a message at the end."""
        item = Item(shown)
        item.unfolded = self.unfolds
        self.items.append(item)
        self.numbers[item.id] = len(self.items) - 1
        self.heights.append(item.estimate(self.style, self.column))
        if shown.dropped and self.dropped == len(self.items) - 1:
            self.dropped += 1
        elif self.dropped == len(self.items) - 1 > 0:
            item.marked = True
        return item

    def remove(self, message_id: str) -> None:
        """Take a message off the page."""
        number = self.numbers.get(message_id)
        if number is not None:
            del self.items[number]
            self._unmark()
            self._renumber()
            self.dropped -= number < self.dropped
            self.set_dropped(self.dropped)

    def changed(self, number: int) -> None:
        """The slots of an item changed: note its new height."""
        item = self.items[number]
        if not item.opened:
            item.open(self.style, self.column)
        self.heights.set(number, item.height(self.style))

    def restyle(self, style: Style) -> None:
        """Lay everything out anew in another style."""
        self.style = style
        self._forget()

    def set_width(self, width: int) -> None:
        """Lay everything out anew if the column's width changed."""
        before = self.column
        self._resize(width)
        if self.column != before:
            self._forget()

    def _forget(self) -> None:
        for item in self.items:
            item.opened = False
            item.slots = []
        self._renumber()

    # --- geometry ----------------------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """The height of the page."""
        return self.heights.total + TOP + BOTTOM

    def top(self, number: int) -> int:
        """Where an item begins."""
        return TOP + self.heights.top(number)

    def _slot_tops(self, number: int) -> list[int]:
        """The tops of an item's slots on the page, and the end of the last one."""
        item = self.items[number]
        start = self.top(number) + item.content_top(self.style)
        return list(accumulate((slot.height for slot in item.slots), initial=start))

    def slot_top(self, number: int, slot: int) -> int:
        """Where a slot begins."""
        tops = self._slot_tops(number)
        return tops[min(slot, len(tops) - 1)]

    def anchor(self, y: int) -> Anchor:
        """The slot at ``y``, to find it again after heights have changed."""
        number = self.heights.find(y - TOP)
        if number < 0:
            return Anchor(0, -1, 0)
        item = self.items[number]
        if not item.opened or not item.slots:
            return Anchor(number, -1, y - self.top(number))
        tops = self._slot_tops(number)
        slot = bisect_right(tops, y) - 1
        if slot < 0 or slot >= len(item.slots):
            return Anchor(number, -1 if slot < 0 else len(item.slots), y - (self.top(number) if slot < 0 else tops[-1]))
        return Anchor(number, slot, y - tops[slot])

    def y_of(self, anchor: Anchor) -> int:
        """Where an anchor is now."""
        if anchor.item >= len(self.items):
            return 0
        if anchor.slot < 0:
            return self.top(anchor.item) + anchor.offset
        return self.slot_top(anchor.item, anchor.slot) + anchor.offset

    def y_of_text(self, number: int, offset: int) -> int:
        """About where a character of a message's text is; its slots up to there are made."""
        item = self.items[number]
        if not item.opened:
            self.changed(number)
        while (slot := item.slot_of(offset)) is not None and item.slots[slot].part is Part.REST:
            self.lay_out(number, slot)
        if slot is None:
            return self.top(number)
        segment = item.slots[slot].segment
        lines = item.text.count("\n", segment.start, offset) if segment and segment.kind is Kind.CODE else 0
        return self.slot_top(number, slot) + lines * self.style.mono_line

    # --- layout ------------------------------------------------------------------------------------------------

    def next_to_lay_out(self, top: int, bottom: int, *, from_end: bool) -> tuple[int, int] | None:
        """The next slot between ``top`` and ``bottom`` whose height is an estimate, as item and slot.

        Slot -1 means that an item there was opened only now: heights have changed, look again.
        """
        if not self.items:
            return None
        first, last = self.heights.find(top - TOP), self.heights.find(bottom - TOP)
        order = range(last, first - 1, -1) if from_end else range(first, last + 1)
        for number in order:
            item = self.items[number]
            if not item.opened:
                item.open(self.style, self.column)
                self.heights.set(number, item.height(self.style))
                return number, -1
            self._touch(number)
            if item.editor_height:
                continue
            tops = self._slot_tops(number)
            low, high = max(0, bisect_right(tops, top) - 1), min(len(item.slots), bisect_right(tops, bottom))
            slots = range(high - 1, low - 1, -1) if from_end else range(low, high)
            for slot in slots:
                if not item.slots[slot].exact:
                    return number, slot
        return None

    def lay_out(self, number: int, slot: int) -> None:
        """Lay one slot out (none for -1) and note the item's height."""
        if slot < 0:
            return
        item = self.items[number]
        item.lay_out(slot, self.style, self.column)
        self.heights.set(number, item.height(self.style))

    def _touch(self, number: int) -> None:
        """Remember that an item is in use; the one that was longest out of sight loses its boxes."""
        self._recent.pop(number, None)
        self._recent[number] = None
        if len(self._recent) > _KEPT_ITEMS:
            oldest = next(iter(self._recent))
            del self._recent[oldest]
            self.items[oldest].drop_layout()

    def color_code(self, top: int, bottom: int, deadline: float) -> bool:
        """Colour listings between ``top`` and ``bottom``; False when there is nothing left to do."""
        for number, slot, _, placed, _ in self.boxes(top, bottom):
            box = placed.box
            if isinstance(box, CodeBox) and not box.colored and self.items[number].slots[slot].part is not Part.TAIL:
                box.color(deadline)
                if time.perf_counter() > deadline:
                    return True
        return False

    def formulas_ready(self) -> None:
        """Formulas can be had now: what waited for them is laid out again."""
        for number in self._recent:
            for slot in self.items[number].slots:
                if slot.waiting:
                    slot.exact = False

    # --- what is where -----------------------------------------------------------------------------------------

    def visible(self, top: int, bottom: int) -> range:
        """The items between ``top`` and ``bottom``."""
        if not self.items:
            return range(0)
        return range(self.heights.find(top - TOP), self.heights.find(bottom - TOP) + 1)

    def boxes(self, top: int, bottom: int) -> Iterator[tuple[int, int, int, Placed, QPointF]]:
        """Every box between ``top`` and ``bottom``: item, slot, place, box, and its corner on the page."""
        for number in self.visible(top, bottom):
            item = self.items[number]
            if not item.opened or item.editor_height:
                continue
            tops = self._slot_tops(number)
            low, high = max(0, bisect_right(tops, top) - 1), min(len(item.slots), bisect_right(tops, bottom))
            for slot in range(low, high):
                left = self.left + item.slot_left(item.slots[slot], self.style, self.column)
                for place, placed in enumerate(item.slots[slot].placed or ()):
                    y = tops[slot] + placed.y
                    if y < bottom and y + placed.box.height > top - placed.gap:
                        yield number, slot, place, placed, QPointF(left + placed.indent, y)

    def hit(self, x: float, y: float) -> Hit | None:
        """The box at a point, or the nearest one in the item there."""
        if not self.items:
            return None
        number = max(0, self.heights.find(int(y) - TOP))
        top, best, distance = self.top(number), None, 1e9
        near = 3000
        for found, slot, place, placed, corner in self.boxes(max(top, int(y) - near), int(y) + near):
            if found != number:
                continue
            bottom = corner.y() + placed.box.height
            off = max(corner.y() - y, y - bottom, 0.0)
            if off < distance:
                inside = off == 0.0 and x >= corner.x() - 2
                best = Hit(number, slot, place, placed, QPointF(x, y) - corner, inside)
                distance = off
        return best
