"""Keeps the cache of a chat when its model is unloaded, so that a long chat answers at once after a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from slmdesk.core.errors import SlmdeskError
from slmdesk.runtimes.base import CanKeepState, KeepsStates, LoadedModel, Runtime
from slmdesk.services.chat.choices import Choices
from slmdesk.services.chat.reach import within_reach
from slmdesk.services.conversations import Conversations

log = logging.getLogger(__name__)


class KeptState:
    """For each loaded model the chat it answered last, whose state is saved before unloading and read back later."""

    def __init__(
        self,
        conversations: Conversations,
        choices: Choices,
        runtimes: Sequence[Runtime],
        wanted: Callable[[], bool],
    ) -> None:
        self._runtimes = runtimes
        self._conversations = conversations
        self._choices = choices
        self._wanted = wanted
        self._last: WeakKeyDictionary[LoadedModel, str] = WeakKeyDictionary()
        self._pruning: set[asyncio.Task[None]] = set()
        conversations.purged.connect(self.prune_soon)

    async def prune(self) -> None:
        """Remove the states of chats that are gone for good."""
        chats = [*await self._conversations.list(), *await self._conversations.list(deleted=True)]
        for runtime in self._runtimes:
            if isinstance(runtime, KeepsStates):
                await runtime.prune_states([chat.id for chat in chats])

    def prune_soon(self) -> None:
        """Prune beside whatever goes on; :meth:`close` waits for it."""
        task = asyncio.ensure_future(self.prune())
        self._pruning.add(task)
        task.add_done_callback(self._pruned)

    def _pruned(self, task: asyncio.Task[None]) -> None:
        self._pruning.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("kept states were not pruned", exc_info=error)

    async def close(self) -> None:
        """Wait for pruning that is under way."""
        if self._pruning:
            await asyncio.wait(tuple(self._pruning))

    async def before_chat(self, loaded: LoadedModel, conversation_id: str) -> None:
        """Read a chat's state back if this is the first chat since the model was loaded."""
        fresh = loaded not in self._last
        self._last[loaded] = conversation_id
        if fresh and self._wanted() and isinstance(loaded, CanKeepState):
            tokens = await loaded.restore_state(conversation_id)
            log.info("read back the state of a chat: %d tokens", tokens)

    async def before_unload(self, loaded: LoadedModel) -> None:
        """Save the state of the chat that the model answered last."""
        conversation_id = self._last.pop(loaded, None)
        if conversation_id is None or not self._wanted() or not isinstance(loaded, CanKeepState):
            return
        try:
            conversation, tree = await self._conversations.open(conversation_id)
            prompt = await self._choices.prompt(conversation, tree.path())
            messages, _ = within_reach(prompt, loaded.context_length)
            size = await loaded.save_state(conversation_id, messages) if messages else 0
        except SlmdeskError as error:  # the state only saves time; unloading goes on without it
            log.info("the state of a chat was not kept: %s", error.message)
        else:
            log.info("kept the state of a chat: %d bytes", size)
