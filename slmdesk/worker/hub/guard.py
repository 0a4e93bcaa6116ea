"""The lock on this process's sockets: only what asks here first may look a name up or connect.

The hub's library and whatever it brings along could open connections of their own. Python tells an audit hook of each
before it happens; the hook lets those pass that :class:`Guard` opened for a permitted host and refuses the rest.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from slmdesk.core.errors import NetworkBlocked
from slmdesk.core.network import is_loopback

Refused = Callable[[str, int], None]
"""Told of each attempt that was refused: host and port."""


class Guard:
    """What may be connected to at this moment, by thread."""

    def __init__(self, refused: Refused) -> None:
        self._refused = refused
        self._open = threading.local()

    def install(self) -> None:
        """Watch this process from now on; an audit hook cannot be taken away again."""
        sys.addaudithook(self._audit)

    @contextmanager
    def opening(self, host: str) -> Iterator[None]:
        """Within it this thread may look up ``host`` and connect to what it finds; the caller has a permit for it."""
        self._open.host = host
        try:
            yield
        finally:
            self._open.host = None

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            host, port = args[0], args[1]
            name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
            if getattr(self._open, "host", None) is None:
                self._refuse(name, port)
        elif event in ("socket.gethostbyname", "socket.gethostbyaddr"):
            self._refuse(str(args[0]), 0)
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            sock, address = args[0], args[1]
            inet = sock.family in (socket.AF_INET, socket.AF_INET6)
            if inet and isinstance(address, tuple) and getattr(self._open, "host", None) is None:
                self._refuse(str(address[0]), address[1])

    def _refuse(self, host: str, port: Any) -> None:
        if not is_loopback(host):
            self._refused(host, port if isinstance(port, int) else 0)
        raise NetworkBlocked(
            f"A connection to {host} was not made: nobody asked for it.",
            "This is the program's own lock on its libraries. Nothing was sent.",
        )
