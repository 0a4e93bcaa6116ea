"""The download queue, and where the files that came through it are from."""

from __future__ import annotations

TABLES = """
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
"""
