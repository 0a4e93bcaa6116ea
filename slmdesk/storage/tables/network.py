"""The ledger of connections, and the hosts a person agreed to."""

from __future__ import annotations

TABLES = """
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
"""
