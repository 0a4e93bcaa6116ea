"""How far long work has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of long work: ``done`` of ``total`` in ``unit``; ``total`` None while it is not known."""

    done: float
    total: float | None = None
    unit: str = ""
    text: str = ""
    eta_s: float | None = None

    @property
    def fraction(self) -> float | None:
        """Between 0 and 1, or None while the total is not known."""
        if not self.total:
            return None
        return min(1.0, max(0.0, self.done / self.total))


Report = Callable[[Progress], None]
