"""Fills the details of the chosen model, and does what is asked for there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.fit import Remedy
from slmdesk.core.models import Model
from slmdesk.services.jobs import JobState
from slmdesk.ui.panes.models.changes import Changes
from slmdesk.ui.panes.models.levels import Levels
from slmdesk.ui.panes.models.loads import Loads
from slmdesk.ui.panes.models.siblings import siblings
from slmdesk.ui.panes.models.verifying import Verifying
from slmdesk.ui.panes.models.view import Host, ModelsServices
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.details import Action, ModelDetails
from slmdesk.ui.widgets.models.items import NOT_LOADED, LoadState


class Chosen(QObject):
    """The model whose details are shown. ``closed``: a person wants to see no details any more."""

    chat_requested = Signal(str)
    model_requested = Signal(str)
    closed = Signal()

    def __init__(
        self, services: ModelsServices, host: Host, details: ModelDetails, loads: Loads, levels: Levels,
        changes: Changes, parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._services = services
        self._library = services.library
        self._host = host
        self._details = details
        self._loads = loads
        self._levels = levels
        self._changes = changes
        self._model: Model | None = None
        self._reading: asyncio.Task[Any] | None = None
        self.verifying = Verifying(services, host, details.safety, self)
        details.action_requested.connect(self.act)
        details.model_requested.connect(self.model_requested)
        details.metadata_requested.connect(self._read_metadata)
        details.fit.remedy_chosen.connect(self._on_remedy)
        details.fit.measure_requested.connect(self._measure)
        details.homes.reveal_requested.connect(changes.reveal)
        details.homes.delete_requested.connect(self._on_delete_home)
        details.notes.tags_changed.connect(lambda tags: self._keep(changes.set_tags, tags))
        details.notes.note_changed.connect(lambda text: self._keep(changes.set_note, text))

    # --- what is shown ------------------------------------------------------------------------------------------

    @property
    def model(self) -> Model | None:
        """The chosen model."""
        return self._model

    def show_model(self, model_id: str) -> None:
        """Show a model; an empty id shows none."""
        self._details.notes.keep()  # what was typed belongs to the model before
        if self._reading is not None:
            self._reading.cancel()
        self._model = self._library.get(model_id) if model_id else None
        if self._model is None:
            return
        self._details.all_fields.set_open(False)
        self._details.verticalScrollBar().setValue(0)
        self._show(self._model)
        self._details.safety.show_findings(self._model.verdict, None)
        self.verifying.show_model(self._model)
        self._reading = self._host.run(self._read(self._model))

    def refresh(self) -> None:
        """Show what has changed of the chosen model."""
        before = self._model
        if before is None:
            return
        now = self._library.get(before.id)
        if now is None or now == before:
            self._show_siblings(before)
            return
        self._model = now
        if not self._details.notes.writing:
            self._show(now)
            self.verifying.show_model(now)
        if (now.size, now.verdict, now.path) != (before.size, before.verdict, before.path):
            self._reading = self._host.run(self._read(now))

    def _show(self, model: Model) -> None:
        self._details.show_model(model)
        self._details.set_actions(self.actions(model))
        self._show_siblings(model)
        self.refresh_fit()

    def _show_siblings(self, model: Model) -> None:
        others = siblings(model, self._library.entries())
        self._details.show_quantizations([(m, self._levels.remark(m)) for m in others])

    def refresh_fit(self) -> None:
        """Judge anew whether the chosen model runs here."""
        model, card = self._model, self._details.fit
        if model is None:
            return
        fit = None if model.offline else self._levels.fit(model)
        card.setVisible(fit is not None)
        card.show_fit(fit, words.fit_remark(fit) if fit is not None else words.NONE)

    def show_states(self, states: Mapping[str, LoadState]) -> None:
        """Whether the chosen model is in memory."""
        if self._model is not None:
            self._details.show_state(states.get(self._model.id, NOT_LOADED))

    async def _read(self, model: Model) -> None:
        """What only the file's header tells: facts for the grid, and what the safety check found."""
        details = self._details
        try:
            facts = await self._library.facts(model.id)
            findings = await self._library.findings(model.id)
        except SlmdeskError as error:
            if model is self._model:
                details.safety.show_findings(model.verdict, ())
                details.facts.show_facts(model, None)
                self._host.show_error(error)
            return
        if self._model is not None and self._model.id == model.id:
            details.facts.show_facts(self._model, facts)
            details.safety.show_findings(self._model.verdict, findings)

    def _read_metadata(self) -> None:
        if self._model is not None:
            self._details.metadata.show_reading()
            self._host.run(self._show_metadata(self._model))

    async def _show_metadata(self, model: Model) -> None:
        shown = self._details.metadata
        try:
            metadata = await self._library.metadata(model.id)
        except SlmdeskError as error:
            if self._model is not None and self._model.id == model.id:
                shown.show_problem(str(error))
            return
        if self._model is not None and self._model.id == model.id:
            shown.show_metadata(metadata)

    # --- what is asked for --------------------------------------------------------------------------------------

    def first_actions(self, model: Model) -> list[Action]:
        """What the row's menu offers above the rest."""
        if model.problem or model.offline:
            return []
        state = self._loads.states().get(model.id, NOT_LOADED)
        load = Action("load", self.tr("Load"))
        if state.fraction is not None:
            load = Action("cancel", self.tr("Cancel the load"))
        elif state.loaded:
            load = Action("unload", self.tr("Unload"))
        return [Action("chat", self.tr("Chat")), load, Action("", "")]

    def actions(self, model: Model) -> list[Action]:
        """What the menu offers."""
        away = self.tr("The drive or folder it lies on is away.") if model.offline else ""
        owned = [home for home in model.homes if home.owned and not home.offline]
        why_not = ""
        if model.starter:
            why_not = self.tr("The starter belongs to SLMDesk.")
        elif not owned:
            why_not = away or self.tr("It lies in a folder that SLMDesk does not change.")
        found = [
            Action("rename", self.tr("Rename")),
            Action("reveal", self.tr("Show in folder"), away),
            Action("copy", self.tr("Copy path")),
        ]
        if self.verifying.possible(model):
            found.append(Action("verify", self.tr("Verify"), away))
        if self._services.bundles is not None:
            found.append(Action("bundle", self.tr("Export as a bundle"), away))
        return [*found, Action("", ""), Action("delete", self.tr("Delete"), why_not)]

    def act(self, key: str) -> None:
        """Do what was clicked."""
        model = self._model
        if key == "close" or model is None:
            self.closed.emit()
            return
        changes, loads = self._changes, self._loads
        actions: dict[str, Callable[[], object]] = {
            "chat": lambda: self.chat_requested.emit(model.id),
            "load": lambda: loads.start(model.id),
            "unload": lambda: loads.unload(model.id),
            "cancel": lambda: loads.cancel(model.id),
            "rename": lambda: changes.ask_name(model.id),
            "reveal": lambda: changes.reveal(model.path),
            "copy": lambda: changes.copy_path(model.path),
            "verify": self.verifying.start,
            "bundle": lambda: changes.ask_export(model),
            "delete": lambda: changes.delete(model.id),
        }
        actions[key]()

    def _on_remedy(self, remedy: Remedy) -> None:
        if self._model is not None:
            self._loads.help(self._model.id, remedy)

    def _measure(self) -> None:
        fits = self._services.fits
        if fits is not None:
            self._details.fit.measure.setEnabled(False)
            job = self._services.jobs.start(self.tr("Measure this computer"), fits.measure_machine)
            job.changed.connect(lambda: self._details.fit.measure.setEnabled(job.state is not JobState.RUNNING))

    def _on_delete_home(self, path: Any) -> None:
        if self._model is not None:
            self._changes.delete(self._model.id, path)

    def _keep(self, change: Any, value: Any) -> None:
        if self._model is not None:
            change(self._model.id, value)
