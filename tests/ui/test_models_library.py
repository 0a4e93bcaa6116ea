from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLineEdit, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.fit import FitLevel, Remedy, RemedyKind
from slmdesk.core.models import Ability, ModelFormat, Verdict
from slmdesk.services.chat.choices import Choices
from slmdesk.services.files import Files
from slmdesk.services.fit import Fits
from slmdesk.services.library import Index, Library, Places
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.storage.measurements import MeasurementStore
from slmdesk.storage.models import ModelStore
from slmdesk.ui import format as fmt
from slmdesk.ui.main_window import MainWindow
from slmdesk.ui.panes.models import ModelsPane, ModelsServices
from slmdesk.ui.panes.models.library import LibraryView
from slmdesk.ui.panes.models.siblings import base_name, siblings
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import plain_tip
from slmdesk.ui.widgets.file_drop import FileDrop, model_paths
from slmdesk.ui.widgets.models.filter_bar import Filters
from slmdesk.ui.widgets.models.items import ModelItems
from tests.benchmarks.random_gguf import write_model
from tests.fakes import FakeRuntime, fake_model
from tests.ui.conftest import Room, settle, until
from tests.ui.shelf import as_rows, entries, entry


class GgufRuntime(FakeRuntime):
    """A fake that loads the library's files."""

    formats = frozenset({ModelFormat.GGUF})


class Shelf:
    """The models pane over a real library with invented entries, real places and a fake runtime."""

    def __init__(self, room: Room, folder: Path) -> None:
        self.room = room
        self.folder = folder
        self.own = folder / "own"
        self.place = folder / "elsewhere"
        for path in (self.own, self.place):
            path.mkdir()
        self.starter = folder / "starter.gguf"
        self.store = ModelStore(room.database)
        self.files = Files()
        self.runtime = GgufRuntime(fake_model("Unused"))
        self.loaded = LoadedModels([self.runtime])
        self.pane: ModelsPane

    async def open(self) -> None:
        await self.room.settings.set("model_folders", [str(self.place)])
        places = Places(self.room.settings, self.store, own=self.own, builtin=[self.starter])
        self.library = Library([self.runtime], self.room.settings, self.starter, Index(self.store, places, self.files))
        await self.library.open()
        self.library._asked = True  # no starter to be looked for: its worker would cost each test a second
        self.fits = Fits(self.loaded, MeasurementStore(self.room.database), self.room.settings, self.library.shape)
        choices = Choices(self.library, self.loaded, self.room.presets, self.room.settings)
        self.pane = ModelsPane(
            ModelsServices(
                self.library, self.loaded, choices, self.room.jobs, self.room.network, self.room.settings, self.own,
                fits=self.fits,
            )
        )  # fmt: skip
        self.pane.set_theme(Theme())
        self.pane.resize(1200, 760)
        self.pane.show()
        self.pane.shown()
        await settle(0.02)

    async def close(self) -> None:
        await self.pane.close_down()
        await self.library.close()
        await self.files.close()
        await self.loaded.close()
        await self.fits.close()

    @property
    def view(self) -> LibraryView:
        view = self.pane.current
        assert isinstance(view, LibraryView)
        return view

    @property
    def items(self) -> ModelItems:
        return self.view.table.items

    def names(self) -> list[str]:
        return [self.items.model(place).name for place in range(self.items.rowCount())]  # type: ignore[union-attr]

    def choose(self, name: str) -> str:
        model = next(m for m in self.library.entries() if m.name == name)
        self.view.show_model(model.id)
        return model.id

    def dialog(self) -> QDialog:
        return next(d for d in self.pane.findChildren(QDialog) if d.isVisible())

    def agree(self, words: str) -> None:
        """Click the button with these words in the open dialog."""
        next(b for b in self.dialog().findChildren(QPushButton) if b.text() == words).click()


@pytest.fixture
async def shelf(room: Room, tmp_path: Path, qtbot: QtBot) -> AsyncIterator[Shelf]:
    """Forty models."""
    shelf = Shelf(room, tmp_path)
    await shelf.store.put(as_rows(entries(shelf.place, 40)))
    await shelf.open()
    qtbot.addWidget(shelf.pane)
    yield shelf
    await shelf.close()


