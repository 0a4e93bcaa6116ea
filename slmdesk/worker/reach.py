"""The connection test: goes the way to a host step by step and says where it ends, and why.

Operation ``test`` {url, permit}: one ``data`` event {"step": {name, ok, detail, seconds}} for each step ("name",
"connect", "proxy", "tls", "answer"), then ``done`` {ok, up, down, port}. It asks for the front page with HEAD and
sends nothing else; the certificate is checked as for every other connection.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.network import Permit
from slmdesk.guard import Guard
from slmdesk.worker import certificates, tls
from slmdesk.worker.base import Emit, Engine, IsCancelled
from slmdesk.worker.protocol import Event, Request

TIMEOUT_S = 10.0
_LONGEST_HEAD = 16_384
_MAX_LINE_SHOWN = 120


def create(is_cancelled: IsCancelled) -> Engine:
    """The connection test."""
    return ReachEngine(is_cancelled)


class Ended(Exception):
    """The way ends here; the text says why."""


class Way:
    """One way to a host, gone one step at a time."""

    def __init__(self, url: str, permit: Permit) -> None:
        parts = urlsplit(url)
        self.permit = permit
        self.secure = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if self.secure else 80)
        self.path = parts.path or "/"
        if not permit.allows(self.host):
            raise SlmdeskError(f"The connection test may not reach {self.host}.")
        proxy = permit.proxy_for(self.host)
        self.proxy = urlsplit(proxy) if proxy else None
        self.next_host = (self.proxy.hostname or "") if self.proxy else self.host
        self.next_port = (self.proxy.port or 80) if self.proxy else self.port
        self.addresses: list[tuple[int, Any]] = []
        self.socket: socket.socket | None = None
        self.up = self.down = 0

    def steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """The steps in order, each with the function that goes it and returns what was found."""
        yield "name", self.look_up
        yield "connect", self.connect
        if self.proxy is not None and self.proxy.scheme == "https":
            yield "proxy", lambda: self.secure_way(self.next_host)
        if self.proxy is not None and self.secure:
            yield "proxy", self.ask_proxy
        if self.secure:
            yield "tls", lambda: self.secure_way(self.host)
        yield "answer", self.ask

    def look_up(self) -> str:
        """Find the address of the host, or of the proxy on the way."""
        try:
            found = socket.getaddrinfo(self.next_host, self.next_port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise Ended(
                f"{self.next_host} has no address here ({error.strerror}). Check the name, and whether this computer "
                "is connected."
            ) from error
        self.addresses = [(family, address) for family, _, _, _, address in found]
        shown = ", ".join(dict.fromkeys(str(address[0]) for _, address in self.addresses))
        return f"{self.next_host}: {shown}"

    def connect(self) -> str:
        """Connect to the first address that answers."""
        problem = "no address"
        for family, address in self.addresses[:4]:
            connection = socket.socket(family, socket.SOCK_STREAM)
            connection.settimeout(TIMEOUT_S)
            try:
                connection.connect(address)
            except OSError as error:
                connection.close()
                problem = _words(error)
                continue
            self.socket = connection
            return f"{address[0]}, port {address[1]}"
        raise Ended(
            f"{self.next_host} port {self.next_port} does not accept the connection: {problem}. It may be off, or a "
            "firewall may be in the way."
        )

    def ask_proxy(self) -> str:
        """Ask the proxy to pass everything on to the host."""
        assert self.proxy is not None
        lines = [f"CONNECT {_authority(self.host, self.port)} HTTP/1.1", f"Host: {_authority(self.host, self.port)}"]
        if self.proxy.username:
            pair = f"{unquote(self.proxy.username)}:{unquote(self.proxy.password or '')}"
            lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}")
        status, line = self._exchange(lines)
        if status == 407:
            raise Ended(f"The proxy {self.next_host} asks for a name and a password, or does not take those given.")
        if status >= 300:
            raise Ended(f"The proxy {self.next_host} does not let {self.host} through: {line}")
        return f"{self.next_host} passes on to {self.host}"

    def secure_way(self, host: str) -> str:
        """Agree on encryption and check the certificate."""
        assert self.socket is not None
        try:
            secured = tls.context(self.permit).wrap_socket(self.socket, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise Ended(self._mistrust(host, error)) from error
        except (OSError, ssl.SSLError) as error:
            raise Ended(f"{host} does not speak TLS as expected: {error}") from error
        self.socket = secured
        by = certificates.issuer(secured.getpeercert(binary_form=True) or b"")
        return f"{secured.version()}, certificate signed by {by or 'an authority without a name'}"

    def _mistrust(self, host: str, error: ssl.SSLCertVerificationError) -> str:
        by = certificates.issuer(self._certificate(host))
        signed = f"The certificate that came for {host} is signed by {by}" if by else f"The certificate for {host}"
        why = (error.verify_message or "it is not trusted").rstrip(".")
        return (
            f"{signed}; it is not accepted: {why}. If your organisation inspects connections, choose its authority's "
            "file in the network settings."
        )

    def _certificate(self, host: str) -> bytes:
        """The certificate that is not trusted, from a second handshake over which nothing is sent."""
        with contextlib.suppress(OSError, Ended):
            self.close()
            self.connect()
            if self.proxy is not None and self.secure and host == self.host:
                self.ask_proxy()
            assert self.socket is not None
            only_look = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            only_look.check_hostname = False
            only_look.verify_mode = ssl.CERT_NONE
            with only_look.wrap_socket(self.socket, server_hostname=host) as seen:
                return seen.getpeercert(binary_form=True) or b""
        return b""

    def ask(self) -> str:
        """Ask for the front page's head."""
        plain_proxy = self.proxy is not None and not self.secure
        target = f"http://{_authority(self.host, self.port)}{self.path}" if plain_proxy else self.path
        head = [f"HEAD {target} HTTP/1.1", f"Host: {_authority(self.host, self.port)}", "Connection: close"]
        status, line = self._exchange([*head, "User-Agent: SLMDesk"])
        if status == 407:
            raise Ended(f"The proxy {self.next_host} asks for a name and a password, or does not take those given.")
        if status >= 500:
            raise Ended(f"{self.host} answers, but has trouble of its own: {line}")
        return line

    def _exchange(self, lines: list[str]) -> tuple[int, str]:
        """Send a request's head, read the answer's; its status and first line."""
        assert self.socket is not None
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
        answer = b""
        try:
            self.socket.sendall(head)
            self.up += len(head)
            while b"\r\n\r\n" not in answer and len(answer) < _LONGEST_HEAD:
                part = self.socket.recv(4096)
                if not part:
                    break
                answer += part
        except OSError as error:
            raise Ended(f"{self.next_host} broke off: {_words(error)}.") from error
        finally:
            self.down += len(answer)
        line = answer.partition(b"\r\n")[0].decode("latin-1")
        words = line.split(" ", 2)
        if not line.startswith("HTTP/") or len(words) < 2 or not words[1].isdigit():
            raise Ended(f"{self.next_host} does not answer like a web server.")
        return int(words[1]), "".join(c for c in line if c.isprintable())[:_MAX_LINE_SHOWN]

    def close(self) -> None:
        """Hang up."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT_S:.0f} s"
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:].rstrip(".")


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class ReachEngine:
    """Goes one step of the way in each step of the loop."""

    def __init__(self, is_cancelled: IsCancelled) -> None:
        self._is_cancelled = is_cancelled
        self._emit: Emit | None = None
        self._id = 0
        self._way: Way | None = None
        self._left: Iterator[tuple[str, Callable[[], str]]] = iter(())

    def submit(self, request: Request, emit: Emit) -> None:
        """Begin the test; one at a time."""
        if request.op != "test" or self._way is not None:
            raise SlmdeskError(f"The connection test cannot do {request.op!r} now.")
        permit = Permit.from_args(request.args["permit"])
        Guard(permit.reaches).install()
        self._way = Way(str(request.args["url"]), permit)
        self._left = self._way.steps()
        self._id, self._emit = request.id, emit

    def cancel(self, request_id: int) -> None:
        """End the test."""
        if request_id == self._id and self._way is not None:
            self._finish(ok=False)

    def step(self) -> bool:
        """Go one step; the last one, or one that fails, ends the test."""
        way, emit = self._way, self._emit
        if way is None or emit is None:
            return False
        found = next(self._left, None)
        if found is None:
            self._finish(ok=True)
            return False
        name, go = found
        started = time.monotonic()
        try:
            detail, ok = go(), True
        except Ended as error:
            detail, ok = str(error), False
        except PermissionError as error:  # the guard's word: a name that leads elsewhere
            detail, ok = error.strerror or str(error), False
        seconds = round(time.monotonic() - started, 4)
        emit(Event(self._id, data={"step": {"name": name, "ok": ok, "detail": detail, "seconds": seconds}}))
        if not ok:
            self._finish(ok=False)
        return ok

    def _finish(self, *, ok: bool) -> None:
        way, emit = self._way, self._emit
        self._way = self._emit = None
        if way is not None and emit is not None:
            way.close()
            done = {"ok": ok, "host": way.host, "port": way.port, "up": way.up, "down": way.down}
            emit(Event(self._id, done=done))

    def close(self) -> None:
        """Hang up."""
        if self._way is not None:
            self._way.close()
