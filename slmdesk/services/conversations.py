"""The chats a person has: the list, the folders, the bin, and the search."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.core.chat import Conversation, Message, SearchHit
from slmdesk.core.tree import MessageTree
from slmdesk.storage.conversations import ConversationStore


class Conversations(QObject):
    """All chats. Every method that changes one tells so by signal, after the change is in the database.

    A chat that does not exist raises StorageError.
    """

    changed = Signal()
    """The list has changed: one came, went, or moved."""

    conversation_changed = Signal(str)
    """The head of the chat with this id has changed: its title, pin, folder, model, options or draft."""

    purged = Signal()
    """Chats were removed for good, so what else is kept of them must go too."""

    def __init__(self, store: ConversationStore) -> None:
        super().__init__()
        self._store = store

    async def recover(self) -> int:
        """Call once at the start, as the owner of the profile: answers that broke off when the program ended are
        marked as such (their text stays), and what lay in the bin for 30 days is removed. Returns the answers marked.
        """
        return await self._store.recover()

    async def list(self, *, deleted: bool = False) -> builtins.list[Conversation]:
        """All chats, the one last used first; with ``deleted`` those in the bin, the last deleted first."""
        return await self._store.list(deleted=deleted)

    async def folders(self) -> builtins.list[str]:
        """The folders that hold a chat, sorted by name."""
        return await self._store.folders()

    async def rename_folder(self, old: str, new: str) -> None:
        """Give a folder another name; an empty one dissolves it, and a known one joins the two."""
        await self._store.rename_folder(old, new.strip())
        self.changed.emit()

    async def create(self, title: str = "", **fields: Any) -> Conversation:
        """A new, empty chat; ``fields`` are those of :class:`Conversation`."""
        head = Conversation(title, **fields)
        await self._store.insert(head)
        self.changed.emit()
        return head

    async def add(self, head: Conversation, messages: Iterable[Message], *, tell: bool = True) -> Conversation:
        """A new chat with its messages, all at once (a branch that becomes a chat of its own, an import).

        With ``tell`` False the caller emits :attr:`changed` after the last of many.
        """
        await self._store.insert(head, list(messages))
        if tell:
            self.changed.emit()
        return head

    async def known(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that belong to a chat here, in the bin or not."""
        return await self._store.known(ids)

    async def known_messages(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that belong to a message of any chat here."""
        return await self._store.known_messages(ids)

    async def get(self, conversation_id: str) -> Conversation:
        """The head of one chat, in the bin or not."""
        return await self._store.get(conversation_id)

    async def open(self, conversation_id: str) -> tuple[Conversation, MessageTree]:
        """A chat's head and its messages as a tree."""
        head = await self._store.get(conversation_id)
        messages = await self._store.messages(conversation_id)
        tree = MessageTree(messages, head.leaf_id)
        return replace(head, leaf_id=tree.leaf_id), tree

    async def update(self, conversation_id: str, **fields: Any) -> Conversation:
        """Change some of title, pinned, folder, model_id, preset_id, system_prompt, sampling, load, draft, leaf_id."""
        head = await self._store.update(conversation_id, fields)
        self.conversation_changed.emit(conversation_id)
        if fields.keys() & {"title", "pinned", "folder"}:
            self.changed.emit()
        return head

    async def delete(self, conversation_id: str) -> None:
        """Put a chat into the bin."""
        await self._store.delete(conversation_id)
        self.changed.emit()

    async def restore(self, conversation_id: str) -> None:
        """Take a chat out of the bin."""
        await self._store.restore(conversation_id)
        self.changed.emit()

    async def purge(self, conversation_id: str) -> None:
        """Remove a chat for good."""
        await self._store.purge(conversation_id)
        self.purged.emit()
        self.changed.emit()

    async def empty_bin(self) -> int:
        """Remove everything in the bin for good; returns how many chats that were."""
        count = await self._store.empty_bin()
        self.purged.emit()
        self.changed.emit()
        return count

    async def purge_all(self) -> None:
        """Remove every chat, and the bin, for good."""
        await self._store.purge_all()
        self.purged.emit()
        self.changed.emit()

    async def add_message(self, conversation_id: str, message: Message) -> None:
        """Append a message and show it; the chat moves to the top of the list."""
        await self._store.add_message(conversation_id, message)
        self.changed.emit()

    async def save_message(self, conversation_id: str, message: Message) -> None:
        """Write a message's content in place (no signal: it is called every 200 ms while an answer streams)."""
        await self._store.save_message(conversation_id, message)

    async def remove_messages(self, conversation_id: str, ids: Iterable[str]) -> None:
        """Hide messages, so that :meth:`restore_messages` can bring them back."""
        await self._store.remove_messages(conversation_id, ids)

    async def restore_messages(self, conversation_id: str, ids: Iterable[str]) -> None:
        """Show removed messages again."""
        await self._store.restore_messages(conversation_id, ids)

    async def search(self, text: str, limit: int = 50) -> builtins.list[SearchHit]:
        """Titles that match, then messages, at most three of each chat; the last word may be unfinished."""
        return await self._store.search(text, limit)
