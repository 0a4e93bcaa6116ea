from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from slmdesk.ui.theme import Theme, ThemeSource
from slmdesk.ui.widgets.model_picker import ModelChoice, ModelPicker, _ModelList

CHOICES = [
    ModelChoice("a", "Qwen3 1.7B", "Q4_K_M · llama.cpp", "1.1 GB", pill="Loaded", tone="good"),
    ModelChoice("b", "Phi-4-mini", "Q8_0 · llama.cpp", "4.1 GB"),
    ModelChoice("s", "Starter", "F16 · llama.cpp", "11 MB", note="Starter: tiny, for trying out"),
]


@pytest.fixture
def picker(qtbot: QtBot, source: ThemeSource) -> ModelPicker:
    picker = ModelPicker()
    qtbot.addWidget(picker)
    picker.set_theme(Theme())
    picker.set_choices(CHOICES)
    picker.show()
    return picker


def opened(picker: ModelPicker) -> _ModelList:
    picker.open_list()
    found = picker._popover
    assert isinstance(found, _ModelList)
    return found


def test_without_a_model_it_asks_for_one(picker: ModelPicker) -> None:
    assert picker.button.name == "Choose a model"
    picker.set_current(CHOICES[0])
    assert picker.button.accessibleName() == "Model: Qwen3 1.7B Q4_K_M · llama.cpp"


def test_a_load_shows_its_progress_and_can_be_stopped(picker: ModelPicker, qtbot: QtBot) -> None:
    picker.set_current(CHOICES[0])
    picker.set_loading(0.42)
    assert picker.button.detail == "Loading 42 %"
    with qtbot.waitSignal(picker.cancel_requested, timeout=500):
        picker.cancel.click()
    picker.grab()
    picker.set_loading(None)
    assert picker.button.detail == "Q4_K_M · llama.cpp"
    assert picker.cancel.isHidden()


def test_typing_narrows_the_list_and_enter_chooses(picker: ModelPicker) -> None:
    picker.set_current(CHOICES[2])
    found = opened(picker)
    assert found.items.rowCount() == 3
    assert found.view.currentIndex().row() == 2
    chosen: list[str] = []
    picker.chosen.connect(chosen.append)
    found.view.grab()
    found.search.setText("phi q8")
    assert found.items.rowCount() == 1
    QTest.keyClick(found.search, Qt.Key.Key_Return)
    assert chosen == ["b"]


def test_arrows_move_in_the_list(picker: ModelPicker) -> None:
    found = opened(picker)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        QTest.keyClick(found.search, key)
    assert found.view.currentIndex().row() == 1
    found.close()


def test_nothing_is_chosen_where_nothing_is_found(picker: ModelPicker, qtbot: QtBot) -> None:
    found = opened(picker)
    found.search.setText("no such model")
    with qtbot.assertNotEmitted(picker.chosen):
        QTest.keyClick(found.search, Qt.Key.Key_Return)
