"""The judgement on a model that is to be loaded: the level of its fit, and what would make it fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slmdesk.core.chat import LoadOptions
from slmdesk.core.fit import Fit, FitLevel, Remedy, RemedyKind
from slmdesk.core.memory import NO_CORRECTIONS, Corrections, MemoryEstimate, estimate, fitting_context, in_gib
from slmdesk.core.models import Model
from slmdesk.core.quantizations import LADDER, bits_of
from slmdesk.core.shape import ModelShape
from slmdesk.core.shape_config import requantized
from slmdesk.core.speed import MachineSpeed, Speed, predicted

SLOW_TPS = 3.0
"""Tokens per second below which reading along is a pain: a person reads 4 to 6."""
_SMALL_KV = "q8_0"
_SMALLEST_CONTEXT = 512


@dataclass(frozen=True, slots=True)
class Room:
    """The memory that a model can have, in bytes.

    ``free``: of the machine's memory now; ``held``: what SLMDesk's other loaded models would give back; ``vram``: free
    on the graphics processors that can be used (0 where they share the machine's memory).
    """

    free: int
    held: int = 0
    vram: int = 0
    vram_held: int = 0

    @property
    def all(self) -> int:
        """What is free when every other model is unloaded."""
        return self.free + self.held

    @property
    def all_vram(self) -> int:
        """The same of the graphics memory."""
        return self.vram + self.vram_held


Needs = Callable[..., MemoryEstimate]
"""What a load needs with some options changed, given by name."""


def level_of(need: MemoryEstimate, room: Room, generation_tps: float, needs: Needs) -> FitLevel:
    """How well a model with this need fits into this room, written at this speed (0: not known).

    ``needs`` tells the need with other options.
    """
    if need.ram > room.all or need.vram > room.all_vram:
        return FitLevel.LESS_CONTEXT if shorter(need, room.all, room.all_vram, needs) else FitLevel.TOO_BIG
    partly = bool(room.all_vram) and need.gpu_layers < need.layers
    return FitLevel.SLOW if partly or 0 < generation_tps < SLOW_TPS else FitLevel.FITS


def shorter(need: MemoryEstimate, free: int, vram: int, needs: Needs) -> int:
    """The longest shorter context that fits, in tokens, a power of two; 0 when none does."""
    if not need.vram:
        return fitting_context(need, free) if need.context_length > _SMALLEST_CONTEXT else 0
    length = 1 << max(0, need.context_length - 1).bit_length() - 1 if need.context_length > _SMALLEST_CONTEXT else 0
    while length >= _SMALLEST_CONTEXT:
        there = needs(context_length=length)
        if there.ram <= free and there.vram <= vram:
            return length
        length //= 2
    return 0


def judge(
    shape: ModelShape,
    options: LoadOptions,
    room: Room,
    speed: MachineSpeed | None = None,
    *,
    size: int = 0,
    extra: int = 0,
    corrections: Corrections = NO_CORRECTIONS,
    correction: float = 1.0,
) -> Fit:
    """The whole judgement; ``correction`` is what real answers were faster than predicted."""

    def needs(**changes: Any) -> MemoryEstimate:
        changed = replace(options, **changes)
        return estimate(shape, changed, size, vram=room.all_vram, extra=extra, corrections=corrections)

    need = needs()
    rate = predicted(shape, speed) if speed else Speed()
    level = level_of(need, room, rate.generation * correction, needs)
    fits_whole = need.ram <= room.all and need.vram <= room.all_vram
    fit = Fit(
        level=level,
        need=need,
        free=room.all,
        vram_free=room.all_vram,
        fitting_context=need.context_length if fits_whole else shorter(need, room.all, room.all_vram, needs),
        gpu_layers=need.gpu_layers,
        layers=need.layers,
        needs_unload=_needs_unload(level, need, room, needs),
        generation_tps=rate.generation * correction,
        prompt_tps=rate.prompt * correction,
        speed_measured=bool(speed and speed.made),
        exact=shape.exact,
    )
    return replace(fit, sentence=sentence_of(fit))


def _needs_unload(level: FitLevel, need: MemoryEstimate, room: Room, needs: Needs) -> bool:
    """Whether another model must give its memory back before this one fits as the level says."""
    if level is FitLevel.TOO_BIG or not (room.held or room.vram_held):
        return False
    if level is FitLevel.LESS_CONTEXT:
        return not shorter(need, room.free, room.vram, needs)
    return need.ram > room.free or need.vram > room.vram


def sentence_of(fit: Fit) -> str:
    """The fit with its numbers in one or two plain sentences."""
    need = fit.need
    said = [f"Needs {in_gib(need.total)} for a context of {need.context_length:,} tokens; {in_gib(fit.free)} are free"]
    if fit.vram_free:
        said[0] += f", {in_gib(fit.vram_free)} of graphics memory"
    said[0] += "."
    if fit.level is FitLevel.LESS_CONTEXT:
        said.append(f"A context of {fit.fitting_context:,} tokens fits.")
    if fit.partly_on_cpu:
        said.append(f"{fit.gpu_layers} of {fit.layers} layers have room in the graphics memory.")
    if fit.needs_unload:
        said.append("Another model must be unloaded first.")
    if fit.generation_tps and fit.level is not FitLevel.TOO_BIG:
        said.append(f"About {_tps(fit.generation_tps)} tok/s writing, {_tps(fit.prompt_tps)} reading.")
    return " ".join(said)


def _tps(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


@dataclass(frozen=True, slots=True)
class Unloadable:
    """A loaded model that could be unloaded, with the memory that it gives back."""

    model_id: str
    name: str
    memory: int


def remedies_for(
    shape: ModelShape,
    options: LoadOptions,
    room: Room,
    *,
    size: int = 0,
    quantization: str = "",
    loaded: Sequence[Unloadable] = (),
    corrections: Corrections = NO_CORRECTIONS,
) -> tuple[Remedy, ...]:
    """What helps, the least loss first; each alone is enough, and "load anyway" stands last."""

    def needs(_other: ModelShape | None = None, **changes: Any) -> MemoryEstimate:
        changed = replace(options, **changes)
        wanted, bytes_ = (shape, size) if _other is None else (_other, 0)
        return estimate(wanted, changed, bytes_, vram=room.vram, corrections=corrections)

    now = needs()
    found = list(_unloads(now.ram - room.free, loaded))
    flash: dict[str, Any] = {} if options.flash_attention != "off" else {"flash_attention": "auto"}
    small: dict[str, Any] = {"cache_type_k": _SMALL_KV, "cache_type_v": _SMALL_KV, **flash}
    if now.kv_bits > 9 and _fits(there := needs(**small), room):
        found.append(Remedy(RemedyKind.KV, f"KV cache in {_SMALL_KV} ({in_gib(there.ram)})", small, need=there.ram))
    found += _fewer_slots(options, needs, room)
    shorter_ = _shorter(needs, room, {}, "")
    found += shorter_ or _shorter(needs, room, small, f" and the KV cache in {_SMALL_KV}")
    found += _smaller(shape, size, quantization, needs, room)
    found.append(Remedy(RemedyKind.ANYWAY, "Load anyway", {"ignore_memory": True}, need=now.ram))
    return tuple(found)


def _fits(need: MemoryEstimate, room: Room) -> bool:
    return need.ram <= room.free and need.vram <= room.vram


def sibling(model: Model, models: Iterable[Model], quantization: str) -> Model | None:
    """The best smaller version of a model among ``models``: the same one, in this quantization or a smaller one."""
    most = bits_of(quantization) * 1.03
    same = [
        other
        for other in models
        if other.id != model.id
        and other.parameters
        and other.architecture == model.architecture
        and (other.family, other.context_length) == (model.family, model.context_length)
        and abs(other.parameters - model.parameters) < 0.02 * model.parameters
        and 0 < bits_of(other.quantization) <= most
        and not other.problem
        and not other.offline
    ]
    return max(same, key=lambda other: bits_of(other.quantization), default=None)


def _unloads(missing: int, loaded: Sequence[Unloadable]) -> list[Remedy]:
    """The smallest loaded model that gives back enough."""
    for model in sorted(loaded, key=lambda m: m.memory):
        if model.memory >= missing:
            label = f"Unload {model.name} ({in_gib(model.memory)})"
            return [Remedy(RemedyKind.UNLOAD, label, model_id=model.model_id)]
    return []


def _fewer_slots(options: LoadOptions, needs: Needs, room: Room) -> list[Remedy]:
    for slots in sorted({1, options.slots // 2} - {0}, reverse=True):
        if slots < options.slots and _fits(there := needs(slots=slots), room):
            words = "1 slot" if slots == 1 else f"{slots} slots"
            return [Remedy(RemedyKind.SLOTS, f"{words} ({in_gib(there.ram)})", {"slots": slots}, need=there.ram)]
    return []


def _shorter(needs: Needs, room: Room, changes: dict[str, Any], words: str) -> list[Remedy]:
    def changed(**more: Any) -> MemoryEstimate:
        return needs(**{**changes, **more})

    context = shorter(changed(), room.free, room.vram, changed)
    if not context:
        return []
    there = changed(context_length=context)
    label = f"Context of {context:,} tokens{words} ({in_gib(there.ram)})"
    return [Remedy(RemedyKind.CONTEXT, label, {**changes, "context_length": context}, need=there.ram)]


def _smaller(shape: ModelShape, size: int, quantization: str, needs: Needs, room: Room) -> list[Remedy]:
    """The best common quantization that is smaller than this one and fits."""
    now = bits_of(quantization) or (8 * (size or shape.weights_bytes) / shape.parameters if shape.parameters else 0)
    for label in reversed(LADDER):
        if not now or bits_of(label) > 0.93 * now:
            continue
        there = needs(requantized(shape, label))
        if _fits(there, room):
            words = f"{label} ({in_gib(there.ram)})"
            return [Remedy(RemedyKind.SMALLER, words, quantization=label, need=there.ram)]
    return []
