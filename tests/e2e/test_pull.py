"""``slmdesk search``, ``pull`` and ``bundle`` against a hub on loopback, in processes of their own."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slmdesk.cli import main
from tests.hub_server import HubServer, hub_server


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with hub_server() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def test_the_catalog_answers_offline_and_says_how_to_ask_further(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "qwen3", "--limit", "3"]) == 0
    out, err = capsys.readouterr()
    assert all(line.startswith("catalog:") for line in out.splitlines())
    assert "slmdesk network online" in err
    assert main(["pull", "hf:owner/model"]) == 1
    assert "slmdesk network online" in capsys.readouterr().err


def test_search_and_pull(hub: HubServer, starter: Path, profile_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub.repo("owner/model", {"model-F16.gguf": starter, "LICENSE": b"Free."})
    assert main(["search", "mod", "--source", "hf", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["ref"], found["formats"]) == ("hf:owner/model", ["gguf"])
    assert main(["pull", "hf:owner/model:F16", "--dry-run"]) == 0
    assert "model-F16.gguf" in capsys.readouterr().out
    assert main(["pull", "hf:owner/model:F16"]) == 0
    out, err = capsys.readouterr()
    assert [Path(line).name for line in out.splitlines()] == ["model-F16.gguf", "LICENSE"]
    assert "verified" in err
    hub.sent = 0
    assert main(["pull", "hf:owner/model:F16"]) == 0
    assert hub.sent == 0  # it is here, whole
    capsys.readouterr()
    assert main(["models", "--json"]) == 0
    assert any(m["path"].endswith("model-F16.gguf") for m in json.loads(capsys.readouterr().out))


def test_what_is_not_there_says_what_is(hub: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    hub.repo("owner/model", {"model-F16.gguf": b"x" * 5000})
    for ref, said in (
        ("hf:owner/model:Q9", "There is: F16"),
        ("hf:owner/nothing", "Check the name"),
        ("hf:owner/model@v9", "no such revision"),
        ("nonsense", "does not name a model"),
        ("ollama:qwen3", "Ollama"),
        ("foundry:phi", "Foundry Local"),
    ):
        assert main(["pull", ref]) == 1
        assert said in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT and SIGKILL")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_pull_that_was_ended_goes_on(hub: HubServer, profile_dir: Path, how: signal.Signals) -> None:
    data = random.Random(1).randbytes(30_000_000)
    hub.repo("owner/model", {"model-F16.gguf": data})
    slow = hub.fault("slow", "model", after=4_000_000, times=99)
    command = [sys.executable, "-m", "slmdesk", "pull", "hf:owner/model"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 30
        while hub.sent < 14_000_000 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(how)
        _, err = process.communicate(timeout=20)
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert "The same command goes on from here" in err
    assert not (profile_dir / "models" / "owner" / "model" / "model-F16.gguf").exists()
    slow.times, sent = 0, hub.sent
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip())
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(data).digest()
    assert hub.sent - sent < len(data) - 2_000_000


def test_a_bundle_travels(
    starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bundle", "export", str(starter), str(tmp_path / "stick")]) == 0
    bundle = capsys.readouterr().out.strip()
    monkeypatch.setenv("SLMDESK_PROFILE", str(tmp_path / "other"))
    assert main(["bundle", "import", bundle]) == 0
    paths = [Path(p) for p in capsys.readouterr().out.splitlines()]
    assert any(p.read_bytes() == starter.read_bytes() for p in paths)
