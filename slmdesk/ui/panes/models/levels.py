"""How the library's models fit this machine: at once for those in sight, behind the scenes for all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from slmdesk.core.chat import LoadOptions
from slmdesk.core.fit import Fit, FitLevel
from slmdesk.core.models import Model
from slmdesk.services.fit import Fits
from slmdesk.ui.panes.models.view import Host
from slmdesk.ui.widgets.models import words

AT_ONCE = 200
"""So many models are judged without letting the window draw in between."""
SLICE_S = 0.004
PAUSE_S = 0.004


class Levels(QObject):
    """The judgements that are known, until they may no longer hold. ``completed``: those that were asked for are."""

    completed = Signal()

    def __init__(self, fits: Fits | None, host: Host, options: Callable[[Model], LoadOptions], parent: QObject) -> None:
        super().__init__(parent)
        self._fits = fits
        self._host = host
        self._options = options
        self._known: dict[str, FitLevel | None] = {}
        self._task: asyncio.Task[None] | None = None

    def forget(self) -> None:
        """What was known may no longer hold."""
        self._known.clear()

    def level(self, model: Model) -> FitLevel | None:
        """How a model fits; None where that cannot be said."""
        if model.id not in self._known:
            judged = self._fits is not None and not model.problem
            options = self._options(model)
            self._known[model.id] = self._fits.level(model, options) if judged and self._fits is not None else None
        return self._known[model.id]

    def fit(self, model: Model) -> Fit | None:
        """The whole judgement of one model."""
        return self._fits.fit(model, self._options(model)) if self._fits is not None and not model.problem else None

    def remark(self, model: Model) -> words.Remark:
        """The fit pill of a model, without its numbers where they are not needed for its words."""
        level = self.level(model)
        if level is None:
            return words.NONE
        if level is FitLevel.SLOW and self._fits is not None and self._fits.room(model).all_vram:
            fit = self.fit(model)
            return words.fit_remark(fit) if fit is not None else words.NONE
        return words.level_remark(level)

    def tip(self, model: Model) -> str:
        """The numbers behind the pill."""
        fit = self.fit(model)
        return words.fit_numbers(fit) if fit is not None else ""

    def runs_as(self, wanted: str, model: Model) -> bool:
        """Whether a model is of a level, or with "runs" of any but the last; one not judged yet is not."""
        level = self._known.get(model.id)
        return level not in (None, FitLevel.TOO_BIG) if wanted == "runs" else level == wanted

    def order(self, models: Sequence[Model]) -> list[int] | None:
        """Each model's place in the order of fitting; None while they are not all judged."""
        if not self.ready(models):
            return None
        places = {level: place for place, level in enumerate(FitLevel)}
        levels = (self.level(model) for model in models)
        return [len(places) if level is None else places[level] for level in levels]

    def ready(self, models: Sequence[Model]) -> bool:
        """Whether all models are judged, or can be in a moment; if not it is begun, and ``completed`` tells its end."""
        open_ = [model for model in models if model.id not in self._known]
        if len(open_) <= AT_ONCE:
            for model in open_:
                self.level(model)
            return True
        if self._task is None or self._task.done():
            self._task = self._host.run(self._judge(open_))
        return False

    async def _judge(self, models: Sequence[Model]) -> None:
        until = time.monotonic() + SLICE_S
        for model in models:
            self.level(model)
            if time.monotonic() > until:
                await asyncio.sleep(PAUSE_S)
                until = time.monotonic() + SLICE_S
        self._task = None
        self.completed.emit()
