"""Whether a model will run here, and how fast: the estimate, the machine's measured speed, and what loads taught."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QObject, Signal

from slmdesk.core.chat import LoadOptions, Timings
from slmdesk.core.deployments import DEPLOYMENTS, Deployment
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.experience import learned_memory, learned_speed
from slmdesk.core.fit import Fit, FitLevel, Remedy, RemedyKind
from slmdesk.core.hardware import CORRECTABLE, Machine, corrected
from slmdesk.core.memory import Corrections, MemoryEstimate, estimate
from slmdesk.core.models import Model
from slmdesk.core.progress import Progress, Report
from slmdesk.core.remedies import Room, Unloadable, judge, level_of, remedies_for, sibling
from slmdesk.core.shape import ModelShape
from slmdesk.core.shape_config import shape_of_file
from slmdesk.core.speed import MachineSpeed, guessed_speed, predicted, writing_speed
from slmdesk.runtimes.process import Worker
from slmdesk.services.hardware import Sample
from slmdesk.services.loaded_models import LoadedEntry, LoadedModels
from slmdesk.services.machine import detect, memory_now, with_engine
from slmdesk.services.settings import Settings
from slmdesk.storage.measurements import Measurement, MeasurementStore

Thing = Model | ModelShape
"""What can be judged: a model of the library, or a shape."""

ROOM_S = 1.0
"""Seconds for which a reading of the free memory is used again."""
MOVED = 0.1
"""Share of the machine's memory that must come or go before ``changed`` tells of it."""
DEFAULTS = LoadOptions()
CACHED = 64 << 20
"""Bytes of weights from which a model's speed says something about others."""
IDLE_PERCENT, IDLE_SAMPLES = 30.0, 10
"""The machine is measured by itself when so many readings in a row (one every two seconds) showed little load."""
_STATE = "hardware_corrections"


