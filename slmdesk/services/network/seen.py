"""The connections that the operating system sees: measured, not promised."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import psutil

from slmdesk.core.network import Connection
from slmdesk.runtimes.process import REFUSALS

WINDOW = "window"
"""The part's name for what the main process does itself."""


class RefusalHandler(logging.Handler):
    """Hears what workers refused their libraries, and hands it on as host, port, library and part."""

    def __init__(self, on_refused: Callable[[str, int, str, str], object]) -> None:
        super().__init__()
        self._on_refused = on_refused

    def start(self) -> None:
        """Begin to listen."""
        logger = logging.getLogger(REFUSALS)
        logger.setLevel(logging.INFO)
        logger.addHandler(self)

    def stop(self) -> None:
        """Listen no more."""
        logging.getLogger(REFUSALS).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Hand one on; a record that is not of the workers' kind is ignored."""
        told = getattr(record, "refused", None)
        if isinstance(told, dict):
            self._on_refused(told["host"], told["port"], told["library"], told["part"])


def open_connections() -> list[Connection]:
    """The internet sockets with a peer that this process and its children hold, as the operating system tells."""
    found: list[Connection] = []
    me = psutil.Process()
    for process in [me, *me.children(recursive=True)]:
        try:
            part = WINDOW if process.pid == me.pid else f"worker {process.pid}"
            found.extend(
                Connection(time.time(), part, c.raddr.ip, c.raddr.port, "seen by the system")
                for c in process.net_connections(kind="inet")
                if len(c.raddr)
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
