"""The download queue."""

from __future__ import annotations

TABLES = ""
