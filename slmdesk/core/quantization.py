"""Quantizing: the types there are and what they are good for, a recipe for one file, and what was measured of it.

Bits per weight and losses are llama.cpp's own figures (tools/quantize): perplexity added to Llama 3 8B, whose F16 file
has 6.2331. They are other people's measurements on another model; what counts is what is measured here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from slmdesk.core.errors import QuantizationError


class Precision(StrEnum):
    """The course's classes of precision by bits for each weight: 1-2 ultra-low, 3-4 low, 5-8 medium."""

    ULTRA_LOW = "ultra-low"
    LOW = "low"
    MEDIUM = "medium"
    FULL = "full"

    @classmethod
    def of(cls, bits: float) -> Precision:
        """The class of a type, by its nominal bits: Q4_K_M is a 4-bit type although its mix takes 4.9."""
        if bits < 3:
            return cls.ULTRA_LOW
        if bits < 5:
            return cls.LOW
        return cls.MEDIUM if bits < 9 else cls.FULL


@dataclass(frozen=True, slots=True)
class QuantizationType:
    """One way to write a model's weights. ``number`` is llama.cpp's (``enum llama_ftype``).

    ``bits`` are those of a typical file for each weight. ``loss`` is the perplexity it adds to Llama 3 8B by
    llama.cpp's table; None where none is published.
    """

    name: str
    number: int
    family: str
    bits: float
    purpose: str
    loss: float | None = None
    needs_matrix: bool = False
    ternary: bool = False

    @property
    def precision(self) -> Precision:
        """Its class of precision."""
        nominal = re.search(r"\d+", self.name)
        return Precision.of(float(nominal[0]) if nominal and self.family != "float" else self.bits)


_FLOAT, _LEGACY, _K, _I, _TERNARY, _OTHER = "float", "legacy", "K", "I", "ternary", "other"
_MATRIX = "needs an importance matrix"
_ALL = (
    QuantizationType("F32", 0, _FLOAT, 32.0, "full precision, for conversions and as a reference"),
    QuantizationType("F16", 1, _FLOAT, 16.0, "the usual unquantized file", 0.0020),
    QuantizationType(
        "BF16", 32, _FLOAT, 16.0, "unquantized, with the range of F32; what models are trained in", -0.005
    ),
    QuantizationType("Q8_0", 7, _LEGACY, 8.5, "hardly to be told from the original", 0.0026),
    QuantizationType("Q6_K", 18, _K, 6.56, "very near the original", 0.0217),
    QuantizationType("Q5_K_M", 17, _K, 5.70, "a little loss, where memory allows it", 0.0569),
    QuantizationType("Q5_K_S", 16, _K, 5.57, "a little smaller than Q5_K_M", 0.1049),
    QuantizationType("Q5_1", 9, _LEGACY, 6.0, "older; Q5_K_M is smaller and better", 0.1062),
    QuantizationType("Q5_0", 8, _LEGACY, 5.57, "older; Q5_K_S is better at the same size", 0.1316),
    QuantizationType("Q4_K_M", 15, _K, 4.89, "the usual choice: small, and little is lost", 0.1754),
    QuantizationType("Q4_K_S", 14, _K, 4.67, "a little smaller than Q4_K_M", 0.2689),
    QuantizationType("IQ4_NL", 25, _I, 4.68, "4 bits for layers whose width no K type fits"),
    QuantizationType("IQ4_XS", 30, _I, 4.46, "smaller than Q4_K_S at about its quality"),
    QuantizationType("Q4_1", 3, _LEGACY, 5.11, "older; Q4_K_M is smaller and better", 0.4511),
    QuantizationType("Q4_0", 2, _LEGACY, 4.64, "older, and quick on some processors", 0.4685),
    QuantizationType("MXFP4_MOE", 38, _OTHER, 4.25, "4-bit floating point, for mixtures of experts"),
    QuantizationType("NVFP4", 39, _OTHER, 4.5, "4-bit floating point of recent NVIDIA cards"),
    QuantizationType("Q3_K_L", 13, _K, 4.30, "small, with a loss one notices", 0.5562),
    QuantizationType("Q3_K_M", 12, _K, 3.99, "small, with a loss one notices", 0.6569),
    QuantizationType("IQ3_M", 27, _I, 3.76, "small; better with an importance matrix"),
    QuantizationType("IQ3_S", 26, _I, 3.66, "small; better with an importance matrix"),
    QuantizationType("Q3_K_S", 11, _K, 3.64, "small, with a clear loss", 1.6321),
    QuantizationType("IQ3_XS", 22, _I, 3.50, f"very small; {_MATRIX}", needs_matrix=True),
    QuantizationType("IQ3_XXS", 23, _I, 3.25, f"very small; {_MATRIX}", needs_matrix=True),
    QuantizationType("Q2_K", 10, _K, 3.16, "very small, with a heavy loss", 3.5199),
    QuantizationType("Q2_K_S", 21, _K, 2.99, f"very small; {_MATRIX}", 3.1836, needs_matrix=True),
    QuantizationType("IQ2_M", 29, _I, 2.93, f"for what fits no other way; {_MATRIX}", needs_matrix=True),
    QuantizationType("IQ2_S", 28, _I, 2.74, f"for what fits no other way; {_MATRIX}", needs_matrix=True),
    QuantizationType("IQ2_XS", 20, _I, 2.59, f"for what fits no other way; {_MATRIX}", needs_matrix=True),
    QuantizationType("IQ2_XXS", 19, _I, 2.39, f"for what fits no other way; {_MATRIX}", needs_matrix=True),
    QuantizationType("IQ1_M", 31, _I, 2.15, f"an experiment; {_MATRIX}", needs_matrix=True),
    QuantizationType("IQ1_S", 24, _I, 2.01, f"an experiment; {_MATRIX}", needs_matrix=True),
    QuantizationType("Q2_0", 41, _OTHER, 2.25, "an experiment of llama.cpp"),
    QuantizationType("TQ2_0", 37, _TERNARY, 2.06, "only for models trained with three values", ternary=True),
    QuantizationType("TQ1_0", 36, _TERNARY, 1.69, "only for models trained with three values", ternary=True),
    QuantizationType("Q1_0", 40, _OTHER, 1.125, "an experiment of llama.cpp"),
)
TYPES: Mapping[str, QuantizationType] = {kind.name: kind for kind in _ALL}
"""What is known of each type, the largest first."""
ALIASES: Mapping[str, str] = {"Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M", "MXFP4": "MXFP4_MOE"}