@pytest.fixture
async def bare(room: Room, tmp_path: Path) -> AsyncIterator[Shelf]:
    """Nothing yet; tests put what they need into the store, or files into ``own``, and open it."""
    shelf = Shelf(room, tmp_path)
    yield shelf
    await shelf.close()


# --- the table ------------------------------------------------------------------------------------------------------


async def test_all_models_stand_in_the_table_by_name(shelf: Shelf) -> None:
    assert len(shelf.names()) == 40
    assert shelf.names() == sorted(shelf.names(), key=str.casefold)
    assert shelf.view.bar.count.text().startswith("40 models")


@pytest.mark.parametrize("key", ["size", "parameters", "publisher", "context", "fit", "class", "added"])
async def test_every_column_sorts_both_ways(shelf: Shelf, key: str) -> None:
    columns = [column.key for column in shelf.items.columns]
    shown = {}
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        shelf.view.table.sortByColumn(columns.index(key), order)
        models = [shelf.items.model(place) for place in range(40)]
        column = shelf.items.columns[columns.index(key)]
        places = {level: n for n, level in enumerate(FitLevel)}
        values = [
            places[shelf.view.levels.level(m)] if key == "fit" else column.sort_key(m)  # type: ignore[index]
            for m in models if m is not None
        ]  # fmt: skip
        assert values == sorted(values, reverse=order == Qt.SortOrder.DescendingOrder)
        shown[order] = shelf.names()
    assert sorted(shown[Qt.SortOrder.AscendingOrder]) == sorted(shown[Qt.SortOrder.DescendingOrder])


async def test_sorting_keeps_the_chosen_model(shelf: Shelf) -> None:
    name = shelf.names()[7]
    model_id = shelf.choose(name)
    shelf.view.table.sortByColumn(7, Qt.SortOrder.DescendingOrder)
    assert shelf.view.table.current == model_id
    row = shelf.view.table.selectionModel().selectedRows()[0].row()
    assert shelf.names()[row] == name


async def test_typing_narrows_and_escape_widens(shelf: Shelf) -> None:
    search = shelf.view.bar.search
    QTest.keyClicks(search, "qwen3 q4_k")
    assert shelf.names()
    assert all("Qwen3" in name and "Q4_K" in name for name in shelf.names())
    assert " of 40 models" in shelf.view.bar.count.text()
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert len(shelf.names()) == 40
    QTest.keyClick(search, Qt.Key.Key_Down)
    assert shelf.pane.focusWidget() is shelf.view.table
    assert shelf.view.table.current


async def test_filters_show_as_chips_and_come_off_with_a_click(shelf: Shelf) -> None:
    bar = shelf.view.bar
    bar.open_filters()
    choices = {key: [value for value, _ in values] for key, values in bar.choices().items()}
    assert {"Qwen", "Llama", "Gemma"} <= set(choices["family"])
    assert choices["ability"] == ["tools", "thinking", "vision"]
    assert choices["fit"][0] == "runs"
    assert bar._popover is not None
    bar._popover.close()
    bar.set_filter("family", "Gemma")
    bar.set_filter("ability", "vision")
    assert shelf.names()
    assert all(name.startswith("gemma") for name in shelf.names())
    await settle(0.02)
    chips = [b for b in bar.findChildren(QAbstractButton) if b.isVisible() and ": " in b.text()]
    assert [chip.text() for chip in chips] == ["Family: Gemma", "Ability: Vision"]
    chips[1].click()
    chips[0].click()
    assert len(shelf.names()) == 40


async def test_the_fit_filter_shows_only_what_runs(shelf: Shelf) -> None:
    shelf.view.bar.set_filter("fit", "runs")
    await until(lambda: shelf.names())
    for place in range(shelf.items.rowCount()):
        model = shelf.items.model(place)
        assert model is not None
        assert shelf.fits.level(model) is not FitLevel.TOO_BIG


async def test_nothing_found_says_so_and_offers_all(shelf: Shelf) -> None:
    shelf.view.bar.search.setText("no such model")
    assert shelf.view.empty.isVisible()
    assert shelf.view.empty.title.text() == "No model matches"
    shelf.view.empty.first.click()
    assert len(shelf.names()) == 40


