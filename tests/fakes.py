"""Runtimes for tests that need no model: a scripted one in this process, and the echo engine in a real worker.

They are real subclasses of the interfaces, and the contract suite holds them to the same promises as llama.cpp.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from slmdesk.core.chat import Chunk, FinishReason, LoadOptions, Message, Role, SamplingOptions, Timings
from slmdesk.core.errors import LoadError, SlmdeskError, WorkerCrashed
from slmdesk.core.models import Model, ModelFormat
from slmdesk.core.progress import Progress, Report
from slmdesk.runtimes.base import LoadedModel, Runtime, RuntimeStatus
from slmdesk.runtimes.process import Worker


def fake_model(name: str = "Fake", path: Path = Path("fake.gguf"), **fields: Any) -> Model:
    """A model that only fakes can load."""
    return Model(id=f"fake:{name}", name=name, runtime="fake", path=path, context_length=4096, **fields)


class FakeRuntime(Runtime):
    """A runtime whose models answer what the test says.

    Set ``models_`` (what it lists), ``load_error``, ``load_delay`` (seconds) and the attributes of FakeLoadedModel
    through ``script`` (applied to every model it loads). ``loads`` keeps what was loaded, ``loaded`` the instances.
    A model whose file exists and is empty cannot be loaded.
    """

    name = "fake"

    def __init__(self, *models: Model, **script: Any) -> None:
        self.models_ = list(models) or [fake_model()]
        self.script = script
        self.load_error: SlmdeskError | None = None
        self.load_delay = 0.0
        self.loads: list[tuple[Model, LoadOptions]] = []
        self.loaded: list[FakeLoadedModel] = []

    async def status(self) -> RuntimeStatus:
        return RuntimeStatus(ready=True, version="1", devices=("CPU",))

    async def models(self) -> list[Model]:
        return list(self.models_)

    async def load(self, model: Model, options: LoadOptions, report: Report | None = None) -> LoadedModel:
        self.loads.append((model, options))
        for step in (1, 2):
            await asyncio.sleep(self.load_delay / 2)
            if report is not None:
                report(Progress(step / 2, 1.0))
        if self.load_error is not None:
            raise self.load_error
        if model.path.is_file() and model.path.stat().st_size == 0:
            raise LoadError(f"{model.path.name} is empty.", "Download it again.")
        loaded = FakeLoadedModel(model, options, **self.script)
        self.loaded.append(loaded)
        return loaded


class FakeLoadedModel(LoadedModel):
    """Answers with ``tokens`` (default: the words of the question), ``delay`` seconds apart.

    ``thinking`` comes first. After ``fail_after`` tokens ``error`` is raised; a WorkerCrashed also ends the model.
    ``gate``, when set, is waited for before the first token. ``requests`` keeps what was asked.
    """

    def __init__(
        self,
        model: Model,
        options: LoadOptions | None = None,
        *,
        tokens: Sequence[str] | None = None,
        thinking: Sequence[str] = (),
        delay: float = 0.0,
        error: SlmdeskError | None = None,
        fail_after: int = 0,
        gate: asyncio.Event | None = None,
    ) -> None:
        self.model = model
        self.options = options or LoadOptions()
        self.context_length = self.options.context_length or 4096
        self.tokens = tokens
        self.thinking = thinking
        self.delay = delay
        self.error = error
        self.fail_after = fail_after
        self.gate = gate
        self.requests: list[tuple[list[Message], SamplingOptions, bool]] = []
        self.info: dict[str, Any] = {
            "context_length": self.context_length,
            "weights_bytes": 1 << 20,
            "devices": ["CPU"],
        }
        self.pid = 0
        self._alive = True

    async def chat(
        self,
        messages: Sequence[Message],
        options: SamplingOptions,
        *,
        continuing: bool = False,
        stop: asyncio.Event | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        if not self._alive:
            raise WorkerCrashed("The model was unloaded.", "Load the model again.")
        self.requests.append((list(messages), options, continuing))
        started = time.monotonic()
        await asyncio.sleep(0)
        tokens = self._tokens(messages, continuing=continuing)
        limit = options.max_tokens or len(tokens)
        reason = FinishReason.LENGTH if limit < len(tokens) else FinishReason.STOP
        sent = 0
        if await _either(self.gate, stop):
            reason = FinishReason.CANCELLED
            tokens = []
        for piece in self.thinking if tokens else ():
            await asyncio.sleep(self.delay)
            yield Chunk(thinking=piece)
        for token in tokens[:limit]:
            await asyncio.sleep(self.delay)
            if stop is not None and stop.is_set():
                reason = FinishReason.CANCELLED
                break
            self._check(sent)
            sent += 1
            yield Chunk(text=token)
        else:
            self._check(len(tokens))
        timings = Timings(
            prompt_tokens=_count(messages),
            completion_tokens=sent,
            ttft_ms=1.0,
            prompt_tps=100.0,
            generation_tps=sent / max(time.monotonic() - started, 1e-6),
            context_length=self.context_length,
        )
        yield Chunk(finish_reason=str(reason), timings=timings)

    def _tokens(self, messages: Sequence[Message], *, continuing: bool) -> list[str]:
        if self.tokens is not None:
            return list(self.tokens)
        words = next((m.text for m in reversed(messages) if m.role is Role.USER), "").split()
        if continuing:
            words = ["", *words[len(messages[-1].text.split()) :]]
        return [words[0], *(" " + word for word in words[1:])] if words else []

    def _check(self, count: int) -> None:
        if not self._alive:
            raise WorkerCrashed("The model was unloaded.", "Load the model again.")
        if self.error is not None and count >= self.fail_after:
            self._alive = not isinstance(self.error, WorkerCrashed)
            raise self.error

    async def count_tokens(self, text: str) -> int:
        return len(text.split())

    async def preview(self, messages: Sequence[Message], options: SamplingOptions) -> dict[str, Any]:
        return {
            "prompt": "\n".join(f"{m.role}: {m.prompt_text}" for m in messages),
            "prompt_tokens": _count(messages),
            "dropped_messages": 0,
            "dropped_tokens": 0,
            "context_length": self.context_length,
        }

    async def unload(self) -> None:
        self._alive = False

    @property
    def alive(self) -> bool:
        return self._alive


async def _either(gate: asyncio.Event | None, stop: asyncio.Event | None) -> bool:
    """Wait for the gate, if there is one; True when ``stop`` comes first."""
    while not (gate is None or gate.is_set()):
        if stop is not None and stop.is_set():
            return True
        await asyncio.sleep(0.002)
    return stop is not None and stop.is_set()


def _count(messages: Sequence[Message]) -> int:
    return sum(len(m.prompt_text.split()) for m in messages)


class EchoRuntime(Runtime):
    """The echo engine in a real worker process: loads every file that is there and not empty."""

    name = "echo"

    def __init__(self, folder: Path, **load_args: Any) -> None:
        self.folder = folder
        self.load_args = load_args
        """Further arguments of the echo engine's load, such as ``delay_ms``, ``steps``, ``fault``."""

    async def status(self) -> RuntimeStatus:
        return RuntimeStatus(ready=True, version="1", devices=("CPU",))

    async def models(self) -> list[Model]:
        return [
            Model(id=f"echo:{path.name}", name=path.stem, runtime=self.name, path=path, format=ModelFormat.GGUF)
            for path in sorted(self.folder.glob("*.echo"))
        ]

    async def load(self, model: Model, options: LoadOptions, report: Report | None = None) -> LoadedModel:
        worker = await Worker.start("echo")
        try:
            chosen = {"context_length": options.context_length, "slots": options.slots}
            args = {"path": str(model.path), "options": chosen, "name": model.name, **self.load_args}
            info = await worker.call("load", report=report, **args)
        except BaseException:
            await worker.close()
            raise
        return EchoLoadedModel(model, worker, info)


