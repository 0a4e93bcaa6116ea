"""A Mac, as ``sysctl`` and ``system_profiler`` tell of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slmdesk.core.hardware import Capability, Confidence, Gpu, Machine, Source

Run = Callable[[list[str]], str]
"""Runs a program and returns what it printed; empty where that fails."""

_FEATURES = {
    "hw.optional.neon": "NEON",
    "hw.optional.arm.FEAT_DotProd": "DOTPROD",
    "hw.optional.arm.FEAT_I8MM": "I8MM",
    "hw.optional.arm.FEAT_BF16": "BF16",
    "hw.optional.arm.FEAT_SME": "SME",
    "hw.optional.avx2_0": "AVX2",
    "hw.optional.avx512f": "AVX-512",
    "hw.optional.fma": "FMA",
    "hw.optional.f16c": "F16C",
}
_GPU_SHARE = 0.75
"""Of the machine's memory that Metal lets one program use by default."""


def complete(machine: Machine, run: Run) -> tuple[Machine, tuple[Gpu, ...], tuple[Capability, ...]]:
    """The machine with what macOS tells of it, its graphics and its neural engine."""
    settings = dict(re.findall(r"^([\w.]+): (.*)$", run(["sysctl", "machdep.cpu.brand_string", "hw"]), re.MULTILINE))
    name = settings.get("machdep.cpu.brand_string", "")
    source = Source("sysctl")
    told = replace(
        machine,
        cpu=name or machine.cpu,
        cores=_number(settings.get("hw.physicalcpu")) or machine.cores,
        instructions=tuple(usual for key, usual in _FEATURES.items() if settings.get(key) == "1"),
        sources={**machine.sources, "cpu": source, "cores": source, "instructions": source},
    )
    apple = machine.architecture == "arm64" or name.startswith("Apple")
    neural = Capability(
        "NPU (Apple Neural Engine)",
        available=apple,
        reason="Apple's own chips have one." if apple else "Only Macs with Apple's own chips have one.",
        source=source,
    )
    return told, _graphics(run, told), (neural,)


def _graphics(run: Run, machine: Machine) -> tuple[Gpu, ...]:
    try:
        cards = json.loads(run(["system_profiler", "SPDisplaysDataType", "-json"]))["SPDisplaysDataType"]
    except (ValueError, KeyError, TypeError):
        return ()
    return tuple(_gpu(card, machine) for card in cards if isinstance(card, dict))


def _gpu(card: dict[str, Any], machine: Machine) -> Gpu:
    name = str(card.get("sppci_model") or card.get("_name") or "Graphics")
    vendor = next((v for v in ("Apple", "AMD", "Intel", "NVIDIA") if v.lower() in str(card).lower()), "")
    if vendor == "Apple":
        usable = int(machine.ram * _GPU_SHARE)
        source = Source("system_profiler; memory: Metal's usual share", Confidence.GUESSED)
        return Gpu(name, vendor, usable, min(usable, machine.ram_free), unified=True, source=source)
    told = str(card.get("spdisplays_vram") or card.get("spdisplays_vram_shared") or "")
    found = re.match(r"([\d.]+)\s*([MG])B", told)
    size = int(float(found[1]) * (1 << 30 if found[2] == "G" else 1 << 20)) if found else 0
    return Gpu(name, vendor, size, size, unified="spdisplays_vram_shared" in card, source=Source("system_profiler"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
