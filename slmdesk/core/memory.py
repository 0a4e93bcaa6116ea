"""How much memory a model needs before it is loaded, from its shape and the load options.

weights
    the file itself.
KV cache
    per token and layer the key's and the value's numbers in the cache's type; the cells are shared by all slots and
    rounded up to 256 (llama.cpp: llama-kv-cache.cpp). Layers with a sliding window hold the whole context too, because
    SLMDesk keeps every prefix for reuse (``swa_full``). Recurrent layers hold a fixed state for each slot.
compute buffers
    what one micro-batch of u tokens needs at its peak, fitted to the sizes that llama.cpp 0.3.36 prints on a CPU for
    the shapes of the starter, Qwen2 0.5B, Llama 3.2 3B, Phi-3 mini and Gemma 3 1B (n tokens of context, all slots):
    with flash attention ``4u (3 ffn + 3 hidden + q) + 2un`` per mask; without it the scores of one layer are whole in
    memory: ``4u (4 hidden + q + 2 kv) + 4un heads + 4un`` per mask. Models with a sliding window have two masks.
    The output row of each slot adds ``4 vocabulary``. Found within 6 % of the printed sizes for all of these.
overhead
    the worker itself and the vocabulary's tables, and what real loads on this machine showed to be missing.
graphics memory
    the output matrix and the last layers with their part of the cache go there first, as llama.cpp does it; the token
    embeddings stay in the machine's memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.ggml import BY_NAME, TensorType
from slmdesk.core.gguf_header import Header
from slmdesk.core.shape import ModelShape, shape_of_header

DEFAULT_CONTEXT = 4096
"""Tokens, where the options leave the context open and the model was trained with at least as many."""
PROCESS_BYTES = 40 << 20
"""A worker with llama.cpp and no model, and what an answer leaves in it."""
VOCABULARY_BYTES = 270
"""Bytes for each token of the vocabulary, in llama.cpp's tables."""
GPU_BYTES = 300 << 20
"""What a graphics driver takes for a process that computes (CUDA; others take less)."""

_CELLS = 256
_SMALLEST_CONTEXT = 512
_Q4_BITS = 4.9  # bits per weight of a file in Q4_K_M


@dataclass(frozen=True, slots=True)
class Corrections:
    """What real loads on this machine taught: measured memory over predicted, by architecture ("" for all others)."""

    factors: Mapping[str, float] = field(default_factory=dict)

    def factor(self, architecture: str) -> float:
        """What a prediction for this architecture is multiplied with."""
        return self.factors.get(architecture, self.factors.get("", 1.0))


NO_CORRECTIONS = Corrections()


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes that a model needs when it is loaded, and what of it depends on the context.

    ``context_length`` is per slot; ``per_token`` is what one more token of it costs over all slots. ``extra`` is a
    projector or draft model beside it. ``vram`` is the part of all of it that goes to graphics memory, with
    ``gpu_layers`` of ``layers`` (the blocks and the output).
    """

    weights: int
    kv: int
    compute: int
    overhead: int
    context_length: int = 0
    per_token: float = 0.0
    kv_bits: float = 16.0
    parameters: int = 0
    extra: int = 0
    vram: int = 0
    gpu_layers: int = 0
    layers: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.compute + self.overhead + self.extra

    @property
    def ram(self) -> int:
        """What of it the machine's own memory must hold."""
        return self.total - self.vram


