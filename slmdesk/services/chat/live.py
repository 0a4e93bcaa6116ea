"""An open conversation: its tree, what is being written in it, and what waits to be sent."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace

from slmdesk.core.chat import Attachment, Message, new_id
from slmdesk.core.tree import MessageTree


@dataclass(slots=True)
class Live:
    """The state of one open conversation; owned by :class:`~slmdesk.services.chat.Chat` alone."""

    conversation_id: str
    tree: MessageTree
    task: asyncio.Task[None] | None = None
    answer_id: str | None = None
    stop: asyncio.Event | None = None
    """Ends the answer in order; there only while the model writes."""
    sending: bool = False
    """A person's message is being saved; its answer begins as soon as that is done."""
    queue: deque[tuple[str, tuple[Attachment, ...]]] = field(default_factory=deque)

    @property
    def streaming(self) -> str | None:
        """The id of the answer being written, or None."""
        return self.answer_id if self.task is not None and not self.task.done() else None

    def end(self) -> None:
        """Let the answer being written end in order; one that still waits for its model is cancelled.

        Only once: a second cancel would interrupt the saving of what the first one stopped.
        """
        if self.stop is not None:
            self.stop.set()
        elif self.streaming and self.task is not None and not self.task.cancelling():
            self.task.cancel()


def title_of(text: str, limit: int = 48) -> str:
    """A chat's title from its first message: the first line, cut at a word."""
    line = " ".join(text.strip().splitlines()[0].split()) if text.strip() else ""
    if len(line) <= limit:
        return line
    cut = line[:limit].rsplit(" ", 1)[0]
    return (cut or line[:limit]).rstrip(" ,.;:") + "…"


def copied_path(path: list[Message]) -> list[Message]:
    """The same messages under new ids, each under the one before: the start of a new conversation."""
    copies: list[Message] = []
    for message in path:
        parent = copies[-1].id if copies else None
        copies.append(replace(message, id=new_id(), parent_id=parent))
    return copies