async def test_an_empty_library_says_how_to_fill_it(bare: Shelf, qtbot: QtBot) -> None:
    await bare.open()
    qtbot.addWidget(bare.pane)
    assert bare.view.empty.isVisible()
    assert "Drop a model file" in bare.view.empty.text.text()
    assert bare.view.empty.second.text() == "Add a folder"


async def test_with_the_starter_alone_the_way_to_more_is_shown(bare: Shelf, qtbot: QtBot) -> None:
    await bare.store.put(as_rows([entry(bare.starter, bare.starter, "own")]))
    await bare.open()
    qtbot.addWidget(bare.pane)
    assert bare.names() == ["Starter"]
    notice = bare.view.notice
    await until(notice.isVisible)
    assert notice.button.text() == "Find a model"
    notice.close_button.click()
    assert not notice.isVisible()
    bare.view.refresh()
    await settle(0.05)
    assert not notice.isVisible()
    assert bare.view.save_state()["dismissed"].startswith("Only the starter")


async def test_columns_are_remembered(shelf: Shelf) -> None:
    table = shelf.view.table
    keys = [column.key for column in table.items.columns]
    table.set_column("licence", shown=True)
    table.set_column("class", shown=False)
    table.horizontalHeader().resizeSection(keys.index("size"), 133)
    table.horizontalHeader().moveSection(table.horizontalHeader().visualIndex(keys.index("context")), 1)
    table.sortByColumn(keys.index("size"), Qt.SortOrder.DescendingOrder)
    shelf.view.bar.set_filter("family", "Llama")
    state = shelf.pane.save_state()
    other = ModelsPane(shelf.view.services)
    other.restore_state(state)
    view = other.view("library")
    assert isinstance(view, LibraryView)
    header = view.table.horizontalHeader()
    assert header.visualIndex(keys.index("context")) == 1
    assert not view.table.isColumnHidden(keys.index("licence"))
    assert view.table.isColumnHidden(keys.index("class"))
    assert header.sectionSize(keys.index("size")) == 133
    assert header.sortIndicatorSection() == keys.index("size")
    assert view.bar.filters.family == "Llama"
    view.table.reset_columns()
    assert not view.table.isColumnHidden(keys.index("class")) or view.table.viewport().width() < 700
    await other.close_down()
    other.deleteLater()


@pytest.mark.parametrize(
    "state",
    [
        {"table": {"order": ["fit", "x"], "widths": {"size": "wide", "fit": 10**9}, "columns": [3, "nonsense"]}},
        {"table": "?", "filters": ["x"], "details": "wide"},
        {"table": {"sort": "nonsense", "order": [None]}, "filters": {"family": 7, "nonsense": "x"}, "details": 10**7},
    ],
)
async def test_a_broken_state_is_ignored(shelf: Shelf, state: dict[str, object]) -> None:
    shelf.view.restore_state(state)
    assert len(shelf.names()) == 40


async def test_columns_and_sorting_are_reached_without_a_mouse(shelf: Shelf) -> None:
    table = shelf.view.table
    menu = table.column_menu()
    sorting = menu.actions()[0].menu()
    assert isinstance(sorting, QMenu)
    next(a for a in sorting.actions() if a.text() == "Size").trigger()
    sizes = [m.size for m in (shelf.items.model(place) for place in range(40)) if m]
    assert sizes == sorted(sizes)
    next(a for a in sorting.actions() if a.text() == "Descending").trigger()
    assert [m.size for m in (shelf.items.model(place) for place in range(40)) if m] == sorted(sizes, reverse=True)
    next(a for a in menu.actions() if a.text() == "Licence").trigger()
    assert not table.isColumnHidden([c.key for c in table.items.columns].index("licence"))
    shelf.view.bar.columns.click()
    await settle(0.02)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, QMenu)
    popup.close()


async def test_little_room_leaves_out_what_matters_least(shelf: Shelf) -> None:
    table = shelf.view.table
    keys = [column.key for column in table.items.columns]
    shelf.pane.resize(620, 600)
    await settle(0.02)
    assert not table.isColumnHidden(keys.index("fit"))
    assert table.isColumnHidden(keys.index("where"))
    assert table.horizontalScrollBar().maximum() == 0
    shelf.pane.resize(1300, 600)
    await settle(0.02)
    assert not table.isColumnHidden(keys.index("where"))


