"""The measurement of this machine with ggml's own kernels, with small matrices and short times."""

from __future__ import annotations

from typing import Any

import pytest

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.shape_config import shape_of_size
from slmdesk.core.speed import MachineSpeed, predicted
from slmdesk.worker import probe
from slmdesk.worker.protocol import Event, Request


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> probe.ProbeEngine:
    monkeypatch.setattr(probe, "FORMATS", ("F16", "Q8_0", "Q4_0", "Q4_K"))
    monkeypatch.setattr(probe, "STACK_BYTES", 8 << 20)
    monkeypatch.setattr(probe, "WIDTH", 512)
    monkeypatch.setattr(probe, "HEIGHT", 512)
    monkeypatch.setattr(probe, "BATCH", 64)
    monkeypatch.setattr(probe, "FIGURE_S", 0.002)
    return probe.ProbeEngine()


def measured(engine: probe.ProbeEngine, **args: Any) -> tuple[list[float], dict[str, Any]]:
    events: list[Event] = []
    engine.submit(Request(1, "measure", args), events.append)
    while engine.step():
        pass
    done = events[-1].done
    assert done is not None
    return [event.progress for event in events if event.progress is not None], done


def test_every_format_is_measured(engine: probe.ProbeEngine) -> None:
    fractions, found = measured(engine, threads=1)
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < fractions[-1] < 1
    assert set(found["writing"]) == set(found["reading"]) == {"F16", "Q8_0", "Q4_0", "Q4_K"}
    assert all(rate > 1e6 for table in ("writing", "reading") for rate in found[table].values())
    assert found["threads"] == 1
    speed = MachineSpeed.from_dict(found)
    assert 0 < speed.layer_s < 0.1
    assert speed.attention > 1e6
    rate = predicted(shape_of_size(1_000_000_000), speed)
    assert 0 < rate.generation < rate.prompt * 10


def test_a_cancel_ends_it_without_a_result(engine: probe.ProbeEngine) -> None:
    events: list[Event] = []
    engine.submit(Request(3, "measure"), events.append)
    assert engine.step()
    with pytest.raises(SlmdeskError, match="under way"):
        engine.submit(Request(4, "measure"), events.append)
    engine.cancel(7)
    engine.cancel(3)
    assert events[-1].done == {"finish_reason": "cancelled"}
    assert not engine.step()
    engine.close()


def test_another_operation_is_refused(engine: probe.ProbeEngine) -> None:
    with pytest.raises(SlmdeskError, match="does not know"):
        engine.submit(Request(1, "load"), lambda _event: None)
