"""Downloads whose process is killed, and whose disk fills up: what comes out in the end is whole, or says why not."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from slmdesk.core.errors import SlmdeskError, WorkerCrashed
from slmdesk.core.network import Permit
from slmdesk.runtimes.process import Worker
from tests.hub_server import HubServer, hub_server

SIZE = 20_000_000
KILLS = 50


def asked(hub: HubServer, folder: Path, path: str, **more: Any) -> dict[str, Any]:
    version = hub.repos["owner/model"].versions[-1]
    permit = Permit("downloads", "test", ("127.0.0.1", "localhost"))
    return {
        "folder": str(folder),
        "path": path,
        "endpoint": hub.url,
        "repo": "owner/model",
        "commit": version.commit,
        "size": SIZE,
        "sha256": version.digests[path],
        "permit": permit.args(),
        "connections": 3,
        "pause": 0.05,
        **more,
    }


async def kill_and_finish(hub: HubServer, folder: Path, path: str, moment: float, gate: asyncio.Semaphore) -> int:
    """Kill the worker after ``moment`` seconds, then let another one finish; how often it had to be started."""
    async with gate:
        folder.mkdir()
        starts = 0
        while True:
            starts += 1
            worker = await Worker.start("hub", allow_network=True, writable=[folder])
            killer = asyncio.get_running_loop().call_later(moment, os.kill, worker.pid, 9) if starts == 1 else None
            try:
                result = await worker.call("fetch", **asked(hub, folder, path))
                assert result["verified"] == "sha256"
                await worker.call("finish", folder=str(folder), paths=[path])
            except WorkerCrashed:
                continue
            finally:
                if killer is not None:
                    killer.cancel()
                await worker.close()
            return starts


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL")
async def test_fifty_downloads_killed_at_random_moments_all_finish_and_verify(tmp_path: Path) -> None:
    dice = random.Random(4711)
    data = dice.randbytes(SIZE)
    with hub_server() as hub:
        hub.repo("owner/model", {"m.gguf": data})
        hub.fault("slow", "m.gguf", after=40_000_000, times=10_000)
        gate = asyncio.Semaphore(4)
        runs = [
            kill_and_finish(hub, tmp_path / str(n), "m.gguf", dice.uniform(0.0, 1.5), gate) for n in range(KILLS)
        ]  # fmt: skip
        starts = await asyncio.gather(*runs)
    whole = hashlib.sha256(data).hexdigest()
    for number in range(KILLS):
        folder = tmp_path / str(number)
        assert [p.name for p in folder.iterdir()] == ["m.gguf"], number
        assert hashlib.sha256((folder / "m.gguf").read_bytes()).hexdigest() == whole
        shutil.rmtree(folder)
    assert sum(s == 2 for s in starts) > KILLS // 4  # most were really in the middle of it


FULL = """
import asyncio, sys, json
from pathlib import Path
from slmdesk.core.errors import DiskFull
from slmdesk.runtimes.process import Worker

async def main():
    folder, asked = Path(sys.argv[1]), json.loads(sys.argv[2])
    filler = folder / "filler"
    filler.write_bytes(bytes(int(sys.argv[3])))
    worker = await Worker.start("hub", allow_network=True, writable=[folder])

    async def fill():
        part = folder / "m.gguf.part"
        while not part.exists() or part.stat().st_size < int(sys.argv[4]):
            await asyncio.sleep(0.005)
        with filler.open("ab", buffering=0) as file:
            try:
                while file.write(bytes(65536)):
                    pass
            except OSError:
                pass

    other = asyncio.ensure_future(fill() if sys.argv[4] != "0" else asyncio.sleep(0))
    try:
        await worker.call("fetch", **asked)
        print("whole")
    except DiskFull as error:
        print("full", error.message)
    await other
    assert not (folder / "m.gguf").exists()
    filler.unlink()
    result = await worker.call("fetch", **asked)
    await worker.call("finish", folder=str(folder), paths=["m.gguf"])
    import hashlib
    print(hashlib.sha256((folder / "m.gguf").read_bytes()).hexdigest())
    await worker.close()

