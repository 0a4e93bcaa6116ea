"""The talk: what the transcript shows and the composer sends, wired to the chat service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu

from slmdesk.core.chat import Attachment, Message, Role
from slmdesk.core.errors import NotEnoughMemory, SlmdeskError, WorkerCrashed
from slmdesk.ui.file_dialogs import ask_files
from slmdesk.ui.widgets.link_dialog import LinkDialog
from slmdesk.ui.widgets.transcript import TranscriptMessage

if TYPE_CHECKING:
    from slmdesk.ui.panes.chat.pane import ChatPane

DRAFT_WAIT_MS = 500
COUNT_WAIT_MS = 250


class Talk(QObject):
    """Keeps the transcript equal to the branch that is shown, and turns what a person does there into calls."""

    def __init__(self, pane: ChatPane) -> None:
        super().__init__(pane)
        self._pane = pane
        self._session = pane.session
        self._services = pane.session.services
        self._transcript = pane.transcript
        self._composer = pane.composer
        self._shown: list[str] = []
        self._dropped = 0
        self._files: dict[str, tuple[Attachment, ...]] = {}
        """What is attached to the drafts of chats that are not in sight."""
        self._restoring = False
        self._waiting: dict[str, list[tuple[str, tuple[Attachment, ...]]]] = {}
        """What was sent while an answer was being written, by chat: stopping gives it back to the composer."""
        self._draft_wait = self._timer(DRAFT_WAIT_MS, lambda: pane.run(self.keep_draft()))
        self._count_wait = self._timer(COUNT_WAIT_MS, lambda: pane.run(self._count()))
        self._wire_chat()
        self._wire_transcript()
        self._wire_composer()

    def _timer(self, milliseconds: int, act: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(act)
        return timer

    def _wire_chat(self) -> None:
        chat = self._services.chat
        chat.message_added.connect(self._on_added)
        chat.tree_changed.connect(self._on_tree_changed)
        chat.started.connect(self._on_started)
        chat.delta.connect(self._on_delta)
        chat.thinking.connect(self._on_thinking)
        chat.reading.connect(self._on_reading)
        chat.finished.connect(self._on_finished)
        chat.failed.connect(self._on_failed)
        chat.queued.connect(self._on_queued)
        self._services.loaded_models.changed.connect(self._count_wait.start)

    def _mine(self, conversation_id: str) -> bool:
        return conversation_id == self._session.id

    def _wire_transcript(self) -> None:
        chat, view, run = self._services.chat, self._transcript, self._pane.run

        def cid() -> str:
            return self._session.id

        view.edit_submitted.connect(lambda mid, text: run(chat.edit(cid(), mid, text)))
        view.regenerate_requested.connect(lambda mid: run(chat.regenerate(cid(), mid)))
        view.regenerate_with_requested.connect(self._on_regenerate_with)
        view.continue_requested.connect(lambda mid: run(chat.continue_(cid(), mid)))
        view.branch_requested.connect(lambda mid: run(self._branch(mid)))
        view.sibling_requested.connect(self._on_sibling)
        view.delete_requested.connect(lambda mid: run(self._delete(mid)))
        view.link_activated.connect(self._on_link)
        view.example_chosen.connect(lambda text: run(self.send(text, ())))
        view.copied.connect(lambda _text: self._pane.undo_bar.say(self.tr("Copied")))

    def _wire_composer(self) -> None:
        composer = self._composer
        composer.submitted.connect(lambda text, files: self._pane.run(self.send(text, files)))
        composer.stop_requested.connect(self.stop)
        composer.edit_last_requested.connect(self.edit_last)
        composer.changed.connect(self._on_typed)
        composer.attach_requested.connect(self._ask_files)
        composer.files_dropped.connect(lambda paths: self._pane.run(self._attach(paths)))

    # --- showing ------------------------------------------------------------------------------------------------

    def show_chat(self, message_id: str = "") -> None:
        """Show the chat that the session has just opened."""
        path = self._session.tree.path()
        self._shown = [m.id for m in path]
        self._dropped = _dropped(path)
        self._transcript.set_messages([self._view(m, place) for place, m in enumerate(path)])
        streaming = self._services.chat.streaming(self._session.id)
        if streaming is not None and streaming in self._session.tree:
            self._transcript.begin_stream(self._view(self._session.tree[streaming], len(path) - 1))
        self._composer.set_streaming(streaming is not None)
        self._composer.set_queued(self._services.chat.queue_length(self._session.id))
        self._restoring = True
        self._composer.set_attachments(self._files.pop(self._session.id, ()))
        self._composer.set_text(self._session.head.draft)
        self._restoring = False
        self._count_wait.start()
        if message_id and message_id in self._shown:
            self._transcript.scroll_to(message_id)

    def _view(self, message: Message, place: int) -> TranscriptMessage:
        index, ids = self._session.tree.siblings(message.id)
        return TranscriptMessage(message, index, len(ids), dropped=place < self._dropped)

    def _sync(self, path: list[Message]) -> None:
        """Bring the transcript to ``path``, touching only what differs."""
        ids = [m.id for m in path]
        same = len(self._shown)
        if ids[:same] != self._shown:
            same = next((n for n, (new, old) in enumerate(zip(ids, self._shown, strict=False)) if new != old), len(ids))
        if len(self._shown) - same > 40 or len(ids) - same > 40:
            self._transcript.set_messages([self._view(m, place) for place, m in enumerate(path)])
        else:
            for message_id in reversed(self._shown[same:]):
                self._transcript.remove(message_id)
            for place in range(same, len(path)):
                self._transcript.append(self._view(path[place], place))
        self._shown = ids
        self._pane.empty_changed()

    def _follows(self, message: Message) -> bool:
        """Whether a message stands right after the last one shown, as nearly every new one does."""
        return message.parent_id == (self._shown[-1] if self._shown else None)

    def _on_tree_changed(self, conversation_id: str) -> None:
        if self._mine(conversation_id):
            self._sync(self._session.tree.path())
            self._pane.setup.note_prompt_changed()

    def _on_added(self, conversation_id: str, message: Message) -> None:
        if not self._mine(conversation_id) or message.role is not Role.USER:
            return
        if self._follows(message):
            self._transcript.append(self._view(message, len(self._shown)))
            self._shown.append(message.id)
            self._pane.empty_changed()
        else:
            self._sync(self._session.tree.path())

    def _on_started(self, conversation_id: str, message_id: str) -> None:
        if not self._mine(conversation_id):
            return
        self._pane.banner.dismiss()
        self._composer.set_streaming(True)
        tree = self._session.tree
        answer = tree[message_id]
        if message_id not in self._shown:
            if not self._follows(answer):  # an answer in the place of another: first only what stands before it
                self._sync(tree.path(answer.parent_id) if answer.parent_id else [])
            self._shown.append(message_id)
        self._transcript.begin_stream(self._view(answer, len(self._shown) - 1))
        self._pane.empty_changed()

    def _on_delta(self, conversation_id: str, message_id: str, text: str) -> None:
        if self._mine(conversation_id):
            self._transcript.append_text(message_id, text)

    def _on_thinking(self, conversation_id: str, message_id: str, text: str) -> None:
        if self._mine(conversation_id):
            self._transcript.append_thinking(message_id, text)

    def _on_reading(self, conversation_id: str, message_id: str, fraction: float, eta_s: float | None) -> None:
        if self._mine(conversation_id):
            self._transcript.set_reading(message_id, fraction, eta_s)

    def _on_queued(self, conversation_id: str, number: int) -> None:
        waiting = self._waiting.get(conversation_id, [])
        self._waiting[conversation_id] = waiting[len(waiting) - number :] if number else []
        if self._mine(conversation_id):
            self._composer.set_queued(number)

    def _on_finished(self, conversation_id: str, message: Message) -> None:
        if not self._mine(conversation_id):
            return
        streaming = self._services.chat.streaming(conversation_id) is not None
        self._composer.set_streaming(streaming)
        if message.id in self._shown:
            self._transcript.end_stream(self._view(message, self._shown.index(message.id)))
        if message.timings is not None and message.timings.dropped_messages != self._dropped:
            self._dropped = message.timings.dropped_messages
            self._transcript.set_dropped(self._dropped)
        self._pane.setup.note_prompt_changed()

    def _on_failed(self, conversation_id: str, message_id: str, error: SlmdeskError) -> None:
        if not self._mine(conversation_id):
            return
        if isinstance(error, WorkerCrashed):
            self._pane.show_error(error, self.tr("Load again"), self._pane.setup.load_again)
        elif isinstance(error, NotEnoughMemory):
            setup = self._pane.setup
            self._pane.show_error(
                error,
                self.tr("Load anyway"),
                lambda: self._load_and_answer(setup.load_anyway, message_id),
                lambda remedy: self._load_and_answer(partial(setup.help, remedy), message_id),
            )
        else:
            self._pane.show_error(error)

    def _load_and_answer(self, load: Callable[[], Awaitable[None]], message_id: str) -> None:
        async def again() -> None:
            await load()
            if message_id in self._session.tree and self._pane.setup.loaded() is not None:
                await self._services.chat.regenerate(self._session.id, message_id)

        self._pane.run(again())

    # --- acting -------------------------------------------------------------------------------------------------

    async def send(self, text: str, attachments: tuple[Attachment, ...]) -> None:
        """Send what a person wrote; a new chat is kept from here on."""
        self._draft_wait.stop()
        conversation_id = self._session.id  # the person may open another chat while this one is being kept
        self._files.pop(conversation_id, None)
        try:
            await self._pane.setup.flush()
            await self._session.keep()
            if conversation_id == self._session.id:
                await self._session.keep_draft("")
            if self._services.chat.streaming(conversation_id) is not None:
                self._waiting.setdefault(conversation_id, []).append((text, attachments))
            await self._services.chat.send(conversation_id, text, attachments)
        except SlmdeskError:
            if not self._composer.text:  # what was written must not be lost with the error
                self._composer.set_text(text)
                self._composer.set_attachments(attachments)
            raise

    def stop(self) -> None:
        """Stop the answer in the open chat; messages that waited for it go back into the composer."""
        waiting = self._waiting.pop(self._session.id, [])
        self._services.chat.stop(self._session.id)
        if waiting:
            texts = [*(text for text, _ in waiting), self._composer.text]
            files = [file for _, attached in waiting for file in attached]
            self._composer.set_text("\n\n".join(text for text in texts if text))
            self._composer.set_attachments([*files, *self._composer.attachments])

    def regenerate_last(self) -> None:
        """Answer the last message again."""
        path = self._session.tree.path()
        if path:
            self._pane.run(self._services.chat.regenerate(self._session.id, path[-1].id))

    def edit_last(self) -> None:
        """Put the person's last message into the transcript's editor."""
        for message in reversed(self._session.tree.path()):
            if message.role is Role.USER:
                self._transcript.edit(message.id)
                return

    async def keep_draft(self) -> None:
        """Keep what is typed with the open chat."""
        self._draft_wait.stop()
        self._files[self._session.id] = tuple(self._composer.attachments)
        await self._session.keep_draft(self._composer.text)

    def _on_typed(self) -> None:
        self._count_wait.start()
        if not self._restoring:
            self._draft_wait.start()

    async def _count(self) -> None:
        """What the message in the composer costs, by the loaded model's own count."""
        counter = self._pane.setup.counter()
        if counter is None:
            self._composer.set_tokens(None)
            return
        text = self._composer.text
        files = sum(a.tokens for a in self._composer.attachments)
        try:
            tokens = await counter.count_tokens(text) if text.strip() else 0
        except SlmdeskError:
            self._composer.set_tokens(None)  # the count is a comfort; a real fault shows when sending
            return
        self._composer.set_tokens(tokens + files)
        self._pane.setup.note_prompt_changed()

    def _ask_files(self) -> None:
        kinds = self.tr(
            "Text, PDF and Word (*.txt *.md *.csv *.json *.py *.js *.html *.xml *.yaml *.pdf *.docx);;All (*)"
        )
        ask_files(self._pane, self.tr("Attach files"), kinds, lambda paths: self._pane.run(self._attach(paths)))

    async def _attach(self, paths: list[Path]) -> None:
        refused: SlmdeskError | None = None
        for path in paths:
            try:
                attachment = await self._services.attachments.read(path)
            except SlmdeskError as error:  # the other files are attached all the same
                refused = error
                continue
            counter = self._pane.setup.counter()
            if counter is not None:
                attachment = replace(attachment, tokens=await counter.count_tokens(attachment.text))
            self._composer.add_attachment(attachment)
        if refused is not None:
            raise refused

    async def _branch(self, message_id: str) -> None:
        new_id = await self._services.chat.branch(self._session.id, message_id)
        await self._pane.open_chat(new_id)
        self._pane.undo_bar.say(self.tr("This is a new chat with everything up to that message"))

    async def _delete(self, message_id: str) -> None:
        token = await self._services.chat.remove(self._session.id, message_id)
        undo = self._services.chat.undo_remove
        self._pane.undo_bar.say(self.tr("Message deleted"), lambda: self._pane.run(undo(token)))

    def _on_sibling(self, message_id: str, delta: int) -> None:
        index, ids = self._session.tree.siblings(message_id)
        wanted = ids[max(0, min(len(ids) - 1, index + delta))]
        if wanted != message_id:
            self._pane.run(self._services.chat.select(self._session.id, wanted))

    def _on_regenerate_with(self, message_id: str, point: QPoint) -> None:
        menu = QMenu(self._pane)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chat, cid = self._services.chat, self._session.id
        for model in self._pane.setup.models:
            words = f"{model.name}  {model.quantization}".rstrip()
            action = menu.addAction(words)
            action.triggered.connect(lambda _=False, m=model: self._pane.run(chat.regenerate(cid, message_id, m)))
        menu.popup(point)

    def _on_link(self, address: str) -> None:
        dialog = LinkDialog(address, self._pane)
        dialog.open_requested.connect(lambda wanted: QDesktopServices.openUrl(QUrl(wanted)))
        dialog.open()


def _dropped(path: list[Message]) -> int:
    """How many of the oldest messages the last answer's request left out."""
    for message in reversed(path):
        if message.role is Role.ASSISTANT and message.timings is not None:
            return message.timings.dropped_messages
    return 0
