"""The advisor's rules: the course's picks, what matters most, the framework, the precision."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from slmdesk.core.advisor import (
    CLASSES,
    PERPLEXITY,
    PRIORITIES,
    USES,
    framework,
    precision,
    rate,
    suits,
)
from slmdesk.core.chat import LoadOptions
from slmdesk.core.fit import Fit, FitLevel
from slmdesk.core.models import Ability, ParameterClass
from slmdesk.core.quantizations import LADDER, bits_of
from slmdesk.core.remedies import Room, judge
from slmdesk.core.shape_config import shape_of_size
from slmdesk.core.speed import MachineSpeed

GIB = 1 << 30
SPEED = MachineSpeed(
    {"Q8_0": 2e10, "Q4_K": 4e10, "Q6_K": 3e10, "F16": 1e10}, {"Q8_0": 2e11, "Q4_K": 2e11, "F16": 1e11}, made=1.0
)


@dataclass(frozen=True)
class Variant:
    quantization: str
    size: int


@dataclass(frozen=True)
class Entry:
    """An entry as the catalog has it."""

    id: str
    parameters: int
    strengths: tuple[str, ...] = ()
    abilities: frozenset[Ability] = frozenset()
    context_length: int = 32_768
    active_parameters: int = 0
    licence: str = "apache-2.0"
    labels: tuple[str, ...] = ("Q4_K_M", "Q8_0")
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.id)

    def shape(self) -> None:
        """Not known."""

    @property
    def variants(self) -> tuple[Variant, ...]:
        return tuple(Variant(label, round(self.parameters * bits_of(label) / 8)) for label in self.labels)


COURSE = (
    Entry("qwen3-0.6b", 600_000_000, ("multilingual", "small"), frozenset({Ability.TOOLS, Ability.THINKING})),
    Entry("qwen3-1.7b", 1_700_000_000, ("chat", "multilingual"), frozenset({Ability.TOOLS})),
    Entry("qwen3-4b", 4_000_000_000, ("documents", "multilingual"), frozenset({Ability.TOOLS}), 262_144),
    Entry("phi-4-mini", 3_800_000_000, ("reasoning", "code", "function calling"), frozenset({Ability.TOOLS}), 131_072),
    Entry("gemma-3-1b", 1_000_000_000, ("general",)),
    Entry("gemma-3-4b", 4_300_000_000, ("general",), frozenset({Ability.VISION}), 131_072),
    Entry("nomic-embed-text", 137_000_000, ("search",), frozenset({Ability.EMBEDDINGS}), 8192),
    Entry("qwen3-14b", 14_800_000_000, ("general", "reasoning"), frozenset({Ability.TOOLS})),
)


def fit_of(entry: Entry, variant: Variant, free: int) -> Fit:
    shape = shape_of_size(
        entry.parameters, quantization=variant.quantization, weights_bytes=variant.size,
        context_length=entry.context_length,
    )  # fmt: skip
    return judge(shape, LoadOptions(), Room(free), SPEED)


def ranked(use: str, priority: str, free: int) -> list[tuple[str, str]]:
    """Entry and quantization, the best first."""
    found = []
    for entry in COURSE:
        if suits(entry, use):
            for variant in entry.variants:
                fit = fit_of(entry, variant, free)
                if fit.level is not FitLevel.TOO_BIG:
                    found.append((rate(entry, variant, fit, use, priority).score, entry.id, variant.quantization))
    return [(name, label) for _, name, label in sorted(found, reverse=True)]


@pytest.mark.parametrize(
    ("use", "free", "wanted"),
    [
        ("small", 4 * GIB, "qwen3-0.6b"),  # Module 03: mobile Qwen3-0.6B
        ("chat", 3 * GIB, "qwen3-1.7b"),  # desktop assistant Qwen3-1.7B
        ("code", 8 * GIB, "phi-4-mini"),  # code Phi-4-mini
        ("documents", 8 * GIB, "qwen3-4b"),  # documents Qwen3-4B
        ("reasoning", 8 * GIB, "phi-4-mini"),
        ("languages", 8 * GIB, "qwen3-"),  # Qwen3 (multilingual)
        ("vision", 8 * GIB, "gemma-3-4b"),
        ("embeddings", 8 * GIB, "nomic-embed-text"),
    ],
)
def test_the_courses_picks_come_first(use: str, free: int, wanted: str) -> None:
    assert ranked(use, "balanced", free)[0][0].startswith(wanted)


def test_what_matters_most_changes_the_answer() -> None:
    sizes = {entry.id: entry.parameters for entry in COURSE}
    best = {key: ranked("chat", key, 24 * GIB)[0][0] for key, _ in PRIORITIES}
    assert sizes[best["quality"]] >= sizes[best["balanced"]] >= sizes[best["speed"]]
    assert sizes[best["memory"]] <= sizes[best["balanced"]]


def test_nothing_that_is_too_big_is_recommended() -> None:
    assert all(name != "qwen3-14b" for name, _ in ranked("chat", "quality", 4 * GIB))


def test_every_answer_says_its_rules() -> None:
    entry = COURSE[3]
    for use, _ in USES:
        if suits(entry, use):
            rated = rate(entry, entry.variants[0], fit_of(entry, entry.variants[0], 8 * GIB), use, "memory")
            rules = [reason.rule for reason in rated.reasons]
            assert {"fit", "precision", "speed", "memory"} <= set(rules)
            assert all(reason.sentence.endswith(".") for reason in rated.reasons)
    code = rate(entry, entry.variants[0], fit_of(entry, entry.variants[0], 8 * GIB), "code", "balanced")
    assert any("course's pick for programming" in reason.sentence for reason in code.reasons)
    assert any(
        "69% smaller than F16 (2.3 GB; +0.18 perplexity with Llama 3 8B)" in reason.sentence for reason in code.reasons
    )


def test_two_bits_are_warned_of() -> None:
    entry = Entry("big", 8_000_000_000, labels=("Q2_K",))
    rated = rate(entry, entry.variants[0], fit_of(entry, entry.variants[0], 8 * GIB), "chat", "balanced")
    assert any("+3.5 perplexity" in reason.sentence for reason in rated.reasons)


def test_what_a_use_needs_is_needed() -> None:
    names = {use: {entry.id for entry in COURSE if suits(entry, use)} for use, _ in USES}
    assert names["vision"] == {"gemma-3-4b"}
    assert names["embeddings"] == {"nomic-embed-text"}
    assert "nomic-embed-text" not in names["chat"]
    assert "qwen3-14b" not in names["small"]
    assert "gemma-3-1b" not in names["tools"]


@pytest.mark.parametrize(
    ("vendors", "system", "ready", "name", "rule"),
    [
        ({"Apple"}, "macOS-15", {"MLX"}, "MLX", "framework: apple"),
        ({"Apple"}, "macOS-15", set(), "llama.cpp", "framework: cross-platform"),
        ({"Intel"}, "Linux", {"OpenVINO"}, "OpenVINO", "framework: intel"),
        ({"NPU"}, "Windows-11", {"Foundry Local"}, "Foundry Local", "framework: npu"),
        ({"NVIDIA"}, "Linux", {"MLX", "OpenVINO"}, "llama.cpp", "framework: cross-platform"),
        (set(), "Linux", set(), "llama.cpp", "framework: cross-platform"),
    ],
)
def test_the_framework_follows_the_hardware(
    vendors: set[str], system: str, ready: set[str], name: str, rule: str
) -> None:
    found, reason = framework(vendors, system, ready)
    assert (found, reason.rule) == (name, rule)
    if "Apple" in vendors and not ready:
        assert "MLX would be made for this hardware, but is not installed." in reason.sentence


def precisions(parameters: int, free: int) -> list[tuple[str, Fit]]:
    labels = [*LADDER, "Q4_0"]
    return [
        (label, judge(shape_of_size(parameters, quantization=label), LoadOptions(), Room(free), SPEED))
        for label in labels
    ]


def test_the_precision_never_takes_more_than_is_free() -> None:
    for free in range(1, 20):
        for priority, _ in PRIORITIES:
            found = precision(precisions(4_000_000_000, free * GIB), priority)
            if found.quantization:
                fit = dict(precisions(4_000_000_000, free * GIB))[found.quantization]
                assert fit.need.total <= free * GIB
            else:
                assert free < 3
                assert found.reasons[0].rule == "fit"


def test_more_room_gives_more_precision_and_speed_less() -> None:
    def bits(priority: str, gib: int) -> float:
        return bits_of(precision(precisions(4_000_000_000, gib * GIB), priority).quantization)

    assert bits("quality", 3) < bits("quality", 6) <= bits("quality", 32)
    assert bits("speed", 32) <= bits("quality", 32)
    tight = precision(precisions(8_000_000_000, int(4.2 * GIB)), "balanced")
    assert tight.quantization == "Q2_K"
    assert "3.5 perplexity" in tight.warnings[0]
    assert tight.baseline == "F16"


def test_a_k_quant_is_preferred_to_a_legacy_format_of_its_size() -> None:
    fits = [(label, fit) for label, fit in precisions(4_000_000_000, 16 * GIB) if label in {"Q4_0", "Q4_K_M"}]
    assert precision(fits, "balanced").quantization == "Q4_K_M"


def test_the_tables_are_whole() -> None:
    assert all(label in PERPLEXITY for label in LADDER)
    assert [ParameterClass.of(parameters) for _, _, parameters, _ in CLASSES] == [c for c, _, _, _ in CLASSES]
