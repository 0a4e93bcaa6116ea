from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.worker.llama_cpp.schema_numbers import integer_rule, number_rule
from slmdesk.worker.llama_cpp.schemas import grammar_of
from tests.worker.llama_cpp.driver import Driver

WHOLE = st.integers(-2000, 2000)


def expression(rule: str) -> re.Pattern[str]:
    """A rule of digits, literals, brackets and repetitions as a regular expression."""
    assert rule.endswith(" space")
    text = re.sub(r'"([^"]*)"', lambda found: re.escape(found[1]), rule.removesuffix(" space"))
    return re.compile(text.replace(" ", ""))


@given(WHOLE, WHOLE, WHOLE)
def test_whole_numbers_between_two_bounds(a: int, b: int, number: int) -> None:
    low, high = sorted((a, b))
    found = expression(integer_rule({"minimum": low, "maximum": high})).fullmatch(str(number))
    assert bool(found) == (low <= number <= high)


@given(WHOLE, st.integers(-(10**7), 10**7), st.sampled_from(["minimum", "exclusiveMaximum"]))
def test_whole_numbers_beyond_one_bound(bound: int, number: int, key: str) -> None:
    found = expression(integer_rule({key: bound})).fullmatch(str(number))
    assert bool(found) == (number >= bound if key == "minimum" else number < bound)


@given(
    WHOLE,
    st.integers(0, 50),
    st.booleans(),
    st.booleans(),
    st.decimals(-2100, 2100, allow_nan=False, places=3),
)
def test_numbers_with_decimals(low: int, span: int, without_low: bool, without_high: bool, number: Any) -> None:
    high = low + span
    if not span and (without_low or without_high):
        return
    schema = {
        "exclusiveMinimum" if without_low else "minimum": low,
        "exclusiveMaximum" if without_high else "maximum": high,
    }
    value = Fraction(str(number))
    text = f"{number:f}"
    if value == 0:
        text = "0"
    within = (low < value if without_low else low <= value) and (value < high if without_high else value <= high)
    assert bool(expression(number_rule(schema)).fullmatch(text)) == within


def test_bounds_that_nothing_meets() -> None:
    with pytest.raises(ValueError, match="no number is within"):
        integer_rule({"minimum": 3, "maximum": 2})
    with pytest.raises(ValueError, match="no number is within"):
        number_rule({"exclusiveMinimum": 3, "maximum": 3})
    with pytest.raises(ValueError, match="only whole ones"):
        number_rule({"minimum": 0.5})
    with pytest.raises(ValueError, match="is expected"):
        integer_rule({"minimum": "3"})


def test_a_model_keeps_to_the_bounds(driver: Driver) -> None:
    schema = {
        "type": "object",
        "properties": {
            "age": {"type": "integer", "minimum": 18, "maximum": 99},
            "share": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["age", "share"],
    }
    for seed in range(5):
        options = {"json_schema": json.dumps(schema), "logit_bias": [], "seed": seed, "temperature": 2.0}
        found = json.loads(driver.answer("Who", max_tokens=300, **options)["text"])
        assert 18 <= found["age"] <= 99
        assert 0 <= found["share"] <= 1


def test_a_schema_may_refer_to_itself(driver: Driver) -> None:
    tree = {
        "type": "object",
        "properties": {"value": {"type": "boolean"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["value", "next"],
    }
    assert "whole-schema" in grammar_of(json.dumps(tree))
    result = driver.answer("Who", json_schema=json.dumps(tree), logit_bias=[], max_tokens=900, seed=3)
    if result["finish_reason"] == "stop":
        assert set(json.loads(result["text"])) == {"value", "next"}
