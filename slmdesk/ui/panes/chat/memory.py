"""What a model will take of the memory with given options, as the chat's inspector and picker show it."""

from __future__ import annotations

from slmdesk.core.chat import LoadOptions
from slmdesk.core.fit import FitLevel
from slmdesk.core.models import Model
from slmdesk.services.fit import Fits
from slmdesk.ui.widgets.memory_bar import MemoryNeed
from slmdesk.ui.widgets.models.words import fit_label

_TONES = {FitLevel.FITS: "good", FitLevel.LESS_CONTEXT: "warn", FitLevel.SLOW: "warn", FitLevel.TOO_BIG: "bad"}


class MemoryForecast:
    """Asks the judge of fits; without one there is no forecast."""

    def __init__(self, fits: Fits | None) -> None:
        self._fits = fits

    def limits(self, model: Model) -> tuple[int, int]:
        """The trained context in tokens, and how many layers can go to a graphics card; 0 where it is not known."""
        shape = self._fits.shape(model) if self._fits is not None else None
        if shape is None:
            return model.context_length, 0
        return shape.context_length or model.context_length, shape.layers + 1 if shape.layers else 0

    def need(self, model: Model, options: LoadOptions, measured: int) -> MemoryNeed | None:
        """The forecast, with what is free now; ``measured`` is 0 while the model is not loaded."""
        fit = self._fits.fit(model, options) if self._fits is not None else None
        if fit is None:
            return None
        need = fit.need
        less = fit.fitting_context if fit.level is FitLevel.LESS_CONTEXT else 0
        free = fit.free + fit.vram_free
        return MemoryNeed(need.weights, need.kv, need.total - need.weights - need.kv, free, measured, less)

    def pill(self, model: Model, options: LoadOptions) -> tuple[str, str]:
        """How a model fits, as words and tone; empty where that is not known."""
        level = self._fits.level(model, options) if self._fits is not None else None
        return (fit_label(level), _TONES[level]) if level is not None else ("", "")
