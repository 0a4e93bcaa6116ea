"""HTTP within a permit: every request of the hub worker goes through here, the hub's own library's too.

Plain http.client, because it hands a body over in large pieces without copying it: 1.4 GB/s from this machine's own
server where httpx reaches 0.4 GB/s. One :class:`Link` is one connection; a thread keeps it for itself.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from slmdesk import __version__
from slmdesk.core.errors import DownloadError, NetworkBlocked, SourceUnreachable
from slmdesk.core.network import Permit, is_loopback
from slmdesk.worker.hub.guard import Guard

USER_AGENT = f"slmdesk/{__version__}"
MAX_REDIRECTS = 8
LONGEST_TEXT = 64 * 1024 * 1024
"""Bytes of an answer that is read as a whole; more is refused."""
_REPORT_EVERY = 1.0

Tell = Callable[[dict[str, Any]], None]
"""Told of each connection: host, port, purpose, up, down, allowed, reason, id."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request goes: the scheme, host and port of an address."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> tuple[Origin, str]:
        """The origin, and the target on it. Raises DownloadError for an address that is not of the web."""
        try:
            parts: SplitResult = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DownloadError("The hub gave an address that is none.", "Try again later.", url[:200])
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if any(ord(c) <= 32 or ord(c) == 127 for c in target):
            raise DownloadError("The hub gave an address that is none.", "Try again later.", repr(url[:200]))
        return cls(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)), target


