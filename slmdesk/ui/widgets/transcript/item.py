"""One message in the transcript: its slots from top to bottom, of which only the visible ones are laid out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from slmdesk.core.chat import Role
from slmdesk.ui.widgets.markdown.parse import parse
from slmdesk.ui.widgets.markdown.segments import Kind, Segment, Segmenter
from slmdesk.ui.widgets.transcript.box import Box, Placed
from slmdesk.ui.widgets.transcript.build import Builder, arrange, renumbered, text_box
from slmdesk.ui.widgets.transcript.code_box import CodeBox
from slmdesk.ui.widgets.transcript.message import TranscriptMessage, reading_words, thinking_words, tr
from slmdesk.ui.widgets.transcript.slot import PLAIN_PORTION, Part, Slot, line_count, portions
from slmdesk.ui.widgets.transcript.small_boxes import ChipsBox, FoldBox, MarkBox
from slmdesk.ui.widgets.transcript.style import Style

_REFERENCES = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE)
_PORTION = 40_000
"""Characters of a long message that are cut into segments at a time."""
_LONG_STEP = 0.004
"""Seconds after which making boxes and arranging them become two steps."""
BUBBLE_SHARE = 0.72


class Item:
    """A message, the slots it is made of, and their heights."""

    __slots__ = (
        "_references", "_rest", "_segmenter", "editor_height", "live", "marked", "opened", "reading", "shown", "slots",
        "text", "thinking", "thinking_since", "thought_ms", "unfolded", "user",
    )  # fmt: skip

    def __init__(self, shown: TranscriptMessage) -> None:
        self.shown = shown
        self.user = shown.message.role is Role.USER
        """Whether a person wrote it."""
        self.slots: list[Slot] = []
        self.opened = False
        self.unfolded = False
        self.live = False
        self.marked = False
        """The first message that was sent after ones that were left out."""
        self.editor_height = 0
        self.reading: tuple[float, float | None] | None = None
        self.text = shown.message.text
        self.thinking = shown.message.thinking
        self.thinking_since = 0.0
        """When the model began to think, by the monotonic clock; 0 before."""
        self.thought_ms = 0.0
        self._references: dict[str, Any]  # these three from open() on: a chat holds ten thousand items
        self._rest: int
        self._segmenter: Segmenter

    @property
    def id(self) -> str:
        """The message's id."""
        return self.shown.message.id

    # --- heights -----------------------------------------------------------------------------------------------

    def estimate(self, style: Style, column: float) -> int:
        """About how tall the message will be, from its length alone."""
        width = column * BUBBLE_SHARE - 2 * style.pad if self.user else column
        text = line_count(self.text, width / style.char_width) * style.line_height
        return self.chrome(style) + text + (style.line_height if self.thinking else 0)

    def chrome(self, style: Style) -> int:
        """The space around the text: above it, inside the bubble, and for the row of actions."""
        return self.above(style) + style.actions_height + (2 * (style.pad - 3) if self.user else 0)

    def above(self, style: Style) -> int:
        """The space above the message; above an answer there is the row of the question already."""
        return style.above_user if self.user else style.above_answer

    def height(self, style: Style) -> int:
        """The height of all, exact or estimated; the item has to be open."""
        inner = self.editor_height or sum(slot.height for slot in self.slots)
        return inner + self.chrome(style)

    def content_top(self, style: Style) -> int:
        """Where the first slot begins, from the top of the item."""
        return self.above(style) + (style.pad - 3 if self.user else 0)

    def tops(self, style: Style) -> Iterator[tuple[int, Slot, int]]:
        """Every slot with its index and its top, from the top of the item."""
        y = self.content_top(style)
        for number, slot in enumerate(self.slots):
            yield number, slot, y
            y += slot.height

    def slot_width(self, slot: Slot, style: Style, column: float) -> float:
        """The width that a slot has for its boxes."""
        if self.user and slot.part is not Part.MARK:
            return column * BUBBLE_SHARE - 2 * style.pad
        if slot.part is Part.THOUGHT:
            return column - style.theme.px(14)
        return column

    def slot_left(self, slot: Slot, style: Style, column: float) -> float:
        """Where a slot begins, from the left of the column."""
        if self.user and slot.part is not Part.MARK:
            return column - style.pad - self.bubble_width(style, column)
        return style.theme.px(14) if slot.part is Part.THOUGHT else 0.0

    def bubble_width(self, style: Style, column: float) -> float:
        """The width of the text inside a person's bubble: no wider than it needs."""
        widest = column * BUBBLE_SHARE - 2 * style.pad
        found = 0.0
        for slot in self.slots:
            if slot.part is Part.MARK:
                continue
            if slot.placed is None:
                return widest
            found = max(found, *(place.box.natural_width + 1 for place in slot.placed), 8.0)
        return min(found, widest)

    # --- slots -------------------------------------------------------------------------------------------------

    def open(self, style: Style, column: float) -> None:
        """Make the slots, with estimated heights. A long text is cut into segments only so far."""
        self.opened = True
        self.slots = []
        self._segmenter, self._rest = Segmenter(), 0
        self._references = {}
        message = self.shown.message
        if self.marked:
            self.slots.append(Slot(Part.MARK, words=tr("Not sent: the context was full")))
        if message.attachments:
            self.slots.append(Slot(Part.CHIPS))
        if self.live and not self.text and (self.reading or not self.thinking):
            self.slots.append(Slot(Part.STATUS))
        if self.thinking:
            self.slots.append(Slot(Part.FOLD))
            if self.unfolded:
                self.slots += [Slot(Part.THOUGHT, words=part) for part in portions(self.thinking)]
        if self.user:
            self.slots += [Slot(Part.CONTENT, words=part) for part in portions(self.text)]
        else:
            self._read_references()
            self._split(len(self.slots))
        if message.error and not self.live:
            self.slots.append(Slot(Part.ERROR, words=message.error))
        for slot in self.slots:
            slot.height = self._estimate_slot(slot, style, column)

    def _read_references(self) -> None:
        """Link addresses are often given at the end: read them before the first segment needs them."""
        if "]:" in self.text and len(self.text) < 400_000:
            for line in _REFERENCES.findall(self.text)[:200]:
                parse(line, self._references)

    def _split(self, at: int) -> list[Slot]:
        """Cut the next portion of the text into slots, put at ``at``; what remains becomes tail or rest."""
        portion = self.text[self._rest : self._rest + _PORTION]
        self._rest += len(portion)
        segments = self._segmenter.feed(portion)
        left = len(self.text) - self._rest
        if not left and not self.live:
            segments += self._segmenter.close()
        fresh = [Slot(Part.CONTENT, segment) for segment in segments]
        if left:
            fresh.append(Slot(Part.REST))
        elif self.live:
            fresh.append(Slot(Part.TAIL))
        self.slots[at:at] = fresh
        return fresh

    def _estimate_slot(self, slot: Slot, style: Style, column: float) -> int:
        width = self.slot_width(slot, style, column)
        if slot.part is Part.REST:
            return line_count(self.text[self._rest :], width / style.char_width) * style.line_height
        if slot.segment is None:
            return line_count(slot.words, width / style.char_width) * style.line_height
        if slot.segment.kind is Kind.CODE:
            lines = slot.segment.text.count("\n") + 1
            return style.gap + style.theme.px(32) + lines * style.mono_line + 2 * style.pad
        return style.gap + line_count(slot.segment.text.rstrip(), width / style.char_width) * style.line_height

    def lay_out(self, number: int, style: Style, column: float) -> None:
        """Build and arrange the boxes of one slot; a rest is cut further instead."""
        slot = self.slots[number]
        if slot.part is Part.REST:
            self.slots.remove(slot)
            for fresh in self._split(number):
                fresh.height = self._estimate_slot(fresh, style, column)
            return
        if slot.built is None and (slot.placed is None or slot.waiting):
            began = time.perf_counter()
            slot.built = self._build(number, slot, style)
            if time.perf_counter() - began > _LONG_STEP:
                return  # arranging it is the next step
        if slot.built is not None:
            slot.placed, slot.built = slot.built, None
        assert slot.placed is not None
        slot.height = arrange(slot.placed, style, self.slot_width(slot, style, column))
        if slot.part is Part.MARK:
            slot.height += style.gap * 2
        slot.exact = True

    def _build(self, number: int, slot: Slot, style: Style) -> list[Placed]:
        match slot.part:
            case Part.CONTENT if slot.segment is not None:
                return self._build_segment(number, slot, slot.segment, style)
            case Part.TAIL:
                return [Placed(self._tail_box(), gap=style.gap if number else 0)]
            case Part.MARK:
                return [Placed(MarkBox(slot.words), gap=0)]
            case Part.CHIPS:
                return [Placed(ChipsBox(self.shown.message.attachments))]
            case Part.STATUS:
                words = reading_words(*self.reading) if self.reading else tr("Waiting for the first word…")
                return [Placed(FoldBox(words, unfolded=False, foldable=False))]
            case Part.FOLD:
                words = thinking_words(
                    self.shown.message, thinking=self.live and not self.text, measured_ms=self.thought_ms
                )
                return [Placed(FoldBox(words, unfolded=self.unfolded))]
            case Part.ERROR:
                return [Placed(text_box(slot.words, "bad"), gap=style.gap)]
            case Part.THOUGHT:
                return [Placed(text_box(slot.words.rstrip("\n"), "thinking"), gap=style.tight)]
        return [Placed(text_box(slot.words.removesuffix("\n")))]

    def _build_segment(self, number: int, slot: Slot, segment: Segment, style: Style) -> list[Placed]:
        if segment.kind is Kind.CODE:
            return [Placed(CodeBox(segment.text, segment.language), gap=style.gap)]
        blocks = parse(segment.text, self._references)
        before = self._number_before(number) if segment.continues else None
        blocks, slot.number = renumbered(blocks, before)
        tight = segment.continues and not self._ends_in_frame(number)
        placed = Builder(style).build(blocks, tight=tight)
        return placed or [Placed(text_box(""))]

    def _ends_in_frame(self, number: int) -> bool:
        """Whether a listing, which wants space around it, ends the segment before slot ``number``."""
        before = self.slots[number - 1].segment if number else None
        return before is not None and before.text.rstrip().endswith(("```", "~~~"))

    def _number_before(self, number: int) -> int | None:
        """The number that the list reached before slot ``number``; found by reading back where it is not known."""
        previous = self.slots[number - 1] if number else None
        if previous is None or previous.segment is None:
            return None
        if previous.number is None and previous.placed is None:
            steps = 0
            while number - 1 - steps > 0 and steps < 200:
                segment = self.slots[number - 1 - steps].segment
                if segment is None or not segment.continues:
                    break
                steps += 1
            first = self.slots[number - 1 - steps].segment
            blocks = parse(first.text) if first else ()
            start = renumbered(blocks, None)[1]
            return None if start is None else start + steps
        return previous.number

    def _tail_box(self) -> Box:
        """The block that is still being written, as plain text or as a plain listing."""
        if self._segmenter.open_code:
            return CodeBox(self.text[self._segmenter.body_start :], self._segmenter.language)
        return text_box(self.text[self._segmenter.tail_start :].strip("\n"))

    def adopt(self, shown: TranscriptMessage) -> bool:
        """Show another state of the same message; False where its text has changed and it must be laid out anew."""
        old, new = self.shown.message, shown.message
        same = old.id == new.id and old.attachments == new.attachments
        same = same and (self.live or (new.text, new.thinking, new.error) == (self.text, self.thinking, old.error))
        if same:
            self.shown = shown
            for slot in self.slots:
                if slot.part is Part.FOLD:
                    slot.forget()
        return same

    # --- streaming ---------------------------------------------------------------------------------------------

    def append(self, text: str, style: Style, column: float) -> None:
        """More of the answer: closed blocks become slots of their own, the tail is written anew."""
        first = not self.text
        self.text += text
        if first and self.thinking_since:
            self.thought_ms = (time.monotonic() - self.thinking_since) * 1000
        if not self.opened:
            return
        if first or not self.slots or self.slots[-1].part is not Part.TAIL:
            self.open(style, column)
            return
        tail = self.slots[-1]
        was_code, start = self._segmenter.open_code, self._segmenter.tail_start
        closed = self._segmenter.feed(text)
        self._rest = len(self.text)
        fresh = [Slot(Part.CONTENT, segment) for segment in closed]
        for slot in fresh:
            slot.height = self._estimate_slot(slot, style, column)
        self.slots[-1:-1] = fresh
        box = tail.placed[0].box if tail.placed else None
        if isinstance(box, CodeBox) and was_code and self._segmenter.tail_start == start:
            box.append(text)
        else:
            tail.forget()
        tail.exact = False
        if not tail.height:
            tail.height = style.line_height

    def append_thinking(self, text: str, style: Style, column: float) -> None:
        """More of what the model thinks before it answers."""
        first = not self.thinking
        self.thinking += text
        self.thinking_since = self.thinking_since or time.monotonic()
        if not self.opened:
            return
        last = next((slot for slot in reversed(self.slots) if slot.part is Part.THOUGHT), None)
        if first or (self.unfolded and (last is None or len(last.words) + len(text) > PLAIN_PORTION)):
            self.open(style, column)
        elif self.unfolded and last is not None:
            last.words += text
            last.forget()

    def finish(self, shown: TranscriptMessage, style: Style, column: float) -> None:
        """The answer is complete: close its last block. What was laid out before stays as it is."""
        same = self.opened and shown.message.text == self.text and bool(self.slots)
        same = same and self.slots[-1].part is Part.TAIL and shown.message.thinking == self.thinking
        same = same and all(slot.part is not Part.STATUS for slot in self.slots)  # nothing is waited for any more
        self.shown, self.live, self.reading = shown, False, None
        self.text, self.thinking = shown.message.text, shown.message.thinking
        if not same:
            self.opened = False
            return
        del self.slots[-1]
        fresh = [Slot(Part.CONTENT, segment) for segment in self._segmenter.close()]
        if shown.message.error:
            fresh.append(Slot(Part.ERROR, words=shown.message.error))
        for slot in fresh:
            slot.height = self._estimate_slot(slot, style, column)
        self.slots += fresh
        for slot in self.slots:
            if slot.part is Part.FOLD:
                slot.forget()

    def slot_of(self, offset: int) -> int | None:
        """The slot that holds the character at ``offset`` of the text."""
        at, found = 0, None
        for number, slot in enumerate(self.slots):
            if slot.part is Part.CONTENT:
                at = slot.segment.start if slot.segment else at
                if at <= offset:
                    found = number
                if not slot.segment:
                    at += len(slot.words)
            elif slot.part in (Part.TAIL, Part.REST) and offset >= self._segmenter.tail_start:
                found = number
        return found

    def drop_layout(self) -> None:
        """Forget the boxes (their heights stay): the message is far out of sight."""
        for slot in self.slots:
            if slot.part is not Part.TAIL:
                slot.forget()
