"""The judgement: levels, sentences, remedies that work, graphics memory, and corrections."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.core.chat import LoadOptions
from slmdesk.core.experience import learned_memory, learned_speed
from slmdesk.core.fit import FitLevel, RemedyKind
from slmdesk.core.memory import Corrections, estimate
from slmdesk.core.models import Model
from slmdesk.core.remedies import Room, Unloadable, judge, remedies_for, sibling
from slmdesk.core.shape_config import requantized, shape_of_config, shape_of_size
from slmdesk.core.speed import MachineSpeed, guessed_speed, predicted
from tests.core.test_shape import QWEN3_4B

GIB = 1 << 30
QWEN = shape_of_config(QWEN3_4B, "Q8_0")
FAST = MachineSpeed({"Q8_0": 50e9, "Q6_K": 50e9}, {"Q8_0": 500e9}, attention=1e10, layer_s=1e-5, made=1.0)


def test_four_levels() -> None:
    options = LoadOptions(context_length=32_768)
    assert judge(QWEN, options, Room(16 * GIB), FAST).level is FitLevel.FITS
    assert judge(QWEN, options, Room(6 * GIB), FAST).level is FitLevel.LESS_CONTEXT
    assert judge(QWEN, options, Room(2 * GIB), FAST).level is FitLevel.TOO_BIG
    slow = MachineSpeed({"Q8_0": 1e9}, {"Q8_0": 1e9}, made=1.0)
    assert judge(QWEN, options, Room(16 * GIB), slow).level is FitLevel.SLOW


def test_the_sentence_has_the_numbers() -> None:
    fit = judge(QWEN, LoadOptions(context_length=32_768), Room(6 * GIB), FAST)
    assert fit.sentence.startswith("Needs 8.7 GiB for a context of 32,768 tokens; 6.0 GiB are free.")
    assert f"A context of {fit.fitting_context:,} tokens fits." in fit.sentence
    assert "tok/s writing" in fit.sentence
    assert "unloaded" not in fit.sentence


def test_what_other_models_hold_counts_and_is_said() -> None:
    fit = judge(QWEN, LoadOptions(), Room(3 * GIB, held=4 * GIB), FAST)
    assert fit.level is FitLevel.FITS
    assert fit.needs_unload
    assert "Another model must be unloaded first." in fit.sentence


def test_a_part_has_no_room_on_the_graphics_card() -> None:
    fit = judge(QWEN, LoadOptions(), Room(16 * GIB, vram=3 * GIB), FAST)
    assert fit.level is FitLevel.SLOW
    assert fit.label == "Slow: partly on CPU"
    assert 0 < fit.gpu_layers < fit.layers == 37
    assert fit.need.vram <= 3 * GIB
    assert fit.need.ram + fit.need.vram == fit.need.total
    whole = judge(QWEN, LoadOptions(), Room(16 * GIB, vram=12 * GIB), FAST)
    assert (whole.level, whole.gpu_layers) == (FitLevel.FITS, 37)
    assert whole.need.ram < GIB


def test_the_persons_number_of_layers_is_kept() -> None:
    need = estimate(QWEN, LoadOptions(gpu_layers=10), vram=3 * GIB)
    assert need.gpu_layers == 10
    assert estimate(QWEN, LoadOptions(gpu_layers=0), vram=3 * GIB).vram == 0
    assert estimate(QWEN, LoadOptions(device="CPU"), vram=3 * GIB).vram == 0
    too_many = judge(QWEN, LoadOptions(gpu_layers=37), Room(16 * GIB, vram=3 * GIB))
    assert too_many.level is FitLevel.TOO_BIG


def test_a_projector_counts() -> None:
    assert estimate(QWEN, LoadOptions(), extra=GIB).total == estimate(QWEN, LoadOptions()).total + GIB


def test_remedies_are_each_enough() -> None:
    options, room = LoadOptions(context_length=32_768, slots=4), Room(10 * GIB)
    found = remedies_for(QWEN, options, room, quantization="Q8_0", loaded=[Unloadable("a", "A", 20 * GIB)])
    kinds = [remedy.kind for remedy in found]
    assert kinds == [RemedyKind.UNLOAD, RemedyKind.SLOTS, RemedyKind.CONTEXT, RemedyKind.ANYWAY]
    for remedy in found[1:-1]:
        need = estimate(QWEN, replace(options, **remedy.options))
        assert need.ram <= room.free
        assert need.ram == remedy.need
    assert found[-1].options == {"ignore_memory": True}


def test_a_smaller_cache_or_quantization() -> None:
    need = estimate(QWEN, LoadOptions(context_length=16_384))
    found = remedies_for(QWEN, LoadOptions(context_length=16_384), Room(need.ram - GIB // 2), quantization="Q8_0")
    by_kind = {remedy.kind: remedy for remedy in found}
    assert by_kind[RemedyKind.KV].options == {"cache_type_k": "q8_0", "cache_type_v": "q8_0"}
    assert by_kind[RemedyKind.SMALLER].quantization == "Q6_K"
    assert by_kind[RemedyKind.SMALLER].label.startswith("Q6_K (")
    off = remedies_for(QWEN, LoadOptions(context_length=16_384, flash_attention="off"), Room(need.ram - GIB // 2))
    kv = next(remedy for remedy in off if remedy.kind is RemedyKind.KV)
    assert kv.options["flash_attention"] == "auto"  # a quantized cache needs it


def test_together_where_nothing_alone_is_enough() -> None:
    options = LoadOptions(context_length=600)
    need = estimate(QWEN, options)
    found = remedies_for(QWEN, options, Room(need.ram - 60 * (1 << 20)), quantization="Q2_K")
    assert [remedy.kind for remedy in found][-1] is RemedyKind.ANYWAY


@given(
    st.integers(100_000_000, 40_000_000_000),
    st.integers(0, 64 * GIB),
    st.sampled_from([0, 512, 4096, 131_072]),
    st.integers(1, 16),
    st.integers(0, 48 * GIB),
)
def test_whatever_is_proposed_fits(parameters: int, free: int, context: int, slots: int, vram: int) -> None:
    shape, options = shape_of_size(parameters, context_length=131_072), LoadOptions(context_length=context, slots=slots)
    room = Room(free, vram=vram)
    fit = judge(shape, options, room)
    if fit.level is FitLevel.FITS:
        assert fit.need.ram <= free
        assert fit.need.vram <= vram
    if fit.level is FitLevel.LESS_CONTEXT:
        less = estimate(shape, replace(options, context_length=fit.fitting_context), vram=vram)
        assert less.ram <= free
    for remedy in remedies_for(shape, options, room, quantization="Q4_K_M"):
        if remedy.kind in {RemedyKind.CONTEXT, RemedyKind.KV, RemedyKind.SLOTS}:
            assert estimate(shape, replace(options, **remedy.options), vram=vram).ram <= free
        if remedy.kind is RemedyKind.SMALLER:
            assert estimate(requantized(shape, remedy.quantization), options, vram=vram).ram <= free


def test_a_smaller_version_on_this_machine() -> None:
    def model(name: str, quantization: str, parameters: int = 4_000_000_000, **more: Any) -> Model:
        return Model(name, name, "llama.cpp", Path(name), parameters=parameters, quantization=quantization, **more)

    big = model("big", "Q8_0", architecture="qwen3")
    small = model("small", "Q4_K_M", architecture="qwen3")
    tiny = model("tiny", "Q2_K", architecture="qwen3")
    others = [
        big,
        tiny,
        small,
        model("x", "Q4_K_M", architecture="llama"),
        model("y", "Q4_K_M", 9, architecture="qwen3"),
    ]
    assert sibling(big, others, "Q4_K_M") == small
    assert sibling(big, others, "Q3_K_M") == tiny
    assert sibling(tiny, others, "Q2_K") is None
    assert sibling(big, [replace(small, problem="damaged")], "Q6_K") is None


# --- what loads teach -------------------------------------------------------------------------------------------


def test_corrections_follow_the_newest_loads_of_the_same_kind() -> None:
    loads = [("qwen3", 100, 110)] * 3 + [("qwen3", 100, 50)] * 2 + [("llama", 100, 101)]
    corrections = learned_memory(loads)
    assert corrections.factor("qwen3") == pytest.approx(1.1)
    assert corrections.factor("llama") == 1.0  # one percent is noise
    assert corrections.factor("other") == 1.0
    assert learned_memory([("a", 1, 1000)]).factor("a") == 1.4
    assert learned_memory([("a", 0, 5), ("a", 5, 0)]).factor("a") == 1.0
    assert learned_speed([(10.0, 20.0), (0.0, 5.0)]) == 2.0
    assert learned_speed([]) == 1.0


def test_a_correction_changes_the_total_by_its_factor() -> None:
    plain = estimate(QWEN, LoadOptions())
    more = estimate(QWEN, LoadOptions(), corrections=Corrections({"qwen3": 1.1}))
    assert more.total == pytest.approx(plain.total * 1.1, rel=0.001)
    assert more.weights == plain.weights


# --- speed ------------------------------------------------------------------------------------------------------


def test_speed_is_work_over_rate() -> None:
    speed = MachineSpeed({"Q8_0": 4e9}, {"Q8_0": 40e9})
    rate = predicted(QWEN, speed)
    assert rate.generation == pytest.approx(1.0, rel=0.02)
    assert rate.prompt == pytest.approx(40e9 / 3.63e9, rel=0.02)
    assert predicted(QWEN, speed, depth=100_000).generation == rate.generation  # attention is not known here
    deep = replace(speed, attention=1e9)
    assert predicted(QWEN, deep, depth=8192).generation < predicted(QWEN, deep, depth=256).generation


def test_a_format_that_was_not_measured_is_told_from_the_nearest() -> None:
    odd = replace(QWEN, work=(("Q5_1", 1_000_000_000),), output_work=())
    speed = MachineSpeed({"Q8_0": 10e9, "Q4_K": 20e9}, {"Q8_0": 10e9})
    assert predicted(odd, speed).generation == pytest.approx(20 * 4.5 / 6.0)
    assert predicted(odd, MachineSpeed()).generation == 0


def test_experts_are_read_with_hardly_faster_than_written_with() -> None:
    experts = replace(QWEN, work=(), expert_work=(("Q8_0", 1_000_000_000),), output_work=())
    speed = MachineSpeed({"Q8_0": 10e9}, {"Q8_0": 100e9})
    assert predicted(experts, speed).prompt == pytest.approx(12.5)


def test_a_stored_speed_comes_back() -> None:
    assert MachineSpeed.from_dict(FAST.to_dict()) == FAST
    assert MachineSpeed.from_dict({"writing": {"F16": "fast", "Q8_0": 2}, "threads": 2.0, "device": 4}) == MachineSpeed(
        {"Q8_0": 2.0}, {}, threads=2
    )


def test_a_guess_is_careful_and_marked() -> None:
    rate = predicted(QWEN, guessed_speed(4))
    assert 1 < rate.generation < 10
    assert guessed_speed(4).made == 0
