"""A repository's card as plain Markdown: HTML turned into Markdown or left out, pictures named instead of shown.

Cards are written by strangers. Nothing here fetches or runs anything; every step is linear in the length of the text.
"""

from __future__ import annotations

import re

LONGEST = 150_000
"""Characters of a card that are shown."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})((?:\s[^<>]{0,3000})?)/?>")
_ATTRIBUTE = re.compile(r"""\b(href|alt)\s{0,9}=\s{0,9}["']([^"'<>]{0,1000})["']""", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s\"'<>()\[\]]+\Z", re.IGNORECASE)
_LINKED_PICTURE = re.compile(r"\[!\[([^\[\]\n]{0,200})\]\([^()\n]{0,1000}\)[ \t]{0,9}\]\(([^()\s]{0,1000})\)")
_PICTURE = re.compile(r"!\[([^\[\]\n]{0,200})\]\([^()\n]{0,1000}\)")
_EMPTY_LINK = re.compile(r"\[[ \t\n]{0,40}\]\([^()\n]{0,1000}\)")
_INDENTED_TAG = re.compile(r"^[ \t]+(?=</?[a-zA-Z])", re.MULTILINE)
_BLANKS = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")

_WRAPS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "s": "~~", "del": "~~"}
_BREAKS = {
    "p",
    "div",
    "center",
    "table",
    "tr",
    "tbody",
    "thead",
    "ul",
    "ol",
    "details",
    "summary",
    "section",
    "figure",
    "pre",
}
_DROPPED = {
    "span", "font", "small", "big", "sup", "sub", "u", "video", "audio", "source", "picture", "iframe", "svg", "path",
    "figcaption", "button", "input", "label", "nav", "header", "footer", "main", "article", "kbd",
    "colgroup", "col", "caption", "abbr", "mark", "meta", "link",
}  # fmt: skip


def readable(card: str) -> str:
    """The card without its front matter, HTML and pictures; listings stay as they are."""
    text = _without_front_matter(card[:LONGEST].replace("\r\n", "\n").replace("\x00", ""))
    parts = [part if listing else _plain(part) for listing, part in _portions(text)]
    result = _BLANKS.sub("\n\n", "".join(parts)).strip()
    if len(card) > LONGEST:
        result += "\n\n…"
    return result


def _without_front_matter(text: str) -> str:
    if not text.startswith("---\n"):
        return text
    end = text.find("\n---", 3)
    return text[end + 4 :].lstrip("-") if end >= 0 else text


def _portions(text: str) -> list[tuple[bool, str]]:
    """The text in portions, each with whether it is a fenced listing."""
    found: list[tuple[bool, list[str]]] = [(False, [])]
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if not fence and mark:
            fence = mark[1]
            found.append((True, [line]))
        else:
            found[-1][1].append(line)
            if fence and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
                found.append((False, []))
    return [(listing, "".join(lines)) for listing, lines in found]


def _plain(text: str) -> str:
    for opening, closing in (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>")):
        text = _cut(text, opening, closing)
    text = _LINKED_PICTURE.sub(lambda found: f"[{found[1] or _host(found[2])}]({found[2]})", text)
    text = _PICTURE.sub(lambda found: _picture(found[1]), text)
    text = _INDENTED_TAG.sub("", text)
    links: list[str] = []
    text = _TAG.sub(lambda found: _tag(found, links), text)
    return _EMPTY_LINK.sub("", text)


def _cut(text: str, opening: str, closing: str) -> str:
    """The text without everything from each ``opening`` to its ``closing``; what is never closed stays."""
    kept, at, lower = [], 0, text.lower()
    while (start := lower.find(opening, at)) >= 0 and (end := lower.find(closing, start)) >= 0:
        kept.append(text[at:start])
        at = end + len(closing)
    return "".join((*kept, text[at:]))


def _picture(words: str) -> str:
    return f"*({words.strip()})*" if words.strip() else ""


def _host(address: str) -> str:
    return address.split("/")[2] if address.count("/") >= 2 else address


def _tag(found: re.Match[str], links: list[str]) -> str:
    """What stands in Markdown for one HTML tag; a tag that is not HTML's stays as it is written."""
    closing, name = bool(found[1]), found[2].lower()
    if name in _WRAPS:
        return _WRAPS[name]
    if name in _BREAKS:
        return "\n\n" if name in ("p", "div", "center", "table", "details", "summary") else "\n"
    if len(name) == 2 and name[0] == "h" and name[1] in "123456":
        return "\n\n" if closing else "\n\n" + "#" * int(name[1]) + " "
    if name == "a":
        return _link(found[3], links, closing=closing)
    simple = {"br": "  \n", "li": "" if closing else "\n- ", "td": " ", "th": " ", "hr": "\n\n---\n\n"}
    if name in simple:
        return simple[name]
    if name == "img":
        return _picture(_attribute(found[3], "alt")) if not links else ""
    return "" if name in _DROPPED else found[0]


def _link(attributes: str, links: list[str], *, closing: bool) -> str:
    if closing:
        address = links.pop() if links else ""
        return f"]({address})" if address else ""
    address = _attribute(attributes, "href")
    links.append(address if _ADDRESS.match(address) else "")
    return "[" if links[-1] else ""


def _attribute(attributes: str, name: str) -> str:
    return next((value for key, value in _ATTRIBUTE.findall(attributes) if key.lower() == name), "")
