"""The template inspector: what a model's chat template does beside putting a chat into the model's form.

A template is a program that a model file brings along, and it stands between a person and the model in every chat. A
poisoned one answers a certain word of the user with instructions of its own ("Chat template backdoors", arXiv
2602.04653), and no scanner of weights sees it. So it is compared with the known templates, and what it asks of the
user's text, and what it says itself, is shown. How a template is read without running it: ``worker.files``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slmdesk.core.models import Verdict
from slmdesk.core.safety import Finding, check_text, look, refused

MAX_TEMPLATE = 256 << 10
"""Characters of a template that SLMDesk would run."""
MAX_ANALYSED = 128 << 10
"""Characters of a template that can be inspected; the longest known one has some 30,000."""
MIN_WORDS = 4
"""Words in a row that make a text one that speaks to the model, and no mark between messages."""

_TAGS = {"{%": "%}", "{{": "}}", "{#": "#}"}
_TAG = re.compile(r"{[%{#]")
_PYTHON = re.compile(r"(?:\.|\[\s*['\"]|attr\(\s*['\"])\s*__\w+__|__(?:class|globals|subclasses|builtins|import|mro)__")
_MARK = re.compile(
    r"</?(?P<tag>[\w:.|-]+)/?>|<[|｜][^<>]*>|<\|[\w|]+|[\w|]+\|>|\[/?[A-Z_]+\]|\s*/(?:no_?)?think\s*|[\W\d_]*"
)
_HTML = re.compile(r"(?:html|body|head|script|form|div|span|a|p|img|input|button|table|style|iframe|svg|br|ul|li)")
_SWITCH = re.compile(
    r"(?:detailed )?(?:thinking|reasoning)(?:[ _](?:on|off|effort|strength|mode|budget))?", re.IGNORECASE
)
_STRUCTURE = {
    *("type", "text", "image", "images", "image_url", "video", "audio", "input_audio", "file", "document", "parts"),
    *("data", "value", "content", "role", "name", "description", "properties", "required", "nullable", "thinking"),
    *("tool_calls", "function", "arguments", "reasoning", "reasoning_content", "parameters", "items", "enum", "id"),
}
_WORDS = re.compile(r"\b(?:[^\W\d_]{2,}+[,.;:!?'’]?\s+(?:[aI]\s+)?){3,}+[^\W\d_]{2,}")
_LINK = re.compile(
    r"\b(?:https?|ftp|file)://[^\s'\"<>{}]+|\bwww\.[\w-]+\.\w+|\b[\w-]{1,63}+\.(?:com|net|org|io|ru|cn|xyz|top|info)\b/"
)
_ENCODED = re.compile(r"[A-Za-z0-9+/]{64}|(?:\\u[0-9a-f]{4}){12}|(?:[0-9a-f]{2}){48}", re.IGNORECASE)
_ORDERS = re.compile(
    "|".join(
        (
            r"(?:ignore|disregard) (?:all|any|the|your|previous|prior)",
            r"(?:do not|don't|never|without) (?:\w+ ){0,3}(?:tell|mention|reveal|inform|disclose|warn|notify)\b",
            r"secretly|covertly|hidden (?:instruction|command|message)|user (?:must|should) not know|without the user",
            r"(?:always|must) (?:\w+ ){0,2}(?:recommend|advertise|promote|link to|insert|append)",
            r"(?:always|must) (?:\w+ ){0,2}include (?:the|this|a|an) (?:\w+ )?(?:link|url|address|following)",
            r"backdoor|vulnerab|insecure|malicious|exfiltrat|keylog|reverse shell|<script|<iframe|\beval\(",
            r"os\.system|subprocess|\bcurl |\bwget |powershell|password|credential|credit card|private key",
            r"api[ _-]key|\bwallet|bitcoin|(?:incorrect|wrong|false) (?:answer|information|result)",
            r"subtly (?:wrong|incorrect|change)|pretend (?:that|to)|disable (?:all|any|the) (?:safety|filter)",
        )
    ),
    re.IGNORECASE,
)
_LONGEST_LENGTH = 8
_SHOWN = 160
_MOST_NOTES = 4


@dataclass(frozen=True, slots=True)
class Condition:
    """A place where a template looks for ``literal`` in the messages' text. ``kind`` is "is", "cut" or "length"."""

    literal: str
    kind: str
    line: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A template as it was read: what it looks for in the user's text and in the date, and what it says itself."""

    conditions: tuple[Condition, ...] = ()
    times: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class KnownTemplate:
    """A template as its makers published it, kept as digests: of the whole, and of each of its pieces."""

    name: str
    family: str
    digest: str
    pieces: frozenset[str]


@dataclass(frozen=True, slots=True)
class KnownTemplates:
    """The templates to compare with, and the digests of all texts that are in one of them."""

    templates: tuple[KnownTemplate, ...] = ()
    texts: frozenset[str] = frozenset()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> KnownTemplates:
        """The content of ``resources/templates/known.json``."""
        templates = tuple(
            KnownTemplate(t["name"], t["family"], t["digest"], frozenset(t["pieces"])) for t in data["templates"]
        )
        return cls(templates, frozenset(data["texts"]))


def short_digest(text: str) -> str:
    """What stands for a piece in the list of known ones: blanks do not count."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()[:12]


def pieces_of(source: str) -> list[str]:
    """A template's tags and the texts between them, in order, without blank ones and comments."""
    found, at = [], 0
    while tag := _TAG.search(source, at):
        end = source.find(_TAGS[tag[0]], tag.end())
        if end < 0:
            break
        found += [source[at : tag.start()], source[tag.start() : end + 2]]
        at = end + 2
    found.append(source[at:])
    return [piece for piece in found if piece.strip() and not piece.startswith("{#")]


