"""The library: places that are searched, the files found there, and what a person noted on a model."""

from __future__ import annotations

TABLES = ""
