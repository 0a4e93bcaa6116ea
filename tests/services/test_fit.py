"""The judge of fits: with the real memory, real loads of the starter, a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from slmdesk.core.chat import LoadOptions, Message, Role, SamplingOptions, Timings
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.fit import FitLevel, RemedyKind
from slmdesk.core.gguf import read_header
from slmdesk.core.models import Model
from slmdesk.core.shape import ModelShape, shape_of_header
from slmdesk.core.shape_config import shape_of_size
from slmdesk.core.speed import MachineSpeed
from slmdesk.runtimes.base import Runtime
from slmdesk.runtimes.llama_cpp import LlamaCpp
from slmdesk.services.fit import IDLE_SAMPLES, Fits
from slmdesk.services.hardware import Sample
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.services.settings import Settings
from slmdesk.storage.database import Database
from slmdesk.storage.measurements import KEPT_LOADS, Measurement, MeasurementStore
from slmdesk.storage.settings import SettingsStore
from tests.fakes import FakeRuntime

GIB = 1 << 30
SPEED = MachineSpeed({"Q8_0": 2e10}, {"Q8_0": 2e11}, bandwidth=2e10, attention=1e9, threads=2, made=1.0)


@dataclass
class Room:
    """A judge over some runtime; ``told`` counts how often it said that something changed."""

    fits: Fits
    loaded: LoadedModels
    store: MeasurementStore
    settings: Settings
    shapes: dict[str, ModelShape]
    told: list[bool]


async def made(tmp_path: Path, runtime: Runtime) -> AsyncIterator[Room]:
    database = await Database.open(tmp_path / "slmdesk.db")
    settings = Settings(SettingsStore(database))
    await settings.load()
    loaded = LoadedModels([runtime])
    store = MeasurementStore(database)
    shapes: dict[str, ModelShape] = {}
    fits = Fits(loaded, store, settings, shapes.get, [tmp_path])
    told: list[bool] = []
    fits.changed.connect(lambda: told.append(True))
    await fits.start()
    yield Room(fits, loaded, store, settings, shapes, told)
    await fits.close()
    await loaded.close()
    await database.close()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async for value in made(tmp_path, FakeRuntime()):
        yield value


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[Room]:
    async for value in made(tmp_path, LlamaCpp([])):
        yield value


def model(parameters: int, quantization: str = "Q8_0", **more: Any) -> Model:
    return Model(
        f"fake:{parameters}{quantization}", "M", "fake", Path("/nowhere"), parameters=parameters,
        quantization=quantization, context_length=32_768, **more,
    )  # fmt: skip


async def test_levels_and_fits_agree(room: Room) -> None:
    for size in (100_000_000, 4_000_000_000, 30_000_000_000, 900_000_000_000):
        one = model(size)
        fit = room.fits.fit(one)
        assert fit is not None
        assert fit.level is room.fits.level(one) is room.fits.level(one)  # the second comes from memory
        assert not fit.exact
        assert fit.sentence
    assert room.fits.level(model(900_000_000_000)) is FitLevel.TOO_BIG
    assert room.fits.level(model(100_000_000)) in {FitLevel.FITS, FitLevel.SLOW}


async def test_of_some_things_nothing_is_known(room: Room) -> None:
    nothing = Model("fake:x", "X", "fake", Path())
    assert room.fits.level(nothing) is None
    assert room.fits.fit(nothing) is None
    assert room.fits.fit_remote(0, "", 0) is None
    assert room.fits.remedies(nothing, LoadOptions()) == ()
    remote = room.fits.fit_remote(0, "Q4_K_M", 2_500_000_000)
    assert remote is not None
    assert remote.need.weights == 2_500_000_000


async def test_too_big_comes_with_remedies(room: Room) -> None:
    free = room.fits.machine.ram_free
    big = model(free // 1)  # one byte a weight: just too big
    fit = room.fits.fit(big)
    assert fit is not None
    assert fit.level is FitLevel.TOO_BIG
    kinds = [remedy.kind for remedy in fit.remedies]
    assert kinds == [RemedyKind.SMALLER, RemedyKind.ANYWAY]
    assert fit.remedies[0].quantization in {"Q6_K", "Q5_K_M", "Q4_K_M"}


async def test_a_smaller_version_here_is_named(room: Room) -> None:
    free = room.fits.machine.ram_free
    small = replace(model(free, "Q2_K"), id="fake:small", name="Small")
    room.fits.models = lambda: [small]
    fit = room.fits.fit(model(free))
    assert fit is not None
    assert fit.remedies[0].model_id == "fake:small"


async def test_an_error_of_a_load_brings_the_remedies(room: Room) -> None:
    runtime = room.loaded.runtimes[0]
    assert isinstance(runtime, FakeRuntime)
    runtime.load_error = NotEnoughMemory("Not enough memory.")
    with pytest.raises(NotEnoughMemory) as caught:
        await room.loaded.ensure(model(room.fits.machine.ram_free), LoadOptions())
    assert [remedy.kind for remedy in caught.value.remedies] == [RemedyKind.SMALLER, RemedyKind.ANYWAY]


async def test_a_person_corrects_the_machine(room: Room) -> None:
    await room.fits.detect()
    before = room.fits.machine
    await room.fits.correct(ram=before.ram // 2, cpu="Mine")
    assert (room.fits.machine.ram, room.fits.machine.cpu) == (before.ram // 2, "Mine")
    assert room.fits.found.ram == before.ram
    assert room.told
    await room.fits.correct(ram=None)
    assert room.fits.corrections() == {"cpu": "Mine"}
    with pytest.raises(ValueError, match="colour"):
        await room.fits.correct(colour="red")


async def test_what_was_measured_is_there_after_a_restart(room: Room) -> None:
    assert room.fits.speed.made == 0
    assert not room.fits.measured
    await room.store.put_speed(SPEED)
    for number in range(3):
        await room.store.add(
            Measurement(
                "a", "A", "qwen3", 100, 110, {"slots": 2}, predicted_tps=10, generation_tps=20, made=2.0 + number
            )
        )
    again = Fits(room.loaded, room.store, room.settings, room.shapes.get)
    await again.start(owner=False)
    assert again.speed == SPEED
    assert again.measurements()[0].made == 4.0
    assert again.measurements()[0].options == {"slots": 2}
    room.shapes["a"] = replace(shape_of_size(1_000_000_000, quantization="Q8_0"), architecture="qwen3")
    one = replace(model(1_000_000_000), id="a")
    corrected, plain = again.fit(one), room.fits.fit(one)
    assert corrected is not None
    assert plain is not None
    assert corrected.need.total == pytest.approx(1.1 * plain.need.total, rel=0.001)
    assert corrected.speed_measured
    await room.store.forget()
    assert await room.store.loads() == []
    assert await room.store.speed() is None


async def test_only_the_newest_loads_are_kept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slmdesk.storage.measurements.KEPT_LOADS", 3)
    for number in range(5):
        await room.store.add(Measurement("a", "A", "x", 1, 1, made=float(number)))
    assert [load.made for load in await room.store.loads()] == [4.0, 3.0, 2.0]
    assert KEPT_LOADS == 500


async def test_the_machine_is_measured_once_when_it_is_idle(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[bool] = []

    async def measure(self: Fits, report: object) -> MachineSpeed:
        measured.append(report is None)
        self._speed = SPEED
        return SPEED

    monkeypatch.setattr(Fits, "_measure", measure)
    busy, idle = Sample(90.0, 0, 1), Sample(2.0, 0, 1)
    for sample in [idle] * (IDLE_SAMPLES - 1) + [busy] + [idle] * (IDLE_SAMPLES - 1):
        room.fits.watch(sample)
    assert not measured
    for _ in range(3):
        room.fits.watch(idle)
    await asyncio.sleep(0.01)
    assert measured == [True]


async def test_a_real_load_is_measured_and_kept(real: Room, starter: Path) -> None:
    with starter.open("rb") as stream:
        shape = shape_of_header(read_header(stream, starter.stat().st_size))
    one = Model("llama.cpp:s", "Starter", "llama.cpp", starter, size=starter.stat().st_size, architecture="llama")
    real.shapes[one.id] = shape
    loaded = await real.loaded.ensure(one, LoadOptions(context_length=2048, threads=1, batch_threads=1))

    async def answer(words: int) -> Timings:
        timings = Timings()
        question = [Message(Role.USER, "word " * words)]
        async with aclosing(loaded.chat(question, SamplingOptions(max_tokens=4))) as chunks:
            async for chunk in chunks:
                timings = chunk.timings or timings
        real.loaded.note_answer(one.id, timings)
        return timings

    await answer(600)
    await real.fits.close()
    (load,) = real.fits.measurements()
    assert load.measured == pytest.approx(load.predicted, rel=0.12)
    assert load.options == {"context_length": 2048, "threads": 1, "batch_threads": 1}
    assert load.predicted_tps == 0  # it runs from the caches and says nothing about others
    await answer(2)
    await real.fits.close()
    assert len(real.fits.measurements()) == 1  # a shorter prompt touches no more memory
    assert await real.store.loads() == [load]


async def test_what_other_models_hold_can_be_given_back(real: Room, starter: Path) -> None:
    one = Model("llama.cpp:s", "Starter", "llama.cpp", starter, size=starter.stat().st_size)
    before = real.fits.room()
    await real.loaded.ensure(one, LoadOptions(context_length=512, threads=1))
    room = real.fits.room()
    assert before.held == 0
    assert room.held > 20 << 20
    own = real.fits.room(one)
    assert (own.held, own.free) == (0, room.free + room.held)
    fit = real.fits.fit(model(room.free))
    assert fit is not None
    assert RemedyKind.UNLOAD not in [remedy.kind for remedy in fit.remedies]  # too little for that
