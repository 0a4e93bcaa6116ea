from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slmdesk.core.chat import Preset
from slmdesk.core.errors import SlmdeskError
from slmdesk.services.presets import BUILT_IN, Presets
from slmdesk.storage.database import Database
from slmdesk.storage.settings import SettingsStore


@pytest.fixture
async def presets(tmp_path: Path) -> AsyncIterator[Presets]:
    database = await Database.open(tmp_path / "slmdesk.db")
    yield Presets(SettingsStore(database))
    await database.close()


async def test_the_built_in_ones_are_there(presets: Presets) -> None:
    listed = {p.id: p for p in await presets.list()}
    assert next(iter(listed)) == "balanced"
    reasoning, coder = listed["reasoning"].options(), listed["coder"].options()
    assert (reasoning.temperature, reasoning.top_p) == (0.3, 0.8)
    assert (coder.temperature, coder.top_p) == (0.5, 0.9)
    assert all(p.built_in for p in listed.values())


async def test_a_preset_is_saved_changed_and_deleted(presets: Presets) -> None:
    told: list[int] = []
    presets.changed.connect(lambda: told.append(1))
    saved = await presets.save(Preset("", " Mine ", "Be brief.", {"temperature": 0.8, "top_k": 5, "of_later": 1}))
    assert (saved.name, saved.sampling) == ("Mine", {"top_k": 5})
    assert (await presets.list())[-1] == saved
    await presets.save(Preset(saved.id, "Ours", "Be long.", {}))
    assert [p.name for p in await presets.list()][len(BUILT_IN) :] == ["Ours"]
    assert (await presets.get(saved.id)).system_prompt == "Be long."
    await presets.delete(saved.id)
    assert (await presets.get(saved.id)).id == "balanced"
    assert len(told) == 3


async def test_the_built_in_ones_cannot_be_changed(presets: Presets) -> None:
    with pytest.raises(SlmdeskError, match="built in"):
        await presets.save(BUILT_IN[1])
    with pytest.raises(SlmdeskError, match="built in"):
        await presets.delete("coder")
    with pytest.raises(SlmdeskError, match="name"):
        await presets.save(Preset("", "  "))
