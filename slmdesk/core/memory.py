"""How much memory a model needs before it is loaded, from its header and the load options.

weights
    the file itself.
KV cache
    per token and layer ``kv heads x (key length + value length)`` numbers of the cache's type; the cells are shared by
    all slots and rounded up to 256 (llama.cpp: llama-kv-cache.cpp). Layers with a sliding window hold the whole
    context too, because SLMDesk keeps every prefix for reuse (``swa_full``). Recurrent layers hold a fixed state.
compute buffers
    what one micro-batch of u tokens needs at its peak, fitted to the sizes that llama.cpp 0.3.36 prints on a CPU for
    the shapes of the starter, Qwen2 0.5B, Llama 3.2 3B, Phi-3 mini and Gemma 3 1B (n tokens of context, all slots):
    with flash attention ``4u (3 ffn + 3 hidden + q) + 2un`` per mask; without it the scores of one layer are whole in
    memory: ``4u (4 hidden + q + 2 kv) + 4un heads + 4un`` per mask. Models with a sliding window have two masks.
    The output row of each slot adds ``4 vocabulary``. Found within 6 % of the printed sizes for all of these.
overhead
    the worker itself and the vocabulary's tables.
"""

from __future__ import annotations

from dataclasses import dataclass

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.ggml import BY_NAME, TensorType
from slmdesk.core.gguf_header import Header

DEFAULT_CONTEXT = 4096
"""Tokens, where the options leave the context open and the model was trained with at least as many."""
PROCESS_BYTES = 64 << 20
"""A worker with llama.cpp and no model."""
VOCABULARY_BYTES = 270
"""Bytes for each token of the vocabulary, in llama.cpp's tables."""

_CELLS = 256
_SMALLEST_CONTEXT = 512
_Q4_BITS = 4.9  # bits per weight of a file in Q4_K_M


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes that a model needs when it is loaded, and what of it depends on the context.

    ``context_length`` is per slot; ``per_token`` is what one more token of it costs over all slots.
    """

    weights: int
    kv: int
    compute: int
    overhead: int
    context_length: int = 0
    per_token: float = 0.0
    kv_bits: float = 16.0
    parameters: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.compute + self.overhead


def estimate(header: Header, options: LoadOptions, file_size: int = 0) -> MemoryEstimate:
    """What loading needs. ``file_size`` is the model's, over all its files (0: the tensors of this header)."""
    slots = max(1, options.slots)
    length = options.context_length or min(header.context_length or DEFAULT_CONTEXT, DEFAULT_CONTEXT)
    tokens = -(-length * slots // _CELLS) * _CELLS
    key, value = _cache_type(options.cache_type_k), _cache_type(options.cache_type_v)
    per_cell = sum(
        key.bytes_for(heads * header.key_length) + value.bytes_for(heads * header.value_length)
        for heads in _cached_heads(header)
    )
    fixed, per_token = _compute(header, options, tokens)
    return MemoryEstimate(
        weights=file_size or header.weights_bytes,
        kv=per_cell * tokens + _recurrent_state(header) * slots,
        compute=int(fixed + per_token * tokens) + 4 * slots * header.vocabulary,
        overhead=PROCESS_BYTES + VOCABULARY_BYTES * header.vocabulary,
        context_length=length,
        per_token=(per_cell + per_token) * slots,
        kv_bits=(key.bits + value.bits) / 2,
        parameters=header.parameters,
    )


def fits(need: MemoryEstimate, free: int) -> bool:
    """Whether the model can be loaded with ``free`` bytes."""
    return need.total <= free


def fitting_context(need: MemoryEstimate, free: int) -> int:
    """The longest context below the wished one with which the model fits, a power of two; 0 when none does."""
    spare = free - (need.total - need.per_token * need.context_length)
    if need.per_token <= 0 or spare < need.per_token * _SMALLEST_CONTEXT:
        return 0
    length = min(int(spare / need.per_token), need.context_length - 1)
    return 1 << (length.bit_length() - 1) if length >= _SMALLEST_CONTEXT else 0


def not_enough(model_name: str, need: MemoryEstimate, free: int) -> NotEnoughMemory:
    """The error for a model that does not fit, with what would."""
    message = f"Not enough memory to load {model_name}: it needs {in_gib(need.total)}, {in_gib(max(0, free))} are free."
    ways = []
    smaller = need.total - need.weights + int(need.parameters * _Q4_BITS / 8)
    if need.parameters and smaller <= free and smaller < need.total * 0.9:
        ways.append(f"Q4_K_M ({in_gib(smaller)})")
    if context := fitting_context(need, free):
        ways.append(f"a context of {context:,} tokens")
    if need.kv_bits > 9 and need.total - need.kv * (1 - 8.5 / need.kv_bits) <= free:
        ways.append("q8_0 as the type of the KV cache")
    choice = " or ".join([", ".join(ways[:-1]), ways[-1]] if len(ways) > 1 else ways)
    hint = f"Try {choice}." if ways else "Close other programs, unload a model, or take a smaller one."
    details = ", ".join(
        f"{name} {in_gib(size)}"
        for name, size in (
            ("weights", need.weights),
            ("KV cache", need.kv),
            ("compute buffers", need.compute),
            ("overhead", need.overhead),
        )
    )
    return NotEnoughMemory(message, hint, details)


def in_gib(size: float) -> str:
    """Bytes as a person reads memory: "5.1 GiB", below 1 GiB "300 MiB"."""
    return f"{size / 2**30:.1f} GiB" if size >= 1 << 30 else f"{size / 2**20:.0f} MiB"


def _cache_type(name: str) -> TensorType:
    return BY_NAME.get(name.lower(), BY_NAME["f16"])


def _cached_heads(header: Header) -> tuple[int, ...]:
    """Key and value heads of the layers that have a KV cache."""
    if header.number(".ssm.state_size") and not any(header.kv_head_counts):
        return ()
    return header.kv_head_counts


def _recurrent_state(header: Header) -> int:
    """Bytes for one sequence in the recurrent layers of a Mamba-like model (32-bit numbers)."""
    state, inner = header.number(".ssm.state_size"), header.number(".ssm.inner_size")
    if not state:
        return 0
    layers = sum(1 for heads in header.kv_head_counts if not heads) or header.block_count
    convolved = inner + 2 * header.number(".ssm.group_count") * state
    return 4 * layers * (max(0, header.number(".ssm.conv_kernel") - 1) * convolved + state * inner)


def _compute(header: Header, options: LoadOptions, tokens: int) -> tuple[float, float]:
    """Compute buffers as (fixed bytes, bytes per token of context)."""
    batch = min(options.ubatch_size, options.batch_size, tokens)
    hidden = header.embedding_length
    heads = max(header.head_counts, default=0)
    queries = heads * header.key_length
    masks = 2 if header.number(".attention.sliding_window") else 1
    feed_forward = 4 * batch * (3 * _feed_forward(header) + 3 * hidden + queries)
    if options.flash_attention != "off":
        return feed_forward, 2 * batch * masks
    kv = max(header.kv_head_counts, default=0) * header.key_length
    attention = 4 * batch * (4 * hidden + queries + 2 * kv)
    scores = 4 * batch * heads
    if attention + scores * tokens > feed_forward:
        return attention, scores + 4 * batch * masks
    return feed_forward, 4 * batch * masks


def _feed_forward(header: Header) -> int:
    """The widest layer of the feed-forward part; for a mixture, all experts that work on one token."""
    dense = max(header.per_layer(".feed_forward_length"), default=0)
    return max(dense, header.number(".expert_used_count") * header.number(".expert_feed_forward_length"))
