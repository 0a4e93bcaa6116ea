from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from slmdesk.ui import format as fmt
from slmdesk.ui.file_dialogs import ask_files, ask_folder, ask_save
from slmdesk.ui.theme import Theme, ThemeSource
from slmdesk.ui.translation import install_language
from slmdesk.ui.widgets.connection_list import ConnectionList, ConnectionRow
from slmdesk.ui.widgets.context_meter import ContextMeter
from slmdesk.ui.widgets.controls import IconButton
from slmdesk.ui.widgets.find_bar import FindBar
from slmdesk.ui.widgets.job_list import JobList, JobRow
from slmdesk.ui.widgets.licences import licence_lines
from slmdesk.ui.widgets.link_dialog import LinkDialog, can_open
from slmdesk.ui.widgets.memory_bar import MemoryCard, MemoryNeed
from slmdesk.ui.widgets.name_dialog import ask_name, ask_yes
from slmdesk.ui.widgets.rail import Rail
from slmdesk.ui.widgets.shortcuts import ShortcutsDialog, shortcut_groups
from slmdesk.ui.widgets.status_bar import LoadedChip, StatusBar
from slmdesk.ui.widgets.undo_bar import UndoBar

GIB = 2**30


@pytest.fixture(autouse=True)
def _english(source: ThemeSource) -> None:
    QLocale.setDefault(QLocale(QLocale.Language.English))


def test_sizes_are_said_in_their_own_units() -> None:
    assert fmt.disk_size(2_490_000_000) == "2.5 GB"
    assert fmt.disk_size(10_564_288) == "10.6 MB"
    assert fmt.memory_size(1.6 * GIB) == "1.6 GiB"
    assert fmt.memory_size(412 * 2**20) == "412 MiB"
    assert fmt.count(8192) == "8,192"
    assert fmt.parameters(1_700_000_000) == "1.7 B"
    assert fmt.parameters(4_900_000) == "4.9 M"
    assert fmt.parameters(0) == ""
    assert (fmt.decimal(0.8, 2), fmt.decimal(0.95, 2), fmt.decimal(1, 2)) == ("0.8", "0.95", "1.0")


def test_the_rail_shows_what_is_not_here_yet_but_cannot_be_pressed(qtbot: QtBot) -> None:
    rail = Rail()
    qtbot.addWidget(rail)
    rail.set_theme(Theme())
    rail.add("chat", "Chat", "chat", shortcut="Ctrl+1")
    rail.add("compare", "Compare", "compare", why_not="Comes in a later version")
    rail.add("settings", "Settings", "settings")
    chosen: list[str] = []
    rail.selected.connect(chosen.append)
    for button in rail.findChildren(QWidget):
        if hasattr(button, "click"):
            button.click()
    assert chosen == ["chat", "settings"]
    tips = [b.toolTip() for b in rail.findChildren(QWidget)]
    assert "Compare: Comes in a later version" in tips
    rail.grab()


def test_the_status_bar_tells_what_runs(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.set_theme(Theme())
    bar.resize(1200, 30)
    bar.show()
    bar.set_network("local", 1)
    assert bar.network.text() == "Local only · 1 connection"
    bar.set_jobs(2, 0.64)
    assert bar.jobs.text() == "2 jobs · 64 %"
    bar.set_jobs(0, None, failed=1)
    assert bar.jobs.text() == "1 job failed"
    bar.set_sample(46.2, 9 * GIB, 16 * GIB, None, None)
    assert bar.cpu.accessibleDescription() == "CPU 46 %"
    assert bar.ram.accessibleDescription() == "RAM 9.0 / 16.0 GiB"
    assert bar.vram.isHidden()
    bar.set_sample(46.2, 9 * GIB, 16 * GIB, GIB, 8 * GIB)
    assert bar.vram.isVisible()
    ejected: list[str] = []
    bar.eject_requested.connect(ejected.append)
    bar.set_loaded([LoadedChip("a", "Qwen3", "Q4_K_M · llama.cpp", GIB)])
    bar.set_loaded([LoadedChip("a", "Qwen3", "Q4_K_M · llama.cpp", 2 * GIB)])
    [eject] = bar.findChildren(IconButton)
    assert eject.accessibleName() == "Unload Qwen3"
    eject.click()
    assert ejected == ["a"]
    bar.set_loaded([])
    bar.grab()


def test_the_job_list_shows_how_each_job_stands(qtbot: QtBot) -> None:
    jobs = JobList()
    qtbot.addWidget(jobs)
    jobs.show()
    assert jobs.empty.isVisible()
    seen: list[tuple[str, str]] = []
    jobs.cancel_requested.connect(lambda i: seen.append(("cancel", i)))
    jobs.retry_requested.connect(lambda i: seen.append(("retry", i)))
    jobs.set_jobs([JobRow("1", "Import", "running", 0.5, "3 of 6"), JobRow("2", "Export", "failed", text="Disk full.")])
    assert not jobs.empty.isVisible()
    jobs._rows["1"].cancel.click()
    jobs._rows["2"].retry.click()
    assert seen == [("cancel", "1"), ("retry", "2")]
    assert jobs._rows["2"].text.text() == "Disk full."
    jobs.set_jobs([JobRow("1", "Import", "done")])
    assert jobs._rows["1"].text.text() == "Done"
    assert jobs.clear.isVisible()


def test_the_undo_bar_takes_back_once(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(600, 400)
    parent.show()
    bar = UndoBar(parent)
    done: list[int] = []
    bar.say("Deleted", lambda: done.append(1))
    assert bar.isVisible()
    parent.resize(800, 500)
    assert bar.geometry().bottom() < 500
    bar.undo.click()
    assert done == [1]
    assert not bar.isVisible()
    bar.say("Copied")
    assert bar.undo.isHidden()
    bar._expire()
    assert not bar.isVisible()


def test_the_context_meter_says_what_will_be_cut(qtbot: QtBot) -> None:
    meter = ContextMeter()
    qtbot.addWidget(meter)
    meter.set_theme(Theme())
    assert meter.isHidden()
    meter.set_usage(1214, 8192)
    assert meter.text() == "Context 1,214 / 8,192"
    assert "6,978 are free" in meter.explanation()
    assert "stay in the chat" in meter.explanation()
    meter.set_usage(8192, 8192, 2, 310)
    assert "The 2 oldest messages (310 tokens) no longer fit" in meter.explanation()
    full = meter.sizeHint().width()
    meter.set_compact(True)
    assert meter.sizeHint().width() < full
    meter.grab()


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (MemoryNeed(GIB, GIB, 0, 8 * GIB), "Fits"),
        (MemoryNeed(7 * GIB, 2 * GIB, 0, 8 * GIB, fitting_context=2048), "Fits with less context"),
        (MemoryNeed(9 * GIB, GIB, 0, 8 * GIB), "Too big"),
        (MemoryNeed(GIB, GIB, 0, 8 * GIB, measured=2 * GIB), "Loaded"),
    ],
)
def test_the_memory_card_judges(qtbot: QtBot, need: MemoryNeed, words: str) -> None:
    card = MemoryCard()
    qtbot.addWidget(card)
    card.set_theme(Theme())
    card.set_need(need)
    assert card.pill.text() == words
    assert "GiB" in card.text.text()
    card.grab()
    card.set_need(None)
    assert card.pill.isHidden()


