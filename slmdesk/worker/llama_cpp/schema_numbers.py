"""Bounds of numbers in a JSON schema, as GBNF: ``minimum``, ``maximum`` and their exclusive kinds.

A grammar knows no numbers, only digits. A range is therefore cut into pieces of equal length and then digit by digit:
17 to 342 becomes "1" [7-9], [2-9] [0-9], [1-2] [0-9]{2}, "3" [0-3] [0-9], "3" "4" [0-2].
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
MOST_DIGITS = 16
"""Digits of an open-ended number, as many as the converter's own rule for whole numbers writes."""
_DECIMALS = '("." [0-9]{1,15})?'


def integer_rule(schema: Mapping[str, Any]) -> str:
    """The grammar of a whole number within the schema's bounds. Raises ValueError when no number is."""
    low, high = _bounds(schema)
    least = None if low is None else floor(low[0]) + 1 if low[1] else ceil(low[0])
    most = None if high is None else ceil(high[0]) - 1 if high[1] else floor(high[0])
    return _rule(_whole(least, most), schema)


def number_rule(schema: Mapping[str, Any]) -> str:
    """The grammar of a number within the schema's bounds, without exponents. Raises ValueError when none is.

    Bounds must be whole numbers: digits after the point are bounded only by the whole number before it.
    """
    low, high = _bounds(schema)
    for bound in (low, high):
        if bound is not None and bound[0].denominator != 1:
            raise ValueError(f"a bound of {float(bound[0])} is not possible for a number, only whole ones are")
    found = _upwards(low, high)
    mirrored = _upwards(_negative(high), _negative(low), strict=True)
    return _rule([*found, *(f'"-" ({piece})' for piece in mirrored)], schema)


_Bound = tuple[Fraction, bool] | None
"""A limit and whether it is itself left out."""


def _bounds(schema: Mapping[str, Any]) -> tuple[_Bound, _Bound]:
    found = []
    for plain, exclusive, pick in (("minimum", "exclusiveMinimum", max), ("maximum", "exclusiveMaximum", min)):
        known = [(_number(schema[key], key), key == exclusive) for key in (plain, exclusive) if key in schema]
        tightest = pick((value for value, _ in known), default=None)
        found.append(None if tightest is None else (tightest, (tightest, True) in known))
    return found[0], found[1]


def _number(value: Any, key: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= 10**MOST_DIGITS:
        raise ValueError(f"{key} is {value!r}, and a number of at most {MOST_DIGITS} digits is expected")
    return Fraction(value)


def _negative(bound: _Bound) -> _Bound:
    return None if bound is None else (-bound[0], bound[1])


def _rule(pieces: list[str], schema: Mapping[str, Any]) -> str:
    if not pieces:
        limits = ", ".join(f"{key} {schema[key]}" for key in sorted(BOUNDS & schema.keys()))
        raise ValueError(f"no number is within {limits}")
    return f"({' | '.join(pieces)}) space"


def _whole(least: int | None, most: int | None) -> list[str]:
    """Whole numbers from ``least`` to ``most``, both included."""
    found = []
    if most is None or most >= 0:
        found += _digits(max(0, least or 0), most)
    if least is None or least < 0:
        found += [f'"-" {piece}' for piece in _digits(max(1, -most if most is not None else 1), least and -least)]
    return found


def _upwards(low: _Bound, high: _Bound, *, strict: bool = False) -> list[str]:
    """Numbers of zero and more within the bounds, with decimals; ``strict`` leaves zero itself out."""
    first, without_first = (max(0, int(low[0])), low[1] and low[0] >= 0) if low else (0, False)
    without_first = without_first or (strict and first == 0)
    found = []
    if high is not None:
        last = int(high[0])
        if last < first or (last == first and (without_first or high[1])):
            return []
        if not high[1]:
            found.append(f'"{last}" ("." "0"{{1,15}})?')
        last -= 1
    else:
        last = None
    if without_first:
        if last is None or first <= last:
            found.append(f'"{first}." "0"{{0,14}} [1-9] [0-9]{{0,14}}')
            found.append(f'"{first}." [0-9]{{0,14}} [1-9]')
        first += 1
    if last is None or first <= last:
        found.append(f"({' | '.join(_digits(first, last))}) {_DECIMALS}")
    return found


def _digits(least: int, most: int | None) -> list[str]:
    """Whole numbers of zero and more as pieces of equal length; ``most`` None: up to MOST_DIGITS digits."""
    found = []
    last = most if most is not None else 10**MOST_DIGITS - 1
    for length in range(len(str(least)), len(str(last)) + 1):
        smallest = 10 ** (length - 1) if length > 1 else 0
        low, high = max(least, smallest), min(last, 10**length - 1)
        if low <= high:
            found += _equal_length(str(low), str(high))
    return found


def _equal_length(low: str, high: str) -> list[str]:
    """The numbers from ``low`` to ``high``, which have as many digits."""
    rest = len(low) - 1
    if not rest:
        return [_one(low, high)]
    if low[1:] == "0" * rest and high[1:] == "9" * rest:
        return [f"{_one(low[0], high[0])} [0-9]{{{rest}}}"]
    if low[0] == high[0]:
        return [f'"{low[0]}" {tail}' for tail in _equal_length(low[1:], high[1:])]
    found = [f'"{low[0]}" {tail}' for tail in _equal_length(low[1:], "9" * rest)]
    if int(high[0]) - int(low[0]) > 1:
        found.append(f"{_one(str(int(low[0]) + 1), str(int(high[0]) - 1))} [0-9]{{{rest}}}")
    return found + [f'"{high[0]}" {tail}' for tail in _equal_length("0" * rest, high[1:])]


def _one(low: str, high: str) -> str:
    return f'"{low}"' if low == high else f"[{low}-{high}]"
