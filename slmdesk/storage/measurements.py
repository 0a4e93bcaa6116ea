"""Measured loads and the machine's measured speed in the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from slmdesk.core.speed import MachineSpeed
from slmdesk.storage import rows
from slmdesk.storage.database import Database

KEPT_LOADS = 500


@dataclass(frozen=True, slots=True)
class Measurement:
    """One load of a model with an answer: what was predicted and what was measured.

    Memory in bytes; speeds in tokens per second (0: not measured or not predicted). ``options`` are the load options
    that differ from the defaults, ``made`` seconds since 1970.
    """

    model_id: str
    name: str
    architecture: str
    predicted: int
    measured: int
    options: dict[str, Any] = field(default_factory=dict)
    predicted_tps: float = 0.0
    generation_tps: float = 0.0
    prompt_tps: float = 0.0
    made: float = 0.0


class MeasurementStore:
    """The newest loads, and the last measurement of each device."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, load: Measurement) -> None:
        """Keep a load; the oldest beyond the newest 500 go."""
        values = (
            load.made,
            rows.clean(load.model_id),
            rows.clean(load.name),
            rows.clean(load.architecture),
            rows.to_json(load.options),
            load.predicted,
            load.measured,
            load.predicted_tps,
            load.generation_tps,
            load.prompt_tps,
        )
        await self._database.execute(
            "INSERT INTO loads (made, model_id, name, architecture, options, predicted, measured, predicted_tps, "
            "generation_tps, prompt_tps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        await self._database.execute(
            "DELETE FROM loads WHERE number NOT IN (SELECT number FROM loads ORDER BY number DESC LIMIT ?)",
            (KEPT_LOADS,),
        )

    async def loads(self) -> list[Measurement]:
        """The kept loads, the newest first."""
        query = (
            "SELECT model_id, name, architecture, predicted, measured, options, predicted_tps, generation_tps, "
            "prompt_tps, made FROM loads ORDER BY number DESC"
        )
        return await self._database.read(
            lambda c: [
                Measurement(i, n, a, int(p), int(m), rows.json_object(o), float(t), float(g), float(r), float(made))
                for i, n, a, p, m, o, t, g, r, made in c.execute(query)
            ]
        )

    async def put_speed(self, speed: MachineSpeed) -> None:
        """Keep a device's measurement in place of its last one."""
        await self._database.execute(
            "INSERT INTO machine_speed (device, made, speed) VALUES (?, ?, ?) ON CONFLICT (device) DO UPDATE "
            "SET made = excluded.made, speed = excluded.speed",
            (speed.device, speed.made, rows.to_json(speed.to_dict())),
        )

    async def speed(self) -> MachineSpeed | None:
        """The newest measurement, or None before the first."""
        found = await self._database.read(
            lambda c: c.execute("SELECT speed FROM machine_speed ORDER BY made DESC LIMIT 1").get
        )
        return MachineSpeed.from_dict(rows.json_object(found)) if found else None

    async def forget(self) -> None:
        """Forget every load and measurement."""
        await self._database.execute("DELETE FROM loads")
        await self._database.execute("DELETE FROM machine_speed")
