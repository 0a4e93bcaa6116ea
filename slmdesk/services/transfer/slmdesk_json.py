"""SLMDesk's own JSON: every chat with every branch, described in ``resources/schema/conversations.schema.json``.

::

    {"format": "slmdesk-conversations", "version": 1, "exported": "2026-11-23T21:00:00Z", "conversations": [
      {"id": "...", "title": "...", "created": 1763931600.0, "leaf_id": "m2", "messages": [
        {"id": "m1", "parent_id": null, "role": "user", "text": "Hello", "created": 1763931600.0},
        {"id": "m2", "parent_id": "m1", "role": "assistant", "text": "Hi", "finish_reason": "stop"}]}]}

Messages form a tree through ``parent_id``; ``leaf_id`` is the end of the branch that is shown. Times are seconds since
1970 (UTC). Fields that are empty are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from slmdesk import __version__
from slmdesk.core.chat import (
    Attachment,
    Conversation,
    FinishReason,
    LoadOptions,
    Message,
    Role,
    SamplingOptions,
    Timings,
    new_id,
)
from slmdesk.core.tree import MessageTree
from slmdesk.services.transfer.values import (
    Chat,
    Unreadable,
    derived_id,
    dict_of,
    finished,
    list_of,
    number_of,
    text_of,
    time_of,
)

FORMAT = "slmdesk-conversations"
VERSION = 1

_HEAD = ("folder", "model_id", "preset_id", "system_prompt", "sampling", "load", "pinned")
_GOOD_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_NOT_FROM_FILES = {"ignore_memory", "chat_template"}
"""Load options that a file from elsewhere must not decide."""


class JsonWriter:
    """Writes one chat on each line."""

    def begin(self, titles: Sequence[str]) -> str:  # noqa: ARG002  (only a page needs the titles)
        """The opening of the document."""
        top = {
            "format": FORMAT,
            "version": VERSION,
            "program": f"SLMDesk {__version__}",
            "exported": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return json.dumps(top)[:-1] + ', "conversations": ['

    def chat(self, number: int, head: Conversation, tree: MessageTree) -> str:
        """One chat as an object."""
        return (",\n" if number else "\n") + json.dumps(conversation_dict(head, tree), ensure_ascii=False)

    def end(self) -> str:
        """The closing of the document."""
        return "\n]}\n"


def conversation_dict(head: Conversation, tree: MessageTree) -> dict[str, Any]:
    """A chat as the JSON object of the schema."""
    out: dict[str, Any] = {"id": head.id, "title": head.title, "created": head.created, "updated": head.updated}
    out |= {name: value for name in _HEAD if (value := getattr(head, name))}
    out["leaf_id"] = tree.leaf_id
    out["messages"] = [_message_dict(m) for m in tree]
    return out


def _message_dict(message: Message) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": message.id,
        "parent_id": message.parent_id,
        "role": str(message.role),
        "text": message.text,
        "created": message.created,
    }
    out |= {n: v for n in ("thinking", "model", "finish_reason", "error") if (v := getattr(message, n))}
    if message.timings:
        names = Timings.__dataclass_fields__
        out["timings"] = {n: v for n in names if (v := getattr(message.timings, n))}
    if message.attachments:
        out["attachments"] = [
            {"name": a.name, "text": a.text, "tokens": a.tokens, "note": a.note} for a in message.attachments
        ]
    return out


def recognises(item: dict[str, Any]) -> bool:
    """Whether the object is a chat of this format."""
    messages = item.get("messages")
    return (
        isinstance(item.get("id"), str)
        and isinstance(messages, list)
        and (not messages or any(isinstance(m, dict) and {"role", "text", "parent_id"} <= m.keys() for m in messages))
    )


def read(item: dict[str, Any]) -> Chat:
    """The chat in an object of this format. Raises Unreadable."""
    created = time_of(item.get("created"))
    head = Conversation(
        title=text_of(item.get("title")),
        id=_id(item["id"]),
        created=created,
        updated=time_of(item.get("updated"), created),
        pinned=item.get("pinned") is True,
        folder=text_of(item.get("folder")),
        leaf_id=_link(item.get("leaf_id")),
        model_id=text_of(item.get("model_id")),
        preset_id=text_of(item.get("preset_id")),
        system_prompt=text_of(item.get("system_prompt")),
        sampling=_known(item.get("sampling"), set(SamplingOptions.__dataclass_fields__)),
        load=_known(item.get("load"), set(LoadOptions.__dataclass_fields__) - _NOT_FROM_FILES),
    )
    messages = [_message(m, created) for m in item["messages"] if isinstance(m, dict)]
    lost = len(item["messages"]) - len(messages)
    return finished(head, messages, [f"{lost} of its messages could not be read"] if lost else [])


def _message(item: dict[str, Any], created: float) -> Message:
    role = item.get("role")
    if role not in list(Role):
        raise Unreadable(f"it holds a message of the unknown role {role!r}")
    reason = text_of(item.get("finish_reason"))
    if role == Role.ASSISTANT and reason not in list(FinishReason):
        reason = str(FinishReason.STOP)
    return Message(
        role=Role(role),
        text=text_of(item.get("text")),
        id=_id(item.get("id")),
        parent_id=_link(item.get("parent_id")),
        thinking=text_of(item.get("thinking")),
        created=time_of(item.get("created"), created),
        model=text_of(item.get("model")),
        finish_reason=reason,
        timings=timings(item.get("timings")),
        attachments=tuple(_attachment(a) for a in map(dict_of, list_of(item.get("attachments"))) if "text" in a),
        error=text_of(item.get("error")),
    )


def _attachment(item: dict[str, Any]) -> Attachment:
    tokens = int(number_of(item.get("tokens")))
    return Attachment(text_of(item.get("name")), text_of(item.get("text")), tokens, text_of(item.get("note")))


def timings(value: Any) -> Timings | None:
    """The figures in an object, or None where it has none."""
    names = Timings.__dataclass_fields__
    known = {n: number_of(v) for n, v in dict_of(value).items() if n in names and number_of(v)}
    return Timings.from_dict(known) if known else None


def _id(value: Any) -> str:
    """An id as it may be stored; the same odd one always gives the same, so that links between messages hold."""
    if not isinstance(value, str) or not value:
        return new_id()
    return value if _GOOD_ID.fullmatch(value) else derived_id("slmdesk", value)


def _link(value: Any) -> str | None:
    return _id(value) if isinstance(value, str) and value else None


def _known(value: Any, names: set[str]) -> dict[str, Any]:
    return {k: v for k, v in dict_of(value).items() if k in names}
