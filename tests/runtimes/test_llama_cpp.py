"""The llama.cpp runtime with real workers and the starter model."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from slmdesk.core.chat import LoadOptions, Message, Role, SamplingOptions, Timings
from slmdesk.core.errors import (
    ContextFull,
    GenerationError,
    LoadError,
    NotEnoughMemory,
    TemplateError,
    UnsafeModelFile,
    WorkerCrashed,
)
from slmdesk.core.models import Model
from slmdesk.runtimes.base import CanCountTokens, CanKeepState
from slmdesk.runtimes.llama_cpp import LlamaCpp, LlamaCppModel
from tests.benchmarks.random_gguf import write_model
from tests.gguf_bytes import Builder

OPTIONS = LoadOptions(context_length=512, threads=1)
KEY = bytes(range(32))
QUESTION = [Message(Role.USER, "What is a token?")]


def model_at(path: Path) -> Model:
    return Model(f"llama.cpp:{path}", path.stem, "llama.cpp", path, size=path.stat().st_size if path.exists() else 0)


async def answer(loaded: LlamaCppModel, messages: list[Message], **options: object) -> tuple[str, Timings]:
    sampling = SamplingOptions(seed=1, max_tokens=24, **options)  # type: ignore[arg-type]
    text, timings = "", None
    async with aclosing(loaded.chat(messages, sampling)) as chunks:
        async for chunk in chunks:
            text += chunk.text
            timings = chunk.timings or timings
    assert timings is not None
    return text, timings


@pytest.fixture
async def loaded(starter: Path) -> AsyncIterator[LlamaCppModel]:
    one = await LlamaCpp([]).load(model_at(starter), OPTIONS)
    yield one
    await one.unload()


async def test_it_lists_chat_models_and_leaves_the_rest_out(tmp_path: Path, starter: Path) -> None:
    (tmp_path / "inner").mkdir()
    good = write_model(tmp_path / "inner" / "good.gguf")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF but broken")
    (tmp_path / "notes.txt").write_text("no model")
    write_model(tmp_path / "projector.gguf", architecture="clip")
    (tmp_path / "folder.gguf").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.gguf")
    runtime = LlamaCpp([tmp_path, tmp_path / "missing", starter])
    models = await runtime.models()
    assert [m.path for m in models if not m.problem] == [good, starter]
    (broken,) = [m for m in models if m.name == "broken"]
    assert "broken.gguf" in broken.problem
    found = next(m for m in models if m.path == good)
    assert (found.name, found.architecture, found.context_length, found.quantization) == ("good", "llama", 4096, "F16")
    assert found.parameters == 150_848
    assert found.id == f"llama.cpp:{good}"
    (tmp_path / "more").mkdir()
    write_model(tmp_path / "more" / "new.gguf")
    assert len([m for m in await runtime.models() if not m.problem]) == 3


async def test_its_status_names_the_devices() -> None:
    runtime = LlamaCpp([])
    status = await runtime.status()
    assert status.ready
    assert "0.3.36" in status.version
    assert any(device.startswith("CPU") for device in status.devices)
    assert "Q4_K_M" in (await runtime.info())["quantization_types"]


async def test_the_starter_answers(loaded: LlamaCppModel) -> None:
    assert isinstance(loaded, CanCountTokens)
    assert isinstance(loaded, CanKeepState)
    text, timings = await answer(loaded, QUESTION, temperature=0.0)
    assert len(text.split()) > 3
    assert 0 < timings.completion_tokens <= 24
    assert psutil.Process(loaded.pid).is_running()
    assert loaded.info["architecture"] == "llama"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.gguf", b"", "is empty"),
        ("page.gguf", b"<!DOCTYPE html><html>not found</html>", "web page"),
        ("pickle.gguf", b"\x80\x04\x95" + b"x" * 100, "pickle"),
    ],
)
async def test_files_that_are_no_models(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(LoadError, match=message) as caught:
        await LlamaCpp([]).load(model_at(path), OPTIONS)
    assert caught.value.hint


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
async def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    with pytest.raises(LoadError, match=r"pipe\.gguf is not a file"):
        await LlamaCpp([]).load(model_at(tmp_path / "pipe.gguf"), OPTIONS)


async def test_truncated_unknown_and_missing_models(tmp_path: Path, starter: Path) -> None:
    runtime = LlamaCpp([])
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(starter.read_bytes()[:-100_000])
    with pytest.raises(LoadError, match="incomplete"):
        await runtime.load(model_at(cut), OPTIONS)
    with pytest.raises(LoadError, match="architecture llama99"):
        await runtime.load(model_at(write_model(tmp_path / "unknown.gguf", architecture="llama99")), OPTIONS)
    with pytest.raises(LoadError, match="no longer there"):
        await runtime.load(model_at(tmp_path / "gone.gguf"), OPTIONS)


async def test_a_model_bigger_than_memory_is_refused_with_numbers(
    starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = SimpleNamespace(available=10_000_000)
    monkeypatch.setattr("slmdesk.runtimes.placement.psutil.virtual_memory", lambda: memory)
    runtime = LlamaCpp([])
    with pytest.raises(NotEnoughMemory, match=r"it needs .* MiB, .* are free") as caught:
        await runtime.load(model_at(starter), OPTIONS)
    assert caught.value.hint
    anyway = await runtime.load(model_at(starter), replace(OPTIONS, ignore_memory=True))
    await anyway.unload()


async def test_a_worker_killed_while_it_answers_is_one_error(loaded: LlamaCppModel) -> None:

    async def follow() -> None:
        endless = SamplingOptions(seed=1, grammar="root ::= [a-z ]{2000}")  # the starter itself is done in no time
        async for chunk in loaded.chat(QUESTION, endless):
            if chunk.text:
                os.kill(loaded.pid, signal.SIGKILL)

    with pytest.raises(WorkerCrashed, match="SIGKILL"):
        await follow()
    assert not loaded.alive
    with pytest.raises(WorkerCrashed):
        await answer(loaded, QUESTION)
    await loaded.unload()


async def test_stop_and_ask_again_at_once_200_times(loaded: LlamaCppModel) -> None:
    expected = (await answer(loaded, QUESTION))[0]
    for i in range(200):
        async with aclosing(loaded.chat(QUESTION, SamplingOptions(seed=i))) as chunks:
            if i % 3:
                await anext(chunks)
    assert (await answer(loaded, QUESTION))[0] == expected


async def test_a_cancel_before_the_first_token_of_a_long_prompt(loaded: LlamaCppModel) -> None:
    long = [Message(Role.USER, "What is memory? " * 60)]
    for delay in (0.0, 0.005, 0.02):
        task = asyncio.ensure_future(answer(loaded, long))
        await asyncio.sleep(delay)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (await answer(loaded, QUESTION))[0]


async def test_errors_cross_the_pipe_with_their_kind(loaded: LlamaCppModel) -> None:
    with pytest.raises(ContextFull, match="context of 512"):
        await answer(loaded, [Message(Role.USER, "many words " * 800)])
    with pytest.raises(GenerationError, match="grammar is not valid"):
        await answer(loaded, QUESTION, grammar="root ::= nothing")
    with pytest.raises(GenerationError, match="no message"):
        await answer(loaded, [])
    assert (await answer(loaded, QUESTION))[0]


async def test_a_hostile_template_of_a_file_harms_nothing(tmp_path: Path) -> None:
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    path = write_model(tmp_path / "hostile.gguf", template=endless)
    loaded = await LlamaCpp([]).load(model_at(path), OPTIONS)
    with pytest.raises(TemplateError, match="was stopped"):
        await answer(loaded, QUESTION)
    await loaded.unload()
    loaded = await LlamaCpp([]).load(model_at(path), replace(OPTIONS, chat_template="{{ messages[0].content }}"))
    await answer(loaded, QUESTION)
    await loaded.unload()


async def test_a_chat_goes_on_after_a_restart(starter: Path, tmp_path: Path) -> None:
    runtime = LlamaCpp([], tmp_path / "state", KEY)
    loaded = await runtime.load(model_at(starter), OPTIONS)
    messages = [Message(Role.SYSTEM, "You are SLMDesk's starter. " * 5), *QUESTION]
    text, first = await answer(loaded, messages)
    messages.append(Message(Role.ASSISTANT, text))
    assert await loaded.restore_state("chat") == 0
    size = await loaded.save_state("chat", messages)
    (kept,) = (tmp_path / "state").iterdir()
    assert size == kept.stat().st_size > 0
    await loaded.unload()

    messages.append(Message(Role.USER, "And what is a context?"))
    loaded = await runtime.load(model_at(starter), OPTIONS)
    tokens = await loaded.restore_state("chat")
    assert tokens >= first.prompt_tokens
    _, timings = await answer(loaded, messages)
    assert timings.cached_tokens >= first.prompt_tokens
    assert await loaded.restore_state("another chat") == 0
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    assert await loaded.restore_state("chat") == 0
    assert not kept.exists()
    await loaded.unload()


async def test_only_the_newest_states_are_kept(starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slmdesk.runtimes.llama_cpp.MAX_STATES", 2)
    loaded = await LlamaCpp([], tmp_path, KEY).load(model_at(starter), OPTIONS)
    text, _ = await answer(loaded, QUESTION)
    for i in range(4):
        await loaded.save_state(f"chat {i}", [*QUESTION, Message(Role.ASSISTANT, text)])
    assert len(list(tmp_path.glob("*.kv"))) == 2
    await loaded.unload()


async def test_without_a_folder_nothing_is_kept(loaded: LlamaCppModel) -> None:
    await answer(loaded, QUESTION)
    assert await loaded.save_state("chat", QUESTION) == 0
    assert await loaded.restore_state("chat") == 0


async def test_reading_a_long_prompt_is_told(starter: Path) -> None:
    loaded = await LlamaCpp([]).load(model_at(starter), replace(OPTIONS, context_length=2048, ubatch_size=64))
    messages = [Message(Role.USER, "What is memory? " * 380)]
    seen = [c async for c in loaded.chat(messages, SamplingOptions(seed=1, max_tokens=4)) if c.reading is not None]
    assert all(0 < (c.reading or 0) < 1 and c.eta_s is not None for c in seen)
    await loaded.unload()


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("block_count", 0, "claims 0 for block_count"),
        ("block_count", 2**31, "claims 2147483648 for block_count"),
        (
            "attention.layer_norm_rms_epsilon",
            struct.unpack("<I", struct.pack("<f", float("nan")))[0],
            "constant is nan",
        ),
    ],
)
async def test_absurd_counts_are_refused_before_llama_cpp_sees_them(
    tmp_path: Path, key: str, value: int, told: str
) -> None:
    path = write_model(tmp_path / "absurd.gguf")
    content = path.read_bytes()
    name = f"llama.{key}".encode()
    place = content.index(name) + len(name) + 4  # behind the key's name stands its type, then four bytes of value
    path.write_bytes(content[:place] + struct.pack("<I", value) + content[place + 4 :])
    with pytest.raises(UnsafeModelFile, match=told):
        await LlamaCpp([]).load(model_at(path), OPTIONS)


async def test_a_template_that_reaches_for_python_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "evil.gguf", template="{{ ''.__class__.__mro__ }}")
    with pytest.raises(UnsafeModelFile, match=r"evil\.gguf was refused: Its chat template reaches") as caught:
        await LlamaCpp([]).load(model_at(path), OPTIONS)
    assert "CVE-2024-34359" in caught.value.details


async def test_the_other_files_of_a_split_model_are_checked_too(tmp_path: Path) -> None:
    first, second = tmp_path / "m-00001-of-00002.gguf", tmp_path / "m-00002-of-00002.gguf"
    builder = Builder().text("general.architecture", "llama").add("split.no", "u32", 0).add("split.count", "u32", 2)
    first.write_bytes(builder.build())
    second.write_bytes(Builder().tensor("t", (0, 4)).build())
    with pytest.raises(UnsafeModelFile, match="impossible shape"):
        await LlamaCpp([]).load(model_at(first), OPTIONS)
    second.unlink()
    with pytest.raises(LoadError, match="one of 2 files, and 1 are missing"):
        await LlamaCpp([]).load(model_at(first), OPTIONS)
