"""A model's shape without its weights: from a ``config.json``, or guessed from the number of its parameters.

This is what is known of a model before its download. A configuration gives the memory of the context exactly and the
weights within some percent; a bare number of parameters gives both after a well-known model of about that size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from slmdesk.core.quantizations import bits_of, formats_of
from slmdesk.core.shape import ModelShape, Work

_MOST = 1 << 40  # no honest number in a configuration is larger
_MOST_LAYERS = 4096
_USUAL_BITS = 4.9
_NORMS = 2  # norm vectors of a layer
_TYPICAL = (
    # parameters in 10^9, layers, width, feed forward, heads, kv heads, head length, vocabulary; after:
    (0.135, 30, 576, 1536, 9, 3, 64, 49_152),  # SmolLM2 135M
    (0.5, 24, 896, 4864, 14, 2, 64, 151_936),  # Qwen2.5 0.5B
    (0.6, 28, 1024, 3072, 16, 8, 128, 151_936),  # Qwen3 0.6B
    (1.0, 16, 2048, 8192, 32, 8, 64, 128_256),  # Llama 3.2 1B
    (1.7, 28, 2048, 6144, 16, 8, 128, 151_936),  # Qwen3 1.7B
    (3.0, 28, 3072, 8192, 24, 8, 128, 128_256),  # Llama 3.2 3B
    (4.0, 36, 2560, 9728, 32, 8, 128, 151_936),  # Qwen3 4B
    (8.0, 32, 4096, 14_336, 32, 8, 128, 128_256),  # Llama 3.1 8B
    (14.0, 40, 5120, 17_408, 40, 8, 128, 151_936),  # Qwen3 14B
    (32.0, 64, 5120, 25_600, 64, 8, 128, 151_936),  # Qwen3 32B
    (70.0, 80, 8192, 28_672, 64, 8, 128, 128_256),  # Llama 3 70B
)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Weights by where they stand, as counts."""

    layer: float
    acting: float
    """Of a layer's weights those that work on one token."""
    experts: float
    """Of these the ones in experts."""
    embedding: int
    output: int


