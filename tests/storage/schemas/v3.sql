-- The schema of version 2 as released, with a little data. Never edited: it stands for files out there.

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

CREATE TABLE presets (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    system_prompt TEXT NOT NULL DEFAULT '',
    sampling TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;

INSERT INTO conversations (id, title, created, updated, pinned, folder, leaf_id, model_id, sampling, draft)
VALUES ('c1', 'Über das Café', 1700000000.0, 1700000100.0, 1, 'Work', 'm3', 'starter', '{"temperature":0.2}', 'half a thought'),
       ('c2', 'In the bin', 1700000000.0, 1700000050.0, 0, '', NULL, '', '{}', '');
UPDATE conversations SET deleted = 1700000060.0 WHERE id = 'c2';
INSERT INTO messages (id, conversation_id, parent_id, role, text, thinking, created, model, finish_reason, timings, attachments)
VALUES ('m1', 'c1', NULL, 'user', 'What is a quantization type?', '', 1700000001.0, '', '', NULL,
        '[{"name":"notes.txt","text":"Q4_K_M","tokens":5,"note":""}]'),
       ('m2', 'c1', 'm1', 'assistant', 'A way to store weights in fewer bits.', 'Let me see.', 1700000002.0, 'starter', 'stop',
        '{"prompt_tokens":12,"generation_tps":31.5}', NULL),
       ('m3', 'c1', 'm1', 'assistant', 'It says how many bits a weight', '', 1700000003.0, 'starter', '', NULL, NULL);
INSERT INTO settings (key, value) VALUES ('theme', '"dark"'), ('of_another_version', '{"a":1}');
INSERT INTO window_state (key, value) VALUES ('splitter', '[200,600]');
INSERT INTO presets (id, name, system_prompt, sampling) VALUES ('p1', 'Mine', 'Be brief.', '{"top_k":5}');
PRAGMA application_id = 1397509444;
PRAGMA user_version = 3;
