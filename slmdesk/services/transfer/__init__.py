"""Chats to files and back: Markdown, HTML and JSON out; our JSON, ChatGPT, Open WebUI and LM Studio in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject

from slmdesk.core.chat import Conversation, Message, new_id
from slmdesk.core.errors import ImportFailed, StorageError
from slmdesk.core.progress import Progress, Report
from slmdesk.core.tree import MessageTree
from slmdesk.services.conversations import Conversations
from slmdesk.services.transfer import chatgpt, file, html, lm_studio, markdown, open_webui, slmdesk_json
from slmdesk.services.transfer.values import Chat, Unreadable

FORMATS: dict[str, tuple[str, str]] = {
    "markdown": ("Markdown", ".md"),
    "json": ("JSON (all branches, can be imported)", ".json"),
    "html": ("Web page", ".html"),
}
"""The formats of an export: what a person reads, and the file's usual ending."""


class Writer(Protocol):
    """One export format: the text before, of, and after the chats, in pieces so that no archive fills the memory."""

    def begin(self, titles: Sequence[str]) -> str:
        """What stands before the first chat."""
        ...

    def chat(self, number: int, head: Conversation, tree: MessageTree) -> str:
        """One chat; ``number`` counts from 0."""
        ...

    def end(self) -> str:
        """What stands after the last chat."""
        ...


