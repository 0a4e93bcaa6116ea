"""ChatGPT's data export (``conversations.json``): a list of chats, each a tree of nodes in ``mapping``.

A node holds a message or none; messages of the system and of tools, hidden ones, and calls of tools are left out, and
what hangs below them moves up to the next message that stays.
"""

from __future__ import annotations

from typing import Any

from slmdesk.core.chat import Conversation, FinishReason, Message, Role
from slmdesk.services.transfer.values import (
    Chat,
    Unreadable,
    counted,
    derived_id,
    dict_of,
    finished,
    list_of,
    parts_text,
    text_of,
    time_of,
)

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}
_TEXTS = {"text", "multimodal_text", ""}


def recognises(item: dict[str, Any]) -> bool:
    """Whether the object is a chat of this format."""
    return isinstance(item.get("mapping"), dict)


def read(item: dict[str, Any]) -> Chat:
    """The chat in an object of this format. Raises Unreadable."""
    nodes = {k: v for k, v in item["mapping"].items() if isinstance(v, dict)}
    if not nodes:
        raise Unreadable("it holds no messages")
    origin = text_of(item.get("conversation_id")) or text_of(item.get("id")) or next(iter(nodes))
    created = time_of(item.get("create_time"))
    conversation_id = derived_id("chatgpt", origin)
    climb = _Climb(nodes)
    messages = []
    pictures = 0
    for node_id, node in nodes.items():
        message = dict_of(node.get("message"))
        if not _stays(message):
            continue
        parent, thoughts = climb.above(node_id)
        role = _ROLES[dict_of(message["author"])["role"]]
        pictures += _pictures(message)
        messages.append(
            Message(
                role,
                parts_text(dict_of(message["content"]).get("parts")),
                id=derived_id(conversation_id, node_id),
                parent_id=derived_id(conversation_id, parent) if parent else None,
                thinking=thoughts if role is Role.ASSISTANT else "",
                created=time_of(message.get("create_time"), created),
                model=text_of(dict_of(message.get("metadata")).get("model_slug")),
                finish_reason=str(FinishReason.STOP) if role is Role.ASSISTANT else "",
            )
        )
    shown = climb.from_here(text_of(item.get("current_node")))
    head = Conversation(
        title=text_of(item.get("title")),
        id=conversation_id,
        created=created,
        updated=time_of(item.get("update_time"), created),
        leaf_id=derived_id(conversation_id, shown) if shown else None,
    )
    lost = counted(pictures, "picture or file was left out", "pictures or files were left out")
    return finished(head, messages, [lost] if pictures else [])


def _stays(message: dict[str, Any]) -> bool:
    """Whether a node's message is one that a person wrote or read."""
    content = dict_of(message.get("content"))
    hidden = dict_of(message.get("metadata")).get("is_visually_hidden_from_conversation")
    return (
        dict_of(message.get("author")).get("role") in _ROLES
        and text_of(content.get("content_type")) in _TEXTS
        and message.get("recipient", "all") in ("all", None)
        and not hidden
        and (bool(parts_text(content.get("parts"))) or _pictures(message) > 0)
    )


def _pictures(message: dict[str, Any]) -> int:
    parts = list_of(dict_of(message.get("content")).get("parts"))
    return sum(isinstance(p, dict) and "asset_pointer" in p for p in parts)


def _thoughts(message: dict[str, Any]) -> str:
    content = dict_of(message.get("content"))
    if content.get("content_type") != "thoughts":
        return ""
    return "\n\n".join(filter(None, (text_of(dict_of(t).get("content")) for t in list_of(content.get("thoughts")))))


class _Climb:
    """The way up from a node to the next one whose message stays."""

    def __init__(self, nodes: dict[str, dict[str, Any]]) -> None:
        self._nodes = nodes
        self._stays = {i for i, n in nodes.items() if _stays(dict_of(n.get("message")))}

    def above(self, node_id: str) -> tuple[str | None, str]:
        """The next message above a node, and the thoughts that stand between."""
        thoughts: list[str] = []
        seen = {node_id}
        current = self._parent(node_id)
        while current is not None and current not in self._stays and current not in seen:
            seen.add(current)
            thoughts.append(_thoughts(dict_of(self._nodes[current].get("message"))))
            current = self._parent(current)
        found = current if current in self._stays else None
        return found, "\n\n".join(t for t in reversed(thoughts) if t)

    def from_here(self, node_id: str) -> str | None:
        """The node itself if its message stays, else the next above."""
        if node_id in self._stays:
            return node_id
        return self.above(node_id)[0] if node_id in self._nodes else None

    def _parent(self, node_id: str) -> str | None:
        parent = self._nodes[node_id].get("parent")
        return parent if isinstance(parent, str) and parent in self._nodes else None
