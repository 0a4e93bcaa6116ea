"""What a model will take of the memory: its file's header, read once, and the forecast for given options."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import psutil

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.gguf import read_header
from slmdesk.core.gguf_header import Header
from slmdesk.core.memory import estimate, fitting_context
from slmdesk.core.models import Model, ModelFormat
from slmdesk.ui.widgets.memory_bar import MemoryNeed


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model's file says of itself; 0 and None where it cannot be read."""

    header: Header | None = None
    file_size: int = 0

    @property
    def context_length(self) -> int:
        """The trained context in tokens."""
        return self.header.context_length if self.header else 0

    @property
    def layers(self) -> int:
        """How many layers can go to a graphics card: the blocks and the output."""
        return self.header.block_count + 1 if self.header else 0


class MemoryForecast:
    """Reads headers in a thread and remembers them."""

    def __init__(self) -> None:
        self._known: dict[str, Facts] = {}

    async def read(self, model: Model) -> Facts:
        """The facts of a model; a file that cannot be read gives empty ones (loading it tells why)."""
        if model.id not in self._known:
            self._known[model.id] = await asyncio.to_thread(_read, model)
        return self._known[model.id]

    def known(self, model: Model) -> Facts | None:
        """The facts if they were read before."""
        return self._known.get(model.id)

    def need(self, facts: Facts, options: LoadOptions, measured: int) -> MemoryNeed | None:
        """The forecast, with what is free now; ``measured`` is 0 while the model is not loaded."""
        if facts.header is None:
            return None
        need = estimate(facts.header, options, facts.file_size)
        available = psutil.virtual_memory().available
        less = fitting_context(need, available)
        return MemoryNeed(need.weights, need.kv, need.compute + need.overhead, available, measured, less)


def _read(model: Model) -> Facts:
    if model.format is not ModelFormat.GGUF:
        return Facts()
    try:
        size = model.path.stat().st_size
        with model.path.open("rb") as stream:
            return Facts(read_header(stream, size, name=model.name), model.size or size)
    except (OSError, SlmdeskError):
        return Facts()
