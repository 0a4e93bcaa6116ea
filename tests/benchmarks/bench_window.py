"""How soon the window can be used, and what its process weighs."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.row import Row

RUNS = 5


def start(profile: Path, *args: str) -> tuple[float, list[str]]:
    """Seconds from the process's start to the painted window, and what it printed after that."""
    command = [sys.executable, "-m", "tests.benchmarks.window_probe", str(profile), *args]
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        taken = time.perf_counter() - begun
        rest = process.stdout.read().splitlines()
    return taken, rest


def bare_qt() -> float:
    """The baseline: seconds until a bare Qt window is painted."""
    code = (
        "from PySide6.QtWidgets import QApplication, QLabel\n"
        "app = QApplication([]); w = QLabel('x'); w.show(); app.processEvents(); print('ready', flush=True)"
    )
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - begun


def run() -> list[Row]:
    """Median of five starts beside a bare Qt window's, and the resident memory with one chat open."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile"
        start(profile)  # the first start creates the database
        times = [start(profile)[0] for _ in range(RUNS)]
        bare = statistics.median(bare_qt() for _ in range(RUNS))
        rss = int(start(profile, "--weigh")[1][-1])
    median = statistics.median(times)
    return [
        Row("process start to a usable painted window", f"{median:.2f} s (bare Qt window: {bare:.2f} s, "
            f"ratio {median / bare:.1f}; median of {RUNS})", "<= 1.0 s", median <= 1.0),
        Row("memory of the window process, idle, one chat open", f"{rss / 2**20:.0f} MiB", "<= 150 MB RSS",
            rss <= 150_000_000),
    ]  # fmt: skip
