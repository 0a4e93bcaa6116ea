"""The chat that is open in the pane: its head, its message tree, and the services that act on it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.core.chat import Conversation
from slmdesk.core.tree import MessageTree
from slmdesk.services.advisor import Advisor
from slmdesk.services.attachments import Attachments
from slmdesk.services.chat import Chat
from slmdesk.services.conversations import Conversations
from slmdesk.services.fit import Fits
from slmdesk.services.hardware import Hardware
from slmdesk.services.jobs import Jobs
from slmdesk.services.library import Library
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.services.presets import Presets
from slmdesk.services.settings import Settings
from slmdesk.services.transfer import Transfer

_SEEN = ("title", "pinned", "folder", "model_id", "preset_id", "system_prompt", "sampling", "load")
_KEPT = ("model_id", "preset_id", "system_prompt", "sampling", "load", "draft")


@dataclass(frozen=True, slots=True)
class ChatServices:
    """What the chat pane needs of the desk."""

    chat: Chat
    conversations: Conversations
    library: Library
    loaded_models: LoadedModels
    presets: Presets
    settings: Settings
    transfer: Transfer
    attachments: Attachments
    hardware: Hardware
    jobs: Jobs
    fits: Fits | None = None
    """Who knows how models fit; without it nothing is told about that."""
    advisor: Advisor | None = None
    """Who knows a stronger model for this machine."""


class Session(QObject):
    """The open chat. A new one exists only here until there is something to keep: a message, a draft, a choice."""

    opened = Signal(str)
    """Another chat is open; carries the message to scroll to, or an empty text."""
    head_changed = Signal()
    """The open chat's title, model, options or system prompt changed."""

    def __init__(self, services: ChatServices) -> None:
        super().__init__()
        self.services = services
        self.head = Conversation("")
        self.tree = MessageTree()
        self._saved = False
        self._opening = 0
        self._version = 0  # counts the changes made here, so that an older state that was read late is not taken
        self._keeping = asyncio.Lock()

    @property
    def id(self) -> str:
        """The open chat's id; a new chat has one before it is kept."""
        return self.head.id

    @property
    def saved(self) -> bool:
        """Whether the chat is in the database."""
        return self._saved

    async def start_new(self, model_id: str = "") -> None:
        """Open a chat with nothing in it."""
        self._opening += 1
        await self._leave()
        self.head = Conversation("", model_id=model_id)
        self.tree = MessageTree()
        self._saved = False
        self.opened.emit("")

    async def open(self, conversation_id: str, message_id: str = "") -> None:
        """Open a chat of the list. Raises StorageError where it is gone."""
        self._opening += 1
        turn = self._opening
        head = await self.services.conversations.get(conversation_id)
        tree = await self.services.chat.open(conversation_id)
        if message_id and message_id in tree and message_id not in {m.id for m in tree.path()}:
            await self.services.chat.select(conversation_id, message_id)
        if turn != self._opening:
            return  # a person was faster: another chat was asked for meanwhile
        if conversation_id != self.id:
            await self._leave()
        self.head, self.tree, self._saved = head, tree, True
        self.opened.emit(message_id)

    async def keep(self) -> None:
        """Put a new chat into the database, as the person has set it up."""
        async with self._keeping:  # two causes at the same time must not make two chats
            if self._saved:
                return
            head = self.head
            kept = {name: getattr(head, name) for name in _KEPT}
            await self.services.conversations.create(head.title, id=head.id, **kept)
            tree = await self.services.chat.open(head.id)
            if self.head.id != head.id:
                return
            self._saved = True
            self.tree = tree
            later = {name: getattr(self.head, name) for name in _KEPT if getattr(self.head, name) != kept[name]}
            if later:
                await self.services.conversations.update(head.id, **later)
            self.head_changed.emit()

    async def update(self, **fields: Any) -> None:
        """Change the chat's head; a new chat is only changed here."""
        if all(getattr(self.head, name) == value for name, value in fields.items()):
            return
        before = self.head
        self._version += 1
        self.head = replace(self.head, **fields)
        if self._saved:
            await self.services.conversations.update(before.id, **fields)
        if self.head.id == before.id:
            self.head_changed.emit()

    async def keep_draft(self, text: str) -> None:
        """Keep what is typed but not sent, so that it is there after a restart."""
        if text == self.head.draft:
            return
        conversation_id = self.id
        if self._saved:
            self.head = replace(self.head, draft=text)
            await self.services.conversations.update(conversation_id, draft=text)
        elif text.strip():
            self.head = replace(self.head, draft=text)
            await self.keep()

    async def _leave(self) -> None:
        """A chat that was kept but holds nothing any more is not left in the list."""
        head = self.head
        empty = self._saved and not len(self.tree) and not head.title and not head.draft.strip()
        if empty and not self.services.chat.queue_length(head.id):
            self._saved = False
            await self.services.chat.forget(head.id)
            await self.services.conversations.purge(head.id)

    async def refresh(self) -> None:
        """Read the open chat's head again, after it was changed elsewhere (its title, say)."""
        if not self._saved:
            return
        version = self._version
        head = await self.services.conversations.get(self.id)
        if head.id != self.id or version != self._version:
            return
        # Every message moves the leaf and the time; that is nothing to show.
        if any(getattr(head, name) != getattr(self.head, name) for name in _SEEN):
            self.head = replace(head, draft=self.head.draft)
            self.head_changed.emit()