_WRITERS: dict[str, Callable[[], Writer]] = {
    "markdown": markdown.MarkdownWriter,
    "json": slmdesk_json.JsonWriter,
    "html": html.HtmlWriter,
}
_READERS: tuple[tuple[Callable[[dict[str, Any]], bool], Callable[[dict[str, Any]], Chat]], ...] = (
    (slmdesk_json.recognises, slmdesk_json.read),
    (chatgpt.recognises, chatgpt.read),
    (open_webui.recognises, open_webui.read),
    (lm_studio.recognises, lm_studio.read),
)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. ``problems`` are sentences about what was left out, one for each chat concerned."""

    imported: int
    messages: int
    problems: list[str]
    skipped: int = 0
    """Chats that are here already, message for message."""
    ids: tuple[str, ...] = ()
    """The new chats."""


@dataclass(slots=True)
class _Tally:
    """An import on its way."""

    problems: list[str]
    ids: list[str] = field(default_factory=list)
    messages: int = 0
    skipped: int = 0


class Transfer(QObject):
    """Exports and imports chats."""

    def __init__(self, conversations: Conversations) -> None:
        super().__init__()
        self._conversations = conversations

    async def export(
        self,
        ids: Sequence[str] | None,
        format: str,  # noqa: A002  (the word a person reads)
        path: Path,
        report: Report | None = None,
    ) -> int:
        """Write chats (all that are not in the bin for None) into one file; returns how many.

        ``format`` is a key of :data:`FORMATS`. JSON holds every branch, the others the one that is shown. The file
        appears whole or not at all. Raises StorageError, ValueError for an unknown format.
        """
        if format not in _WRITERS:
            raise ValueError(f"unknown export format {format!r}: it is one of {', '.join(_WRITERS)}")
        if ids is None:
            heads = await self._conversations.list()
        else:
            heads = [await self._conversations.get(i) for i in ids]
        part = path.with_name(path.name + ".part")
        try:
            with await asyncio.to_thread(part.open, "w", encoding="utf-8", errors="replace", newline="\n") as out:
                async for text in self._pieces(heads, _WRITERS[format](), report):
                    await asyncio.to_thread(out.write, text)
            await asyncio.to_thread(part.replace, path)
        except OSError as error:
            raise StorageError(
                f"The file {path} cannot be written: {error.strerror or error}.",
                "Choose another place, or free some space.",
                repr(error),
            ) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return len(heads)

    async def _pieces(self, heads: list[Conversation], writer: Writer, report: Report | None) -> AsyncIterator[str]:
        yield writer.begin([h.title for h in heads])
        for number, head in enumerate(heads):
            opened, tree = await self._conversations.open(head.id)
            yield await asyncio.to_thread(writer.chat, number, opened, tree)
            if report:
                report(Progress(number + 1, len(heads), "chats"))
        yield writer.end()

    async def import_file(self, path: Path, report: Report | None = None) -> ImportReport:
        """Add the chats in a file, each wholly or not at all; chats that are here are never changed.

        A chat that is here already with all its messages is skipped; one of the same id with other messages comes in
        as a copy. Raises ImportFailed where nothing in the file can be imported.
        """
        items, problems = await asyncio.to_thread(file.read, path, _recognised)
        done = _Tally(problems)
        try:
            for number, item in enumerate(items):
                if not await self._import(item, _name(item, number), done):
                    break
                if report:
                    report(Progress(number + 1, len(items), "chats"))
        finally:
            if done.ids:
                self._conversations.changed.emit()
        if not done.ids and not done.skipped:
            raise ImportFailed(
                f"Nothing in {path.name} could be imported.",
                "Known are SLMDesk's own JSON, ChatGPT's conversations.json, and exports of Open WebUI and LM Studio.",
                "\n".join(problems),
            )
        return ImportReport(len(done.ids), done.messages, problems, done.skipped, tuple(done.ids))

    async def _import(self, item: Any, name: str, done: _Tally) -> bool:
        """Import one chat and note what became of it; False if the database takes no more."""
        try:
            chat = await asyncio.to_thread(_read, item)
            added = await self._add(chat)
        except Unreadable as error:
            done.problems.append(f"{name}: {error}.")
            return True
        except StorageError as error:
            if not done.ids and not done.skipped:
                raise
            done.problems.append(f"{name}: {error}")
            return False
        if added is None:
            done.skipped += 1
            done.problems.append(f"{name} is here already and was skipped.")
        else:
            done.ids.append(added)
            done.messages += len(chat.messages)
            done.problems.extend(f"{name}: {note}." for note in chat.notes)
        return True

    async def _add(self, chat: Chat) -> str | None:
        """Store a chat; returns its id, or None if it is here already."""
        ids = [m.id for m in chat.messages]
        taken = await self._conversations.known_messages(ids)
        if await self._conversations.known([chat.head.id]):
            if len(taken) == len(ids):
                return None
            chat = _renamed(replace(chat, head=replace(chat.head, id=new_id())), set(ids))
        elif taken:
            chat = _renamed(chat, taken)
        await self._conversations.add(chat.head, chat.messages, tell=False)
        return chat.head.id


def _recognised(item: Any) -> bool:
    return isinstance(item, dict) and any(recognises(item) for recognises, _ in _READERS)


def _read(item: Any) -> Chat:
    if isinstance(item, dict):
        for recognises, read in _READERS:
            if recognises(item):
                try:
                    return read(item)
                except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
                    raise Unreadable("it is not built as such a chat is") from error
    raise Unreadable("it is not a chat of a known format")


def _name(item: Any, number: int) -> str:
    title = (
        next((item[k] for k in ("title", "name") if isinstance(item.get(k), str)), "") if isinstance(item, dict) else ""
    )
    return f'Chat {number + 1} "{title[:60]}"' if title else f"Chat {number + 1}"


def _renamed(chat: Chat, taken: set[str]) -> Chat:
    """The chat with new ids for the messages in ``taken``."""
    new = {i: new_id() for i in taken}

    def moved(message: Message) -> Message:
        parent = new.get(message.parent_id, message.parent_id) if message.parent_id else None
        return replace(message, id=new.get(message.id, message.id), parent_id=parent)

    leaf = chat.head.leaf_id
    head = replace(chat.head, leaf_id=new.get(leaf, leaf) if leaf else None)
    return replace(chat, head=head, messages=[moved(m) for m in chat.messages])
