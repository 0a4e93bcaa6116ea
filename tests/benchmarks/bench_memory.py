"""How near the predictions come: memory of real loads, and speed on the same models.

Six models in the shapes of published ones are loaded through the real runtime with three contexts and two types of
KV cache, and asked something longer than a micro-batch. The memory is the resident set of the model's process
afterwards. The speed is taken with one thread in processor time, for the probe and for the answers alike: other
programs on the machine disturb that least. Set SLMDESK_BENCH_MODELS to keep the files (4 GB) for the next run.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from slmdesk.core.chat import LoadOptions, Message, Role, SamplingOptions, Timings
from slmdesk.core.gguf import read_header
from slmdesk.core.memory import estimate
from slmdesk.core.models import Model
from slmdesk.core.shape import ModelShape, shape_of_header
from slmdesk.core.speed import MachineSpeed, predicted
from slmdesk.runtimes.base import LoadedModel
from slmdesk.runtimes.llama_cpp import LlamaCpp
from slmdesk.runtimes.process import Worker
from tests.benchmarks.row import Row
from tests.benchmarks.shapes import files

CONTEXTS = (2048, 8192, 16_384)
KV_TYPES = ("f16", "q8_0")
MIB = 1 << 20
WORDS = 180
TOKENS = 48


@dataclass(frozen=True, slots=True)
class Load:
    """One load: what was predicted and what the process took, in bytes."""

    name: str
    context: int
    kv: str
    predicted: int
    measured: int

    @property
    def error(self) -> float:
        """Predicted over measured, minus 1: below 0 where the prediction was too low."""
        return self.predicted / self.measured - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One model's speed in tokens per second: predicted and measured, writing and reading."""

    name: str
    writing: tuple[float, float]
    reading: tuple[float, float]


def run() -> list[Row]:
    """The table's rows; the single figures go to the terminal."""
    with _folder() as folder:
        paths = files(folder)
        loads = asyncio.run(_loads(paths))
        answers = asyncio.run(_answers(paths))
    return [*_memory_rows(loads), *_speed_rows(answers)]


def _memory_rows(loads: Sequence[Load]) -> list[Row]:
    print("\n| model | context | KV | predicted MiB | measured MiB | error |\n|---|---|---|---|---|---|")
    for load in loads:
        sizes = f"{load.predicted / MIB:.0f} | {load.measured / MIB:.0f}"
        print(f"| {load.name} | {load.context} | {load.kv} | {sizes} | {load.error:+.1%} |")
    errors = [load.error for load in loads]
    mean, worst = statistics.mean(map(abs, errors)), max(map(abs, errors))
    return [
        Row(f"memory of {len(loads)} real loads: mean error", f"{mean:.1%}", "5 %", mean <= 0.05),
        Row("memory: worst error", f"{worst:.1%}", "12 %", worst <= 0.12),
        Row("memory: most too low", f"{min(errors):+.1%}", "-5 %", min(errors) >= -0.05),
    ]


def _speed_rows(answers: Sequence[Answer]) -> list[Row]:
    print("\n| model | writing tok/s predicted | measured | error | reading predicted | measured | error |")
    print("|---|---|---|---|---|---|---|")
    rows = []
    for answer in answers:
        cells = [f"{p:.1f} | {m:.1f} | {p / m - 1:+.0%}" for p, m in (answer.writing, answer.reading)]
        print(f"| {answer.name} | {' | '.join(cells)} |")
    for what, pairs in (("writing", [a.writing for a in answers]), ("reading", [a.reading for a in answers])):
        worst = max(abs(p / m - 1) for p, m in pairs)
        rows.append(Row(f"speed of {what}, one thread: worst error", f"{worst:.0%}", "25 %", worst <= 0.25))
    return rows


async def _loads(paths: Sequence[Path]) -> list[Load]:
    found = []
    for path in paths:
        shape = _shape(path)
        for context in CONTEXTS:
            for kv in KV_TYPES:
                options = LoadOptions(context_length=context, cache_type_k=kv, cache_type_v=kv)
                need = estimate(shape, options, path.stat().st_size)
                loaded = await _load(path, options)
                try:
                    await _ask(loaded, 1, 4)
                    measured = psutil.Process(_pid(loaded)).memory_info().rss
                finally:
                    await loaded.unload()
                found.append(Load(path.stem, context, kv, need.total, measured))
                print(f"{path.stem} {context} {kv}: {found[-1].error:+.1%}", flush=True)
    return found


async def _answers(paths: Sequence[Path]) -> list[Answer]:
    """Each model's speed between two measurements of the machine: what disturbs one disturbs the others alike."""
    found = []
    for path in paths:
        loaded = await _load(path, LoadOptions(context_length=4096, threads=1, batch_threads=1))
        try:
            await _ask(loaded, 1, 1)
            before = await _speed()
            reading, first = await _ask(loaded, 2, 1)
            both, second = await _ask(loaded, 2, TOKENS)  # the question is in the cache now
            after = await _speed()
        finally:
            await loaded.unload()
        again = second.prompt_tokens - second.cached_tokens  # all of them where a cache cannot be cut back
        writing = both - reading * again / first.prompt_tokens
        tokens = first.prompt_tokens
        rates = [predicted(_shape(path), speed, depth=tokens, batch=tokens) for speed in (before, after)]
        told = [statistics.mean(values) for values in zip(*((r.generation, r.prompt) for r in rates), strict=True)]
        measured = (second.completion_tokens / writing, tokens / reading)
        found.append(Answer(path.stem, (told[0], measured[0]), (told[1], measured[1])))
    return found


async def _speed() -> MachineSpeed:
    worker = await Worker.start("probe", writable=[])
    try:
        return MachineSpeed.from_dict(await worker.call("measure", threads=1))
    finally:
        await worker.close()


async def _load(path: Path, options: LoadOptions) -> LoadedModel:
    model = Model(f"llama.cpp:{path}", path.stem, "llama.cpp", path, size=path.stat().st_size)
    return await LlamaCpp([]).load(model, options)


async def _ask(loaded: LoadedModel, number: int, tokens: int) -> tuple[float, Timings]:
    """The processor time of an answer in seconds, and its figures; every question has as many tokens."""
    process = psutil.Process(_pid(loaded))
    before = process.cpu_times()
    timings = Timings()
    options = SamplingOptions(max_tokens=tokens, seed=1, temperature=0.7)
    async with aclosing(loaded.chat([Message(Role.USER, f"{number} " + "again " * WORDS)], options)) as chunks:
        async for chunk in chunks:
            timings = chunk.timings or timings
    after = process.cpu_times()
    return after.user + after.system - before.user - before.system, timings


def _pid(loaded: LoadedModel) -> int:
    return int(getattr(loaded, "pid", 0))


def _shape(path: Path) -> ModelShape:
    with path.open("rb") as stream:
        return shape_of_header(read_header(stream, path.stat().st_size, name=path.name))


@contextmanager
def _folder() -> Iterator[Path]:
    if kept := os.environ.get("SLMDESK_BENCH_MODELS"):
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


if __name__ == "__main__":
    print(json.dumps([f"{row.what}: {row.measured}" for row in run()], indent=1))
