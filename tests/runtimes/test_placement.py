"""Where weights go: mapped or read, and how many layers into graphics memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.shape import ModelShape
from slmdesk.core.shape_config import requantized, shape_of_config
from slmdesk.runtimes.placement import check_memory, graphics_memory, placed, repacked_share
from tests.core.test_shape import QWEN3_4B

GIB = 1 << 30
Q4 = shape_of_config(QWEN3_4B, "Q4_K_M")
Q8 = requantized(Q4, "Q8_0")
PC = "b1 (CPU : AVX2 = 1 | AVX512 = 1 | NEON = 0 | REPACK = 1 | )"
ARM = "b1 (CPU : NEON = 1 | DOTPROD = 1 | MATMUL_INT8 = 1 | REPACK = 1 | )"
CPU = {"type": "cpu", "name": "CPU", "description": "x", "memory_free": 9 * GIB}


def gpu(free: int, name: str = "CUDA0", kind: str = "gpu") -> dict[str, Any]:
    return {"type": kind, "name": name, "description": "Card", "memory_free": free}


@pytest.mark.parametrize(
    ("shape", "system", "least", "most"),
    [
        (Q4, PC, 0.7, 0.9),
        (Q8, PC, 0, 0),
        (Q8, ARM, 1, 1),
        (Q4, "b1 (CPU : AVX2 = 1 | )", 0, 0),
        (ModelShape(), PC, 0, 0),
    ],
)
def test_what_is_rearranged_depends_on_format_and_processor(
    shape: ModelShape, system: str, least: float, most: float
) -> None:
    assert least <= repacked_share(shape, system) <= most


def test_a_file_that_is_rearranged_is_read_instead_of_mapped() -> None:
    build = {"llama_cpp": PC, "devices": [CPU]}
    assert not placed(Q4, LoadOptions(), build).mmap
    assert placed(Q8, LoadOptions(), build).mmap
    assert placed(Q4, LoadOptions(), {**build, "devices": [CPU, gpu(12 * GIB)]}).mmap


def test_as_many_layers_as_have_room() -> None:
    def layers(free: int, **options: Any) -> int:
        build = {"llama_cpp": PC, "devices": [CPU, gpu(free)]}
        return placed(Q8, LoadOptions(**options), build).gpu_layers

    assert layers(12 * GIB) == 37
    assert 5 < layers(2 * GIB) < 30
    assert layers(GIB // 2) == 0
    assert layers(2 * GIB, gpu_layers=37) == 37  # the person's own number stands
    assert layers(12 * GIB, gpu_layers=0) == 0


def test_graphics_memory_that_may_be_used() -> None:
    devices = [CPU, gpu(GIB), gpu(2 * GIB, "CUDA1"), gpu(4 * GIB, "Vulkan2", "igpu"), gpu(8 * GIB, "Metal")]
    assert graphics_memory(LoadOptions(), devices) == 3 * GIB
    assert graphics_memory(LoadOptions(device="cuda1"), devices) == 2 * GIB
    assert graphics_memory(LoadOptions(device="CPU"), devices) == 0
    assert graphics_memory(LoadOptions(gpu_layers=0), devices) == 0


def test_too_little_of_either_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    class Memory:
        available = 3 * GIB

    monkeypatch.setattr("slmdesk.runtimes.placement.psutil.virtual_memory", Memory)
    options = LoadOptions()
    check_memory("m", Q4, 0, replace(options, context_length=512), [CPU])
    with pytest.raises(NotEnoughMemory, match=r"it needs 4\.\d GiB, 3\.0 GiB are free"):
        check_memory("m", Q8, 0, options, [CPU])
    check_memory("m", Q8, 0, options, [CPU, gpu(8 * GIB)])
    with pytest.raises(NotEnoughMemory, match="graphics memory for 37 layers"):
        check_memory("m", Q8, 0, replace(options, gpu_layers=37), [CPU, gpu(GIB)])
