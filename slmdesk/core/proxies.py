"""What a proxy's address and the list of exceptions from it look like."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from urllib.parse import quote, urlsplit

from slmdesk.core.network import covered, host_of, is_loopback, normal_host

SCHEMES = ("http", "https")
_SPLIT = re.compile(r"[\s,;]+")


def proxy_problem(text: str) -> str:
    """Why ``text`` cannot be a proxy's address; empty if it can, or is empty."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host_of(text)
        port = parts.port
    except ValueError:
        return "write it like http://proxy.example.org:3128"
    if parts.scheme not in SCHEMES:
        return "only HTTP proxies can be used: it must begin with http:// or https://"
    if parts.username or parts.password:
        return "name and password have fields of their own, so that the password is not stored in a file"
    if not port:
        return "it needs a port, as in http://proxy.example.org:3128"
    return "" if parts.path in ("", "/") else "it must end after the port"


def endpoint_problem(text: str) -> str:
    """Why ``text`` cannot be a mirror's base address; empty if it can, or is empty."""
    if not text:
        return ""
    try:
        host_of(text)
        parts = urlsplit(text)
    except ValueError:
        return "write it like https://mirror.example.org"
    if parts.scheme not in SCHEMES:
        return "it must begin with https:// (or http:// inside your own network)"
    return "write it without name and password" if parts.username or parts.password else ""


def exceptions_problem(text: str) -> str:
    """Which entry of a list of exceptions is none; empty if all are."""
    for entry in entries(text):
        try:
            ipaddress.ip_network(entry, strict=False)
        except ValueError:
            try:
                normal_host(entry.removeprefix("."))
            except ValueError:
                return f"{entry!r} is not a host, a pattern such as *.example.org, or a network such as 10.0.0.0/8"
    return ""


def entries(text: str) -> list[str]:
    """The entries of a list that a person wrote, with commas, semicolons or spaces between them."""
    return [entry for entry in _SPLIT.split(text.strip()) if entry]


def excepted(host: str, exceptions: str) -> bool:
    """Whether ``host`` is to be reached without the proxy: this machine, or one of the exceptions.

    ``.example.org`` means the name and all below it, as most programs read it.
    """
    if is_loopback(host):
        return True
    return any(_in_entry(host, entry) for entry in entries(exceptions))


def _in_entry(host: str, entry: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    with contextlib.suppress(ValueError):
        name = normal_host(entry.removeprefix("."))
        return covered(host, (name, f"*.{name}") if entry.startswith(".") else (name,))
    return False


def with_credentials(proxy: str, user: str, password: str) -> str:
    """The proxy's address with name and password in it, for a request; never stored."""
    if not user:
        return proxy
    scheme, rest = proxy.split("://", 1)
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"


def without_credentials(proxy: str) -> str:
    """The proxy's address as it may be shown."""
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
