"""Workers on the loop that the window runs on."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest
import qasync
from PySide6.QtCore import QCoreApplication

from slmdesk.core.errors import WorkerCrashed
from slmdesk.runtimes.process import Worker


def on_qt_loop(main: Callable[[], Awaitable[Any]]) -> Any:
    application = QCoreApplication.instance() or QCoreApplication([])
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main())
    finally:
        loop.close()
        asyncio.set_event_loop(None)
        gc.collect()  # an unclosed transport would warn here


def test_a_worker_answers_stops_and_crashes_under_qasync(qapp: object) -> None:
    async def main() -> None:
        worker = await Worker.start("echo")
        messages = [{"role": "user", "content": "one two three"}]
        text = "".join([e.text async for e in worker.request("chat", messages=messages, sampling={})])
        assert text == "one two three"
        async with aclosing(worker.request("chat", messages=messages, sampling={}, delay_ms=500)) as events:
            assert (await anext(events)).text == "one"
        assert (await worker.call("count", text="a b"))["tokens"] == 2
        with pytest.raises(WorkerCrashed, match="SIGABRT"):
            await worker.call("crash", how="abort")
        again = await Worker.start("echo")
        hanging = asyncio.ensure_future(again.call("hang"))
        await asyncio.sleep(0.05)
        await again.close()
        with pytest.raises(WorkerCrashed, match="unloaded"):
            await hanging

    on_qt_loop(main)
