"""The places on the internet that parts of the program can use, each with all the hosts that belong to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from slmdesk.core.network import covered, host_of


@dataclass(frozen=True, slots=True)
class Site:
    """A place on the internet that one agreement covers as a whole.

    ``endpoint`` is its base address, ``hosts`` the names and patterns that it uses, the one that a person agrees to
    first. ``mirror`` is the setting with another base address.
    """

    key: str
    name: str
    endpoint: str
    hosts: tuple[str, ...]
    purposes: tuple[tuple[str, str], ...]
    """For a firewall: a host or pattern, and what it is needed for."""
    mirror: str = ""
    variable: str = ""
    """The environment variable that other programs take a mirror from."""

    @property
    def host(self) -> str:
        """What a person agrees to."""
        return self.hosts[0]

    def covers(self, host: str) -> bool:
        """Whether ``host`` (or a pattern) is part of this place."""
        return host in self.hosts or covered(host, self.hosts)

    def at(self, endpoint: str) -> Site:
        """The place behind another base address. Raises ValueError for what is no address."""
        host = host_of(endpoint)
        below = () if _is_address(host) else (f"*.{host}",)
        purposes = tuple((pattern, f"{self.name}: mirror") for pattern in (host, *below))
        return replace(self, endpoint=endpoint.rstrip("/"), hosts=(host, *below), purposes=purposes)


def _is_address(host: str) -> bool:
    return ":" in host or host.rsplit(".", 1)[-1].isdigit() or "." not in host


# The hosts are those of the Hub's guide for firewalls and of https://huggingface.co/.well-known/meta.json.
HUGGING_FACE = Site(
    "huggingface",
    "Hugging Face",
    "https://huggingface.co",
    ("huggingface.co", "*.huggingface.co", "*.hf.co"),
    (
        ("huggingface.co", "Hugging Face: search, model cards, lists of files, small files"),
        ("*.hf.co", "Hugging Face: model files (storage and content delivery)"),
        ("*.huggingface.co", "Hugging Face: model files (older storage)"),
    ),
    mirror="hub_mirror",
    variable="HF_ENDPOINT",
)

SITES = (HUGGING_FACE,)


def placed(site: Site, mirror: str, environment: Mapping[str, str] = os.environ) -> Site:
    """The site where it is really used: behind the mirror of the settings, of the environment, or as it is."""
    for endpoint in (mirror, environment.get(site.variable, "")):
        if endpoint:
            try:
                return site.at(endpoint)
            except ValueError:
                continue
    return site


def site_of(host: str, sites: tuple[Site, ...]) -> Site | None:
    """The site that a host or pattern belongs to."""
    return next((site for site in sites if site.covers(host)), None)
