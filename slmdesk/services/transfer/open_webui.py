"""Open WebUI's chat export: a list of chats, each with ``chat.history.messages``, a tree by parent id.

Older files have only the flat ``chat.messages`` of the branch that was shown.
"""

from __future__ import annotations

import html
import re
from typing import Any

from slmdesk.core.chat import Conversation, FinishReason, Message, Role, Timings
from slmdesk.services.transfer.values import (
    Chat,
    counted,
    derived_id,
    dict_of,
    finished,
    list_of,
    number_of,
    parts_text,
    text_of,
    time_of,
)

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}
_REASONING = re.compile(r'<details type="reasoning"[^>]*>\s*(?:<summary>[^<]*</summary>)?(.*?)</details>\s*', re.DOTALL)
_QUOTE = re.compile(r"^> ?", re.MULTILINE)


def recognises(item: dict[str, Any]) -> bool:
    """Whether the object is a chat of this format."""
    chat = dict_of(item.get("chat")) or item
    return isinstance(dict_of(chat.get("history")).get("messages"), dict) or (
        "chat" in item and isinstance(chat.get("messages"), list)
    )


def read(item: dict[str, Any]) -> Chat:
    """The chat in an object of this format. Raises Unreadable."""
    chat = dict_of(item.get("chat")) or item
    history = dict_of(chat.get("history"))
    rows = [dict_of(m) | {"id": k} for k, m in dict_of(history.get("messages")).items()] or _chained(chat)
    shown = text_of(history.get("currentId")) or text_of(rows[-1]["id"] if rows else "")
    origin = text_of(item.get("id")) or text_of(chat.get("id")) or text_of(rows[0]["id"] if rows else "")
    created = time_of(item.get("created_at"), time_of(chat.get("timestamp")))
    conversation_id = derived_id("open-webui", origin)
    kept = [r for r in rows if r.get("role") in _ROLES]
    head = Conversation(
        title=text_of(item.get("title")) or text_of(chat.get("title")),
        id=conversation_id,
        created=created,
        updated=time_of(item.get("updated_at"), created),
        pinned=item.get("pinned") is True,
        leaf_id=derived_id(conversation_id, shown),
        system_prompt=text_of(dict_of(chat.get("params")).get("system")) or text_of(chat.get("system")),
    )
    lost = sum(len(list_of(r.get("files"))) for r in kept)
    notes = [counted(lost, "attached file was left out", "attached files were left out")] if lost else []
    return finished(head, [_message(r, conversation_id, created) for r in kept], notes)


def _chained(chat: dict[str, Any]) -> list[dict[str, Any]]:
    """A flat list of messages, each made the child of the one before."""
    rows: list[dict[str, Any]] = []
    for number, message in enumerate(map(dict_of, list_of(chat.get("messages")))):
        parent = rows[-1]["id"] if rows else None
        rows.append(message | {"id": text_of(message.get("id")) or f"message {number}", "parentId": parent})
    return rows


def _message(row: dict[str, Any], conversation_id: str, created: float) -> Message:
    role = _ROLES[row["role"]]
    text, thinking = _split(parts_text(row.get("content")))
    parent = text_of(row.get("parentId"))
    failed = row.get("error")
    return Message(
        role,
        text,
        id=derived_id(conversation_id, row["id"]),
        parent_id=derived_id(conversation_id, parent) if parent else None,
        thinking=thinking,
        created=time_of(row.get("timestamp"), created),
        model=(text_of(row.get("modelName")) or text_of(row.get("model"))) if role is Role.ASSISTANT else "",
        finish_reason=str(FinishReason.ERROR if failed else FinishReason.STOP) if role is Role.ASSISTANT else "",
        timings=_timings(dict_of(row.get("usage")) or dict_of(row.get("info"))),
        error=text_of(dict_of(failed).get("content")) if failed else "",
    )


def _split(text: str) -> tuple[str, str]:
    """The answer, and the thinking that Open WebUI keeps in a quoted block inside it."""
    if '<details type="reasoning"' not in text:
        return text, ""
    thoughts = [html.unescape(_QUOTE.sub("", t)).strip() for t in _REASONING.findall(text)]
    return _REASONING.sub("", text).strip(), "\n\n".join(t for t in thoughts if t)


def _timings(usage: dict[str, Any]) -> Timings | None:
    found = Timings(
        prompt_tokens=int(number_of(usage.get("prompt_tokens") or usage.get("prompt_eval_count"))),
        completion_tokens=int(number_of(usage.get("completion_tokens") or usage.get("eval_count"))),
        generation_tps=float(number_of(usage.get("response_token/s"))),
        prompt_tps=float(number_of(usage.get("prompt_token/s"))),
    )
    return found if found != Timings() else None
