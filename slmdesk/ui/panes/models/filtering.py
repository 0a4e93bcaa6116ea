"""The filter bar's words and the library's search: what can be chosen, and what a choice asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QCoreApplication

from slmdesk.core.fit import FitLevel
from slmdesk.core.models import Ability, Model, ModelFormat, ParameterClass
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.filter_bar import Filters

_PLAIN = ("family", "quantization", "runtime", "store", "tag")
_LEVELS = (FitLevel.FITS, FitLevel.LESS_CONTEXT, FitLevel.SLOW, FitLevel.TOO_BIG)


def query_of(filters: Filters, runs_as: Callable[[str, Model], bool]) -> dict[str, Any]:
    """The filters as the library's search takes them."""
    query: dict[str, Any] = {name: value for name, value in filters.chosen.items() if name in _PLAIN}
    if filters.parameter_class:
        query["parameter_class"] = ParameterClass(filters.parameter_class)
    if filters.format:
        query["format"] = ModelFormat(filters.format)
    if filters.ability:
        query["ability"] = Ability(filters.ability)
    if filters.fit:
        query["fits"] = partial(runs_as, filters.fit)
    return query


def choices_of(models: Sequence[Model], *, judged: bool) -> dict[str, list[tuple[str, str]]]:
    """The values that occur, each filter's in its own order; ``judged``: how the models fit can be said."""
    classes = {m.parameter_class for m in models if m.parameters}
    abilities = {a for m in models for a in m.abilities}
    formats = {m.format for m in models}
    stores = sorted({home.store for m in models for home in m.homes})
    all_that_run = QCoreApplication.translate("Models", "All that run")
    fits = [("runs", all_that_run), *((level.value, words.fit_label(level)) for level in _LEVELS)]
    return {
        "fit": fits if judged else [],
        "parameter_class": [(c.value, words.class_name(c)) for c in ParameterClass if c in classes],
        "family": _plain({m.family for m in models}),
        "quantization": _plain({m.quantization for m in models}),
        "ability": [(a.value, words.ability_name(a)) for a in Ability if a in abilities],
        "format": [(f.value, words.format_name(f)) for f in ModelFormat if f in formats],
        "runtime": _plain({m.runtime for m in models}),
        "store": [(key, words.store_name(key)) for key in stores],
        "tag": _plain({tag for m in models for tag in m.tags}),
    }


def _plain(values: set[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in sorted(values - {""}, key=str.casefold)]
