"""Which model to take: a use, what matters most, and this machine, as rules that say their reason.

The picks for each use are those of Microsoft's EdgeAI-for-Beginners course (Module 03) where it names one; the loss of
a quantization is llama.cpp's own measurement (tools/quantize/README.md, Llama 3 8B, increase of perplexity over F16).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from slmdesk.core.fit import Fit, FitLevel
from slmdesk.core.memory import in_gib
from slmdesk.core.models import Ability, ParameterClass
from slmdesk.core.quantizations import bits_of
from slmdesk.core.shape import ModelShape

USES = (
    ("chat", "Everyday questions and writing"),
    ("code", "Programming"),
    ("documents", "Long documents"),
    ("reasoning", "Reasoning and mathematics"),
    ("languages", "Several languages"),
    ("tools", "Calling tools"),
    ("vision", "Looking at pictures"),
    ("embeddings", "Searching by meaning"),
    ("small", "Smallest devices"),
)
"""What a model is wanted for: key and words."""
PRIORITIES = (
    ("balanced", "A balance"),
    ("quality", "Quality"),
    ("speed", "Speed"),
    ("memory", "Little memory"),
)
"""What matters most: key and words."""

PERPLEXITY = {
    "Q2_K": 3.5199,
    "Q3_K_S": 1.6321,
    "Q3_K_M": 0.6569,
    "Q3_K_L": 0.5562,
    "Q4_0": 0.4685,
    "Q4_K_S": 0.2689,
    "Q4_K_M": 0.1754,
    "Q5_0": 0.1062,
    "Q5_1": 0.1062,
    "Q5_K_S": 0.1049,
    "Q5_K_M": 0.0569,
    "Q6_K": 0.0217,
    "Q8_0": 0.0026,
    "F16": 0.0,
    "BF16": 0.0,
    "F32": 0.0,
}
"""Increase of perplexity over F16."""

_PICKS = {
    "chat": ("qwen3-1.7b", "gemma-3"),
    "code": ("phi-4-mini",),
    "documents": ("qwen3-4b",),
    "reasoning": ("phi-4-mini",),
    "languages": ("qwen3",),
    "small": ("qwen3-0.6b",),
}
"""The course's picks, as beginnings of the catalog's ids, its first pick first."""
_STRENGTHS = {
    "chat": {"chat", "general", "assistant", "writing", "instruction"},
    "code": {"code", "coding", "programming"},
    "documents": {"documents", "long context", "summaries", "summarization", "rag"},
    "reasoning": {"reasoning", "math", "mathematics", "thinking"},
    "languages": {"multilingual", "languages", "translation"},
    "tools": {"tools", "function calling", "agents"},
    "vision": {"vision", "images", "pictures"},
    "embeddings": {"embeddings", "search", "retrieval"},
    "small": {"small", "mobile", "edge", "tiny"},
}
_NEEDS = {
    "tools": Ability.TOOLS,
    "vision": Ability.VISION,
    "embeddings": Ability.EMBEDDINGS,
}
_LONG = 32_768
_ROOMY, _TIGHT = 0.5, 80.0
"""A model that takes more than this share of the free memory leaves little for other programs and longer chats."""
_COMFORTABLE_TPS = 8.0
"""Tokens per second from which more speed is hardly noticed while reading along."""
_WEIGHTS = {
    "balanced": (1.0, 1.0, 0.5),
    "quality": (1.6, 0.5, 0.2),
    "speed": (0.6, 2.2, 0.3),
    "memory": (0.6, 0.6, 2.2),
}
"""How much quality, speed and memory count, by what matters most."""


class Version(Protocol):
    """One quantization of a model that can be fetched. ``size`` is in bytes."""

    @property
    def quantization(self) -> str:
        """Its label, such as "Q4_K_M"."""

    @property
    def size(self) -> int:
        """Bytes of all its files."""


class Entry(Protocol):
    """A model that can be recommended: an entry of the catalog."""

    @property
    def id(self) -> str:
        """Such as "qwen3-4b"."""

    @property
    def name(self) -> str:
        """As a person reads it."""

    @property
    def parameters(self) -> int:
        """All of them."""

    @property
    def active_parameters(self) -> int:
        """Those that work on one token; 0: all."""

    @property
    def context_length(self) -> int:
        """The trained one, in tokens."""

    @property
    def variants(self) -> Sequence[Version]:
        """The versions that can be fetched."""

    @property
    def licence(self) -> str:
        """Its short name."""

    @property
    def strengths(self) -> Sequence[str]:
        """What it is good at, in words."""

    @property
    def abilities(self) -> Collection[Ability]:
        """What it can do besides chat."""

    def shape(self) -> ModelShape | None:
        """Its dimensions, where they are known."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a model is recommended: the rule that fired, and what it says of this model."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Rated:
    """A version of a model with its worth for a use (higher is better) and the reasons."""

    score: float
    reasons: tuple[Reason, ...]