def test_the_ledger_shows_the_newest_first(qtbot: QtBot) -> None:
    ledger = ConnectionList()
    qtbot.addWidget(ledger)
    ledger.show_rows([])
    assert "No connection was tried" in ledger.empty.text()
    rows = [ConnectionRow(float(n), f"10.0.0.{n}", 443, "window", "asked", allowed=n % 2 == 0) for n in range(20)]
    ledger.show_rows(rows)
    assert ledger.table_model.rows[0].address == "10.0.0.19:443"
    assert ledger.table_model.rowCount() == 20
    ledger.which.chosen.emit("blocked")
    assert {line.allowed for line in ledger.table_model.rows} == {False}
    ledger.search.setText("10.0.0.7")
    assert [line.host for line in ledger.table_model.rows] == ["10.0.0.7"]
    ledger.search.setText("nowhere")
    assert "Nothing in the list" in ledger.empty.text()


@pytest.mark.parametrize("address", ["https://example.org", "http://a.b/c", "mailto:a@b.c"])
def test_web_addresses_can_be_opened(address: str) -> None:
    assert can_open(address)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "smb://host/x", ""]
)
def test_no_other_address_can_be_opened(address: str, qtbot: QtBot) -> None:
    assert not can_open(address)
    dialog = LinkDialog(address)
    qtbot.addWidget(dialog)
    assert dialog.open_button.isHidden()


def test_a_name_is_asked_without_stopping_the_loop(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    names: list[str] = []
    dialog = ask_name(parent, "New folder", "Name", "", names.append)
    assert dialog.isVisible()
    dialog.reject()
    dialog = ask_name(parent, "New folder", "Name", " Work ", names.append)
    dialog.accept()
    answers: list[str] = []
    ask_yes(parent, "Sure?", "It cannot be undone.", "Do it", lambda: answers.append("yes"), danger=True).accept()
    assert names == ["Work"]
    assert answers == ["yes"]


def test_file_dialogs_open_and_tell(qtbot: QtBot, tmp_path: object) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    seen: list[object] = []
    for dialog in (
        ask_save(parent, "Save", "a.md", "md", "Markdown (*.md)", seen.append),
        ask_files(parent, "Open", "All (*)", seen.append),
        ask_folder(parent, "Folder", seen.append),
    ):
        assert dialog.isVisible()
        dialog.filesSelected.emit([str(tmp_path)])
        dialog.reject()
    assert len(seen) == 3


def test_the_find_bar_counts(qtbot: QtBot) -> None:
    bar = FindBar()
    qtbot.addWidget(bar)
    bar.enter()
    bar.field.setText("x")
    bar.set_count(0)
    assert bar.count.text() == "Not found"
    bar.set_count(3)
    assert bar.count.text() == "3 places"
    bar.leave()
    assert bar.isHidden()
    assert bar.field.text() == ""


def test_the_shortcuts_are_listed(qtbot: QtBot) -> None:
    dialog = ShortcutsDialog()
    qtbot.addWidget(dialog)
    keys = [key for _, rows in shortcut_groups() for key, _ in rows]
    assert {"Ctrl+N", "Ctrl+K", "Ctrl+L", "Ctrl+B", "Ctrl+I", "Ctrl+R", "Esc", "Ctrl+F"} <= set(keys)


def test_the_licences_name_the_libraries() -> None:
    lines = licence_lines()
    assert any(line.startswith("PySide6") for line in lines)
    assert lines == sorted(lines, key=str.casefold)


def test_an_unknown_language_falls_back_to_english(source: ThemeSource, qapp: QApplication) -> None:
    assert install_language(qapp, "en") == "en"
    assert install_language(qapp, "fi") == "en"
    QLocale.setDefault(QLocale(QLocale.Language.English))
