"""The chats in the database: their heads, their messages, the bin."""

from __future__ import annotations

import builtins
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apsw

from slmdesk.core.chat import Conversation, FinishReason, Message, SearchHit
from slmdesk.core.errors import StorageError
from slmdesk.storage import rows, search
from slmdesk.storage.database import Database

log = logging.getLogger(__name__)

BIN_DAYS = 30
"""How long what was deleted can be restored."""

BROKEN_OFF = "The program ended while this was written."

_JSON_FIELDS = frozenset({"sampling", "load"})
_TEXT_FIELDS = frozenset({"title", "folder", "model_id", "preset_id", "system_prompt", "draft"})
_CHANGEABLE = _JSON_FIELDS | _TEXT_FIELDS | {"pinned", "leaf_id"}

_INSERT_MESSAGE = f"INSERT INTO messages ({rows.MESSAGE_COLUMNS}, conversation_id) VALUES ({', '.join('?' * 12)})"  # noqa: S608


class ConversationStore:
    """Chats and messages as rows. Times are seconds since 1970; "deleted" means in the bin until purged."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, *, deleted: bool = False) -> builtins.list[Conversation]:
        """The heads of all chats (of those in the bin), newest first."""
        place = "deleted IS NOT NULL" if deleted else "deleted IS NULL"
        found = await self._database.read(
            lambda c: [rows.conversation(r) for r in _tolerant(c, "conversations", rows.CONVERSATION_COLUMNS, place)]
        )
        key = (lambda i: i.deleted or 0.0) if deleted else (lambda i: i.updated)
        return sorted(found, key=key, reverse=True)

    async def folders(self) -> builtins.list[str]:
        """The names of the folders that hold a chat, sorted."""
        query = "SELECT DISTINCT folder FROM conversations WHERE folder <> '' AND deleted IS NULL"
        names = await self._database.read(lambda c: [str(r[0]) for r in c.execute(query)])
        return sorted(names, key=str.casefold)

    async def rename_folder(self, old: str, new: str) -> None:
        """Move all chats of a folder, those in the bin too; an empty ``new`` takes them out of it."""
        await self._database.execute(
            "UPDATE conversations SET folder = ? WHERE folder = ?", (rows.clean(new), rows.clean(old))
        )

    async def get(self, conversation_id: str) -> Conversation:
        """The head of one chat, in the bin or not. Raises StorageError for one that does not exist."""
        return await self._database.read(lambda c: _head(c, conversation_id))

    async def messages(self, conversation_id: str) -> builtins.list[Message]:
        """All messages of a chat that are not removed, in the order they were added."""
        return await self._database.read(
            lambda c: [
                rows.message(r)
                for r in _tolerant(
                    c, "messages", rows.MESSAGE_COLUMNS, "conversation_id = ? AND deleted IS NULL", (conversation_id,)
                )
            ]
        )

    async def insert(self, head: Conversation, messages: Sequence[Message] = ()) -> None:
        """Add a chat with its messages, all or nothing. Raises StorageError if an id is already taken."""
        await self._database.write(lambda c: _insert(c, head, messages))

    async def known(self, conversation_ids: Iterable[str]) -> set[str]:
        """Those of the ids that belong to a chat here, in the bin or not."""
        wanted = list(conversation_ids)
        return await self._database.read(lambda c: _known(c, "conversations", wanted))

    async def known_messages(self, message_ids: Iterable[str]) -> set[str]:
        """Those of the ids that belong to a message of any chat."""
        wanted = list(message_ids)
        return await self._database.read(lambda c: _known(c, "messages", wanted))

    async def update(self, conversation_id: str, fields: dict[str, Any]) -> Conversation:
        """Change fields of a head by name; returns it. Raises ValueError for a field that cannot be changed."""
        unknown = fields.keys() - _CHANGEABLE
        if unknown:
            raise ValueError(f"not a field of a chat that can be changed: {', '.join(sorted(unknown))}")
        names = list(fields)
        values = [_column(name, fields[name]) for name in names]

        def work(c: apsw.Connection) -> Conversation:
            if names:
                assignments = ", ".join(f"{name} = ?" for name in names)
                c.execute(f"UPDATE conversations SET {assignments} WHERE id = ?", (*values, conversation_id))  # noqa: S608
            return _head(c, conversation_id)

        return await self._database.write(work)

    async def delete(self, conversation_id: str) -> None:
        """Put a chat into the bin."""
        await self._set_deleted(conversation_id, time.time())

    async def restore(self, conversation_id: str) -> None:
        """Take a chat out of the bin."""
        await self._set_deleted(conversation_id, None)

    async def _set_deleted(self, conversation_id: str, when: float | None) -> None:
        def work(c: apsw.Connection) -> None:
            c.execute("UPDATE conversations SET deleted = ? WHERE id = ?", (when, conversation_id))
            _head(c, conversation_id)

        await self._database.write(work)

    async def purge(self, conversation_id: str) -> None:
        """Remove a chat for good, with its messages."""
        await self._database.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))

    async def empty_bin(self) -> int:
        """Remove every chat in the bin for good; returns how many there were."""
        return await self._database.write(lambda c: _changed(c, "DELETE FROM conversations WHERE deleted IS NOT NULL"))

    async def purge_all(self) -> None:
        """Remove every chat for good, and every word of them from the search's index."""

        def work(c: apsw.Connection) -> None:
            c.execute("DELETE FROM conversations")
            for index in ("title_index", "text_index"):
                c.execute(f"INSERT INTO {index} ({index}) VALUES ('delete-all')")  # noqa: S608

        await self._database.write(work)

    async def add_message(self, conversation_id: str, message: Message) -> None:
        """Append a message, and make it the one that is shown."""

        def work(c: apsw.Connection) -> None:
            _head(c, conversation_id)
            c.execute(_INSERT_MESSAGE, (*rows.message_values(message), conversation_id))
            c.execute(
                "UPDATE conversations SET leaf_id = ?, updated = ? WHERE id = ?",
                (message.id, time.time(), conversation_id),
            )

        await self._database.write(work)

    async def save_message(self, conversation_id: str, message: Message) -> None:
        """Write a message's content in place. Cheap enough for every 200 ms of a stream: an answer enters the search
        index only once its ``finish_reason`` is set.
        """

        def work(c: apsw.Connection) -> None:
            count = _changed(
                c,
                "UPDATE messages SET text = ?, thinking = ?, created = ?, model = ?, finish_reason = ?, timings = ?, "
                "attachments = ?, error = ? WHERE id = ? AND conversation_id = ?",
                (*rows.changing_values(message), message.id, conversation_id),
            )
            if not count:
                raise StorageError("The chat of this message was deleted for good, so it could not be saved.")
            if message.finish_reason:
                c.execute("UPDATE conversations SET updated = ? WHERE id = ?", (time.time(), conversation_id))

        await self._database.write(work)

    async def remove_messages(self, conversation_id: str, message_ids: Iterable[str]) -> None:
        """Hide messages; :meth:`restore_messages` brings them back until they are purged."""
        await self._mark_messages(conversation_id, message_ids, time.time())

    async def restore_messages(self, conversation_id: str, message_ids: Iterable[str]) -> None:
        """Show removed messages again."""
        await self._mark_messages(conversation_id, message_ids, None)

    async def _mark_messages(self, conversation_id: str, message_ids: Iterable[str], when: float | None) -> None:
        values = [(when, i, conversation_id) for i in message_ids]
        statement = "UPDATE messages SET deleted = ? WHERE id = ? AND conversation_id = ?"
        await self._database.execute(statement, values, many=True)

    async def search(self, text: str, limit: int = 50, per_conversation: int = 3) -> builtins.list[SearchHit]:
        """Where the words of ``text`` occur, see :mod:`slmdesk.storage.search`."""
        return await self._database.read(lambda c: search.find(c, rows.clean(text), limit, per_conversation))

    async def recover(self) -> int:
        """What the owner of the profile does once at its start: mark answers that broke off, purge the old bin.

        Returns the number of answers that were still being written when the program last ended.
        """
        oldest = time.time() - BIN_DAYS * 86400

        def work(c: apsw.Connection) -> int:
            c.execute("DELETE FROM conversations WHERE deleted IS NOT NULL AND deleted < ?", (oldest,))
            c.execute("DELETE FROM messages WHERE deleted IS NOT NULL AND deleted < ?", (oldest,))
            return _changed(
                c,
                "UPDATE messages SET finish_reason = ?, error = ? WHERE role = 'assistant' AND finish_reason = ''",
                (str(FinishReason.ERROR), BROKEN_OFF),
            )

        return await self._database.write(work)


