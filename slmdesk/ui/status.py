"""What feeds the status bar: network, loaded models, hardware and jobs, with the two lists that open from it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject, QTimer

from slmdesk.services.hardware import Hardware, Sample
from slmdesk.services.jobs import Job, Jobs, JobState
from slmdesk.services.loaded_models import LoadedEntry, LoadedModels
from slmdesk.services.network import Network
from slmdesk.ui.network_status import NetworkStatus
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import Popover
from slmdesk.ui.widgets.job_list import JobList, JobRow
from slmdesk.ui.widgets.status_bar import LoadedChip, StatusBar

Run = Callable[[Coroutine[Any, Any, Any]], object]


class Status(QObject):
    """Keeps a :class:`StatusBar` up to date. ``run`` starts a coroutine and shows its error in the pane in sight."""

    def __init__(
        self, bar: StatusBar, *, network: Network, loaded_models: LoadedModels, hardware: Hardware, jobs: Jobs, run: Run
    ) -> None:  # fmt: skip
        super().__init__(bar)
        self._bar = bar
        self._loaded = loaded_models
        self._jobs = jobs
        self._run = run
        self._theme = Theme()
        self.network = NetworkStatus(bar, network, run)
        self._job_list = JobList()
        self._job_popover = Popover(bar, self.tr("Jobs"))
        self._job_popover.body.addWidget(self._job_list)
        self._coalesce = QTimer(self)  # a job may report hundreds of times a second
        self._coalesce.setSingleShot(True)
        self._coalesce.setInterval(100)
        self._coalesce.timeout.connect(self._show_jobs)
        bar.jobs_clicked.connect(self._open_jobs)
        bar.eject_requested.connect(lambda model_id: run(loaded_models.unload(model_id)))
        loaded_models.changed.connect(self._show_loaded)
        hardware.sampled.connect(self._show_sample)
        jobs.changed.connect(self._on_jobs_changed)  # a method: the jobs outlive the window
        self._job_list.cancel_requested.connect(lambda job_id: self._with_job(job_id, Job.cancel))
        self._job_list.retry_requested.connect(lambda job_id: self._with_job(job_id, Job.start))
        self._job_list.clear_requested.connect(jobs.clear)
        self._show_loaded()
        self._show_jobs()
        if hardware.last is not None:
            self._show_sample(hardware.last)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self._bar.set_theme(theme)
        self.network.set_theme(theme)
        self._job_list.set_theme(theme)

    def _show_loaded(self) -> None:
        self._bar.set_loaded([_chip(entry) for entry in self._loaded.list()])

    def _show_sample(self, sample: Sample) -> None:
        self._bar.set_sample(
            sample.cpu_percent, sample.ram_used, sample.ram_total, sample.vram_used, sample.vram_total
        )  # fmt: skip
        self._show_loaded()

    def _on_jobs_changed(self) -> None:
        if not self._coalesce.isActive():
            self._coalesce.start()

    def _show_jobs(self) -> None:
        running = self._jobs.running
        fractions = [job.progress.fraction for job in running]
        known = [f for f in fractions if f is not None]
        fraction = sum(known) / len(known) if known else None
        failed = sum(job.state is JobState.FAILED for job in self._jobs)
        self._bar.set_jobs(len(running), fraction, failed)
        self._job_list.set_jobs([_row(job) for job in self._jobs])

    def _open_jobs(self) -> None:
        self._show_jobs()
        self._job_popover.open_at(self._bar.jobs, above=True)

    def _with_job(self, job_id: str, act: Callable[[Job], None]) -> None:
        for job in self._jobs:
            if job.id == job_id:
                act(job)


def _chip(entry: LoadedEntry) -> LoadedChip:
    model = entry.model
    detail = " · ".join(part for part in (model.quantization, model.runtime) if part)
    return LoadedChip(model.id, model.name, detail, entry.memory_bytes)


def _row(job: Job) -> JobRow:
    text = str(job.error) if job.error is not None else job.progress.text
    return JobRow(job.id, job.title, job.state.value, job.progress.fraction, text)
