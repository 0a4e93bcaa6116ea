"""What loads on this machine taught: how far predictions of memory and speed are off, and the corrections."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from slmdesk.core.memory import Corrections

LEARN_FROM = 8
"""The newest loads that a correction is made from."""
NEGLIGIBLE = 0.02
"""A correction below this share is noise."""
_MEMORY = (0.8, 1.4)
_SPEED = (0.3, 3.0)


def learned_memory(loads: Sequence[tuple[str, int, int]]) -> Corrections:
    """Corrections from (architecture, predicted bytes, measured bytes) of loads, the newest first.

    Each architecture learns from its own loads, because what is missing is most often in its compute buffers.
    """
    ratios: dict[str, list[float]] = {}
    for architecture, predicted, measured in loads:
        if predicted > 0 and measured > 0:
            ratios.setdefault(architecture, []).append(measured / predicted)
    factors = {name: _typical(values, _MEMORY) for name, values in ratios.items()}
    return Corrections({name: factor for name, factor in factors.items() if factor != 1.0})


def learned_speed(answers: Sequence[tuple[float, float]]) -> float:
    """What to multiply a predicted speed with, from (predicted, measured) tokens per second, the newest first."""
    return _typical([measured / told for told, measured in answers if told > 0 and measured > 0], _SPEED)


def _typical(ratios: Sequence[float], bounds: tuple[float, float]) -> float:
    """The middle of the newest ratios within bounds; 1 for none, or for one so near that it is noise."""
    if not ratios:
        return 1.0
    low, high = bounds
    middle = min(max(median(ratios[:LEARN_FROM]), low), high)
    return 1.0 if abs(middle - 1) < NEGLIGIBLE else middle
