"""Where models can be looked for and fetched from: SLMDesk's catalog, Hugging Face, Ollama, Foundry Local."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.remote import DownloadPlan, RemoteDetails, RemoteModel, SearchQuery
from slmdesk.core.remote_groups import chosen, plan_of
from slmdesk.core.repository import Reference
from slmdesk.services.sources.absent import AbsentSource
from slmdesk.services.sources.base import Source
from slmdesk.services.sources.hugging_face import HuggingFaceSource

__all__ = ["HuggingFaceSource", "Source", "Sources", "absent_sources", "chosen", "plan_of"]


class Sources:
    """All sources, by key. A runtime that brings its own puts it in with :meth:`register`."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = {source.key: source for source in sources}

    def all(self) -> tuple[Source, ...]:
        """Every source, also those that cannot be asked now."""
        return tuple(self._sources.values())

    def get(self, key: str) -> Source:
        """A source by its key. Raises SlmdeskError naming those there are."""
        source = self._sources.get({"huggingface": "hf"}.get(key, key))
        if source is None:
            raise SlmdeskError(f"There is no source called {key!r}.", f"There are: {', '.join(self._sources)}.")
        return source

    def register(self, source: Source) -> None:
        """Put a source in the place of the one with the same key."""
        self._sources[source.key] = source

    async def search(self, query: SearchQuery, source: str = "hf") -> list[RemoteModel]:
        """What one source finds."""
        return await self.get(source).search(query)

    async def details(self, ref: str, revision: str = "") -> RemoteDetails:
        """Everything about the model that a reference names."""
        return await self.get(Reference.parse(ref).source).details(ref, revision)

    async def plan(self, ref: str, files: Sequence[str] = (), revision: str = "") -> DownloadPlan:
        """What to fetch for a reference such as ``hf:owner/repo:Q4_K_M``."""
        return await self.get(Reference.parse(ref).source).plan(ref, files, revision)


def absent_sources() -> tuple[Source, ...]:
    """Ollama and Foundry Local, as long as their runtimes have not registered the real ones."""
    return (
        AbsentSource("ollama", "Ollama", "Ollama", "Install Ollama from its own site, then start it."),
        AbsentSource(
            "foundry",
            "Azure AI Foundry (Foundry Local)",
            "Foundry Local",
            "Install Foundry Local from Microsoft; its catalog needs no account.",
        ),
    )
