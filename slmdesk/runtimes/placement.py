"""Where a model's weights go when llama.cpp loads them: mapped or read, and how many layers into graphics memory.

llama.cpp rearranges weights of some number formats for the processor's kernels (ggml-cpu/repack.cpp). A mapped file
then lies in memory twice, once as it is and once rearranged: 1.8 times the file for a Q4_K_M, measured. Such a file is
read instead of mapped, and only the rearranged weights stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import psutil

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.ggml import BY_NAME
from slmdesk.core.memory import NO_CORRECTIONS, Corrections, estimate, fits, not_enough
from slmdesk.core.shape import ModelShape

REPACKED = {
    "AVX2": {"Q4_0", "Q4_K", "IQ4_NL", "MXFP4"},
    "AVX512": {"Q2_K"},
    "DOTPROD": {"Q4_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "MXFP4", "Q8_0"},
    "MATMUL_INT8": {"Q4_0", "Q4_K", "Q5_K", "Q6_K", "Q8_0", "Q1_0"},
}
"""Number formats that are rearranged, by the processor's instruction set that it is done for."""
WORTHWHILE = 0.1
"""Share of the weights from which reading beats mapping."""


def repacked_share(shape: ModelShape, system: str) -> float:
    """The share of the weights' bytes that are rearranged on a processor that llama.cpp describes as ``system``."""
    has = set(re.findall(r"(\w+) = 1", system))
    if "REPACK" not in has:
        return 0.0
    formats = set().union(*(kinds for name, kinds in REPACKED.items() if name in has))
    work = (*shape.work, *shape.expert_work)
    sizes = [(name, count * BY_NAME[name.lower()].bits) for name, count in work if name.lower() in BY_NAME]
    total = sum(size for _, size in sizes)
    return sum(size for name, size in sizes if name in formats) / total if total else 0.0


def graphics_memory(options: LoadOptions, devices: Sequence[Mapping[str, Any]]) -> int:
    """Free bytes of the graphics processors with memory of their own that this load may use."""
    wanted = options.device.lower()
    if not options.gpu_layers or wanted.startswith("cpu"):
        return 0
    return sum(
        int(device["memory_free"])
        for device in devices
        if device["type"] == "gpu" and not _unified(device) and wanted in {"", str(device["name"]).lower()}
    )


def placed(shape: ModelShape, options: LoadOptions, info: Mapping[str, Any]) -> LoadOptions:
    """The options with what was left open filled in: ``info`` is what the engine's build tells of itself.

    ``gpu_layers`` below 0 becomes as many as have room in the graphics memory.
    """
    devices = info.get("devices", ())
    vram = graphics_memory(options, devices)
    on_gpu = vram or (options.gpu_layers and any(_unified(device) for device in devices))
    if options.mmap and not on_gpu and repacked_share(shape, str(info.get("llama_cpp", ""))) >= WORTHWHILE:
        options = replace(options, mmap=False)
    if options.gpu_layers < 0 and vram:
        layers = estimate(shape, options, vram=vram).gpu_layers
        options = replace(options, gpu_layers=layers)
    return options


def check_memory(
    name: str,
    shape: ModelShape,
    size: int,
    options: LoadOptions,
    devices: Sequence[Mapping[str, Any]],
    corrections: Corrections = NO_CORRECTIONS,
) -> None:
    """Raises NotEnoughMemory, with the numbers, for a model that does not fit beside what is in memory already."""
    vram = graphics_memory(options, devices)
    need = estimate(shape, options, size, vram=vram, corrections=corrections)
    free = psutil.virtual_memory().available
    if not fits(need, free):
        raise not_enough(name, need, free)
    if need.vram > vram:
        raise NotEnoughMemory(
            f"Not enough graphics memory for {need.gpu_layers} layers of {name}.",
            "Put fewer layers on the graphics processor, or leave their number open.",
        )


def _unified(device: Mapping[str, Any]) -> bool:
    """Whether a graphics device computes in the machine's own memory."""
    return device["type"] == "igpu" or bool(re.match(r"(metal|mtl|apple)", str(device["name"]), re.IGNORECASE))
