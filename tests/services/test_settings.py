from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slmdesk.core.errors import SlmdeskError
from slmdesk.services.settings import _TABLE, Settings
from slmdesk.storage.database import Database
from slmdesk.storage.settings import SettingsStore


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "slmdesk.db")
    yield opened
    await opened.close()


async def loaded(database: Database) -> Settings:
    settings = Settings(SettingsStore(database))
    await settings.load()
    return settings


def test_every_default_is_allowed_and_every_shown_setting_is_explained() -> None:
    assert len({s.key for s in _TABLE}) == len(_TABLE)
    for setting in _TABLE:
        assert setting.problem(setting.default) == ""
        assert bool(setting.label) == bool(setting.group) == bool(setting.help)


async def test_a_value_is_kept_and_told_once(database: Database) -> None:
    settings = await loaded(database)
    told: list[str] = []
    settings.changed.connect(told.append)
    await settings.set("theme", "dark")
    await settings.set("theme", "dark")
    await settings.set("model_folders", ["/a", "/b"])
    assert told == ["theme", "model_folders"]
    again = await loaded(database)
    assert again.get("theme") == "dark"
    assert again.get("model_folders") == ("/a", "/b")
    assert again.get("font_scale") == 100
    await settings.reset("theme")
    await settings.reset("font_scale")
    assert told == ["theme", "model_folders", "theme"]
    assert (await loaded(database)).get("theme") == "system"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("theme", "pink"), ("font_scale", 20), ("font_scale", 99.5), ("threads", True), ("keep_state", 1)],
        *[("model_folders", "x"), ("model_folders", [1]), ("last_model", None)],
    ],
)
async def test_a_value_that_is_not_allowed_is_refused(database: Database, key: str, value: object) -> None:
    settings = await loaded(database)
    before = settings.get(key)
    with pytest.raises(SlmdeskError, match="cannot be"):
        await settings.set(key, value)
    assert settings.get(key) == before


async def test_what_the_database_holds_wrongly_counts_as_the_default(database: Database) -> None:
    store = SettingsStore(database)
    await store.put("theme", "of another version")
    await store.put("not_known_here", {"a": 1})
    await database.execute("INSERT INTO settings VALUES ('font_scale', 'no JSON')")
    settings = await loaded(database)
    assert settings.get("theme") == "system"
    assert settings.get("font_scale") == 100
    assert (await store.load())[0]["not_known_here"] == {"a": 1}
    with pytest.raises(KeyError):
        settings.get("not_known_here")


async def test_window_state_is_any_json(database: Database) -> None:
    settings = await loaded(database)
    assert settings.get_state("splitter", [1]) == [1]
    await settings.set_state("splitter", [200, 600])
    await settings.set_state("geometry", "AdnQyw==")
    again = await loaded(database)
    assert again.get_state("splitter") == [200, 600]
    assert again.get_state("geometry") == "AdnQyw=="


async def test_the_pane_gets_groups_and_texts(database: Database) -> None:
    shown = (await loaded(database)).declarations()
    groups = [group for group, _ in itertools.groupby(s.group for s in shown)]
    assert len(groups) == len(set(groups))
    assert "last_model" not in [s.key for s in shown]