# --- what a row tells -----------------------------------------------------------------------------------------------


async def test_pills_say_what_keeps_a_model_from_running(bare: Shelf, qtbot: QtBot) -> None:
    place = bare.place
    away = replace(entry(place / "away.gguf", place, number=2), offline=True)
    found = [
        entry(place / "fine.gguf", place, number=1),
        away,
        entry(place / "bad.gguf", place, number=3, verdict=str(Verdict.REFUSED), problem="Two tensors overlap."),
        entry(place / "weights.bin", place, number=4, format="pickle"),
        entry(place / "huge.gguf", place, number=5, parameters=900_000_000_000),
        entry(place / "odd.gguf", place, number=6, verdict=str(Verdict.LOOK)),
    ]
    await bare.store.put(as_rows(found))
    await bare.open()
    qtbot.addWidget(bare.pane)
    models = {m.name: m for m in bare.library.entries()}
    words = {name: bare.items.remark(model).words for name, model in models.items()}
    assert words["fine"] in ("Fits", "Slow")
    assert words["away"] == "Location offline"
    assert words["bad"] == "Refused"
    assert words["weights"] == "Not runnable here"
    assert words["huge"] == "Too big"
    fit = [column.key for column in bare.items.columns].index("fit")
    place_of = bare.items.place_of(models["huge"].id)
    tip = str(bare.items.index(place_of, fit).data(Qt.ItemDataRole.ToolTipRole))
    assert "GiB" in tip
    assert "free" in tip
    spoken = str(bare.items.index(place_of, fit).data(Qt.ItemDataRole.AccessibleTextRole))
    assert spoken == "Runs here: Too big"
    bare.choose("away")
    assert bare.view.details is not None
    assert not bare.view.details.load.isVisible()
    bare.choose("bad")
    assert "overlap" in bare.view.details.problem.text()
    assert bare.view.details.safety.pill.text.text() == "Refused"


async def test_the_details_tell_everything(shelf: Shelf) -> None:
    name = next(n for n in shelf.names() if n.startswith("Qwen3"))
    shelf.choose(name)
    details, chosen = shelf.view.details, shelf.view.chosen
    assert details is not None
    assert chosen is not None
    model = chosen.model
    assert model is not None
    assert details.isVisible()
    facts = details.facts.values
    assert facts["Context"] == f"{fmt.count(40_960)} tokens"
    assert facts["Licence"] == "apache-2.0"
    assert facts["Abilities"] == "Tools, Thinking"
    assert "bits per weight" in facts["Quantization"]
    assert "B" in facts["Parameters"] or "M" in facts["Parameters"]
    assert details.by.text() == "Qwen · Qwen"
    assert "Needs" in details.fit.text.text()
    assert model.abilities == {Ability.TOOLS, Ability.THINKING}
    details.close_button.click()
    assert not details.isVisible()
    assert not shelf.view.table.current


async def test_other_quantizations_are_rows_to_go_to(bare: Shelf, qtbot: QtBot) -> None:
    place = bare.place
    bits = {"Q4_K_M": 4.9, "Q8_0": 8.5, "F16": 16.0}
    found = [
        entry(place / f"Qwen3-1.7B-{q}.gguf", place, number=n, quantization=q, bits_per_weight=b)
        for n, (q, b) in enumerate(bits.items(), 1)
    ]
    await bare.store.put(as_rows([*found, entry(place / "Other-1B-Q8_0.gguf", place, number=9, quantization="Q8_0")]))
    await bare.open()
    qtbot.addWidget(bare.pane)
    bare.choose("Qwen3-1.7B-Q4_K_M")
    assert bare.view.details is not None
    buttons = bare.view.details.quantizations.buttons
    assert [b.text() for b in buttons] == ["F16", "Q8_0"]
    buttons[1].click()
    assert bare.view.chosen is not None
    assert bare.view.chosen.model is not None
    assert bare.view.chosen.model.name == "Qwen3-1.7B-Q8_0"


