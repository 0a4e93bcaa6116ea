"""The selected text of a transcript: from one place in a box to another, across blocks and messages."""

from __future__ import annotations

from dataclasses import dataclass

from slmdesk.ui.widgets.transcript.box import NO_MARKS, Box, Marks, Placed
from slmdesk.ui.widgets.transcript.page import Page
from slmdesk.ui.widgets.transcript.slot import Part, Slot
from slmdesk.ui.widgets.transcript.text_box import TextBox

Place = tuple[int, int, int, int]
"""Item, slot, box in the slot, character in the box."""
_TEXT_PARTS = (Part.CONTENT, Part.TAIL, Part.THOUGHT, Part.ERROR, Part.REST)


@dataclass(frozen=True, slots=True)
class Selection:
    """Where the selection was begun and where it is now; in either order."""

    anchor: Place
    cursor: Place

    @property
    def empty(self) -> bool:
        """Whether nothing is selected."""
        return self.anchor == self.cursor

    def marks(self, item: int, slot: int, place: int, box: Box) -> Marks:
        """The selected stretch of one box."""
        start, end = sorted((self.anchor, self.cursor))
        here = (item, slot, place)
        if here < start[:3] or here > end[:3]:
            return NO_MARKS
        first = start[3] if here == start[:3] else 0
        last = end[3] if here == end[:3] else len(box.text)
        return Marks(first, last)

    def text(self, page: Page) -> str:
        """The selected text, for the clipboard. What was never laid out is given as it is written."""
        start, end = sorted((self.anchor, self.cursor))
        messages = []
        for number in range(start[0], min(end[0] + 1, len(page.items))):
            item = page.items[number]
            if not item.opened:
                messages.append(item.text)
                continue
            parts = [
                part
                for at, slot in enumerate(item.slots)
                if start[:2] <= (number, at) <= end[:2] and slot.part in _TEXT_PARTS
                if (part := self._slot_text(number, at, slot))
            ]
            messages.append("\n\n".join(parts))
        return "\n\n".join(filter(None, messages))

    def _slot_text(self, item: int, number: int, slot: Slot) -> str:
        if slot.placed is None:
            return (slot.segment.text if slot.segment else slot.words).strip("\n")
        lines = []
        for place, placed in enumerate(slot.placed):
            marks = self.marks(item, number, place, placed.box)
            if marks.end > marks.start:
                lines.append(_copied(placed, marks))
        return "\n".join(lines)


def _copied(placed: Placed, marks: Marks) -> str:
    box = placed.box
    text = box.copied(marks.start, marks.end) if isinstance(box, TextBox) else box.text[marks.start : marks.end]
    if marks.start == 0 and placed.marker:
        return f"{placed.marker} {text}"
    if marks.start == 0 and placed.checked is not None:
        return f"[{'x' if placed.checked else ' '}] {text}"
    return text


def word_at(text: str, position: int) -> tuple[int, int]:
    """The word around a place in a text, as (start, end)."""
    start = end = min(position, len(text))
    while start > 0 and _in_word(text[start - 1]):
        start -= 1
    while end < len(text) and _in_word(text[end]):
        end += 1
    return (start, end) if end > start else (start, min(len(text), start + 1))


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"
