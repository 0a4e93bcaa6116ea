"""The facts of a model that is a folder: safetensors or MLX with ``config.json``, ONNX with ``genai_config.json``."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from slmdesk.core.facts import FileKind, ModelFacts
from slmdesk.core.families import EMBEDDING_BUILDS, family_of, template_abilities
from slmdesk.core.models import Ability, ModelFormat
from slmdesk.core.onnx import OnnxGraph
from slmdesk.core.safetensors import BITS, SafetensorsHeader, StoredTensor
from slmdesk.core.shape import ModelShape
from slmdesk.core.shape_config import shape_of_config

_SCALES = re.compile(r"(?:^|[._])(scales?|biases|qzeros|g_idx|zeros|absmax|quant_map|weight_scale_inv|weight_scale)$")
_EXPERTS = re.compile(r"\.experts?\b|block_sparse_moe\.experts")
_FLOATS = {"F32": "F32", "F16": "F16", "BF16": "BF16", "F64": "F64"}
_LONGEST = 200


def facts_of_safetensors(
    headers: Sequence[SafetensorsHeader],
    config: Mapping[str, Any],
    *,
    template: str = "",
    licence: str = "",
    tokenizer: str = "",
    files: Sequence[str] = (),
    size: int = 0,
) -> ModelFacts:
    """The facts of a model in safetensors; ``headers`` are of all its files, ``config`` is its ``config.json``."""
    told = _text_config(config)
    quantized = _quantization_config(config)
    tensors = [tensor for header in headers for tensor in header.tensors]
    bits = _whole(quantized, "bits") or _whole(quantized, "weight_bits")
    types = _weights(tensors, bits)
    parameters = sum(types.values())
    stored = sum(tensor.size for tensor in tensors)
    active = parameters - _idle(tensors, bits, told)
    shape = shape_of_config(config, weights_bytes=stored)
    architecture = _text(told, "model_type") or _text(config, "model_type")
    classes = config.get("architectures")
    names = [str(n)[:80] for n in classes[:1]] if isinstance(classes, list) else []
    mlx = any(header.metadata.get("format") == "mlx" for header in headers)
    mlx = mlx or ("group_size" in quantized and "quant_method" not in quantized)
    return ModelFacts(
        format=ModelFormat.MLX if mlx else ModelFormat.SAFETENSORS,
        kind=FileKind.MODEL if architecture or names else FileKind.OTHER,
        architecture=architecture[:80],
        name=_text(config, "_name_or_path").rpartition("/")[2][:_LONGEST],
        family=family_of(architecture, *names, _text(config, "_name_or_path")),
        parameters=parameters,
        active_parameters=active,
        context_length=shape.context_length,
        layers=shape.layers,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        embedding_length=shape.embedding_length,
        quantization=_label(quantized, types, bits, mlx=mlx),
        bits_per_weight=round(8 * stored / parameters, 3) if parameters else 0.0,
        tensor_types=dict(types.most_common()),
        licence=licence[:_LONGEST],
        template=template,
        tokenizer=tokenizer[:80],
        vocabulary=shape.vocabulary,
        abilities=_abilities(architecture, names, template, config),
        files=tuple(files),
        size=size or sum(header.file_size for header in headers),
        fingerprint=_fingerprint(header.digest for header in headers),
        version=", ".join(dict.fromkeys(header.metadata.get("format", "") for header in headers))[:40],
        shape=_exact(shape, parameters, active),
    )


def _exact(shape: ModelShape, parameters: int, active: int) -> ModelShape:
    """The shape with the weights as they were counted."""
    return replace(
        shape, parameters=parameters or shape.parameters, active_parameters=active or shape.active_parameters
    )


def _text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = config.get("text_config") or config.get("llm_config")
    return {**config, **inner} if isinstance(inner, Mapping) else config


def _quantization_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    found = config.get("quantization_config") or config.get("quantization")
    return found if isinstance(found, Mapping) else {}


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _whole(data: Mapping[str, Any], key: str) -> int:
    value = data.get(key)
    return value if type(value) is int and 0 < value < 1 << 40 else 0


def _weights(tensors: Sequence[StoredTensor], bits: int) -> Counter[str]:
    """The weights in each number format; packed ones are unpacked, scales and zero points are none."""
    names = {tensor.name for tensor in tensors}
    types: Counter[str] = Counter()
    for tensor in tensors:
        kind, count = _meaning(tensor, bits, names)
        if count:
            types[kind] += count
    return types


def _meaning(tensor: StoredTensor, bits: int, names: set[str]) -> tuple[str, int]:
    """What a stored tensor stands for: a number format and how many weights."""
    width = BITS[tensor.dtype]
    if tensor.dtype in _FLOATS:
        packed = _SCALES.search(tensor.name) and not tensor.name.endswith(".bias")
        stem = tensor.name.rpartition(".")[0]
        around = {f"{stem}.weight", f"{stem}.qweight", stem}
        if packed and (around & names or tensor.name.endswith("_scales")):
            return "", 0
        return _FLOATS[tensor.dtype], tensor.elements
    if _SCALES.search(tensor.name):
        return "", 0
    if tensor.dtype.startswith("F8"):
        return "F8", tensor.elements
    if tensor.name.endswith("_blocks") and tensor.dtype == "U8":
        return "MXFP4", tensor.elements * 2
    if tensor.dtype in {"I32", "U32"} and bits and width > bits:
        return f"INT{bits}", tensor.elements * width // bits
    if tensor.dtype == "U8" and len(tensor.shape) == 2 and tensor.shape[-1] == 1:
        return "NF4", tensor.elements * 2  # bitsandbytes, 4 bits
    if tensor.dtype in {"I8", "U8"} and len(tensor.shape) > 1:
        return "INT8", tensor.elements
    return "", 0


def _idle(tensors: Sequence[StoredTensor], bits: int, told: Mapping[str, Any]) -> int:
    """Weights of experts that do not work on a token."""
    experts = _whole(told, "num_experts") or _whole(told, "num_local_experts") or _whole(told, "n_routed_experts")
    used = _whole(told, "num_experts_per_tok") or _whole(told, "experts_per_token")
    if not experts or not used or used >= experts:
        return 0
    names = {tensor.name for tensor in tensors}
    inner = sum(_meaning(t, bits, names)[1] for t in tensors if _EXPERTS.search(t.name) and "shared" not in t.name)
    return round(inner * (1 - used / experts))


def _label(quantized: Mapping[str, Any], types: Counter[str], bits: int, *, mlx: bool) -> str:
    """The quantization in the words that people use for it."""
    method = _text(quantized, "quant_method")
    if mlx and bits:
        return f"MLX {bits}-bit"
    if method == "bitsandbytes":
        return "NF4" if quantized.get("load_in_4bit") or quantized.get("_load_in_4bit") else "INT8"
    if method in {"gptq", "awq"}:
        return f"{method.upper()} {bits or 4}-bit"
    if method in {"mxfp4", "fp8"}:
        return method.upper()
    return types.most_common(1)[0][0] if types else ""


def _abilities(architecture: str, names: Sequence[str], template: str, config: Mapping[str, Any]) -> frozenset[Ability]:
    writes = any("CausalLM" in n or "ConditionalGeneration" in n or "LMHead" in n for n in names)
    if architecture in EMBEDDING_BUILDS or (names and not writes and not template):
        return frozenset({Ability.EMBEDDINGS})
    found = template_abilities(template)
    if isinstance(config.get("vision_config"), Mapping):
        found.add(Ability.VISION)
    return frozenset(found)


def _fingerprint(digests: Any) -> str:
    told = "\n".join(digests)
    return hashlib.sha256(told.encode()).hexdigest() if told else ""


def facts_of_onnx(
    graphs: Sequence[OnnxGraph],
    genai: Mapping[str, Any],
    *,
    config: Mapping[str, Any] | None = None,
    template: str = "",
    licence: str = "",
    tokenizer: str = "",
    files: Sequence[str] = (),
    size: int = 0,
) -> ModelFacts:
    """The facts of an ONNX model; ``genai`` is its ``genai_config.json`` and ``config`` its ``config.json``, if any."""
    model = genai.get("model")
    told: Mapping[str, Any] = model if isinstance(model, Mapping) else {}
    types: Counter[str] = Counter()
    for graph in graphs:
        types.update(graph.types)
    shape = shape_of_config(_as_config(told) if told else config or {}, weights_bytes=size)
    architecture = _text(told, "type") or _text(config or {}, "model_type")
    parameters = sum(types.values())
    abilities = template_abilities(template)
    if "vision" in told:
        abilities.add(Ability.VISION)
    return ModelFacts(
        format=ModelFormat.ONNX,
        kind=FileKind.MODEL if told else FileKind.OTHER,
        architecture=architecture[:80],
        family=family_of(architecture, _text(config or {}, "_name_or_path")),
        parameters=parameters,
        active_parameters=parameters,
        context_length=shape.context_length,
        layers=shape.layers,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        embedding_length=shape.embedding_length,
        quantization=types.most_common(1)[0][0] if types else "",
        bits_per_weight=round(8 * size / parameters, 3) if parameters else 0.0,
        tensor_types=dict(types.most_common()),
        licence=licence[:_LONGEST],
        template=template,
        tokenizer=tokenizer[:80],
        vocabulary=shape.vocabulary,
        abilities=frozenset(abilities),
        files=tuple(files),
        size=size,
        fingerprint=_fingerprint(
            f"{g.file_size} {g.tensors} {sorted(g.types.items())} {sorted({(e.location, e.end) for e in g.external})}"
            for g in graphs
        ),
        version=", ".join(dict.fromkeys(g.producer for g in graphs if g.producer))[:80],
        shape=_exact(shape, parameters, parameters),
    )


def _as_config(told: Mapping[str, Any]) -> dict[str, Any]:
    """The part of ``genai_config.json`` that describes the model, in the words of a ``config.json``."""
    inner = told.get("decoder")
    decoder: Mapping[str, Any] = inner if isinstance(inner, Mapping) else {}
    found = {
        "model_type": _text(told, "type"),
        "num_hidden_layers": decoder.get("num_hidden_layers"),
        "hidden_size": decoder.get("hidden_size"),
        "num_attention_heads": decoder.get("num_attention_heads"),
        "num_key_value_heads": decoder.get("num_key_value_heads"),
        "head_dim": decoder.get("head_size"),
        "max_position_embeddings": told.get("context_length"),
        "vocab_size": told.get("vocab_size"),
    }
    return {key: value for key, value in found.items() if value is not None}
