"""Making a model smaller and measuring what it cost: each piece of work in a worker process of its own."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmdesk.core.errors import QuantizationError, UnsafeModelFile
from slmdesk.core.facts import ModelFacts
from slmdesk.core.models import ModelFormat, Verdict
from slmdesk.core.progress import Progress, Report
from slmdesk.core.quantization import TYPES, Quality, QuantizationType, Recipe, Speed, check, type_named
from slmdesk.runtimes.process import Worker
from slmdesk.services.inspection import Inspection

ENGINE = "quantize"
PART = ".quantizing"
"""What an unfinished file's name ends with; it is removed whatever happens."""
KEPT_SOURCES = 2
"""How many sources' predictions are kept on disk, because they are large; the oldest go first."""
CONTEXT = 512
"""Tokens of a chunk, as llama.cpp's perplexity tool takes them by default."""
CHUNKS = 16
_RESERVE = 256 << 20  # bytes of disk that stay free


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a recipe will make: the file's size in bytes, bits for each weight, and what must be known before."""

    recipe: Recipe
    size: int
    bits: float
    needs_matrix: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A finished quantized file with its lineage. ``seconds`` is the time it took; ``source_digest`` SHA-256."""

    path: Path
    recipe: Recipe
    size: int
    seconds: float
    source: Path


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one file against its source; ``speed`` is None where it was not asked for."""

    path: Path
    size: int
    quality: Quality
    base_perplexity: float
    """The source's, from its whole predictions; the one in ``quality`` is from the kept, shortened ones."""
    base_perplexity_error: float
    speed: Speed | None = None