@dataclass(slots=True)
class Answer:
    """A status, headers (names in lower case) and a body that is still to be read."""

    status: int
    headers: dict[str, str]
    url: str
    raw: http.client.HTTPResponse
    link: Link

    def readinto(self, buffer: memoryview) -> int:
        """What has come, at most ``buffer``'s length; 0 at the end. Raises SourceUnreachable when it breaks off."""
        try:
            known = self.raw.length is not None and not self.raw.chunked
            count = self._arrived(buffer) if known else self.raw.readinto(buffer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self.link.broken(error) from error
        self.link.count(down=count)
        return count

    def _arrived(self, buffer: memoryview) -> int:
        """One read of a body of known length: returns as soon as something is there."""
        raw = self.raw
        if raw.fp is None or raw.length is None:  # type: ignore[redundant-expr]  # read to its end before
            return 0
        count = raw.fp.readinto1(buffer[: raw.length]) if raw.length else 0
        if raw.length and not count:
            raise OSError("the connection was closed early")
        raw.length -= count
        if not raw.length:
            raw._close_conn()  # type: ignore[attr-defined]  # what its own read does at the end
        return int(count)

    def text(self, limit: int = LONGEST_TEXT) -> bytes:
        """The whole body. Raises DownloadError when it is longer than ``limit``."""
        pieces = bytearray()
        buffer = memoryview(bytearray(1 << 16))
        while count := self.readinto(buffer):
            pieces += buffer[:count]
            if len(pieces) > limit:
                self.link.close()
                raise DownloadError(f"{self.link.origin.host} sent more than was asked for.", "Try again later.")
        return bytes(pieces)


class _Counting:
    """Counts what is sent; mixed into http.client's connections."""

    sent: int = 0

    def send(self, data: Any) -> None:
        self.sent += len(data)
        super().send(data)  # type: ignore[misc]


class _Plain(_Counting, http.client.HTTPConnection):
    pass


class _Secure(_Counting, http.client.HTTPSConnection):
    pass


@dataclass(slots=True)
class Link:
    """One connection to one origin within a permit. Not for several threads, but any may :meth:`close` it."""

    origin: Origin
    permit: Permit
    guard: Guard
    tell: Tell
    context: Callable[[], ssl.SSLContext]
    id: str = ""
    up: int = 0
    down: int = 0
    _connection: http.client.HTTPConnection | None = None
    _socket: socket.socket | None = None
    _told: float = 0.0
    _proxied: bool = False
    _reported: tuple[int, int] = (0, 0)

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Ask; the answer's body is read next. Raises SourceUnreachable, NetworkBlocked, DownloadError."""
        if self._connection is not None and self._connection.sock is None:  # its last answer said that it closes
            self.close()
        reused = self._connection is not None
        try:
            return self._request(method, target, headers, body)
        except (OSError, http.client.HTTPException) as error:
            trouble = self.broken(error)
            # A kept connection may have been closed meanwhile by the other side: that costs one more try, not more.
            if not reused or isinstance(error, TimeoutError):
                raise trouble from error
        try:
            return self._request(method, target, headers, body)
        except (OSError, http.client.HTTPException) as error:
            raise self.broken(error) from error

    def _request(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        if self._connection is None:
            self._connect()
        connection = self._connection
        assert connection is not None
        full = dict(headers)
        if self._proxied and self.origin.scheme == "http":
            target = f"http://{connection_host(self.origin)}{target}"
            full.update(_proxy_login(self.permit.proxy_for(self.origin.host)))
        full.setdefault("User-Agent", USER_AGENT)
        full["Host"] = connection_host(self.origin)
        before = connection.sent  # type: ignore[attr-defined]
        connection.request(method, target, body=body, headers=full)
        raw = connection.getresponse()
        found = {name.lower(): value for name, value in raw.getheaders()}
        self.count(
            up=connection.sent - before,  # type: ignore[attr-defined]
            down=sum(len(k) + len(v) + 4 for k, v in found.items()) + 17,
        )
        return Answer(raw.status, found, f"{self.origin.scheme}://{connection_host(self.origin)}{target}", raw, self)

    def _connect(self) -> None:
        host = self.origin.host
        if not self.permit.allows(host):
            self.tell(self._line(allowed=False, reason="consent"))
            raise NetworkBlocked(
                f"The connection to {host} was not made: it is not among the hosts that you agreed to.",
                f"Allow {host}, or choose another source.",
                host,
            )
        proxy = self.permit.proxy_for(host)
        self._proxied = bool(proxy)
        self.id = secrets.token_hex(8)
        connection = self._direct() if not proxy else self._through(proxy)
        self.tell(self._line())
        connection.auto_open = 0  # it may not connect again behind our back
        with self.guard.opening(connection.host):
            connection.connect()
        connection.sock.settimeout(self.permit.read_timeout)
        self._connection, self._socket = connection, connection.sock

    def _direct(self) -> http.client.HTTPConnection:
        host, port, timeout = self.origin.host, self.origin.port, self.permit.connect_timeout
        if self.origin.scheme == "https":
            return _Secure(host, port, timeout=timeout, context=self.context())
        return _Plain(host, port, timeout=timeout)

    def _through(self, proxy: str) -> http.client.HTTPConnection:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme != "http" or not parts.hostname:
            raise DownloadError(
                f"A proxy of the kind {parts.scheme} is not supported.", "Settings: give an http:// proxy's address."
            )
        host, port, timeout = parts.hostname, parts.port or 8080, self.permit.connect_timeout
        if self.origin.scheme == "http":
            return _Plain(host, port, timeout=timeout)
        connection = _Secure(host, port, timeout=timeout, context=self.context())
        connection.set_tunnel(self.origin.host, self.origin.port, headers=_proxy_login(proxy))
        return connection

    def count(self, *, up: int = 0, down: int = 0) -> None:
        """Add to the bytes of this connection; the ledger is told once a second."""
        self.up += up
        self.down += down
        now = time.monotonic()
        if now - self._told > _REPORT_EVERY:
            self._told = now
            self._report()

    def _report(self) -> None:
        if self.id and self._reported != (self.up, self.down):
            self._reported = (self.up, self.down)
            self.tell(self._line())

    def _line(self, *, allowed: bool = True, reason: str = "") -> dict[str, Any]:
        return {
            "id": self.id,
            "host": self.origin.host,
            "port": self.origin.port,
            "purpose": self.permit.purpose,
            "up": self.up,
            "down": self.down,
            "allowed": allowed,
            "reason": reason,
        }

    def close(self) -> None:
        """End the connection; a thread that waits for its bytes is woken by it."""
        self._report()
        connection, self._connection = self._connection, None
        sock, self._socket = self._socket, None
        if sock is not None:
            with contextlib.suppress(OSError, ValueError):
                sock.shutdown(socket.SHUT_RDWR)
        if connection is not None:
            connection.close()
        self.up = self.down = 0
        self._reported = (0, 0)

    def broken(self, error: Exception) -> DownloadError:
        """The connection's trouble in a person's words; it is closed."""
        self.close()
        return trouble_of(error, self.origin.host, self.permit.proxy_for(self.origin.host))


def connection_host(origin: Origin) -> str:
    """The origin as the Host header has it."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    usual = {"https": 443, "http": 80}[origin.scheme]
    return host if origin.port == usual else f"{host}:{origin.port}"


def _proxy_login(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.username is None:
        return {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(login.encode()).decode("ascii")}


def trouble_of(error: Exception, host: str, proxy: str = "") -> DownloadError:
    """Why a host could not be talked to."""
    details = f"{type(error).__name__}: {error}"
    via = " through the proxy" if proxy else ""
    if isinstance(error, ssl.SSLCertVerificationError):
        return DownloadError(
            f"{host} shows a certificate that this machine does not trust: {error.verify_message}.",
            "Behind a company's network: add its CA file in Settings, Network. Otherwise do not go on.",
            details,
        )
    if isinstance(error, socket.gaierror):
        return SourceUnreachable(f"The name {host} could not be found{via}.", "Check the internet connection.", details)
    if isinstance(error, OSError) and "Tunnel connection failed: 407" in str(error):
        return DownloadError("The proxy asks for a name and a password.", "Set them in Settings, Network.", details)
    if isinstance(error, OSError) and "Tunnel connection failed" in str(error):
        return DownloadError(f"The proxy did not let the connection to {host} through.", "Ask who runs it.", details)
    if isinstance(error, TimeoutError):
        return SourceUnreachable(f"{host} did not answer in time{via}.", "Check the connection.", details)
    if isinstance(error, ConnectionRefusedError):
        return SourceUnreachable(f"{host} refused the connection{via}.", "Try again later.", details)
    return SourceUnreachable(f"The connection to {host} broke off{via}.", "Try again later.", details)


@dataclass(slots=True)
class Client:
    """Makes requests within one permit and keeps a connection to each origin. For one thread."""

    permit: Permit
    guard: Guard
    tell: Tell
    _links: dict[Origin, Link] = field(default_factory=dict)
    _tls: ssl.SSLContext | None = None

    def open(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """One request without following redirects."""
        origin, target = Origin.of(url)
        link = self._links.get(origin)
        if link is None:
            link = self._links[origin] = Link(origin, self.permit, self.guard, self.tell, self._context)
        return link.request(method, target, headers, body)

    def follow(self, method: str, url: str, headers: Mapping[str, str], *, token: str = "") -> Answer:
        """A request that follows redirects. The token goes to the first origin only."""
        first, _ = Origin.of(url)
        for _ in range(MAX_REDIRECTS):
            origin, _ = Origin.of(url)
            own = {"Authorization": f"Bearer {token}"} if token and origin == first else {}
            answer = self.open(method, url, {**headers, **own})
            if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
                return answer
            answer.link.close() if method != "HEAD" else answer.text(1 << 20)
            url = redirected(url, answer.headers["location"])
        raise DownloadError(f"{first.host} sent us in a circle.", "Try again later.", url[:200])

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = tls_context(self.permit)
        return self._tls

    def close(self) -> None:
        """End all connections."""
        for link in list(self._links.values()):
            link.close()


def redirected(url: str, location: str) -> str:
    """Where a redirect leads. Raises DownloadError where it would leave encryption."""
    target = urljoin(url, location)
    before, _ = Origin.of(url)
    after, _ = Origin.of(target)
    if before.scheme == "https" and after.scheme == "http" and not is_loopback(after.host):
        raise DownloadError(
            f"{before.host} sends us to {after.host} without encryption.", "Nothing was fetched.", target[:200]
        )
    return target


def tls_context(permit: Permit) -> ssl.SSLContext:
    """How certificates are checked: by the system's store or the list that came along, and a further CA file."""
    if permit.system_store:
        import truststore

        context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        import certifi

        context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if permit.ca_file:
        try:
            context.load_verify_locations(cafile=permit.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise DownloadError(
                f"The CA file {permit.ca_file} cannot be read.", "Choose another in Settings, Network.", repr(error)
            ) from error
    return context
