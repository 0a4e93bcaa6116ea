"""From files in places to models: the same weights in several places are one model with several homes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slmdesk.core.file_entry import FileEntry
from slmdesk.core.models import Ability, Home, Model, ModelFormat, Verdict
from slmdesk.storage.models import Note

NO_RUNTIME = "files"
"""Stands in the id of a model that no runtime here can load."""
_STORES = ("own", "folder", "lmstudio", "jan", "gpt4all", "huggingface", "foundry", "ollama")
_WORST = (Verdict.SAFE, Verdict.LOOK, Verdict.REFUSED)
_UNRUNNABLE = {
    ModelFormat.SAFETENSORS: "SLMDesk cannot run safetensors models. Get it as GGUF.",
    ModelFormat.MLX: "SLMDesk cannot run MLX models here. Get it as GGUF.",
    ModelFormat.ONNX: "SLMDesk cannot run ONNX models yet. Get it as GGUF.",
    ModelFormat.PICKLE: "A pickle file can run programs when it is opened, so SLMDesk never opens one.",
}


_Context = tuple[tuple[bool, ...], Note]
"""What a model depends on beside its entries: which homes are owned, and the person's note."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """The models with what leads to them: ids by path of a home, and the entries behind each id."""

    models: dict[str, Model] = field(default_factory=dict)
    ids: dict[Path, str] = field(default_factory=dict)
    entries: dict[str, tuple[FileEntry, ...]] = field(default_factory=dict)


class Assembly:
    """Makes models of entries; what has not changed since the last time is taken over as it is.

    ``runtimes`` says which runtime loads a format, ``starter`` where the bundled model lies.
    """

    def __init__(self, runtimes: Mapping[ModelFormat, str], starter: Path) -> None:
        self._runtimes = runtimes
        self._starter = starter
        self._made: dict[Path, tuple[tuple[FileEntry, ...], _Context, Model]] = {}

    def assemble(
        self, entries: Iterable[FileEntry], owned: Mapping[Path, bool], notes: Mapping[str, Note]
    ) -> Assembled:
        """All models. ``owned`` has every place that is searched; entries of other places are left out."""
        found = Assembled()
        made: dict[Path, tuple[tuple[FileEntry, ...], _Context, Model]] = {}
        for group in _grouped(e for e in entries if e.place in owned):
            context = (tuple(owned[e.place] and not e.summary.get("linked") for e in group), _note(group, notes))
            before = self._made.get(group[0].path)
            same = before is not None and before[1] == context and _same(before[0], group)
            model = before[2] if before is not None and same else self._model(group, *context)
            made[group[0].path] = (group, context, model)
            found.models[model.id] = model
            found.entries[model.id] = group
            found.ids.update((entry.path, model.id) for entry in group)
        self._made = made
        return found

    def _model(self, group: tuple[FileEntry, ...], owned: tuple[bool, ...], note: Note) -> Model:
        first = group[0]
        facts = first.summary
        format_ = _known(ModelFormat, facts.get("format"), ModelFormat.GGUF)
        runtime = self._runtimes.get(format_, "")
        identity = min(group, key=lambda e: (e.added, str(e.path)))
        starter = any(e.path == self._starter for e in group)
        homes = [Home(e.path, e.store, o, e.offline, e.size) for e, o in zip(group, owned, strict=True)]
        verdicts = (_known(Verdict, e.summary.get("verdict"), Verdict.LOOK) for e in group)
        name = note.name or ("Starter" if starter else first.names[0])
        problem = str(facts.get("problem", "")) or ("" if runtime else _UNRUNNABLE.get(format_, ""))
        return Model(
            id=f"{runtime or NO_RUNTIME}:{identity.path}",
            name=name,
            runtime=runtime,
            path=first.path,
            format=format_,
            size=first.size,
            parameters=_count(facts.get("parameters")),
            quantization=str(facts.get("quantization", "")),
            architecture=str(facts.get("architecture", "")),
            context_length=_count(facts.get("context_length")),
            starter=starter,
            problem=_away(first) if first.offline else problem,
            active_parameters=_count(facts.get("active_parameters")),
            bits_per_weight=float(facts.get("bits_per_weight", 0.0)),
            family=str(facts.get("family", "")),
            publisher=next((e.publisher for e in group if e.publisher), str(facts.get("publisher", ""))),
            licence=str(facts.get("licence", "")),
            abilities=frozenset(Ability(a) for a in facts.get("abilities", ()) if a in Ability.__members__.values()),
            verdict=max(verdicts, key=_WORST.index),
            homes=tuple(homes),
            tags=note.tags,
            note=note.text,
            digest=next((e.digest for e in group if e.digest), ""),
            added=identity.added,
        )


def _grouped(entries: Iterable[FileEntry]) -> list[tuple[FileEntry, ...]]:
    """Entries of the same weights together, the one to load first in front.

    The same are files with the same digest and size, and one file under several names (a link).
    """
    listed = list(entries)
    leader = list(range(len(listed)))
    owner: dict[tuple[Any, ...], int] = {}

    def lead(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    for number, entry in enumerate(listed):
        for key in _keys(entry):
            leader[lead(number)] = lead(owner.setdefault(key, number))
    groups: dict[int, list[FileEntry]] = {}
    for number, entry in enumerate(listed):
        groups.setdefault(lead(number), []).append(entry)
    return [tuple(sorted(group, key=_loaded_first)) for group in groups.values()]


def _keys(entry: FileEntry) -> Iterator[tuple[Any, ...]]:
    if entry.inode:  # some file systems have none
        yield (entry.device, entry.inode, entry.size, entry.mtime_ns)
    if entry.identity:
        yield (entry.identity, entry.size)


def _loaded_first(entry: FileEntry) -> tuple[bool, int, float, str]:
    """A home that is there before one that is away, a folder of one's own before another program's store."""
    rank = _STORES.index(entry.store) if entry.store in _STORES else len(_STORES)
    return (entry.offline, rank, entry.added, str(entry.path))


def _same(one: tuple[FileEntry, ...], other: tuple[FileEntry, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _note(group: tuple[FileEntry, ...], notes: Mapping[str, Note]) -> Note:
    return next((notes[str(e.path)] for e in group if str(e.path) in notes), Note())


def _away(entry: FileEntry) -> str:
    return f"It lies on a drive or in a folder that is away now: {entry.place}."


def _known(kind: Any, value: Any, default: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return default


def _count(value: Any) -> int:
    return value if type(value) is int and value > 0 else 0
