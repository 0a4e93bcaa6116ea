"""A conversation's messages as a tree: every edit and every regeneration is a branch, and none is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from slmdesk.core.chat import Message


class MessageTree:
    """Messages by id, their children in order of creation, and the leaf of the branch that is shown.

    Every message is reachable: its ancestors are in the tree, and :meth:`select` on it shows it. Roots have parent
    None and are siblings of each other. Not thread-safe; mutable on purpose (one owner, the chat service).
    """

    def __init__(self, messages: Iterable[Message] = (), leaf_id: str | None = None) -> None:
        self._messages: dict[str, Message] = {}
        self._children: dict[str | None, list[str]] = {None: []}
        for message in messages:
            self._messages[message.id] = message
            self._children.setdefault(message.id, [])
        for message in list(self._messages.values()):
            self._children[self._rooted(message)].append(message.id)
        self._break_cycles()
        self._leaf: str | None = None
        self.select(leaf_id if leaf_id in self._messages else self._newest())

    def _rooted(self, message: Message) -> str | None:
        """The parent's id, or None where the parent is missing: an orphan becomes a root rather than vanish."""
        if message.parent_id is not None and message.parent_id not in self._messages:
            self._messages[message.id] = replace(message, parent_id=None)
            return None
        return message.parent_id

    def _break_cycles(self) -> None:
        """A damaged file may hold a ring of parents: its first message becomes a root."""
        seen = set(self._walk(None))
        for message_id in self._messages:
            if message_id not in seen:
                message = self._messages[message_id]
                self._children[message.parent_id].remove(message_id)
                self._messages[message_id] = replace(message, parent_id=None)
                self._children[None].append(message_id)
                seen.add(message_id)
                seen.update(self._walk(message_id))

    def _walk(self, start: str | None) -> Iterator[str]:
        stack = list(reversed(self._children.get(start, [])))
        seen: set[str] = set()
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            yield current
            stack.extend(reversed(self._children[current]))

    def _newest(self) -> str | None:
        return max(self._messages, key=lambda i: self._messages[i].created, default=None)

    def __len__(self) -> int:
        return len(self._messages)

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._messages

    def __getitem__(self, message_id: str) -> Message:
        return self._messages[message_id]

    def __iter__(self) -> Iterator[Message]:
        """All messages, parents before children."""
        return (self._messages[i] for i in self._walk(None))

    @property
    def leaf_id(self) -> str | None:
        """The last message of the branch that is shown; None for an empty tree."""
        return self._leaf

    def path(self, leaf_id: str | None = None) -> list[Message]:
        """From the root to ``leaf_id`` (the shown leaf by default), oldest first."""
        current = leaf_id if leaf_id is not None else self._leaf
        found: list[Message] = []
        while current is not None:
            message = self._messages[current]
            found.append(message)
            current = message.parent_id
        found.reverse()
        return found

    def children(self, message_id: str | None) -> list[str]:
        """The ids of the direct answers to a message (of the roots for None), in order of creation."""
        return list(self._children[message_id])

    def siblings(self, message_id: str) -> tuple[int, list[str]]:
        """The place of a message among its siblings (0-based), and their ids with its own."""
        ids = self._children[self._messages[message_id].parent_id]
        return ids.index(message_id), list(ids)

    def add(self, message: Message) -> None:
        """Append ``message`` under its parent and show it. Raises KeyError for an unknown parent or a known id."""
        if message.id in self._messages:
            raise KeyError(f"message {message.id} is already in the tree")
        if message.parent_id is not None and message.parent_id not in self._messages:
            raise KeyError(f"parent {message.parent_id} is not in the tree")
        self._messages[message.id] = message
        self._children[message.id] = []
        self._children[message.parent_id].append(message.id)
        self._leaf = message.id

    def update(self, message: Message) -> None:
        """Replace the content of a message; its place in the tree stays."""
        old = self._messages[message.id]
        self._messages[message.id] = replace(message, parent_id=old.parent_id)

    def select(self, message_id: str | None) -> str | None:
        """Show the branch through ``message_id``, down to its newest leaf; returns that leaf."""
        if message_id is None:
            self._leaf = None
            return None
        current = message_id
        activity: dict[str, float] = {}
        while below := self._children[current]:
            if len(below) == 1:
                current = below[0]
                continue
            activity = activity or self._last_activity(current)
            current = max(below, key=activity.__getitem__)
        self._leaf = current
        return current

    def _last_activity(self, message_id: str) -> dict[str, float]:
        """When the newest message at or below each descendant of a message was created."""
        ids = list(self._walk(message_id))
        newest = {i: self._messages[i].created for i in ids}
        for i in reversed(ids):  # children before parents
            parent = self._messages[i].parent_id
            if parent in newest:
                newest[parent] = max(newest[parent], newest[i])
        return newest

    def remove(self, message_id: str) -> list[Message]:
        """Take a message and all that follows it out; returns them, parents first, for :meth:`restore`.

        The branch shown becomes a sibling's, or ends at the parent.
        """
        message = self._messages[message_id]
        ids = [message_id, *self._walk(message_id)]
        taken = [self._messages[i] for i in ids]
        place = self._children[message.parent_id].index(message_id)
        self._children[message.parent_id].remove(message_id)
        for i in ids:
            del self._messages[i], self._children[i]
        if self._leaf in ids:
            rest = self._children[message.parent_id]
            if rest:
                self.select(rest[min(place, len(rest) - 1)])
            else:
                self._leaf = message.parent_id
        return taken

    def restore(self, taken: list[Message]) -> None:
        """Put back what :meth:`remove` took, and show it. An orphan becomes a root; what is there stays as it is."""
        for message in taken:
            if message.id in self._messages:
                continue
            parent = message.parent_id if message.parent_id in self._messages else None
            self._messages[message.id] = replace(message, parent_id=parent)
            self._children[message.id] = []
            siblings = self._children[parent]
            siblings.append(message.id)
            if len(siblings) > 1 and self._messages[siblings[-2]].created > message.created:
                siblings.sort(key=lambda i: self._messages[i].created)
        if taken:
            self.select(taken[0].id)