asyncio.run(main())
"""


def may_mount() -> bool:
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="this system lets nobody make a small disk")
@pytest.mark.parametrize(
    ("filled", "later", "first"),
    [
        (30_000_000, 0, "full"),
        (14_000_000, 0, "full"),
        (5_000_000, 1, "full"),
        (5_000_000, 6_000_000, "full"),
        (5_000_000, 17_000_000, "full"),
        (12_000_000, 0, "whole"),
    ],
)
async def test_a_disk_that_is_full_at_any_moment(tmp_path: Path, filled: int, later: int, first: str) -> None:
    """A real disk of 32 MB: too full at the start, or filled by others when so many bytes have come."""
    data = random.Random(1).randbytes(SIZE)
    disk = tmp_path / "disk"
    disk.mkdir()
    with hub_server() as hub:
        hub.repo("owner/model", {"m.gguf": data})
        hub.fault("slow", "m.gguf", after=20_000_000, times=99)
        request = json.dumps(asked(hub, disk, "m.gguf", reserve=0))
        script = 'mount -t tmpfs -o size=32m none "$0" && exec "$@"'
        command = ["unshare", "-rm", "sh", "-c", script, str(disk), sys.executable, "-c", FULL]
        run = await asyncio.to_thread(
            subprocess.run,
            [*command, str(disk), request, str(filled), str(later)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    told, last = run.stdout.strip().splitlines()
    assert told.startswith(first)
    assert last == hashlib.sha256(data).hexdigest()


async def test_two_processes_never_write_the_same_part(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(SIZE)
    with hub_server() as hub:
        hub.repo("owner/model", {"m.gguf": data})
        hub.fault("slow", "m.gguf", after=20_000_000, times=99)
        one = await Worker.start("hub", allow_network=True, writable=[tmp_path])
        two = await Worker.start("hub", allow_network=True, writable=[tmp_path])
        first = asyncio.create_task(one.call("fetch", **asked(hub, tmp_path, "m.gguf")))
        while not (tmp_path / "m.gguf.part").exists():
            await asyncio.sleep(0.01)
        with pytest.raises(SlmdeskError, match="being downloaded already"):
            await two.call("fetch", **asked(hub, tmp_path, "m.gguf"))
        assert (await first)["verified"] == "sha256"
        await one.close()
        await two.close()


async def test_a_disk_that_changed_what_it_was_given_is_noticed(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(SIZE)
    with hub_server() as hub:
        hub.repo("owner/model", {"m.gguf": data})
        slow = hub.fault("slow", "m.gguf", after=10_000_000, times=99)
        worker = await Worker.start("hub", allow_network=True, writable=[tmp_path])
        async with aclosing(worker.request("fetch", **asked(hub, tmp_path, "m.gguf"))) as events:
            async for event in events:
                if event.data is not None and event.data.get("done", 0) > 12_000_000:
                    break
        await worker.close()
        slow.times, sent = 0, hub.sent
        with (tmp_path / "m.gguf.part").open("r+b") as part:
            part.seek(5_000)
            part.write(b"rotten")
        worker = await Worker.start("hub", allow_network=True, writable=[tmp_path])
        result = await worker.call("fetch", **asked(hub, tmp_path, "m.gguf"))
        await worker.call("finish", folder=str(tmp_path), paths=["m.gguf"])
        await worker.close()
    assert result["verified"] == "sha256"
    assert (tmp_path / "m.gguf").read_bytes() == data
    assert hub.sent - sent < SIZE - 1_000_000  # the part of the disk that is sound was not fetched again


async def test_nothing_connects_that_was_not_asked_to(tmp_path: Path) -> None:
    """The worker refuses hosts outside the permit, and its libraries any connection of their own."""
    with hub_server() as hub:
        hub.repo("owner/model", {"m.gguf": b"x" * SIZE})
        worker = await Worker.start("hub", allow_network=True, writable=[tmp_path])
        request = asked(hub, tmp_path, "m.gguf")
        for endpoint in ("http://example.org", "http://localhost:1"):
            narrow = Permit("downloads", "test", ("127.0.0.1",)).args()
            with pytest.raises(SlmdeskError, match="was not made"):
                await worker.call("fetch", **{**request, "endpoint": endpoint, "permit": narrow})
        await worker.close()
        assert hub.requests == []
