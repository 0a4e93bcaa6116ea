"""What may be contacted: network states, host names and patterns, permits, and the ledger's lines, as plain values."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\Z")


class NetworkState(StrEnum):
    """Offline: this computer alone. Local: also addresses the person named. Online: also what the person asks for."""

    OFFLINE = "offline"
    LOCAL = "local"
    ONLINE = "online"


def normal_host(text: str) -> str:
    """A host name or address in its one written form: lower case, ASCII, no brackets, no final dot.

    ``*.example.org`` (every name below, not the name itself) is kept. Raises ValueError for what is no host.
    """
    host = text.strip().rstrip(".").strip("[]").lower()
    star, name = ("*.", host[2:]) if host.startswith("*.") else ("", host)
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        if star:
            raise ValueError(f"{text!r} is not a host name")
        mapped = getattr(address, "ipv4_mapped", None)
        return str(mapped or address)
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ValueError(f"{text!r} is not a host name") from error
    if not _NAME.match(name) or name.rsplit(".", 1)[-1].isdigit():
        raise ValueError(f"{text!r} is not a host name")
    return star + name


def host_of(url: str) -> str:
    """The host in an address such as ``https://example.org:8443/path``. Raises ValueError where there is none."""
    return normal_host(urlsplit(url).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(normal_host(host)).is_loopback
    except ValueError:
        return False


def matches(host: str, pattern: str) -> bool:
    """Whether ``host`` is what ``pattern`` names: the same host, or for ``*.example.org`` any name below it."""
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and host != pattern[2:]
    return host == pattern


def covered(host: str, patterns: Iterable[str]) -> bool:
    """Whether any of the patterns names the host. Something that is no host name is never covered."""
    try:
        name = normal_host(host)
    except ValueError:
        return False
    return any(matches(name, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Connection:
    """One line of the ledger: a connection that was made, or one that was not.

    ``when`` is in seconds since 1970, ``part`` names the part of the program, ``purpose`` what asked for it, ``up``
    and ``down`` are bytes. ``reason`` says why it was blocked ("offline", "local", "consent" or "guard"), or that an
    allowed one came to nothing ("failed"). A line with an ``id`` replaces the earlier one with the same id, so that
    bytes can grow while a connection is open.
    """

    when: float
    part: str
    host: str
    port: int
    purpose: str = ""
    allowed: bool = True
    up: int = 0
    down: int = 0
    reason: str = ""
    id: str = ""

    @classmethod
    def from_report(cls, part: str, when: float, report: Mapping[str, Any]) -> Connection:
        """A line from what a worker tells: host, port, purpose, up, down, allowed, reason, id; all but host optional.

        Tolerant, because it comes from another process: odd values become their defaults, long texts are cut.
        """

        def text(key: str) -> str:
            value = report.get(key, "")
            return value[:300] if isinstance(value, str) else ""

        def number(key: str) -> int:
            value = report.get(key, 0)
            return value if type(value) is int and 0 <= value < 1 << 62 else 0

        allowed = report.get("allowed", True) is not False
        return cls(
            when, part, text("host"), number("port"), text("purpose"), allowed, number("up"), number("down"),
            text("reason"), text("id"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to reach some hosts for one purpose, with all that is needed to get there.

    ``hosts`` are names, addresses and ``*.`` patterns. ``endpoint`` is the base address to use instead of the site's
    own (a mirror), empty where the caller's own holds. ``proxies`` are pairs of a pattern of ``hosts`` and the
    proxy's address ("" for a direct connection). ``ca_file`` is a PEM file with further authorities; ``system_store``
    says whether certificates are checked by the system's store (else by the list that came with the program).
    """

    part: str
    purpose: str
    hosts: tuple[str, ...]
    endpoint: str = ""
    proxies: tuple[tuple[str, str], ...] = ()
    ca_file: str = ""
    system_store: bool = True
    connect_timeout: float = 15.0
    """Seconds until a connection must stand."""
    read_timeout: float = 60.0
    """Seconds without a byte after which a connection counts as dead."""

    def allows(self, host: str) -> bool:
        """Whether a request may go to ``host``, redirects included. This machine must be named like any other."""
        return covered(host, self.hosts)

    def reaches(self, host: str) -> bool:
        """Whether a socket may be connected to ``host``: one of the hosts, or a proxy on the way."""
        return self.allows(host) or covered(host, self.proxy_hosts)

    @property
    def proxy_hosts(self) -> tuple[str, ...]:
        """The hosts of the proxies."""
        return tuple(host_of(proxy) for _, proxy in self.proxies if proxy)

    def proxy_for(self, host: str) -> str:
        """The proxy's address for a request to ``host``; empty for a direct connection."""
        name = normal_host(host)
        return next((proxy for pattern, proxy in self.proxies if matches(name, pattern)), "")

    def args(self) -> dict[str, Any]:
        """The permit as JSON values, for a worker's request."""
        return asdict(self)

    @classmethod
    def from_args(cls, args: Mapping[str, Any]) -> Permit:
        """The permit that :meth:`args` gave, on the other side of the pipe."""
        values = dict(args)
        values["hosts"] = tuple(str(host) for host in values["hosts"])
        values["proxies"] = tuple((str(pattern), str(proxy)) for pattern, proxy in values.get("proxies", ()))
        return cls(**values)
