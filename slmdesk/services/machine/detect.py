"""The whole machine, asked of whatever this system offers."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from slmdesk.core.hardware import Capability, Confidence, Disk, Gpu, Machine, Source
from slmdesk.services.machine import linux, macos, nvidia, windows

_PROGRAM_S = 15.0
_NETWORK = {"nfs", "nfs4", "cifs", "smbfs", "smb3", "afpfs", "fuse.sshfs", "9p", "davfs"}


def detect(paths: Iterable[Path] = ()) -> Machine:
    """Look at this machine, and at the drives of ``paths``; blocks for up to some seconds."""
    total, available, source = memory_now()
    threads = psutil.cpu_count() or 1
    machine = Machine(
        cpu=platform.processor(),
        architecture=platform.machine(),
        system=platform.platform(),
        cores=psutil.cpu_count(logical=False) or threads,
        threads=threads,
        ram=total,
        ram_free=available,
        sources={"ram": source, "cores": Source("psutil"), "disks": Source("psutil")},
    )
    told, cards, abilities = _of_system(machine)
    own = nvidia.graphics(nvidia.library())
    cards = (*own, *(card for card in cards if card.vendor != "NVIDIA" or not own))
    if not any(ability.name.startswith("NPU") for ability in abilities):
        reason = "This system tells of no neural processor."
        abilities = (Capability("NPU", available=False, reason=reason, source=Source("kind of system")), *abilities)
    gpu_source = Source(", ".join(dict.fromkeys(card.source.where for card in cards)) or "searched, none found")
    return replace(
        told,
        gpus=_largest_first(cards),
        capabilities=abilities,
        disks=disks(paths),
        sources={**told.sources, "gpus": gpu_source, "npu": abilities[0].source},
    )


def _of_system(machine: Machine) -> tuple[Machine, tuple[Gpu, ...], tuple[Capability, ...]]:
    if sys.platform == "win32":
        build = sys.getwindowsversion().build
        return windows.complete(machine, run, build=build, registry=windows.adapters(), instructions=windows.features())
    if sys.platform == "darwin":
        told, cards, abilities = macos.complete(machine, run)
    else:
        told, cards, abilities = linux.complete(machine)
    return told, cards, (*abilities, *windows.capabilities(0, []))


def memory_now() -> tuple[int, int, Source]:
    """Total and free bytes of memory, within a container's limit."""
    memory = psutil.virtual_memory()
    if sys.platform.startswith("linux"):
        total, free, limit = linux.limited(memory.total, memory.available)
        if limit is not None:
            return total, free, limit
    return memory.total, memory.available, Source("psutil", Confidence.MEASURED)


def with_engine(machine: Machine, info: Mapping[str, Any]) -> Machine:
    """The machine with what the engine's build can compute on: ``info`` is what the build tells of itself.

    A graphics processor that the build cannot use says so; one that only the build knows is added.
    """
    seen = [device for device in info.get("devices", ()) if device.get("type") in {"gpu", "igpu"}]
    if not info.get("gpu_offload") or not seen:
        why = "The installed engine computes on the processor only."
        return replace(machine, gpus=tuple(replace(gpu, usable=why) for gpu in machine.gpus))
    left = {str(device.get("description", "")).casefold(): device for device in seen}
    gpus = []
    for gpu in machine.gpus:
        key = next((d for d in left if d and (d in gpu.name.casefold() or gpu.name.casefold() in d)), None)
        why = "" if key is not None else "The installed engine has no support for it."
        if key is not None:
            del left[key]
        gpus.append(replace(gpu, usable=why))
    for device in left.values():
        shared = device.get("type") == "igpu"
        sizes = (int(device.get("memory_total", 0)), int(device.get("memory_free", 0)))
        name = str(device.get("description") or device.get("name") or "Graphics")
        gpus.append(Gpu(name, "", *sizes, unified=shared, source=Source("llama.cpp")))
    return replace(machine, gpus=_largest_first(gpus))


def disks(paths: Iterable[Path]) -> tuple[Disk, ...]:
    """The drives that these paths lie on, each once."""
    found: dict[str, Disk] = {}
    partitions = sorted(psutil.disk_partitions(all=True), key=lambda p: -len(p.mountpoint))
    for path in paths:
        place = next((p for p in partitions if path.is_relative_to(p.mountpoint)), None)
        mount = place.mountpoint if place else path.anchor
        if mount in found:
            continue
        try:
            usage = psutil.disk_usage(mount)
        except OSError:
            continue
        kind = "network" if place and place.fstype.casefold() in _NETWORK else ""
        if not kind and sys.platform.startswith("linux"):
            kind = linux.disk_kind(path)
        found[mount] = Disk(mount, usage.total, usage.free, kind)
    return tuple(found.values())


def run(command: list[str]) -> str:
    """What a program of the system prints; empty where it fails or takes longer than 15 seconds."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=_PROGRAM_S,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


def _largest_first(cards: Iterable[Gpu]) -> tuple[Gpu, ...]:
    return tuple(sorted(cards, key=lambda gpu: (gpu.unified, -gpu.vram)))