def _head(c: apsw.Connection, conversation_id: str) -> Conversation:
    query = f"SELECT {rows.CONVERSATION_COLUMNS} FROM conversations WHERE id = ?"  # noqa: S608
    row = c.execute(query, (rows.clean(conversation_id),)).fetchone()
    if row is None:
        raise StorageError("This chat does not exist any more.", "It may have been deleted for good.")
    return rows.conversation(row)


def _insert(c: apsw.Connection, head: Conversation, messages: Sequence[Message]) -> None:
    try:
        c.execute(
            f"INSERT INTO conversations ({rows.CONVERSATION_COLUMNS}) VALUES ({', '.join('?' * 14)})",  # noqa: S608
            (
                head.id,
                rows.clean(head.title),
                head.created,
                head.updated,
                int(head.pinned),
                rows.clean(head.folder),
                head.leaf_id,
                rows.clean(head.model_id),
                rows.clean(head.preset_id),
                rows.clean(head.system_prompt),
                rows.to_json(head.sampling),
                rows.to_json(head.load),
                rows.clean(head.draft),
                head.deleted,
            ),
        )
        c.executemany(_INSERT_MESSAGE, [(*rows.message_values(m), head.id) for m in messages])
    except apsw.ConstraintError as error:
        raise StorageError("A chat or message with this id is already there.", details=str(error)) from error


