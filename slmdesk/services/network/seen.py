"""The connections that the operating system sees: measured, not promised."""

from __future__ import annotations

import time

import psutil

from slmdesk.core.network import Connection

WINDOW = "window"
"""The part's name for what the main process does itself."""


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
