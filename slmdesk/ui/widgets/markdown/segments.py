"""Cutting a growing Markdown text into segments that can be read one by one.

An answer streams in; a segment that is closed is parsed and laid out once and never again. The cuts are safe places
only: after a blank line, a heading or a closed fence, and between the items of a list. The same cuts let a long old
message be laid out piece by piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_FENCE = re.compile(r"^( {0,3})(`{3,}(?=[^`]*$)|~{3,})[ \t]*([^\n]*?)[ \t]*$")
_NESTED_FENCE = re.compile(r"^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}(?=[^`]*$)|~{3,})")
_MARKER = re.compile(r"^( {0,3})(?:([-*+])|(\d{1,9})([.)]))(?:[ \t]+(?=\S)|[ \t]*$)")
_HEADING = re.compile(r"^ {0,3}#{1,6}(?:[ \t]|$)")
_RULE = re.compile(r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
_DELIMITERS = re.compile(r"^[ \t|:-]*-[ \t|:-]*$")
_MATHS = re.compile(r"^ {0,3}(\$\$|\\\[)")
_MATHS_END = {"$$": "$$", "\\[": "\\]"}

LONGEST = 4_000
"""Characters after which running text is cut at the next line or space: it keeps one layout step short."""
LONGEST_TABLE = 16_000
"""The same for a table, whose rows say nothing without its head."""


class Kind(Enum):
    """What a segment holds: Markdown to be parsed, or a fenced listing that needs no parsing."""

    TEXT = "text"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a message that can be parsed on its own.

    ``start`` is where it begins in the message. Of a listing, ``text`` is only what stands between the fences.
    ``continues`` marks an item that belongs to the list of the segment before it.
    """

    kind: Kind
    text: str
    start: int
    language: str = ""
    continues: bool = False


class _State(Enum):
    EMPTY = 0
    TEXT = 1
    LIST = 2
    FENCE = 3
    MATHS = 4