def estimate(
    model: ModelShape | Header,
    options: LoadOptions,
    file_size: int = 0,
    *,
    vram: int = 0,
    extra: int = 0,
    corrections: Corrections = NO_CORRECTIONS,
) -> MemoryEstimate:
    """What loading needs.

    ``file_size`` is the model's, over all its files (0: the shape's own), ``extra`` that of a projector or draft model
    beside it, ``vram`` the free memory of the graphics processors that may be used (0: none, or they share the
    machine's memory).
    """
    shape = model if isinstance(model, ModelShape) else shape_of_header(model)
    slots = max(1, options.slots)
    length = options.context_length or min(shape.context_length or DEFAULT_CONTEXT, DEFAULT_CONTEXT)
    tokens = -(-length * slots // _CELLS) * _CELLS
    key, value = _cache_type(options.cache_type_k), _cache_type(options.cache_type_v)
    per_cell = _bytes(key, shape.key_numbers) + _bytes(value, shape.value_numbers)
    weights = file_size or shape.weights_bytes
    fixed, per_token = _compute(shape, options, tokens)
    kv = per_cell * tokens + 4 * shape.state_numbers * shape.recurrent_layers * slots
    compute = int(fixed + per_token * tokens) + 4 * slots * shape.vocabulary
    overhead = PROCESS_BYTES + VOCABULARY_BYTES * shape.vocabulary
    factor = corrections.factor(shape.architecture)
    if factor != 1.0:
        overhead = max(0, overhead + round((weights + kv + compute + overhead) * (factor - 1)))
    gpu_layers = used = 0
    if vram and options.gpu_layers and not options.device.lower().startswith("cpu"):
        gpu_layers, used = _offloaded(shape, weights, kv, compute, options.gpu_layers, vram)
    return MemoryEstimate(
        weights=weights,
        kv=kv,
        compute=compute,
        overhead=overhead + (GPU_BYTES if used else 0),
        context_length=length,
        per_token=(per_cell + per_token) * slots,
        kv_bits=(key.bits + value.bits) / 2,
        parameters=shape.parameters,
        extra=extra,
        vram=used,
        gpu_layers=gpu_layers,
        layers=shape.layers + 1,
    )


def fits(need: MemoryEstimate, free: int) -> bool:
    """Whether the model can be loaded with ``free`` bytes of the machine's memory beside the graphics memory."""
    return need.ram <= free


def fitting_context(need: MemoryEstimate, free: int) -> int:
    """The longest context below the wished one with which the model fits, a power of two; 0 when none does.

    Also 0 where a part is in graphics memory: what moves there with a shorter context is not told by the estimate.
    """
    spare = free - (need.ram - need.per_token * need.context_length)
    if need.vram or need.per_token <= 0 or spare < need.per_token * _SMALLEST_CONTEXT:
        return 0
    length = min(int(spare / need.per_token), need.context_length - 1)
    return 1 << (length.bit_length() - 1) if length >= _SMALLEST_CONTEXT else 0


def not_enough(model_name: str, need: MemoryEstimate, free: int) -> NotEnoughMemory:
    """The error for a model that does not fit, with what would."""
    message = f"Not enough memory to load {model_name}: it needs {in_gib(need.ram)}, {in_gib(max(0, free))} are free."
    ways = []
    smaller = need.ram - need.weights + int(need.parameters * _Q4_BITS / 8)
    if need.parameters and smaller <= free and smaller < need.ram * 0.9:
        ways.append(f"Q4_K_M ({in_gib(smaller)})")
    if context := fitting_context(need, free):
        ways.append(f"a context of {context:,} tokens")
    if need.kv_bits > 9 and need.ram - need.kv * (1 - 8.5 / need.kv_bits) <= free:
        ways.append("q8_0 as the type of the KV cache")
    choice = " or ".join([", ".join(ways[:-1]), ways[-1]] if len(ways) > 1 else ways)
    hint = f"Try {choice}." if ways else "Close other programs, unload a model, or take a smaller one."
    return NotEnoughMemory(message, hint, breakdown(need))


def breakdown(need: MemoryEstimate) -> str:
    """The parts of an estimate in one line."""
    parts = [
        ("weights", need.weights),
        ("KV cache", need.kv),
        ("compute buffers", need.compute),
        ("overhead", need.overhead),
    ]
    if need.extra:
        parts.append(("projector or draft model", need.extra))
    return ", ".join(f"{name} {in_gib(size)}" for name, size in parts)


def in_gib(size: float) -> str:
    """Bytes as a person reads memory: "5.1 GiB", below 1 GiB "300 MiB"."""
    return f"{size / 2**30:.1f} GiB" if size >= 1 << 30 else f"{size / 2**20:.0f} MiB"


def _cache_type(name: str) -> TensorType:
    return BY_NAME.get(name.lower(), BY_NAME["f16"])


def _bytes(kind: TensorType, numbers: int) -> int:
    return numbers * kind.block_bytes // kind.block


def _offloaded(shape: ModelShape, weights: int, kv: int, compute: int, wanted: int, vram: int) -> tuple[int, int]:
    """How many layers go to the graphics memory, counted as llama.cpp counts (the output is one), and their bytes.

    ``wanted`` below 0: as many as have room; else exactly so many, room or not.
    """
    known = sum(shape.layer_bytes)
    outside = shape.embedding_bytes + shape.output_bytes
    scale = weights / (known + outside) if known else 0.0  # the file may be larger than its tensors
    sizes = [size * scale for size in shape.layer_bytes]
    if not all(sizes):  # a part of a split model tells only of its own layers
        sizes = [weights / max(shape.layers, 1)] * shape.layers
    cache = kv / max(len(sizes), 1)
    parts = [(shape.output_bytes or shape.embedding_bytes) * scale, *(size + cache for size in reversed(sizes))]
    used, count = float(compute + GPU_BYTES), 0
    for part in parts[: wanted if wanted >= 0 else None]:
        if wanted < 0 and used + part > vram:
            break
        used += part
        count += 1
    return (count, round(used)) if count else (0, 0)


def _compute(shape: ModelShape, options: LoadOptions, tokens: int) -> tuple[float, float]:
    """Compute buffers as (fixed bytes, bytes per token of context)."""
    batch = min(options.ubatch_size, options.batch_size, tokens)
    hidden = shape.embedding_length
    heads = shape.heads
    queries = heads * shape.key_length
    masks = 2 if any(shape.sliding) else 1
    feed_forward = 4 * batch * (3 * _feed_forward(shape) + 3 * hidden + queries)
    if hidden > 2 * shape.expert_feed_forward > 0:  # what the experts give has no room where their inner values were
        experts = 2 * shape.experts_used * (hidden + shape.expert_feed_forward)
        feed_forward = max(feed_forward, 4 * batch * experts)
    if options.flash_attention != "off":
        return feed_forward, 2 * batch * masks
    kv = shape.kv_heads * shape.key_length
    attention = 4 * batch * (4 * hidden + queries + 2 * kv)
    scores = 4 * batch * heads
    if attention + scores * tokens > feed_forward:
        return attention, scores + 4 * batch * masks
    return feed_forward, 4 * batch * masks


def _feed_forward(shape: ModelShape) -> int:
    """The widest layer of the feed-forward part; for a mixture, all experts that work on one token."""
    return max(shape.feed_forward, shape.experts_used * shape.expert_feed_forward)
