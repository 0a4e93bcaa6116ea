"""Keeps a growing answer on disk, so that a crash costs at most a quarter of a second of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from slmdesk.core.chat import Message
from slmdesk.core.errors import SlmdeskError

SAVE_EVERY_S = 0.2

Save = Callable[[Message], Awaitable[None]]


class Saver:
    """Saves the newest state of one message at most every 200 ms, without holding up the stream.

    A failed save (a full disk, say) is kept in ``error``; the stream goes on, and :meth:`finish` raises it.
    """

    def __init__(self, save: Save) -> None:
        self._save = save
        self._pending: Message | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.error: SlmdeskError | None = None

    def offer(self, message: Message) -> None:
        """The message as it is now; it reaches the disk within 200 ms."""
        self._pending = message
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SAVE_EVERY_S, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._pending is None:
            return
        if self._task is not None and not self._task.done():
            self.offer(self._pending)
            return
        message, self._pending = self._pending, None
        self._task = asyncio.ensure_future(self._write(message))

    async def _write(self, message: Message) -> None:
        try:
            await self._save(message)
        except SlmdeskError as error:
            self.error = error

    async def finish(self, message: Message) -> None:
        """Save the final state now. Raises what saving it raised."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._pending = None
        if self._task is not None:
            with contextlib.suppress(SlmdeskError):
                await self._task
        await self._save(message)