def suits(entry: Entry, use: str) -> bool:
    """Whether a model can be used so at all."""
    wanted = _NEEDS.get(use)
    if wanted is not None:
        return wanted in entry.abilities
    if Ability.EMBEDDINGS in entry.abilities:
        return False  # it finds texts, and writes none
    return use != "small" or entry.parameters < 2_000_000_000


def rate(entry: Entry, version: Version, fit: Fit, use: str, priority: str) -> Rated:
    """The worth of one version of a model on this machine; it must suit the use and fit."""
    quality, speed, memory = _WEIGHTS.get(priority, _WEIGHTS["balanced"])
    reasons = [_fit_reason(fit)]
    # a mixture is worth about a dense model between its active and its total size
    worth = math.sqrt(max(entry.parameters, 1) * max(entry.active_parameters or entry.parameters, 1))
    score = quality * 10 * math.log2(worth / 1e8)
    score += _use_score(entry, use, reasons)
    score -= quality * 20 * _loss(version.quantization, reasons, version.size)
    score += speed * _speed_score(fit, reasons)
    share = fit.need.total / max(1, fit.free + fit.vram_free)
    score -= memory * 30 * min(1.0, share)
    score -= _TIGHT * max(0.0, min(1.0, share) - _ROOMY)
    if memory > 1 or share > _ROOMY:
        reasons.append(Reason("memory", f"Takes {share:.0%} of the memory that is free."))
    if fit.level is FitLevel.LESS_CONTEXT:
        score -= 15
    if use == "documents" and min(entry.context_length, fit.fitting_context or _LONG) < _LONG // 4:
        score -= 10
    return Rated(score, tuple(reasons))


def _use_score(entry: Entry, use: str, reasons: list[Reason]) -> float:
    score = 0.0
    picks = _PICKS.get(use, ())
    if place := next((len(picks) - i for i, pick in enumerate(picks) if entry.id.startswith(pick)), 0):
        score += 4 + 6 * place / len(picks)  # the course's first pick counts most
        reasons.append(Reason("pick", f"{entry.name} is the course's pick for {dict(USES)[use].lower()}."))
    known = {word.casefold() for word in entry.strengths}
    if known & _STRENGTHS.get(use, set()):
        score += 6
        reasons.append(Reason("strength", f"Known to be good at this: {', '.join(entry.strengths[:3])}."))
    ability = _NEEDS.get(use)
    if ability is not None:
        reasons.append(Reason("ability", f"It can do {ability.value}, which this use needs."))
    if use == "documents" and entry.context_length >= _LONG:
        score += 4
        reasons.append(Reason("context", f"Trained for {entry.context_length:,} tokens at a time."))
    if use == "small":
        score -= 20 * max(0.0, math.log2(max(entry.parameters, 1) / 7e8))
        reasons.append(Reason("small", f"{entry.parameters / 1e9:.1f} B parameters run on small devices."))
    return score


def _loss(quantization: str, reasons: list[Reason], size: int) -> float:
    """What the quantization costs in quality, from 0 (nothing); its reason names the baseline."""
    label = quantization.upper()
    bits = bits_of(label)
    if not bits:
        return 0.1
    saved = max(0.0, 1 - bits / 16)
    words = f"{label}: {bits:.1f} bits per weight, {saved:.0%} smaller than F16"
    if label.startswith("MXFP4"):
        reasons.append(Reason("precision", f"{words}, and the format that its publisher trained it for."))
        return 0.0
    if label not in PERPLEXITY:
        reasons.append(Reason("precision", f"{words}."))
        return 0.35 * 2 ** (4.0 - bits)
    lost = PERPLEXITY[label]
    if label.startswith("Q2_K"):
        reasons.append(Reason("precision", f"{words}; quality suffers (+3.5 perplexity with Llama 3 8B)."))
    elif lost < 0.02:
        reasons.append(Reason("precision", f"{words}, and hardly to be told from it."))
    else:
        reasons.append(Reason("precision", f"{words} ({size / 1e9:.1f} GB; +{lost:.2f} perplexity with Llama 3 8B)."))
    return lost


def _speed_score(fit: Fit, reasons: list[Reason]) -> float:
    rate_ = fit.generation_tps
    if not rate_:
        return 0.0
    words = f"About {rate_:.0f} tokens per second here" if rate_ >= 1.5 else "Less than 2 tokens per second here"
    pace = "faster than one reads" if rate_ >= _COMFORTABLE_TPS else "slower than one reads"
    how = "" if fit.speed_measured else " (a guess: the machine is not measured yet)"
    reasons.append(Reason("speed", f"{words}, {pace}{how}."))
    return 10 * math.log2(min(rate_, 4 * _COMFORTABLE_TPS) / _COMFORTABLE_TPS)


