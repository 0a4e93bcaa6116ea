"""The columns of the table of models: what each says of a model, and what it is sorted by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication

from slmdesk.core.models import Model, ParameterClass
from slmdesk.ui import format as fmt
from slmdesk.ui.widgets.models import words


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``width`` is in pixels at 100 %; the smaller ``rank``, the longer it stays when room gets scarce.

    ``text`` and ``sort_key`` are of a model; ``number``: the text is set to the right.
    """

    key: str
    title: str
    width: int
    rank: int
    text: Callable[[Model], str]
    sort_key: Callable[[Model], Any]
    number: bool = False
    wanted: bool = True
    """Whether it is shown as long as a person has not chosen."""


_CLASSES = {value: place for place, value in enumerate(ParameterClass)}


def _class_place(model: Model) -> int:
    return _CLASSES[model.parameter_class] if model.parameters else -1


def columns(where: Callable[[Model], str]) -> tuple[Column, ...]:
    """Every column, in the order in which they are offered; the first is the name, the one that takes what is left.

    ``where`` says in a word or two where a model lies.
    """

    def tr(text: str) -> str:
        return QCoreApplication.translate("Models", text)

    def folded(read: Callable[[Model], str]) -> Callable[[Model], tuple[bool, str]]:
        """Sorts by a text without regard to case, models without one last."""
        return lambda m: (not (text := read(m)), text.casefold())

    plain: tuple[tuple[str, str, int, int, Callable[[Model], str], bool], ...] = (
        ("publisher", tr("Publisher"), 120, 12, lambda m: m.publisher, False),
        ("family", tr("Family"), 100, 13, lambda m: m.family, False),
        ("quantization", tr("Quantization"), 96, 3, lambda m: m.quantization, True),
        ("abilities", tr("Abilities"), 130, 7, lambda m: words.abilities_of(m.abilities), True),
        ("licence", tr("Licence"), 110, 10, lambda m: m.licence, False),
        ("format", tr("Format"), 86, 11, lambda m: words.format_name(m.format), False),
        ("architecture", tr("Architecture"), 110, 15, lambda m: m.architecture, False),
        ("runtime", tr("Runtime"), 90, 14, lambda m: m.runtime, False),
        ("where", tr("Where"), 120, 8, where, True),
        ("tags", tr("Tags"), 120, 9, lambda m: ", ".join(m.tags), False),
    )
    texts = {
        key: Column(key, title, width, rank, text, folded(text), wanted=wanted)
        for key, title, width, rank, text, wanted in plain
    }
    name = Column("name", tr("Name"), 210, 0, lambda m: m.name, lambda m: words.short_name(m).casefold())
    fit = Column("fit", tr("Runs here"), 158, 1, lambda _m: "", lambda _m: 0)
    numbers = (
        Column("parameters", tr("Parameters"), 96, 4, lambda m: fmt.parameters(m.parameters), lambda m: m.parameters,
               number=True),
        Column("class", tr("Class"), 92, 6, words.class_of, _class_place),
        Column("size", tr("Size"), 80, 2, lambda m: fmt.disk_size(m.size) if m.size else "", lambda m: m.size,
               number=True),
        Column("bits", tr("Bits per weight"), 110, 16, lambda m: words.bits(m.bits_per_weight),
               lambda m: m.bits_per_weight, number=True, wanted=False),
        Column("context", tr("Context"), 86, 5, lambda m: fmt.count(m.context_length) if m.context_length else "",
               lambda m: m.context_length, number=True),
        Column("added", tr("Added"), 100, 17, lambda m: words.day(m.added), lambda m: m.added, wanted=False),
    )  # fmt: skip
    found = texts | {column.key: column for column in (name, fit, *numbers)}
    order = (
        *("name", "publisher", "family", "parameters", "class", "quantization", "bits", "size", "fit", "context"),
        *("abilities", "licence", "format", "architecture", "runtime", "where", "tags", "added"),
    )
    return tuple(found[key] for key in order)
