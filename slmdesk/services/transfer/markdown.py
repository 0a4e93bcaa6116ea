"""Chats as Markdown: the branch that is shown, a heading for each turn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from slmdesk.core.chat import Conversation, Message, Role
from slmdesk.core.tree import MessageTree

_TICKS = re.compile(r"`+")


class MarkdownWriter:
    """Writes each chat under a heading of the first level."""

    def begin(self, titles: Sequence[str]) -> str:  # noqa: ARG002  (only a page needs the titles)
        """Nothing stands before the first chat."""
        return ""

    def chat(self, number: int, head: Conversation, tree: MessageTree) -> str:
        """One chat."""
        parts = [f"# {one_line(head.title) or 'Chat'}", about(head, tree)]
        if head.system_prompt:
            parts.append("**System prompt**\n\n" + quoted(head.system_prompt))
        parts.extend(_turn(m) for m in tree.path())
        return ("\n\n---\n\n" if number else "") + "\n\n".join(parts) + "\n"

    def end(self) -> str:
        """Nothing stands after the last chat."""
        return ""


def about(head: Conversation, tree: MessageTree) -> str:
    """When the chat began, and what the export leaves out."""
    began = datetime.fromtimestamp(head.created).astimezone().strftime("%Y-%m-%d %H:%M")
    hidden = len(tree) - len(tree.path())
    return began + (f" · not shown: {hidden} in other branches" if hidden else "")


def speaker(message: Message) -> str:
    """Who wrote a message."""
    if message.role is Role.USER:
        return "You"
    return one_line(message.model) or ("System" if message.role is Role.SYSTEM else "Answer")


def one_line(text: str) -> str:
    """The text without line breaks."""
    return " ".join(text.split())


def quoted(text: str) -> str:
    """The text as a block quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def fenced(text: str) -> str:
    """The text as a code block that its own backticks cannot end."""
    longest = max((len(t) for t in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _turn(message: Message) -> str:
    parts = [f"## {speaker(message)}"]
    parts.extend(f"**{one_line(a.name)}**\n\n{fenced(a.text)}" for a in message.attachments)
    if message.thinking:
        parts.append("*Thinking*\n\n" + quoted(message.thinking))
    parts.append(message.text.strip("\n"))
    if message.error:
        parts.append(f"*{one_line(message.error)}*")
    return "\n\n".join(p for p in parts if p)
