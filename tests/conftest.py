"""Fixtures for every test: a profile of its own, and four nets that catch what a test leaves behind."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")

import psutil
import pytest

STARTER = Path(__file__).parent.parent / "resources" / "starter" / "slmdesk-starter-f16.gguf"


@pytest.fixture(autouse=True)
def profile_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile folder that no other test sees."""
    folder = tmp_path / "profile"
    monkeypatch.setenv("SLMDESK_PROFILE", str(folder))
    return folder


@pytest.fixture
def starter() -> Path:
    """The model that comes with the program."""
    assert STARTER.is_file(), "the starter model is missing: see resources/starter/README.md"
    return STARTER


@pytest.fixture(autouse=True)
def _no_models_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs' models on the machine that runs the tests stay out of them."""
    monkeypatch.setattr("slmdesk.services.library.stores.stores_of", lambda *_: [])


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to any address but this machine's own fails the test."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address!r}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _no_unexpected_warning(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A log record of level WARNING or above fails the test, unless it is marked ``expects_warnings``."""
    yield
    if request.node.get_closest_marker("expects_warnings"):
        return
    records = [r for r in caplog.get_records("call") if r.levelno >= logging.WARNING]
    assert not records, "unexpected log records: " + "; ".join(r.getMessage() for r in records)


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """A thread, child process or task that outlives its test fails it."""
    me = psutil.Process()
    threads = set(threading.enumerate())
    children = {c.pid for c in me.children(recursive=True)}
    yield
    deadline = time.monotonic() + 3.0
    while True:
        left = [t.name for t in threading.enumerate() if t not in threads and not _harmless(t)]
        alive = [c for c in me.children(recursive=True) if c.pid not in children and _running(c)]
        if not (left or alive) or time.monotonic() > deadline:
            break
        time.sleep(0.02)
    for child in alive:
        child.kill()
    assert not left, f"threads left behind: {left}"
    assert not alive, f"processes left behind: {alive}"


def _running(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _harmless(thread: threading.Thread) -> bool:
    """asyncio's default executor and Qt's own threads end with the loop and the application."""
    return thread.name.startswith(("asyncio_", "Dummy-", "pytest_timeout", "QThread", "tmp-"))


@pytest.fixture
async def no_tasks_left() -> Any:
    """Fails when the test leaves an asyncio task running."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    left = [t for t in asyncio.all_tasks() - before if not t.done()]
    assert not left, f"tasks left behind: {left}"