def shape_of_config(config: Mapping[str, Any], quantization: str = "", weights_bytes: int = 0) -> ModelShape:
    """The shape of a Hugging Face ``config.json``; ``weights_bytes`` 0: estimated from the number format.

    Nothing in the configuration is trusted: what is missing or absurd counts as not known.
    """
    inner = config.get("text_config")
    told = {**config, **inner} if isinstance(inner, Mapping) else dict(config)
    layers = min(_number(told, "num_hidden_layers", "n_layer", "n_layers"), _MOST_LAYERS)
    width = _number(told, "hidden_size", "n_embd", "d_model")
    heads = _number(told, "num_attention_heads", "n_head")
    head = _number(told, "head_dim") or (width // heads if heads else 0)
    kv_heads = _number(told, "num_key_value_heads") or heads
    kinds = _kinds(told, layers)
    cached = tuple(kv_heads if kind in {"full", "sliding"} else 0 for kind in kinds)
    latent = _number(told, "kv_lora_rank")
    key = (latent + _number(told, "qk_rope_head_dim")) if latent else head
    shape = ModelShape(
        architecture=str(told.get("model_type", ""))[:80],
        context_length=_number(told, "max_position_embeddings", "n_positions", "seq_length"),
        layers=layers,
        embedding_length=width,
        feed_forward=_number(told, "intermediate_size", "n_inner") or 4 * width,
        heads=heads,
        kv_heads=1 if latent else kv_heads,
        key_length=key,
        value_length=latent or head,
        key_widths=tuple(key if latent else n * head for n in cached),
        value_widths=tuple(0 if latent else n * head for n in cached),
        sliding_window=_number(told, "sliding_window") if "sliding" in kinds else 0,
        sliding=tuple(kind == "sliding" for kind in kinds),
        recurrent_layers=kinds.count("recurrent"),
        state_numbers=_state_numbers(told, width) if "recurrent" in kinds else 0,
        vocabulary=_number(told, "vocab_size"),
        experts=_number(told, "num_experts", "num_local_experts", "n_routed_experts"),
        experts_used=_number(told, "num_experts_per_tok", "experts_per_token"),
        expert_feed_forward=_number(told, "moe_intermediate_size"),
    )
    shared = _number(told, "n_shared_experts") * shape.expert_feed_forward
    shared = _number(told, "shared_expert_intermediate_size") or shared
    tied = bool(told.get("tie_word_embeddings", config.get("tie_word_embeddings", False)))
    sizes = _sizes(shape, head, shared, tied=tied)
    return _weighed(shape, sizes, quantization or _stored_as(told), weights_bytes)


def shape_of_size(
    parameters: int,
    *,
    active_parameters: int = 0,
    quantization: str = "Q4_K_M",
    weights_bytes: int = 0,
    context_length: int = 0,
    architecture: str = "",
    layers: int = 0,
    embedding_length: int = 0,
    kv_heads: int = 0,
    head_length: int = 0,
    vocabulary: int = 0,
) -> ModelShape:
    """The shape of a model of which hardly more is known than its size; what is 0 is guessed from models like it."""
    billions = max(parameters, 1) / 1e9
    like = min(_TYPICAL, key=lambda row: abs(math.log(row[0] / billions)))
    _, some_layers, width, feed_forward, heads, some_kv, head, words = like
    acting = min(active_parameters or parameters, parameters)
    layers = min(layers or some_layers, _MOST_LAYERS)
    width = embedding_length or width
    kv = (kv_heads or some_kv) * (head_length or head)
    shape = ModelShape(
        architecture=architecture,
        parameters=parameters,
        active_parameters=acting,
        context_length=context_length,
        layers=layers,
        embedding_length=width,
        feed_forward=feed_forward,
        heads=heads,
        kv_heads=kv_heads or some_kv,
        key_length=head_length or head,
        value_length=head_length or head,
        key_widths=(kv,) * layers,
        value_widths=(kv,) * layers,
        sliding=(False,) * layers,
        vocabulary=vocabulary or words,
    )
    embedding = min(shape.vocabulary * width, parameters // 2)
    layer = (parameters - embedding) / max(layers, 1)
    active_layer = max(acting - embedding, acting // 2) / max(layers, 1)
    acting_layer = min(layer, active_layer)
    experts = 0.8 * acting_layer if active_parameters and active_parameters < parameters else 0.0
    return _weighed(shape, _Sizes(layer, acting_layer, experts, embedding, 0), quantization, weights_bytes)


def shape_of_file(
    parameters: int, active_parameters: int, quantization: str, size: int, context_length: int
) -> ModelShape | None:
    """A guessed shape of a file of ``size`` bytes; None where neither its parameters nor its bytes are known."""
    if not parameters and not size:
        return None
    return shape_of_size(
        parameters or round(size * 8 / (bits_of(quantization) or _USUAL_BITS)),
        active_parameters=active_parameters,
        quantization=quantization or "Q4_K_M",
        weights_bytes=size,
        context_length=context_length,
    )


def requantized(shape: ModelShape, quantization: str, weights_bytes: int = 0) -> ModelShape:
    """The same model in another quantization; ``weights_bytes`` 0: estimated from its bits per weight."""
    formats = formats_of(quantization)
    size = weights_bytes or round(shape.parameters * bits_of(quantization) / 8) or shape.weights_bytes
    ratio = size / shape.weights_bytes if shape.weights_bytes else 0.0
    work, expert_work, output_work = shape.work, shape.expert_work, shape.output_work
    if formats:
        work = _split(sum(count for _, count in shape.work), formats)
        expert_work = _split(sum(count for _, count in shape.expert_work), formats)
        output_work = _split(sum(count for _, count in shape.output_work), _output_formats(formats))
    return replace(
        shape,
        weights_bytes=size,
        layer_bytes=tuple(round(n * ratio) for n in shape.layer_bytes),
        embedding_bytes=round(shape.embedding_bytes * ratio),
        output_bytes=round(shape.output_bytes * ratio),
        work=work,
        expert_work=expert_work,
        output_work=output_work,
        exact=False,
    )


def _number(told: Mapping[str, Any], *names: str) -> int:
    """The first of these entries that is a sensible whole number."""
    for name in names:
        value = told.get(name)
        if type(value) is int and 0 < value < _MOST:
            return value
    return 0


def _kinds(told: Mapping[str, Any], layers: int) -> list[str]:
    """What each layer is: "full", "sliding" or "recurrent"."""
    types = told.get("layer_types") or told.get("layers_block_type")
    if isinstance(types, list) and len(types) >= layers:
        return [_kind(str(kind)) for kind in types[:layers]]
    if _number(told, "state_size", "ssm_cfg") and not _number(told, "num_attention_heads"):
        return ["recurrent"] * layers
    if every := _number(told, "full_attention_interval"):
        return ["full" if (i + 1) % every == 0 else "recurrent" for i in range(layers)]
    if _number(told, "sliding_window") and told.get("use_sliding_window", True):
        every = _number(told, "sliding_window_pattern")
        return ["full" if every and (i + 1) % every == 0 else "sliding" for i in range(layers)]
    return ["full"] * layers


def _kind(name: str) -> str:
    if name in {"sliding_attention", "chunked_attention", "local_attention"}:
        return "sliding"
    return "full" if name in {"full_attention", "attention", "global_attention", "hybrid"} else "recurrent"


def _state_numbers(told: Mapping[str, Any], width: int) -> int:
    """32-bit numbers that one recurrent layer keeps for one sequence."""
    if values := _number(told, "linear_num_value_heads"):  # gated delta net: one matrix per head
        key, value = _number(told, "linear_key_head_dim"), _number(told, "linear_value_head_dim")
        convolved = 2 * _number(told, "linear_num_key_heads") * key + values * value
        return values * key * value + max(0, _number(told, "linear_conv_kernel_dim") - 1) * convolved
    if length := _number(told, "conv_L_cache"):
        return width * (length - 1)
    inner = _number(told, "intermediate_size", "mamba_d_ssm") or 2 * width
    if expanded := _number(told, "mamba_expand"):
        inner = expanded * width
    state = _number(told, "mamba_d_state", "ssm_state_size", "state_size")
    kernel = _number(told, "mamba_d_conv", "conv_kernel")
    groups = _number(told, "mamba_n_groups", "n_groups")
    return state * inner + max(0, kernel - 1) * (inner + 2 * groups * state)


def _sizes(shape: ModelShape, head: int, shared: int, *, tied: bool) -> _Sizes:
    """Weights of an average layer and of the two ends, with the usual gated feed-forward part."""
    width, layers = shape.embedding_length, max(shape.layers, 1)
    queries = shape.heads * head
    caches = sum(1 for n in shape.key_widths if n) / layers
    attention = (2 * width * queries + width * 2 * shape.kv_heads * shape.key_length) * max(caches, 0.5)
    dense = 3 * width * shape.feed_forward
    layer = acting = attention + dense + _NORMS * width
    experts = 0.0
    if shape.experts:
        one = 3 * width * (shape.expert_feed_forward or shape.feed_forward)
        rest = attention + 3 * width * shared + width * shape.experts + _NORMS * width
        experts = min(shape.experts_used, shape.experts) * one
        layer, acting = rest + shape.experts * one, rest + experts
    embedding = shape.vocabulary * width
    return _Sizes(layer, acting, experts, embedding, 0 if tied else embedding)


def _stored_as(told: Mapping[str, Any]) -> str:
    """The number format of the weights as published."""
    quantized = told.get("quantization_config") or told.get("quantization")
    if isinstance(quantized, Mapping):
        bits = _number(quantized, "bits", "weight_bits")
        return {2: "Q2_K", 3: "Q3_K_M", 4: "Q4_0", 8: "Q8_0"}.get(bits, "Q8_0")
    kind = str(told.get("torch_dtype") or told.get("dtype") or "bfloat16")
    return {"float32": "F32", "float16": "F16"}.get(kind, "BF16")


def _weighed(shape: ModelShape, sizes: _Sizes, quantization: str, weights_bytes: int) -> ModelShape:
    """The shape with its weights' bytes, from counts and a quantization."""
    layers = sizes.layer * shape.layers
    count = layers + sizes.embedding + sizes.output
    bits = bits_of(quantization) or 16.0
    size = weights_bytes or round(count * bits / 8)
    per_weight = size / count if count else 0.0
    formats = formats_of(quantization) or (("F16", 1.0),)
    return replace(
        shape,
        parameters=shape.parameters or round(count),
        active_parameters=shape.active_parameters
        or round(sizes.acting * shape.layers + sizes.embedding + sizes.output),
        weights_bytes=size,
        layer_bytes=(round(sizes.layer * per_weight),) * shape.layers,
        embedding_bytes=round(sizes.embedding * per_weight),
        output_bytes=round(sizes.output * per_weight),
        work=_split(round((sizes.acting - sizes.experts) * shape.layers), formats),
        expert_work=_split(round(sizes.experts * shape.layers), formats) if sizes.experts else (),
        output_work=_split(sizes.output or sizes.embedding, _output_formats(formats)),
    )


def _split(count: int, formats: tuple[tuple[str, float], ...]) -> Work:
    return tuple((kind, round(count * share)) for kind, share in formats)


def _output_formats(formats: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    """The output matrix in a K or I quantization is Q6_K; in another it is like the layers (llama-quant.cpp)."""
    kind = formats[0][0]
    return (("Q6_K", 1.0),) if kind.endswith("_K") or kind.startswith("IQ") else ((kind, 1.0),)
