"""What a worker without network refuses its libraries stands in the ledger."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from slmdesk.core.errors import SlmdeskError
from slmdesk.runtimes import process
from slmdesk.services.network import Network
from slmdesk.worker.outbox import Outbox
from slmdesk.worker.protocol import Event
from slmdesk.worker.refusals import Refusals

CURIOUS = """
import sys
sys.path.insert(0, {root!r})
from slmdesk.worker import __main__ as worker, echo
import socket, types
library = types.ModuleType("curious")
exec("import socket\\ndef phone_home(host): socket.create_connection((host, 443), timeout=1)", library.__dict__)
def create(is_cancelled, real=echo.create):
    for host in ("example.org", "192.0.2.1"):
        try:
            library.phone_home(host)
        except OSError:
            pass
    return real(is_cancelled)
echo.create = create
worker.main(["echo"])
"""


async def test_a_refusal_inside_a_worker_is_in_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    root = str(Path(process.__file__).parents[2])
    command = [sys.executable, "-c", CURIOUS.format(root=root)]
    monkeypatch.setattr(process, "command", lambda *_args, **_options: command)
    network = Network()
    await network.load()
    worker = await process.Worker.start("echo")
    try:
        async with asyncio.timeout(5):
            while len(network.ledger) < 2:
                await asyncio.sleep(0.01)
        assert [line.host for line in network.ledger] == ["example.org", "internet"]
        for line in network.ledger:
            assert line.part == f"worker {worker.pid}"
            assert (line.purpose, line.allowed, line.reason) == ("tried by curious", False, "guard")
        with pytest.raises(SlmdeskError):
            await worker.call("nonsense")
    finally:
        await worker.close()
        await network.close()


def test_a_library_that_tries_on_and_on_does_not_flood() -> None:
    sent: list[Event] = []

    class Collecting(Outbox):
        def __init__(self) -> None:
            pass

        def put(self, event: Event) -> None:
            sent.append(event)

    refusals = Refusals()
    for _ in range(60):
        refusals.add("example.org", 443, "curious")
    assert sent == []
    refusals.send_to(Collecting())
    assert len(sent) == 60
    for _ in range(200):
        refusals.add("example.org", 443, "curious")
    assert len(sent) == 100
    assert sent[0].data == {"refused": {"host": "example.org", "port": 443, "library": "curious"}}
