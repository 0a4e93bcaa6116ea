"""One scan at a time, and at most one after it for all who asked meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from slmdesk.core.progress import Progress, Report
from slmdesk.services.library.index import ScanResult

SHOW_EVERY = 0.5
"""Seconds between two times that what a running scan has found is shown."""


class Scanning:
    """The scan that runs now, if one does. ``tell`` gets its progress, and None at its end."""

    def __init__(
        self, scan: Callable[[Report], Awaitable[ScanResult]], tell: Callable[[Progress | None], None]
    ) -> None:
        self._scan = scan
        self._tell = tell
        self._task: asyncio.Task[ScanResult] | None = None
        self._waiting = 0
        self._reports: list[Report] = []
        self._show: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether a scan is under way."""
        return self._task is not None and not self._task.done()

    @property
    def tasks(self) -> list[asyncio.Task[object]]:
        """What is under way, to be waited for."""
        return [task for task in (self._task, self._show) if task is not None and not task.done()]

    async def wait(self, report: Report | None) -> ScanResult:
        """The result of a scan that began after this was called; those who ask while one runs share the next.

        Cancelling the last who waits cancels the scan.
        """
        before = self._task
        if before is not None and not before.done():
            await asyncio.wait([before])
        else:
            before = self._task = None
        if self._task is before:
            self._task = asyncio.ensure_future(self._run())
        task = self._task
        assert task is not None
        if report is not None:
            self._reports.append(report)
        self._waiting += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting -= 1
            if report is not None:
                self._reports.remove(report)
            if not self._waiting and not task.done():
                task.cancel()

    async def settled(self) -> None:
        """Wait until no scan runs."""
        for task in self.tasks:
            await asyncio.wait([task])

    def cancel(self) -> None:
        """End the running scan."""
        for task in self.tasks:
            task.cancel()

    def soon(self, show: Callable[[], Awaitable[None]]) -> None:
        """Call ``show`` in a moment, once for all who ask until then."""
        if self._show is None or self._show.done():
            self._show = asyncio.ensure_future(self._later(show))

    async def _later(self, show: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(SHOW_EVERY)
        await show()

    async def _run(self) -> ScanResult:
        try:
            return await self._scan(self._report)
        finally:
            if self._show is not None:
                self._show.cancel()
            with suppress(RuntimeError):  # the window's signal may be gone already
                self._tell(None)

    def _report(self, progress: Progress) -> None:
        self._tell(progress)
        for report in tuple(self._reports):
            report(progress)
