"""Long work that a person can watch and cancel: imports, exports, re-keying, and later downloads and quantization."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.core.chat import new_id
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.progress import Progress, Report

log = logging.getLogger(__name__)

Work = Callable[[Report], Awaitable[Any]]


class JobState(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(QObject):
    """One piece of long work: its title, progress, and how it ended. ``work`` is an ``async def`` taking ``report``."""

    changed = Signal()

    def __init__(self, title: str, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.id = new_id()
        self.title = title
        self.state = JobState.RUNNING
        self.progress = Progress(0)
        self.error: SlmdeskError | None = None
        self.result: Any = None
        self._work = work
        self._task: asyncio.Task[Any] | None = None
        self.start()

    def start(self) -> None:
        """Begin, or begin again after a failure."""
        self.state, self.error, self.progress = JobState.RUNNING, None, Progress(0)
        self._task = asyncio.ensure_future(self._work(self._report))
        # The state is set in the callback: a job cancelled before its first step never runs its own code.
        self._task.add_done_callback(self._ended)
        self.changed.emit()

    def cancel(self) -> None:
        """Ask the work to end; it may take a moment to clean up."""
        if self._task is not None:
            self._task.cancel()

    async def wait(self) -> Any:
        """The work's result. Raises what the work raised."""
        assert self._task is not None
        return await asyncio.shield(self._task)

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        self.changed.emit()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            self.state = JobState.CANCELLED
        elif (error := task.exception()) is None:
            self.state, self.result = JobState.DONE, task.result()
        else:
            self.state = JobState.FAILED
            if isinstance(error, SlmdeskError):
                self.error = error
            else:
                log.error("job %s failed", self.title, exc_info=error)
                self.error = SlmdeskError(f"{self.title} failed: {error}", "Details are in the log.", repr(error))
        self.changed.emit()


class Jobs(QObject):
    """The list of jobs, newest last. Jobs that ended stay until they are cleared."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[Job] = []

    def __iter__(self) -> Any:
        return iter(tuple(self._jobs))

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def running(self) -> list[Job]:
        """The jobs that have not ended."""
        return [job for job in self._jobs if job.state is JobState.RUNNING]

    def start(self, title: str, work: Work) -> Job:
        """Start ``work`` as a job with a title that a person understands."""
        job = Job(title, work, self)
        self._jobs.append(job)
        job.changed.connect(self.changed)
        self.changed.emit()
        return job

    def clear(self) -> None:
        """Forget the jobs that have ended."""
        for job in self._jobs:
            if job.state is not JobState.RUNNING:
                job.deleteLater()
        self._jobs = self.running
        self.changed.emit()

    async def close(self) -> None:
        """Cancel what still runs and wait for it."""
        running = self.running
        for job in running:
            job.cancel()
        await asyncio.gather(*(job.wait() for job in running), return_exceptions=True)
