"""The ledger of connections, and the hosts a person agreed to."""

from __future__ import annotations

TABLES = ""
