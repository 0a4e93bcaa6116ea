"""A model's shape: from headers of several builds, from configurations, from a bare size."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.core.ggml import BY_NAME
from slmdesk.core.gguf import read_header
from slmdesk.core.gguf_header import Header, SkippedArray, Tensor
from slmdesk.core.quantizations import BITS, LADDER, bits_of, formats_of
from slmdesk.core.shape import ModelShape, shape_of_header
from slmdesk.core.shape_config import requantized, shape_of_config, shape_of_size
from tests.benchmarks.shapes import GEMMA, HYBRID, KNOWN, Known, tensors

QWEN3_4B = {
    "model_type": "qwen3",
    "num_hidden_layers": 36,
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151_936,
    "tie_word_embeddings": True,
    "max_position_embeddings": 40_960,
    "use_sliding_window": False,
}


def header(architecture: str = "llama", sizes: tuple[Tensor, ...] = (), /, **more: Any) -> Header:
    metadata = {
        "general.architecture": architecture,
        f"{architecture}.block_count": 4,
        f"{architecture}.embedding_length": 64,
        f"{architecture}.attention.head_count": 4,
        f"{architecture}.attention.head_count_kv": 2,
        "tokenizer.ggml.tokens": SkippedArray(100),
        **{f"{architecture}.{key}": value for key, value in more.items()},
    }
    return Header(3, "little", metadata, sizes, 32, 0, 0)


def known_header(model: Known) -> Header:
    """The header that a file of this model has, without its data."""
    metadata: dict[str, Any] = {
        "general.architecture": model.architecture,
        f"{model.architecture}.block_count": model.layers,
        f"{model.architecture}.embedding_length": model.width,
        f"{model.architecture}.feed_forward_length": model.feed_forward,
        f"{model.architecture}.attention.head_count": model.heads,
        f"{model.architecture}.attention.head_count_kv": model.kv_heads,
        f"{model.architecture}.attention.key_length": model.head,
        f"{model.architecture}.attention.value_length": model.head,
        "tokenizer.ggml.tokens": SkippedArray(model.vocabulary),
        **{f"{model.architecture}.{key}": value for key, value in model.extra},
    }
    if model.experts:
        metadata[f"{model.architecture}.expert_count"] = model.experts
        metadata[f"{model.architecture}.expert_used_count"] = model.experts_used
    found = tuple(
        Tensor(name, tuple(reversed(sizes)), BY_NAME[kind.name.lower()], 0) for name, sizes, kind in tensors(model)
    )
    return Header(3, "little", metadata, found, 32, 0, 0)


def test_the_starter(starter: Path) -> None:
    data = starter.read_bytes()
    shape = shape_of_header(read_header(io.BytesIO(data), len(data)))
    assert shape.parameters == shape.active_parameters == 5_246_208
    assert shape.key_widths == (128,) * 6
    assert shape.key_numbers == shape.value_numbers == 768
    assert shape.tied
    assert shape.exact
    assert sum(shape.layer_bytes) + shape.embedding_bytes < shape.weights_bytes <= len(data)
    assert dict(shape.work)["F16"] + dict(shape.output_work)["F16"] == pytest.approx(shape.parameters, rel=0.01)


@pytest.mark.parametrize("model", KNOWN, ids=lambda m: m.architecture)
def test_known_models(model: Known) -> None:
    shape = shape_of_header(known_header(model))
    assert shape.layers == model.layers
    assert len(shape.layer_bytes) == model.layers
    assert shape.weights_bytes == pytest.approx(sum(shape.layer_bytes) + shape.embedding_bytes, rel=0.001)
    assert (shape.active_parameters < shape.parameters) == bool(model.experts)
    assert bool(shape.expert_work) == bool(model.experts)
    assert ModelShape.from_dict(json.loads(json.dumps(shape.to_dict()))) == shape


def test_a_sliding_window_is_told_by_the_architecture_or_the_file() -> None:
    gemma = shape_of_header(known_header(GEMMA))
    assert gemma.sliding_window == 512
    assert gemma.sliding[:6] == (True, True, True, True, True, False)
    told = shape_of_header(header("x", **{"attention.sliding_window": 64, "attention.sliding_window_pattern": 2}))
    assert told.sliding == (True, False, True, False)
    listed = {"attention.sliding_window": 64, "attention.sliding_window_pattern": (False, True, True, True)}
    assert shape_of_header(header("x", **listed)).sliding == (False, True, True, True)
    unused = shape_of_header(header("phi3", **{"attention.sliding_window": 2047}))
    assert unused.sliding_window == 0
    assert not any(unused.sliding)


def test_hybrids_cache_only_where_they_attend() -> None:
    shape = shape_of_header(known_header(HYBRID))
    assert sum(1 for width in shape.key_widths if width) == 6
    assert shape.recurrent_layers == 10
    assert shape.state_numbers == 1024 * 2


def test_every_fourth_layer_attends_in_a_delta_network() -> None:
    more = {"ssm.state_size": 128, "ssm.inner_size": 256, "ssm.conv_kernel": 4, "full_attention_interval": 4}
    shape = shape_of_header(header("qwen3next", **more))
    assert shape.key_widths == (0, 0, 0, 32)
    assert shape.recurrent_layers == 3


def test_a_latent_cache_has_one_vector_for_all_heads() -> None:
    more = {"attention.key_length": 576, "attention.value_length": 512, "attention.key_length_mla": 192}
    shape = shape_of_header(header("deepseek2", **more, **{"attention.head_count_kv": 1}))
    assert shape.key_widths == (576,) * 4
    assert shape.value_numbers == 0


def test_shared_layers_have_no_cache_of_their_own() -> None:
    shape = shape_of_header(header("gemma4", **{"attention.shared_kv_layers": 3}))
    assert [bool(width) for width in shape.key_widths] == [True, False, False, False]


def test_recurrent_models() -> None:
    rwkv = shape_of_header(header("rwkv7", **{"wkv.head_size": 64, "token_shift_count": 2}))
    assert rwkv.key_numbers == 0
    assert rwkv.recurrent_layers == 4
    assert rwkv.state_numbers == 64 * 66


def test_a_split_model_is_whole_with_its_parts() -> None:
    first = header("llama", (Tensor("blk.0.a.weight", (64, 64), BY_NAME["f16"], 0),))
    second = header("llama", (Tensor("blk.3.a.weight", (64, 64), BY_NAME["q8_0"], 0),))
    shape = shape_of_header(first, [second])
    assert shape.layer_bytes == (8192, 0, 0, 4352)
    assert dict(shape.work) == {"F16": 4096, "Q8_0": 4096}


def test_a_configuration_gives_the_size_of_the_model() -> None:
    shape = shape_of_config(QWEN3_4B, "Q4_K_M")
    assert shape.parameters == pytest.approx(4.02e9, rel=0.001)
    assert shape.weights_bytes == pytest.approx(2.50e9, rel=0.03)
    assert shape.key_numbers == 36 * 8 * 128
    mixture = {**QWEN3_4B, "num_hidden_layers": 48, "hidden_size": 2048, "num_key_value_heads": 4, "num_experts": 128}
    mixture |= {"num_experts_per_tok": 8, "moe_intermediate_size": 768, "tie_word_embeddings": False}
    shape = shape_of_config(mixture)
    assert shape.parameters == pytest.approx(30.5e9, rel=0.005)
    assert shape.active_parameters == pytest.approx(3.3e9, rel=0.03)


def test_a_configuration_of_a_vision_model_has_its_text_part_inside() -> None:
    shape = shape_of_config({"model_type": "gemma3", "text_config": QWEN3_4B})
    assert shape.layers == 36


def test_layer_types_of_a_configuration() -> None:
    kinds = ["sliding_attention", "full_attention"] * 18
    shape = shape_of_config({**QWEN3_4B, "layer_types": kinds, "sliding_window": 512})
    assert shape.sliding == (True, False) * 18
    delta = {"linear_num_value_heads": 32, "linear_num_key_heads": 16, "linear_key_head_dim": 128}
    delta |= {"linear_value_head_dim": 128, "linear_conv_kernel_dim": 4, "full_attention_interval": 4}
    shape = shape_of_config({**QWEN3_4B, **delta})
    assert shape.recurrent_layers == 27
    assert shape.state_numbers == 32 * 128 * 128 + 3 * (2 * 16 * 128 + 32 * 128)


@given(
    st.dictionaries(
        st.sampled_from([*QWEN3_4B, "num_experts", "kv_lora_rank", "layer_types", "text_config", "sliding_window"]),
        st.one_of(st.integers(), st.text(max_size=5), st.none(), st.floats(), st.lists(st.integers(), max_size=3)),
    )
)
def test_any_configuration_gives_some_shape(config: dict[str, Any]) -> None:
    shape = shape_of_config(config)
    assert shape.parameters >= 0
    assert len(shape.layer_bytes) == shape.layers <= 4096


def test_a_bare_size_gives_a_likely_shape() -> None:
    shape = shape_of_size(8_030_000_000, quantization="Q4_K_M")
    assert shape.weights_bytes == pytest.approx(4.9e9, rel=0.02)
    assert shape.key_numbers == 32 * 8 * 128
    assert not shape.exact
    mixture = shape_of_size(30_500_000_000, active_parameters=3_300_000_000)
    active = sum(count for _, count in (*mixture.work, *mixture.expert_work, *mixture.output_work))
    assert active == pytest.approx(3.3e9, rel=0.05)


def test_another_quantization_of_the_same_model() -> None:
    shape = shape_of_config(QWEN3_4B, "F16")
    small = requantized(shape, "Q4_K_M")
    assert small.weights_bytes == pytest.approx(shape.weights_bytes * 4.89 / 16, rel=0.01)
    assert small.key_numbers == shape.key_numbers
    assert dict(small.output_work) == {"Q6_K": 151_936 * 2560}
    assert requantized(shape, "Q8_0", 5_000_000_000).weights_bytes == 5_000_000_000


def test_damaged_stored_shapes_are_read_as_far_as_they_go() -> None:
    shape = ModelShape.from_dict(
        {"layers": "many", "parameters": 5, "key_widths": ["a"], "work": [["F16", 3], ["x"], 4], "later": 1}
    )
    assert (shape.layers, shape.parameters, shape.key_widths, shape.work) == (0, 5, (), (("F16", 3),))


def test_the_table_of_quantizations() -> None:
    assert all(bits_of(label) == bits for label, bits in BITS.items())
    assert [bits_of(label) for label in LADDER] == sorted(bits_of(label) for label in LADDER)
    assert bits_of("q4_k_m") == 4.89
    assert bits_of("Q5_K") == 5.5
    assert bits_of("what") == 0
    for label in (*BITS, "Q4_K"):
        assert sum(share for _, share in formats_of(label)) == pytest.approx(1.0)
        assert all(kind.lower() in BY_NAME for kind, _ in formats_of(label))
