"""What an answer is made of once its Markdown is read: blocks of text, and the spans of text inside them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Align(StrEnum):
    """How a table's column is set."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one style.

    ``link`` is an http, https or mailto address, or empty. ``maths`` says that ``text`` is LaTeX source.
    """

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    maths: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; ``level`` 1 to 6 makes it a heading."""

    spans: tuple[Span, ...]
    level: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """A listing; ``language`` is what the fence says, often empty."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Maths:
    """A displayed formula, as LaTeX source."""

    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the page."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; the first row is the header."""

    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    aligns: tuple[Align, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a list: ``number`` for ordered lists, ``checked`` for tasks, a bullet where both are None."""

    blocks: tuple[Block, ...]
    number: int | None = None
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A bullet, numbered or task list; ``loose`` ones have space between their items."""

    items: tuple[Item, ...]
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """Quoted blocks."""

    blocks: tuple[Block, ...]


Block = Paragraph | Code | Maths | Rule | Table | Listing | Quote


def plain(spans: tuple[Span, ...]) -> str:
    """The text of ``spans`` without their styles."""
    return "".join(span.text for span in spans)
