"""Searching and sorting the library in memory, fast enough for every keystroke."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slmdesk.core.models import Ability, Model, ModelFormat, ParameterClass

SORTS: Mapping[str, Callable[[Model], Any]] = {
    "name": lambda m: m.name.casefold(),
    "publisher": lambda m: m.publisher.casefold(),
    "family": lambda m: m.family.casefold(),
    "size": lambda m: m.size,
    "parameters": lambda m: m.parameters,
    "quantization": lambda m: m.quantization,
    "bits": lambda m: m.bits_per_weight,
    "context": lambda m: m.context_length,
    "format": lambda m: m.format.value,
    "added": lambda m: m.added,
}
"""What the library can be sorted by."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. Every word of ``text`` must occur; an empty or None field asks for nothing."""

    text: str = ""
    family: str = ""
    parameter_class: ParameterClass | None = None
    format: ModelFormat | None = None
    quantization: str = ""
    runtime: str = ""
    ability: Ability | None = None
    fits: Callable[[Model], bool] | None = None
    store: str = ""
    tag: str = ""

    def tests(self) -> list[Callable[[Model], bool]]:
        """What a model must pass, the cheapest first; ``text`` is not among them."""
        tests: list[Callable[[Model], bool]] = []
        for name in ("format", "runtime", "family", "quantization"):
            wanted = getattr(self, name)
            if wanted:
                tests.append(_equal(name, wanted))
        if (ability := self.ability) is not None:
            tests.append(lambda m: ability in m.abilities)
        if self.tag:
            tests.append(lambda m: self.tag in m.tags)
        if self.store:
            tests.append(lambda m: any(home.store == self.store for home in m.homes))
        if self.parameter_class is not None:
            tests.append(lambda m: bool(m.parameters) and m.parameter_class is self.parameter_class)
        if self.fits is not None:
            tests.append(self.fits)
        return tests


def _equal(name: str, wanted: Any) -> Callable[[Model], bool]:
    small = str(wanted).casefold()
    return lambda m: str(getattr(m, name)).casefold() == small


def words_of(model: Model) -> str:
    """The text of a model that is searched."""
    parts = [model.name, model.family, model.publisher, model.architecture, model.quantization, model.format.value]
    parts += [model.note, *model.tags, *(home.path.name for home in model.homes)]
    return "\n".join(parts).casefold()


class Search:
    """Finds models. Their texts are made once and kept as long as a model stays the same."""

    def __init__(self) -> None:
        self._words: dict[str, tuple[Model, str]] = {}

    def remember(self, models: Iterable[Model]) -> None:
        """Make the texts of these models, and forget all others'."""
        known = self._words
        fresh = {}
        for model in models:
            before = known.get(model.id)
            fresh[model.id] = before if before is not None and before[0] is model else (model, words_of(model))
        self._words = fresh

    def find(self, query: Query, sort: str = "name", *, descending: bool = False) -> list[Model]:
        """The models that ``query`` asks for, in order. Raises KeyError for a sort that there is not."""
        wanted = query.text.casefold().split()
        tests = query.tests()
        found = [
            model
            for model, words in self._words.values()
            if all(word in words for word in wanted) and all(test(model) for test in tests)
        ]
        found.sort(key=SORTS["name"])
        if sort != "name" or descending:
            found.sort(key=SORTS[sort], reverse=descending)
        return found