class Segmenter:
    """Reads a text as it grows and hands out the segments that are closed.

    What is not closed yet is the tail: ``tail_start`` is where it begins, ``open_code`` says that it is a listing
    (whose text begins at ``body_start``).
    """

    def __init__(self) -> None:
        self.tail_start = 0
        self.body_start = 0
        self.language = ""
        self._state = _State.EMPTY
        self._lines: list[str] = []
        self._length = 0
        self._partial = ""
        self._closed: list[Segment] = []
        self._blank = False
        self._indent = 0
        self._fence = ""
        self._nested = ""
        self._continues = False
        self._bullet = ""
        self._closer = ""

    @property
    def open_code(self) -> bool:
        """Whether the tail is a listing that is still being written."""
        return self._state is _State.FENCE

    def feed(self, text: str) -> list[Segment]:
        """Take the next piece of the text; returns the segments that it closed."""
        lines = (self._partial + text).split("\n")
        self._partial = lines.pop()
        for line in lines:
            self._line(line)
        while self._state is not _State.FENCE and len(self._partial) > LONGEST:
            at = self._partial.rfind(" ", 0, LONGEST) + 1 or LONGEST
            self._add(self._partial[:at], end="")
            self._partial = self._partial[at:]
            self._cut()
        return self._take()

    def close(self) -> list[Segment]:
        """The text is complete: returns the segments that were still open."""
        if self._partial:
            line, self._partial = self._partial, ""
            self._line(line, end="")
        self._cut()
        return self._take()

    def _take(self) -> list[Segment]:
        closed, self._closed = self._closed, []
        return closed

    def _line(self, line: str, end: str = "\n") -> None:
        if self._state is _State.FENCE:
            self._in_fence(line, end)
        elif self._state is _State.MATHS:
            self._add(line, end)
            if line.rstrip().endswith(self._closer):
                self._cut()
        elif self._nested:
            self._add(line, end)
            if line.strip().startswith(self._nested) and not line.strip().strip(self._nested[0]):
                self._nested = ""
        elif not line.strip():
            self._add(line, end)
            self._blank = True
            if self._state is not _State.LIST:
                self._cut()
        else:
            self._content(line, end)
            self._blank = False

    def _content(self, line: str, end: str) -> None:
        """A line that is not blank, outside of fences and displayed maths."""
        if self._state is _State.LIST and self._in_list(line, end):
            return
        if fence := _FENCE.match(line):
            self._cut()
            self._state = _State.FENCE
            self._indent, self._fence, self.language = len(fence[1]), fence[2], fence[3]
            self._add(line, end)
            self.body_start = self.tail_start + self._length
        elif maths := _MATHS.match(line):
            self._cut()
            self._closer = _MATHS_END[maths[1]]
            self._add(line, end)
            if line.strip()[2:].rstrip().endswith(self._closer):
                self._cut()
            else:
                self._state = _State.MATHS
        elif _HEADING.match(line):
            self._cut()
            self._add(line, end)
            self._cut()
        elif (marker := _MARKER.match(line)) and not _RULE.match(line) and self._may_start(marker):
            self._start_item(line, end, marker, continues=False)
        else:
            self._state = _State.TEXT
            self._add(line, end)
            if self._length > LONGEST and (self._length > LONGEST_TABLE or not self._is_table()):
                self._cut()

    def _is_table(self) -> bool:
        return len(self._lines) > 1 and "|" in self._lines[0] and bool(_DELIMITERS.match(self._lines[1]))

    def _may_start(self, marker: re.Match[str]) -> bool:
        """Whether this line starts a list here: inside a paragraph only a bullet or the number 1 with text does."""
        if self._state is not _State.TEXT:
            return True
        return marker[3] in (None, "1") and marker.end() < len(marker.string)

    def _in_list(self, line: str, end: str) -> bool:
        """Take a line that belongs to the open list; False when the list ended before it."""
        indent = len(line) - len(line.lstrip(" \t"))
        marker = _MARKER.match(line)
        if marker and indent <= self._indent + 1 and not _RULE.match(line):
            self._start_item(line, end, marker, continues=(marker[2] or marker[4]) == self._bullet)
            return True
        starts_block = indent <= self._indent and (_FENCE.match(line) or _HEADING.match(line) or _RULE.match(line))
        if indent <= self._indent and (self._blank or starts_block):
            self._cut()
            return False
        self._open_nested(line)
        self._add(line, end)
        if self._length > LONGEST and not self._nested:
            self._cut()
            self._state = _State.LIST
        return True

    def _start_item(self, line: str, end: str, marker: re.Match[str], *, continues: bool) -> None:
        self._cut()
        self._state = _State.LIST
        self._continues = continues
        self._indent = len(marker[1])
        self._bullet = marker[2] or marker[4]
        self._open_nested(line)
        self._add(line, end)

    def _open_nested(self, line: str) -> None:
        fence = _NESTED_FENCE.match(line)
        self._nested = fence[1] if fence else ""

    def _in_fence(self, line: str, end: str) -> None:
        self._add(line, end)
        stripped = line.strip()
        if len(stripped) >= len(self._fence) and stripped == self._fence[0] * len(stripped):
            self._cut()

    def _add(self, line: str, end: str) -> None:
        self._lines.append(line + end)
        self._length += len(line) + len(end)

    def _cut(self) -> None:
        """Close the open segment, if there is anything in it."""
        source = "".join(self._lines)
        if source.strip():
            if self._state is _State.FENCE:
                self._closed.append(Segment(Kind.CODE, self._listing(), self.tail_start, self.language))
            else:
                self._closed.append(Segment(Kind.TEXT, source, self.tail_start, continues=self._continues))
        self.tail_start += self._length
        self._lines, self._length = [], 0
        self._state = _State.EMPTY
        self._blank = self._continues = False
        self._nested = self.language = ""

    def _listing(self) -> str:
        """The lines between the fences, without the indent of the fence."""
        lines = self._lines[1:]
        last = lines[-1].strip() if lines else ""
        if last and len(last) >= len(self._fence) and last == self._fence[0] * len(last):
            lines = lines[:-1]
        if self._indent:
            lines = [line[min(self._indent, len(line) - len(line.lstrip(" "))) :] for line in lines]
        return "".join(lines).removesuffix("\n")