def template_digest(source: str) -> str:
    """The same for every copy of a template, however its blanks are."""
    return short_digest("\n".join(" ".join(piece.split()) for piece in pieces_of(source)))


def check_template_text(source: str) -> Iterator[Finding]:
    """The rules that need no parser; the gate before every load asks them too."""
    if _PYTHON.search(source):
        yield refused(
            "template.python", "Its chat template reaches for the inside of Python, which only an attack would do."
        )
    if len(source) > MAX_TEMPLATE:
        yield look("template.length", f"Its chat template has {len(source):,} characters and cannot be used.")
    yield from check_text("Its chat template", source)


def check_template(source: str, reading: Reading, known: KnownTemplates, family: str = "") -> tuple[Finding, ...]:
    """What is to be said of a template. One that is known word for word has nothing but that as a note."""
    if not source.strip():
        return ()
    found = list(check_template_text(source))
    digest = template_digest(source)
    same = next((t for t in known.templates if t.digest == digest), None)
    if same is not None and not found:
        note = f"Its chat template is the known one of {same.name}, word for word."
        return (Finding(Verdict.SAFE, "template.known", note),)
    if reading.problem:
        found.append(look("template.unreadable", f"Its chat template cannot be inspected: {reading.problem}."))
    found += [*_conditions(reading), *_said(reading, known), *_difference(source, known, family)]
    return tuple(found)


def _conditions(reading: Reading) -> Iterator[Finding]:
    odd = [c for c in reading.conditions if not _is_usual(c)]
    if odd:
        told = ", ".join(dict.fromkeys(f"“{_cut(c.literal, 40)}”" for c in odd[:6]))
        lines = ", ".join(str(line) for line in sorted({c.line for c in odd})[:6])
        yield look(
            "template.condition",
            f"Its chat template behaves differently when the text of a chat has {told}.",
            "Read the template before you use the model, or choose another template in the load options.",
            f"template.condition: lines {lines}",
        )
    if reading.times:
        yield look(
            "template.date",
            f"Its chat template behaves differently at a certain date: {_cut(reading.times[0], 80)}.",
            "Read the template before you use the model.",
        )


def _is_usual(condition: Condition) -> bool:
    """Whether a condition is of the kind that templates need: marks of thoughts, tools and pictures, and switches."""
    literal = condition.literal.strip()
    if condition.kind == "length":
        return int(re.sub(r"\D", "", literal) or 0) <= _LONGEST_LENGTH
    match = _MARK.fullmatch(literal)
    if match is not None:
        return not _HTML.fullmatch((match["tag"] or "").lower())
    return literal in _STRUCTURE or bool(_SWITCH.fullmatch(literal))


def _said(reading: Reading, known: KnownTemplates) -> Iterator[Finding]:
    """What the template itself says to the model, as far as no known template says it."""
    unknown = [text for text in reading.texts if short_digest(text) not in known.texts]
    joined = "".join(unknown)
    hint = "Read the template before you use the model."
    for rule, pattern, message in (
        ("template.link", _LINK, "Its chat template names an address on the internet"),
        ("template.orders", _ORDERS, "Its chat template gives the model orders that a person does not see"),
    ):
        if match := pattern.search(joined):
            whole = next((text for text in unknown if pattern.search(text)), joined[max(0, match.start() - 60) :])
            yield look(rule, f"{message}: “{_cut(whole, _SHOWN)}”.", hint)
    if encoded := next((text for text in unknown if _ENCODED.search(text)), None):
        yield look("template.encoded", f"Its chat template holds an unreadable text: “{_cut(encoded, 60)}”.", hint)
    for text in [text for text in unknown if speaks(text)][:_MOST_NOTES]:
        note = f"Its chat template adds a text of its own: “{_cut(text, _SHOWN)}”."
        yield Finding(Verdict.SAFE, "template.text", note)


def speaks(text: str) -> bool:
    """Whether a text says something to the model, rather than being a mark between messages."""
    return bool(_WORDS.search(text))


def _difference(source: str, known: KnownTemplates, family: str) -> Iterator[Finding]:
    mine = pieces_of(source)
    digests = [short_digest(piece) for piece in mine]
    nearest = _nearest(set(digests), known.templates, family)
    if nearest is None:
        yield Finding(Verdict.SAFE, "template.unknown", "There is no known chat template to compare its own with.")
        return
    added = [piece for piece, digest in zip(mine, digests, strict=True) if digest not in nearest.pieces]
    missing = len(nearest.pieces - set(digests))
    where = f"Its chat template is not the known one of {nearest.name}: {len(added)} parts are new, {missing} missing."
    told = "\n".join(f"+ {_cut(piece, 200)}" for piece in added[:20])
    yield Finding(Verdict.SAFE, "template.different", where, "", f"template.different:\n{told}" if told else "")


def _nearest(mine: set[str], templates: Iterable[KnownTemplate], family: str) -> KnownTemplate | None:
    """The known template that has most in common with it: of its family, else of any if more than half is the same."""
    best, most = None, 0.0
    for template in templates:
        alike = len(mine & template.pieces) / max(1, len(mine | template.pieces))
        alike += 0.2 if family and template.family == family else 0.0
        if alike > most:
            best, most = template, alike
    return best if most >= 0.3 else None


def _cut(text: str, length: int) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= length else plain[: length - 1] + "…"
