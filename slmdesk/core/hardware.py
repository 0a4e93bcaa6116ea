"""What this machine is made of, each figure with where it comes from; and what a person corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Confidence(StrEnum):
    """How sure a figure is."""

    MEASURED = "measured"
    TOLD = "told by the system"
    GUESSED = "guessed"
    CORRECTED = "entered by you"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from (a file, a program, an interface), and how sure it is."""

    where: str
    confidence: Confidence = Confidence.TOLD


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics processor. Memory in bytes (0: not known); ``unified``: it shares the machine's own memory.

    ``usable`` is empty, or says why the installed engine cannot compute on it.
    """

    name: str
    vendor: str
    vram: int = 0
    vram_free: int = 0
    unified: bool = False
    driver: str = ""
    source: Source = Source("", Confidence.UNKNOWN)
    usable: str = ""


@dataclass(frozen=True, slots=True)
class Capability:
    """Something a machine may have beside processor and graphics: an NPU, Windows ML, Phi Silica.

    ``reason`` says why it is there or not, in one sentence.
    """

    name: str
    available: bool
    reason: str
    source: Source = Source("", Confidence.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Disk:
    """A drive that holds models or the profile; sizes in bytes."""

    path: str
    total: int
    free: int
    kind: str = ""
    """What it is, such as "SSD" or "network"; empty where the system does not tell."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer, most often this one.

    Memory in bytes; ``cores`` are physical ones, ``instructions`` the processor's relevant sets. ``sources`` has an
    entry for "cpu", "cores", "instructions", "ram", "gpus", "npu" and "disks".
    """

    cpu: str = ""
    architecture: str = ""
    system: str = ""
    cores: int = 0
    threads: int = 0
    instructions: tuple[str, ...] = ()
    ram: int = 0
    ram_free: int = 0
    gpus: tuple[Gpu, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    disks: tuple[Disk, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def usable_gpus(self) -> tuple[Gpu, ...]:
        """The graphics processors that the installed engine can compute on."""
        return tuple(gpu for gpu in self.gpus if not gpu.usable)

    @property
    def vram_free(self) -> int:
        """Free memory of all usable graphics processors that have their own."""
        return sum(gpu.vram_free for gpu in self.usable_gpus if not gpu.unified)

    @property
    def unified(self) -> bool:
        """Whether the graphics processor that would be used computes in the machine's own memory."""
        return any(gpu.unified for gpu in self.usable_gpus)

    @property
    def npu(self) -> Capability | None:
        """The neural processor, or None."""
        return next((c for c in self.capabilities if c.name.startswith("NPU") and c.available), None)


CORRECTABLE = ("cpu", "cores", "ram", "vram")
"""The figures that a person can correct; ``vram`` is that of the first graphics processor, in bytes."""


def corrected(machine: Machine, corrections: Mapping[str, Any]) -> Machine:
    """The machine with a person's corrections in place of what was found; senseless ones are left out."""
    entered = Source("your correction", Confidence.CORRECTED)
    sources = dict(machine.sources)
    fields: dict[str, Any] = {}
    name = corrections.get("cpu")
    if isinstance(name, str) and name.strip():
        fields["cpu"] = name.strip()[:200]
        sources["cpu"] = entered
    for key in ("cores", "ram"):
        value = corrections.get(key)
        if type(value) is int and 0 < value < 1 << 50:
            fields[key] = value
            sources[key] = entered
    if "ram" in fields and machine.ram > fields["ram"]:  # less is to be used: what others hold counts as before
        fields["ram_free"] = max(0, machine.ram_free - (machine.ram - fields["ram"]))
    vram = corrections.get("vram")
    if type(vram) is int and 0 <= vram < 1 << 50 and machine.gpus:
        first = machine.gpus[0]
        free = max(0, first.vram_free + vram - first.vram) if first.vram else vram
        fields["gpus"] = (replace(first, vram=vram, vram_free=min(free, vram), source=entered), *machine.gpus[1:])
        sources["gpus"] = entered
    return replace(machine, **fields, sources=sources)
