"""A real worker process with the echo engine: asked, cancelled, broken in every way, and ended."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import pytest

from slmdesk.core.errors import LoadError, SlmdeskError, WorkerCrashed
from slmdesk.core.progress import Progress
from slmdesk.runtimes import process
from slmdesk.runtimes.process import Worker

LONG = " ".join(["word"] * 500)


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    started = await Worker.start("echo")
    yield started
    await started.close()


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


async def answer(worker: Worker, text: str, **args: Any) -> tuple[str, dict[str, Any]]:
    parts = []
    async for event in worker.request("chat", messages=said(text), sampling={}, **args):
        parts.append(event.text)
        if event.done is not None:
            return "".join(parts), event.done
    raise AssertionError


async def crash_of(waiting: Awaitable[Any]) -> WorkerCrashed:
    with pytest.raises(WorkerCrashed) as caught:
        await asyncio.wait_for(waiting, 5)
    return caught.value


async def test_a_worker_greets_answers_and_ends(worker: Worker) -> None:
    assert worker.alive
    assert psutil.pid_exists(worker.pid)
    text, done = await answer(worker, "one two three")
    assert text == "one two three"
    assert done["finish_reason"] == "stop"
    assert done["timings"]["completion_tokens"] == 3
    await worker.close()
    await worker.close()
    assert not psutil.pid_exists(worker.pid)
    assert "unloaded" in str(await crash_of(worker.call("info")))


async def test_load_reports_progress(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"x")
    seen: list[Progress] = []
    done = await worker.call(
        "load", path=str(tmp_path / "model"), options={"context_length": 64}, steps=4, step_ms=40, report=seen.append
    )
    assert done["context_length"] == 64
    assert [p.fraction for p in seen] == [0.25, 0.5, 0.75, 1.0]


async def test_a_cancelled_load_is_seen_while_it_runs(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"x")
    started = time.monotonic()
    async with aclosing(worker.request("load", path=str(tmp_path / "model"), steps=500, step_ms=20)) as events:
        async for event in events:
            assert event.progress
            break
    assert (await worker.call("count", text="a b"))["tokens"] == 2
    assert time.monotonic() - started < 5  # all of it would take 10 s


async def test_an_error_keeps_its_kind_message_and_hint(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")
    with pytest.raises(LoadError, match="model is empty") as caught:
        await worker.call("load", path=str(tmp_path / "model"))
    assert caught.value.hint == "Download it again."
    with pytest.raises(SlmdeskError, match="does not know the operation nonsense"):
        await worker.call("nonsense")


async def test_a_bug_in_an_engine_is_told_with_its_traceback(worker: Worker) -> None:
    with pytest.raises(SlmdeskError) as caught:
        await worker.call("count", wrong="argument")
    assert "KeyError" in caught.value.details
    assert (await worker.call("count", text="a"))["tokens"] == 1


async def test_a_bug_in_a_step_ends_the_open_requests_only(worker: Worker) -> None:
    other = asyncio.create_task(answer(worker, LONG, delay_ms=50))
    await worker.call("count", text="")  # the other one has been sent
    with pytest.raises(SlmdeskError) as caught:
        await answer(worker, "/bug here")
    assert "ZeroDivisionError: a step of the echo engine" in caught.value.details
    with pytest.raises(SlmdeskError, match="does not know"):
        await other
    assert (await answer(worker, "goes on"))[0] == "goes on"


async def test_printing_c_code_does_not_corrupt_the_protocol(worker: Worker) -> None:
    await worker.call("print", text='{"id": 1, "done": {}}')
    assert (await worker.call("count", text="a"))["tokens"] == 1
    assert worker.stderr_tail.splitlines() == ['{"id": 1, "done": {}}', "and from Python"]


async def test_a_flood_arrives_whole_and_in_few_lines(worker: Worker) -> None:
    events = [event async for event in worker.request("flood", tokens=50_000)]
    assert "".join(e.text for e in events) == "".join(f"{n} " for n in range(50_000))
    assert len(events) < 500


async def test_two_requests_run_at_once(worker: Worker) -> None:
    started = time.monotonic()
    one, two = await asyncio.gather(
        answer(worker, "a b c d e", delay_ms=100), answer(worker, "f g h i j", delay_ms=100)
    )
    assert (one[0], two[0]) == ("a b c d e", "f g h i j")
    assert time.monotonic() - started < 0.75  # one after the other takes 0.8 s


async def test_a_line_of_megabytes_passes(worker: Worker) -> None:
    assert (await worker.call("count", text="word " * 1_000_000))["tokens"] == 1_000_000


@pytest.mark.parametrize("how", ["abort", "kill", "segfault", "exit"])
async def test_a_worker_that_dies_while_generating(worker: Worker, how: str) -> None:
    parts: list[str] = []

    async def follow() -> None:
        async for event in worker.request("chat", messages=said(f"/crash {how} now"), sampling={}):
            parts.append(event.text)  # noqa: PERF401 - what came before the crash is looked at after it

    other = asyncio.create_task(answer(worker, LONG, delay_ms=50))
    await worker.call("count", text="")  # the other one has been sent
    error = await crash_of(follow())
    assert parts == ["/crash"]  # what was written before the end is kept
    name = {"abort": "SIGABRT", "kill": "SIGKILL", "segfault": "SIGSEGV", "exit": "exit code 3"}[how]
    assert name in error.message
    assert error.hint.startswith("Load the model again")
    if how in ("abort", "segfault"):
        assert "Fatal Python error" in error.details
    await crash_of(other)
    assert not worker.alive
    assert name in (await crash_of(worker.call("info"))).message


@pytest.mark.parametrize("how", ["abort", "kill"])
async def test_a_worker_that_dies_while_loading(worker: Worker, tmp_path: Path, how: str) -> None:
    (tmp_path / "model").write_bytes(b"x")
    seen: list[Progress] = []
    call = worker.call("load", path=str(tmp_path / "model"), steps=4, fault=how, report=seen.append)
    assert "SIG" in (await crash_of(call)).message
    assert seen


async def test_a_worker_killed_while_it_reads_the_prompt(worker: Worker) -> None:
    task = asyncio.create_task(answer(worker, LONG, first_delay_ms=60_000))
    await worker.call("count", text="")
    os.kill(worker.pid, signal.SIGKILL)
    assert "SIGKILL" in (await crash_of(task)).message


async def test_garbage_on_the_pipe_ends_the_worker(worker: Worker) -> None:
    error = await crash_of(worker.call("garbage"))
    assert "not an answer" in error.message
    assert "this is no event" in error.details
    assert not psutil.pid_exists(worker.pid)


async def test_garbage_in_the_middle_of_an_answer(worker: Worker) -> None:
    assert "not an answer" in (await crash_of(answer(worker, "/garbage and more"))).message


async def test_a_hanging_worker_is_killed_after_the_grace(worker: Worker) -> None:
    other = asyncio.create_task(answer(worker, LONG, delay_ms=50))
    async with aclosing(worker.request("chat", messages=said("/hang up"), sampling={})) as events:
        async for event in events:
            assert event.text == "/hang"
            break
    started = time.monotonic()
    error = await crash_of(other)
    assert "did not stop within 1 s" in error.message
    assert 0.9 < time.monotonic() - started < 2.5
    again = await Worker.start("echo")
    try:
        assert (await answer(again, "as before"))[0] == "as before"
    finally:
        await again.close()


async def test_closing_ends_a_worker_that_hangs_in_c(worker: Worker) -> None:
    task = asyncio.create_task(worker.call("hang"))
    await asyncio.sleep(0.1)
    await worker.close()
    assert worker._connection.transport is not None
    assert worker._connection.transport.get_returncode() == 0  # stdin's end is enough, nobody had to kill
    assert "unloaded" in (await crash_of(task)).message


async def test_stopping_in_order_still_gets_the_figures(worker: Worker) -> None:
    stop = asyncio.Event()
    events = []
    async for event in worker.request("chat", stop=stop, messages=said(LONG), sampling={}, delay_ms=20):
        events.append(event)
        if len(events) == 2:
            stop.set()
    assert events[-1].done is not None
    assert events[-1].done["finish_reason"] == "cancelled"
    assert events[-1].done["timings"]["completion_tokens"] < 10
    assert not worker._cancelled


async def test_stopping_before_the_start_and_after_the_end(worker: Worker) -> None:
    stop = asyncio.Event()
    assert (await answer(worker, "one two", stop=stop))[0] == "one two"
    stop.set()
    text, done = await answer(worker, LONG, stop=stop, first_delay_ms=60_000)
    assert (text, done["finish_reason"]) == ("", "cancelled")


async def test_stopping_a_hanging_worker_kills_it(worker: Worker) -> None:
    stop = asyncio.Event()
    stop.set()
    assert "did not stop within 1 s" in (await crash_of(worker.call("hang", stop=stop))).message


async def test_cancel_before_the_first_token(worker: Worker) -> None:
    task = asyncio.create_task(answer(worker, LONG, first_delay_ms=60_000))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await answer(worker, "next"))[0] == "next"


async def test_cancel_before_the_request_is_sent(worker: Worker) -> None:
    task = asyncio.create_task(answer(worker, LONG))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await answer(worker, "next"))[0] == "next"


async def test_cancel_and_a_new_request_at_once_200_times(worker: Worker) -> None:
    for round_ in range(200):
        async with aclosing(worker.request("chat", messages=said(LONG), sampling={}, delay_ms=1)) as events:
            if round_ % 2:
                await anext(events)
            else:
                task = asyncio.ensure_future(anext(events))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
        text, done = await answer(worker, f"round {round_}")
        assert text == f"round {round_}"
        assert done["finish_reason"] == "stop"
    assert not worker._cancelled  # every cancelled request was ended by the engine
    assert worker.alive


@pytest.mark.parametrize("delay", [0, 0.002, 0.01, 0.03])
async def test_starting_can_be_cancelled(delay: float) -> None:
    task = asyncio.create_task(Worker.start("echo"))
    await asyncio.sleep(delay)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.Process().children()


async def test_an_engine_that_does_not_exist() -> None:
    error = await crash_of(Worker.start("nothing"))
    assert "exit code 2" in error.message
    assert "invalid choice" in error.details


async def test_a_program_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(SlmdeskError, match="could not be started: No such file"):
        await Worker.start("echo")


async def test_a_worker_that_never_greets(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(process, "command", lambda *a, **k: silent)
    monkeypatch.setattr(process, "START_TIMEOUT", 0.2)
    with pytest.raises(SlmdeskError, match="did not start within"):
        await Worker.start("echo")


async def test_a_line_without_end_is_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = [sys.executable, "-c", "import os\nwhile 1: os.write(1, b'x' * 65536)"]
    monkeypatch.setattr(process, "command", lambda *a, **k: endless)
    monkeypatch.setattr(process, "MAX_LINE", 1_000_000)
    assert "not an answer" in (await crash_of(Worker.start("echo"))).message


async def test_native_logs_stay_out_of_the_log_file(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await worker.call("print", text="from C")
        await worker.call("count", text="")
    assert not caplog.records


PARENT = """
import asyncio, sys
from slmdesk.runtimes.process import Worker
async def main():
    worker = await Worker.start("echo")
    busy = asyncio.create_task(worker.call(sys.argv[1]))
    await asyncio.sleep(0.1)
    print(worker.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.parametrize("operation", ["info", "hang"])
def test_no_orphan_when_the_parent_is_killed(operation: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, operation], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        deadline = time.monotonic() + 2
        while running(child) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not running(child)


def running(child: psutil.Process) -> bool:
    """Not a zombie that waits for whoever adopts orphans here."""
    try:
        return bool(child.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