class Quantizer:
    """Quantizes files and measures them. ``cache`` holds what is only kept to save time."""

    def __init__(self, inspection: Inspection, cache: Path) -> None:
        self._inspection = inspection
        self._cache = cache
        self._offered: list[QuantizationType] | None = None

    async def types(self) -> list[QuantizationType]:
        """The types that the installed library offers, the largest first. Raises RuntimeUnavailable."""
        if self._offered is None:
            async with _worker([]) as worker:
                found = (await worker.call("types"))["types"]
            self._offered = [
                TYPES.get(t["name"]) or QuantizationType(t["name"], t["number"], "other", 0.0, "not known to SLMDesk")
                for t in found
            ]
        return self._offered

    async def predict(self, source: Path, recipe: Recipe) -> Prediction:
        """How large the file will be, told by the library itself without writing it. Raises QuantizationError."""
        facts = await self._source(source)
        return (await self._predictions(source, facts, [recipe]))[0]

    async def predictions(self, source: Path, recipes: Sequence[Recipe]) -> list[Prediction]:
        """The same for several recipes at once."""
        return await self._predictions(source, await self._source(source), recipes)

    async def possible(self, source: Path, recipes: Sequence[Recipe]) -> list[Prediction | None]:
        """The same, but None for a recipe that the library cannot make of this source, such as a type it only reads."""
        facts = await self._source(source)
        async with _worker([]) as worker:
            found: list[Prediction | None] = []
            for recipe in recipes:
                try:
                    found.append(await self._predicted(worker, source, facts, recipe))
                except QuantizationError:
                    found.append(None)
        return found

    async def _predictions(self, source: Path, facts: ModelFacts, recipes: Sequence[Recipe]) -> list[Prediction]:
        async with _worker([]) as worker:
            return [await self._predicted(worker, source, facts, recipe) for recipe in recipes]

    async def _predicted(self, worker: Worker, source: Path, facts: ModelFacts, recipe: Recipe) -> Prediction:
        weights = facts.shape.weights_bytes if facts.shape else 0
        header = max(0, await asyncio.to_thread(_size, source) - weights) if weights else 0
        plain = Recipe(recipe.type, recipe.output_type, recipe.embedding_type, recipe.overrides, recipe.pure)
        asked = {**plain.to_dict(), "requantize": True}
        told = await worker.call("predict", source=str(source), recipe=asked)
        size = int(told["tensor_bytes"])
        bits = 8 * size / facts.parameters if facts.parameters else 0.0
        return Prediction(recipe, size + header, bits, bool(told["needs_matrix"]))

    async def make(self, source: Path, recipe: Recipe, target: Path, report: Report | None = None) -> Made:
        """Write ``target``, whole or not at all. Raises QuantizationError, UnsafeModelFile, WorkerCrashed.

        Cancelling ends the worker and leaves no file behind.
        """
        facts = await self._source(source)
        check(recipe, facts.quantization, ternary_source=_is_ternary(facts))
        if await asyncio.to_thread(target.exists):
            raise QuantizationError(f"{target.name} is there already.", "Choose another name, or remove it first.")
        before = await asyncio.to_thread(_stamp, source)
        (predicted,) = await self._predictions(source, facts, [recipe])
        await asyncio.to_thread(_check_space, target.parent, predicted.size)
        part = target.with_name(target.name + PART)
        try:
            async with _worker([target.parent]) as worker:
                told = await _follow(
                    worker, report, "quantize", source=str(source), target=str(part), recipe=recipe.to_dict()
                )
            if await asyncio.to_thread(_stamp, source) != before:
                raise QuantizationError(f"{source.name} was changed meanwhile.", "Quantize it again.")
            await asyncio.to_thread(_finish, part, target)
        finally:
            await asyncio.shield(asyncio.to_thread(part.unlink, missing_ok=True))
        return Made(target, recipe, await asyncio.to_thread(_size, target), float(told["seconds"]), source)

    async def matrix(
        self,
        source: Path,
        text: Path,
        target: Path,
        report: Report | None = None,
        *,
        chunks: int = 0,
        threads: int = 0,
    ) -> int:
        """Write the importance matrix of a model on a text; returns its chunks. Raises QuantizationError.

        What was done before a cancel or a crash is gone on with.
        """
        facts = await self._source(source)
        length = min(CONTEXT, facts.context_length or CONTEXT)
        folder = self._cache / "matrices"
        unfinished = folder / f"{await asyncio.to_thread(_key, source, text, length, chunks)}.gguf"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        begin = str(unfinished) if await asyncio.to_thread(unfinished.is_file) else ""
        arguments = {"source": str(source), "text": str(text), "target": str(unfinished), "begin": begin}
        async with _worker([folder]) as worker:
            told = await _follow(
                worker, report, "matrix", length=length, chunks=chunks, threads=threads, dataset=text.name, **arguments
            )
        await asyncio.to_thread(shutil.move, unfinished, target)
        return int(told["chunks"])

    async def measure(
        self,
        source: Path,
        base: Path,
        text: Path,
        report: Report | None = None,
        *,
        chunks: int = CHUNKS,
        context_length: int = CONTEXT,
        threads: int = 0,
        with_speed: bool = False,
    ) -> Measured:
        """Compare ``source`` with ``base``, the file it was made from, on a text. Raises QuantizationError.

        The base's predictions are computed once for a text and kept.
        """
        await self._source(source)
        kept = await self._kept(base, text, chunks, context_length, threads, _part_of(report, 0.0, 0.5))
        share = 0.9 if with_speed else 1.0
        async with _worker([]) as worker:
            told = await _follow(
                worker, _part_of(report, 0.5, share), "compare", source=str(source), base=str(kept[0]), threads=threads
            )
        speed = await self.speed(source, _part_of(report, share, 1.0), threads=threads) if with_speed else None
        size = await asyncio.to_thread(_size, source)
        return Measured(source, size, Quality.from_dict(told["quality"]), kept[1], kept[2], speed)

    async def speed(self, source: Path, report: Report | None = None, *, threads: int = 0) -> Speed:
        """Tokens a second and the memory it took. Raises QuantizationError, LoadError."""
        async with _worker([]) as worker:
            told = await _follow(worker, report, "speed", source=str(source), threads=threads)
        return Speed(**told)

    async def _kept(
        self, base: Path, text: Path, chunks: int, length: int, threads: int, report: Report | None
    ) -> tuple[Path, float, float]:
        """The base's kept predictions with its perplexity and error, from an earlier time or made now."""
        facts = await self._source(base)
        folder = self._cache / "logits"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        key = await asyncio.to_thread(_key, base, text, length, chunks)
        for found in await asyncio.to_thread(lambda: list(folder.glob(f"{key}=*.kept"))):
            value, error = map(float, found.stem.partition("=")[2].split("_"))
            await asyncio.to_thread(os.utime, found)
            return found, value, error
        await asyncio.to_thread(_prune, folder, KEPT_SOURCES - 1)
        vocabulary = facts.vocabulary or 1
        await asyncio.to_thread(_check_space, folder, 2 * (vocabulary + 4) * (length // 2) * max(1, chunks))
        part = folder / f"{key}{PART}"
        try:
            arguments = {"source": str(base), "text": str(text), "target": str(part), "threads": threads}
            async with _worker([folder]) as worker:
                told = await _follow(worker, report, "keep_logits", length=length, chunks=chunks, **arguments)
            value, error = float(told["perplexity"]), float(told["perplexity_error"])
            kept = folder / f"{key}={value!r}_{error!r}.kept"
            await asyncio.to_thread(_finish, part, kept)
        finally:
            await asyncio.shield(asyncio.to_thread(part.unlink, missing_ok=True))
        return kept, value, error

    async def _source(self, path: Path) -> ModelFacts:
        """Look at a file before native code does. Raises QuantizationError, UnsafeModelFile."""
        if not await asyncio.to_thread(path.is_file):
            raise QuantizationError(f"There is no file {path.name}.", "Choose a GGUF file.")
        found = await self._inspection.inspect(path)
        if found.verdict is Verdict.REFUSED:
            worst = next(f for f in found.findings if f.verdict is Verdict.REFUSED)
            raise UnsafeModelFile(f"{path.name} was refused: {worst.message}", worst.hint)
        if found.problem:
            raise QuantizationError(f"{path.name} cannot be used: {found.problem}", "Choose another file.")
        if found.facts.format != ModelFormat.GGUF:
            raise QuantizationError(f"{path.name} is not a GGUF file.", "Convert the model to GGUF first.")
        return found.facts


def target_name(source: Path, recipe: Recipe) -> str:
    """A file name for a result: the source's with its own type taken out and the new one put in."""
    types = "|".join(sorted(map(re.escape, TYPES), key=len, reverse=True))
    stem = re.sub(rf"[-._]({types})$", "", source.stem, flags=re.IGNORECASE)
    return f"{stem}-{type_named(recipe.type).name}.gguf"


@asynccontextmanager
async def _worker(writable: Sequence[Path]) -> AsyncIterator[Worker]:
    worker = await Worker.start(ENGINE, writable=writable)
    try:
        yield worker
    finally:
        await worker.close()


async def _follow(worker: Worker, report: Report | None, op: str, **args: Any) -> dict[str, Any]:
    """A request's result, its progress passed on."""
    async with aclosing(worker.request(op, **args)) as events:
        async for event in events:
            if event.done is not None:
                return event.done
            if report is not None and event.progress is not None:
                text = str((event.data or {}).get("tensor", ""))
                report(Progress(event.progress, 1.0, text=text, eta_s=event.eta_s))
    raise AssertionError("a request ends with done or an error")


def _part_of(report: Report | None, begin: float, end: float) -> Report | None:
    """A report for a part of the whole work, from ``begin`` to ``end``."""
    if report is None:
        return None
    return lambda p: report(Progress(begin + (end - begin) * (p.fraction or 0), 1.0, text=p.text, eta_s=p.eta_s))


def _is_ternary(facts: ModelFacts) -> bool:
    return "bitnet" in facts.architecture.lower() or any(name.startswith("TQ") for name in facts.tensor_types)


def _size(path: Path) -> int:
    return path.stat().st_size


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_size, stat.st_mtime_ns


def _key(model: Path, text: Path, length: int, chunks: int) -> str:
    """A name for one model on one text: both files' content as far as their stamps tell it."""
    try:
        digest = hashlib.sha256(text.read_bytes()[: 64 << 20])
    except OSError as error:
        raise QuantizationError(f"{text.name} cannot be read: {error.strerror}.", "Choose another text.") from error
    digest.update(f"{model.resolve()}|{_stamp(model)}|{length}|{chunks}".encode())
    return digest.hexdigest()[:32]


def _check_space(folder: Path, wanted: int) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise QuantizationError(
            f"{folder} cannot be written to: {error.strerror}.", "Choose another folder."
        ) from error
    if free < wanted + _RESERVE:
        raise QuantizationError(
            f"There is not enough space in {folder}: {wanted / 1e9:.2f} GB are needed, {free / 1e9:.2f} GB are free.",
            "Free some space, or choose another folder.",
        )


def _finish(part: Path, target: Path) -> None:
    """Make sure that the file is on the disk, then give it its name."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)


def _prune(folder: Path, keep: int) -> None:
    """Remove the oldest kept predictions, and what was left half-written."""
    with suppress(OSError):
        for part in folder.glob(f"*{PART}"):
            if time.time() - part.stat().st_mtime > 3600:
                part.unlink(missing_ok=True)
        kept = sorted(folder.glob("*.kept"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[keep:]:
            path.unlink(missing_ok=True)
