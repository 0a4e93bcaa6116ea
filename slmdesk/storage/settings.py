"""Settings, window state and presets in the database."""

from __future__ import annotations

import json
from typing import Any

import apsw

from slmdesk.core.chat import Preset
from slmdesk.storage import rows
from slmdesk.storage.database import Database


class SettingsStore:
    """Small values by key. What a key means is known to the services; a key nobody knows is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """All settings and all window state, by key; a value that is not JSON is left out."""
        return await self._database.read(lambda c: (_values(c, "settings"), _values(c, "window_state")))

    async def put(self, key: str, value: Any) -> None:
        """Keep a setting."""
        await self._put("settings", key, value)

    async def put_state(self, key: str, value: Any) -> None:
        """Keep a piece of window state."""
        await self._put("window_state", key, value)

    async def drop(self, key: str) -> None:
        """Forget a setting, so that its default holds again."""
        await self._database.execute("DELETE FROM settings WHERE key = ?", (key,))

    async def presets(self) -> list[Preset]:
        """The presets a person saved, by name."""
        query = "SELECT id, name, system_prompt, sampling FROM presets ORDER BY name COLLATE NOCASE"
        return await self._database.read(
            lambda c: [Preset(str(i), str(n), str(p), rows.json_object(s)) for i, n, p, s in c.execute(query)]
        )

    async def save_preset(self, preset: Preset) -> None:
        """Add a preset, or replace the one with its id."""
        values = (preset.id, rows.clean(preset.name), rows.clean(preset.system_prompt), rows.to_json(preset.sampling))
        await self._database.execute(
            "INSERT INTO presets (id, name, system_prompt, sampling) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET name = excluded.name, system_prompt = excluded.system_prompt, sampling = excluded.sampling",
            values,
        )

    async def delete_preset(self, preset_id: str) -> None:
        """Remove a preset; an unknown id changes nothing."""
        await self._database.execute("DELETE FROM presets WHERE id = ?", (preset_id,))

    async def _put(self, table: str, key: str, value: Any) -> None:
        await self._database.execute(
            f"INSERT INTO {table} (key, value) VALUES (?, ?) "  # noqa: S608
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, rows.to_json(value)),
        )


def _values(c: apsw.Connection, table: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, text in c.execute(f"SELECT key, value FROM {table}"):  # noqa: S608
        try:
            found[str(key)] = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            continue
    return found
