"""A Windows machine, as the registry and CIM tell of it; what Windows itself offers for language models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from slmdesk.core.hardware import Capability, Confidence, Gpu, Machine, Source

Run = Callable[[list[str]], str]

FIRST_WINDOWS_ML = 26_100
"""The build of Windows 11 24H2, the first whose Windows ML fetches execution providers."""
_QUERY = (
    "$ErrorActionPreference='SilentlyContinue';"
    "@{cpu=(Get-CimInstance Win32_Processor|Select-Object -First 1 Name).Name;"
    "video=@(Get-CimInstance Win32_VideoController|Select-Object Name,AdapterRAM,DriverVersion);"
    "npu=@(Get-CimInstance Win32_PnPEntity -Filter \"PNPClass='ComputeAccelerator'\"|Select-Object Name)}"
    "|ConvertTo-Json -Depth 3 -Compress"
)
_FEATURES = {38: "SSE4.2", 39: "AVX", 40: "AVX2", 41: "AVX-512", 19: "NEON", 43: "DOTPROD"}
"""IsProcessorFeaturePresent's numbers (winnt.h) and the usual names."""
_CLASS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
_INTEGRATED = ("intel(r) uhd", "intel(r) iris", "intel(r) hd", "amd radeon(tm) graphics", "adreno")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A display adapter in the registry: its name and its memory in bytes, which CIM cuts off at 4 GiB."""

    name: str
    memory: int


def adapters() -> list[Adapter]:
    """The adapters of this machine's registry; none on another system."""
    found: list[Adapter] = []
    try:
        import winreg
    except ImportError:
        return found
    registry: Any = winreg
    with suppress(OSError), registry.OpenKey(registry.HKEY_LOCAL_MACHINE, _CLASS) as group:
        for number in range(64):
            with suppress(OSError), registry.OpenKey(group, f"{number:04d}") as key:
                name, _ = registry.QueryValueEx(key, "DriverDesc")
                memory, _ = registry.QueryValueEx(key, "HardwareInformation.qwMemorySize")
                found.append(Adapter(str(name), int(memory)))
    return found


def features() -> tuple[str, ...]:
    """The processor's instruction sets, as Windows tells."""
    import ctypes

    kernel = getattr(ctypes, "windll", None)
    if kernel is None:
        return ()
    return tuple(name for number, name in _FEATURES.items() if kernel.kernel32.IsProcessorFeaturePresent(number))


def complete(
    machine: Machine,
    run: Run,
    *,
    build: int,
    registry: Iterable[Adapter] = (),
    instructions: tuple[str, ...] = (),
) -> tuple[Machine, tuple[Gpu, ...], tuple[Capability, ...]]:
    """The machine with what Windows tells of it, its graphics, and its means for language models."""
    told = _told(run(["powershell", "-NoProfile", "-NonInteractive", "-Command", _QUERY]))
    source = Source("CIM")
    changed = replace(
        machine,
        cpu=str(told.get("cpu") or "").strip() or machine.cpu,
        instructions=instructions,
        sources={**machine.sources, "cpu": source, "instructions": Source("IsProcessorFeaturePresent")},
    )
    memory = {adapter.name.casefold(): adapter.memory for adapter in registry}
    cards = tuple(_gpu(card, memory) for card in _list(told, "video"))
    names = [str(entry.get("Name") or "") for entry in _list(told, "npu")]
    return changed, cards, capabilities(build, [name for name in names if name])


def capabilities(build: int, npus: list[str]) -> tuple[Capability, ...]:
    """The NPU, Windows ML and Phi Silica, each with the reason why it is there or not; ``build`` 0: not Windows."""
    source = Source("CIM, version of Windows") if build else Source("kind of system")
    if not build:
        ml = "Windows ML is a part of Windows 11 (24H2 and later)."
        silica = "Phi Silica is a part of Windows 11 on Copilot+ PCs."
        return (
            Capability("Windows ML", available=False, reason=ml, source=source),
            Capability("Phi Silica", available=False, reason=silica, source=source),
        )
    new = build >= FIRST_WINDOWS_ML
    found = [
        Capability(f"NPU ({name})", available=True, reason="Windows has a driver for it.", source=source)
        for name in npus
    ] or [Capability("NPU", available=False, reason="Windows knows no neural processor here.", source=source)]
    ml = f"Windows build {build}: " + ("execution providers come with it." if new else "24H2 or later is needed.")
    if npus and new:
        silica = "An NPU and Windows 11 24H2 are here; Windows brings the model itself on Copilot+ PCs."
    elif not npus:
        silica = "It needs a Copilot+ PC, which has an NPU."
    else:
        silica = "It needs Windows 11 24H2 or later."
    return (
        *found,
        Capability("Windows ML", available=new, reason=ml, source=source),
        Capability("Phi Silica", available=bool(npus) and new, reason=silica, source=source),
    )


def _gpu(card: dict[str, Any], memory: dict[str, int]) -> Gpu:
    name = str(card.get("Name") or "Graphics")
    vendor = next((v for v in ("NVIDIA", "AMD", "Intel", "Qualcomm") if v.lower() in name.lower()), "")
    vendor = vendor or ("AMD" if "radeon" in name.lower() else "Qualcomm" if "adreno" in name.lower() else "")
    told = card.get("AdapterRAM")
    size = memory.get(name.casefold(), 0)
    source = Source("registry", Confidence.TOLD)
    if not size and isinstance(told, int) and told > 0:
        size, source = told, Source("CIM, which tells at most 4 GiB", Confidence.GUESSED)
    unified = name.lower().startswith(_INTEGRATED)
    driver = str(card.get("DriverVersion") or "")
    return Gpu(name, vendor, size, size, unified=unified, driver=driver, source=source)


def _told(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _list(told: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = told.get(key)
    return [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, dict)]
