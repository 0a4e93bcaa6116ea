from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from slmdesk.core.errors import NotEnoughMemory
from slmdesk.ui.panes.models import ModelsPane
from slmdesk.ui.panes.models.library import LibraryView, ModelRow
from slmdesk.ui.theme import Theme
from tests.ui.conftest import Room, until


@pytest.fixture
async def models(room: Room, qtbot: QtBot) -> AsyncIterator[ModelsPane]:
    pane = room.models_pane()
    qtbot.addWidget(pane)
    pane.set_theme(Theme())
    pane.resize(1000, 700)
    pane.show()
    await pane.start()
    pane.shown()
    await until(lambda: pane.current._rows)
    yield pane
    await pane.close_down()


def row(pane: ModelsPane, name: str) -> ModelRow:
    view = pane.current
    assert isinstance(view, LibraryView)
    return next(r for r in view._rows.values() if r.model.name == name)


async def test_models_are_loaded_and_unloaded(models: ModelsPane, room: Room) -> None:
    other = row(models, "Other")
    other.load.click()
    await until(lambda: room.loaded.get("fake:Other") is not None)
    await until(lambda: other.load.text() == "Unload")
    assert other.state.text().startswith("Loaded")
    other.load.click()
    await until(lambda: other.load.text() == "Load")


async def test_a_load_can_be_cancelled(models: ModelsPane, room: Room) -> None:
    room.runtime.load_delay = 5.0
    other = row(models, "Other")
    other.load.click()
    await until(lambda: other.load.text() == "Cancel")
    other.load.click()
    await until(lambda: other.load.text() == "Load")
    assert room.loaded.list() == []


async def test_too_little_memory_offers_to_load_anyway(models: ModelsPane, room: Room) -> None:
    room.runtime.load_error = NotEnoughMemory("Not enough memory.", "Close something.")
    row(models, "Other").load.click()
    await until(models.banner.isVisible)
    room.runtime.load_error = None
    models.banner.action.click()
    await until(lambda: room.loaded.get("fake:Other") is not None)
    assert room.runtime.loads[-1][1].ignore_memory


async def test_chat_asks_the_window(models: ModelsPane, qtbot: QtBot) -> None:
    with qtbot.waitSignal(models.chat_requested, timeout=500) as told:
        row(models, "Starter").chat.click()
    assert told.args == ["fake:Starter"]


async def test_a_missing_folder_is_explained(models: ModelsPane, room: Room, tmp_path: Path) -> None:
    models.run(room.library.add_folder(tmp_path / "nowhere"))
    await until(models.banner.isVisible)
    assert "is not a folder" in models.banner.message.text()
