"""One window per profile: a second start raises the first window instead of fighting over the database."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

SEEN = b"seen\n"
TIMEOUT_MS = 1500


class Instance(QObject):
    """The claim of this process on a profile. ``raise_requested`` fires when a second start asks for the window."""

    raise_requested = Signal()

    def __init__(self, profile: Path) -> None:
        super().__init__()
        # The lock names its process, so that one left by a crash or a kill is taken over at once.
        self._lock = QLockFile(str(profile / "slmdesk.lock"))
        self._lock.setStaleLockTime(0)
        digest = hashlib.sha256(str(profile.resolve()).encode()).hexdigest()[:24]
        self._name = f"slmdesk-{digest}"
        self._server: QLocalServer | None = None

    def claim(self) -> bool:
        """Take the profile; False where another window has it."""
        if not self.hold():
            return False
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(self._name)
        self._server.newConnection.connect(self._greet)
        self._server.listen(self._name)
        return True

    def hold(self) -> bool:
        """Take the profile without a window, for as long as a command needs it; False where a window has it."""
        return self._lock.tryLock(0)

    def raise_other(self) -> bool:
        """Ask the window that has the profile to come to the front; False where it does not answer."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(TIMEOUT_MS):
            return False
        return socket.waitForReadyRead(TIMEOUT_MS) or bool(socket.bytesAvailable())

    def release(self) -> None:
        """Give the profile back."""
        if self._server is not None:
            self._server.close()
        self._lock.unlock()

    def _greet(self) -> None:
        """A connection is the request; the answer tells that a living window has seen it."""
        assert self._server is not None
        socket = self._server.nextPendingConnection()
        socket.write(SEEN)
        socket.flush()
        socket.disconnectFromServer()
        self.raise_requested.emit()
