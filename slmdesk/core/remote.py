"""Models that are somewhere else: what a search finds, what a repository holds, and what is to be fetched from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from slmdesk.core.models import Ability, ModelFormat, ParameterClass


class Role(StrEnum):
    """What a file of a repository is for."""

    WEIGHTS = "weights"
    PROJECTOR = "projector"
    """The part of a vision model that turns pictures into tokens; useful beside the weights only."""
    SUPPORT = "support"
    """Configuration, tokenizer, licence, card: small files that belong to the weights."""
    PICKLE = "pickle"
    """A Python pickle: it can run code when it is opened, so SLMDesk neither fetches nor opens it."""
    OTHER = "other"


class Access(StrEnum):
    """Whether this person can fetch from a repository."""

    OPEN = "open"
    GRANTED = "granted"
    """Gated, and the token's account may read it."""
    LOCKED = "locked"
    """Gated: a token is needed first."""
    APPROVAL = "approval"
    """Gated: the token is good, but its account has not been let in (the page on the web asks for that)."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a repository. ``path`` is relative, with forward slashes; ``size`` in bytes.

    ``sha256`` is the published digest in hexadecimal digits; a small file that git itself keeps has ``git_oid`` (the
    SHA-1 of its git blob) instead.
    """

    path: str
    size: int = 0
    sha256: str = ""
    git_oid: str = ""
    role: Role = Role.OTHER
    quantization: str = ""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class RemoteGroup:
    """Files that make one loadable model: a quantization with all its parts, or a folder of weights.

    ``key`` is unique in the repository ("Q4_K_M", "safetensors", "cpu_and_mobile/cpu-int4"). ``files`` holds the
    weights, first part first, then what they need beside them. ``bits_per_weight`` is 0 where it is not known.
    """

    key: str
    format: ModelFormat
    files: tuple[RemoteFile, ...]
    quantization: str = ""
    bits_per_weight: float = 0.0
    problem: str = ""
    """Why SLMDesk will not fetch it (a pickle, a name that leaves the folder); empty for a sound one."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(f.size for f in self.files)

    @property
    def weights_size(self) -> int:
        """Bytes of the weights alone: what has to fit in memory."""
        return sum(f.size for f in self.files if f.role is Role.WEIGHTS)


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model as a search shows it. ``ref`` names it ("hf:owner/repo", "catalog:qwen3-0.6b", "ollama:qwen3:0.6b").

    Counts are 0 and texts empty where the source does not tell. ``updated`` is in seconds since 1970.
    """

    source: str
    ref: str
    name: str
    publisher: str = ""
    family: str = ""
    summary: str = ""
    parameters: int = 0
    active_parameters: int = 0
    context_length: int = 0
    licence: str = ""
    task: str = ""
    formats: frozenset[ModelFormat] = frozenset()
    abilities: frozenset[Ability] = frozenset()
    gated: bool = False
    downloads: int = 0
    likes: int = 0
    updated: float = 0.0
    tags: tuple[str, ...] = ()
    recommended: bool = False
    """True for the entries of SLMDesk's own catalog."""
    url: str = ""
    """Its page for people; shown, opened only by a click."""

    @property
    def parameter_class(self) -> ParameterClass:
        """The size class; meaningful only where ``parameters`` is known."""
        return ParameterClass.of(self.parameters)


