"""The Quantize pane with the starter model and the real worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QTableWidget
from pytestqt.qtbot import QtBot

from slmdesk.core.models import Model, ModelFormat
from slmdesk.core.quantization import Quality, Recipe, Speed
from slmdesk.core.resources import resource
from slmdesk.core.runs import RowState, Run, RunRow, RunState
from slmdesk.services.files import Files
from slmdesk.services.inspection import Inspection
from slmdesk.services.library import Library
from slmdesk.services.quantizer import Quantizer
from slmdesk.services.runs import Runs
from slmdesk.storage.runs import RunStore
from slmdesk.ui.panes.quantize import QuantizePane, QuantizeServices
from slmdesk.ui.theme import ThemeSource
from slmdesk.ui.widgets.quantize.chart import Bubble, BubbleChart
from tests.fakes import FakeRuntime
from tests.ui.conftest import Room, settle, until

STARTER = resource("starter", "slmdesk-starter-f16.gguf")


def model(name: str, quantization: str, path: Path = STARTER) -> Model:
    return Model(
        f"llama.cpp:{path}", name, "llama.cpp", path, ModelFormat.GGUF, 10_564_288, 4_900_000, quantization,
        context_length=512,
    )  # fmt: skip


@dataclass
class Shop:
    pane: QuantizePane
    runs: Runs
    taken: list[Path]


class _Shelf(Library):
    """A library that knows two models without looking at the disk."""

    shelf: list[Model]

    def entries(self) -> list[Model]:
        return self.shelf

    def get(self, model_id: str) -> Model | None:
        return next((m for m in self.shelf if m.id == model_id), None)

    def shape(self, model_id: str) -> None:
        return None


@pytest.fixture
async def shop(room: Room, qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Shop]:
    files, taken = Files(), list[Path]()

    async def take_in(path: Path, _note: str) -> str:
        taken.append(path)
        return f"llama.cpp:{path}"

    quantizer = Quantizer(Inspection(files), tmp_path / "cache")
    runs = Runs(
        quantizer, files, RunStore(room.database), room.jobs, tmp_path / "runs", lambda: tmp_path / "models", take_in,
        lambda: {"processor": "Test"},
    )  # fmt: skip
    library = _Shelf([FakeRuntime()], room.settings, STARTER)
    library.shelf = [model("Starter", "F16"), model("Small", "Q4_0", tmp_path / "small.gguf")]
    pane = QuantizePane(QuantizeServices(library, quantizer, runs))
    qtbot.addWidget(pane)
    pane.set_theme(room.source.theme)
    pane.resize(1200, 740)
    pane.show()
    await pane.start()
    yield Shop(pane, runs, taken)
    await runs.close()
    await pane.close_down()
    await files.close()


def finished() -> Run:
    """A run as it comes from another machine."""
    quality = Quality(12.0, 0.3, 11.9, 0.3, 0.01, 0.001, 0.005, 0.1, 0.5, 0.97, 0.01, -0.001, 0.02, 500, 2, 512)
    speed = Speed(1000.0, 10.0, 100.0, 1.0, 0.2, 200 << 20)
    rows = (
        RunRow(Recipe("Q8_0"), RowState.DONE, size=5_700_000, quality=replace(quality, kl_mean=0.0002, same_top=0.99),
               speed=speed),
        RunRow(Recipe("Q4_K_M"), RowState.DONE, size=3_500_000, quality=quality, speed=replace(speed, tg128=210.0)),
        RunRow(Recipe("Q4_0"), RowState.DONE, size=3_600_000, quality=replace(quality, kl_mean=0.05, same_top=0.9)),
    )  # fmt: skip
    return Run(
        "r", str(STARTER), "Starter", "F16", 10_564_288, rows=rows, state=RunState.DONE, base_speed=speed,
        base_perplexity=11.9, created=1.0, imported=True,
    )  # fmt: skip


async def test_the_whole_flow(shop: Shop) -> None:
    pane = shop.pane
    assert pane.step == "source"
    assert pane.source.table.rowCount() == 1, "only the unquantized one"
    pane.source.next.click()
    await until(lambda: pane.step == "recipes")
    await until(lambda: "MB" in cell(pane.recipes.table, 0, 3), 60)
    pane.recipes.tick(["Q8_0", "Q4_0"])
    pane.recipes.speed.setChecked(False)
    pane.recipes.budget.setCurrentIndex(0)
    pane.recipes.run_button.click()
    await until(lambda: pane.step == "run", 30)
    await until(lambda: pane.current_run is not None and not pane.current_run.state.active, 120)
    assert pane.current_run is not None
    assert [row.state for row in pane.current_run.rows] == [RowState.DONE] * 2
    assert cell(pane.running.table, 0, 1) == "done"
    pane.running.results.click()
    assert pane.step == "results"
    assert "No file passes all gates. By the weights alone, Q8_0" in pane.results.recommended.text()
    assert pane.results.table.rowCount() == 3
    button(pane, "Keep: Q8_0").click()
    await until(lambda: shop.taken)
    await until(lambda: pane.current_run is not None and pane.current_run.rows[0].kept)
    with_chat: list[str] = []
    pane.chat_requested.connect(with_chat.append)
    button(pane, "Chat: Q8_0").click()
    await until(lambda: with_chat)
    assert with_chat == [f"llama.cpp:{shop.taken[0]}"]
    button(pane, "Discard: Q4_0").click()
    await until(lambda: pane.current_run is not None and pane.current_run.rows[1].discarded)
    await until(lambda: "free again" in pane.undo_bar.text.text())


def cell(table: QTableWidget, line: int, column: int) -> str:
    item = table.item(line, column)
    return item.text() if item is not None else ""


def button(pane: QuantizePane, name: str) -> QPushButton:
    return next(b for b in pane.results.findChildren(QPushButton) if b.accessibleName() == name)


async def test_quantized_sources_stand_behind_a_warning(shop: Shop) -> None:
    source = shop.pane.source
    assert not source.warning.isVisible()
    source.quantized.setChecked(True)
    assert source.warning.isVisible()
    assert source.table.rowCount() == 2
    source.search.setText("no such")
    assert not source.next.isEnabled()
    assert "called so" in source.nothing.text()


async def test_recipes_tell_what_is_not_possible(shop: Shop) -> None:
    pane = shop.pane
    pane.source.next.click()
    await until(lambda: pane.step == "recipes")
    recipes = pane.recipes
    names = {cell(recipes.table, line, 0): line for line in range(recipes.table.rowCount())}
    ternary = recipes.table.item(names["TQ1_0"], 0)
    assert ternary is not None
    assert not ternary.flags() & Qt.ItemFlag.ItemIsUserCheckable
    assert "noise" in cell(recipes.table, names["TQ1_0"], 6)
    assert cell(recipes.table, names["Q4_K_M"], 5) == "+0.175"
    await until(lambda: "cannot make" in cell(recipes.table, names["NVFP4"], 6), 30)
    recipes.tick(["IQ2_XXS"])
    assert recipes.matrix.isChecked()
    assert not recipes.matrix.isEnabled()
    assert "IQ2_XXS" in recipes.matrix.toolTip()
    recipes.tick([])
    assert not recipes.run_button.isEnabled()
    recipes.tick(["Q8_0"])
    recipes.budget.setCurrentIndex(0)
    assert 2 <= recipes.chunks() <= 64


async def test_errors_come_into_the_banner(shop: Shop) -> None:
    pane = shop.pane
    await pane.recipes.show_model(model("Gone", "F16", Path("gone.gguf")))
    pane.recipes.tick(["Q8_0"])
    pane.show_step("recipes")
    pane.recipes.run_button.click()
    await until(lambda: pane.banner.isVisible(), 20)
    assert "gone.gguf" in pane.banner.message.text()


async def test_gates_and_weights(shop: Shop, room: Room, tmp_path: Path) -> None:
    pane = shop.pane
    await RunStore(room.database).put(finished())
    await shop.runs.load()
    pane.show_run("r")
    results = pane.results
    marks = [cell(results.table, line, 7) for line in range(1, 4)]
    assert marks == ["✓ ✗ ✗", "✓ ✓ ✓", "✗ ✓ ?"]
    results.deciding.faster.setValue(0)
    assert cell(results.table, 2, 7) == "✓ ✓"
    assert "Recommended: Q4_K_M" in results.recommended.text(), "the only one that passes"
    results.deciding.same_top.setValue(100)
    assert "No file passes" in results.recommended.text()
    for gate in (results.deciding.same_top, results.deciding.smaller):
        gate.setValue(0)
    results.deciding.quality.setValue(5)
    results.deciding.speed.setValue(0)
    results.deciding.memory.setValue(0)
    assert "Q8_0" in results.recommended.text()
    results.deciding.quality.setValue(0)
    results.deciding.memory.setValue(5)
    assert "Q4_K_M" in results.recommended.text()
    words = [w.text() for w in results.findChildren(QLabel)]
    assert words.count("elsewhere") == 3
    state = pane.save_state()
    pane.restore_state(state)
    assert pane.save_state() == state
    for name in ("a.html", "a.json", "a.png"):
        await pane.export_to(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 500
    await pane._import(tmp_path / "a.json")
    assert pane.current_run is not None
    assert pane.current_run.id != "r"
    pane._fill_history()
    assert len([a for a in pane._history_menu.actions() if a.isCheckable()]) == 2


async def test_the_chart(qtbot: QtBot, source: ThemeSource) -> None:
    chart = BubbleChart()
    qtbot.addWidget(chart)
    chart.set_theme(source.theme)
    chart.resize(500, 300)
    chart.show()
    await settle()
    chart.set_bubbles([Bubble(n, f"Q{n}", 10**9 + n * 10**8, 10.0**-n, 5.0 * n, front=True) for n in range(6)])
    chosen: list[int] = []
    chart.chosen.connect(chosen.append)
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.point(3))
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chosen == [3, 4]
    assert chart.point(0).y() < chart.point(5).y(), "less loss is lower"
    before = chart.point(5).x() - chart.point(0).x()
    at = QPointF(chart.point(3))
    wheel = QWheelEvent(
        at, chart.mapToGlobal(at), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,  # noqa: FBT003
    )  # fmt: skip
    chart.wheelEvent(wheel)
    assert chart.point(5).x() - chart.point(0).x() > before
    QTest.mouseDClick(chart, Qt.MouseButton.LeftButton, pos=chart.rect().center())
    assert chart.point(5).x() - chart.point(0).x() == before
    chart.set_bubbles([Bubble(0, "one", 5, 0.0)])
    chart.grab()
    chart.event(QEvent(QEvent.Type.Leave))
