"""How busy the machine is: processor, memory and, where it tells, the graphics card."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import psutil
from PySide6.QtCore import QObject, Signal

from slmdesk.services.network import Network

INTERVAL_S = 2.0
FIRST_S = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading. Percent over all cores, memory in bytes; VRAM is None where no reading is to be had."""

    cpu_percent: float
    ram_used: int
    ram_total: int
    vram_used: int | None = None
    vram_total: int | None = None


class Hardware(QObject):
    """A reading every two seconds, while it is running."""

    sampled = Signal(object)

    def __init__(self, network: Network, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._network = network
        self._task: asyncio.Task[None] | None = None
        self.last: Sample | None = None

    def start(self) -> None:
        """Begin to read."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    async def close(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        psutil.cpu_percent(None)  # the first call only sets the mark that the next one measures from
        await asyncio.sleep(FIRST_S)
        while True:
            self.last = read()  # under a millisecond; psutil keeps the mark of the last reading per thread
            self.sampled.emit(self.last)
            await self._network.refresh()
            await asyncio.sleep(INTERVAL_S)


def read() -> Sample:
    """One reading now; the processor's load is since the last call."""
    memory = psutil.virtual_memory()
    return Sample(psutil.cpu_percent(None), memory.total - memory.available, memory.total)
