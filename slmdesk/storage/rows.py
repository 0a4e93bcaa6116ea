"""Database rows to values and back. Reading is tolerant: a damaged field becomes its default, never a lost chat."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from slmdesk.core.chat import Attachment, Conversation, Message, Role, Timings

log = logging.getLogger(__name__)

CONVERSATION_COLUMNS = (
    "id, title, created, updated, pinned, folder, leaf_id, model_id, preset_id, system_prompt, sampling, load, draft, "
    "deleted"
)
MESSAGE_COLUMNS = "id, parent_id, role, text, thinking, created, model, finish_reason, timings, attachments, error"

_ROLES = {role.value: role for role in Role}
_TIMING_FIELDS = frozenset(Timings.__dataclass_fields__)


def clean(text: str) -> str:
    """``text`` as SQLite can hold it: half a surrogate pair becomes a question mark."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def to_json(value: Any) -> str:
    """Compact JSON."""
    return clean(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def json_object(text: Any) -> dict[str, Any]:
    """The object in a JSON column; empty where it is damaged."""
    if not isinstance(text, str) or text == "{}":
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def conversation(row: tuple[Any, ...]) -> Conversation:
    """A row of :data:`CONVERSATION_COLUMNS`."""
    created = _number(row[2], 0.0)
    return Conversation(
        id=str(row[0]),
        title=_text(row[1]),
        created=created,
        updated=_number(row[3], created),
        pinned=bool(row[4]),
        folder=_text(row[5]),
        leaf_id=row[6] if isinstance(row[6], str) else None,
        model_id=_text(row[7]),
        preset_id=_text(row[8]),
        system_prompt=_text(row[9]),
        sampling=json_object(row[10]),
        load=json_object(row[11]),
        draft=_text(row[12]),
        deleted=None if row[13] is None else _number(row[13], 0.0),
    )


def message(row: tuple[Any, ...]) -> Message:
    """A row of :data:`MESSAGE_COLUMNS`."""
    identifier, parent_id, role, text, thinking, created, model, finish_reason, timings, attachments, error = row
    sound = text.__class__ is thinking.__class__ is model.__class__ is finish_reason.__class__ is error.__class__ is str
    if not sound:  # never in a whole file, and checking each alone would cost a long chat a third of its time
        text, thinking, model, finish_reason, error = map(_text, (text, thinking, model, finish_reason, error))
    return Message(
        _ROLES.get(role, Role.ASSISTANT),
        text,
        str(identifier),
        parent_id if isinstance(parent_id, str) else None,
        thinking,
        _number(created, 0.0),
        model,
        finish_reason,
        _timings(timings) if timings else None,
        _attachments(attachments) if attachments else (),
        error,
    )


def message_values(item: Message) -> tuple[Any, ...]:
    """The values of :data:`MESSAGE_COLUMNS` for a message."""
    return (
        item.id,
        item.parent_id,
        str(item.role),
        *changing_values(item),
    )


def changing_values(item: Message) -> tuple[Any, ...]:
    """The values of the columns from ``text`` on: what a save in place writes."""
    return (
        clean(item.text),
        clean(item.thinking),
        item.created,
        clean(item.model),
        item.finish_reason,
        to_json(timings_dict(item.timings)) if item.timings else None,
        to_json([attachment_dict(a) for a in item.attachments]) if item.attachments else None,
        clean(item.error),
    )


def timings_dict(timings: Timings) -> dict[str, Any]:
    """The figures by name, those that are not zero."""
    return {name: value for name in sorted(_TIMING_FIELDS) if (value := getattr(timings, name))}


def attachment_dict(attachment: Attachment) -> dict[str, Any]:
    """An attachment by field name."""
    return {"name": attachment.name, "text": attachment.text, "tokens": attachment.tokens, "note": attachment.note}


def timings_from(values: Mapping[str, Any]) -> Timings | None:
    """The figures in a mapping; what is unknown or not a number is left out, None where nothing remains."""
    known = {k: v for k, v in values.items() if k in _TIMING_FIELDS and type(v) in (int, float)}
    return Timings(**known) if known else None


def attachments_from(items: Any) -> tuple[Attachment, ...]:
    """The attachments in a list of objects; entries that are none are left out."""
    if not isinstance(items, list):
        return ()
    return tuple(
        Attachment(_text(i["name"]), _text(i["text"]), int(_number(i.get("tokens"), 0)), _text(i.get("note")))
        for i in items
        if isinstance(i, dict) and isinstance(i.get("name"), str) and isinstance(i.get("text"), str)
    )


def _timings(text: Any) -> Timings | None:
    return timings_from(json_object(text))


def _attachments(text: Any) -> tuple[Attachment, ...]:
    try:
        return attachments_from(json.loads(text))
    except (TypeError, ValueError, RecursionError):
        return ()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default
