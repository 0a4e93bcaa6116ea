"""The database's tables, as numbered migrations: the only place that changes them.

``PRAGMA user_version`` is the number of the last migration that ran. A migration is never edited once released; a
change is a new one at the end, with the schema it starts from kept in ``tests/storage/schemas``.
"""

from __future__ import annotations

import apsw

from slmdesk.storage.tables import downloads, library, measurements, network, quantize

APPLICATION_ID = 0x534C4D44
"""Marks the file as ours ("SLMD") for tools that look at SQLite's header."""

_CHATS = """
CREATE TABLE conversations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    updated REAL NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    folder TEXT NOT NULL DEFAULT '',
    leaf_id TEXT,
    model_id TEXT NOT NULL DEFAULT '',
    preset_id TEXT NOT NULL DEFAULT '',
    system_prompt TEXT NOT NULL DEFAULT '',
    sampling TEXT NOT NULL DEFAULT '{}',
    load TEXT NOT NULL DEFAULT '{}',
    draft TEXT NOT NULL DEFAULT '',
    deleted REAL
);

-- The long columns stand last, so that reading the others never touches their pages.
CREATE TABLE messages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent_id TEXT,
    role TEXT NOT NULL,
    created REAL NOT NULL,
    deleted REAL,
    finish_reason TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    timings TEXT,
    text TEXT NOT NULL DEFAULT '',
    thinking TEXT NOT NULL DEFAULT '',
    attachments TEXT
);
CREATE INDEX messages_by_conversation ON messages (conversation_id);
CREATE INDEX messages_unfinished ON messages (number) WHERE role = 'assistant' AND finish_reason = '';
CREATE INDEX messages_in_bin ON messages (deleted) WHERE deleted IS NOT NULL;

CREATE VIRTUAL TABLE title_index USING fts5 (
    title, content = 'conversations', content_rowid = 'number',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);
CREATE TRIGGER title_added AFTER INSERT ON conversations BEGIN
    INSERT INTO title_index (rowid, title) VALUES (new.number, new.title);
END;
CREATE TRIGGER title_removed AFTER DELETE ON conversations BEGIN
    INSERT INTO title_index (title_index, rowid, title) VALUES ('delete', old.number, old.title);
END;
CREATE TRIGGER title_changed AFTER UPDATE OF title ON conversations WHEN old.title <> new.title BEGIN
    INSERT INTO title_index (title_index, rowid, title) VALUES ('delete', old.number, old.title);
    INSERT INTO title_index (rowid, title) VALUES (new.number, new.title);
END;

-- An answer enters the index when it is finished: while it streams, a save costs no indexing.
CREATE VIRTUAL TABLE text_index USING fts5 (
    text, content = 'messages', content_rowid = 'number',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);
CREATE TRIGGER text_added AFTER INSERT ON messages
WHEN new.role <> 'assistant' OR new.finish_reason <> '' BEGIN
    INSERT INTO text_index (rowid, text) VALUES (new.number, new.text);
END;
CREATE TRIGGER text_removed AFTER DELETE ON messages
WHEN old.role <> 'assistant' OR old.finish_reason <> '' BEGIN
    INSERT INTO text_index (text_index, rowid, text) VALUES ('delete', old.number, old.text);
END;
CREATE TRIGGER text_unindexed AFTER UPDATE OF text, role, finish_reason ON messages
WHEN (old.role <> 'assistant' OR old.finish_reason <> '')
    AND (old.text <> new.text OR NOT (new.role <> 'assistant' OR new.finish_reason <> '')) BEGIN
    INSERT INTO text_index (text_index, rowid, text) VALUES ('delete', old.number, old.text);
END;
CREATE TRIGGER text_indexed AFTER UPDATE OF text, role, finish_reason ON messages
WHEN (new.role <> 'assistant' OR new.finish_reason <> '')
    AND (old.text <> new.text OR NOT (old.role <> 'assistant' OR old.finish_reason <> '')) BEGIN
    INSERT INTO text_index (rowid, text) VALUES (new.number, new.text);
END;

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE window_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

_PRESETS = """
CREATE TABLE presets (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    system_prompt TEXT NOT NULL DEFAULT '',
    sampling TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
"""

_MODELS = "\n".join((library.TABLES, downloads.TABLES, network.TABLES, measurements.TABLES, quantize.TABLES))

MIGRATIONS: tuple[str, ...] = (_CHATS, _PRESETS, _MODELS)
VERSION = len(MIGRATIONS)
"""The schema version this program writes."""


def version_of(connection: apsw.Connection) -> int:
    """The schema version of an open database; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").get)


def migrate(connection: apsw.Connection) -> None:
    """Bring the database to :data:`VERSION` in one transaction: all missing migrations, or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version_of(connection), VERSION):
            connection.execute(MIGRATIONS[number])
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
