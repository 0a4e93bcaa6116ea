"""Files in the shapes of well-known small models, with random weights already quantized, for measurements.

Each file has the tensors, number formats and dimensions of the real one, so that it takes the same memory and time;
what it writes is nonsense. Nothing is downloaded, and no quantization has to run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Type

from tests.benchmarks.random_gguf import CHATML, add_tokenizer

Sizes = tuple[int, ...]
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Known:
    """The dimensions of a published model. ``kv_heads`` is one number, or one for each layer (0: no attention)."""

    name: str
    architecture: str
    layers: int
    width: int
    heads: int
    kv_heads: int | tuple[int, ...]
    head: int
    feed_forward: int
    vocabulary: int
    layer_type: Type
    embedding_type: Type
    tied: bool = True
    experts: int = 0
    experts_used: int = 0
    extra: tuple[tuple[str, Any], ...] = ()
    """Further metadata: key after the architecture's name, and value."""

    def kv(self, layer: int) -> int:
        """Key and value heads of a layer."""
        return self.kv_heads[layer] if isinstance(self.kv_heads, tuple) else self.kv_heads


SMOLLM = Known("SmolLM2-135M F16", "llama", 30, 576, 9, 3, 64, 1536, 49_152, Type.F16, Type.F16)
QWEN = Known("Qwen2.5-0.5B Q8_0", "qwen2", 24, 896, 14, 2, 64, 4864, 151_936, Type.Q8_0, Type.Q8_0)
LLAMA = Known("Llama-3.2-1B Q4_K_M", "llama", 16, 2048, 32, 8, 64, 8192, 128_256, Type.Q4_K, Type.Q6_K)
GEMMA = Known(
    "Gemma-3-1B Q4_0",
    "gemma3",
    26,
    1152,
    4,
    1,
    256,
    6912,
    262_144,
    Type.Q4_0,
    Type.Q8_0,
    extra=(("attention.sliding_window", 512),),
)
MIXTURE = Known(
    "mixture 1.2B-A0.4B Q8_0",
    "qwen3moe",
    16,
    1024,
    16,
    4,
    64,
    2048,
    151_936,
    Type.Q8_0,
    Type.Q8_0,
    experts=32,
    experts_used=4,
)
HYBRID = Known(
    "LFM2-350M Q8_0",
    "lfm2",
    16,
    1024,
    16,
    (0, 0, 8, 0, 0, 8, 0, 0, 8, 0, 8, 0, 8, 0, 8, 0),
    64,
    4608,
    65_536,
    Type.Q8_0,
    Type.Q8_0,
    extra=(("shortconv.l_cache", 3),),
)
KNOWN = (SMOLLM, QWEN, LLAMA, GEMMA, MIXTURE, HYBRID)


def tensors(model: Known) -> Iterator[tuple[str, Sizes, Type]]:
    """Names, shapes (numpy's order) and formats of all tensors."""
    width = model.width
    yield "token_embd.weight", (model.vocabulary, width), model.embedding_type
    yield ("token_embd_norm.weight" if model.architecture == "lfm2" else "output_norm.weight"), (width,), Type.F32
    if not model.tied:
        yield "output.weight", (model.vocabulary, width), model.embedding_type
    for layer in range(model.layers):
        for name, sizes, kind in _layer(model, layer):
            yield f"blk.{layer}.{name}", sizes, kind


def _layer(model: Known, layer: int) -> Iterator[tuple[str, Sizes, Type]]:
    width, kind = model.width, model.layer_type
    yield "attn_norm.weight", (width,), Type.F32
    yield "ffn_norm.weight", (width,), Type.F32
    if model.kv(layer):
        yield from _attention(model, layer)
    else:
        yield "shortconv.conv.weight", (width, 3), Type.F32
        yield "shortconv.in_proj.weight", (3 * width, width), kind
        yield "shortconv.out_proj.weight", (width, width), kind
    better = Type.Q6_K if kind is Type.Q4_K and layer % 2 == 0 else kind  # as in Q4_K_M: half of these
    if model.experts:
        each = model.feed_forward // model.experts_used
        yield "ffn_gate_inp.weight", (model.experts, width), Type.F32
        yield "ffn_gate_exps.weight", (model.experts, each, width), kind
        yield "ffn_up_exps.weight", (model.experts, each, width), kind
        yield "ffn_down_exps.weight", (model.experts, width, each), better
    else:
        yield "ffn_gate.weight", (model.feed_forward, width), kind
        yield "ffn_up.weight", (model.feed_forward, width), kind
        yield "ffn_down.weight", (width, model.feed_forward), better


