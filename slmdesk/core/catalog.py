"""The curated collection: small models that are known to be good, with what decides whether one suits a machine.

The files are JSON (``resources/catalog``; ``schema.json`` there describes them). Nothing in them is trusted more than
another file: every entry is checked, and one that is wrong is left out and named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slmdesk.core.models import Ability, ModelFormat
from slmdesk.core.quantizations import bits_of
from slmdesk.core.shape import ModelShape
from slmdesk.core.shape_config import shape_of_config

ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
TAG = re.compile(r"[a-z0-9][a-z0-9._/-]{0,95}(:[A-Za-z0-9._-]{1,80})?")
REPOSITORIES = ("gguf", "safetensors", "onnx", "mlx")
"""Kinds of Hugging Face repositories that an entry may name."""
_MOST_PARAMETERS = 10**12
_MOST_CONTEXT = 10**8
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Variant:
    """One quantization of a model. ``size`` in bytes; where the file does not give it, it follows from the bits."""

    quantization: str
    size: int


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One model of the collection.

    ``repos`` names its Hugging Face repositories by kind, ``ollama`` and ``foundry`` its names there. ``config`` has
    the architecture's figures with the names of a Hugging Face ``config.json``.
    """

    id: str
    name: str
    publisher: str
    family: str
    summary: str
    parameters: int
    context_length: int
    licence: str
    strengths: tuple[str, ...]
    abilities: frozenset[Ability]
    variants: tuple[Variant, ...]
    released: str = ""
    active_parameters: int = 0
    template: str = ""
    repos: Mapping[str, str] = field(default_factory=dict)
    ollama: str = ""
    foundry: str = ""
    gated: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def formats(self) -> frozenset[ModelFormat]:
        """The formats it can be had in."""
        return frozenset(ModelFormat(kind) for kind in self.repos)

    def shape(self) -> ModelShape | None:
        """Its dimensions, where the entry gives them."""
        return shape_of_config(self.config) if self.config else None

    @property
    def words(self) -> str:
        """Everything a search looks through, in lower case."""
        parts = (self.id, self.name, self.publisher, self.family, self.summary, *self.strengths, *self.abilities)
        return " ".join((*parts, *self.repos.values(), self.ollama, self.foundry)).casefold()


@dataclass(frozen=True, slots=True)
class Catalog:
    """The entries, and what is wrong with those that were left out."""

    entries: tuple[CatalogEntry, ...] = ()
    problems: tuple[str, ...] = ()

    def get(self, entry_id: str) -> CatalogEntry | None:
        """An entry by its id."""
        return next((e for e in self.entries if e.id == entry_id), None)


def read_catalog(texts: Iterable[tuple[str, str]]) -> Catalog:
    """The catalog in several files, given as (name, text); a later entry replaces an earlier one with its id."""
    entries: dict[str, CatalogEntry] = {}
    problems: list[str] = []
    for name, text in texts:
        try:
            data = json.loads(text)
            listed = data["models"]
            if not isinstance(listed, list):
                raise TypeError("models is not a list")
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            problems.append(f"{name} is not a catalog: {error}.")
            continue
        seen: set[str] = set()
        for number, item in enumerate(listed, 1):
            where = f"{name}, entry {number}"
            try:
                entry = _entry(item)
                if entry.id in seen:
                    raise ValueError(f"the id {entry.id} is there twice")
            except (ValueError, TypeError, KeyError) as error:
                problems.append(f"{where}: {error}.")
                continue
            seen.add(entry.id)
            entries[entry.id] = entry
    return Catalog(tuple(entries.values()), tuple(problems))


def _entry(item: Any) -> CatalogEntry:
    if not isinstance(item, dict):
        raise TypeError("it is not an object")
    unknown = item.keys() - _KEYS.keys()
    missing = [key for key, (_, needed) in _KEYS.items() if needed and key not in item]
    if unknown or missing:
        raise ValueError(f"unknown keys {sorted(unknown)}" if unknown else f"missing keys {missing}")
    values = {key: _KEYS[key][0](key, value) for key, value in item.items()}
    sources = values.pop("sources")
    parameters = values["parameters"]
    if values.get("active_parameters", 0) > parameters:
        raise ValueError("more parameters are active than there are")
    values["variants"] = tuple(
        Variant(name, size or round(parameters * bits_of(name) / 8)) for name, size in values["variants"]
    )
    return CatalogEntry(**values, **sources)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST or not value.isprintable():
        raise ValueError(f"{key} must be a text of at most {_LONGEST} characters")
    return value


def _matching(pattern: re.Pattern[str]) -> Callable[[str, Any], str]:
    def check(key: str, value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"{key} has the form {pattern.pattern}, and {value!r} has not")
        return value

    return check


def _number(most: int) -> Callable[[str, Any], int]:
    def check(key: str, value: Any) -> int:
        if type(value) is not int or not 0 < value <= most:
            raise ValueError(f"{key} must be a whole number from 1 to {most:,}")
        return value

    return check


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{key} must be a list of texts")
    return tuple(_text(key, v) for v in value)


def _abilities(key: str, value: Any) -> frozenset[Ability]:
    if not isinstance(value, list):
        raise TypeError(f"{key} must be a list")
    return frozenset(Ability(v) for v in value)


def _variants(key: str, value: Any) -> list[tuple[str, int]]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{key} must be a list")
    found = []
    for item in value:
        name, size = (
            (item, 0) if isinstance(item, str) else (item["quantization"], _number(1 << 44)("size", item["size"]))
        )
        if not isinstance(name, str) or not bits_of(name):
            raise ValueError(f"there is no quantization {name!r}")
        found.append((name, size))
    return found


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{key} must be true or false")
    return value


def _sources(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value or value.keys() - {"hf", "ollama", "foundry"}:
        raise ValueError(f"{key} must name hf, ollama or foundry")
    repos = value.get("hf", {})
    if not isinstance(repos, dict) or repos.keys() - set(REPOSITORIES):
        raise ValueError(f"hf names repositories by kind: {', '.join(REPOSITORIES)}")
    found: dict[str, Any] = {"repos": {kind: _matching(REPO)(f"hf.{kind}", repo) for kind, repo in repos.items()}}
    for name in ("ollama", "foundry"):
        if name in value:
            found[name] = _matching(TAG)(name, value[name])
    return found


def _config(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not shape_of_config(value).layers:
        raise ValueError(f"{key} does not describe a model")
    return value


_KEYS: Mapping[str, tuple[Callable[[str, Any], Any], bool]] = {
    "id": (_matching(ID), True),
    "name": (_text, True),
    "publisher": (_text, True),
    "family": (_text, True),
    "summary": (_text, True),
    "parameters": (_number(_MOST_PARAMETERS), True),
    "active_parameters": (_number(_MOST_PARAMETERS), False),
    "context_length": (_number(_MOST_CONTEXT), True),
    "licence": (_text, True),
    "released": (_matching(re.compile(r"20\d\d-(0[1-9]|1[0-2])")), False),
    "strengths": (_texts, True),
    "abilities": (_abilities, True),
    "variants": (_variants, True),
    "template": (_text, False),
    "gated": (_flag, False),
    "sources": (_sources, True),
    "config": (_config, False),
}
"""The keys of an entry: how each is checked, and whether it must be there."""
