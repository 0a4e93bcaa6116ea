-- The schema of version 3 as released, with a little data. Never edited: it stands for files out there.

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

-- How a person changed a place: the places themselves come from the settings and from what is installed.
CREATE TABLE model_places (
    path TEXT PRIMARY KEY,
    owned INTEGER NOT NULL DEFAULT 0,
    enabled INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;

-- A model's files in one place. inode and device are texts: they may have more than 63 bits.
-- The long columns stand last, so that reading the others never touches their pages.
CREATE TABLE model_files (
    number INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    place TEXT NOT NULL,
    store TEXT NOT NULL,
    names TEXT NOT NULL DEFAULT '[]',
    files TEXT NOT NULL DEFAULT '[]',
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode TEXT NOT NULL,
    device TEXT NOT NULL,
    mark TEXT NOT NULL DEFAULT '',
    publisher TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '',
    identity TEXT NOT NULL DEFAULT '',
    fingerprint TEXT NOT NULL DEFAULT '',
    added REAL NOT NULL,
    offline INTEGER NOT NULL DEFAULT 0,
    summary TEXT NOT NULL DEFAULT '{}',
    findings TEXT NOT NULL DEFAULT '[]',
    facts TEXT NOT NULL DEFAULT '{}'
);

-- What a person called a model and wrote about it, for each of its homes, so that it outlives any one of them.
CREATE TABLE model_notes (
    path TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    note TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- Where the weights went that lay at a path before: a file that was moved, or a copy that was deleted.
CREATE TABLE model_aliases (
    path TEXT PRIMARY KEY,
    target TEXT NOT NULL
) WITHOUT ROWID;

-- Models in the bin: the folder they were moved to, and where each file came from.
CREATE TABLE model_bin (
    token TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    place TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    folder TEXT NOT NULL,
    files TEXT NOT NULL,
    size INTEGER NOT NULL,
    deleted REAL NOT NULL
) WITHOUT ROWID;

-- The outcome of the last "Verify" of a file; it holds while size and mtime_ns are those of the file.
CREATE TABLE stamps (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL DEFAULT '',
    made REAL NOT NULL,
    result TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;


CREATE TABLE downloads (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    plan TEXT NOT NULL,
    root TEXT NOT NULL,
    state TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    error_kind TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL DEFAULT '',
    added REAL NOT NULL,
    finished REAL NOT NULL DEFAULT 0,
    is_update INTEGER NOT NULL DEFAULT 0
);

-- settled: 0 until the file is known to be on the disk for good, so that a power cut right after is noticed
CREATE TABLE origins (
    path TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    ref TEXT NOT NULL,
    repo TEXT NOT NULL,
    revision TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    remote_path TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    folder TEXT NOT NULL DEFAULT '',
    root TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL DEFAULT '',
    git_oid TEXT NOT NULL DEFAULT '',
    licence TEXT NOT NULL DEFAULT '',
    fetched REAL NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;


CREATE TABLE connections (
    number INTEGER PRIMARY KEY,
    id TEXT UNIQUE,
    moment REAL NOT NULL,
    part TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL DEFAULT 0,
    purpose TEXT NOT NULL DEFAULT '',
    allowed INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    up INTEGER NOT NULL DEFAULT 0,
    down INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX connections_by_moment ON connections (moment);

-- kind: 'consent' (may be reached while the state is online) or 'local' (an address the person named)
CREATE TABLE network_hosts (
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    added REAL NOT NULL,
    used REAL,
    PRIMARY KEY (kind, host)
) WITHOUT ROWID;


CREATE TABLE loads (
    number INTEGER PRIMARY KEY,
    made REAL NOT NULL,
    model_id TEXT NOT NULL,
    name TEXT NOT NULL,
    architecture TEXT NOT NULL DEFAULT '',
    options TEXT NOT NULL DEFAULT '{}',
    predicted INTEGER NOT NULL,
    measured INTEGER NOT NULL,
    predicted_tps REAL NOT NULL DEFAULT 0,
    generation_tps REAL NOT NULL DEFAULT 0,
    prompt_tps REAL NOT NULL DEFAULT 0
);
CREATE INDEX loads_by_time ON loads (made);
CREATE TABLE machine_speed (device TEXT PRIMARY KEY, made REAL NOT NULL, speed TEXT NOT NULL) WITHOUT ROWID;


CREATE TABLE quantize_runs (
    id TEXT PRIMARY KEY,
    created REAL NOT NULL,
    run TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX quantize_runs_by_time ON quantize_runs (created);
CREATE TABLE quantize_rows (
    run_id TEXT NOT NULL REFERENCES quantize_runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
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
