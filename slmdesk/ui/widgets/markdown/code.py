"""Colour for listings: which stretch of a text is a keyword, a string, a number ..., read by Pygments bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor

from slmdesk.ui.theme import Theme, mix
from slmdesk.ui.widgets.markdown.side import SideThread

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LONGEST = 400_000
"""Characters of a listing beyond which it stays in one colour."""
_LONGEST_LINE = 5_000
_CONTRAST = 4.5
_LOAD_LIMIT = 60.0


class Tone(StrEnum):
    """What a stretch of code is, as far as its colour goes."""

    PLAIN = "plain"
    KEYWORD = "keyword"
    STRING = "string"
    NUMBER = "number"
    COMMENT = "comment"
    NAME = "name"
    ADDED = "added"
    REMOVED = "removed"


def load_lexer(language: str) -> Lexer | None:
    """What reads ``language``, or None for an unknown one. Loading it the first time is slow."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def language_name(info: str) -> str:
    """The language in a fence's first line: ``python`` in ``python title="x"`` or in ``{.python}``."""
    words = info.replace("{", " ").replace("}", " ").replace(".", " ", 1 if info.startswith("{") else 0).split()
    return words[0].strip(",").lower()[:40] if words else ""


class Lexers(QObject):
    """What reads the languages of listings, loaded in a side thread because that takes up to a few hundred ms."""

    ready = Signal()
    """A lexer that was asked for can be had now."""

    def __init__(self, side: SideThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._lexers: dict[str, Lexer | None] = {}
        self._asked: set[str] = set()

    def get(self, language: str) -> tuple[bool, Lexer | None]:
        """Whether it is known what reads ``language``, and the lexer, or None for an unknown language."""
        if language in self._lexers or not language:
            return True, self._lexers.get(language)
        if language not in self._asked:
            self._asked.add(language)
            self._side.submit(partial(load_lexer, language), partial(self._keep, language), _LOAD_LIMIT)
        return False, None

    def _keep(self, language: str, lexer: Lexer | None) -> None:
        self._lexers[language] = lexer
        self.ready.emit()


def highlight(text: str, lexer: Lexer | None) -> Iterator[tuple[int, int, Tone]]:
    """The coloured stretches of ``text`` as (start, end, tone), in order; made as they are asked for.

    Without a lexer, and for a listing too long to be worth it, there are none.
    """
    if lexer is None or len(text) > LONGEST or max(map(len, text.split("\n")), default=0) > _LONGEST_LINE:
        return
    at = 0
    for kind, part in lexer.get_tokens(text):
        end = at + len(part)
        tone = _tone(kind)
        if tone is not Tone.PLAIN:
            yield at, end, tone
        at = end


@cache
def _tone(kind: Any) -> Tone:
    from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String

    for family, tone in (
        (Comment, Tone.COMMENT),
        (Keyword, Tone.KEYWORD),
        (Operator.Word, Tone.KEYWORD),
        (Name.Tag, Tone.KEYWORD),
        (Number, Tone.NUMBER),
        (Name.Constant, Tone.NUMBER),
        (String, Tone.STRING),
        (Literal, Tone.STRING),
        (Name.Function, Tone.NAME),
        (Name.Class, Tone.NAME),
        (Name.Decorator, Tone.NAME),
        (Name.Attribute, Tone.NAME),
        (Name.Builtin, Tone.NAME),
        (Name.Variable, Tone.NAME),
        (Generic.Inserted, Tone.ADDED),
        (Generic.Deleted, Tone.REMOVED),
    ):
        if kind in family:
            return tone
    return Tone.PLAIN


def tone_colors(theme: Theme) -> dict[Tone, QColor]:
    """The colour of every tone in a theme, each readable (4.5:1) on the listing's background."""
    sources = {
        Tone.PLAIN: theme.color("text"),
        Tone.KEYWORD: theme.series(3),
        Tone.STRING: theme.series(2),
        Tone.NUMBER: theme.series(1),
        Tone.COMMENT: theme.color("text2"),
        Tone.NAME: theme.series(5),
        Tone.ADDED: theme.color("good"),
        Tone.REMOVED: theme.color("bad"),
    }
    back, text = theme.color("code"), theme.color("text")
    return {tone: _readable(color, back, text) for tone, color in sources.items()}


def _readable(color: QColor, back: QColor, text: QColor) -> QColor:
    """``color``, drawn towards the text colour until it stands out enough."""
    for step in range(11):
        tried = mix(text, color, step / 10)
        if contrast(tried, back) >= _CONTRAST:
            return tried
    return text


def contrast(a: QColor, b: QColor) -> float:
    """The contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())
