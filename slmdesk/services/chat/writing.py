"""One answer while it is written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slmdesk.core.chat import Chunk, Message, Timings
from slmdesk.services.chat.live import Live
from slmdesk.services.chat.saver import Saver
from slmdesk.services.conversations import Conversations

if TYPE_CHECKING:
    from slmdesk.services.chat.chat import Chat


async def whole(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` to its end even when the caller is cancelled meanwhile; the cancellation comes after it."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


class Writing:
    """One answer while it is written: grows the message, tells the signals, keeps the disk up to date."""

    def __init__(self, chat: Chat, conversations: Conversations, live: Live, message: Message) -> None:
        self._chat = chat
        self.live = live
        self.message = message
        self.saver = Saver(lambda m: conversations.save_message(live.conversation_id, m))
        self.left_out = 0
        """Messages that were not even sent to the engine, see :func:`within_reach`."""
        self._began = time.monotonic()
        self._first: float | None = None

    def set_model(self, name: str) -> None:
        """The model that answers is ready; from now on the time counts."""
        self._began = time.monotonic()
        self._grow(model=name)

    def take(self, chunk: Chunk) -> None:
        """Add one piece of the answer and tell it."""
        conversation_id, answer_id = self.live.conversation_id, self.message.id
        if chunk.reading is not None:
            self._chat.reading.emit(conversation_id, answer_id, chunk.reading, chunk.eta_s)
        if (chunk.text or chunk.thinking) and self._first is None:
            self._first = time.monotonic()
        if chunk.thinking:
            self._grow(thinking=self.message.thinking + chunk.thinking)
            self._chat.thinking.emit(conversation_id, answer_id, chunk.thinking)
        if chunk.text:
            self._grow(text=self.message.text + chunk.text)
            self._chat.delta.emit(conversation_id, answer_id, chunk.text)
        if chunk.finish_reason:
            timings = chunk.timings
            if timings is not None and self.left_out:
                timings = replace(timings, dropped_messages=timings.dropped_messages + self.left_out)
            self._grow(finish_reason=chunk.finish_reason, timings=timings)

    def timings_so_far(self) -> Timings | None:
        """For an answer that broke off, only what was measured here: the time to the first token."""
        return Timings(ttft_ms=(self._first - self._began) * 1000) if self._first is not None else None

    def _grow(self, **changes: Any) -> None:
        self.message = replace(self.message, **changes)
        self.live.tree.update(self.message)
        if not changes.get("finish_reason"):
            self.saver.offer(self.message)
