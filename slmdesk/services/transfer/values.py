"""What the import formats share: one chat read from a file, and careful ways to read fields nobody can trust."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from slmdesk.core.chat import Conversation, Message
from slmdesk.core.tree import MessageTree

MOST_MESSAGES = 100_000
MOST_CHARACTERS = 10_000_000
"""Of one message."""

_NAMESPACE = uuid.UUID("5e0f7c52-6a43-4b53-9a53-51d35cf1a001")


class Unreadable(ValueError):
    """A chat in a file cannot be read; the text is the reason, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat read from a file, its messages parents first."""

    head: Conversation
    messages: list[Message]
    notes: list[str] = field(default_factory=list)
    """What was left out, as ends of sentences."""


def finished(head: Conversation, messages: Iterable[Message], notes: Iterable[str] = ()) -> Chat:
    """The chat as it is stored: a sound tree, the shown branch set, the text within limits. Raises Unreadable."""
    listed = list(messages)
    if not listed:
        raise Unreadable("it holds no messages")
    if len(listed) > MOST_MESSAGES:
        raise Unreadable(f"it holds more than {MOST_MESSAGES:,} messages")
    noted = list(notes)
    cut = sum(len(m.text) > MOST_CHARACTERS for m in listed)
    if cut:
        longer = counted(cut, "message was", "messages were")
        noted.append(f"{longer} cut after {MOST_CHARACTERS:,} characters")
        listed = [replace(m, text=m.text[:MOST_CHARACTERS]) for m in listed]
    tree = MessageTree(listed, head.leaf_id)
    return Chat(replace(head, leaf_id=tree.leaf_id), list(tree), noted)


def derived_id(*parts: str) -> str:
    """The same 32 digits for the same parts, so that importing a file twice is noticed."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(parts).encode("utf-8", "replace").decode("utf-8")).hex


def text_of(value: Any) -> str:
    """A string, or nothing."""
    return value if isinstance(value, str) else ""


def dict_of(value: Any) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def time_of(value: Any, default: float | None = None) -> float:
    """Seconds since 1970 from seconds, milliseconds or nanoseconds; ``default`` (now) for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e20:
        for limit, divisor in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)):
            if value > limit:
                return value / divisor
        return float(value)
    return time.time() if default is None else default


def number_of(value: Any) -> float:
    """A number that can be counted with, or 0."""
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and -1e15 < value < 1e15
    return value if usable else 0


def counted(count: int, one: str, many: str) -> str:
    """Such as "1 file was" or "3 files were"."""
    return f"{count:,} {one if count == 1 else many}"


def parts_text(parts: Any) -> str:
    """The text of a content that is a string, or a list of strings and {"text": ...} objects."""
    if isinstance(parts, str):
        return parts
    found = [p if isinstance(p, str) else text_of(dict_of(p).get("text")) for p in list_of(parts)]
    return "\n\n".join(p for p in found if p)
