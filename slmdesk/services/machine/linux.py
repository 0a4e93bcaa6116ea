"""A Linux machine, read from /proc and /sys; nothing is started."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from slmdesk.core.hardware import Capability, Confidence, Gpu, Machine, Source

INSTRUCTIONS = {
    "sse4_2": "SSE4.2",
    "avx": "AVX",
    "avx2": "AVX2",
    "fma": "FMA",
    "f16c": "F16C",
    "avx_vnni": "AVX-VNNI",
    "avx512f": "AVX-512",
    "avx512_vnni": "AVX-512 VNNI",
    "avx512_bf16": "AVX-512 BF16",
    "amx_int8": "AMX INT8",
    "amx_bf16": "AMX BF16",
    "asimd": "NEON",
    "asimddp": "DOTPROD",
    "i8mm": "I8MM",
    "bf16": "BF16",
    "sve": "SVE",
    "sve2": "SVE2",
    "sme": "SME",
}
"""What the kernel calls the instruction sets that matter to language models, and their usual names."""

VENDORS = {"0x1002": "AMD", "0x8086": "Intel", "0x10de": "NVIDIA"}
_PCI_NAMES = ("usr/share/hwdata/pci.ids", "usr/share/misc/pci.ids")
_SMALL_VRAM = 2 << 30  # an AMD processor with graphics sets this much of the machine's memory aside, or less
_NPU_DRIVERS = {"intel_vpu": "Intel", "amdxdna": "AMD", "qaic": "Qualcomm"}


def processor(root: Path = Path("/")) -> tuple[str, tuple[str, ...], dict[str, Source]]:
    """The processor's name and instruction sets."""
    text = _read(root / "proc/cpuinfo")
    found = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", text, re.MULTILINE)
    name = found[1].strip() if found else _read(root / "proc/device-tree/model").strip("\0 \n")
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    has = set(flags[1].split()) if flags else set()
    instructions = tuple(usual for kernel, usual in INSTRUCTIONS.items() if kernel in has)
    source = Source("/proc/cpuinfo")
    return name, instructions, {"cpu": source, "instructions": source}


def graphics(root: Path = Path("/")) -> tuple[Gpu, ...]:
    """AMD's and Intel's graphics processors, and NVIDIA's that NVIDIA's own library does not tell of."""
    return tuple(gpu for card in _cards(root) if (gpu := _gpu(card, root)) is not None)


def _cards(root: Path) -> Iterator[Path]:
    folder = root / "sys/class/drm"
    with suppress(OSError):
        yield from (p for p in sorted(folder.iterdir()) if re.fullmatch(r"card\d+", p.name))


def _gpu(card: Path, root: Path) -> Gpu | None:
    device = card / "device"
    vendor = VENDORS.get(_read(device / "vendor").strip())
    if vendor is None:
        return None
    name = _read(device / "product_name").strip() or _pci_name(device, root) or f"{vendor} graphics"
    driver = _driver(device)
    if vendor == "AMD":
        return _amd(device, name, driver)
    if vendor == "Intel":
        return _intel(card, device, name, driver)
    return Gpu(name, vendor, driver=driver, source=Source(str(device), Confidence.GUESSED))


def _amd(device: Path, name: str, driver: str) -> Gpu:
    total, used = _number(device / "mem_info_vram_total"), _number(device / "mem_info_vram_used")
    shared = _number(device / "mem_info_gtt_total")
    source = Source("/sys (amdgpu)", Confidence.TOLD if total else Confidence.UNKNOWN)
    if 0 < total <= _SMALL_VRAM and shared > total:  # a processor with graphics: the rest is the machine's memory
        free = shared - _number(device / "mem_info_gtt_used")
        return Gpu(name, "AMD", shared, max(0, free), unified=True, driver=driver, source=source)
    return Gpu(name, "AMD", total, max(0, total - used), driver=driver, source=source)


