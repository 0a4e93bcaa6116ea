"""What every runtime offers: list models, load one, chat with it, unload it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from slmdesk.core.chat import Chunk, LoadOptions, Message, SamplingOptions
from slmdesk.core.models import Model, ModelFormat
from slmdesk.core.progress import Report


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """Whether a runtime can be used now, and if not, what to do about it."""

    ready: bool
    version: str = ""
    message: str = ""
    hint: str = ""
    devices: tuple[str, ...] = ()
    """What it can compute on, such as "CPU (AVX2)" or "CUDA0: NVIDIA ...", as the installed build reports it."""
    confined: tuple[tuple[str, bool], ...] = ()
    """What the operating system denies its engine process, each tried by the process itself and found so or not."""


class Runtime(ABC):
    """Something on this machine that can run language models."""

    name: ClassVar[str]
    formats: ClassVar[frozenset[ModelFormat]] = frozenset()
    """Formats of files that it loads from anywhere; empty for a runtime with models of its own, which it lists."""

    @abstractmethod
    async def status(self) -> RuntimeStatus:
        """Ready, or missing with a hint how to get it. Never raises for a missing runtime."""

    @abstractmethod
    async def models(self) -> list[Model]:
        """The models this runtime can load now."""

    @abstractmethod
    async def load(self, model: Model, options: LoadOptions, report: Report | None = None) -> LoadedModel:
        """Put ``model`` into memory. Cancelling the task leaves no process behind. Raises LoadError."""

    async def close(self) -> None:
        """Give back what the runtime itself holds; its loaded models are unloaded by their owner."""
        return


class LoadedModel(ABC):
    """A model in memory, ready to answer. ``unload`` gives the memory back."""

    model: Model
    context_length: int
    """Tokens per conversation, as really loaded."""

    @abstractmethod
    def chat(
        self,
        messages: Sequence[Message],
        options: SamplingOptions,
        *,
        continuing: bool = False,
        stop: asyncio.Event | None = None,
    ) -> AsyncGenerator[Chunk]:
        """Stream the answer to ``messages`` (a leading system message is allowed).

        With ``continuing`` the last message is an unfinished answer that is written on. The last chunk carries the
        finish reason and the timings. Setting ``stop`` ends the answer in order: what was written is still given,
        then the last chunk with the reason "cancelled" and its timings. Closing the generator
        (``contextlib.aclosing``) or cancelling the task ends it at once, without them. Raises GenerationError,
        WorkerCrashed.
        """

    @abstractmethod
    async def unload(self) -> None:
        """Give the memory back. A second call does nothing."""

    @property
    @abstractmethod
    def alive(self) -> bool:
        """False once unloaded or crashed."""


@runtime_checkable
class CanCountTokens(Protocol):
    """A loaded model that can count before it answers."""

    async def count_tokens(self, text: str) -> int:
        """Tokens of a bare text, without template."""
        ...

    async def preview(self, messages: Sequence[Message], options: SamplingOptions) -> dict[str, Any]:
        """What would be sent: {"prompt": str, "prompt_tokens": int, "dropped_messages": int, "dropped_tokens": int,
        "context_length": int}.
        """
        ...


@runtime_checkable
class KeepsStates(Protocol):
    """A runtime whose loaded models keep conversations' caches on disk."""

    async def prune_states(self, keep: Collection[str]) -> None:
        """Remove the kept caches of every conversation but those with these ids."""
        ...


@runtime_checkable
class CanKeepState(Protocol):
    """A loaded model that can keep a conversation's KV cache over a restart."""

    async def save_state(self, conversation_id: str, messages: Sequence[Message]) -> int:
        """Write the cache of the slot that holds these messages; returns bytes (0: no slot holds them)."""
        ...

    async def restore_state(self, conversation_id: str) -> int:
        """Read it back; returns the tokens restored (0: none kept, or it does not belong to this model)."""
        ...
