from __future__ import annotations

import pytest

from slmdesk.core.decision import Gate, Row, Weights, front, recommend
from slmdesk.core.errors import QuantizationError
from slmdesk.core.quantization import Precision, Recipe, check, type_named

ROWS = [
    Row("Q8_0", 500, 1000, 0.99, 0.001, 20.0, 10.0),
    Row("Q4_K_M", 300, 1000, 0.95, 0.02, 28.0, 10.0),
    Row("Q4_0", 310, 1000, 0.93, 0.04, 29.0, 10.0),
    Row("Q2_K", 200, 1000, 0.70, 0.5, 30.0, 10.0),
    Row("unmeasured", 100, 1000),
]


def test_the_front() -> None:
    assert [r.name for r in front(ROWS)] == ["Q2_K", "Q4_K_M", "Q8_0"]


def test_the_gate() -> None:
    gate = Gate()
    assert gate.judge(ROWS[0]) == {"same_top": True, "smaller": True, "faster": True}
    assert gate.judge(ROWS[3])["same_top"] is False
    assert gate.judge(ROWS[4]) == {"same_top": None, "smaller": True, "faster": None}
    assert Gate.parse("same-top=90,smaller=off") == Gate(0.9, None, 2.0)
    assert Gate.parse("") == gate
    for wrong in ("speed=2", "faster=x", "smaller=-1", "same_top"):
        with pytest.raises(QuantizationError, match="is not known"):
            Gate.parse(wrong)


def test_recommendations_follow_the_weights_and_the_memory() -> None:
    def name(weights: Weights, free: int | None = None) -> str:
        found = recommend(ROWS, weights, free)
        return found.row.name if found else ""

    assert name(Weights(10, 0, 0)) == "Q8_0"
    assert name(Weights(0, 0, 10)) == "Q2_K"
    assert name(Weights()) == "Q4_K_M"
    assert name(Weights(10, 0, 0), free=250) == "Q2_K"
    assert name(Weights(), free=50) == ""
    best = recommend(ROWS, Weights())
    assert best is not None
    assert "agrees with the source on 95.0%" in best.sentence
    assert "70% smaller" in best.sentence


def test_types_by_name_and_class() -> None:
    assert type_named("q4_k").name == "Q4_K_M"
    with pytest.raises(QuantizationError, match="no quantization called"):
        type_named("Q9")
    classes = {
        n: type_named(n).precision for n in ("Q2_K", "IQ1_S", "Q4_K_M", "Q3_K_S", "Q5_1", "Q8_0", "F16", "TQ2_0")
    }
    assert classes == {
        "Q2_K": Precision.ULTRA_LOW, "IQ1_S": Precision.ULTRA_LOW, "Q4_K_M": Precision.LOW, "Q3_K_S": Precision.LOW,
        "Q5_1": Precision.MEDIUM, "Q8_0": Precision.MEDIUM, "F16": Precision.FULL, "TQ2_0": Precision.ULTRA_LOW,
    }  # fmt: skip


def test_a_recipe_survives_json() -> None:
    recipe = Recipe("Q4_K_M", "Q8_0", "", (("ffn", "Q6_K"),), pure=True, matrix="m.gguf")
    assert Recipe.from_dict({**recipe.to_dict(), "later": 1}) == recipe
    assert recipe.label == "Q4_K_M (output Q8_0, pure, 1 overrides, matrix)"
    check(Recipe("TQ1_0"), "F16", ternary_source=True)
