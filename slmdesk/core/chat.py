"""What a chat is made of: messages, the options they are answered with, and the figures of an answer."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Self


def new_id() -> str:
    """A fresh identifier: 32 hexadecimal digits."""
    return uuid.uuid4().hex


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class FinishReason(StrEnum):
    """Why an answer ended.

    ``stop``: the model ended it, or a stop string came. ``length``: max_tokens reached. ``context``: the context is
    full. ``cancelled``: the person stopped it. ``error``: it broke off (the worker died, the template failed).
    """

    STOP = "stop"
    LENGTH = "length"
    CONTEXT = "context"
    CANCELLED = "cancelled"
    ERROR = "error"


class _FromDict:
    """Build from a mapping of JSON values, turning lists into tuples.

    A key of another version, and a value of another type than its field has, is ignored: settings, imports and old
    databases must never keep a chat from opening.
    """

    __slots__ = ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        types = {f.name: str(f.type) for f in fields(cls)}  # type: ignore[arg-type]
        frozen = {k: _frozen(v) for k, v in data.items() if k in types}
        return cls(**{k: v for k, v in frozen.items() if _fits(v, types[k])})


_KINDS: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "int | None": (int, type(None)),
}
"""The plain field types as they are annotated; fields of any other type are taken as they come."""


def _fits(value: Any, annotation: str) -> bool:
    if annotation.startswith(("tuple", "dict")):
        return isinstance(value, tuple if annotation.startswith("tuple") else dict)
    kinds = _KINDS.get(annotation)
    return kinds is None or (isinstance(value, kinds) and (annotation == "bool" or not isinstance(value, bool)))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Timings(_FromDict):
    """The figures of one answer. Tokens are counts, times milliseconds, speeds tokens per second."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    ttft_ms: float = 0.0
    prompt_tps: float = 0.0
    generation_tps: float = 0.0
    thinking_ms: float = 0.0
    context_length: int = 0
    dropped_messages: int = 0
    """How many of the oldest messages did not fit into the context and were left out."""
    dropped_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Attachment(_FromDict):
    """A text file put into a message: its name and the text read from it."""

    name: str
    text: str
    tokens: int = 0
    note: str = ""
    """What was left out when it was read, such as "pages 3-4 hold no text"."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat, a node of the conversation's tree.

    ``created`` is in seconds since 1970 (UTC). ``model`` is the display name of the model that answered.
    ``finish_reason`` is empty for a person's message and for an answer that is still being written.
    """

    role: Role
    text: str
    id: str = field(default_factory=new_id)
    parent_id: str | None = None
    thinking: str = ""
    created: float = field(default_factory=time.time)
    model: str = ""
    finish_reason: str = ""
    timings: Timings | None = None
    attachments: tuple[Attachment, ...] = ()
    error: str = ""

    @property
    def prompt_text(self) -> str:
        """The text a model reads: the attachments first, each fenced and named, then the message."""
        if not self.attachments:
            return self.text
        parts = [f'<file name="{a.name}">\n{a.text}\n</file>' for a in self.attachments]
        return "\n\n".join([*parts, self.text])


@dataclass(frozen=True, slots=True)
class SamplingOptions(_FromDict):
    """How the next token is chosen. Names and neutral values are llama.cpp's.

    ``seed`` None means a new one each time. ``max_tokens`` 0 means until the context is full. ``json_schema`` is a
    JSON text; it and ``grammar`` (GBNF) exclude each other. Each ``logit_bias`` pair is (token id, bias).
    """

    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    typical_p: float = 1.0
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_penalty_last_n: int = -1
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    mirostat: int = 0
    mirostat_tau: float = 5.0
    mirostat_eta: float = 0.1
    seed: int | None = None
    max_tokens: int = 0
    stop: tuple[str, ...] = ()
    logit_bias: tuple[tuple[int, float], ...] = ()
    grammar: str = ""
    json_schema: str = ""


@dataclass(frozen=True, slots=True)
class LoadOptions(_FromDict):
    """How a model is put into memory. 0 means "choose for me" for every count; ``gpu_layers`` -1 means all.

    ``context_length`` is per slot, in tokens. ``cache_type_k`` and ``cache_type_v`` name llama.cpp's KV-cache types
    (f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0, iq4_nl). ``device`` empty means llama.cpp's own choice.
    """

    context_length: int = 0
    gpu_layers: int = -1
    threads: int = 0
    batch_threads: int = 0
    batch_size: int = 2048
    ubatch_size: int = 512
    flash_attention: str = "auto"
    cache_type_k: str = "f16"
    cache_type_v: str = "f16"
    mmap: bool = True
    mlock: bool = False
    device: str = ""
    slots: int = 1
    chat_template: str = ""
    """A Jinja template that replaces the model's own; empty means the model's own."""
    ignore_memory: bool = False
    """Load even where the estimate says that it does not fit ("load anyway")."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a streamed answer. Most carry text; the last carries ``finish_reason`` and ``timings``.

    While a long prompt is read, chunks carry ``reading`` (0..1) and ``eta_s`` instead.
    """

    text: str = ""
    thinking: str = ""
    reading: float | None = None
    eta_s: float | None = None
    finish_reason: str = ""
    timings: Timings | None = None


@dataclass(frozen=True, slots=True)
class Preset(_FromDict):
    """A system prompt and sampling options under a name. A built-in one can be copied but not changed."""

    id: str
    name: str
    system_prompt: str = ""
    sampling: dict[str, Any] = field(default_factory=dict)
    """Only the fields of :class:`SamplingOptions` that differ from its defaults."""
    built_in: bool = False

    def options(self) -> SamplingOptions:
        """The preset's sampling options, complete."""
        return SamplingOptions.from_dict(self.sampling)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat's head: everything about it but its messages. Times are seconds since 1970 (UTC).

    ``leaf_id`` is the last message of the branch that is shown. ``deleted`` is when it went to the bin, or None.
    ``sampling`` and ``load`` hold only what the person changed, by field name.
    """

    title: str
    id: str = field(default_factory=new_id)
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    pinned: bool = False
    folder: str = ""
    leaf_id: str | None = None
    model_id: str = ""
    preset_id: str = ""
    system_prompt: str = ""
    sampling: dict[str, Any] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)
    draft: str = ""
    deleted: float | None = None


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A place where a search text occurs: a title, or a message with a snippet.

    In ``snippet`` the matched words stand between U+0002 and U+0003.
    """

    conversation_id: str
    title: str
    message_id: str | None
    snippet: str
    updated: float
