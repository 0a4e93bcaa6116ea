"""A report for whoever has to answer for data: what is kept where, what may leave, and what did.

Everything in it is read from the running program; it holds no chat, no prompt, no token and no password.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import slmdesk
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.network import Connection
from slmdesk.services.data_map import DataMap
from slmdesk.services.encryption import Encryption
from slmdesk.services.network import Network
from slmdesk.services.secrets import NAMES, Secrets
from slmdesk.services.settings import Settings


class PrivacyReport:
    """Gathers the facts and writes them as Markdown or JSON."""

    def __init__(
        self, data_map: DataMap, network: Network, secrets: Secrets, encryption: Encryption, settings: Settings
    ) -> None:
        self._data_map = data_map
        self._network = network
        self._secrets = secrets
        self._encryption = encryption
        self._settings = settings

    async def facts(self) -> dict[str, Any]:
        """The report as JSON values."""
        encryption = await self._encryption.status()
        lines, blocked, up, down = await self._network.totals()
        return {
            "made": _iso(datetime.now(UTC).timestamp()),
            "slmdesk": slmdesk.__version__,
            "stored": [asdict(place) for place in await self._data_map.places()],
            "encrypted": encryption.on,
            "tokens": {name: await self._secrets.place(name) or "none" for name in NAMES},
            "network": {
                "state": self._network.state.value,
                "allowed": [{"host": h.host, "since": _iso(h.added)} for h in self._network.consents()],
                "local": [{"host": h.host, "since": _iso(h.added)} for h in self._network.named()],
                "proxy": self._settings.get("proxy_mode"),
                "mirror": self._settings.get("hub_mirror"),
                "own_authority": bool(self._settings.get("ca_file")),
                "kept_for_days": self._settings.get("ledger_days"),
            },
            "connections": {
                "lines": lines,
                "blocked": blocked,
                "bytes_up": up,
                "bytes_down": down,
                "by_host": by_host(await self._network.lines()),
            },
        }

    async def write(self, path: Path) -> None:
        """Write the report, as JSON where the name ends so, else as Markdown. Raises SlmdeskError."""
        facts = await self.facts()
        await asyncio.to_thread(_write, path, facts)


def by_host(lines: Sequence[Connection]) -> list[dict[str, Any]]:
    """Connections made and blocked, with bytes, for each host; the busiest first."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        row = found.setdefault(line.host, {"host": line.host, "made": 0, "blocked": 0, "bytes_up": 0, "bytes_down": 0})
        row["made" if line.allowed else "blocked"] += 1
        row["bytes_up"] += line.up
        row["bytes_down"] += line.down
    return sorted(found.values(), key=lambda row: (-row["bytes_up"] - row["bytes_down"], row["host"]))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _write(path: Path, facts: dict[str, Any]) -> None:
    text = json.dumps(facts, ensure_ascii=False, indent=1) if path.suffix.lower() == ".json" else markdown(facts)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SlmdeskError(f"{path} cannot be written: {error.strerror or error}.", "Choose another place.") from error


def markdown(facts: dict[str, Any]) -> str:
    """The report for a person to read."""
    network, connections = facts["network"], facts["connections"]
    lines = [
        "# SLMDesk: what is kept and what left",
        "",
        (f"Made {facts['made']} by SLMDesk {facts['slmdesk']}, from the running program. It holds no chat, prompt, "
        "token or password."),
        "",
        "## What is kept on this computer",
        "",
        "| What | Where | Bytes | Note |",
        "|---|---|---:|---|",
        *(_row(p["name"], p["where"], "" if p["bytes"] is None else p["bytes"], p["note"]) for p in facts["stored"]),
        "",
        (f"The database is {'encrypted' if facts['encrypted'] else 'not encrypted'}. Model files are not encrypted by "
        "SLMDesk: encrypting a whole disk is the operating system's task."),
        "",
        "Tokens: " + ", ".join(f"{name}: {place}" for name, place in facts["tokens"].items()) + ".",
        "",
        "## What may leave",
        "",
        (f"The network state is **{network['state']}**. SLMDesk has no telemetry, no account and no update check. It "
        "reaches a host only while the state is online, the person has agreed to that host, and something the person "
        "does needs it."),
        "",
        "| Host | Kind | Since |",
        "|---|---|---|",
        *(_row(h["host"], "allowed", h["since"]) for h in network["allowed"]),
        *(_row(h["host"], "own network", h["since"]) for h in network["local"]),
        "",
        "## What was contacted",
        "",
        (f"{connections['lines']} lines in the list of connections, {connections['blocked']} of them blocked; "
        f"{connections['bytes_up']} bytes sent, {connections['bytes_down']} received."),
        "",
        "| Host | Made | Blocked | Bytes sent | Bytes received |",
        "|---|---:|---:|---:|---:|",
        *(
            _row(h["host"], h["made"], h["blocked"], h["bytes_up"], h["bytes_down"])
            for h in connections["by_host"]
        ),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
