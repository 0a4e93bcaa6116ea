"""NVIDIA's graphics processors, as NVIDIA's own library (NVML) tells of them."""

from __future__ import annotations

from typing import Any

from slmdesk.core.hardware import Gpu, Source


def library() -> Any | None:
    """The bindings of NVML, started; None without them or without NVIDIA's driver."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def graphics(nvml: Any | None) -> tuple[Gpu, ...]:
    """The graphics processors with their memory that is free now."""
    if nvml is None:
        return ()
    try:
        driver = _text(nvml.nvmlSystemGetDriverVersion())
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        return tuple(_gpu(nvml, handle, driver) for handle in handles)
    except nvml.NVMLError:
        return ()


def _gpu(nvml: Any, handle: Any, driver: str) -> Gpu:
    name = _text(nvml.nvmlDeviceGetName(handle))
    source = Source("NVML")
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    except nvml.NVMLError:  # a chip that shares the machine's memory tells nothing here
        return Gpu(name, "NVIDIA", unified=True, driver=driver, source=source)
    return Gpu(name, "NVIDIA", int(memory.total), int(memory.free), driver=driver, source=source)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
