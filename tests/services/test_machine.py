"""What this machine is: the real one, and others by what their systems would tell."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from slmdesk.core.hardware import Confidence, Gpu, Machine
from slmdesk.services.machine import detect, linux, macos, memory_now, nvidia, windows, with_engine
from slmdesk.services.machine.detect import disks

GIB = 1 << 30


def put(root: Path, path: str, text: str) -> None:
    """Write a file of a made-up /proc or /sys."""
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def card(root: Path, number: int, vendor: str, device: str = "0x744c", driver: str = "", **files: str) -> None:
    folder = f"sys/class/drm/card{number}/device"
    put(root, f"{folder}/vendor", vendor + "\n")
    put(root, f"{folder}/device", device + "\n")
    for name, text in files.items():
        put(root, f"{folder}/{name}", text)
    if driver:
        (root / f"drivers/{driver}").mkdir(parents=True, exist_ok=True)
        (root / folder / "driver").symlink_to(root / f"drivers/{driver}")


def test_the_real_machine_has_a_source_for_every_figure(tmp_path: Path) -> None:
    machine = detect([tmp_path])
    assert machine.cpu
    assert machine.ram > machine.ram_free > 0
    assert machine.threads >= machine.cores > 0
    assert {"cpu", "cores", "instructions", "ram", "gpus", "npu", "disks"} <= set(machine.sources)
    assert machine.disks[0].total >= machine.disks[0].free
    names = {ability.name for ability in machine.capabilities}
    assert {"Windows ML", "Phi Silica"} <= names
    assert all(ability.reason for ability in machine.capabilities)


# --- Linux ------------------------------------------------------------------------------------------------------


def test_processors_of_a_linux_machine(tmp_path: Path) -> None:
    flags = "flags\t\t: fpu sse4_2 avx avx2 fma f16c avx512f avx512_vnni amx_int8\n"
    put(tmp_path, "proc/cpuinfo", f"processor\t: 0\nmodel name\t: Fast CPU 9\n{flags}\nprocessor\t: 1\n")
    name, instructions, _ = linux.processor(tmp_path)
    assert name == "Fast CPU 9"
    assert instructions == ("SSE4.2", "AVX", "AVX2", "FMA", "F16C", "AVX-512", "AVX-512 VNNI", "AMX INT8")
    put(tmp_path, "proc/cpuinfo", "processor: 0\nFeatures\t: fp asimd asimddp i8mm bf16 sve\n")
    put(tmp_path, "proc/device-tree/model", "Some Board\0")
    assert linux.processor(tmp_path)[:2] == ("Some Board", ("NEON", "DOTPROD", "I8MM", "BF16", "SVE"))
    assert linux.processor(tmp_path / "nowhere")[:2] == ("", ())


def test_amd_graphics_with_memory_of_their_own(tmp_path: Path) -> None:
    card(
        tmp_path, 0, "0x1002", driver="amdgpu", product_name="AMD Radeon RX 7900 XTX",
        mem_info_vram_total=str(24 * GIB), mem_info_vram_used=str(2 * GIB), mem_info_gtt_total=str(16 * GIB),
    )  # fmt: skip
    (gpu,) = linux.graphics(tmp_path)
    assert (gpu.name, gpu.vendor, gpu.driver) == ("AMD Radeon RX 7900 XTX", "AMD", "amdgpu")
    assert (gpu.vram, gpu.vram_free, gpu.unified) == (24 * GIB, 22 * GIB, False)


def test_an_amd_processor_with_graphics_shares_the_machines_memory(tmp_path: Path) -> None:
    names = "1002  Advanced Micro Devices\n\t15bf  Phoenix1\n\t\t1234 0001  Board\n10de  NVIDIA\n\t15bf  Wrong\n"
    put(tmp_path, "usr/share/misc/pci.ids", "# list\n" + names)
    card(
        tmp_path, 1, "0x1002", "0x15bf", mem_info_vram_total=str(GIB // 2), mem_info_gtt_total=str(14 * GIB),
        mem_info_gtt_used=str(GIB),
    )  # fmt: skip
    (gpu,) = linux.graphics(tmp_path)
    assert (gpu.name, gpu.unified, gpu.vram_free) == ("Phoenix1", True, 13 * GIB)


def test_intel_graphics(tmp_path: Path) -> None:
    card(tmp_path, 0, "0x8086", driver="i915")
    card(tmp_path, 1, "0x8086", driver="xe")
    put(tmp_path, "sys/class/drm/card1/lmem_total_bytes", str(16 * GIB))
    card(tmp_path, 2, "0x1234")
    inside, arc = linux.graphics(tmp_path)
    assert inside.unified
    assert (arc.vram, arc.unified, arc.driver) == (16 * GIB, False, "xe")


def test_neural_processors(tmp_path: Path) -> None:
    assert linux.neural(tmp_path) == ()
    (tmp_path / "drivers/intel_vpu").mkdir(parents=True)
    (tmp_path / "sys/class/accel/accel0/device").mkdir(parents=True)
    (tmp_path / "sys/class/accel/accel0/device/driver").symlink_to(tmp_path / "drivers/intel_vpu")
    (npu,) = linux.neural(tmp_path)
    assert (npu.name, npu.available) == ("NPU (Intel)", True)
    assert "intel_vpu" in npu.reason


def test_a_container_has_less_memory_than_its_machine(tmp_path: Path) -> None:
    assert linux.limited(16 * GIB, 8 * GIB, tmp_path) == (16 * GIB, 8 * GIB, None)
    put(tmp_path, "sys/fs/cgroup/memory.max", "max\n")
    assert linux.limited(16 * GIB, 8 * GIB, tmp_path)[2] is None
    put(tmp_path, "sys/fs/cgroup/memory.max", f"{4 * GIB}\n")
    put(tmp_path, "sys/fs/cgroup/memory.current", f"{3 * GIB}\n")
    put(tmp_path, "sys/fs/cgroup/memory.stat", f"anon 1\ninactive_file {GIB}\nfile 3\n")
    total, free, source = linux.limited(16 * GIB, 8 * GIB, tmp_path)
    assert (total, free) == (4 * GIB, 2 * GIB)
    assert source is not None
    assert memory_now()[0] > 0


# --- NVIDIA -----------------------------------------------------------------------------------------------------


class Nvml:
    """NVIDIA's library, as its bindings look: a card, and a chip that shares the machine's memory."""

    class NVMLError(Exception):
        pass

    def __init__(self, cards: int = 2) -> None:
        self.cards = cards

    def nvmlSystemGetDriverVersion(self) -> bytes:  # noqa: N802
        return b"580.1"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        if not self.cards:
            raise self.NVMLError
        return self.cards

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetName(self, handle: int) -> str | bytes:  # noqa: N802
        return ("NVIDIA GeForce RTX 5090", b"NVIDIA GB10")[handle]

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:  # noqa: N802
        if handle:
            raise self.NVMLError
        return SimpleNamespace(total=32 * GIB, free=30 * GIB)


def test_nvidia_graphics() -> None:
    card_, chip = nvidia.graphics(Nvml())
    assert card_ == Gpu("NVIDIA GeForce RTX 5090", "NVIDIA", 32 * GIB, 30 * GIB, driver="580.1", source=card_.source)
    assert (chip.name, chip.unified, chip.vram) == ("NVIDIA GB10", True, 0)
    assert nvidia.graphics(Nvml(0)) == ()
    assert nvidia.graphics(None) == ()


# --- macOS ------------------------------------------------------------------------------------------------------


def test_a_mac_with_apples_chip() -> None:
    def run(command: list[str]) -> str:
        if command[0] == "sysctl":
            return (
                "machdep.cpu.brand_string: Apple M4 Pro\nhw.physicalcpu: 12\nhw.optional.neon: 1\n"
                "hw.optional.arm.FEAT_DotProd: 1\nhw.optional.arm.FEAT_SME: 0\n"
            )
        return json.dumps(
            {"SPDisplaysDataType": [{"sppci_model": "Apple M4 Pro", "spdisplays_vendor": "sppci_vendor_Apple"}]}
        )

    base = Machine(architecture="arm64", ram=24 * GIB, ram_free=16 * GIB)
    machine, (gpu,), (npu,) = macos.complete(base, run)
    assert (machine.cpu, machine.cores, machine.instructions) == ("Apple M4 Pro", 12, ("NEON", "DOTPROD"))
    assert (gpu.unified, gpu.vram, gpu.vram_free) == (True, 18 * GIB, 16 * GIB)
    assert gpu.source.confidence is Confidence.GUESSED
    assert npu.available


def test_a_mac_with_intels_chip_and_one_that_tells_nothing() -> None:
    def run(command: list[str]) -> str:
        if command[0] == "sysctl":
            return "machdep.cpu.brand_string: Intel(R) Core(TM) i7\nhw.optional.avx2_0: 1\n"
        cards = [
            {"sppci_model": "AMD Radeon Pro 5500M", "spdisplays_vram": "8 GB"},
            {"spdisplays_vram_shared": "1536 MB"},
        ]
        return json.dumps({"SPDisplaysDataType": cards})

    machine, (own, shared), (npu,) = macos.complete(Machine(architecture="x86_64"), run)
    assert machine.instructions == ("AVX2",)
    assert (own.vendor, own.vram, own.unified) == ("AMD", 8 * GIB, False)
    assert (shared.vram, shared.unified) == (1536 << 20, True)
    assert not npu.available
    machine, cards, _ = macos.complete(Machine(cpu="known"), lambda _command: "")
    assert (machine.cpu, cards) == ("known", ())


# --- Windows ----------------------------------------------------------------------------------------------------

TOLD = {
    "cpu": "Snapdragon(R) X Elite ",
    "video": [
        {"Name": "NVIDIA GeForce RTX 4070", "AdapterRAM": 4_293_918_720, "DriverVersion": "32.0"},
        {"Name": "Intel(R) UHD Graphics", "AdapterRAM": 1 << 30},
    ],
    "npu": {"Name": "Snapdragon(R) X Elite - Hexagon NPU"},
}


def test_a_windows_machine() -> None:
    registry = [windows.Adapter("NVIDIA GeForce RTX 4070", 12 * GIB)]
    machine, (own, inside), abilities = windows.complete(
        Machine(), lambda _command: json.dumps(TOLD), build=26_100, registry=registry, instructions=("NEON",)
    )
    assert (machine.cpu, machine.instructions) == ("Snapdragon(R) X Elite", ("NEON",))
    assert (own.vendor, own.vram, own.unified) == ("NVIDIA", 12 * GIB, False)
    assert (inside.vendor, inside.unified) == ("Intel", True)
    assert inside.source.confidence is Confidence.GUESSED
    npu, ml, silica = abilities
    assert npu.name == "NPU (Snapdragon(R) X Elite - Hexagon NPU)"
    assert ml.available
    assert silica.available


@pytest.mark.parametrize(
    ("build", "npus", "ml", "silica", "why"),
    [
        (22_631, [], False, False, "It needs a Copilot+ PC"),
        (22_631, ["N"], False, False, "It needs Windows 11 24H2"),
        (26_100, [], True, False, "It needs a Copilot+ PC"),
        (0, [], False, False, "Phi Silica is a part of Windows 11"),
    ],
)
def test_what_windows_offers(build: int, npus: list[str], *, ml: bool, silica: bool, why: str) -> None:
    found = {ability.name: ability for ability in windows.capabilities(build, npus)}
    assert found["Windows ML"].available is ml
    assert found["Phi Silica"].available is silica
    assert found["Phi Silica"].reason.startswith(why)


def test_a_windows_machine_that_tells_nothing() -> None:
    machine, cards, abilities = windows.complete(Machine(cpu="known"), lambda _command: "no JSON", build=19_045)
    assert (machine.cpu, cards) == ("known", ())
    assert not any(ability.available for ability in abilities)


# --- together with the engine -----------------------------------------------------------------------------------


def test_a_build_without_graphics_says_so() -> None:
    machine = Machine(gpus=(Gpu("NVIDIA RTX", "NVIDIA", 8 * GIB, 8 * GIB),))
    found = with_engine(machine, {"gpu_offload": False, "devices": [{"type": "cpu"}]})
    assert found.gpus[0].usable == "The installed engine computes on the processor only."
    assert found.vram_free == 0


def test_the_engines_devices_are_matched_by_name() -> None:
    machine = Machine(gpus=(Gpu("NVIDIA GeForce RTX 4070", "NVIDIA", 12 * GIB, 11 * GIB), Gpu("Other", "AMD", 4 * GIB)))
    devices = [
        {"type": "gpu", "name": "CUDA0", "description": "NVIDIA GeForce RTX 4070"},
        {"type": "igpu", "name": "Vulkan1", "description": "Hidden", "memory_total": GIB, "memory_free": GIB},
    ]
    found = with_engine(machine, {"gpu_offload": True, "devices": devices})
    assert [(gpu.name, bool(gpu.usable)) for gpu in found.gpus] == [
        ("NVIDIA GeForce RTX 4070", False),
        ("Other", True),
        ("Hidden", False),
    ]
    assert found.vram_free == 11 * GIB


def test_drives_are_told_once(tmp_path: Path) -> None:
    found = disks([tmp_path, tmp_path / "a", Path("/nowhere-at-all")])
    assert len({disk.path for disk in found}) == len(found)
    assert all(disk.total > 0 for disk in found)
