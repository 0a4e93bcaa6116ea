"""``slmdesk fit``: for the starter, a file outside the library, and this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slmdesk.cli import main


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(autouse=True)
def _profile(profile_dir: Path) -> None:
    """Every command runs in a profile of its own."""


def test_the_starter_fits(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "fit", "starter")
    assert code == 0
    assert out.startswith("Starter: Fits\n  Needs ")
    assert "weights 10 MiB, KV cache 12 MiB" in out
    assert "measure this machine with --measure" in out


def test_options_change_the_need(capsys: pytest.CaptureFixture[str]) -> None:
    def kv(*options: str) -> int:
        code, out, _ = told(capsys, "fit", "starter", "--json", *options)
        assert code == 0
        (found,) = json.loads(out)
        assert found["level"] == "Fits"
        return int(found["need"]["kv"])

    plain = kv()
    assert kv("--ctx", "8,192") == 2 * plain
    assert kv("--slots", "4") == 4 * plain
    assert kv("--kv", "q8_0") == plain * 34 // 64


def test_what_does_not_fit_ends_with_remedies(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "fit", "starter", "--ctx", "1000000000")
    assert code == 0
    assert out.startswith("Starter: Fits with less context\n")
    assert "  - Context of " in out
    assert out.rstrip().endswith("- Load anyway")


def test_a_file_outside_the_library(capsys: pytest.CaptureFixture[str], starter: Path, tmp_path: Path) -> None:
    copy = tmp_path / "Copy.gguf"
    copy.write_bytes(starter.read_bytes())
    code, out, _ = told(capsys, "fit", str(copy), "--json")
    assert code == 0
    assert json.loads(out)[0]["exact"] is True
    copy.write_bytes(starter.read_bytes()[:1000])
    code, _, err = told(capsys, "fit", str(copy))
    assert code == 1
    assert "incomplete" in err


def test_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "fit", "--machine")
    assert code == 0
    assert out.startswith("processor ")
    assert "[psutil, measured]" in out
    assert "Windows ML" in out
    code, out, _ = told(capsys, "fit", "--machine", "--json")
    machine: dict[str, Any] = json.loads(out)["machine"]
    assert machine["ram"] > 0
    assert machine["speed_measured"] is False


def test_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, "fit")
    assert code == 1
    assert "Which model?" in err
    code, _, err = told(capsys, "fit", "nothing-like-it")
    assert code == 1
    assert "There is no model called" in err
    with pytest.raises(SystemExit, match="2"):
        main(["fit", "starter", "--ctx", "-5"])


def test_ways_to_put_it_to_work_and_what_loads_took(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "fit", "starter", "--deployments")
    assert code == 0
    names = [line for line in out.splitlines() if not line.startswith(" ")]
    assert names[0] == "Starter: Fits"
    assert "Starter, Production on the processor: Fits" in names
    assert "Starter, Edge: Fits" in names
    code, _, err = told(capsys, "fit", "--loads")
    assert (code, err) == (0, "No load was measured yet.\n")
    assert told(capsys, "chat", "Hello", "--model", "starter")[0] == 0
    code, out, _ = told(capsys, "fit", "--loads")
    assert code == 0
    assert out.startswith("Starter: predicted ")


def test_advice_comes_with_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "advise", "--use", "small", "--limit", "2")
    assert code == 0
    assert out.startswith("1. Qwen3 0.6B ")
    assert "[pick]" in out
    assert "slmdesk pull catalog:qwen3-0.6b:" in out
    code, out, _ = told(capsys, "advise", "--use", "code", "--json")
    assert code == 0
    first = json.loads(out)[0]
    assert first["fit"]["level"] != "Too big"
    assert {"fit", "precision", "speed"} <= {reason["rule"] for reason in first["reasons"]}


def test_what_this_machine_can_run(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "advise", "--classes")
    assert code == 0
    heads = [line.split()[0] for line in out.splitlines() if not line.startswith(" ")]
    assert heads == ["Micro", "Small", "Medium", "LLM"]
    code, out, _ = told(capsys, "advise", "--classes", "--json")
    assert [row["parameter_class"] for row in json.loads(out)] == heads
