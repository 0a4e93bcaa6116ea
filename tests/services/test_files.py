"""The worker that reads files, as a real process."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slmdesk.core.errors import LoadError, WorkerCrashed
from slmdesk.core.models import Verdict
from slmdesk.core.progress import Progress
from slmdesk.services.files import Files
from slmdesk.services.inspection import Inspection


@pytest.fixture
async def files() -> AsyncIterator[Files]:
    files = Files()
    yield files
    await files.close()


async def test_a_file_is_inspected(files: Files, starter: Path) -> None:
    found = await Inspection(files).inspect(starter)
    assert found.verdict is Verdict.SAFE
    assert found.facts.parameters > 5_000_000
    assert found.facts.shape is not None
    assert found.metadata["general.name"]
    assert not found.problem


async def test_a_digest(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "data"
    data = os.urandom(1 << 20) * 40
    path.write_bytes(data)
    told: list[Progress] = []
    assert await files.hash(path, told.append) == hashlib.sha256(data).hexdigest()
    assert all(p.total == len(data) and p.done <= len(data) for p in told)
    with pytest.raises(LoadError, match="is not there"):
        await files.hash(tmp_path / "gone")


async def test_a_cancelled_digest_ends_at_once(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "data"
    with path.open("wb") as stream:
        stream.truncate(8 << 30)
    await files.inspect(path)
    task = asyncio.create_task(files.hash(path))
    await asyncio.sleep(0.2)
    task.cancel()
    started = time.monotonic()
    await asyncio.gather(task, return_exceptions=True)
    worker = files._worker
    await files.inspect(path)  # it answers: nothing is left of the digest
    assert time.monotonic() - started < 1.0
    assert files._worker is worker


async def test_files_are_inspected_while_a_digest_is_made(files: Files, tmp_path: Path, starter: Path) -> None:
    path = tmp_path / "data"
    with path.open("wb") as stream:
        stream.truncate(2 << 30)
    task = asyncio.create_task(files.hash(path))
    await asyncio.sleep(0.1)
    for _ in range(5):
        await files.inspect(starter)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_after_a_crash_there_is_another_worker(files: Files, starter: Path) -> None:
    await files.inspect(starter)
    assert files._worker is not None
    pid = files._worker.pid
    os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    try:
        await files.inspect(starter)
    except WorkerCrashed:
        await files.inspect(starter)
    assert files._worker.pid != pid


async def test_nothing_starts_after_the_end(files: Files, starter: Path) -> None:
    await files.close()
    with pytest.raises(WorkerCrashed):
        await files.inspect(starter)
    await files.close()


@pytest.mark.skipif(sys.platform == "win32", reason="names there are text")
async def test_a_name_that_is_no_text(files: Files, tmp_path: Path, starter: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xfe.gguf")
    path.write_bytes(starter.read_bytes())
    found = await Inspection(files).inspect(path)
    assert found.facts.parameters > 0
    assert await files.hash(path) == hashlib.sha256(starter.read_bytes()).hexdigest()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
async def test_the_worker_is_confined(files: Files, starter: Path) -> None:
    await files.inspect(starter)
    assert files._worker is not None
    sandbox = files._worker.hello["sandbox"]
    assert sandbox["network_denied"]
    limits = Path(f"/proc/{files._worker.pid}/limits").read_text()
    assert re.search(r"Max address space +1073741824 ", limits)