def _fit_reason(fit: Fit) -> Reason:
    need = f"Needs {in_gib(fit.need.total)} of {in_gib(fit.free + fit.vram_free)} that are free"
    if fit.level is FitLevel.LESS_CONTEXT:
        return Reason("fit", f"{need}; it fits with a context of {fit.fitting_context:,} tokens.")
    if fit.level is FitLevel.SLOW and fit.partly_on_cpu:
        return Reason("fit", f"{need}; a part runs on the processor.")
    return Reason("fit", f"{need}.")


# --- the framework ----------------------------------------------------------------------------------------------


def framework(vendors: Collection[str], system: str, ready: Collection[str]) -> tuple[str, Reason]:
    """The runtime to use on this hardware, of those that are ``ready``, with the rule (Module 04's decision tree)."""
    wanted = [("llama.cpp", "cross-platform", "llama.cpp runs these files on every processor and graphics card.")]
    if "Apple" in vendors:
        wanted.insert(0, ("MLX", "apple", "Apple's chips share one memory, which MLX is made for."))
    elif "NPU" in vendors and "windows" in system.casefold():
        wanted.insert(0, ("Foundry Local", "npu", "Foundry Local reaches the neural processor on Windows."))
    elif "Intel" in vendors:
        wanted.insert(0, ("OpenVINO", "intel", "OpenVINO is made for Intel's graphics."))
    for name, rule, sentence in wanted:
        if name in ready or name == "llama.cpp":
            first = wanted[0][0]
            more = f" {first} would be made for this hardware, but is not installed." if name != first else ""
            return name, Reason(f"framework: {rule}", sentence + more)
    raise AssertionError("llama.cpp is always among them")


# --- what runs at all -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One size class on this machine: the memory that a typical model needs by quantization, and how it fits."""

    parameter_class: ParameterClass
    range: str
    parameters: int
    """Of the typical model."""
    needs: tuple[tuple[str, int, FitLevel], ...]
    examples: tuple[str, ...]


CLASSES = (
    (ParameterClass.MICRO, "0.1 to 1.5 B", 600_000_000, ("Qwen3-0.6B", "Gemma3-1B")),
    (ParameterClass.SMALL, "1.5 to 14 B", 4_000_000_000, ("Qwen3-1.7B", "Phi-4-mini-3.8B", "Qwen3-4B")),
    (ParameterClass.MEDIUM, "14 to 30 B", 14_000_000_000, ("Phi-4-14B", "Gemma3-27B")),
    (ParameterClass.LLM, "above 30 B", 32_000_000_000, ("Qwen3-30B-A3B",)),
)
"""The size classes with their range, a typical model's parameters, and the course's examples."""
CARD_QUANTIZATIONS = ("F16", "Q8_0", "Q4_K_M")


# --- the precision ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Precision:
    """A recommended quantization with its reasons and warnings; empty where none fits.

    ``baseline`` is what all figures are compared with.
    """

    quantization: str
    reasons: tuple[Reason, ...]
    warnings: tuple[str, ...] = ()
    baseline: str = "F16"


def precision(fits: Sequence[tuple[str, Fit]], priority: str) -> Precision:
    """The quantization to make of a model, of those that fit; ``fits`` has a judgement for each label.

    K-quants are preferred over the legacy formats of the same size, and none is taken that does not fit.
    """
    quality, speed, memory = _WEIGHTS.get(priority, _WEIGHTS["balanced"])
    best: tuple[float, str, tuple[Reason, ...]] | None = None
    for label, fit in fits:
        if fit.level is FitLevel.TOO_BIG or fit.need.total > fit.free + fit.vram_free:
            continue
        reasons = [_fit_reason(fit)]
        score = -quality * 20 * _loss(label, reasons, fit.need.weights) + speed * _speed_score(fit, reasons)
        score -= memory * 30 * fit.need.total / max(1, fit.free + fit.vram_free)
        if label.endswith(("_0", "_1")) and label != "Q8_0":
            score -= 0.5
        if best is None or score > best[0]:
            best = (score, label, tuple(reasons))
    if best is None:
        return Precision("", (Reason("fit", "No quantization of this model fits into the memory that is free."),))
    warnings = []
    if best[1].startswith("Q2_K"):
        warnings.append(
            "Q2_K costs much quality (+3.5 perplexity with Llama 3 8B): a smaller model in 4 bits is often better."
        )
    return Precision(best[1], best[2], tuple(warnings))
