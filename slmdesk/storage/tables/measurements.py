"""What was measured: memory and speed of real loads, and the speed of this machine."""

from __future__ import annotations

TABLES = """
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
"""
