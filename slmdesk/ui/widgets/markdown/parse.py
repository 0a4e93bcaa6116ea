"""Markdown to blocks: CommonMark with tables, strikethrough, task lists and maths, and nothing that could reach out.

HTML is text. Only http, https and mailto addresses are links. A picture is shown as its description and address.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from slmdesk.ui.widgets.markdown.blocks import (
    Align,
    Block,
    Code,
    Item,
    Listing,
    Maths,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
)

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_OPENABLE = re.compile(r"^(?:https?://[^\s/]|mailto:[^\s@]+@)", re.IGNORECASE)
_TASK = re.compile(r"^\[([ xX])\][ \u00a0]+")
_DEEPEST = 20


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # here, so that the window is there before the parser
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.texmath import texmath_plugin

    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough", "linkify"])
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    texmath_plugin(parser, delimiters="brackets")
    dollarmath_plugin(parser, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    parser.parse("- *a*")  # compiles the rules, which must not happen in two threads at once
    return parser


def warm_up() -> None:
    """Load the parser, which takes a tenth of a second, before it is needed."""
    _parser()


def may_open(address: str) -> bool:
    """Whether a person may be asked to open ``address``: a web page or a mail address, never a file or a script."""
    return bool(_OPENABLE.match(address)) and len(address) <= 2_000


def parse(text: str, references: dict[str, Any] | None = None) -> tuple[Block, ...]:
    """The blocks of a Markdown text. ``references`` (changed in place) keeps link definitions between segments."""
    env = references if references is not None else {}
    reader = _Reader(_parser().parse(text, env))
    return tuple(reader.blocks())


class _Reader:
    """Walks the parser's flat list of tokens and builds nested values from it."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def blocks(self, until: str = "") -> list[Block]:
        """The blocks up to the closing token ``until``, which is consumed."""
        found: list[Block] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.type == until:
                break
            block = self._block(token)
            if block is not None:
                found.append(block)
        return found

    def _block(self, token: Token) -> Block | None:
        match token.type:
            case "inline":
                return _paragraph(_spans(token))
            case "heading_open":
                spans = _spans(self._tokens[self._at])
                self._at += 2
                return Paragraph(spans, int(token.tag[1]))
            case "fence" | "code_block":
                return Code(token.content.removesuffix("\n"), token.info.strip())
            case "math_block" | "math_block_eqno" | "amsmath":
                return Maths(token.content.strip())
            case "hr":
                return Rule()
            case "blockquote_open":
                return Quote(tuple(self.blocks("blockquote_close")))
            case "bullet_list_open":
                return self._list("bullet_list_close", None)
            case "ordered_list_open":
                return self._list("ordered_list_close", int(token.attrs.get("start", 1)))
            case "table_open":
                return self._table()
        return None

    def _list(self, until: str, number: int | None) -> Listing:
        items: list[Item] = []
        loose = False
        while self._tokens[self._at].type != until:
            self._at += 1  # list_item_open
            first = self._tokens[self._at] if self._at < len(self._tokens) else None
            loose = loose or (first is not None and first.type == "paragraph_open" and not first.hidden)
            blocks = self.blocks("list_item_close")
            checked, blocks = _task(blocks)
            items.append(Item(tuple(blocks), number, checked))
            number = None if number is None else number + 1
        self._at += 1
        return Listing(tuple(items), loose)

    def _table(self) -> Table:
        rows: list[tuple[tuple[Span, ...], ...]] = []
        aligns: list[Align] = []
        cells: list[tuple[Span, ...]] = []
        while (token := self._tokens[self._at]).type != "table_close":
            self._at += 1
            if token.type == "tr_open":
                cells = []
            elif token.type == "tr_close":
                rows.append(tuple(cells))
            elif token.type == "inline":
                cells.append(_spans(token))
            elif token.type == "th_open":
                aligns.append(Align(str(token.attrs.get("style", "text-align:left")).removeprefix("text-align:")))
        self._at += 1
        return Table(tuple(rows), tuple(aligns))


def _paragraph(spans: tuple[Span, ...]) -> Block | None:
    """A paragraph; one that holds nothing but a ``$$`` formula is that formula, displayed."""
    if not spans:
        return None
    return Paragraph(spans)


def _task(blocks: list[Block]) -> tuple[bool | None, list[Block]]:
    """Whether a list item begins with a task's box, and its blocks without it."""
    if not blocks or not isinstance(blocks[0], Paragraph) or not blocks[0].spans:
        return None, blocks
    first = blocks[0].spans[0]
    found = None if first.code or first.maths else _TASK.match(first.text)
    if not found:
        return None, blocks
    rest = Span(first.text[found.end() :], first.bold, first.italic, first.strike)
    return found[1] in "xX", [Paragraph((rest, *blocks[0].spans[1:])), *blocks[1:]]


def _spans(token: Token) -> tuple[Span, ...]:
    """The styled text of an inline token."""
    spans: list[Span] = []
    style = {"strong": 0, "em": 0, "s": 0}
    links: list[str] = []

    def add(text: str, *, code: bool = False, maths: bool = False) -> None:
        if text:
            link = next((address for address in reversed(links) if address), "")
            spans.append(Span(text, style["strong"] > 0, style["em"] > 0, style["s"] > 0, code, maths, link))

    for child in token.children or ():
        name, _, edge = child.type.rpartition("_")
        if name in style:
            style[name] += 1 if edge == "open" else -1
        elif child.type == "link_open":
            address = str(child.attrs.get("href", ""))
            links.append(address if may_open(address) else "")
        elif child.type == "link_close":
            links.pop()
        elif child.type == "softbreak":
            add(" ")
        elif child.type == "hardbreak":
            add("\u2028")
        elif child.type == "image":
            address = str(child.attrs.get("src", ""))
            add(f"[image: {child.content}] ({address})" if child.content else f"[image] ({address})")
        elif child.type.startswith("math"):
            add(child.content, maths=True)
        else:
            add(child.content, code=child.type == "code_inline")
    return tuple(spans)