def type_named(name: str) -> QuantizationType:
    """A type by its name or a common short form. Raises QuantizationError."""
    wanted = name.strip().upper()
    kind = TYPES.get(ALIASES.get(wanted, wanted))
    if kind is None:
        raise QuantizationError(f"There is no quantization called {name!r}.", f"There are: {', '.join(TYPES)}.")
    return kind


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one file is to be quantized.

    ``output_type`` and ``embedding_type`` are tensor types for the output and the token embedding ("" leaves the
    choice to the library), ``overrides`` pairs of (pattern of tensor names, tensor type). ``threads`` 0 takes all.
    """

    type: str
    output_type: str = ""
    embedding_type: str = ""
    overrides: tuple[tuple[str, str], ...] = ()
    pure: bool = False
    keep_split: bool = False
    requantize: bool = False
    threads: int = 0
    matrix: str = ""
    """The path of an importance matrix; empty without one."""

    @property
    def label(self) -> str:
        """Short words for a row: the type, and what is unusual."""
        extras = [f"output {self.output_type}" if self.output_type else ""]
        extras += [f"embedding {self.embedding_type}" if self.embedding_type else ""]
        extras += ["pure" if self.pure else "", f"{len(self.overrides)} overrides" if self.overrides else ""]
        extras += ["matrix" if self.matrix else ""]
        found = ", ".join(extra for extra in extras if extra)
        return f"{self.type} ({found})" if found else self.type

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Back from :meth:`to_dict`; unknown keys are left out."""
        known = {field.name for field in fields(cls)}
        found = {key: value for key, value in values.items() if key in known}
        found["overrides"] = tuple((str(p), str(t)) for p, t in found.get("overrides") or ())
        return cls(**found)


def check(recipe: Recipe, source_type: str, *, ternary_source: bool = False) -> None:
    """Refuse a recipe that would make no useful file. Raises QuantizationError.

    ``source_type`` is the quantization of the source file, such as "F16".
    """
    kind = type_named(recipe.type)
    if kind.needs_matrix and not recipe.matrix:
        raise QuantizationError(
            f"{kind.name} needs an importance matrix: without one so few bits keep nothing of the model.",
            "Make one from a text first, or choose Q3_K_M or larger.",
        )
    if kind.ternary and not ternary_source:
        raise QuantizationError(
            f"{kind.name} holds only -1, 0 and 1, and this model was not trained so: it would turn to noise.",
            "Choose Q2_K or larger, or a BitNet model.",
        )
    source = TYPES.get(ALIASES.get(source_type, source_type))
    if source is not None and source.family != _FLOAT and not recipe.requantize:
        raise QuantizationError(
            f"The source is quantized already ({source.name}); quantizing it again loses more than it needs to.",
            "Take the F16 or BF16 file of the model, or allow requantizing.",
        )


@dataclass(frozen=True, slots=True)
class Quality:
    """How a quantized model differs from its source on a text. Definitions are those of llama.cpp's perplexity tool.

    Perplexities with their standard errors; KL divergences in nats; ``same_top`` and the probability shifts as shares
    (0 to 1). The source's figures come from the same tokens.
    """

    perplexity: float
    perplexity_error: float
    base_perplexity: float
    base_perplexity_error: float
    kl_mean: float
    kl_error: float
    kl_median: float
    kl_99: float
    kl_max: float
    same_top: float
    same_top_error: float
    shift_mean: float
    shift_rms: float
    tokens: int
    chunks: int
    context_length: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Quality:
        """Back from :meth:`to_dict`."""
        return cls(**{field.name: values[field.name] for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second with standard deviations: reading a prompt of 512 tokens (pp512), writing 128 (tg128)."""

    pp512: float
    pp512_deviation: float
    tg128: float
    tg128_deviation: float
    load_s: float
    peak_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)
