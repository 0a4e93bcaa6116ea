from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from slmdesk.core.chat import Message, Role
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.network import Connection, NetworkState
from slmdesk.desk import Desk

TOKEN = "hf_" + "S3cr" * 8
WORD = "xyzzyplugh"


async def test_it_tells_all_but_what_was_said(
    profile_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    async with Desk.opened(profile_dir) as desk:
        chat = await desk.conversations.create(title=WORD)
        await desk.conversations.add_message(chat.id, Message(Role.USER, WORD))
        await desk.secrets.set("huggingface", TOKEN)
        await desk.network.set_state(NetworkState.ONLINE)
        await desk.network.consent("huggingface.co")
        now = time.time()
        desk.network.record(Connection(now, "discover", "huggingface.co", 443, "Search", up=10, down=200))
        desk.network.record(Connection(now, "window", "a|b.example", 443, allowed=False, reason="guard"))
        await desk.privacy_report.write(tmp_path / "report.md")
        await desk.privacy_report.write(tmp_path / "report.json")
        with pytest.raises(SlmdeskError, match="cannot be written"):
            await desk.privacy_report.write(tmp_path / "nowhere" / "report.md")
    text = (tmp_path / "report.md").read_text()
    assert "| huggingface.co | 1 | 0 | 10 | 200 |" in text
    assert "| huggingface.co | allowed |" in text
    assert "| a\\|b.example | 0 | 1 | 0 | 0 |" in text
    assert "The network state is **online**" in text
    assert "huggingface: this run, proxy: none." in text
    facts = json.loads((tmp_path / "report.json").read_text())
    assert facts["connections"]["lines"] == 2
    for written in tmp_path.glob("report.*"):
        assert TOKEN not in written.read_text()
        assert WORD not in written.read_text()