def test_names_without_their_quantization() -> None:
    same = [
        replace(fake_model(name, quantization=q), architecture="llama", parameters=10**9)
        for name, q in (("Phi-4-mini-Q4_K_M", "Q4_K_M"), ("Phi-4-mini.UD-IQ3_XXS", ""), ("phi_4 mini f16", "F16"))
    ]
    assert {base_name(m) for m in same} == {"phi 4 mini"}
    assert len(siblings(same[0], same)) == 2


def test_a_tooltip_never_takes_a_name_for_markup() -> None:
    tip = plain_tip("<b>x</b><img src=file:///etc/passwd>")
    assert "<b>" not in tip
    assert "<img" not in tip
    assert plain_tip("plain & simple") == "plain & simple"


# --- memory ---------------------------------------------------------------------------------------------------------


async def test_models_are_loaded_and_unloaded(shelf: Shelf) -> None:
    model_id = shelf.choose(shelf.names()[3])
    details = shelf.view.details
    assert details is not None
    details.load.click()
    await until(lambda: shelf.loaded.get(model_id) is not None)
    await until(lambda: details.load.text() == "Unload")
    model = shelf.library.get(model_id)
    assert model is not None
    assert shelf.items.state(model).loaded
    details.load.click()
    await until(lambda: details.load.text() == "Load")
    assert shelf.loaded.list() == []


async def test_a_load_can_be_cancelled(shelf: Shelf) -> None:
    shelf.runtime.load_delay = 5.0
    shelf.choose(shelf.names()[3])
    details = shelf.view.details
    assert details is not None
    details.load.click()
    await until(lambda: details.load.text() == "Cancel")
    assert details.state.text().startswith("Loading")
    details.load.click()
    await until(lambda: details.load.text() == "Load")
    assert shelf.loaded.list() == []


async def test_too_little_memory_offers_what_helps(shelf: Shelf) -> None:
    shelf.runtime.load_error = NotEnoughMemory("Not enough memory.", "Close something.")
    shelf.loaded.remedies_of = lambda _m, _o: (
        Remedy(RemedyKind.CONTEXT, "", {"context_length": 1024}, need=3 << 30),
        Remedy(RemedyKind.KV, "", {"cache_type_k": "q8_0", "cache_type_v": "q8_0"}, need=2 << 30),
        Remedy(RemedyKind.ANYWAY, "", {"ignore_memory": True}),
    )
    model_id = shelf.choose(shelf.names()[3])
    assert shelf.view.details is not None
    shelf.view.details.load.click()
    trouble = shelf.view.trouble
    await until(trouble.isVisible)
    assert [b.text() for b in trouble.remedies.buttons] == [
        f"Context of {fmt.count(1024)} tokens (3.0 GiB)", "KV cache in q8_0 (2.0 GiB)", "Load anyway",
    ]  # fmt: skip
    shelf.runtime.load_error = None
    trouble.remedies.buttons[0].click()
    await until(lambda: shelf.loaded.get(model_id) is not None)
    assert shelf.runtime.loads[-1][1].context_length == 1024
    assert not trouble.isVisible()


async def test_a_smaller_quantization_that_is_here_is_loaded_instead(bare: Shelf, qtbot: QtBot) -> None:
    place = bare.place
    found = [
        entry(place / "Big-1B-F16.gguf", place, number=1, quantization="F16", bits_per_weight=16.0),
        entry(place / "Big-1B-Q4_K_M.gguf", place, number=2),
    ]
    await bare.store.put(as_rows(found))
    await bare.open()
    qtbot.addWidget(bare.pane)
    model_id = bare.choose("Big-1B-F16")
    bare.view.loads.help(model_id, Remedy(RemedyKind.SMALLER, "", quantization="Q4_K_M"), LoadOptions())
    await until(lambda: bool(bare.loaded.list()))
    assert bare.loaded.list()[0].model.name == "Big-1B-Q4_K_M"


async def test_unloading_another_model_makes_room(shelf: Shelf) -> None:
    first, second = shelf.choose(shelf.names()[0]), shelf.choose(shelf.names()[1])
    shelf.view.loads.start(first)
    await until(lambda: shelf.loaded.get(first) is not None)
    shelf.view.loads.help(second, Remedy(RemedyKind.UNLOAD, "Unload it", model_id=first), LoadOptions())
    await until(lambda: shelf.loaded.get(second) is not None)
    assert shelf.loaded.get(first) is None


