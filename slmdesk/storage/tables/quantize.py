"""Runs of the quantizer: each with one line for each of its recipes."""

from __future__ import annotations

TABLES = """
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
"""
