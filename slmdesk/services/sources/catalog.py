"""SLMDesk's own catalog as a source: it answers without any network, and fetches through Hugging Face."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from slmdesk.core.catalog import Catalog, CatalogEntry, read_catalog
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.models import ModelFormat
from slmdesk.core.quantizations import bits_of
from slmdesk.core.remote import (
    DownloadPlan,
    RemoteDetails,
    RemoteFile,
    RemoteGroup,
    RemoteModel,
    Role,
    SearchQuery,
    SourceStatus,
)
from slmdesk.core.repository import Reference
from slmdesk.core.resources import resource
from slmdesk.services.sources.base import Source

KEY = "catalog"
_LARGEST = 8 << 20  # bytes of one catalog file

log = logging.getLogger(__name__)


def load_catalog(own: Path | None = None) -> Catalog:
    """The catalog that comes with the program, with the person's own files (``own``, a folder) over it."""
    paths = [resource("catalog", "models.json")]
    if own is not None and own.is_dir():
        paths += sorted(own.glob("*.json"))
    texts = []
    for path in paths:
        try:
            if path.stat().st_size <= _LARGEST:
                texts.append((path.name, path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            log.info("the catalog file %s cannot be read: %s", path.name, error)
    return read_catalog(texts)


class CatalogSource:
    """The curated collection. Its entries name repositories of ``hub``, which is asked only for a page's files."""

    key = KEY
    name = "Curated"

    def __init__(self, catalog: Catalog, hub: Source) -> None:
        self.catalog = catalog
        self._hub = hub

    def status(self) -> SourceStatus:
        """Always ready: it lies beside the program."""
        return SourceStatus(ready=True)

    async def search(self, query: SearchQuery) -> list[RemoteModel]:
        """The entries that fit, in the catalog's order (newest first where that is asked for)."""
        words = query.text.casefold().split()
        found = [e for e in self.catalog.entries if all(w in e.words for w in words) and _fits(e, query)]
        if query.sort in ("updated", "created"):
            found.sort(key=lambda e: e.released, reverse=True)
        return [_model(entry) for entry in found[: query.limit]]

    async def details(self, ref: str, revision: str = "") -> RemoteDetails:
        """The repository's page where the hub can be asked, else what the catalog itself knows."""
        entry = self._entry(ref)
        repo = entry.repos.get("gguf")
        if repo is None or not self._hub.status().ready:
            return _known(entry)
        details = await self._hub.details(f"hf:{repo}", revision)
        told = details.model
        return replace(
            details,
            model=replace(
                told,
                name=entry.name,
                publisher=entry.publisher,
                family=entry.family,
                summary=entry.summary,
                parameters=entry.parameters,
                active_parameters=entry.active_parameters,
                context_length=entry.context_length,
                licence=told.licence or entry.licence,
                abilities=told.abilities | entry.abilities,
                recommended=True,
            ),
            config={**entry.config, **details.config},
        )

    async def plan(self, ref: str, files: Sequence[str] = (), revision: str = "") -> DownloadPlan:
        """What to fetch of an entry's GGUF repository."""
        entry, reference = self._entry(ref), Reference.parse(ref)
        repo = entry.repos.get("gguf")
        if repo is None:
            raise SlmdeskError(
                f"The catalog knows no GGUF files of {entry.name}.", f"Fetch {_other(entry)} and convert it."
            )
        return await self._hub.plan(f"hf:{repo}", [*reference.files, *files], revision)

    def _entry(self, ref: str) -> CatalogEntry:
        name = Reference.parse(ref if ref.startswith(f"{KEY}:") else f"{KEY}:{ref}").name
        entry = self.catalog.get(name)
        if entry is None:
            raise SlmdeskError(
                f"The catalog has no model {name!r}.", "List what it has: slmdesk search '' --source catalog."
            )
        return entry


def _fits(entry: CatalogEntry, query: SearchQuery) -> bool:
    return (
        (not query.formats or bool(query.formats & entry.formats))
        and query.publisher.casefold() in entry.publisher.casefold()
        and (not query.licence or query.licence.casefold() == entry.licence.casefold())
        and entry.parameters >= query.minimum_parameters
        and (not query.maximum_parameters or entry.parameters <= query.maximum_parameters)
        and (query.gated is None or query.gated == entry.gated)
    )


def _model(entry: CatalogEntry) -> RemoteModel:
    repo = next(iter(entry.repos.values()), "")
    return RemoteModel(
        source=KEY,
        ref=f"{KEY}:{entry.id}",
        name=entry.name,
        publisher=entry.publisher,
        family=entry.family,
        summary=entry.summary,
        parameters=entry.parameters,
        active_parameters=entry.active_parameters,
        context_length=entry.context_length,
        licence=entry.licence,
        formats=entry.formats,
        abilities=entry.abilities,
        gated=entry.gated,
        tags=entry.strengths,
        recommended=True,
        url=f"https://huggingface.co/{repo}" if repo else "",
    )


def _known(entry: CatalogEntry) -> RemoteDetails:
    """An entry's page without the hub: the quantizations with the sizes they will have."""
    groups = []
    for variant in entry.variants if "gguf" in entry.repos else ():
        file = RemoteFile(
            f"{entry.id}-{variant.quantization}.gguf",
            variant.size,
            role=Role.WEIGHTS,
            quantization=variant.quantization,
        )
        groups.append(
            RemoteGroup(
                variant.quantization, ModelFormat.GGUF, (file,), variant.quantization, bits_of(variant.quantization)
            )
        )
    repo = entry.repos.get("gguf") or next(iter(entry.repos.values()), entry.id)
    files = tuple(file for group in groups for file in group.files)
    return RemoteDetails(_model(entry), repo, card=_card(entry), files=files, groups=tuple(groups), config=entry.config)


def _card(entry: CatalogEntry) -> str:
    lines = [entry.summary, "", f"Good at: {', '.join(entry.strengths)}."]
    lines += [f"- {kind}: {repo}" for kind, repo in entry.repos.items()]
    lines += [f"- Ollama: {entry.ollama}"] if entry.ollama else []
    lines += [f"- Foundry Local: {entry.foundry}"] if entry.foundry else []
    return "\n".join(lines)


def _other(entry: CatalogEntry) -> str:
    return next(iter(entry.repos.values()), "another version")
