"""A source: a place where models can be looked for and fetched from, behind one small interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from slmdesk.core.remote import DownloadPlan, RemoteDetails, RemoteModel, SearchQuery, SourceStatus


class Source(Protocol):
    """A place with models: SLMDesk's own catalog, Hugging Face, and where they run Ollama's and Foundry Local's.

    Every method that needs the network asks ``Network`` first and raises its NetworkBlocked.
    """

    key: str
    """The short name in references and on the command line: "catalog", "hf", "ollama", "foundry"."""
    name: str
    """The name people know it by."""

    def status(self) -> SourceStatus:
        """Whether it can be asked now, and what is missing where it cannot. Immediate."""

    async def search(self, query: SearchQuery) -> list[RemoteModel]:
        """The models that fit, best first, at most ``query.limit``."""

    async def details(self, ref: str, revision: str = "") -> RemoteDetails:
        """Everything about one model; ``revision`` is a branch, tag or commit (empty: the newest)."""

    async def plan(self, ref: str, files: Sequence[str] = (), revision: str = "") -> DownloadPlan:
        """What to fetch: the files that match the given names or patterns (none given: the recommended group).

        Raises DownloadError naming what there is when nothing matches.
        """
