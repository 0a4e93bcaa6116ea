"""The facts of models, told from headers and configurations."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slmdesk.core.facts import FileKind, ModelFacts
from slmdesk.core.facts_config import facts_of_onnx, facts_of_safetensors
from slmdesk.core.facts_gguf import facts_of_header, shown_metadata
from slmdesk.core.families import family_of, template_abilities
from slmdesk.core.gguf import read_header
from slmdesk.core.gguf_header import Header
from slmdesk.core.models import Ability, ModelFormat
from slmdesk.core.onnx import read_graph
from slmdesk.core.safetensors import SafetensorsHeader, StoredTensor
from tests.gguf_bytes import Builder
from tests.onnx_bytes import graph, model, tensor


def header_of(builder: Builder) -> Header:
    builder.data = bytes(1 << 16)
    data = builder.build()
    return read_header(io.BytesIO(data), len(data))


def llama(**more: int) -> Builder:
    builder = Builder().text("general.architecture", "llama").texts("tokenizer.ggml.tokens", ["a", "b", "c"])
    for key, value in {"block_count": 2, "embedding_length": 32, "context_length": 4096, **more}.items():
        builder.add(f"llama.{key}", "u32", value)
    return builder


def test_the_facts_come_from_the_tensors_and_not_from_the_name() -> None:
    builder = llama().text("general.name", "Huge 70B Q2_K").text("general.license", "apache-2.0")
    builder.text("general.organization", "Someone").add("general.file_type", "u32", 7)
    builder.tensor("token_embd.weight", (32, 3), 8, 0).tensor("blk.0.attn_norm.weight", (32,), 0, 128)
    facts = facts_of_header(header_of(builder), files=["/m/x.gguf"])
    assert facts.parameters == facts.active_parameters == 128
    assert facts.tensor_types == {"Q8_0": 96, "F32": 32}
    assert facts.quantization == "Q8_0"
    assert facts.bits_per_weight == pytest.approx(8 * (3 * 34 + 128) / 128, abs=0.001)
    assert (facts.licence, facts.publisher, facts.kind) == ("apache-2.0", "Someone", FileKind.MODEL)
    assert (facts.vocabulary, facts.context_length, facts.version) == (3, 4096, "GGUF 3")
    assert facts.shape is not None
    assert facts.shape.parameters == 128


def test_of_a_mixture_only_some_experts_are_active() -> None:
    builder = llama(expert_count=8, expert_used_count=2)
    builder.tensor("blk.0.attn_q.weight", (32, 32), 1, 0).tensor("blk.0.ffn_up_exps.weight", (32, 8, 8), 1, 2048)
    facts = facts_of_header(header_of(builder))
    assert facts.parameters == 1024 + 2048
    assert facts.active_parameters == 1024 + 512


def test_a_split_model_is_counted_over_all_its_files() -> None:
    first = header_of(llama().add("split.no", "u32", 0).add("split.count", "u32", 2))
    second = header_of(Builder().add("split.no", "u32", 1).add("split.count", "u32", 2).tensor("w", (32, 4), 2, 0))
    facts = facts_of_header(first, [second])
    assert (facts.parameters, facts.quantization, facts.kind) == (128, "Q4_0", FileKind.MODEL)
    assert facts_of_header(second).kind is FileKind.PART


@pytest.mark.parametrize(
    ("builder", "kind"),
    [
        (Builder().text("general.architecture", "clip"), FileKind.PROJECTOR),
        (Builder().text("general.type", "mmproj"), FileKind.PROJECTOR),
        (llama().text("general.type", "adapter"), FileKind.ADAPTER),
        (llama().text("general.type", "imatrix"), FileKind.OTHER),
        (Builder().text("general.architecture", "whisper"), FileKind.OTHER),
        (llama(), FileKind.VOCABULARY),
        (Builder().text("general.architecture", "llama"), FileKind.OTHER),
    ],
)
def test_files_that_are_no_models_are_told_apart(builder: Builder, kind: FileKind) -> None:
    assert facts_of_header(header_of(builder)).kind is kind


def test_abilities() -> None:
    def abilities(
        architecture: str, template: str = "", pooling: int | None = None, projector: str = ""
    ) -> set[Ability]:
        builder = Builder().text("general.architecture", architecture).texts("tokenizer.ggml.tokens", ["a"])
        builder.text("tokenizer.chat_template", template).tensor("w", (32,))
        if pooling is not None:
            builder.add(f"{architecture}.pooling_type", "u32", pooling)
        return set(facts_of_header(header_of(builder), projector=projector).abilities)

    assert abilities("bert") == {Ability.EMBEDDINGS}
    assert abilities("qwen3", pooling=3) == {Ability.EMBEDDINGS}
    assert abilities("qwen3", pooling=0) == set()
    assert abilities("qwen3", "{% if tools %}x{% endif %}<think>") == {Ability.TOOLS, Ability.THINKING}
    assert abilities("gemma3", projector="mmproj.gguf") == {Ability.VISION}
    assert template_abilities("{{ messages }} tools") == set()


@pytest.mark.parametrize(
    ("architecture", "names", "family"),
    [
        ("llama", ("Llama 3.2 1B Instruct",), "Llama"),
        ("llama", ("SmolLM2-135M",), "SmolLM"),
        ("llama", ("",), "Llama"),
        ("qwen2", ("DeepSeek-R1-Distill-Qwen-1.5B",), "DeepSeek"),
        ("qwen3moe", ("",), "Qwen"),
        ("phi3", ("",), "Phi"),
        ("gpt-oss", ("",), "gpt-oss"),
        ("nomic-bert", ("",), "Nomic Embed"),
        ("something", ("My model",), ""),
        ("llama", ("Morphine",), "Llama"),
    ],
)
def test_families(architecture: str, names: tuple[str, ...], family: str) -> None:
    assert family_of(architecture, *names) == family


def test_metadata_is_cut_to_be_shown() -> None:
    builder = llama().text("general.description", "d" * 5000).texts("general.tags", [f"t{i}" for i in range(20)])
    shown = shown_metadata(header_of(builder))
    assert shown["general.description"].endswith("… (5,000 characters)")
    assert shown["general.tags"].endswith("…] (20)")
    assert shown["tokenizer.ggml.tokens"] == "[a, b, c]"


def stored(**tensors: tuple[str, tuple[int, ...]]) -> SafetensorsHeader:
    found = []
    for name, (dtype, shape) in tensors.items():
        size = 1
        for n in shape:
            size *= n
        found.append(StoredTensor(name.replace("__", "."), dtype, shape, size))
    return SafetensorsHeader(tuple(found), {"format": "pt"}, 100, "ab" * 32)


CONFIG = {
    "model_type": "qwen3",
    "architectures": ["Qwen3ForCausalLM"],
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 40_960,
    "vocab_size": 1000,
}


@pytest.mark.parametrize(
    ("tensors", "more", "parameters", "label"),
    [
        ({"a__weight": ("BF16", (64, 64))}, {}, 4096, "BF16"),
        (
            {"a__weight": ("U32", (64, 8)), "a__scales": ("BF16", (64, 1)), "a__biases": ("BF16", (64, 1))},
            {"quantization": {"group_size": 64, "bits": 4}},
            4096,
            "MLX 4-bit",
        ),
        (
            {
                "a__qweight": ("I32", (8, 64)),
                "a__qzeros": ("I32", (1, 8)),
                "a__scales": ("F16", (1, 64)),
                "a__g_idx": ("I32", (64,)),
            },
            {"quantization_config": {"quant_method": "gptq", "bits": 4}},
            4096,
            "GPTQ 4-bit",
        ),
        (
            {"a__qweight": ("I32", (64, 8)), "a__qzeros": ("I32", (1, 8)), "a__scales": ("F16", (1, 64))},
            {"quantization_config": {"quant_method": "awq", "bits": 4}},
            4096,
            "AWQ 4-bit",
        ),
        (
            {"a__weight": ("F8_E4M3", (64, 64)), "a__weight_scale_inv": ("F32", (1, 1))},
            {"quantization_config": {"quant_method": "fp8"}},
            4096,
            "FP8",
        ),
        (
            {"a__gate_up_proj_blocks": ("U8", (4, 64, 2, 16)), "a__gate_up_proj_scales": ("U8", (4, 64, 2))},
            {"quantization_config": {"quant_method": "mxfp4"}},
            16_384,
            "MXFP4",
        ),
        (
            {
                "a__weight": ("U8", (2048, 1)),
                "a__weight__absmax": ("U8", (64,)),
                "a__weight__quant_map": ("F32", (16,)),
            },
            {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}},
            4096,
            "NF4",
        ),
    ],
)
def test_packed_weights_of_safetensors_are_counted(
    tensors: dict[str, Any], more: dict[str, Any], parameters: int, label: str
) -> None:
    facts = facts_of_safetensors([stored(**tensors)], {**CONFIG, **more})
    assert (facts.parameters, facts.quantization) == (parameters, label)
    assert facts.format is (ModelFormat.MLX if label.startswith("MLX") else ModelFormat.SAFETENSORS)
    assert (facts.family, facts.context_length, facts.heads, facts.kv_heads) == ("Qwen", 40_960, 4, 2)


def test_experts_of_safetensors() -> None:
    header = stored(
        model__layers__0__mlp__experts__0__up__weight=("BF16", (64, 64)),
        model__layers__0__mlp__experts__1__up__weight=("BF16", (64, 64)),
        model__layers__0__mlp__shared_experts__up__weight=("BF16", (64, 64)),
    )
    facts = facts_of_safetensors([header], {**CONFIG, "num_experts": 2, "num_experts_per_tok": 1})
    assert (facts.parameters, facts.active_parameters) == (3 * 4096, 2 * 4096)


def test_an_embedding_model_in_safetensors() -> None:
    facts = facts_of_safetensors([stored(a=("F32", (8, 8)))], {"model_type": "bert", "architectures": ["BertModel"]})
    assert facts.abilities == {Ability.EMBEDDINGS}


def test_an_onnx_model() -> None:
    data = model(graph(tensor("w", (64, 64), raw=bytes(64 * 64 * 4))))
    read = read_graph(io.BytesIO(data), len(data))
    told = {
        "model": {
            "type": "phi3",
            "context_length": 131_072,
            "vocab_size": 32_064,
            "decoder": {"num_hidden_layers": 32, "hidden_size": 3072, "num_attention_heads": 32, "head_size": 96},
            "vision": {},
        }
    }
    facts = facts_of_onnx([read], told, template="{% if tools %}{% endif %}", size=20_000)
    assert (facts.format, facts.family, facts.layers, facts.vocabulary) == (ModelFormat.ONNX, "Phi", 32, 32_064)
    assert facts.abilities == {Ability.TOOLS, Ability.VISION}
    assert (facts.parameters, facts.quantization) == (4096, "F32")
    other = facts_of_onnx([read], {}, config={"model_type": "bert", "max_position_embeddings": 512})
    assert (other.kind, other.architecture, other.context_length) == (FileKind.OTHER, "bert", 512)


calm = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [*CONFIG, "text_config", "quantization_config", "num_experts", "model", "decoder", "vision_config"]
)


@calm
@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_no_configuration_breaks_the_facts(config: dict[str, Any]) -> None:
    facts_of_safetensors([stored(a__weight=("BF16", (4, 4)))], config)
    facts_of_onnx([], config)


@calm
@given(
    st.dictionaries(st.sampled_from([f for f in ModelFacts.__dataclass_fields__ if f != "format"]), VALUES, max_size=6)
)
def test_nothing_that_is_told_breaks_the_facts(told: dict[str, Any]) -> None:
    facts = ModelFacts.from_dict({"format": "gguf", **told})
    json.dumps(facts.to_dict())


def test_facts_survive_json() -> None:
    builder = llama().text("tokenizer.chat_template", "{% if tools %}<think>{% endif %}")
    builder.tensor("w", (32, 4), 2, 0)
    facts = facts_of_header(header_of(builder), files=["/a/b.gguf", "/a/c.gguf"], projector="/a/mmproj.gguf")
    assert ModelFacts.from_dict(json.loads(json.dumps(facts.to_dict()))) == facts
    with pytest.raises(ValueError, match="is not a valid"):
        ModelFacts.from_dict({"format": "zip"})


def test_copies_have_one_fingerprint_and_others_another() -> None:
    one, two = header_of(llama().tensor("w", (32,))), header_of(llama().tensor("w", (32,)))
    other = header_of(llama().tensor("v", (32,)))
    assert facts_of_header(one).fingerprint == facts_of_header(two).fingerprint
    assert facts_of_header(one).fingerprint != facts_of_header(other).fingerprint
