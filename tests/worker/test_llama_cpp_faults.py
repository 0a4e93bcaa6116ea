"""The llama.cpp worker as a real process: killed, hung and cancelled at every stage, and given files to choke on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import psutil
import pytest

from slmdesk.core.chat import Chunk, LoadOptions, Message, Role, SamplingOptions
from slmdesk.core.errors import LoadError, NotEnoughMemory, WorkerCrashed
from slmdesk.core.models import Model
from slmdesk.core.progress import Progress
from slmdesk.runtimes.llama_cpp import LlamaCpp, LlamaCppModel

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

OPTIONS = LoadOptions(context_length=4096, threads=1, slots=2)
ENDLESS = SamplingOptions(seed=1, max_tokens=2000, logit_bias=((0, -1e9), (2, -1e9)))
"""Neither of the starter's two tokens that end an answer can be drawn."""
BRIEF = SamplingOptions(seed=1, max_tokens=3)


@pytest.fixture
def model(starter: Path) -> Model:
    return Model(id="starter", name="Starter", runtime="llama.cpp", path=starter)


@pytest.fixture
def runtime() -> LlamaCpp:
    return LlamaCpp([])


@pytest.fixture
async def loaded(runtime: LlamaCpp, model: Model) -> AsyncIterator[LlamaCppModel]:
    one = await runtime.load(model, OPTIONS)
    yield one
    await one.unload()


def asked(text: str = "Write down everything you know about models.") -> list[Message]:
    return [Message(Role.USER, text)]


async def brief_answer(loaded: LlamaCppModel) -> list[Chunk]:
    return [chunk async for chunk in loaded.chat(asked(), BRIEF)]


async def works_again(runtime: LlamaCpp, model: Model) -> None:
    again = await runtime.load(model, OPTIONS)
    try:
        assert (await brief_answer(again))[-1].timings is not None
    finally:
        await again.unload()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGABRT])
async def test_killed_while_loading(runtime: LlamaCpp, model: Model, how: signal.Signals) -> None:
    def strike(_progress: Progress) -> None:
        for child in psutil.Process().children():
            child.send_signal(how)

    async def load() -> None:
        for _ in range(10):  # on a busy machine a small model may be complete before the strike
            one = await runtime.load(model, replace(OPTIONS, context_length=64_000), strike)
            await one.unload()

    with pytest.raises(WorkerCrashed, match=how.name):
        await load()
    await works_again(runtime, model)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGABRT])
async def test_killed_while_reading_the_prompt(
    runtime: LlamaCpp, model: Model, loaded: LlamaCppModel, how: signal.Signals
) -> None:
    stream = loaded.chat(asked("What is a token? " * 550), BRIEF)
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.05)
    assert not first.done()
    os.kill(loaded.pid, how)
    with pytest.raises(WorkerCrashed, match=how.name):
        await asyncio.wait_for(first, 3)
    assert not loaded.alive
    await works_again(runtime, model)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGABRT])
async def test_killed_while_generating(
    runtime: LlamaCpp, model: Model, loaded: LlamaCppModel, how: signal.Signals
) -> None:
    text: list[str] = []

    async def follow() -> None:
        async for chunk in loaded.chat(asked(), ENDLESS):
            text.append(chunk.text)
            if chunk.text:
                os.kill(loaded.pid, how)

    with pytest.raises(WorkerCrashed, match=how.name) as caught:
        await follow()
    assert "".join(text)
    assert "again" in caught.value.hint
    assert not loaded.alive
    await works_again(runtime, model)


async def test_hanging_is_ended_after_a_second(runtime: LlamaCpp, model: Model, loaded: LlamaCppModel) -> None:
    stop = asyncio.Event()
    stopped: list[float] = []

    async def follow() -> None:
        async for chunk in loaded.chat(asked(), ENDLESS, stop=stop):
            if chunk.text and not stopped:
                os.kill(loaded.pid, signal.SIGSTOP)
                stopped.append(time.monotonic())
                stop.set()

    with pytest.raises(WorkerCrashed, match="did not stop within 1 s"):
        await follow()
    assert time.monotonic() - stopped[0] < 2.5
    await works_again(runtime, model)


async def test_cancel_and_a_new_request_at_once_200_times(loaded: LlamaCppModel) -> None:
    pid = loaded.pid
    for round_ in range(200):
        async with aclosing(loaded.chat(asked(f"Question {round_}"), ENDLESS)) as chunks:
            if round_ % 2:
                await anext(chunks)
            else:
                task = asyncio.ensure_future(anext(chunks))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
        last = (await brief_answer(loaded))[-1]
        assert last.finish_reason in ("stop", "length")
    assert loaded.alive
    assert loaded.pid == pid


def unknown_architecture(path: Path) -> None:
    writer = gguf.GGUFWriter(path, "nonsense")
    writer.add_block_count(1)
    writer.add_tensor("a", np.ones((4, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


async def test_files_that_cannot_be_loaded(runtime: LlamaCpp, model: Model, tmp_path: Path) -> None:
    whole = model.path.read_bytes()
    damaged = bytearray(whole)
    damaged[16:24] = b"\xff" * 8
    files = {
        "empty.gguf": (b"", "empty.gguf is empty."),
        "short.gguf": (whole[: len(whole) // 2], "bytes early"),
        "page.gguf": (b"<!DOCTYPE html><html>404</html>", "a web page"),
        "damaged.gguf": (bytes(damaged), "damaged or was built to do harm"),
    }
    for name, (data, message) in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(LoadError, match=message) as caught:
            await runtime.load(replace(model, path=tmp_path / name), OPTIONS)
        assert caught.value.hint
    unknown_architecture(tmp_path / "unknown.gguf")
    with pytest.raises(LoadError, match="nonsense"):
        await runtime.load(replace(model, path=tmp_path / "unknown.gguf"), OPTIONS)
    with pytest.raises(LoadError):
        await runtime.load(replace(model, path=tmp_path / "missing.gguf"), OPTIONS)
    await works_again(runtime, model)


async def test_bigger_than_memory(runtime: LlamaCpp, model: Model) -> None:
    with pytest.raises(NotEnoughMemory, match=r"it needs [\d,.]+ GiB, [\d,.]+ [GM]iB are free") as caught:
        await runtime.load(model, replace(OPTIONS, context_length=500_000_000))
    assert "context" in caught.value.hint
    await works_again(runtime, model)
