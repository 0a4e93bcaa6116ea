"""A file of 1 GB from this machine's own hub, beside what curl needs for it: ``python -m tests.benchmarks downloads``.

Both fetch the same address from a server in a process of its own. Ours verifies the SHA-256 of what came and keeps
its chunk map; curl only writes. The runs alternate, each into a fresh file, and the medians are compared.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from slmdesk.desk import Desk
from tests.benchmarks.row import Row

SIZE = 1_000_000_000
ROUNDS = 5


def run() -> list[Row]:
    """The table's rows."""
    if shutil.which("curl") is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model-Q4_K_M.gguf"
        with path.open("wb") as file:
            for _ in range(SIZE // 10_000_000):
                file.write(os.urandom(10_000_000))
        command = [sys.executable, "-m", "tests.hub_server", str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            told = json.loads(server.stdout.readline())
            try:
                return asyncio.run(_measure(told, Path(folder)))
            finally:
                server.communicate()


async def _measure(told: dict[str, str], folder: Path) -> list[Row]:
    os.environ["HF_ENDPOINT"] = told["url"]
    ours, theirs, hashing = [], [], []
    async with Desk.opened(folder / "profile") as desk:
        plan = await desk.sources.plan("hf:owner/model")
        await desk.settings.set("disk_reserve_gb", 0)
        for number in range(ROUNDS):
            target = folder / f"curl-{number}"
            theirs.append(await asyncio.to_thread(_curl, told["storage"], target))
            hashing.append(await asyncio.to_thread(_sha256sum, target))
            target.unlink()
            await asyncio.to_thread(os.sync)
            began = time.perf_counter()
            download = await desk.downloads.add(plan, folder / f"ours-{number}")
            done = await desk.downloads.wait(download.id)
            ours.append(time.perf_counter() - began)
            assert done.state == "done", done.error
            await asyncio.to_thread(shutil.rmtree, folder / f"ours-{number}")
            await asyncio.to_thread(os.sync)
    mine, curl, check = (statistics.median(x) for x in (ours, theirs, hashing))
    shown = f"{curl / mine:.2f} of curl ({SIZE / mine / 1e6:,.0f} against {SIZE / curl / 1e6:,.0f} MB/s)"
    both = f"{(curl + check) / mine:.2f} of curl and sha256sum ({curl + check:.2f} s against {mine:.2f} s)"
    return [
        Row("download of 1 GB from loopback, verified", shown, "at least 0.8", curl / mine >= 0.8),
        Row("the same, beside a verified download", both, "at least 1", curl + check >= mine),
    ]


def _curl(url: str, target: Path) -> float:
    began = time.perf_counter()
    subprocess.run(["curl", "--silent", "--fail", "--output", str(target), url], check=True)
    return time.perf_counter() - began


def _sha256sum(path: Path) -> float:
    began = time.perf_counter()
    subprocess.run(["sha256sum", str(path)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