def _attention(model: Known, layer: int) -> Iterator[tuple[str, Sizes, Type]]:
    width, kind = model.width, model.layer_type
    queries, kv = model.heads * model.head, model.kv(layer) * model.head
    better = Type.Q6_K if kind is Type.Q4_K and layer % 2 == 0 else kind
    yield "attn_q.weight", (queries, width), kind
    yield "attn_k.weight", (kv, width), kind
    yield "attn_v.weight", (kv, width), better
    yield "attn_output.weight", (width, queries), kind
    if model.architecture == "qwen2":
        yield "attn_q.bias", (queries,), Type.F32
        yield "attn_k.bias", (kv,), Type.F32
        yield "attn_v.bias", (kv,), Type.F32
    if model.architecture in {"gemma3", "qwen3moe", "lfm2"}:
        yield "attn_q_norm.weight", (model.head,), Type.F32
        yield "attn_k_norm.weight", (model.head,), Type.F32
    if model.architecture == "gemma3":
        yield "post_attention_norm.weight", (width,), Type.F32
        yield "post_ffw_norm.weight", (width,), Type.F32


def write_known(path: Path, model: Known, *, context: int = 131_072, seed: int = 1) -> Path:
    """Write the model to ``path``; the same seed gives the same file. Returns the path."""
    writer = gguf.GGUFWriter(path, model.architecture)
    writer.add_name(model.name)
    writer.add_context_length(context)
    writer.add_embedding_length(model.width)
    writer.add_block_count(model.layers)
    writer.add_feed_forward_length(model.feed_forward)
    writer.add_head_count(model.heads)
    writer.add_head_count_kv(list(model.kv_heads) if isinstance(model.kv_heads, tuple) else model.kv_heads)
    writer.add_key_length(model.head)
    writer.add_value_length(model.head)
    writer.add_rope_dimension_count(model.head)
    writer.add_layer_norm_rms_eps(1e-5)
    if model.experts:
        writer.add_expert_count(model.experts)
        writer.add_expert_used_count(model.experts_used)
        writer.add_expert_feed_forward_length(model.feed_forward // model.experts_used)
    for key, value in model.extra:
        writer.add_uint32(f"{model.architecture}.{key}", value)
    add_tokenizer(writer, model.vocabulary)
    writer.add_chat_template(CHATML)
    rng = np.random.default_rng(seed)
    blocks = {kind: _random_blocks(kind, rng) for kind in {kind for _, _, kind in tensors(model)}}
    for name, sizes, kind in tensors(model):
        _add(writer, name, sizes, kind, blocks[kind])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add(writer: gguf.GGUFWriter, name: str, sizes: Sizes, kind: Type, blocks: npt.NDArray[np.uint8]) -> None:
    if kind is Type.F32:
        writer.add_tensor(name, np.ones(sizes, dtype=np.float32))
        return
    per_block, block_bytes = gguf.GGML_QUANT_SIZES[kind]
    size = int(np.prod(sizes)) // per_block * block_bytes
    row = sizes[-1] // per_block * block_bytes
    data = np.resize(blocks, size).reshape(*sizes[:-1], row)
    writer.add_tensor(name, data, raw_dtype=kind)


def _random_blocks(kind: Type, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """About a million bytes of blocks with random numbers and small scales."""
    _, size = gguf.GGML_QUANT_SIZES[kind]
    if kind in {Type.F16, Type.F32}:
        return (rng.standard_normal(_BLOCK // 2) * 0.05).astype(np.float16).view(np.uint8)
    blocks = rng.integers(0, 256, (_BLOCK // size, size), dtype=np.uint8)
    scale = np.frombuffer(np.float16(0.001).tobytes(), dtype=np.uint8)
    places: dict[Type, tuple[int, ...]] = {Type.Q6_K: (208,), Type.Q4_K: (0, 2)}  # ggml-common.h
    for place in places.get(kind, (0,)):
        blocks[:, place : place + 2] = scale
    return blocks.reshape(-1)


def files(folder: Path, models: tuple[Known, ...] = KNOWN, report: Callable[[str], None] = print) -> list[Path]:
    """The files of these models in ``folder``, written where they are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for model in models:
        path = folder / f"{model.name.replace(' ', '-')}.gguf"
        if not path.exists():
            report(f"writing {path.name}")
            part = path.with_suffix(".part")
            write_known(part, model).rename(path)
        found.append(path)
    return found
