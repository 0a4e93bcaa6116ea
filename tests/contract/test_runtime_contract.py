"""What every runtime keeps, the fake included: list, load, stream, cancel, two at once, unload twice, bad file."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from slmdesk.core.chat import Chunk, LoadOptions, Message, Role, SamplingOptions
from slmdesk.core.errors import GenerationError, LoadError, SlmdeskError, WorkerCrashed
from slmdesk.core.models import Model
from slmdesk.core.progress import Progress
from slmdesk.runtimes.base import CanCountTokens, LoadedModel, Runtime
from slmdesk.runtimes.llama_cpp import LlamaCpp
from tests.fakes import EchoRuntime, FakeRuntime, fake_model

QUESTION = "What is a small language model, and how much memory does it need on my machine?"
SAMPLING = SamplingOptions(seed=1, temperature=0.7, max_tokens=40)
OPTIONS = LoadOptions(context_length=512, threads=1, slots=2)


@pytest.fixture(params=["fake", "echo", "llama.cpp"])
async def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Runtime]:
    folder = tmp_path / "models"
    folder.mkdir()
    made: Runtime
    if request.param == "fake":
        (folder / "good.gguf").write_bytes(b"x")
        made = FakeRuntime(fake_model("good", folder / "good.gguf"), delay=0.01)
    elif request.param == "echo":
        (folder / "good.echo").write_bytes(b"x")
        made = EchoRuntime(folder, delay_ms=10)
    else:
        made = _llama_cpp(folder, request.getfixturevalue("starter"))
    yield made
    await made.close()


def _llama_cpp(folder: Path, starter: Path) -> Runtime:
    shutil.copy(starter, folder / "good.gguf")
    return LlamaCpp([folder])


@pytest.fixture
async def model(runtime: Runtime) -> Model:
    (found,) = await runtime.models()
    return found


@pytest.fixture
async def loaded(runtime: Runtime, model: Model) -> AsyncIterator[LoadedModel]:
    one = await runtime.load(model, OPTIONS)
    yield one
    await one.unload()


def asked(text: str = QUESTION) -> list[Message]:
    return [Message(Role.SYSTEM, "You are brief."), Message(Role.USER, text)]


def stream(loaded: LoadedModel, text: str = QUESTION, options: SamplingOptions = SAMPLING) -> Any:
    """A closing context around the answer's chunks."""
    return aclosing(loaded.chat(asked(text), options))


async def answer(loaded: LoadedModel, text: str = QUESTION, options: SamplingOptions = SAMPLING) -> list[Chunk]:
    async with stream(loaded, text, options) as chunks:
        return [chunk async for chunk in chunks]


def said(chunks: list[Chunk]) -> str:
    return "".join(c.text + c.thinking for c in chunks)


async def test_it_says_whether_it_is_ready(runtime: Runtime) -> None:
    status = await runtime.status()
    assert status.ready
    assert status.version


async def test_it_lists_its_models(runtime: Runtime, model: Model) -> None:
    assert model.runtime == runtime.name
    assert model.id
    assert model.path.is_file()
    assert [m.id for m in await runtime.models()] == [model.id]


async def test_loading_reports_progress(runtime: Runtime, model: Model) -> None:
    seen: list[Progress] = []
    one = await runtime.load(model, OPTIONS, seen.append)
    assert one.alive
    assert one.model == model
    assert one.context_length == 512
    assert seen
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    await one.unload()


async def test_an_answer_streams_and_ends_with_its_figures(loaded: LoadedModel) -> None:
    chunks = await answer(loaded)
    assert len(chunks) > 2
    assert said(chunks)
    *others, last = chunks
    assert last.finish_reason in ("stop", "length")
    assert last.timings is not None
    assert last.timings.prompt_tokens > 0
    assert 0 < last.timings.completion_tokens <= 40
    assert all(not c.finish_reason and c.timings is None for c in others)


async def test_max_tokens_is_kept(loaded: LoadedModel) -> None:
    last = (await answer(loaded, options=replace(SAMPLING, max_tokens=2)))[-1]
    assert last.finish_reason == "length"
    assert last.timings is not None
    assert last.timings.completion_tokens == 2


async def test_an_unfinished_answer_is_written_on(loaded: LoadedModel) -> None:
    messages = [*asked(), Message(Role.ASSISTANT, "What is")]
    chunks = [c async for c in loaded.chat(messages, SAMPLING, continuing=True)]
    assert said(chunks)
    assert not said(chunks).startswith("What is")