def _column(name: str, value: Any) -> Any:
    if name in _JSON_FIELDS:
        return rows.to_json(value)
    if name == "pinned":
        return int(bool(value))
    return rows.clean(str(value)) if name in _TEXT_FIELDS else value


def _changed(c: apsw.Connection, statement: str, values: tuple[Any, ...] = ()) -> int:
    c.execute(statement, values)
    return int(c.changes())


def _known(c: apsw.Connection, table: str, ids: Sequence[str]) -> set[str]:
    query = f"SELECT 1 FROM {table} WHERE id = ?"  # noqa: S608
    return {i for i in ids if c.execute(query, (i,)).fetchone()}


def _tolerant(
    c: apsw.Connection, table: str, columns: str, where: str, values: tuple[Any, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """The rows that can be read, in order of ``number``; one that SQLite cannot read is skipped and logged."""
    query = f"SELECT number, {columns} FROM {table} WHERE {where}"  # noqa: S608
    last = 0
    try:
        for number, *row in c.execute(f"{query} ORDER BY number", values):
            last = number
            yield tuple(row)
        return  # noqa: TRY300  (a generator's else would run after GeneratorExit too)
    except apsw.CorruptError:
        log.warning("A row of %s after number %d is damaged; reading the others one by one", table, last)
    highest = _highest(c, table)
    for number in range(last + 1, highest + 1):
        try:
            found = c.execute(f"{query} AND number = ?", (*values, number)).fetchone()
        except apsw.CorruptError:
            continue
        if found is not None:
            yield tuple(found[1:])


def _highest(c: apsw.Connection, table: str) -> int:
    return int(c.execute(f"SELECT coalesce(max(number), 0) FROM {table}").get)  # noqa: S608
