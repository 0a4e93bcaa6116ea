"""How fast model files are read: ``python -m tests.benchmarks files``."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import gguf

from slmdesk.core.gguf import read_header
from slmdesk.services.files import Files
from slmdesk.services.inspection import Inspection
from slmdesk.worker.files.describe import describe
from tests.benchmarks.random_gguf import Shape, write_model
from tests.benchmarks.row import Row

VOCABULARY = Shape(layers=2, width=64, heads=2, kv_heads=1, feed_forward=128, vocabulary=151_936, context=32_768)
HEADER_MS, TIMES, HASH_SHARE = 150.0, 40.0, 0.8


def run() -> list[Row]:
    """The table's rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_model(Path(folder) / "large.gguf", VOCABULARY)
        return [*_header(path), *asyncio.run(_worker(path))]


def _header(path: Path) -> list[Row]:
    ours = _best(lambda: _read(path))
    described = _best(lambda: describe(path))
    started = time.process_time()
    gguf.GGUFReader(path)
    theirs = (time.process_time() - started) * 1000
    what = f"header of {VOCABULARY.vocabulary:,} tokens, {path.stat().st_size / 1e6:.0f} MB"
    return [
        Row(what, f"{ours:.0f} ms", f"<= {HEADER_MS:.0f} ms", ours <= HEADER_MS),
        Row(
            f"{what}: beside the gguf package",
            f"{theirs / ours:.0f}x ({theirs:.0f} ms)",
            f">= {TIMES:.0f}x",
            theirs / ours >= TIMES,
        ),
        Row(f"{what}: all facts and findings", f"{described:.0f} ms", f"<= {HEADER_MS:.0f} ms", described <= HEADER_MS),
    ]


def _read(path: Path) -> None:
    with path.open("rb") as stream:
        read_header(stream, path.stat().st_size)


def _best(work: Callable[[], object], times: int = 15) -> float:
    """Milliseconds of computing, the best of many runs: what the work takes where nothing else keeps the machine."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append((time.process_time() - started) * 1000)
    return min(taken)


async def _worker(path: Path) -> list[Row]:
    """The same through the worker process, and the speed of a digest beside Python's own."""
    files = Files()
    inspection = Inspection(files)
    try:
        await inspection.inspect(path)
        taken = []
        for _ in range(15):
            started = time.perf_counter()
            await inspection.inspect(path)
            taken.append((time.perf_counter() - started) * 1000)
        large = path.with_name("data.bin")
        large.write_bytes(bytes(1 << 20) * 256)
        plain = ours = float("inf")
        for _ in range(4):
            started = time.perf_counter()
            with large.open("rb") as stream:
                hashlib.file_digest(stream, "sha256")
            plain = min(plain, time.perf_counter() - started)
            started = time.perf_counter()
            await files.hash(large)
            ours = min(ours, time.perf_counter() - started)
    finally:
        await files.close()
    inspected = min(taken)
    share, speed = plain / ours, large.stat().st_size / ours / 1e6
    return [
        Row(
            "inspect it in the worker", f"{inspected:.0f} ms", f"<= {2 * HEADER_MS:.0f} ms", inspected <= 2 * HEADER_MS
        ),
        Row(
            "SHA-256 in the worker, of Python's own speed",
            f"{share:.2f} ({speed:.0f} MB/s)",
            f">= {HASH_SHARE}",
            share >= HASH_SHARE,
        ),
    ]
