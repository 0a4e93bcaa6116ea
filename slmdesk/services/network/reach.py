"""The connection test, as its worker tells it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from slmdesk.core.network import Permit
from slmdesk.runtimes.process import Worker


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way to a host: "name", "connect", "proxy", "tls" or "answer"; ``detail`` says what was found."""

    name: str
    ok: bool
    detail: str
    seconds: float


OnStep = Callable[[Step], object]


@dataclass(frozen=True, slots=True)
class Way:
    """A way that was gone, with the bytes it cost."""

    steps: tuple[Step, ...]
    host: str
    port: int
    up: int
    down: int


async def walk(url: str, permit: Permit, stop: asyncio.Event, on_step: OnStep | None) -> Way:
    """Go the way to ``url`` in a worker that may reach nothing but what the permit names.

    Raises WorkerCrashed and RuntimeUnavailable like any worker.
    """
    steps: list[Step] = []
    end: dict[str, Any] = {}
    worker = await Worker.start("reach", allow_network=True, writable=[])
    try:
        async with aclosing(worker.request("test", stop=stop, url=url, permit=permit.args())) as events:
            async for event in events:
                if event.data is not None:
                    step = Step(**event.data["step"])
                    steps.append(step)
                    if on_step is not None:
                        on_step(step)
                end = event.done or end
    finally:
        await worker.close()
    return Way(tuple(steps), str(end["host"]), int(end["port"]), int(end["up"]), int(end["down"]))
