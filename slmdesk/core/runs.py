"""A run: one source made into several smaller files, what became of each, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from slmdesk.core.decision import Row
from slmdesk.core.quantization import Quality, Recipe, Speed


class RowState(StrEnum):
    """Where one recipe of a run stands."""

    WAITING = "waiting"
    QUANTIZING = "quantizing"
    MEASURING = "measuring"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def active(self) -> bool:
        """Whether it works or waits for its turn."""
        return self in {RunState.QUEUED, RunState.RUNNING}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run works: what is measured, and on how much text.

    ``chunks`` of ``context_length`` tokens are read with each file. ``matrix``: compute an importance matrix from the
    same text first, on ``matrix_chunks`` of it (0: all). ``threads`` 0 takes all.
    """

    measure: bool = True
    speed: bool = True
    matrix: bool = False
    chunks: int = 16
    matrix_chunks: int = 64
    context_length: int = 512
    threads: int = 0


@dataclass(frozen=True, slots=True)
class RunRow:
    """One recipe of a run. Sizes in bytes, ``seconds`` the time of quantizing, 0 for what is not known yet.

    ``path`` is empty while there is no file, and again once it was discarded. ``kept``: it is in the library.
    """

    recipe: Recipe
    state: RowState = RowState.WAITING
    predicted_size: int = 0
    predicted_memory: int = 0
    path: str = ""
    size: int = 0
    seconds: float = 0.0
    quality: Quality | None = None
    speed: Speed | None = None
    error: str = ""
    hint: str = ""
    kept: bool = False
    discarded: bool = False

    @property
    def label(self) -> str:
        """Short words for the recipe."""
        return self.recipe.label

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do for it."""
        return self.state in {RowState.DONE, RowState.FAILED, RowState.CANCELLED}

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "recipe": self.recipe.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunRow:
        """Back from :meth:`to_dict`. Raises ValueError, KeyError or TypeError for anything else."""
        quality, speed, recipe = values.get("quality"), values.get("speed"), Recipe.from_dict(values["recipe"])
        if not all(isinstance(t, str) for t in (recipe.type, recipe.output_type, recipe.embedding_type, recipe.matrix)):
            raise TypeError("the names of types are expected")
        return cls(
            recipe=recipe,
            state=RowState(values["state"]),
            quality=Quality(**_known(Quality, quality)) if quality else None,
            speed=Speed(**_known(Speed, speed)) if speed else None,
            predicted_size=int(values.get("predicted_size", 0)),
            predicted_memory=int(values.get("predicted_memory", 0)),
            path=str(values.get("path", "")),
            size=int(values.get("size", 0)),
            seconds=float(values.get("seconds", 0.0)),
            error=str(values.get("error", "")),
            hint=str(values.get("hint", "")),
            kept=bool(values.get("kept", False)),
            discarded=bool(values.get("discarded", False)),
        )


@dataclass(frozen=True, slots=True)
class Run:
    """A source, the recipes, the text, and what came of them. Times in seconds since 1970.

    The lineage of every file: ``source`` with its SHA-256 and size, the recipe of its row, ``matrix`` (where it lies
    and on how many chunks it was made), ``text_digest``, and ``tools`` (the program's and llama.cpp's versions).
    ``text`` is empty for the text that comes with the program. ``machine`` describes where it was measured.
    """

    id: str
    source: str
    source_name: str
    source_type: str = ""
    source_size: int = 0
    source_digest: str = ""
    source_parameters: int = 0
    rows: tuple[RunRow, ...] = ()
    options: RunOptions = field(default_factory=RunOptions)
    state: RunState = RunState.QUEUED
    text: str = ""
    text_digest: str = ""
    matrix: str = ""
    matrix_chunks: int = 0
    base_perplexity: float = 0.0
    base_perplexity_error: float = 0.0
    base_speed: Speed | None = None
    created: float = 0.0
    finished: float = 0.0
    worked_s: float = 0.0
    """Seconds that were spent on it, pauses left out."""
    error: str = ""
    hint: str = ""
    machine: Mapping[str, str] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    imported: bool = False
    """True for a run that was measured elsewhere and read from its report; its files are not here."""

    @property
    def text_name(self) -> str:
        """The text's file name, or the words for the built-in one."""
        return Path(self.text).name if self.text else "the built-in text"

    def with_row(self, number: int, **changes: Any) -> Run:
        """The run with something of one row changed."""
        rows = list(self.rows)
        rows[number] = replace(rows[number], **changes)
        return replace(self, rows=tuple(rows))

    def judged(self) -> list[Row]:
        """The rows with a file that was measured or at least made, as they are compared; the same order and names."""
        return [self.judged_row(row) for row in self.rows if row.size]

    def judged_row(self, row: RunRow) -> Row:
        """One row as it is compared with the others."""
        return Row(
            row.label,
            row.size,
            self.source_size,
            row.quality.same_top if row.quality else None,
            row.quality.kl_mean if row.quality else None,
            row.speed.tg128 if row.speed else None,
            self.base_speed.tg128 if self.base_speed else None,
        )

    def to_dict(self, *, rows: bool = True) -> dict[str, Any]:
        """As JSON values; without ``rows`` everything else."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "rows"}
        found["options"] = asdict(self.options)
        found["base_speed"] = self.base_speed.to_dict() if self.base_speed else None
        found["machine"], found["tools"] = dict(self.machine), dict(self.tools)
        if rows:
            found["rows"] = [row.to_dict() for row in self.rows]
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Run:
        """Back from :meth:`to_dict`. Raises ValueError, KeyError or TypeError for anything else."""
        speed = values.get("base_speed")
        plain = ("id", "source", "source_name", "source_type", "source_digest", "text", "text_digest", "matrix")
        counts = ("source_size", "source_parameters", "matrix_chunks")
        numbers = ("base_perplexity", "base_perplexity_error", "created", "finished", "worked_s")
        found: dict[str, Any] = {name: str(values.get(name, "")) for name in plain}
        found |= {name: int(values.get(name, 0)) for name in counts}
        found |= {name: float(values.get(name, 0.0)) for name in numbers}
        return cls(
            rows=tuple(RunRow.from_dict(row) for row in values.get("rows", ())),
            options=RunOptions(**_known(RunOptions, values.get("options") or {})),
            state=RunState(values.get("state", RunState.DONE)),
            base_speed=Speed(**_known(Speed, speed)) if speed else None,
            error=str(values.get("error", "")),
            hint=str(values.get("hint", "")),
            machine=_texts(values.get("machine")),
            tools=_texts(values.get("tools")),
            imported=bool(values.get("imported", False)),
            **found,
        )


def _known(kind: type[Any], values: Any) -> dict[str, Any]:
    """The fields of ``kind`` in a mapping, each of the type of its default or a number. Raises TypeError."""
    if not isinstance(values, Mapping):
        raise TypeError("a mapping is expected")
    found = {f.name: values[f.name] for f in fields(kind) if f.name in values}
    if not all(isinstance(value, int | float) for value in found.values()):
        raise TypeError("numbers are expected")
    return found


def _texts(values: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in values.items()} if isinstance(values, Mapping) else {}
