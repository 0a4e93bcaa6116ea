"""How fast a model will write and read here, from its shape and a short measurement of this machine.

Writing a token multiplies every active weight with one vector; reading a prompt multiplies them with a batch of 512,
which costs less for each token because the weights are fetched once. The measurement (worker/probe) runs ggml's own
kernels, so it holds for each number format what that format costs on this machine: fetching and unpacking it, and the
arithmetic. Beside the matrices each token costs attention over its context and a fixed time for every layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from slmdesk.core.ggml import BY_NAME
from slmdesk.core.shape import ModelShape, Work

DEPTH = 256
"""Tokens of context at which a speed is told: a short chat."""
EXPERT_GAIN = 1.25
"""How much faster an expert's weights are read with than written with, measured with 32 experts in Q8_0."""
BATCH = 512
"""Tokens of the prompt that are read at once."""


@dataclass(frozen=True, slots=True)
class MachineSpeed:
    """What the measurement found, for one device of this machine.

    ``writing`` and ``reading`` are weights per second by number format (upper case), multiplied with one vector and
    with each vector of a batch; ``attention`` is numbers of the KV cache gone through per second while writing,
    ``layer_s`` the fixed time of one layer for one token, ``bandwidth`` bytes read from memory per second.
    """

    writing: Mapping[str, float] = field(default_factory=dict)
    reading: Mapping[str, float] = field(default_factory=dict)
    bandwidth: float = 0.0
    attention: float = 0.0
    layer_s: float = 0.0
    threads: int = 0
    device: str = "CPU"
    made: float = 0.0
    """When it was measured, in seconds since 1970; 0 for a guess."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MachineSpeed:
        """What :meth:`to_dict` told; anything of the wrong kind is left out."""
        found: dict[str, Any] = {}
        for f in fields(cls):
            value = data.get(f.name)
            if f.name in {"writing", "reading"}:
                table = value if isinstance(value, Mapping) else {}
                found[f.name] = {str(k): float(v) for k, v in table.items() if isinstance(v, (int, float)) and v > 0}
            elif isinstance(value, (int, float, str)) and isinstance(value, str) == (f.name == "device"):
                found[f.name] = int(value) if f.name == "threads" else value
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second: ``generation`` when it writes, ``prompt`` when it reads. 0: not known."""

    generation: float = 0.0
    prompt: float = 0.0


def predicted(shape: ModelShape, machine: MachineSpeed, *, depth: int = DEPTH, batch: int = BATCH) -> Speed:
    """The speed of a model with this shape, ``depth`` tokens into its context, read in batches of ``batch``."""
    generation = writing_speed(shape, machine, depth)
    reading = _seconds(shape.work, machine.reading)
    if shape.expert_work:
        reading += _seconds(shape.expert_work, _reading_of_experts(machine))
    if not generation or not reading:
        return Speed()
    attention, fixed = _attention(shape, machine, depth), machine.layer_s * shape.layers
    return Speed(generation, 1 / (reading + attention / 2 + fixed / max(batch, 1)))


def writing_speed(shape: ModelShape, machine: MachineSpeed, depth: int = DEPTH) -> float:
    """Tokens per second when it writes; 0 where that is not known."""
    seconds = _seconds(shape.work, machine.writing) + _seconds(shape.output_work, machine.writing)
    if shape.expert_work:
        seconds += _seconds(shape.expert_work, machine.writing)
    if not seconds:
        return 0.0
    return 1 / (seconds + _attention(shape, machine, depth) + machine.layer_s * shape.layers)


def _attention(shape: ModelShape, machine: MachineSpeed, depth: int) -> float:
    """Seconds to look back over the context: each head goes through the keys and values that it shares."""
    if not machine.attention:
        return 0.0
    groups = max(1.0, shape.heads / shape.kv_heads) if shape.kv_heads else 1.0
    return depth * (shape.key_numbers + shape.value_numbers) * groups / machine.attention


def _reading_of_experts(machine: MachineSpeed) -> dict[str, float]:
    """Experts get few tokens of a batch each, and kernels for single vectors: hardly faster than writing."""
    return {kind: min(machine.reading.get(kind, rate), EXPERT_GAIN * rate) for kind, rate in machine.writing.items()}


def guessed_speed(cores: int) -> MachineSpeed:
    """A careful guess for a processor that was not measured: common memory, and kernels of average quality."""
    cores = max(1, min(cores, 16))
    bandwidth = min(30e9, 8e9 * cores)
    formats = {name: BY_NAME[name.lower()].bits / 8 for name in ("F16", "Q8_0", "Q6_K", "Q4_K", "Q4_0")}
    writing = {name: min(bandwidth / size, 1.2e10 * cores) for name, size in formats.items()}
    reading = dict.fromkeys(formats, 2e10 * cores)
    return MachineSpeed(writing, reading, bandwidth, attention=1e9 * cores, layer_s=2e-5, threads=cores)


def _seconds(work: Work, rates: Mapping[str, float]) -> float:
    """The time that this work takes; a format whose rate cannot be told at all counts nothing."""
    seconds = 0.0
    for kind, count in work:
        if rate := rates.get(kind) or _nearest_rate(kind, rates):
            seconds += count / rate
    return seconds


def _nearest_rate(kind: str, rates: Mapping[str, float]) -> float:
    """Weights per second of a format that was not measured: that of the measured one with the nearest size."""
    bits = BY_NAME[kind.lower()].bits if kind.lower() in BY_NAME else 16.0
    known = [(abs(BY_NAME[name.lower()].bits - bits), name) for name in rates if name.lower() in BY_NAME]
    if not known:
        return 0.0
    nearest = min(known)[1]
    return rates[nearest] * min(1.0, BY_NAME[nearest.lower()].bits / bits)
