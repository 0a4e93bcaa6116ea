"""The machine's values and a person's corrections of them."""

from __future__ import annotations

from slmdesk.core.hardware import Capability, Confidence, Gpu, Machine, Source, corrected

GIB = 1 << 30
MACHINE = Machine(
    cpu="Some CPU",
    cores=4,
    ram=16 * GIB,
    ram_free=10 * GIB,
    gpus=(Gpu("Card", "AMD", 8 * GIB, 6 * GIB), Gpu("Inside", "Intel", unified=True)),
    capabilities=(Capability("NPU (Intel)", available=True, reason=""),),
    sources={"ram": Source("psutil")},
)


def test_graphics_memory_counts_where_it_is_the_cards_own_and_usable() -> None:
    assert MACHINE.vram_free == 6 * GIB
    assert MACHINE.unified
    unusable = Machine(gpus=(Gpu("Card", "AMD", 8 * GIB, 6 * GIB, usable="no support"),))
    assert unusable.vram_free == 0
    assert not unusable.unified
    assert MACHINE.npu is not None
    assert Machine().npu is None


def test_a_correction_replaces_the_figure_and_its_source() -> None:
    machine = corrected(MACHINE, {"ram": 12 * GIB, "cores": 8, "cpu": " Other ", "vram": 10 * GIB})
    assert (machine.ram, machine.cores, machine.cpu) == (12 * GIB, 8, "Other")
    assert machine.ram_free == 6 * GIB  # what others hold counts as before
    assert machine.gpus[0].vram == 10 * GIB
    assert machine.gpus[0].vram_free == 8 * GIB
    assert machine.sources["ram"].confidence is Confidence.CORRECTED
    assert machine.gpus[0].source.confidence is Confidence.CORRECTED


def test_senseless_corrections_are_left_out() -> None:
    assert corrected(MACHINE, {"ram": -1, "cores": "four", "cpu": "", "vram": 2.5, "later": 1}) == MACHINE
    assert corrected(Machine(), {"vram": GIB}).gpus == ()


def test_memory_for_a_card_that_tells_none() -> None:
    machine = corrected(Machine(gpus=(Gpu("Card", ""),)), {"vram": 4 * GIB})
    assert machine.vram_free == 4 * GIB
