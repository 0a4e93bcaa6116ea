"""Random-weight GGUF models in real shapes, with a synthetic byte-level BPE tokenizer, for tests and measurements.

They talk nonsense, but they cost what a real model of that shape costs, and no download is needed.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>")


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model: layers, widths, heads, vocabulary (tokens, special ones included), trained context."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int
    context: int
    tied: bool = False
    """Whether the token embeddings serve as output too; a random model then mostly repeats its last token."""

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads


TINY = Shape(layers=2, width=64, heads=2, kv_heads=1, feed_forward=128, vocabulary=600, context=4096)
HALF_BILLION = Shape(
    layers=24, width=896, heads=14, kv_heads=2, feed_forward=4864, vocabulary=151_936, context=32_768, tied=True
)


def byte_alphabet() -> list[str]:
    """The 256 characters that stand for the bytes in a byte-level BPE vocabulary, in the order of the bytes."""
    printable = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    beyond = itertools.count(256)
    return [chr(byte) if byte in printable else chr(next(beyond)) for byte in range(256)]


def _merges() -> Iterator[tuple[str, str]]:
    letters = string.ascii_lowercase
    pairs = [a + b for a in letters for b in letters]
    triples = [pair + c for pair in pairs for c in letters]
    for made in (pairs, triples, (triple + d for triple in triples for d in letters)):
        yield from ((word[:-1], word[-1]) for word in made)


def _vocabulary(size: int) -> tuple[list[str], list[int], list[str]]:
    """Tokens, their types, and the merges that make them."""
    merges = list(itertools.islice(_merges(), size - 256 - len(SPECIAL)))
    tokens = byte_alphabet() + [a + b for a, b in merges] + list(SPECIAL)
    types = [int(gguf.TokenType.NORMAL)] * (size - len(SPECIAL)) + [int(gguf.TokenType.CONTROL)] * 3
    types += [int(gguf.TokenType.USER_DEFINED)] * 2
    return tokens, types, [f"{a} {b}" for a, b in merges]


def add_tokenizer(writer: gguf.GGUFWriter, vocabulary: int) -> None:
    """Give the file a byte-level BPE tokenizer with so many tokens."""
    tokens, types, merges = _vocabulary(vocabulary)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_eos_token_id(vocabulary - len(SPECIAL) + SPECIAL.index("<|im_end|>"))
    writer.add_add_bos_token(False)  # noqa: FBT003 - gguf's own signature


def _random(rng: np.random.Generator, *shape: int, scale: float = 0.05) -> npt.NDArray[np.float16]:
    """Normal numbers; large tensors repeat a block of a million, which is much faster to make."""
    count = int(np.prod(shape))
    block = rng.standard_normal(min(count, 1_000_003), dtype=np.float32) * scale
    return np.resize(block.astype(np.float16), count).reshape(shape)


def _add_tensors(writer: gguf.GGUFWriter, shape: Shape, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kv_width = shape.kv_heads * shape.head_size
    ones = np.ones(shape.width, dtype=np.float32)
    writer.add_tensor("token_embd.weight", _random(rng, shape.vocabulary, shape.width, scale=0.3))
    writer.add_tensor("output_norm.weight", ones)
    if not shape.tied:
        writer.add_tensor("output.weight", _random(rng, shape.vocabulary, shape.width, scale=0.3))
    for layer in range(shape.layers):
        sizes = {
            "attn_q": (shape.width, shape.width),
            "attn_k": (kv_width, shape.width),
            "attn_v": (kv_width, shape.width),
            "attn_output": (shape.width, shape.width),
            "ffn_gate": (shape.feed_forward, shape.width),
            "ffn_up": (shape.feed_forward, shape.width),
            "ffn_down": (shape.width, shape.feed_forward),
        }
        for name, size in sizes.items():
            writer.add_tensor(f"blk.{layer}.{name}.weight", _random(rng, *size))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", ones)


def write_model(
    path: Path, shape: Shape = TINY, *, seed: int = 1, template: str | None = CHATML, architecture: str = "llama"
) -> Path:
    """Write an F16 model to ``path``; the same seed gives the same file. Returns the path."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("Random")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(shape.head_size)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    add_tokenizer(writer, shape.vocabulary)
    if template is not None:
        writer.add_chat_template(template)
    _add_tensors(writer, shape, seed)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def quantize(source: Path, target: Path, kind: str = "Q4_0") -> Path:
    """Quantize with llama.cpp; ``kind`` is the name after LLAMA_FTYPE_MOSTLY_. Returns the target."""
    from llama_cpp import llama_cpp as native

    params = native.llama_model_quantize_default_params()
    params.ftype = getattr(native, f"LLAMA_FTYPE_MOSTLY_{kind}")
    if native.llama_model_quantize(str(source).encode(), str(target).encode(), params):
        raise RuntimeError(f"llama.cpp could not quantize {source.name} to {kind}")
    return target
