"""The judgement on a model that is to be loaded: the level of its fit, and what would make it fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def level_of(need: MemoryEstimate, room: Room, generation_tps: float = 0.0) -> FitLevel:
    """How well a model with this need fits into this room, written at this speed (0: not known)."""
    if need.ram > room.all or need.vram > room.all_vram:
        return FitLevel.LESS_CONTEXT if need.vram <= room.all_vram and shorter(need, room.all) else FitLevel.TOO_BIG
    partly = bool(room.all_vram) and need.gpu_layers < need.layers
    return FitLevel.SLOW if partly or 0 < generation_tps < SLOW_TPS else FitLevel.FITS


def shorter(need: MemoryEstimate, free: int) -> int:
    """The longest shorter context that fits, in tokens; 0 when none does."""
    return fitting_context(need, free) if need.context_length > _SMALLEST_CONTEXT else 0


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
    need = estimate(shape, options, size, vram=room.all_vram, extra=extra, corrections=corrections)
    rate = predicted(shape, speed) if speed else Speed()
    level = level_of(need, room, rate.generation * correction)
    fit = Fit(
        level=level,
        need=need,
        free=room.all,
        vram_free=room.all_vram,
        fitting_context=need.context_length if need.ram <= room.all else shorter(need, room.all),
        gpu_layers=need.gpu_layers,
        layers=need.layers,
        needs_unload=_needs_unload(level, need, room),
        generation_tps=rate.generation * correction,
        prompt_tps=rate.prompt * correction,
        speed_measured=bool(speed and speed.made),
        exact=shape.exact,
    )
    return replace(fit, sentence=sentence_of(fit))


def _needs_unload(level: FitLevel, need: MemoryEstimate, room: Room) -> bool:
    """Whether another model must give its memory back before this one fits as the level says."""
    if level is FitLevel.TOO_BIG or not (room.held or room.vram_held):
        return False
    if level is FitLevel.LESS_CONTEXT:
        return not shorter(need, room.free)
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

    def need(changes: dict[str, Any], other: ModelShape = shape, other_size: int = size) -> MemoryEstimate:
        return estimate(other, replace(options, **changes), other_size, vram=room.vram, corrections=corrections)

    found = list(_unloads(need({}).ram - room.free, loaded))
    flash = {} if options.flash_attention != "off" else {"flash_attention": "auto"}
    small = {"cache_type_k": _SMALL_KV, "cache_type_v": _SMALL_KV, **flash}
    if need({}).kv_bits > 9 and (there := need(small)).ram <= room.free:
        found.append(Remedy(RemedyKind.KV, f"KV cache in {_SMALL_KV} ({in_gib(there.ram)})", small, need=there.ram))
    if options.slots > 1:
        found += _fewer_slots(options, need, room.free)
    found += _shorter(need, room.free, {}, "")
    if not any(r.kind is RemedyKind.CONTEXT for r in found):
        found += _shorter(need, room.free, small, f" and the KV cache in {_SMALL_KV}")
    found += _smaller(shape, size, quantization, need, room.free)
    found.append(Remedy(RemedyKind.ANYWAY, "Load anyway", {"ignore_memory": True}, need=need({}).ram))
    return tuple(found)


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


def _fewer_slots(options: LoadOptions, need: Any, free: int) -> list[Remedy]:
    for slots in sorted({1, options.slots // 2} - {0}, reverse=True):
        there = need({"slots": slots})
        if there.ram <= free:
            words = "1 slot" if slots == 1 else f"{slots} slots"
            return [Remedy(RemedyKind.SLOTS, f"{words} ({in_gib(there.ram)})", {"slots": slots}, need=there.ram)]
    return []


def _shorter(need: Any, free: int, changes: dict[str, Any], words: str) -> list[Remedy]:
    context = shorter(need(changes), free)
    if not context:
        return []
    options = {**changes, "context_length": context}
    there = need(options)
    label = f"Context of {context:,} tokens{words} ({in_gib(there.ram)})"
    return [Remedy(RemedyKind.CONTEXT, label, options, need=there.ram)]


def _smaller(shape: ModelShape, size: int, quantization: str, need: Any, free: int) -> list[Remedy]:
    """The best common quantization that is smaller than this one and fits."""
    now = bits_of(quantization) or (8 * (size or shape.weights_bytes) / shape.parameters if shape.parameters else 0)
    for label in reversed(LADDER):
        if not now or bits_of(label) > 0.93 * now:
            continue
        other = requantized(shape, label)
        there = need({}, other, 0)
        if there.ram <= free:
            words = f"{label} ({in_gib(there.ram)})"
            return [Remedy(RemedyKind.SMALLER, words, quantization=label, need=there.ram)]
    return []