async def test_chat_asks_the_window(shelf: Shelf, qtbot: QtBot) -> None:
    model_id = shelf.choose(shelf.names()[2])
    assert shelf.view.details is not None
    with qtbot.waitSignal(shelf.pane.chat_requested, timeout=500) as told:
        shelf.view.details.chat.click()
    assert told.args == [model_id]
    with qtbot.waitSignal(shelf.pane.chat_requested, timeout=500) as told:
        QTest.keyClick(shelf.view.table, Qt.Key.Key_Return)
    assert told.args == [model_id]


# --- a person's own words -------------------------------------------------------------------------------------------


async def test_a_model_is_renamed(shelf: Shelf) -> None:
    model_id = shelf.choose(shelf.names()[5])
    QTest.keyClick(shelf.view.table, Qt.Key.Key_F2)
    field = shelf.dialog().findChild(QLineEdit)
    assert field is not None
    field.setText("My favourite")
    shelf.agree("Save")
    await until(lambda: "My favourite" in shelf.names())
    model = shelf.library.get(model_id)
    assert model is not None
    assert model.path.name != "My favourite"
    assert shelf.view.details is not None
    assert shelf.view.details.name.text() == "My favourite"


async def test_tags_and_a_note_are_kept(shelf: Shelf) -> None:
    model_id = shelf.choose(shelf.names()[5])
    assert shelf.view.details is not None
    notes = shelf.view.details.notes
    notes.new_tag.setText("  my   tag ")
    QTest.keyClick(notes.new_tag, Qt.Key.Key_Return)
    QTest.keyClicks(notes.note, "Good at Danish")
    shelf.choose(shelf.names()[6])  # what was typed is kept when another model is chosen
    await until(lambda: (m := shelf.library.get(model_id)) is not None and m.tags == ("my tag",) and m.note != "")
    model = shelf.library.get(model_id)
    assert model is not None
    assert model.note == "Good at Danish"
    assert notes.note.toPlainText() == ""
    shelf.view.show_model(model_id)
    assert notes.note.toPlainText() == "Good at Danish"
    shelf.view.bar.set_filter("tag", "my tag")
    assert shelf.names() == [model.name]
    chip = next(b for b in notes.findChildren(QAbstractButton) if b.text() == "my tag")
    chip.click()
    await until(lambda: (m := shelf.library.get(model_id)) is not None and m.tags == ())


async def test_a_name_from_a_file_is_shown_as_it_is(bare: Shelf, qtbot: QtBot) -> None:
    name = "<b>bold</b><img src=x>"
    await bare.store.put(as_rows([entry(bare.place / "m.gguf", bare.place)]))
    await bare.open()
    qtbot.addWidget(bare.pane)
    model_id = bare.choose("m")
    await bare.library.rename(model_id, name)
    await until(lambda: bare.names() == [name])
    assert bare.view.details is not None
    await until(lambda: bare.view.details is not None and bare.view.details.name.text() == name)
    assert bare.view.details.name.textFormat() == Qt.TextFormat.PlainText


# --- files ----------------------------------------------------------------------------------------------------------


async def test_deleting_can_be_undone(bare: Shelf, qtbot: QtBot) -> None:
    file = write_model(bare.own / "mine.gguf")
    await bare.open()
    qtbot.addWidget(bare.pane)
    await bare.library.scan()
    await until(lambda: bare.names() == ["mine"])
    bare.choose("mine")
    QTest.keyClick(bare.view.table, Qt.Key.Key_Delete)
    await until(lambda: bare.names() == [])
    assert not file.exists()
    undo = bare.pane.undo_bar
    assert undo.isVisible()
    assert "mine is in the bin" in undo.text.text()
    undo.undo.click()
    await until(lambda: bare.names() == ["mine"])
    assert file.exists()


