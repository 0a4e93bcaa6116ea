"""Where other programs keep their models, on each system."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slmdesk.services.library.stores import store_of, stores_of  # bound before the test suite hides this machine's

HOME = Path("/home/me")


def folders(environment: dict[str, str], home: Path, system: str) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path, store in stores_of(environment, home, system):
        found.setdefault(store, []).append(path)
    return found


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_the_usual_places(system: str) -> None:
    found = folders({}, HOME, system)
    assert set(found) == {"huggingface", "lmstudio", "jan", "gpt4all", "ollama", "foundry"}
    assert found["huggingface"] == [HOME / ".cache/huggingface/hub"]
    assert found["lmstudio"] == [HOME / ".lmstudio/models", HOME / ".cache/lm-studio/models"]
    assert HOME / ".ollama/models" in found["ollama"]
    assert (Path("/usr/share/ollama/.ollama/models") in found["ollama"]) is (system == "linux")
    assert HOME / ".foundry/cache/models" in found["foundry"]
    data = {
        "linux": HOME / ".local/share",
        "darwin": HOME / "Library/Application Support",
        "win32": HOME / "AppData/Roaming",
    }[system]
    assert data / "Jan/data/llamacpp/models" in found["jan"]
    local = HOME / "AppData/Local" if system == "win32" else data
    assert found["gpt4all"] == [local / "nomic.ai/GPT4All"]


def test_environment_variables_are_followed() -> None:
    environment = {
        "HF_HOME": "/big/hf",
        "OLLAMA_MODELS": "/big/ollama",
        "XDG_DATA_HOME": "/big/data",
        "XDG_CACHE_HOME": "/big/cache",
    }
    found = folders(environment, HOME, "linux")
    assert found["huggingface"] == [Path("/big/hf/hub")]
    assert found["ollama"][0] == Path("/big/ollama")
    assert found["gpt4all"] == [Path("/big/data/nomic.ai/GPT4All")]
    assert folders({**environment, "HF_HUB_CACHE": "/other"}, HOME, "linux")["huggingface"] == [Path("/other")]
    assert folders({"XDG_CACHE_HOME": "/c"}, HOME, "linux")["huggingface"] == [Path("/c/huggingface/hub")]
    windows = {"APPDATA": "/roaming", "LOCALAPPDATA": "/local"}
    assert folders(windows, HOME, "win32")["gpt4all"] == [Path("/local/nomic.ai/GPT4All")]
    assert Path("/roaming/Jan/data/llamacpp/models") in folders(windows, HOME, "win32")["jan"]


def test_settings_of_the_programs_are_followed(tmp_path: Path) -> None:
    (tmp_path / ".lmstudio").mkdir()
    (tmp_path / ".lmstudio/settings.json").write_text(json.dumps({"downloadsFolder": "/big/lm"}))
    (tmp_path / ".local/share/Jan").mkdir(parents=True)
    (tmp_path / ".local/share/Jan/settings.json").write_text(json.dumps({"data_folder": "/big/jan"}))
    (tmp_path / ".config/nomic.ai").mkdir(parents=True)
    (tmp_path / ".config/nomic.ai/GPT4All.ini").write_text("[General]\nmodelPath=/big/gpt%4all\nother=1\n")
    found = folders({}, tmp_path, "linux")
    assert found["lmstudio"][0] == Path("/big/lm")
    assert found["jan"][0] == Path("/big/jan/llamacpp/models")
    assert found["gpt4all"][0] == Path("/big/gpt%4all")


def test_lm_studios_home_may_have_moved(tmp_path: Path) -> None:
    (tmp_path / ".lmstudio-home-pointer").write_text("/big/lmstudio\n")
    assert folders({}, tmp_path, "linux")["lmstudio"][0] == Path("/big/lmstudio/models")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"downloadsFolder": 5}', '{"downloadsFolder": "relative"}', "\0" * 9])
def test_settings_that_say_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / ".lmstudio").mkdir()
    for place in (".lmstudio/settings.json", ".lmstudio-home-pointer"):
        (tmp_path / place).write_text(text)
    (tmp_path / ".config/nomic.ai").mkdir(parents=True)
    (tmp_path / ".config/nomic.ai/GPT4All.ini").write_text(text)
    assert all(path.is_absolute() for path, _ in stores_of({}, tmp_path, "linux"))


def test_a_folder_tells_whose_it_is(tmp_path: Path) -> None:
    assert store_of(tmp_path) == "folder"
    (tmp_path / "models--a--b").mkdir()
    assert store_of(tmp_path) == "huggingface"
    (tmp_path / "o/manifests").mkdir(parents=True)
    (tmp_path / "o/blobs").mkdir()
    assert store_of(tmp_path / "o") == "ollama"
