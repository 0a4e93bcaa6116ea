"""The library: places that are searched, the files found there, and what a person noted on a model."""

from __future__ import annotations

TABLES = """
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
"""
