"""What was measured: memory of real loads, and the speed of this machine."""

from __future__ import annotations

TABLES = ""
