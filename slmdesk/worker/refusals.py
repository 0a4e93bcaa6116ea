"""What the guard of a worker refused, told to the window for its ledger."""

from __future__ import annotations

from slmdesk.worker.outbox import Outbox
from slmdesk.worker.protocol import Event

_MOST = 100
"""So many are told by one process; a library that tries on and on has made its point."""


class Refusals:
    """Collects refused connections, and sends them once there is somebody to send them to."""

    def __init__(self) -> None:
        self._kept: list[tuple[str, int, str]] = []
        self._outbox: Outbox | None = None
        self._told = 0

    def add(self, host: str, port: int, library: str) -> None:
        """Tell of one; called on whatever thread tried it."""
        if self._outbox is None:
            self._kept.append((host, port, library))
        elif self._told < _MOST:
            self._told += 1
            self._outbox.put(Event(0, data={"refused": {"host": host, "port": port, "library": library}}))

    def send_to(self, outbox: Outbox) -> None:
        """Send what was kept, and from now on at once; call after the greeting."""
        self._outbox = outbox
        for refusal in self._kept[:_MOST]:
            self.add(*refusal)
        self._kept.clear()