def _intel(card: Path, device: Path, name: str, driver: str) -> Gpu:
    for place in (card / "lmem_total_bytes", device / "tile0/vram0/total", device / "lmem_total_bytes"):
        if total := _number(place):
            free = _number(place.with_name(place.name.replace("total", "avail"))) or total
            return Gpu(name, "Intel", total, free, driver=driver, source=Source(f"/sys ({driver or 'i915'})"))
    return Gpu(name, "Intel", unified=True, driver=driver, source=Source("/sys", Confidence.TOLD))


def neural(root: Path = Path("/")) -> tuple[Capability, ...]:
    """Neural processors that the kernel has a driver for."""
    found = []
    with suppress(OSError):
        for accelerator in sorted((root / "sys/class/accel").iterdir()):
            driver = _driver(accelerator / "device")
            vendor = _NPU_DRIVERS.get(driver, "")
            name = f"NPU ({vendor})" if vendor else "NPU"
            reason = f"The kernel's driver {driver or 'of this accelerator'} is loaded."
            found.append(Capability(name, available=True, reason=reason, source=Source(str(accelerator))))
    return tuple(found)


def limited(machine_total: int, available: int, root: Path = Path("/")) -> tuple[int, int, Source | None]:
    """Total and free memory where a container's limit is smaller than the machine; the source is None without one."""
    limit = _number(root / "sys/fs/cgroup/memory.max")
    if not 0 < limit < machine_total:
        return machine_total, available, None
    statistics = _read(root / "sys/fs/cgroup/memory.stat")
    cached = re.search(r"^inactive_file (\d+)$", statistics, re.MULTILINE)
    used = _number(root / "sys/fs/cgroup/memory.current") - (int(cached[1]) if cached else 0)
    free = min(available, max(0, limit - max(0, used)))
    return limit, free, Source("/sys/fs/cgroup/memory.max", Confidence.TOLD)


def disk_kind(path: Path, root: Path = Path("/")) -> str:
    """The kind of a path's drive, "SSD" or "hard disk"; empty where the kernel does not tell."""
    try:
        number = path.stat().st_dev
    except OSError:
        return ""
    block = root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
    if block.resolve().name.startswith("vd"):  # a virtual drive always claims to turn
        return ""
    for place in (block / "queue/rotational", block / "../queue/rotational"):
        told = _read(place).strip()
        if told:
            return "SSD" if told == "0" else "hard disk"
    return ""


def complete(machine: Machine, root: Path = Path("/")) -> tuple[Machine, tuple[Gpu, ...], tuple[Capability, ...]]:
    """The machine with what Linux tells of it, its graphics and its neural processors."""
    name, instructions, sources = processor(root)
    total, free, limit = limited(machine.ram, machine.ram_free, root)
    if limit is not None:
        sources["ram"] = limit
    told = replace(
        machine,
        cpu=name or machine.cpu,
        instructions=instructions,
        ram=total,
        ram_free=free,
        sources={**machine.sources, **sources},
    )
    return told, graphics(root), neural(root)


def _pci_name(device: Path, root: Path) -> str:
    """The card's name in the system's list of PCI devices; empty where there is none."""
    vendor, number = _read(device / "vendor").strip()[2:], _read(device / "device").strip()[2:]
    for place in _PCI_NAMES:
        text = _read(root / place, 4 << 20)
        if (at := text.find(f"\n{vendor} ")) < 0:
            continue
        end = re.search(r"\n[0-9a-f]{4} ", text[at + 1 :])
        block = text[at : at + 1 + end.start()] if end else text[at:]
        if found := re.search(rf"\n\t{number}\s+(.+)", block):
            return found[1].strip()
    return ""


def _driver(device: Path) -> str:
    """The name of the kernel's driver for a device."""
    link = device / "driver"
    return link.readlink().name if link.is_symlink() else ""


def _number(path: Path) -> int:
    text = _read(path).strip()
    return int(text) if text.isdigit() else 0


def _read(path: Path, most: int = 1 << 20) -> str:
    try:
        with path.open("rb") as file:
            return file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""
