"""The memory estimate, held against what llama.cpp printed, and against a real load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slmdesk.core.chat import LoadOptions
from slmdesk.core.gguf import read_header
from slmdesk.core.gguf_header import Header, SkippedArray
from slmdesk.core.memory import MemoryEstimate, estimate, fits, fitting_context, in_gib, not_enough
from slmdesk.runtimes.process import Worker

MIB = 1 << 20
GIB = 1 << 30


def shape(layers: int, hidden: int, heads: int, kv: int, head: int, ffn: int, vocab: int, **more: int) -> Header:
    metadata: dict[str, Any] = {
        "general.architecture": "x",
        "x.block_count": layers,
        "x.embedding_length": hidden,
        "x.feed_forward_length": ffn,
        "x.context_length": 131_072,
        "x.attention.head_count": heads,
        "x.attention.head_count_kv": kv,
        "x.attention.key_length": head,
        "x.attention.value_length": head,
        "tokenizer.ggml.tokens": SkippedArray(vocab),
        **{f"x.{key.replace('__', '.')}": value for key, value in more.items()},
    }
    return Header(3, "little", metadata, (), 32, 0, 0)


QWEN = shape(24, 896, 14, 2, 64, 4864, 151_936)
LLAMA = shape(28, 3072, 24, 8, 128, 8192, 128_256)
PHI = shape(32, 3072, 32, 32, 96, 8192, 32_064)
GEMMA = shape(26, 1152, 4, 1, 256, 6912, 262_144, attention__sliding_window=512, attention__sliding_window_pattern=6)

# header, context, micro-batch, flash attention, KV type, slots; then the KV and compute buffers that llama.cpp of
# llama-cpp-python 0.3.36 printed for a file of that shape on a CPU, in MiB
PRINTED = [
    (QWEN, 4096, 512, "auto", "f16", 1, 48, 39.51),
    (QWEN, 4096, 128, "auto", "f16", 1, 48, 9.88),
    (QWEN, 32768, 512, "auto", "f16", 1, 384, 67.51),
    (QWEN, 4096, 512, "off", "f16", 1, 48, 129.26),
    (QWEN, 16384, 512, "off", "f16", 1, 192, 489.26),
    (QWEN, 4096, 512, "auto", "q8_0", 1, 25.5, 37.79),
    (QWEN, 4096, 512, "auto", "f16", 8, 384, 67.51),
    (LLAMA, 4096, 512, "auto", "f16", 1, 448, 76.01),
    (LLAMA, 16384, 512, "auto", "f16", 1, 1792, 88.01),
    (LLAMA, 4096, 512, "off", "f16", 4, 1792, 834.01),
    (PHI, 2048, 512, "auto", "q8_0", 1, 408, 74.01),
    (PHI, 2048, 512, "off", "f16", 1, 768, 174.01),
    (GEMMA, 4096, 512, "auto", "f16", 1, 104, 57.27),
    (GEMMA, 32768, 512, "auto", "f16", 1, 832, 113.27),
    (GEMMA, 4096, 512, "off", "f16", 1, 104, 69.26),
]


@pytest.mark.parametrize(("header", "context", "ubatch", "flash", "kind", "slots", "kv", "compute"), PRINTED)
def test_buffers_are_those_that_llama_cpp_printed(
    header: Header, context: int, ubatch: int, flash: str, kind: str, slots: int, kv: float, compute: float
) -> None:
    need = estimate(
        header,
        LoadOptions(
            context_length=context,
            ubatch_size=ubatch,
            flash_attention=flash,
            cache_type_k=kind,
            cache_type_v=kind,
            slots=slots,
        ),
    )
    assert need.kv == kv * MIB
    graph = need.compute - 4 * slots * header.vocabulary  # the output rows are a buffer of their own
    assert graph / MIB == pytest.approx(compute, rel=0.06)


@pytest.mark.parametrize(
    "options",
    [
        LoadOptions(context_length=512, threads=1),
        LoadOptions(context_length=4096, slots=4, threads=1),
        LoadOptions(context_length=4096, flash_attention="off", threads=1),
        LoadOptions(context_length=2048, ubatch_size=128, cache_type_k="q8_0", cache_type_v="q8_0", threads=1),
    ],
)
async def test_a_real_load_needs_what_was_estimated(starter: Path, options: LoadOptions) -> None:
    import psutil

    with starter.open("rb") as stream:
        header = read_header(stream, starter.stat().st_size)
    need = estimate(header, options, starter.stat().st_size)
    worker = await Worker.start("llama_cpp")
    try:
        fields = {name: getattr(options, name) for name in options.__dataclass_fields__}
        loaded = await worker.call("load", path=str(starter), options=fields, name="Starter")
        used = psutil.Process(worker.pid).memory_info().rss
    finally:
        await worker.close()
    assert need.compute - 4 * options.slots * header.vocabulary == pytest.approx(loaded["compute_bytes"], rel=0.06)
    assert used < need.total


def test_the_context_is_the_models_where_none_is_asked_for() -> None:
    assert estimate(LLAMA, LoadOptions()).context_length == 4096
    short = shape(2, 64, 2, 2, 32, 128, 100)
    short.metadata["x.context_length"] = 1024
    assert estimate(short, LoadOptions()).context_length == 1024


def test_layers_with_their_own_number_of_heads() -> None:
    mixed = shape(3, 64, 4, 0, 16, 128, 100)
    mixed.metadata["x.attention.head_count_kv"] = (2, 0, 4)
    assert estimate(mixed, LoadOptions(context_length=256)).kv == (2 + 4) * 2 * 16 * 2 * 256


def test_recurrent_layers_cost_the_same_for_every_context() -> None:
    mamba = shape(
        4, 64, 0, 0, 0, 0, 100, ssm__state_size=16, ssm__inner_size=128, ssm__conv_kernel=4, ssm__group_count=0
    )
    short, long = (estimate(mamba, LoadOptions(context_length=n)).kv for n in (512, 8192))
    assert short == long == 4 * 4 * (3 * 128 + 16 * 128)


def test_a_header_that_says_nothing_gives_an_estimate() -> None:
    need = estimate(Header(3, "little", {}, (), 32, 0, 0), LoadOptions(cache_type_k="nonsense"), 1000)
    assert need.weights == 1000
    assert need.kv == 0


def need_of(**fields: Any) -> MemoryEstimate:
    sizes = {"weights": 4 * GIB, "kv": GIB, "compute": GIB // 16, "overhead": GIB // 16}
    more = {"context_length": 8192, "per_token": GIB / 8192, "parameters": int(3.8e9), **fields}
    return MemoryEstimate(**{**sizes, **more})


def test_the_error_says_what_is_missing_and_what_would_fit() -> None:
    error = not_enough("Phi-4-mini Q8_0", need_of(), int(4.7 * GIB))
    assert error.message == ("Not enough memory to load Phi-4-mini Q8_0: it needs 5.1 GiB, 4.7 GiB are free.")
    assert error.hint == ("Try Q4_K_M (3.3 GiB), a context of 4,096 tokens or q8_0 as the type of the KV cache.")
    assert error.details == "weights 4.0 GiB, KV cache 1.0 GiB, compute buffers 64 MiB, overhead 64 MiB"


def test_only_what_helps_is_advised() -> None:
    assert not_enough("m", need_of(), int(3.4 * GIB)).hint == "Try Q4_K_M (3.3 GiB)."
    assert not_enough("m", need_of(parameters=0), int(4.4 * GIB)).hint == "Try a context of 2,048 tokens."
    assert "take a smaller one" in not_enough("m", need_of(), GIB).hint
    assert "take a smaller one" in not_enough("m", need_of(), -5).hint


def test_the_advised_context_fits() -> None:
    whole = estimate(LLAMA, LoadOptions(context_length=65_536, slots=2), 2 * GIB)
    free = whole.total // 3
    context = fitting_context(whole, free)
    assert 512 <= context < 65_536
    assert not fits(whole, free)
    assert fits(estimate(LLAMA, LoadOptions(context_length=context, slots=2), 2 * GIB), free)
    assert not fits(estimate(LLAMA, LoadOptions(context_length=2 * context, slots=2), 2 * GIB), free)
    assert fitting_context(whole, 2 * GIB) == 0


def test_memory_is_written_in_powers_of_two() -> None:
    assert in_gib(5.12 * GIB) == "5.1 GiB"
    assert in_gib(300 * MIB) == "300 MiB"
