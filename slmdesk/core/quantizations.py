"""What a file's quantization means: how many bits a weight takes, and which number formats do the work.

Source: the table of llama.cpp's quantize tool (tools/quantize/README.md, Llama 3.1 8B) for bits per weight; the mix of
formats from llama-quant.cpp. Small models take some tenths more, because their embeddings weigh more.
"""

from __future__ import annotations

from slmdesk.core.ggml import BY_NAME

BITS = {
    "IQ1_S": 2.00,
    "IQ1_M": 2.15,
    "TQ1_0": 1.69,
    "TQ2_0": 2.06,
    "IQ2_XXS": 2.38,
    "IQ2_XS": 2.59,
    "IQ2_S": 2.74,
    "IQ2_M": 2.93,
    "Q2_K_S": 2.97,
    "Q2_K": 3.16,
    "IQ3_XXS": 3.25,
    "IQ3_XS": 3.50,
    "Q3_K_S": 3.64,
    "IQ3_S": 3.66,
    "IQ3_M": 3.76,
    "Q3_K_M": 4.00,
    "Q3_K_L": 4.30,
    "IQ4_XS": 4.46,
    "Q4_0": 4.66,
    "IQ4_NL": 4.68,
    "Q4_K_S": 4.67,
    "Q4_K_M": 4.89,
    "Q4_1": 5.12,
    "MXFP4": 4.25,
    "MXFP4_MOE": 4.25,
    "Q5_K_S": 5.57,
    "Q5_0": 5.59,
    "Q5_K_M": 5.70,
    "Q5_1": 6.06,
    "Q6_K": 6.56,
    "Q8_0": 8.50,
    "F16": 16.0,
    "BF16": 16.0,
    "F32": 32.0,
}
"""Bits per weight of a whole file, by the quantization's label."""

LADDER = ("Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16")
"""The quantizations that a person is offered, each better and larger than the one before it."""

_MIXED = {
    "Q2_K": (("Q2_K", 0.6), ("Q3_K", 0.4)),
    "Q2_K_S": (("Q2_K", 0.85), ("Q4_K", 0.15)),
    "Q3_K_S": (("Q3_K", 1.0),),
    "Q3_K_M": (("Q3_K", 0.72), ("Q4_K", 0.28)),
    "Q3_K_L": (("Q3_K", 0.6), ("Q5_K", 0.4)),
    "Q4_K_S": (("Q4_K", 0.95), ("Q5_K", 0.05)),
    "Q4_K_M": (("Q4_K", 0.83), ("Q6_K", 0.17)),
    "Q5_K_S": (("Q5_K", 1.0),),
    "Q5_K_M": (("Q5_K", 0.83), ("Q6_K", 0.17)),
    "IQ2_M": (("IQ2_S", 1.0),),
    "IQ3_XS": (("IQ3_XXS", 0.5), ("IQ3_S", 0.5)),
    "IQ3_M": (("IQ3_S", 1.0),),
    "MXFP4_MOE": (("MXFP4", 1.0),),
}


def bits_of(quantization: str) -> float:
    """Bits per weight of a file with this label; 0 for an unknown one. The label's case does not matter."""
    label = quantization.upper()
    kind = BY_NAME.get(label.lower())
    return BITS.get(label) or (kind.bits if kind else 0.0)


def formats_of(quantization: str) -> tuple[tuple[str, float], ...]:
    """The number formats of the layers' weights with the share of each; empty for an unknown label."""
    label = quantization.upper()
    if label in _MIXED:
        return _MIXED[label]
    return ((label, 1.0),) if label.lower() in BY_NAME else ()
