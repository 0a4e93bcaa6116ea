"""A chat of 10,000 messages in the real window: opening it, and streaming into it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from tests.benchmarks.row import Row


def run() -> list[Row]:
    """Opening time and the longest gap of a 1 ms heartbeat while an answer streams (beside the longest when idle)."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.long_chat_probe", f"{folder}/profile"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)
    seen = json.loads(done.stdout.splitlines()[-1])
    return [
        Row("opening a chat of 10,000 messages (database to pixels)", f"{seen['opened_ms']:.0f} ms", "<= 300 ms",
            seen["opened_ms"] <= 300),
        Row("longest GUI-thread block while streaming into it", f"{seen['longest_ms']:.1f} ms (99 % of beats within "
            f"{seen['p99_ms']:.1f} ms; idle window: {seen['idle_longest_ms']:.1f} ms)", "<= 16 ms",
            seen["longest_ms"] <= 16),
    ]  # fmt: skip