async def test_stopping_in_the_middle(loaded: LoadedModel) -> None:
    async with stream(loaded) as chunks:
        async for chunk in chunks:
            if chunk.text:
                break
    assert loaded.alive
    assert said(await answer(loaded))


async def test_stopping_in_order_ends_with_the_figures(loaded: LoadedModel) -> None:
    stop = asyncio.Event()
    seen: list[Chunk] = []
    async for chunk in loaded.chat(asked(), replace(SAMPLING, max_tokens=400), stop=stop):
        seen.append(chunk)
        if chunk.text or chunk.thinking:
            stop.set()
    last = seen[-1]
    assert last.timings is not None
    if last.finish_reason != "stop":  # a short answer may have been complete before the stop was seen
        assert last.finish_reason == "cancelled"
        assert 0 < last.timings.completion_tokens < 400


async def test_a_stop_that_was_set_before_the_start(loaded: LoadedModel) -> None:
    stop = asyncio.Event()
    stop.set()
    seen = [chunk async for chunk in loaded.chat(asked(), SAMPLING, stop=stop)]
    assert seen[-1].finish_reason == "cancelled"


async def test_stopping_before_the_first_token(loaded: LoadedModel) -> None:
    for _ in range(5):
        task = asyncio.create_task(answer(loaded))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert said(await answer(loaded))


async def test_stop_and_ask_again_at_once_many_times(loaded: LoadedModel) -> None:
    for _ in range(20):
        async with stream(loaded) as chunks:
            await anext(chunks)
    assert loaded.alive
    assert (await answer(loaded))[-1].finish_reason in ("stop", "length")


async def test_two_requests_at_once(loaded: LoadedModel) -> None:
    order: list[str] = []

    async def follow(name: str, text: str) -> str:
        parts = []
        async with stream(loaded, text) as chunks:
            async for chunk in chunks:
                order.append(name)
                parts.append(chunk.text + chunk.thinking)
        return "".join(parts)

    first, second = await asyncio.gather(follow("a", QUESTION), follow("b", "Tell me about quantization, please."))
    assert first
    assert second
    assert order.index("b") < len(order) - 1 - order[::-1].index("a")  # the second began before the first had ended


async def test_it_counts_and_previews(loaded: LoadedModel) -> None:
    assert isinstance(loaded, CanCountTokens)
    assert await loaded.count_tokens("") == 0
    assert await loaded.count_tokens("one two three") >= 3
    preview = await loaded.preview(asked(), SAMPLING)
    assert QUESTION in preview["prompt"]
    assert preview["prompt_tokens"] > 0
    assert preview["dropped_messages"] == 0
    assert preview["context_length"] == 512


async def test_unloading_twice_gives_everything_back(runtime: Runtime, model: Model) -> None:
    before = {child.pid for child in psutil.Process().children()}
    one = await runtime.load(model, OPTIONS)
    await one.unload()
    await one.unload()
    assert not one.alive
    assert {child.pid for child in psutil.Process().children()} == before
    with pytest.raises((WorkerCrashed, GenerationError)):
        await answer(one)


async def test_unloading_while_it_answers(runtime: Runtime, model: Model) -> None:
    one = await runtime.load(model, OPTIONS)

    async def follow() -> None:
        await answer(one, options=replace(SAMPLING, max_tokens=400))

    task = asyncio.create_task(follow())
    await asyncio.sleep(0.02)
    await one.unload()
    with pytest.raises(SlmdeskError):
        await asyncio.wait_for(task, 3)


async def test_a_bad_file_is_a_load_error(runtime: Runtime, model: Model, tmp_path: Path) -> None:
    bad = tmp_path / f"bad{model.path.suffix}"
    bad.write_bytes(b"")
    with pytest.raises(LoadError, match="is empty") as caught:
        await runtime.load(replace(model, path=bad), OPTIONS)
    assert caught.value.hint
    one = await runtime.load(model, OPTIONS)  # the runtime is unharmed
    assert one.alive
    await one.unload()


async def test_cancelling_a_load_leaves_no_process(runtime: Runtime, model: Model) -> None:
    before = {child.pid for child in psutil.Process().children()}
    for delay in (0.0, 0.02, 0.06):
        task = asyncio.create_task(runtime.load(model, OPTIONS))
        await asyncio.sleep(delay)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await (await task).unload()
    assert {child.pid for child in psutil.Process().children()} <= before
