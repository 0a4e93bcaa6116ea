"""Choosing among quantized files: gates that a file must pass, the Pareto front, and a recommendation with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.core.errors import QuantizationError


@dataclass(frozen=True, slots=True)
class Row:
    """One file as it is judged. Sizes in bytes; ``same_top`` a share; ``kl`` in nats; speeds in tokens a second.

    None stands for what was not measured.
    """

    name: str
    size: int
    base_size: int
    same_top: float | None = None
    kl: float | None = None
    tps: float | None = None
    base_tps: float | None = None

    @property
    def smaller(self) -> float:
        """How much of the source's size is saved, as a share."""
        return 1 - self.size / self.base_size if self.base_size else 0.0

    @property
    def faster(self) -> float | None:
        """How many times as fast as the source it writes."""
        return self.tps / self.base_tps if self.tps and self.base_tps else None


@dataclass(frozen=True, slots=True)
class Gate:
    """What a file must reach. The defaults are those of the course's module 4, with agreement for accuracy."""

    same_top: float | None = 0.95
    smaller: float | None = 0.5
    faster: float | None = 2.0

    @classmethod
    def parse(cls, text: str) -> Gate:
        """From words such as "same-top=95,smaller=50,faster=1.5" (the first two in percent; "off" leaves one out).

        Raises QuantizationError.
        """
        values: dict[str, float | None] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            key, _, value = part.partition("=")
            name = key.strip().replace("-", "_")
            try:
                number = None if value.strip() == "off" else float(value)
            except ValueError:
                number = -1.0
            if name not in cls.__slots__ or (number is not None and not 0 <= number <= 1000):
                raise QuantizationError(
                    f"The gate {part!r} is not known.", "Write it like same-top=95,smaller=50,faster=2 (or =off)."
                )
            values[name] = number if number is None or name == "faster" else number / 100
        return cls(**values)

    def judge(self, row: Row) -> dict[str, bool | None]:
        """Passed or not for each gate that is set; None where its figure was not measured."""
        found: dict[str, bool | None] = {}
        for name in self.__slots__:
            least, value = getattr(self, name), getattr(row, name)
            if least is not None:
                found[name] = None if value is None else value >= least
        return found


def front(rows: Sequence[Row]) -> list[Row]:
    """The rows that no other beats in size and divergence at once, the smallest first; unmeasured ones are left out."""
    found: list[Row] = []
    for row in sorted((r for r in rows if r.kl is not None), key=lambda r: (r.size, r.kl)):
        if not found or (row.kl or 0.0) < (found[-1].kl or 0.0):
            found.append(row)
    return found


@dataclass(frozen=True, slots=True)
class Weights:
    """How much quality, speed and memory matter, in any scale."""

    quality: float = 3.0
    speed: float = 1.0
    memory: float = 1.0


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The row to take and why, in one sentence."""

    row: Row
    sentence: str


def recommend(rows: Sequence[Row], weights: Weights, free: int | None = None) -> Recommendation | None:
    """The row with the best weighted share of what the rows offer; never one larger than ``free`` bytes of memory.

    Quality counts as agreement with the source, speed and memory as shares of the best row's.
    """
    able = [r for r in rows if r.same_top is not None and (free is None or r.size <= free)]
    if not able:
        return None
    smallest = min(r.size for r in able)
    fastest = max((r.tps or 0.0 for r in able), default=0.0)
    least = min(r.same_top or 0.0 for r in able)
    spread = max(0.02, 1 - least)

    def worth(row: Row) -> float:
        quality = ((row.same_top or 0.0) - least) / spread
        speed = (row.tps or 0.0) / fastest if fastest else 0.0
        return weights.quality * quality + weights.speed * speed + weights.memory * smallest / row.size

    best = max(able, key=lambda r: (worth(r), -r.size))
    words = f"{best.name}: it agrees with the source on {best.same_top or 0.0:.1%} of the tokens"
    words += f" and is {best.smaller:.0%} smaller"
    if best.faster is not None:
        words += f", and it writes {best.faster:.1f} times as fast"
    return Recommendation(best, words + ".")