async def test_a_loaded_model_is_unloaded_before_it_is_deleted(bare: Shelf, qtbot: QtBot) -> None:
    file = write_model(bare.own / "mine.gguf")
    await bare.open()
    bare.library.users.append(lambda m: ["It is loaded."] if bare.loaded.get(m.id) else [])
    qtbot.addWidget(bare.pane)
    await bare.library.scan()
    await until(lambda: bare.names() == ["mine"])
    model_id = bare.choose("mine")
    bare.view.loads.start(model_id)
    await until(lambda: bare.loaded.get(model_id) is not None)
    bare.view.changes.delete(model_id)
    await until(bare.pane.banner.isVisible)
    assert "in use" in bare.pane.banner.message.text()
    assert file.exists()
    bare.pane.banner.action.click()
    await until(lambda: not file.exists())
    assert bare.loaded.list() == []


async def test_what_is_not_ones_own_is_not_deleted(shelf: Shelf) -> None:
    model_id = shelf.choose(shelf.names()[0])
    chosen = shelf.view.chosen
    assert chosen is not None
    assert chosen.model is not None
    delete = next(a for a in chosen.actions(chosen.model) if a.key == "delete")
    assert "does not change" in delete.why_not
    shelf.view.changes.delete(model_id)
    await until(shelf.pane.banner.isVisible)
    assert "does not change" in shelf.pane.banner.message.text()


async def test_duplicates_are_linked_and_win_their_bytes_back(bare: Shelf, qtbot: QtBot) -> None:
    first = write_model(bare.own / "one.gguf")
    second = bare.own / "again.gguf"
    second.write_bytes(first.read_bytes())
    await bare.open()
    qtbot.addWidget(bare.pane)
    await bare.library.scan()
    await until(bare.view.notice.isVisible)
    bare.view.notice.button.click()
    page = bare.view.upkeep.duplicates
    assert page is not None
    assert page.compare.isVisible()
    page.compare.click()
    await until(lambda: bool(page.cards) and not page.compare.isVisible())
    card = next(iter(page.cards.values()))
    keep = next(b for b in card.buttons if b.text() == "Keep this one, link the others")
    keep.click()
    bare.agree("Link")
    await until(lambda: first.stat().st_ino == second.stat().st_ino)
    await until(lambda: "won back" in bare.pane.undo_bar.text.text())
    await until(lambda: not page.cards)
    page.back.click()
    assert bare.view.pages.currentIndex() == 0


async def test_places_are_switched_owned_and_removed(shelf: Shelf) -> None:
    shelf.view.places_button.click()
    page = shelf.view.upkeep.places
    assert page is not None
    await settle(0.02)
    assert list(page.cards) == [shelf.own, shelf.place]
    card = page.cards[shelf.place]
    assert card.facts.text().startswith("40 models")
    card.owned.click()
    assert not shelf.library.places()[1].owned
    shelf.agree("Yes, it is my own")
    await until(lambda: shelf.library.places()[1].owned)
    card.enabled.click()
    await until(lambda: not shelf.library.entries())
    card.remove.click()
    await until(lambda: list(page.cards) == [shelf.own])
    assert shelf.room.settings.get("model_folders") == ()


async def test_the_bin_is_emptied(bare: Shelf, qtbot: QtBot) -> None:
    write_model(bare.own / "mine.gguf")
    await bare.open()
    qtbot.addWidget(bare.pane)
    await bare.library.scan()
    await bare.library.delete(bare.library.entries()[0].id)
    bare.view.places_button.click()
    page = bare.view.upkeep.places
    assert page is not None
    await until(page.bin.isVisible)
    page.bin.button.click()
    bare.agree("Empty the bin")
    await until(lambda: not page.bin.isVisible())
    assert list(bare.own.rglob("*.gguf")) == []


async def test_files_dropped_on_the_window_are_added(bare: Shelf, qtbot: QtBot) -> None:
    folder = bare.folder / "usb"
    folder.mkdir()
    file = write_model(folder / "new.gguf")
    await bare.open()
    qtbot.addWidget(bare.pane)
    window = QWidget()
    qtbot.addWidget(window)
    drop = FileDrop(window)
    drop.dropped.connect(bare.pane.add_paths)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    window.show()
    held = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 5), *held))
    assert drop.hint.isVisible()
    QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), *held))
    assert not drop.hint.isVisible()
    await until(lambda: bare.names() == ["new"] or bare.pane.banner.isVisible(), 10)
    assert bare.pane.banner.message.text() == ""
    assert "1 model" in bare.pane.undo_bar.text.text()
    data.setUrls([QUrl.fromLocalFile(str(bare.folder / "notes.txt"))])
    assert model_paths(data) == []


