"""The advisor over the real catalog and the real machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from slmdesk.core.advisor import CLASSES, PRIORITIES, USES
from slmdesk.core.fit import FitLevel
from slmdesk.core.models import Model
from slmdesk.core.shape_config import shape_of_size
from slmdesk.desk import Desk


@pytest.fixture
async def desk(profile_dir: Path) -> AsyncIterator[Desk]:
    async with Desk.opened(profile_dir) as opened:
        yield opened


async def test_every_use_has_an_answer_with_reasons(desk: Desk) -> None:
    for use, _ in USES:
        for priority, _ in PRIORITIES:
            found = desk.advisor.advise(use, priority)
            assert found, use
            assert [advice.score for advice in found] == sorted((advice.score for advice in found), reverse=True)
            for advice in found:
                assert advice.fit.level is not FitLevel.TOO_BIG
                assert {"fit", "precision"} <= {reason.rule for reason in advice.reasons}
                assert advice.runtime == "llama.cpp"


async def test_the_strongest_is_one_that_has_to_be_fetched(desk: Desk) -> None:
    first = desk.advisor.strongest()
    assert first is not None
    assert first.model_id == ""
    size, label = first.variant.size, first.variant.quantization
    here = Model("x", "X", "llama.cpp", Path("x"), size=size, parameters=first.entry.parameters, quantization=label)
    desk.advisor._models = lambda: [here, replace(here, id="y", problem="damaged")]
    assert desk.advisor.advise()[0].model_id == "x"
    other = desk.advisor.strongest()
    assert other is not None
    assert other.entry.id != first.entry.id


async def test_the_class_card(desk: Desk) -> None:
    rows = desk.advisor.what_runs()
    assert [row.parameter_class for row in rows] == [size_class for size_class, _, _, _ in CLASSES]
    for row in rows:
        needs = [need for _, need, _ in row.needs]
        assert needs == sorted(needs, reverse=True)
        assert row.examples


async def test_a_precision_that_fits(desk: Desk) -> None:
    found = desk.advisor.precision(shape_of_size(1_000_000_000, quantization="F16"))
    assert found.quantization
    assert found.baseline == "F16"
