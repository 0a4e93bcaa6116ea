"""``slmdesk inspect`` and ``slmdesk verify`` as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slmdesk.cli import main
from tests.gguf_bytes import Builder


def test_inspect_tells_facts_and_safety(starter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(starter)]) == 0
    out = capsys.readouterr().out
    for told in (
        "Parameters     5.25 M (below SLM)",
        "Quantization   F16",
        "Safety         safe",
        "Licence        mit",
    ):
        assert told in out


def test_inspect_as_json(starter: Path, profile_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(starter), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "safe"
    assert told["facts"]["architecture"] == "llama"
    assert told["metadata"]["general.name"]
    assert not profile_dir.exists()  # looking leaves no trace


def test_inspect_refuses_and_names_the_weakness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.gguf"
    builder = Builder().tensor("t", (8,), 0, 2**62)
    path.write_bytes(builder.build())
    assert main(["inspect", str(path), "--metadata"]) == 1
    out = capsys.readouterr().out
    assert "Safety         refused" in out
    assert "CVE-2026-7482 (Ollama before 0.17.1)" in out


def test_inspect_shows_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.gguf"
    path.write_bytes(Builder().text("general.name", "\x1b[2Jgone").text("a\x07b", "\x1b[8m").build())
    assert main(["inspect", str(path), "--metadata"]) == 0
    out = capsys.readouterr().out
    assert "look at this" in out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tmp_path / "gone.gguf")]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_verify(starter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(starter), "--json"]) == 0
    stamp = json.loads(capsys.readouterr().out)
    assert stamp["ok"]
    assert stamp["sentence"]
    assert main(["verify", "Starter"]) == 0
    out = capsys.readouterr().out
    assert "sentence  ok" in out
    assert "Starter verified, 20" in out


def test_verify_of_a_damaged_file(starter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(starter.read_bytes()[:-9000])
    assert main(["verify", str(path)]) == 1
    assert "header    FAILED  cut.gguf is incomplete" in capsys.readouterr().out