async def test_a_folder_without_models_is_explained(bare: Shelf, qtbot: QtBot) -> None:
    await bare.open()
    qtbot.addWidget(bare.pane)
    empty = bare.folder / "empty"
    empty.mkdir()
    bare.pane.add_paths([empty])
    await until(bare.pane.banner.isVisible)
    assert "no models in" in bare.pane.banner.message.text()


async def test_every_field_of_the_header_is_shown(bare: Shelf, qtbot: QtBot) -> None:
    write_model(bare.own / "mine.gguf")
    await bare.open()
    qtbot.addWidget(bare.pane)
    await bare.library.scan()
    await until(lambda: bare.names() == ["mine"])
    bare.choose("mine")
    details = bare.view.details
    assert details is not None
    await until(lambda: "Layers" in details.facts.values)
    assert details.facts.values["Layers"] == "2"
    details.all_fields.set_open(True)
    tree = details.metadata.tree
    await until(lambda: tree.topLevelItemCount() > 5)
    details.metadata.search.setText("context_length")
    shown = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]
    assert [i.text(0) for i in shown if i is not None and not i.isHidden()] == ["llama.context_length"]


async def test_a_scan_tells_how_far_it_is(bare: Shelf, qtbot: QtBot) -> None:
    write_model(bare.own / "mine.gguf")
    await bare.open()
    qtbot.addWidget(bare.pane)
    told: list[bool] = []
    bare.library.scan_progress.connect(lambda _: told.append(bare.view.scan_line.isVisible()))
    bare.view.refresh_button.click()
    await until(lambda: bare.names() == ["mine"])
    await until(lambda: bare.view.refresh_button.isEnabled())
    assert True in told
    assert not bare.view.scan_line.isVisible()
    assert bare.pane.undo_bar.text.text() == "1 new model"


# --- for everyone ---------------------------------------------------------------------------------------------------


async def test_every_control_has_a_name(shelf: Shelf) -> None:
    shelf.choose(shelf.names()[0])
    upkeep = shelf.view.upkeep
    for show in (shelf.view.refresh, upkeep.show_places, upkeep.show_duplicates):
        show()
        await settle(0.02)
        for control in shelf.pane.findChildren(QWidget):
            if isinstance(control, (QAbstractButton, QLineEdit)) and control.isVisible():
                words = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
                assert words or isinstance(control.parent(), QLineEdit), control


async def test_the_menu_of_a_row_offers_everything(shelf: Shelf) -> None:
    shelf.choose(shelf.names()[0])
    chosen = shelf.view.chosen
    assert chosen is not None
    assert chosen.model is not None
    keys = [a.key for a in (*chosen.first_actions(chosen.model), *chosen.actions(chosen.model)) if a.key]
    assert keys == ["chat", "load", "rename", "reveal", "copy", "delete"]
    chosen.act("copy")
    assert QGuiApplication.clipboard().text() == str(chosen.model.path)


async def test_the_theme_can_change_at_any_time(shelf: Shelf) -> None:
    shelf.choose(shelf.names()[0])
    shelf.view.upkeep.show_places()
    for theme in (Theme("dark", 1.5), Theme("light", 0.8), Theme()):
        shelf.pane.set_theme(theme)
        await settle(0.02)
    assert shelf.view.table.verticalHeader().defaultSectionSize() == 36


async def test_a_window_has_the_pane(room: Room, qtbot: QtBot) -> None:
    window: MainWindow = room.window()
    qtbot.addWidget(window)
    window.show()
    window.show_pane("models")
    pane = window.pane("models")
    assert isinstance(pane, ModelsPane)
    await until(lambda: isinstance(pane.current, LibraryView) and pane.current.table.items.rowCount() == 2)
    filters = Filters.from_dict({"text": "x", "family": "Qwen"})
    assert filters.chosen == {"family": "Qwen"}
    await window.close_down()
    await asyncio.sleep(0)
