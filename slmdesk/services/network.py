"""What may leave the machine, and what did: the network state, and a measured list of open connections."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from dataclasses import dataclass
from enum import StrEnum

import psutil
from PySide6.QtCore import QObject, Signal

from slmdesk.core.errors import NetworkBlocked


class NetworkState(StrEnum):
    """Offline: nothing at all. Local: this machine's own addresses. Online: what the person asks for."""

    OFFLINE = "offline"
    LOCAL = "local"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Connection:
    """One line of the ledger. ``when`` is in seconds since 1970, ``who`` the process, ``why`` what asked for it."""

    when: float
    host: str
    port: int
    who: str
    why: str = ""
    allowed: bool = True


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Network(QObject):
    """The one place that decides about connections, and remembers each one.

    The ledger holds what the program asked for; :meth:`open_connections` asks the operating system what the window
    and its workers really have open, so the number in the status bar is measured, not promised.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = NetworkState.OFFLINE
        self.ledger: list[Connection] = []
        self.open: list[Connection] = []

    def allow(self, host: str, port: int, why: str) -> None:
        """Record a connection that is about to be made. Raises NetworkBlocked where the state forbids it."""
        allowed = self.state is NetworkState.ONLINE or (self.state is NetworkState.LOCAL and is_loopback(host))
        self.ledger.append(Connection(time.time(), host, port, "SLMDesk", why, allowed))
        self.changed.emit()
        if not allowed:
            raise NetworkBlocked(
                f"The connection to {host} was not made: the network state is {self.state.value}.",
                "Change the network state in the status bar to allow it.",
            )

    async def refresh(self) -> None:
        """Measure the connections that this program and its workers have open now."""
        found = await asyncio.to_thread(open_connections)
        if [(c.host, c.port, c.who) for c in found] != [(c.host, c.port, c.who) for c in self.open]:
            known = {(c.host, c.port, c.who) for c in self.open}
            self.ledger.extend(c for c in found if (c.host, c.port, c.who) not in known)
            self.open = found
            self.changed.emit()


def open_connections() -> list[Connection]:
    """The internet sockets with a peer that this process and its children hold, as the operating system tells."""
    found: list[Connection] = []
    me = psutil.Process()
    for process in [me, *me.children(recursive=True)]:
        try:
            who = "window" if process.pid == me.pid else f"worker {process.pid}"
            found.extend(
                Connection(time.time(), c.raddr.ip, c.raddr.port, who, "seen by the system")
                for c in process.net_connections(kind="inet")
                if len(c.raddr)
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
