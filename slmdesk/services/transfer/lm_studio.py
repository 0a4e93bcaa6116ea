"""LM Studio's conversation files: one chat, a list of turns with ``versions``, of which one is selected.

The turns after one hang below its selected version; the other versions are branches without a continuation.
"""

from __future__ import annotations

from typing import Any

from slmdesk.core.chat import Conversation, FinishReason, Message, Role, Timings
from slmdesk.services.transfer.values import (
    Chat,
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
_REASONS = {
    "userStopped": FinishReason.CANCELLED,
    "maxPredictedTokensReached": FinishReason.LENGTH,
    "contextLengthReached": FinishReason.CONTEXT,
    "failed": FinishReason.ERROR,
}
_SYSTEM_PROMPT = "llm.prediction.systemPrompt"


def recognises(item: dict[str, Any]) -> bool:
    """Whether the object is a chat of this format."""
    messages = item.get("messages")
    return isinstance(messages, list) and any(isinstance(dict_of(m).get("versions"), list) for m in messages)


def read(item: dict[str, Any]) -> Chat:
    """The chat in an object of this format. Raises Unreadable."""
    created = time_of(item.get("createdAt"))
    title = text_of(item.get("name"))
    conversation_id = derived_id("lm-studio", title, str(item.get("createdAt")), _opening(item))
    messages: list[Message] = []
    parent: str | None = None
    for number, turn in enumerate(map(dict_of, item["messages"])):
        versions = [dict_of(v) for v in list_of(turn.get("versions"))]
        selected = turn.get("currentlySelected")
        chosen = selected if isinstance(selected, int) and 0 <= selected < len(versions) else 0
        ids = [derived_id(conversation_id, str(number), str(v)) for v in range(len(versions))]
        read_ones = {
            ids[v]: _message(version, ids[v], parent, created + number)
            for v, version in enumerate(versions)
            if version.get("role") in _ROLES
        }
        messages.extend(read_ones.values())
        if read_ones:
            parent = ids[chosen] if ids[chosen] in read_ones else next(iter(read_ones))
    head = Conversation(
        title=title,
        id=conversation_id,
        created=created,
        updated=time_of(item.get("assistantLastMessagedAt"), time_of(item.get("userLastMessagedAt"), created)),
        pinned=item.get("pinned") is True,
        leaf_id=parent,
        system_prompt=_system_prompt(item),
    )
    return finished(head, messages)


def _opening(item: dict[str, Any]) -> str:
    """The first turn's text: these files carry no id of their own."""
    for turn in map(dict_of, item["messages"]):
        for version in list_of(turn.get("versions")):
            text = parts_text(dict_of(version).get("content"))
            if text:
                return text
    return ""


def _system_prompt(item: dict[str, Any]) -> str:
    fields = list_of(dict_of(item.get("perChatPredictionConfig")).get("fields"))
    found = [text_of(dict_of(f).get("value")) for f in fields if dict_of(f).get("key") == _SYSTEM_PROMPT]
    return next((f for f in found if f), text_of(item.get("systemPrompt")))


def _message(version: dict[str, Any], message_id: str, parent: str | None, created: float) -> Message:
    role = _ROLES[version["role"]]
    steps = [dict_of(s) for s in list_of(version.get("steps"))]
    blocks = [s for s in steps if s.get("type") == "contentBlock"]
    thoughts = [parts_text(b.get("content")) for b in blocks if dict_of(b.get("style")).get("type") == "thinking"]
    answers = [parts_text(b.get("content")) for b in blocks if dict_of(b.get("style")).get("type") != "thinking"]
    generation = next((g for b in reversed(blocks) if (g := dict_of(b.get("genInfo")))), {})
    stats = dict_of(generation.get("stats"))
    text = "\n\n".join(a for a in answers if a) if blocks else parts_text(version.get("content"))
    reason = _REASONS.get(text_of(stats.get("stopReason")), FinishReason.STOP)
    return Message(
        role,
        text,
        id=message_id,
        parent_id=parent,
        thinking="\n\n".join(t for t in thoughts if t),
        created=created,
        model=text_of(dict_of(version.get("senderInfo")).get("senderName")) or text_of(generation.get("identifier")),
        finish_reason=str(reason) if role is Role.ASSISTANT else "",
        timings=_timings(stats) if stats else None,
    )


def _timings(stats: dict[str, Any]) -> Timings:
    return Timings(
        prompt_tokens=int(number_of(stats.get("promptTokensCount"))),
        completion_tokens=int(number_of(stats.get("predictedTokensCount"))),
        ttft_ms=1000.0 * number_of(stats.get("timeToFirstTokenSec")),
        generation_tps=float(number_of(stats.get("tokensPerSecond"))),
    )
