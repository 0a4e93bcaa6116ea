"""A slot: one part of a message with its height, exact once it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from slmdesk.ui.widgets.markdown.segments import Segment
from slmdesk.ui.widgets.transcript.box import Placed

PLAIN_PORTION = 3_000
"""Characters of plain text that are laid out in one step."""


class Part(Enum):
    """What a slot is for."""

    MARK = "mark"
    CHIPS = "chips"
    STATUS = "status"
    FOLD = "fold"
    THOUGHT = "thought"
    CONTENT = "content"
    TAIL = "tail"
    REST = "rest"
    ERROR = "error"


@dataclass(slots=True, eq=False)
class Slot:
    """A part of a message with its height, which is an estimate until ``placed`` is there and ``exact``."""

    part: Part
    segment: Segment | None = None
    words: str = ""
    placed: list[Placed] | None = None
    built: list[Placed] | None = None
    """Boxes that are made but not yet arranged."""
    height: int = 0
    exact: bool = False
    number: int | None = None
    """The number that a numbered list reached in this slot."""

    @property
    def waiting(self) -> bool:
        """Whether a formula in it is still being set."""
        return any(place.box.waiting for place in self.placed or ())

    def forget(self) -> None:
        """Drop the boxes; the height stays as an estimate."""
        self.placed = self.built = None
        self.exact = False


def line_count(text: str, per_line: float) -> int:
    """About how many lines a text takes."""
    breaks = text.count("\n")
    return max(1, breaks + 1, round(len(text) / max(1.0, per_line) + breaks * 0.5))


def portions(text: str) -> list[str]:
    """A plain text in portions that are quick to lay out, cut at line ends where there are any."""
    found: list[str] = []
    while len(text) > PLAIN_PORTION:
        at = text.rfind("\n", 0, PLAIN_PORTION) + 1 or text.rfind(" ", 0, PLAIN_PORTION) + 1 or PLAIN_PORTION
        found.append(text[:at])
        text = text[at:]
    return [*found, text]
