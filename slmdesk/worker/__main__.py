"""The worker's start: ``python -m slmdesk.worker ENGINE [--network] [--parent PID] [--write-only-in DIR ...]``.

First of all the pipes are made private: descriptor 1 is copied and pointed at stderr, so that a C library that prints
cannot corrupt the protocol, and descriptor 0 is copied and pointed at nothing. Then the process gives up what an
engine does not need (``sandbox``), and only then the engine is imported. Writing files is given up after that, and
only then the first thread starts and the first request is read.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from slmdesk.core.errors import RuntimeUnavailable
from slmdesk.guard import Guard
from slmdesk.worker import sandbox
from slmdesk.worker.base import CreateEngine, Engine, IsCancelled
from slmdesk.worker.loop import Inbox, Loop, Requests, error_event
from slmdesk.worker.outbox import Outbox
from slmdesk.worker.protocol import Event
from slmdesk.worker.refusals import Refusals

ENGINES = {
    "llama_cpp": "slmdesk.worker.llama_cpp",
    "files": "slmdesk.worker.files",
    "reach": "slmdesk.worker.reach",
    "echo": "slmdesk.worker.echo",
    "hub": "slmdesk.worker.hub",
    "probe": "slmdesk.worker.probe",
    "quantize": "slmdesk.worker.quantize",
}
"""Engine names and the modules that have their ``create``."""


def private_pipes() -> tuple[BinaryIO, int]:
    """The requests' stream and the events' descriptor, out of reach of anything that reads stdin or prints."""
    incoming = os.dup(0)
    outgoing = os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return os.fdopen(incoming, "rb", buffering=1 << 16), outgoing


def _create(engine: str, is_cancelled: IsCancelled) -> Engine:
    try:
        create: CreateEngine = importlib.import_module(ENGINES[engine]).create
        return create(is_cancelled)
    except ImportError as error:
        raise RuntimeUnavailable(
            f"The engine {engine} is not installed completely: {error}.", "Install SLMDesk again.", repr(error)
        ) from error


def main(arguments: list[str] | None = None) -> None:
    """Serve one engine until stdin ends. Ends the process itself."""
    parser = argparse.ArgumentParser(prog="slmdesk-worker", description="Holds one native engine for SLMDesk.")
    parser.add_argument("engine", choices=sorted(ENGINES))
    parser.add_argument("--network", action="store_true", help="leave the network open, for downloads")
    parser.add_argument("--parent", type=int, default=0, help="the process that this one must not outlive")
    parser.add_argument("--write-only-in", nargs="*", type=Path, metavar="DIR", help="the only folders to write in")
    options = parser.parse_args(arguments)

    stream, descriptor = private_pipes()
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal reaches the parent, which decides
    report = sandbox.enter(allow_network=options.network, parent=options.parent)
    refusals = Refusals()
    if not options.network:
        # Beside the system's lock, and alone where the system has none.
        Guard(lambda _host: False, refusals.add, sockets=False).install()

    requests = Requests()
    try:
        engine = _create(options.engine, requests.is_cancelled)
    except Exception as error:  # noqa: BLE001 - whatever it is, the window is told why there is no engine
        outbox = Outbox(descriptor, on_broken=lambda: os._exit(0))
        outbox.put(error_event(0, error))
        outbox.close(1.0)
        sys.exit(1)
    if options.write_only_in is not None:
        report = sandbox.restrict_writes(report, options.write_only_in)
    outbox = Outbox(descriptor, on_broken=lambda: os._exit(0))
    outbox.put(Event(0, done={"hello": options.engine, "pid": os.getpid(), "sandbox": asdict(report)}))
    refusals.send_to(outbox)
    inbox = Inbox(stream, requests)
    Loop(engine, inbox, outbox, requests).run()
    os._exit(inbox.exit_code)  # no tear-down of native libraries, whose static destructors may crash


if __name__ == "__main__":
    main()
