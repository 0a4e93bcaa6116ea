"""``slmdesk models`` and ``slmdesk library`` over real folders."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slmdesk.cli import main
from tests.benchmarks.random_gguf import write_model
from tests.services.library import model_stores

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command that succeeds, and gives what it printed."""

    def command(*args: str | Path) -> str:
        assert main([str(a) for a in args]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    return command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two models, and a copy of one."""
    folder = tmp_path / "models"
    folder.mkdir()
    one = write_model(folder / "one.gguf")
    write_model(folder / "two.gguf", seed=2)
    model_stores.copy(one, folder / "sub" / "copy-of-one.gguf")
    (folder / "evil.pt").write_bytes(b"\x80\x04never opened")
    return folder


def names(run: Run, *filters: str) -> list[str]:
    return [m["name"] for m in json.loads(run("models", "--json", *filters)) if not m["starter"]]


def test_models_are_listed_filtered_and_sorted(run: Run, folder: Path) -> None:
    assert run("library", "add", folder) == f"Added {folder}: 4 models.\n"
    assert names(run) == ["copy-of-one", "evil", "one", "two"]
    assert names(run, "--fits") == ["copy-of-one", "one", "two"]
    assert names(run, "--format", "pickle") == ["evil"]
    assert names(run, "--sort", "name", "--descending", "--runtime", "llama.cpp") == ["two", "one", "copy-of-one"]
    assert names(run, "one", "copy") == ["copy-of-one"]
    assert names(run, "--class", "micro") == []
    assert names(run, "--class", "below", "--store", "folder") == ["copy-of-one", "one", "two"]
    listed = run("models")
    assert "evil" in listed
    assert "cannot be loaded: " in listed
    (two,) = [m for m in json.loads(run("models", "two", "--json")) if m["name"] == "two"]
    assert two["homes"] == [
        {"path": str(folder / "two.gguf"), "store": "folder", "owned": False, "offline": False, "size": two["size"]}
    ]
    assert two["fit"] == "Fits"
    assert two["abilities"] == []


def test_places(run: Run, folder: Path, profile_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("library", "add", folder / "two.gguf")
    run("library", "add", folder, "--own")
    told: list[dict[str, Any]] = json.loads(run("library", "places", "--json"))
    assert [(p["path"], p["owned"], p["models"]) for p in told] == [
        (str(profile_dir / "models"), True, 0),
        (str(folder / "two.gguf"), False, 1),
        (str(folder), True, 3),
    ]
    run("library", "off", folder)
    assert names(run) == ["two"]
    run("library", "on", folder)
    assert f"{folder}  Folder, yours: 3 models" in run("library", "places")
    run("library", "remove", folder)
    assert names(run) == ["two"]
    for args, message in (
        (("remove", folder), "is not among the places"),
        (("add", folder / "nowhere"), "is not there"),
        (("off", folder), "is not among the places"),
    ):
        assert main(["library", *map(str, args)]) == 1
        assert message in capsys.readouterr().err


def test_a_scan_says_what_it_found(run: Run, folder: Path) -> None:
    run("library", "add", folder)
    assert run("library", "scan") == "5 models: 1 new, 0 changed, 0 gone.\n"  # the starter
    (folder / "two.gguf").unlink()
    os.utime(folder / "one.gguf", ns=(1, 1))
    assert run("library", "scan") == "4 models: 0 new, 1 changed, 1 gone.\n"
    assert json.loads(run("library", "scan", "--json")) == {
        "found": 4, "added": 0, "changed": 0, "removed": 0, "unreadable": [],
    }  # fmt: skip


def test_duplicates_are_shown_and_linked(run: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("library", "add", folder, "--own")
    (group,) = json.loads(run("library", "duplicates", "--json"))
    assert group["bytes_to_win"] == (folder / "one.gguf").stat().st_size
    assert len(group["homes"]) == 2
    assert "to win" in run("library", "duplicates")
    assert main(["library", "duplicates", "--link", str(folder / "two.gguf")]) == 1
    assert "There is no copy of" in capsys.readouterr().err
    assert run("library", "duplicates", "--link", folder / "one.gguf").startswith("Won ")
    assert (folder / "one.gguf").samefile(folder / "sub" / "copy-of-one.gguf")
    assert json.loads(run("library", "duplicates", "--json")) == []


def test_the_bin(run: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("library", "add", folder, "--own")
    size = (folder / "two.gguf").stat().st_size
    assert "Moved to the bin: two." in run("library", "delete", "two")
    (item,) = json.loads(run("library", "bin", "--json"))
    assert (item["path"], item["size"]) == (str(folder / "two.gguf"), size)
    assert item["token"][:8] in run("library", "bin")
    assert run("library", "undo", item["token"][:8]) == f"Back again: {folder / 'two.gguf'}\n"
    assert (folder / "two.gguf").stat().st_size == size
    run("library", "duplicates")  # one and its copy are one model then
    assert "Emptying the bin frees 0.3 MB." in run("library", "delete", str(folder / "sub" / "copy-of-one.gguf"))
    assert (folder / "one.gguf").exists()
    run("library", "undo", json.loads(run("library", "bin", "--json"))[0]["token"])
    run("library", "delete", str(folder / "two.gguf"))
    assert run("library", "bin", "--empty") == "Freed 0.3 MB.\n"
    assert not (folder / ".slmdesk-bin").exists()
    assert main(["library", "undo", "00"]) == 1
    assert "No models in the bin" in capsys.readouterr().err
    assert main(["library", "delete", "Starter"]) == 1
    assert "stays" in capsys.readouterr().err