class EchoLoadedModel(LoadedModel):
    """A worker with the echo engine."""

    def __init__(self, model: Model, worker: Worker, info: dict[str, Any]) -> None:
        self.model = model
        self.worker = worker
        self.info = info
        self.context_length = info["context_length"]

    @property
    def pid(self) -> int:
        return self.worker.pid

    async def chat(
        self,
        messages: Sequence[Message],
        options: SamplingOptions,
        *,
        continuing: bool = False,
        stop: asyncio.Event | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        asked = self.worker.request(
            "chat",
            stop=stop,
            messages=[{"role": str(m.role), "content": m.prompt_text} for m in messages],
            sampling={"max_tokens": options.max_tokens},
            continuing=continuing,
        )
        async with aclosing(asked) as events:
            async for event in events:
                if event.done is not None:
                    timings = Timings.from_dict(event.done["timings"])
                    yield Chunk(finish_reason=event.done["finish_reason"], timings=timings)
                else:
                    yield Chunk(text=event.text, thinking=event.thinking)

    async def count_tokens(self, text: str) -> int:
        return int((await self.worker.call("count", text=text))["tokens"])

    async def preview(self, messages: Sequence[Message], options: SamplingOptions) -> dict[str, Any]:
        sent = [{"role": str(m.role), "content": m.prompt_text} for m in messages]
        return await self.worker.call("preview", messages=sent, sampling={})

    async def unload(self) -> None:
        await self.worker.close()

    @property
    def alive(self) -> bool:
        return self.worker.alive
