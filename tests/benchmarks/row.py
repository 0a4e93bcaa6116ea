"""One line of the benchmark table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, the figure with its unit and how it was had, the target, and whether it is met."""

    what: str
    measured: str
    target: str
    met: bool
