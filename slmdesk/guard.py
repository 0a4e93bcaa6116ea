"""The lock on this process's own way to the internet: whatever library tries, it is asked first.

Python tells its audit hooks of every connection and every look-up of a name before they happen, and a hook that
raises prevents them (PEP 578). Sockets that native code opens by itself are not seen here; on Linux and macOS the
workers lose the network by the system's means as well (``worker/sandbox.py``).
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from slmdesk.core.network import normal_host

Allows = Callable[[str], bool]
"""Whether a host name or address may be reached; called on whatever thread tries it."""
OnRefused = Callable[[str, int, str], None]
"""Told host, port (0: the look-up of a name) and the library of each refusal, on whatever thread tried it."""

_TAKE_OVER = "slmdesk.guard"
_AT_HOME = {getattr(socket, name, None) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG")} - {None}
_INTERNET = {socket.AF_INET, socket.AF_INET6}


class Guard:
    """Asks ``allows`` before this process connects to a host, sends to one or looks a name up.

    What is refused fails like a connection that the system forbids, with a PermissionError, so libraries know what to
    do with it. An address that a permitted name was resolved to may be reached as long as the name may. Without
    ``sockets`` not even a socket of the internet's families is made (told as the host "internet").
    """

    def __init__(self, allows: Allows, on_refused: OnRefused | None = None, *, sockets: bool = True) -> None:
        self._allows = allows
        self._sockets = sockets
        self._on_refused = on_refused
        self._names: dict[str, str] = {}  # addresses, with the permitted name they belong to
        self._off = False

    def install(self) -> None:
        """Stand guard until the process ends or another guard takes over. Python knows no way to remove a hook, so
        the one that is there already is asked to obey this guard from now on.
        """
        offer = [self]
        sys.audit(_TAKE_OVER, offer)
        if offer:
            sys.addaudithook(_hook_for(self))
            _learn_addresses(self)

    def stand_down(self) -> None:
        """Let everything through from now on."""
        self._off = True

    def note_addresses(self, name: str, addresses: set[str]) -> None:
        """Remember what a permitted name was resolved to."""
        with contextlib.suppress(ValueError):
            host = normal_host(name)
            self._names.update(dict.fromkeys(map(normal_host, addresses), host))

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        """Raise PermissionError where an audited event would reach a host that is not allowed."""
        if self._off:
            return
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            self._check_address(args[0].family, args[1])
        elif event == "socket.__new__" and not self._sockets and args[1] in _INTERNET:
            self._refuse("internet", 0)
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            self._check_name(args[0])
        elif event == "socket.gethostbyaddr":
            self._require(_text(args[0]), 0)
        elif event == "socket.getnameinfo":
            self._require(_text(args[0][0]), 0)

    def _check_address(self, family: int, address: Any) -> None:
        if address is None or family in _AT_HOME:
            return
        if family not in _INTERNET or not isinstance(address, tuple):
            self._refuse(f"address family {int(family)}", 0)
        self._require(_text(address[0]), address[1] if isinstance(address[1], int) else 0)

    def _check_name(self, name: Any) -> None:
        text = _text(name)
        if text and not _is_address(text):
            self._require(text, 0)

    def _require(self, host: str, port: int) -> None:
        try:
            name = normal_host(host.partition("%")[0])  # fe80::1%eth0
        except ValueError:
            name = ""
        if not name or not (self._allows(name) or (name in self._names and self._allows(self._names[name]))):
            self._refuse(host, port)

    def _refuse(self, host: str, port: int) -> None:
        if self._on_refused is not None:
            self._on_refused(host, port, _who_asks())
        raise PermissionError(errno.EACCES, f"SLMDesk does not allow a connection to {host}")


def _who_asks() -> str:
    """The package whose code leads to the socket, past Python's own modules; empty where it is all Python's."""
    at: FrameType | None = sys._getframe(1)
    while at is not None:
        name = str(at.f_globals.get("__name__", "")).partition(".")[0]
        if name not in sys.stdlib_module_names and at.f_globals.get("__name__") not in (__name__, "__main__"):
            return name
        at = at.f_back
    return ""


def _hook_for(first: Guard) -> Callable[[str, tuple[Any, ...]], None]:
    guard = first
    watched = frozenset(
        {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
         "socket.gethostbyaddr", "socket.getnameinfo", "socket.__new__", _TAKE_OVER}
    )  # fmt: skip

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal guard
        if event not in watched:
            return
        if event == _TAKE_OVER:
            if args[0]:
                guard = args[0].pop()
                _learn_addresses(guard)
            return
        guard.check(event, args)

    return hook


def _learn_addresses(guard: Guard) -> None:
    """Have ``socket.getaddrinfo`` tell the guard what it found; a hook is only told of the question."""
    resolve = getattr(socket.getaddrinfo, "without_guard", socket.getaddrinfo)

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        found = resolve(host, port, *args, **kwargs)
        name = _text(host)
        if name and not _is_address(name):
            guard.note_addresses(name, {str(entry[4][0]).partition("%")[0] for entry in found})
        return found

    getaddrinfo.without_guard = resolve  # type: ignore[attr-defined]
    socket.getaddrinfo = getaddrinfo


def _text(host: Any) -> str:
    if host is None:
        return ""
    return host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
