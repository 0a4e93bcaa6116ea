"""The list of jobs: title, progress, how each ended, with cancel and retry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, row


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as the list shows it: ``state`` is running, done, failed or cancelled; ``fraction`` 0..1 or None."""

    id: str
    title: str
    state: str
    fraction: float | None = None
    text: str = ""


class _Row(QFrame):
    """One job."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = label()
        self.text = label(kind="small", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.cancel = TextButton(self.tr("Cancel"), kind="ghost")
        self.retry = TextButton(self.tr("Retry"), kind="ghost")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(3)
        head = row(self.title)
        head.addStretch(1)
        head.addWidget(self.retry)
        head.addWidget(self.cancel)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addWidget(self.text)

    def show_job(self, job: JobRow) -> None:
        running, failed = job.state == "running", job.state == "failed"
        self.title.setText(job.title)
        self.cancel.setVisible(running)
        self.retry.setVisible(failed)
        self.bar.setVisible(running)
        self.bar.setRange(0, 100 if job.fraction is not None else 0)
        self.bar.setValue(round((job.fraction or 0) * 100))
        words = {"done": self.tr("Done"), "cancelled": self.tr("Cancelled")}
        self.text.setText(job.text or words.get(job.state, ""))
        self.text.setVisible(bool(self.text.text()))
        kind = "bad" if failed else "small"
        if self.text.property("kind") != kind:
            self.text.setProperty("kind", kind)
            self.text.style().polish(self.text)


class JobList(QWidget):
    """Every job since the start, newest first."""

    cancel_requested = Signal(str)
    retry_requested = Signal(str)
    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(340)
        self._rows: dict[str, _Row] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.empty = label(self.tr("Long work such as an import or an export shows up here."), "secondary", wrap=True)
        self.clear = TextButton(self.tr("Clear finished"), kind="ghost")
        self._layout.addWidget(self.empty)
        foot = row(1, self.clear)
        self._layout.addLayout(foot)
        self.clear.clicked.connect(self.clear_requested)
        self.clear.hide()

    def set_jobs(self, jobs: Sequence[JobRow]) -> None:
        """Show these jobs."""
        for job_id in [i for i in self._rows if i not in {job.id for job in jobs}]:
            self._rows.pop(job_id).deleteLater()
        for job in jobs:
            if job.id not in self._rows:
                widget = _Row(self)
                widget.cancel.clicked.connect(lambda _checked=False, i=job.id: self.cancel_requested.emit(i))
                widget.retry.clicked.connect(lambda _checked=False, i=job.id: self.retry_requested.emit(i))
                self._layout.insertWidget(0, widget)
                self._rows[job.id] = widget
            self._rows[job.id].show_job(job)
        self.empty.setVisible(not jobs)
        self.clear.setVisible(any(job.state != "running" for job in jobs))

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.setMinimumWidth(theme.px(340))
