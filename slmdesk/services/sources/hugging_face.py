"""Hugging Face, or a mirror of it, as a source of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from slmdesk.core.models import Ability, ModelFormat
from slmdesk.core.network import NetworkState, covered, is_loopback
from slmdesk.core.remote import (
    Access,
    DownloadPlan,
    RemoteDetails,
    RemoteFile,
    RemoteModel,
    RemoteRevision,
    SearchQuery,
    SourceStatus,
)
from slmdesk.core.remote_groups import chosen, described, groups_of, plan_of
from slmdesk.core.repository import Reference
from slmdesk.services.hub import SITE, Hub
from slmdesk.services.network import Network

KEY = "hf"
_FORMATS = {
    "gguf": ModelFormat.GGUF,
    "onnx": ModelFormat.ONNX,
    "mlx": ModelFormat.MLX,
    "safetensors": ModelFormat.SAFETENSORS,
}
_VISION_TASKS = frozenset({"image-text-to-text", "visual-question-answering", "image-to-text"})
_EMBEDDING_TASKS = frozenset({"feature-extraction", "sentence-similarity"})


class HuggingFaceSource:
    """Searches the Hub and reads its repositories, through the hub worker."""

    key = KEY
    name = "Hugging Face"

    def __init__(self, hub: Hub, network: Network) -> None:
        self._hub = hub
        self._network = network

    def status(self) -> SourceStatus:
        """Ready where its host may be reached now."""
        hosts = self._hub.hosts
        host = hosts[0]
        if is_loopback(host):
            return SourceStatus(ready=True, hosts=hosts)
        state = self._network.state
        local = state is not NetworkState.OFFLINE and covered(host, [h.host for h in self._network.named()])
        if not local and state is not NetworkState.ONLINE:
            how = "offline" if state is NetworkState.OFFLINE else "local only"
            message = f"{self.name} is on the internet, and SLMDesk is {how}."
            hint = f"Go online and allow {host} to search it."
            return SourceStatus(ready=False, missing="network", message=message, hint=hint, hosts=hosts)
        if not local and not covered(host, [h.host for h in self._network.consents()]):
            message = f"You have not allowed SLMDesk to ask {host} yet."
            return SourceStatus(ready=False, missing="consent", message=message, hint=f"Allow {host}.", hosts=hosts)
        return SourceStatus(ready=True, hosts=hosts)

    async def search(self, query: SearchQuery) -> list[RemoteModel]:
        """Models whose names fit the words, filtered and sorted by the Hub itself."""
        asked = {
            "text": query.text.strip()[:200],
            "formats": [str(f) for f in _FORMATS.values() if f in query.formats],
            "publisher": query.publisher,
            "licence": query.licence,
            "task": query.task,
            "minimum_parameters": query.minimum_parameters,
            "maximum_parameters": query.maximum_parameters,
            "gated": query.gated,
            "sort": query.sort,
            "limit": query.limit,
        }
        purpose = f"Search for {query.text.strip()[:60]}" if query.text.strip() else "Search"
        answer = await self._hub.ask("search", purpose, query=asked)
        return [self._model(values) for values in answer["models"]]

    async def details(self, ref: str, revision: str = "") -> RemoteDetails:
        """A repository at a revision: card, files with sizes and digests, quantizations, versions, access."""
        reference = Reference.parse(ref if ":" in ref else f"{KEY}:{ref}")
        wanted = revision or reference.revision
        answer = await self._hub.ask("model", f"Page of {reference.name}", repo=reference.name, revision=wanted)
        return self._details(reference.name, wanted or "main", answer["details"])

    async def plan(self, ref: str, files: Sequence[str] = (), revision: str = "") -> DownloadPlan:
        """What to fetch for a reference that may itself name a file, a quantization or a revision."""
        reference = Reference.parse(ref if ":" in ref else f"{KEY}:{ref}")
        details = await self.details(f"{KEY}:{reference.name}", revision or reference.revision)
        return plan_of(details, chosen(details, [*reference.files, *files]))

    def _model(self, values: Mapping[str, Any]) -> RemoteModel:
        tags = tuple(values["tags"])
        repo = str(values["id"])
        licence = next((t.removeprefix("license:") for t in tags if t.startswith("license:")), "")
        return RemoteModel(
            source=KEY,
            ref=f"{KEY}:{repo}",
            name=repo.rpartition("/")[2],
            publisher=str(values["author"]),
            family=str(values["architecture"]),
            parameters=int(values["parameters"]),
            context_length=int(values["context_length"]),
            licence=licence,
            task=str(values["task"]),
            formats=frozenset(kind for tag, kind in _FORMATS.items() if tag in tags or values["library"] == tag),
            abilities=_abilities(values),
            gated=bool(values["gated"]),
            downloads=int(values["downloads"]),
            likes=int(values["likes"]),
            updated=float(values["updated"]),
            tags=tags,
            url=f"{self._network.site(SITE).endpoint}/{repo}",
        )

    def _details(self, repo: str, revision: str, values: Mapping[str, Any]) -> RemoteDetails:
        model = self._model(values)
        files = tuple(
            described(RemoteFile(f["path"], f["size"], f["sha256"], f["git_oid"])) for f in values["files"]
        )  # fmt: skip
        groups = groups_of(files, mlx=ModelFormat.MLX in model.formats)
        config = dict(values["config"])
        if values["architecture"]:
            config.setdefault("architecture", values["architecture"])
        return RemoteDetails(
            model=replace(model, formats=model.formats | {g.format for g in groups}),
            repo=repo,
            revision=revision,
            commit=values["commit"],
            card=values["card"],
            licence_link=values["licence_link"],
            access=Access(values["access"]),
            files=files,
            groups=groups,
            revisions=tuple(RemoteRevision(r["name"], r["commit"], r["kind"]) for r in values["revisions"]),
            base_models=tuple(t.rpartition(":")[2] for t in model.tags if t.startswith("base_model:"))[:5],
            config=config,
        )


def _abilities(values: Mapping[str, Any]) -> frozenset[Ability]:
    """What the chat template and the task say that it can do."""
    template, task, tags = values["template"], values["task"], values["tags"]
    found = set()
    if "tools" in template or "tool-use" in tags or "function-calling" in tags:
        found.add(Ability.TOOLS)
    if "<think>" in template or "enable_thinking" in template or "reasoning" in tags:
        found.add(Ability.THINKING)
    if task in _VISION_TASKS:
        found.add(Ability.VISION)
    if task in _EMBEDDING_TASKS:
        found.add(Ability.EMBEDDINGS)
    return frozenset(found)
