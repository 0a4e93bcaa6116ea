"""``slmdesk network`` and ``slmdesk storage``."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from slmdesk.cli import main
from slmdesk.instance import Instance


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HF_ENDPOINT", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def said(capsys: pytest.CaptureFixture[str], *command: str) -> Any:
    assert main([*command, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_state_is_chosen_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "network", "status")["state"] == "offline"
    assert main(["network", "online"]) == 0
    assert "online: also allowed hosts" in capsys.readouterr().out
    assert main(["network", "consent", "HuggingFace.co"]) == 0
    assert main(["network", "name", "10.0.0.5"]) == 0
    capsys.readouterr()
    status = said(capsys, "network", "status")
    assert status["state"] == "online"
    assert [h["host"] for h in status["allowed"]] == ["huggingface.co"]
    assert [h["host"] for h in status["local"]] == ["10.0.0.5"]
    assert main(["network", "status"]) == 0
    assert "Allowed    huggingface.co, since" in capsys.readouterr().out
    assert main(["network", "consent", "huggingface.co", "--withdraw"]) == 0
    assert main(["network", "name", "10.0.0.5", "--remove"]) == 0
    assert main(["network", "local"]) == 0
    capsys.readouterr()
    assert said(capsys, "network", "status") == {
        "state": "local", "allowed": [], "local": [], "proxy": "system",
        "ledger": {"lines": 0, "blocked": 0, "up": 0, "down": 0},
    }  # fmt: skip
    assert main(["network", "consent", "not a host"]) == 1
    assert "is not a host name" in capsys.readouterr().err


def test_a_blocked_test_says_what_to_do_and_is_in_the_ledger(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["network", "test"]) == 1
    err = capsys.readouterr().err
    assert "huggingface.co was not contacted, because SLMDesk is offline." in err
    assert "slmdesk network online" in err
    (line,) = said(capsys, "network", "ledger", "--blocked")
    assert (line["host"], line["allowed"], line["reason"]) == ("huggingface.co", False, "offline")
    assert main(["network", "ledger", "--search", "TEST CONN"]) == 0
    assert "blocked  huggingface.co" in capsys.readouterr().out
    assert main(["network", "ledger", "--export", str(tmp_path / "out.json")]) == 0
    assert len(json.loads((tmp_path / "out.json").read_text())) == 1
    assert main(["network", "ledger", "--wipe"]) == 0
    capsys.readouterr()
    assert said(capsys, "network", "ledger") == []


def test_a_test_of_this_machine(capsys: pytest.CaptureFixture[str], closed_port: int) -> None:
    assert main(["network", "test", f"http://127.0.0.1:{closed_port}"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in out] == ["ok", "FAILED"]
    assert f"127.0.0.1 port {closed_port} does not accept" in out[1]


def test_the_list_for_a_firewall(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    listed = said(capsys, "network", "hosts")
    assert [h["host"] for h in listed] == ["huggingface.co", "*.hf.co", "*.huggingface.co"]
    assert {h["port"] for h in listed} == {443}
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example.org:8443")
    assert main(["network", "hosts"]) == 0
    assert capsys.readouterr().out.split()[:2] == ["mirror.example.org", "8443"]


def test_storage_is_shown_and_wiped(capsys: pytest.CaptureFixture[str], profile_dir: Path) -> None:
    keys = [place["key"] for place in said(capsys, "storage")]
    assert {"chats", "settings", "network", "logs", "models", "tokens"} <= set(keys)
    assert main(["storage"]) == 0
    assert str(profile_dir / "slmdesk.db") in capsys.readouterr().out
    assert main(["storage", "wipe", "chats"]) == 1
    assert "--yes" in capsys.readouterr().err
    assert main(["storage", "wipe", "library", "--yes"]) == 1
    assert "cannot be wiped alone" in capsys.readouterr().err
    assert main(["storage", "wipe", "chats", "logs", "--yes"]) == 0
    (profile_dir / "models" / "a.gguf").write_text("a model")
    assert main(["storage", "wipe", "everything", "--yes"]) == 0
    assert [p.relative_to(profile_dir).as_posix() for p in sorted(profile_dir.rglob("*"))] == [
        "models",
        "models/a.gguf",
    ]
    assert main(["storage", "wipe", "everything", "--models", "--yes"]) == 0
    assert list(profile_dir.rglob("*")) == []


def test_an_open_window_keeps_its_profile(capsys: pytest.CaptureFixture[str], profile_dir: Path) -> None:
    profile_dir.mkdir()
    window = Instance(profile_dir)
    assert window.hold()
    try:
        assert main(["storage", "wipe", "everything", "--yes"]) == 1
    finally:
        window.release()
    assert "open with this profile" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["network", "network status", "network ledger", "storage", "storage wipe", "storage report"]
)
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), "--help"])
    assert end.value.code == 0
    assert f"usage: slmdesk {command.split(maxsplit=1)[0]}" in capsys.readouterr().out


def test_a_report_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["storage", "report", str(tmp_path / "report.md")]) == 0
    assert "# SLMDesk: what is kept and what left" in (tmp_path / "report.md").read_text()
    assert main(["storage", "report", str(tmp_path / "no" / "report.md")]) == 1
    assert "cannot be written" in capsys.readouterr().err