class Fits(QObject):
    """The judge of every model on this machine. ``changed``: what it said before may no longer hold."""

    changed = Signal()

    def __init__(
        self,
        loaded: LoadedModels,
        store: MeasurementStore,
        settings: Settings,
        shape_of: Callable[[str], ModelShape | None],
        places: Sequence[Path] = (),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._loaded = loaded
        self._store = store
        self._settings = settings
        self._shape_of = shape_of
        self._places = tuple(places)
        self._found = Machine()
        self._speed: MachineSpeed | None = None
        self._guess = guessed_speed(psutil.cpu_count(logical=False) or 1)
        self._loads: list[Measurement] = []
        self._corrections = Corrections()
        self._speed_factor = 1.0
        self._noted: dict[str, tuple[int | None, int]] = {}  # model id: (process, tokens read at once) when last noted
        self._room: tuple[float, Room] = (0.0, Room(0))
        self._told_free = 0
        self._cached: dict[str, tuple[ModelShape, tuple[Any, ...], MemoryEstimate, float]] = {}
        self._idle = 0
        self._measuring: asyncio.Task[MachineSpeed] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        loaded.changed.connect(self._models_changed)
        loaded.answered.connect(self._answered)
        loaded.remedies_of = self.remedies
        self.models: Callable[[], Sequence[Model]] = tuple
        """The models on this machine, among which a smaller version of one is looked for."""

    async def start(self, *, owner: bool = True) -> None:
        """Read what was measured before; the window (the ``owner``) also looks what this machine is."""
        self._speed = await self._store.speed()
        self._loads = await self._store.loads()
        self._learn()
        if owner:
            self._keep(self.detect())

    def watch(self, sample: Sample) -> None:
        """Look at the free memory now and then; measure this machine once, when it has been idle for a while."""
        total, free, _ = memory_now()
        if abs(free - self._told_free) > MOVED * total:
            self._tell()
        self._idle = self._idle + 1 if sample.cpu_percent < IDLE_PERCENT else 0
        if self._speed is None and self._idle >= IDLE_SAMPLES and not self._measuring:
            self._keep(self._measure_quietly())

    async def close(self) -> None:
        """End a measurement, and wait for what is still being looked up or written down."""
        if self._measuring is not None:
            self._measuring.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _keep(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- the machine --------------------------------------------------------------------------------------------

    @property
    def machine(self) -> Machine:
        """The machine as it was found last, with the person's corrections and the memory that is free now."""
        total, free, _ = memory_now()
        now = replace(self._found, ram=self._found.ram or total, ram_free=free)
        return corrected(now, self.corrections())

    @property
    def found(self) -> Machine:
        """The machine as it was found, without corrections."""
        return self._found

    async def detect(self) -> Machine:
        """Look again what this machine is; takes up to some seconds on some systems, in a thread."""
        found = await asyncio.to_thread(detect, self._places)
        if found.gpus:
            found = with_engine(found, await self._engine())
        self._found = found
        self._tell()
        return self.machine

    async def _engine(self) -> Mapping[str, Any]:
        """What the installed llama.cpp can compute on; nothing where it cannot be asked."""
        for runtime in self._loaded.runtimes:
            info = getattr(runtime, "info", None)
            if info is not None:
                with suppress(SlmdeskError):
                    return dict(await info())
        return {}

    def corrections(self) -> dict[str, Any]:
        """The figures that the person corrected: "cpu", "cores", "ram", "vram"."""
        stored = self._settings.get_state(_STATE)
        return dict(stored) if isinstance(stored, Mapping) else {}

    async def correct(self, **figures: Any) -> None:
        """Correct figures of the machine; None takes a correction back. Raises ValueError for an unknown figure."""
        if unknown := set(figures) - set(CORRECTABLE):
            raise ValueError(f"cannot be corrected: {', '.join(sorted(unknown))}")
        kept = {name: value for name, value in {**self.corrections(), **figures}.items() if value is not None}
        await self._settings.set_state(_STATE, kept)
        self._tell()

    @property
    def speed(self) -> MachineSpeed:
        """The measured speed of this machine, or a guess (``made`` is 0) before the first measurement."""
        return self._speed or self._guess

    @property
    def measured(self) -> bool:
        """Whether this machine's speed has been measured."""
        return self._speed is not None

    async def measure_machine(self, report: Report | None = None) -> MachineSpeed:
        """Measure memory and arithmetic for a few seconds, and keep the result. Callers at the same time share one.

        Raises RuntimeUnavailable, WorkerCrashed.
        """
        if self._measuring is None or self._measuring.done():
            self._measuring = asyncio.ensure_future(self._measure(report))
        return await self._measuring

    async def _measure(self, report: Report | None) -> MachineSpeed:
        worker = await Worker.start("probe", writable=[])
        try:
            found = await worker.call("measure", report=report)
        finally:
            await worker.close()
        self._speed = MachineSpeed.from_dict({**found, "made": time.time()})
        await self._store.put_speed(self._speed)
        if report is not None:
            report(Progress(1.0, 1.0))
        self._tell()
        return self._speed

    async def _measure_quietly(self) -> None:
        with suppress(SlmdeskError, asyncio.CancelledError):
            await self.measure_machine()

    # --- the judgement ------------------------------------------------------------------------------------------

    def level(self, thing: Thing, options: LoadOptions | None = None) -> FitLevel | None:
        """How well a model fits, without the reasons; None where nothing is known of it."""
        shape, size = self._shape(thing)
        if shape is None:
            return None
        room, wanted = self.room(thing), options or DEFAULTS
        key = thing.id if isinstance(thing, Model) else ""
        known = self._cached.get(key)
        if known is None or known[0] is not shape or known[1] != (wanted, size, room.all_vram):
            need = self._need(shape, wanted, size, room)
            known = (shape, (wanted, size, room.all_vram), need, writing_speed(shape, self.speed))
            if key:
                self._cached[key] = known
        _, _, need, rate = known
        return level_of(
            need,
            room,
            rate * self._speed_factor,
            lambda **changes: self._need(shape, replace(wanted, **changes), size, room),
        )

    def _need(self, shape: ModelShape, options: LoadOptions, size: int, room: Room) -> MemoryEstimate:
        return estimate(shape, options, size, vram=room.all_vram, corrections=self._corrections)

    def fit(self, thing: Thing, options: LoadOptions | None = None) -> Fit | None:
        """The judgement with all its numbers and remedies; None where nothing is known of the model."""
        shape, size = self._shape(thing)
        if shape is None:
            return None
        return self._judged(shape, size, options or LoadOptions(), thing)

    def fit_remote(
        self,
        parameters: int,
        quantization: str,
        size: int,
        *,
        active_parameters: int = 0,
        context_length: int = 0,
        shape: ModelShape | None = None,
        options: LoadOptions | None = None,
    ) -> Fit | None:
        """The judgement on a file that is not here yet: ``size`` bytes, of a model with so many parameters.

        ``shape`` is better than a guess, where a configuration tells it (``shape_config.shape_of_config``).
        """
        if shape is None:
            shape = shape_of_file(parameters, active_parameters, quantization, size, context_length)
        return None if shape is None else self._judged(shape, size, options or LoadOptions(), shape)

    def deployments(self, thing: Thing) -> list[tuple[Deployment, Fit | None]]:
        """How a model fits for each way to put it to work; None where this machine has no graphics for that way."""
        graphics = bool(self.machine.usable_gpus)
        return [(way, self.fit(thing, way.options) if graphics or not way.needs_gpu else None) for way in DEPLOYMENTS]

    def shape(self, model: Model) -> ModelShape | None:
        """A model's dimensions as far as its files tell them, or None."""
        return self._shape_of(model.id)

    def remedies(self, model: Model, options: LoadOptions) -> tuple[Remedy, ...]:
        """What a person can do so that this model can be loaded; the last one is to load it anyway."""
        shape, size = self._shape(model)
        return () if shape is None else self._remedies(shape, size, options, model)

    def room(self, thing: Thing | None = None) -> Room:
        """The memory that is to be had; what ``thing`` itself holds already counts as free."""
        room = self._read_room()
        own = self._entry(thing)
        if own is None:
            return room
        mine = own.memory_bytes
        return replace(room, free=room.free + mine, held=max(0, room.held - mine))

    def _read_room(self) -> Room:
        now = time.monotonic()
        made, room = self._room
        if now - made > ROOM_S:
            machine = self.machine
            held = sum(entry.memory_bytes for entry in self._loaded.list())
            room = Room(machine.ram_free, held, machine.vram_free)
            self._room = (now, room)
        return room

    def _entry(self, thing: Thing | None) -> LoadedEntry | None:
        if not isinstance(thing, Model):
            return None
        return next((entry for entry in self._loaded.list() if entry.model.id == thing.id), None)

    def _shape(self, thing: Thing) -> tuple[ModelShape | None, int]:
        if isinstance(thing, ModelShape):
            return thing, 0
        shape = self._shape_of(thing.id)
        if shape is None:
            shape = shape_of_file(
                thing.parameters, thing.active_parameters, thing.quantization, thing.size, thing.context_length
            )
        return shape, thing.size

    def _judged(self, shape: ModelShape, size: int, options: LoadOptions, thing: Thing) -> Fit:
        room = self.room(thing)
        fit = judge(
            shape,
            options,
            room,
            self.speed,
            size=size,
            corrections=self._corrections,
            correction=self._speed_factor,
        )
        if fit.level in {FitLevel.FITS, FitLevel.SLOW} and not fit.needs_unload:
            return fit
        return replace(fit, remedies=self._remedies(shape, size, options, thing))

    def _remedies(self, shape: ModelShape, size: int, options: LoadOptions, thing: Thing) -> tuple[Remedy, ...]:
        own = thing.id if isinstance(thing, Model) else ""
        others = [
            Unloadable(entry.model.id, entry.model.name, entry.memory_bytes)
            for entry in self._loaded.list()
            if entry.model.id != own
        ]
        quantization = thing.quantization if isinstance(thing, Model) else ""
        found = remedies_for(
            shape,
            options,
            self.room(thing),
            size=size,
            quantization=quantization,
            loaded=others,
            corrections=self._corrections,
        )
        return tuple(self._with_model(remedy, thing) for remedy in found)

    def _with_model(self, remedy: Remedy, thing: Thing) -> Remedy:
        """A smaller quantization as the model on this machine that has it, where there is one."""
        if remedy.kind is not RemedyKind.SMALLER or not isinstance(thing, Model):
            return remedy
        other = sibling(thing, self.models(), remedy.quantization)
        if other is None:
            return remedy
        return replace(remedy, model_id=other.id, quantization=other.quantization, label=other.name, need=0)

    # --- what loads taught --------------------------------------------------------------------------------------

    def measurements(self) -> list[Measurement]:
        """Loads with what was predicted and what was measured, the newest first."""
        return list(self._loads)

    async def note_load(
        self, model: Model, options: LoadOptions, predicted_bytes: int, measured_bytes: int, timings: Timings
    ) -> None:
        """Keep a measured load and correct the predictions by it."""
        shape, _ = self._shape(model)
        cached = shape is None or shape.weights_bytes < CACHED  # such a model runs from the processor's caches
        rate = 0.0 if shape is None or cached else predicted(shape, self.speed).generation
        plain = asdict(LoadOptions())
        load = Measurement(
            model_id=model.id,
            name=model.name,
            architecture=model.architecture,
            predicted=predicted_bytes,
            measured=measured_bytes,
            options={name: value for name, value in asdict(options).items() if value != plain[name]},
            predicted_tps=rate,
            generation_tps=timings.generation_tps,
            prompt_tps=timings.prompt_tps,
            made=time.time(),
        )
        await self._store.add(load)
        self._loads.insert(0, load)
        self._learn()
        self._tell()

    def _answered(self, model_id: str, timings: Timings) -> None:
        entry = next((e for e in self._loaded.list() if e.model.id == model_id), None)
        if entry is None or not entry.memory_bytes:
            return
        read = min(timings.prompt_tokens - timings.cached_tokens, entry.options.ubatch_size)
        known = self._noted.get(model_id)
        if known is not None and known[0] == entry.pid and known[1] >= read:
            return
        shape, size = self._shape(entry.model)
        if shape is None:
            return
        self._noted[model_id] = (entry.pid, read)
        need = estimate(shape, entry.options, size, vram=self._read_room().all_vram)
        untouched = need.compute * (1 - min(1.0, max(read, 1) / max(entry.options.ubatch_size, 1)))
        expected = need.ram - round(untouched)
        self._keep(self.note_load(entry.model, entry.options, expected, entry.memory_bytes, timings))

    def _learn(self) -> None:
        """Make the corrections from the newest loads."""
        self._corrections = learned_memory([(load.architecture, load.predicted, load.measured) for load in self._loads])
        for runtime in self._loaded.runtimes:  # what is said before a load and what stops one is the same
            if hasattr(runtime, "corrections"):
                runtime.corrections = self._corrections
        made = self._speed.made if self._speed else 0.0  # what was predicted from an older measurement teaches nothing
        speeds = [(load.predicted_tps, load.generation_tps) for load in self._loads if load.made > made]
        self._speed_factor = learned_speed(speeds)

    def _models_changed(self) -> None:
        self._room = (0.0, Room(0))
        alive = {entry.model.id for entry in self._loaded.list()}
        self._noted = {name: value for name, value in self._noted.items() if name in alive}
        self.changed.emit()

    def _tell(self) -> None:
        self._cached.clear()
        self._room = (0.0, Room(0))
        self._told_free = memory_now()[1]
        self.changed.emit()