@dataclass(frozen=True, slots=True)
class RemoteRevision:
    """A version of a repository that can be chosen: ``kind`` is "branch", "tag" or "commit"."""

    name: str
    commit: str
    kind: str = "branch"
    title: str = ""
    date: float = 0.0


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file that is to be fetched, as :class:`RemoteFile` describes it."""

    path: str
    size: int
    sha256: str = ""
    git_oid: str = ""


@dataclass(frozen=True, slots=True)
class DownloadPlan:
    """What is to be fetched, down to the exact version of each file; nothing in it asks the network again.

    ``repo`` is the name in its source ("owner/repo"), ``revision`` what the person chose (its new versions are
    offered as updates), ``commit`` the exact version. The files go into ``folder`` below the models folder.
    """

    source: str
    ref: str
    repo: str
    title: str
    files: tuple[PlannedFile, ...]
    folder: str
    revision: str = "main"
    commit: str = ""
    format: ModelFormat = ModelFormat.GGUF
    quantization: str = ""
    licence: str = ""
    gated: bool = False

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(f.size for f in self.files)


@dataclass(frozen=True, slots=True)
class RemoteDetails:
    """Everything about one repository at one version: its card, files and what they make.

    ``card`` is Markdown by a stranger: it is shown without images, scripts or live links. ``config`` holds the
    architecture's figures as the repository tells them (its config.json, or the hub's digest of a GGUF header).
    """

    model: RemoteModel
    repo: str
    revision: str = "main"
    commit: str = ""
    card: str = ""
    licence_link: str = ""
    access: Access = Access.OPEN
    files: tuple[RemoteFile, ...] = ()
    groups: tuple[RemoteGroup, ...] = ()
    revisions: tuple[RemoteRevision, ...] = ()
    base_models: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def gated(self) -> bool:
        """Whether its publisher asks who fetches it."""
        return self.model.gated

    @property
    def licence(self) -> str:
        """The licence's short name, empty where none is given."""
        return self.model.licence


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a person looks for. Empty and zero fields ask for nothing.

    ``sort`` is "trending", "downloads", "likes", "updated" or "created"; ``gated`` None means both kinds.
    """

    text: str = ""
    formats: frozenset[ModelFormat] = frozenset()
    publisher: str = ""
    licence: str = ""
    task: str = ""
    minimum_parameters: int = 0
    maximum_parameters: int = 0
    gated: bool | None = None
    sort: str = "trending"
    limit: int = 30


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Whether a source can be asked now. ``missing`` is "" (ready), "network", "consent" or "runtime"."""

    ready: bool
    missing: str = ""
    message: str = ""
    hint: str = ""
    hosts: tuple[str, ...] = ()
    """The hosts that asking it needs; they are what a person agrees to."""


class DownloadState(StrEnum):
    """Where a download stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    """It goes on by itself: after a break-off, when the network is allowed again, or when the disk has room."""
    VERIFYING = "verifying"
    DONE = "done"
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """Whether it is under way or will be by itself."""
        return self in (DownloadState.QUEUED, DownloadState.RUNNING, DownloadState.WAITING, DownloadState.VERIFYING)


@dataclass(frozen=True, slots=True)
class Download:
    """One line of the download queue. ``done`` (never goes back) and ``total`` are bytes.

    ``message`` says in a sentence what it waits for; ``error`` and ``hint`` why it failed and what to do then.
    """

    id: str
    title: str
    source: str
    ref: str
    repo: str
    revision: str
    commit: str
    files: tuple[PlannedFile, ...]
    folder: Path
    state: DownloadState = DownloadState.QUEUED
    done: int = 0
    total: int = 0
    speed_bps: float = 0.0
    """Bytes per second over the last seconds; 0 while nothing comes."""
    eta_s: float | None = None
    message: str = ""
    error: str = ""
    hint: str = ""
    error_kind: str = ""
    """The error's class ("NetworkBlocked", "NeedsToken", ...), so that a face can offer the right button."""
    host: str = ""
    """With NetworkBlocked: the host that a person would have to allow."""
    quantization: str = ""
    licence: str = ""
    added: float = 0.0
    finished: float = 0.0
    update: bool = False
    """True when it replaces an older version of the same files."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the files lie, or will."""
        return tuple(self.folder / f.path for f in self.files)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file on this machine came from, as it was when it was verified."""

    path: Path
    source: str
    ref: str
    repo: str
    revision: str
    commit: str
    remote_path: str
    size: int
    sha256: str
    git_oid: str = ""
    licence: str = ""
    fetched: float = 0.0
    title: str = ""
    folder: str = ""
    """The plan's folder, below ``root``."""
    root: str = ""
    settled: bool = True
    """Whether the file is known to be on the disk for good."""


@dataclass(frozen=True, slots=True)
class Update:
    """A newer version, at its source, of files that lie here. ``plan`` fetches it beside the old one."""

    title: str
    paths: tuple[Path, ...]
    plan: DownloadPlan
    root: Path


def total_size(files: Iterable[RemoteFile | PlannedFile]) -> int:
    """Bytes of all ``files``."""
    return sum(f.size for f in files)
