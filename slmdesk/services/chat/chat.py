"""The chat service: send, stream, stop, edit, regenerate, branch; one for the whole application."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.core.chat import Attachment, FinishReason, Message, Role, new_id
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.models import Model
from slmdesk.core.tree import MessageTree
from slmdesk.runtimes.base import CanCountTokens
from slmdesk.services.chat.choices import Choices
from slmdesk.services.chat.kept_state import KeptState
from slmdesk.services.chat.live import Live, copied_path, title_of
from slmdesk.services.chat.reach import within_reach
from slmdesk.services.chat.writing import Writing, whole
from slmdesk.services.conversations import Conversations
from slmdesk.services.loaded_models import LoadedModels

log = logging.getLogger(__name__)


class Chat(QObject):
    """Conversations that are open, and the answers being written in them.

    Every signal's first argument is the conversation's id: ``started`` and ``delta``, ``thinking``, ``reading`` also
    carry the answer's id; ``finished`` carries the whole answer; ``failed`` the answer's id and the error.
    """

    started = Signal(str, str)
    delta = Signal(str, str, str)
    thinking = Signal(str, str, str)
    reading = Signal(str, str, float, object)
    finished = Signal(str, object)
    failed = Signal(str, str, object)
    queued = Signal(str, int)
    message_added = Signal(str, object)
    tree_changed = Signal(str)

    def __init__(
        self,
        conversations: Conversations,
        loaded: LoadedModels,
        choices: Choices,
        on_use: Callable[[str], Any],
        keep_state: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._conversations = conversations
        self._loaded = loaded
        self.choices = choices
        self._on_use = on_use
        self._live: dict[str, Live] = {}
        self._removed: dict[str, tuple[str, list[Message]]] = {}
        self.kept_state = KeptState(conversations, choices, loaded.runtimes, keep_state)
        loaded.before_unload.append(self.kept_state.before_unload)

    # --- reading ------------------------------------------------------------------------------------------------

    async def open(self, conversation_id: str) -> MessageTree:
        """The live tree of a conversation; the same object for as long as it is open."""
        live = self._live.get(conversation_id)
        if live is None:
            _, tree = await self._conversations.open(conversation_id)
            live = self._live.setdefault(conversation_id, Live(conversation_id, tree))
        return live.tree

    def streaming(self, conversation_id: str) -> str | None:
        """The id of the answer being written in a conversation, or None."""
        live = self._live.get(conversation_id)
        return live.streaming if live else None

    def queue_length(self, conversation_id: str) -> int:
        """How many messages wait until the answer being written is done."""
        live = self._live.get(conversation_id)
        return len(live.queue) if live else 0

    async def preview(
        self, conversation_id: str, text: str = "", attachments: Sequence[Attachment] = ()
    ) -> dict[str, Any]:
        """What sending ``text`` would cost, see :class:`CanCountTokens`; empty where no model is loaded to count."""
        tree = await self.open(conversation_id)
        conversation = await self._conversations.get(conversation_id)
        model = await self.choices.model(conversation)
        loaded = self._loaded.get(model.id)
        if loaded is None or not isinstance(loaded, CanCountTokens):
            return {}
        path = tree.path()
        if text or attachments:
            path = [*path, Message(Role.USER, text, attachments=tuple(attachments))]
        if not path:
            return {
                "prompt": "",
                "prompt_tokens": 0,
                "dropped_messages": 0,
                "dropped_tokens": 0,
                "context_length": loaded.context_length,
            }
        messages, left_out = within_reach(await self.choices.prompt(conversation, path), loaded.context_length)
        seen = await loaded.preview(messages, await self.choices.sampling(conversation, model))
        return {**seen, "dropped_messages": seen["dropped_messages"] + left_out}

    # --- intents ------------------------------------------------------------------------------------------------

    async def send(self, conversation_id: str, text: str, attachments: Sequence[Attachment] = ()) -> None:
        """Add the person's message and have it answered; while an answer is written, the message waits its turn."""
        live = await self._open(conversation_id)
        if live.streaming or live.sending:
            live.queue.append((text, tuple(attachments)))
            self.queued.emit(conversation_id, len(live.queue))
            return
        await self._send_now(live, text, tuple(attachments))

    async def _send_now(self, live: Live, text: str, attachments: tuple[Attachment, ...]) -> None:
        message = Message(Role.USER, text, parent_id=live.tree.leaf_id, attachments=attachments)
        first = not len(live.tree)
        live.sending = True  # the next message must not become a second branch beside this one
        try:
            await self._add(live, message)
            if first:
                conversation = await self._conversations.get(live.conversation_id)
                if not conversation.title:
                    title = title_of(text) or (attachments[0].name if attachments else "")
                    await self._conversations.update(live.conversation_id, title=title)
        finally:
            live.sending = False
        self._begin(live, message.id)

    async def regenerate(self, conversation_id: str, message_id: str, model: Model | None = None) -> None:
        """Answer the same message once more, as a new branch beside the answer ``message_id``; also by ``model``."""
        live = await self._idle(conversation_id)
        message = live.tree[message_id]
        parent = message_id if message.role is Role.USER else message.parent_id
        if parent is None:
            raise SlmdeskError("This answer has no question before it.", "Write a message instead.")
        self._begin(live, parent, model)

    async def edit(self, conversation_id: str, message_id: str, text: str) -> None:
        """Put an edited message beside the old one; a person's message is answered anew, an answer is only kept."""
        live = await self._idle(conversation_id)
        old = live.tree[message_id]
        edited = replace(old, id=new_id(), text=text, created=time.time(), timings=None, error="")
        if old.role is Role.ASSISTANT:
            edited = replace(edited, thinking="", finish_reason=FinishReason.STOP)
        await self._add(live, edited)
        self.tree_changed.emit(conversation_id)
        if old.role is Role.USER:
            self._begin(live, edited.id)

    async def continue_(self, conversation_id: str, message_id: str) -> None:
        """Let the model write an answer on from where it ended; an answer with replies is continued in a branch."""
        live = await self._idle(conversation_id)
        message = live.tree[message_id]
        if message.role is not Role.ASSISTANT:
            raise SlmdeskError("Only an answer can be continued.", "Send a message instead.")
        if live.tree.children(message_id):
            message = replace(message, id=new_id(), created=time.time())
            await self._add(live, message)
            self.tree_changed.emit(conversation_id)
        self._begin(live, message.parent_id, answer=message)

    def stop(self, conversation_id: str) -> None:
        """End the answer being written; what is there stays. Waiting messages are not sent."""
        live = self._live.get(conversation_id)
        if live is None:
            return
        if live.queue:
            live.queue.clear()
            self.queued.emit(conversation_id, 0)
        live.end()

    async def select(self, conversation_id: str, message_id: str) -> None:
        """Show the branch through a message."""
        live = await self._open(conversation_id)
        leaf = live.tree.select(message_id)
        await self._conversations.update(conversation_id, leaf_id=leaf)
        self.tree_changed.emit(conversation_id)

    async def remove(self, conversation_id: str, message_id: str) -> str:
        """Take a message and what follows it out of the conversation; the token brings them back."""
        live = await self._idle(conversation_id)
        taken = live.tree.remove(message_id)
        token = new_id()
        self._removed[token] = (conversation_id, taken)
        await self._conversations.remove_messages(conversation_id, [m.id for m in taken])
        await self._conversations.update(conversation_id, leaf_id=live.tree.leaf_id)
        self.tree_changed.emit(conversation_id)
        return token

    async def undo_remove(self, token: str) -> None:
        """Bring back what :meth:`remove` took; a second time nothing happens."""
        if token not in self._removed:
            return
        conversation_id, taken = self._removed.pop(token)
        live = await self._open(conversation_id)
        live.tree.restore(taken)
        await self._conversations.restore_messages(conversation_id, [m.id for m in taken])
        await self._conversations.update(conversation_id, leaf_id=live.tree.leaf_id)
        self.tree_changed.emit(conversation_id)

    async def branch(self, conversation_id: str, message_id: str) -> str:
        """Copy the chat up to a message into a new conversation; returns its id."""
        live = await self._open(conversation_id)
        old = await self._conversations.get(conversation_id)
        path = copied_path(live.tree.path(message_id))
        head = replace(
            old, id=new_id(), created=time.time(), updated=time.time(), pinned=False, draft="", leaf_id=path[-1].id
        )
        return (await self._conversations.add(head, path)).id

    async def wait(self, conversation_id: str) -> None:
        """Until no answer is being written and none is waiting in a conversation."""
        while (live := self._live.get(conversation_id)) and live.task is not None and not live.task.done():
            await asyncio.wait([live.task])
            await asyncio.sleep(0)

    async def forget(self, conversation_id: str) -> None:
        """Stop and close a conversation, for one that is deleted or was imported over."""
        live = self._live.pop(conversation_id, None)
        if live is not None and live.task is not None:
            live.queue.clear()
            live.end()
            await asyncio.wait([live.task])

    async def close(self) -> None:
        """Stop every answer and wait until each is saved."""
        for conversation_id in tuple(self._live):
            await self.forget(conversation_id)
        await self.kept_state.close()

    # --- answering ----------------------------------------------------------------------------------------------

    async def _open(self, conversation_id: str) -> Live:
        await self.open(conversation_id)
        return self._live[conversation_id]

    async def _idle(self, conversation_id: str) -> Live:
        """The conversation with nothing being written: an answer under way is stopped first."""
        live = await self._open(conversation_id)
        if live.task is not None and not live.task.done():
            self.stop(conversation_id)
            await asyncio.wait([live.task])
        return live

    async def _add(self, live: Live, message: Message) -> None:
        await self._conversations.add_message(live.conversation_id, message)
        live.tree.add(message)
        await self._conversations.update(live.conversation_id, leaf_id=message.id)
        self.message_added.emit(live.conversation_id, message)

    def _begin(self, live: Live, parent: str | None, model: Model | None = None, answer: Message | None = None) -> None:
        continuing = answer is not None
        if answer is None:
            answer = Message(Role.ASSISTANT, "", parent_id=parent)
        live.answer_id = answer.id
        coro: Coroutine[Any, Any, None] = self._answer(live, answer, model, continuing)
        live.task = asyncio.ensure_future(coro)
        live.task.add_done_callback(lambda task: self._ended(live, task))

    def _ended(self, live: Live, task: asyncio.Task[None]) -> None:
        live.answer_id = None
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error  # a bug: the loop's handler logs it and tells the person
        if live.queue and self._live.get(live.conversation_id) is live:
            text, attachments = live.queue.popleft()
            self.queued.emit(live.conversation_id, len(live.queue))
            live.task = asyncio.ensure_future(self._send_queued(live, text, attachments))

    async def _send_queued(self, live: Live, text: str, attachments: tuple[Attachment, ...]) -> None:
        try:
            await self._send_now(live, text, attachments)
        except SlmdeskError as error:
            self.failed.emit(live.conversation_id, "", error)

    async def _answer(self, live: Live, answer: Message, model: Model | None, continuing: bool) -> None:
        """Write one answer from load to last save; every way to end leaves it saved with its finish reason."""
        writing = Writing(self, self._conversations, live, replace(answer, finish_reason="", error=""))
        reason, failure = FinishReason.ERROR, None
        try:
            if not continuing:
                await whole(self._add(live, answer))
            self.started.emit(live.conversation_id, answer.id)
            await self._stream(writing, model, continuing)
            reason = FinishReason(writing.message.finish_reason or FinishReason.STOP)
        except asyncio.CancelledError:
            reason = FinishReason.CANCELLED
        except SlmdeskError as error:
            stopped = live.stop is not None and live.stop.is_set()
            reason = FinishReason.CANCELLED if stopped else FinishReason.ERROR
            failure = error
        live.stop = None
        if answer.id in live.tree:
            await self._close_answer(writing, reason, failure)
        elif failure is not None:
            self.failed.emit(live.conversation_id, answer.id, failure)

    async def _close_answer(self, writing: Writing, reason: FinishReason, failure: SlmdeskError | None) -> None:
        live, message = writing.live, writing.message
        timings = message.timings or writing.timings_so_far()
        message = replace(
            message, finish_reason=reason.value, timings=timings, error=failure.message if failure else ""
        )
        live.tree.update(message)
        try:
            await writing.saver.finish(message)
        except SlmdeskError as error:
            failure = failure or error
        live.answer_id = None
        self.finished.emit(live.conversation_id, message)
        if failure is not None:
            self.failed.emit(live.conversation_id, message.id, failure)

    async def _stream(self, writing: Writing, model: Model | None, continuing: bool) -> None:
        live = writing.live
        conversation = await self._conversations.get(live.conversation_id)
        own = conversation if model is None else None  # another model is loaded by its own options
        model = model or await self.choices.model(conversation)
        loaded = await self._loaded.ensure(model, self.choices.load_options(own, model))
        writing.set_model(model.name)
        await self._on_use(model.id)
        await self.kept_state.before_chat(loaded, live.conversation_id)
        path = live.tree.path(writing.message.id if continuing else writing.message.parent_id)
        prompt = await self.choices.prompt(conversation, path)
        messages, writing.left_out = within_reach(prompt, loaded.context_length)
        options = await self.choices.sampling(conversation, model)
        live.stop = asyncio.Event()
        async with aclosing(loaded.chat(messages, options, continuing=continuing, stop=live.stop)) as chunks:
            async for chunk in chunks:
                writing.take(chunk)
        if writing.message.timings is not None:
            self._loaded.note_answer(model.id, writing.message.timings)
