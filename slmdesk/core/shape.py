"""The dimensions of a model that decide how much memory it takes and how fast it runs.

A shape comes from a GGUF header (exact), from a Hugging Face ``config.json`` (nearly so), or from nothing but the
number of parameters (a guess after models of that size); the latter two are in ``shape_config``. It can be stored, and
it needs no file. Which layers keep what for each token follows llama.cpp (llama-hparams.cpp and its ``models/``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from slmdesk.core.gguf_header import Header, Tensor

Work = tuple[tuple[str, int], ...]

_SLIDING_EVERY = {
    **dict.fromkeys(("gemma2", "gpt-oss", "openai-moe"), 2),
    **dict.fromkeys(("cohere2", "exaone4", "exaone-moe", "llama4", "olmo2", "afmoe", "smallthinker"), 4),
    "gemma3n": 5,
    **dict.fromkeys(("gemma3", "gemma-embedding"), 6),
    "plamo3": 8,
}
"""Of so many layers the last sees the whole context, the others a window (llama.cpp, models/; Phi-3's is unused)."""
_WHOLE_FIRST = {"smallthinker", "cohere2moe", "laguna", "modern-bert"}
_WINDOWS = {"gemma3n": 512, "llama4": 8192}
_RECURRENT = {"mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"}
_ALSO_RECURRENT = {"falcon-h1"}  # every layer has both
_RECURRENT_BUT_EVERY = {"qwen3next", "qwen35", "qwen35moe"}
_CACHED_FROM_START = {"gemma3n": 20}
_EXPERTS = re.compile(r"_exps\b")


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A model's dimensions. Sizes are bytes; a tuple has one number for each layer; 0 and empty mean "not known".

    ``key_widths`` and ``value_widths``: how many numbers one token leaves in that layer's KV cache (0: none).
    ``sliding``: whether that layer looks back only ``sliding_window`` tokens. ``recurrent_layers`` keep a state of
    ``state_numbers`` 32-bit numbers for each sequence instead. ``work``: the weights that one token is multiplied with
    in the layers, by number format; ``expert_work``: those of the experts that work on it, which are slower to read
    with; ``output_work``: the output matrix, which a prompt needs only for its last token.
    """

    architecture: str = ""
    parameters: int = 0
    active_parameters: int = 0
    weights_bytes: int = 0
    context_length: int = 0
    layers: int = 0
    embedding_length: int = 0
    feed_forward: int = 0
    heads: int = 0
    kv_heads: int = 0
    key_length: int = 0
    value_length: int = 0
    key_widths: tuple[int, ...] = ()
    value_widths: tuple[int, ...] = ()
    sliding_window: int = 0
    sliding: tuple[bool, ...] = ()
    recurrent_layers: int = 0
    state_numbers: int = 0
    vocabulary: int = 0
    experts: int = 0
    experts_used: int = 0
    expert_feed_forward: int = 0
    layer_bytes: tuple[int, ...] = ()
    embedding_bytes: int = 0
    output_bytes: int = 0
    """Bytes of the output matrix; 0 where the embeddings serve as output too."""
    work: Work = ()
    expert_work: Work = ()
    output_work: Work = ()
    exact: bool = False
    """Whether the weights were counted tensor by tensor."""
    key_numbers: int = field(init=False, default=0, compare=False, repr=False)
    """Numbers of all layers' keys for one token."""
    value_numbers: int = field(init=False, default=0, compare=False, repr=False)
    """Numbers of all layers' values for one token."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_numbers", sum(self.key_widths))
        object.__setattr__(self, "value_numbers", sum(self.value_widths))

    @property
    def tied(self) -> bool:
        """Whether the token embeddings are the output matrix too."""
        return not self.output_bytes

    def to_dict(self) -> dict[str, Any]:
        """The shape as JSON holds it; what is not known is left out."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.init}
        return {name: value for name, value in found.items() if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelShape:
        """The shape that :meth:`to_dict` told; unknown names and values of the wrong kind are left out."""
        found: dict[str, Any] = {}
        for f in fields(cls):
            if f.init and f.name in data:
                value = _revived(f.name, f.default, data[f.name])
                if value is not None:
                    found[f.name] = value
        return cls(**found)


def _revived(name: str, default: Any, value: Any) -> Any | None:
    if isinstance(default, tuple):
        if not isinstance(value, (list, tuple)):
            return None
        if name in {"work", "expert_work", "output_work"}:
            pairs = [pair for pair in value if isinstance(pair, (list, tuple)) and len(pair) == 2]
            return tuple((str(kind), count) for kind, count in pairs if isinstance(count, int) and count >= 0)
        return tuple(value) if all(isinstance(v, int) for v in value) else None
    return value if type(value) is type(default) else None


# From a GGUF header


def shape_of_header(header: Header, parts: Iterable[Header] = ()) -> ModelShape:
    """The shape of a GGUF file; ``parts`` are the headers of a split model's other files."""
    tensors = [*header.tensors, *(tensor for part in parts for tensor in part.tensors)]
    key_widths, value_widths = _widths(header)
    sliding = _sliding(header)
    weights = _Weights.of(tensors, header.block_count, header.number(".expert_count"), _experts_used(header))
    recurrent = _recurrent_layers(header)
    vocabulary = header.vocabulary
    if not vocabulary:
        vocabulary = next((t.shape[-1] for t in tensors if t.name == "token_embd.weight" and len(t.shape) == 2), 0)
    return ModelShape(
        architecture=header.architecture,
        parameters=sum(t.elements for t in tensors) or header.number("general.parameter_count"),
        active_parameters=weights.active,
        weights_bytes=sum(t.size for t in tensors),
        context_length=header.context_length,
        layers=header.block_count,
        embedding_length=header.embedding_length,
        feed_forward=max(header.per_layer(".feed_forward_length"), default=0),
        heads=max(header.head_counts, default=0),
        kv_heads=max(header.kv_head_counts, default=0),
        key_length=header.key_length,
        value_length=header.value_length,
        key_widths=key_widths,
        value_widths=value_widths,
        sliding_window=_window(header) if any(sliding) else 0,
        sliding=sliding,
        recurrent_layers=recurrent,
        state_numbers=_state_numbers(header) if recurrent else 0,
        vocabulary=vocabulary,
        experts=header.number(".expert_count"),
        experts_used=_experts_used(header),
        expert_feed_forward=max(header.per_layer(".expert_feed_forward_length"), default=0),
        layer_bytes=weights.layers,
        embedding_bytes=weights.embedding,
        output_bytes=weights.output,
        work=weights.work,
        expert_work=weights.expert_work,
        output_work=weights.output_work,
        exact=bool(tensors),
    )


@dataclass(frozen=True, slots=True)
class _Weights:
    """What the tensors weigh: in each layer, before and after them."""

    layers: tuple[int, ...]
    embedding: int
    output: int
    work: Work
    expert_work: Work
    output_work: Work
    active: int

    @classmethod
    def of(cls, tensors: Sequence[Tensor], layers: int, experts: int, used: int) -> _Weights:
        share = used / experts if experts and used else 1.0
        sizes = [0] * layers
        work: Counter[str] = Counter()
        expert: Counter[str] = Counter()
        output: Counter[str] = Counter()
        embedding = output_bytes = 0
        embedding_work: tuple[str, int] = ("", 0)
        active = 0.0
        for tensor in tensors:
            of_expert = bool(_EXPERTS.search(tensor.name))
            acting = tensor.elements * (share if of_expert else 1.0)
            active += acting
            number = _layer_of(tensor.name)
            if number is not None and number < layers:
                sizes[number] += tensor.size
                if len(tensor.shape) > 1:
                    (expert if of_expert else work)[tensor.type.name] += round(acting)
            elif tensor.name == "token_embd.weight":
                embedding, embedding_work = tensor.size, (tensor.type.name, tensor.elements)
            elif tensor.name == "output.weight":
                output_bytes = tensor.size
                output[tensor.type.name] += tensor.elements
        if not output and embedding_work[1]:
            output[embedding_work[0]] = embedding_work[1]
        return cls(
            layers=tuple(sizes),
            embedding=embedding,
            output=output_bytes,
            work=tuple(work.items()),
            expert_work=tuple(expert.items()),
            output_work=tuple(output.items()),
            active=round(active),
        )


def _layer_of(name: str) -> int | None:
    start, _, rest = name.partition(".")
    number = rest.partition(".")[0]
    return int(number) if start == "blk" and number.isdigit() and len(number) < 6 else None


def _experts_used(header: Header) -> int:
    return max(header.per_layer(".expert_used_count"), default=0)


def _window(header: Header) -> int:
    return header.number(".attention.sliding_window", _WINDOWS.get(header.architecture, 0))


def _sliding(header: Header) -> tuple[bool, ...]:
    """Which layers look back only a window."""
    layers = header.block_count
    if not _window(header):
        return (False,) * layers
    told = header.metadata.get(f"{header.architecture}.attention.sliding_window_pattern")
    if isinstance(told, tuple) and len(told) >= layers:
        return tuple(bool(v) for v in told[:layers])
    every = told if isinstance(told, int) and told > 0 else _SLIDING_EVERY.get(header.architecture, 0)
    if not every:
        return (False,) * layers
    if header.architecture in _WHOLE_FIRST:
        return tuple(i % every != 0 for i in range(layers))
    return tuple(i % every < every - 1 for i in range(layers))


def _is_recurrent(header: Header) -> bool:
    return header.architecture in _RECURRENT or bool(header.number(".wkv.head_size"))


def _recurrent(header: Header) -> tuple[bool, ...]:
    """Which layers keep a fixed state instead of a cache that grows."""
    layers = header.block_count
    heads = header.kv_head_counts
    if _is_recurrent(header) or header.architecture in _ALSO_RECURRENT:
        return (True,) * layers
    if header.architecture in _RECURRENT_BUT_EVERY:
        told = header.metadata.get(f"{header.architecture}.attention.recurrent_layers")
        if isinstance(told, tuple) and len(told) >= layers:
            return tuple(bool(v) for v in told[:layers])
        every = header.number(".full_attention_interval", 4) or 4
        return tuple((i + 1) % every != 0 for i in range(layers))
    if not (header.number(".ssm.state_size") or header.number(".shortconv.l_cache")):
        return (False,) * layers
    if not any(heads):
        return (True,) * layers
    feed_forward = header.metadata.get(f"{header.architecture}.feed_forward_length")
    if isinstance(feed_forward, tuple) and len(feed_forward) >= layers:  # a layer of nemotron_h is only one thing
        return tuple(not n and not feed_forward[i] for i, n in enumerate(heads))
    return tuple(not n for n in heads)


def _recurrent_layers(header: Header) -> int:
    return sum(_recurrent(header))


def _widths(header: Header) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of one token's key and value in each layer's cache."""
    layers = header.block_count
    if _is_recurrent(header):
        return (0,) * layers, (0,) * layers
    cached = header.kv_head_counts
    if header.architecture not in _ALSO_RECURRENT:
        cached = tuple(0 if state else heads for heads, state in zip(cached, _recurrent(header), strict=True))
    shared = header.number(".attention.shared_kv_layers")
    first = _CACHED_FROM_START.get(header.architecture, layers - min(shared, layers))
    cached = tuple(heads if i < first else 0 for i, heads in enumerate(cached))
    if header.number(".attention.key_length_mla"):  # one latent vector for all heads, and no values beside it
        latent = header.key_length
        return tuple(latent if heads else 0 for heads in cached), (0,) * layers
    narrow, key, value = _sliding(header), header.key_length, header.value_length
    key_swa = header.number(".attention.key_length_swa", key)
    value_swa = header.number(".attention.value_length_swa", value)
    return (
        tuple(n * (key_swa if narrow[i] else key) for i, n in enumerate(cached)),
        tuple(n * (value_swa if narrow[i] else value) for i, n in enumerate(cached)),
    )


def _state_numbers(header: Header) -> int:
    """32-bit numbers that one recurrent layer keeps for one sequence."""
    width = header.embedding_length
    if head := header.number(".wkv.head_size"):
        return width * (head + header.number(".token_shift_count", 2))
    if short := header.number(".shortconv.l_cache"):
        return width * max(0, short - 1)
    state, inner = header.number(".ssm.state_size"), header.number(".ssm.inner_size")
    convolved = inner + 2 * header.number(".ssm.group_count") * state
    return max(0, header.number(".ssm.conv_kernel") - 1) * convolved + state * inner
