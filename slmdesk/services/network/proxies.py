"""Which proxy stands between this computer and a host: the system's, the person's own, or none."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from urllib.request import getproxies_environment

from PySide6.QtCore import QUrl
from PySide6.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.network import is_loopback
from slmdesk.core.proxies import entries, excepted, with_credentials, without_credentials
from slmdesk.services.secrets import Secrets
from slmdesk.services.settings import Settings


async def proxies_for(
    hosts: Sequence[str], settings: Settings, secrets: Secrets | None
) -> tuple[tuple[str, str], ...]:  # fmt: skip
    """Pairs of a host (or pattern) and the proxy to use for it ("" for none), as the settings say.

    Raises SlmdeskError where the system names a proxy of a kind that cannot be used.
    """
    mode = settings.get("proxy_mode")
    own = str(settings.get("proxy_url"))
    if mode == "own" and own:
        user = str(settings.get("proxy_user"))
        password = await secrets.get("proxy") if secrets is not None and user else ""
        address = with_credentials(own, user, password)
        exceptions = str(settings.get("proxy_except"))
        return tuple((host, "" if excepted(host.removeprefix("*."), exceptions) else address) for host in hosts)
    if mode == "system":
        return tuple(await asyncio.to_thread(_of_the_system, tuple(hosts)))  # a PAC script may have to be fetched
    return tuple((host, "") for host in hosts)


def _of_the_system(hosts: Sequence[str]) -> list[tuple[str, str]]:
    return [(host, "" if is_loopback(host) else _one(host.removeprefix("*."))) for host in hosts]


def _one(host: str) -> str:
    """The environment's proxy, or what the system's settings and PAC script say where Qt can ask them."""
    variables = getproxies_environment()
    named = variables.get("https") or variables.get("all", "")
    if named or not served_by_pac():
        return _usable(named if "://" in named or not named else f"http://{named}", host, variables.get("no", ""))
    name = f"[{host}]" if ":" in host else host
    found = QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(QUrl(f"https://{name}/")))
    kinds = QNetworkProxy.ProxyType
    for proxy in found:
        if proxy.type() in (kinds.NoProxy, kinds.DefaultProxy):
            return ""
        if proxy.type() in (kinds.HttpProxy, kinds.HttpCachingProxy):
            return with_credentials(f"http://{proxy.hostName()}:{proxy.port()}", proxy.user(), proxy.password())
    return _usable(f"socks://{found[0].hostName()}" if found else "", host, "")


def _usable(proxy: str, host: str, no_proxy: str) -> str:
    """The environment's proxy where it is for ``host``; ``no_proxy`` means names with all that is below them."""
    below = " ".join(entry if entry[0] in ".*" else f"{entry} .{entry}" for entry in entries(no_proxy))
    if not proxy or "*" in entries(no_proxy) or excepted(host, below):
        return ""
    if not proxy.startswith(("http://", "https://")):
        raise SlmdeskError(
            f"The system's proxy for {host} is {without_credentials(proxy)}, a kind that SLMDesk cannot use.",
            "Enter an HTTP proxy in the network settings, or choose to connect without one.",
        )
    return proxy


def served_by_pac() -> bool:
    """Whether a PAC script of the system's settings is followed here; on Linux only the variables are read."""
    return not sys.platform.startswith("linux")
