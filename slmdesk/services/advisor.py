"""The advisor: the models to take on this machine, and what it can run at all, asked of the judge of fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from slmdesk.core import advisor
from slmdesk.core.advisor import CARD_QUANTIZATIONS, CLASSES, ClassRow, Entry, Precision, Reason, Version
from slmdesk.core.fit import Fit, FitLevel
from slmdesk.core.models import Model, ParameterClass
from slmdesk.core.quantizations import LADDER
from slmdesk.core.shape import ModelShape
from slmdesk.core.shape_config import requantized, shape_of_size
from slmdesk.services.fit import Fits

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommended model: the catalog's entry and the version to take, the runtime for it, and why.

    ``model_id`` names it on this machine; empty where it has to be fetched.
    """

    entry: Entry
    variant: Version
    runtime: str
    fit: Fit
    reasons: tuple[Reason, ...]
    model_id: str = ""
    score: float = 0.0


class Advisor:
    """Says which models suit this machine. Every answer is made anew, from what is free and measured now."""

    USES = advisor.USES
    PRIORITIES = advisor.PRIORITIES

    def __init__(
        self,
        fits: Fits,
        entries: Callable[[], Sequence[Entry]],
        models: Callable[[], Sequence[Model]],
        ready: Callable[[], Collection[str]],
    ) -> None:
        self._fits = fits
        self._entries = entries
        self._models = models
        self._ready = ready
        self._shapes: dict[tuple[str, str, int], ModelShape | None] = {}

    def advise(self, use: str = "chat", priority: str = "balanced") -> list[Advice]:
        """The models for a use, the best first: of each the one version that suits this machine best."""
        runtime, why = self._framework()
        found = [
            advice
            for entry in self._entries()
            if advisor.suits(entry, use) and (advice := self._best(entry, use, priority, runtime, why)) is not None
        ]
        return sorted(found, key=lambda advice: -advice.score)

    def strongest(self) -> Advice | None:
        """The best model for everyday use here that is not on this machine yet; None where none fits better."""
        return next((advice for advice in self.advise() if not advice.model_id), None)

    def what_runs(self) -> list[ClassRow]:
        """The class card: for each size class the memory of a typical model, and how it fits."""
        rows = []
        for size_class, range_, parameters, examples in CLASSES:
            needs = []
            for quantization in CARD_QUANTIZATIONS:
                fit = self._fits.fit(shape_of_size(parameters, quantization=quantization))
                if fit is not None:
                    needs.append((quantization, fit.need.total, fit.level))
            named = self._examples(size_class) or examples
            rows.append(ClassRow(size_class, range_, parameters, tuple(needs), named))
        return rows

    def precision(self, shape: ModelShape, priority: str = "balanced") -> Precision:
        """The quantization to make of a model, of those that fit into the memory that is free."""
        fits = [(label, self._fits.fit(requantized(shape, label))) for label in LADDER]
        return advisor.precision([(label, fit) for label, fit in fits if fit is not None], priority)

    def _examples(self, size_class: ParameterClass) -> tuple[str, ...]:
        names = [e.name for e in self._entries() if ParameterClass.of(e.parameters) is size_class]
        return tuple(names[:EXAMPLES])

    def _framework(self) -> tuple[str, Reason]:
        machine = self._fits.machine
        vendors = {gpu.vendor for gpu in machine.gpus} | ({"NPU"} if machine.npu else set())
        return advisor.framework(vendors, machine.system, self._ready())

    def _best(self, entry: Entry, use: str, priority: str, runtime: str, why: Reason) -> Advice | None:
        """The version of one model that is worth most, of those that fit."""
        best: Advice | None = None
        for variant in entry.variants:
            fit = self._fits.fit_remote(
                entry.parameters,
                variant.quantization,
                variant.size,
                active_parameters=entry.active_parameters,
                context_length=entry.context_length,
                shape=self._shape(entry, variant),
            )
            if fit is None or fit.level is FitLevel.TOO_BIG:
                continue
            rated = advisor.rate(entry, variant, fit, use, priority)
            if best is None or rated.score > best.score:
                model_id = self._here(entry, variant)
                reasons = (*rated.reasons, why)
                best = Advice(entry, variant, runtime, fit, reasons, model_id, rated.score)
        return best

    def _shape(self, entry: Entry, variant: Version) -> ModelShape | None:
        """The shape of one version, made once; an entry does not change while the program runs."""
        key = (entry.id, variant.quantization, variant.size)
        if key not in self._shapes:
            shape = entry.shape()
            self._shapes[key] = requantized(shape, variant.quantization, variant.size) if shape is not None else None
        return self._shapes[key]

    def _here(self, entry: Entry, variant: Version) -> str:
        """The id of this version on this machine: the same size of model, file and quantization."""
        for model in self._models():
            same = model.quantization.upper() == variant.quantization.upper() and not model.problem
            if same and abs(model.size - variant.size) <= 0.01 * variant.size and _near(model, entry):
                return model.id
        return ""


def _near(model: Model, entry: Entry) -> bool:
    return abs(model.parameters - entry.parameters) <= 0.02 * entry.parameters
