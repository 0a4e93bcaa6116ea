"""Verifying the chosen model: its checksum, a trial load and one sentence, as a job that can be watched."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from slmdesk.core.models import Model
from slmdesk.core.progress import Progress, Report
from slmdesk.services.jobs import Job, JobState
from slmdesk.ui.panes.models.view import Host, ModelsServices
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.safety_card import SafetyCard, Verified


class Verifying(QObject):
    """Starts verifications and shows the one of the chosen model."""

    def __init__(self, services: ModelsServices, host: Host, card: SafetyCard, parent: QObject) -> None:
        super().__init__(parent)
        self._service = services.verification
        self._jobs = services.jobs
        self._host = host
        self._card = card
        self._model: Model | None = None
        self._running: dict[str, Job] = {}
        card.verify_requested.connect(self.start)
        card.cancel_requested.connect(self._cancel)

    def possible(self, model: Model) -> bool:
        """Whether a model can be verified here at all."""
        return self._service is not None and bool(model.homes) and (model.offline or not model.problem)

    def show_model(self, model: Model) -> None:
        """Show the verification of a model."""
        self._model = model
        away = self.tr("The drive or folder it lies on is away.") if model.offline else ""
        self._card.set_can_verify(self.possible(model) and not away, away if self.possible(model) else "")
        self._card.show_stamp(None)
        self._show_progress()
        if self.possible(model):
            self._host.run(self._show_stamp(model))

    def start(self) -> None:
        """Verify the chosen model."""
        model = self._model
        if model is None or model.id in self._running or not self.possible(model):
            return

        service = self._service
        assert service is not None

        async def work(report: Report) -> Any:
            return await service.verify(model, report)

        job = self._jobs.start(self.tr("Verify {0}").format(model.name), work)
        self._running[model.id] = job
        job.changed.connect(lambda: self._on_job(model, job))
        self._show_progress()

    def _cancel(self) -> None:
        if self._model is not None and (job := self._running.get(self._model.id)) is not None:
            job.cancel()

    def _on_job(self, model: Model, job: Job) -> None:
        if job.state is not JobState.RUNNING:
            self._running.pop(model.id, None)
            if job.error is not None and self._model is not None and self._model.id == model.id:
                self._host.show_error(job.error)
            elif self._model is not None and self._model.id == model.id:
                self._host.run(self._show_stamp(self._model))
        self._show_progress()

    def _show_progress(self) -> None:
        job = self._running.get(self._model.id) if self._model is not None else None
        progress: Progress | None = job.progress if job is not None else None
        if progress is None:
            self._card.show_progress(None)
            return
        steps = {
            "header": self.tr("Reading the header"), "digest": self.tr("Computing the checksum"),
            "load": self.tr("Loading"), "sentence": self.tr("Writing one sentence"),
        }  # fmt: skip
        self._card.show_progress(progress.fraction or 0.0, steps.get(progress.text, self.tr("Verifying")))

    async def _show_stamp(self, model: Model) -> None:
        if self._service is None:
            return
        stamp = await self._service.stamp(model)
        if self._model is None or self._model.id != model.id:
            return
        if stamp is None:
            self._card.show_stamp(None)
            return
        headline = self.tr("Verified on {0}") if stamp.ok else self.tr("The verification of {0} found trouble")
        steps = tuple((step.ok, step.message) for step in stamp.steps if step.message)
        self._card.show_stamp(Verified(stamp.ok, headline.format(words.day(stamp.made)), steps))
