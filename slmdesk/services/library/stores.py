"""Where other programs keep their models on this machine.

Each program's own rules are followed: its environment variables, its settings file, and its usual place on each
system. The folders are read and never written to. Sources: huggingface_hub's constants, LM Studio's and Jan's settings
files, GPT4All's ``mysettings.cpp``, Ollama's ``envconfig`` and packages, Foundry Local's command line and SDK.
"""

from __future__ import annotations

import configparser
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

NAMES = {
    "own": "Own folder",
    "folder": "Folder",
    "huggingface": "Hugging Face",
    "lmstudio": "LM Studio",
    "jan": "Jan",
    "gpt4all": "GPT4All",
    "ollama": "Ollama",
    "foundry": "Foundry Local",
}
"""What a store is called; names of programs are not translated."""

_MAX_SETTINGS = 1 << 20  # bytes of another program's settings file


def installed_stores() -> list[tuple[Path, str]]:
    """The folders in which other programs keep this person's models, each with its store's key."""
    return stores_of(os.environ, Path.home(), sys.platform)


def stores_of(environment: Mapping[str, str], home: Path, system: str) -> list[tuple[Path, str]]:
    """The folders in which other programs keep models, whether they exist or not, each with its store's key."""
    data = _data_folder(environment, home, system)
    found: dict[Path, str] = {}
    for store, folders in (
        ("huggingface", _hugging_face(environment, home)),
        ("lmstudio", _lm_studio(home)),
        ("jan", _jan(environment, home, system, data)),
        ("gpt4all", _gpt4all(environment, home, system, data)),
        ("ollama", _ollama(environment, home, system)),
        ("foundry", [home / ".foundry" / "cache" / "models", home / ".foundry-local" / "cache" / "models"]),
    ):
        for folder in folders:
            if folder.is_absolute():
                found.setdefault(folder, store)
    return list(found.items())


def store_of(folder: Path) -> str:
    """Whose store a folder is, told by what lies in it: "ollama", "huggingface", or "folder" for any other."""
    if (folder / "manifests").is_dir() and (folder / "blobs").is_dir():
        return "ollama"
    if any(folder.glob("models--*--*")):
        return "huggingface"
    return "folder"


def _data_folder(environment: Mapping[str, str], home: Path, system: str) -> Path:
    """Where programs keep their data for one user."""
    if system == "win32":
        return Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    if system == "darwin":
        return home / "Library" / "Application Support"
    return Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")


def _hugging_face(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    chosen = environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE")
    if chosen:
        yield Path(chosen).expanduser()
        return
    if environment.get("HF_HOME"):
        yield Path(environment["HF_HOME"]).expanduser() / "hub"
        return
    cache = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    yield cache / "huggingface" / "hub"


def _lm_studio(home: Path) -> Iterator[Path]:
    pointer = _text(home / ".lmstudio-home-pointer").strip()
    base = Path(pointer) if pointer else home / ".lmstudio"
    chosen = _json(base / "settings.json").get("downloadsFolder")
    if isinstance(chosen, str) and chosen:
        yield Path(chosen)
    yield base / "models"
    yield home / ".cache" / "lm-studio" / "models"


def _jan(environment: Mapping[str, str], home: Path, system: str, data: Path) -> Iterator[Path]:
    config = data
    if system not in ("win32", "darwin"):
        config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    for folder in (data / "Jan", config / "Jan"):
        chosen = _json(folder / "settings.json").get("data_folder")
        if isinstance(chosen, str) and chosen:
            yield Path(chosen) / "llamacpp" / "models"
    yield data / "Jan" / "data" / "llamacpp" / "models"
    yield data / "Jan" / "data" / "models"
    yield home / "jan" / "models"


def _gpt4all(environment: Mapping[str, str], home: Path, system: str, data: Path) -> Iterator[Path]:
    if system == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
        settings = data / "nomic.ai" / "GPT4All.ini"
    else:
        base = data
        config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
        settings = config / "nomic.ai" / "GPT4All.ini"
    reader = configparser.RawConfigParser(strict=False)
    try:
        reader.read_string(_text(settings))
        chosen = reader.get("General", "modelPath", fallback="")
    except configparser.Error:
        chosen = ""
    if chosen:
        yield Path(chosen)
    yield base / "nomic.ai" / "GPT4All"


def _ollama(environment: Mapping[str, str], home: Path, system: str) -> Iterator[Path]:
    if environment.get("OLLAMA_MODELS"):
        yield Path(environment["OLLAMA_MODELS"]).expanduser()
    yield home / ".ollama" / "models"
    if system not in ("win32", "darwin"):
        yield Path("/usr/share/ollama/.ollama/models")
        yield Path("/var/lib/ollama/.ollama/models")
        yield Path("/var/lib/ollama/models")
        yield Path("/var/snap/ollama/common/models")


def _text(path: Path) -> str:
    """A small file of another program; empty where it cannot be read."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_SETTINGS:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
