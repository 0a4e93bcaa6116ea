"""The work on one run, step after step: digest of the source, matrix, its speed, then each recipe made and measured."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slmdesk.core.errors import QuantizationError, SlmdeskError
from slmdesk.core.progress import Progress, Report
from slmdesk.core.resources import resource
from slmdesk.core.runs import RowState, Run, RunRow
from slmdesk.services.files import Files
from slmdesk.services.quantizer import PART, Quantizer, target_name

BUILT_IN_TEXT = resource("calibration", "en.txt")
"""The text that comes with the program, for whoever has none at hand."""
_SAMPLE = 1 << 20  # bytes of a text that are looked at before the work begins


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is: ``fraction`` of all its work, the row it is at (-1: the source), and what is being done.

    ``step`` is "digest", "matrix", "speed", "quantize" or "measure"; ``eta_s`` None while it cannot be told.
    """

    run_id: str
    fraction: float
    step: str
    number: int = -1
    eta_s: float | None = None


class RunWork:
    """One go at a run; what is done already is not done again.

    ``now`` gives the run as it is, because a person may keep a finished row meanwhile; ``save`` keeps every change.
    """

    def __init__(
        self,
        now: Callable[[], Run],
        quantizer: Quantizer,
        files: Files,
        folder: Path,
        save: Callable[[Run], Awaitable[None]],
        report: Callable[[RunProgress], None],
    ) -> None:
        self._now = now
        self._quantizer = quantizer
        self._files = files
        self._folder = folder
        self._save = save
        self._report = report
        self._source = Path(self.run.source)
        self._text = Path(self.run.text) if self.run.text else BUILT_IN_TEXT
        self._weights = self._planned()
        self._done = 0.0
        self._started = time.monotonic()

    @property
    def run(self) -> Run:
        """The run as it is now."""
        return self._now()

    def _planned(self) -> dict[tuple[str, int], float]:
        """The steps that are left, with a guess of what each takes (only the progress bar believes it)."""
        options, steps = self.run.options, {("digest", -1): 0.3}
        if options.matrix and not self._matrix.is_file():
            steps["matrix", -1] = 0.15 * options.matrix_chunks
        if options.measure and options.speed and self.run.base_speed is None:
            steps["speed", -1] = 2.0
        for number, row in enumerate(self.run.rows):
            if row.ended:
                continue
            steps["quantize", number] = 1.0
            if options.measure:
                steps["measure", number] = 0.15 * options.chunks + (2.0 if options.speed else 0.0)
        return steps

    @property
    def _matrix(self) -> Path:
        return self._folder / "importance.gguf"

    async def go(self) -> None:
        """Do what is left. A recipe that fails is marked so and the next begins; raises what stops the whole run."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        await self._check_source()
        if self.run.options.measure or self.run.options.matrix:
            digest = await asyncio.to_thread(_text_digest, self._text)
            await self._set(replace(self.run, text_digest=digest))
        await self._make_matrix()
        if ("speed", -1) in self._weights:
            speed = await self._quantizer.speed(self._source, self._step("speed"), threads=self.run.options.threads)
            self._finish("speed")
            await self._set(replace(self.run, base_speed=speed))
        for number, row in enumerate(self.run.rows):
            if not row.ended:
                await self._one(number)

    async def _check_source(self) -> None:
        if not await asyncio.to_thread(self._source.is_file):
            raise QuantizationError(
                f"{self._source.name} is not there any more.", "Bring the file back, then continue the run."
            )
        digest = await self._files.hash(self._source, self._step("digest"))
        if self.run.source_digest and digest != self.run.source_digest:
            raise QuantizationError(
                f"{self._source.name} was changed since this run began, so its results would not belong together.",
                "Start a new run.",
            )
        self._finish("digest")
        await self._set(replace(self.run, source_digest=digest))

    async def _make_matrix(self) -> None:
        if not self.run.options.matrix:
            return
        if ("matrix", -1) in self._weights:
            options = self.run.options
            chunks = await self._quantizer.matrix(
                self._source, self._text, self._matrix, self._step("matrix"),
                chunks=options.matrix_chunks, threads=options.threads,
            )  # fmt: skip
            self._finish("matrix")
            await self._set(replace(self.run, matrix=str(self._matrix), matrix_chunks=chunks))
        rows = tuple(
            row if row.ended or row.path else replace(row, recipe=replace(row.recipe, matrix=str(self._matrix)))
            for row in self.run.rows
        )
        await self._set(replace(self.run, rows=rows))

    async def _one(self, number: int) -> None:
        """Make and measure one recipe; its error stays with it."""
        try:
            if not await asyncio.to_thread(_is_file, self.run.rows[number].path):
                await self._make(number)
            self._finish("quantize", number)
            if self.run.options.measure:
                await self._measure(number)
                self._finish("measure", number)
            await self._set_row(number, state=RowState.DONE, error="", hint="")
        except SlmdeskError as error:
            await self._set_row(number, state=RowState.FAILED, error=error.message, hint=error.hint)
            for step in ("quantize", "measure"):
                self._finish(step, number)

    async def _make(self, number: int) -> None:
        await self._set_row(number, state=RowState.QUANTIZING, path="", size=0)
        row = self.run.rows[number]
        target = self._folder / file_name(self.run, number)
        await asyncio.to_thread(target.unlink, missing_ok=True)  # finished by an earlier go that was not told of it
        made = await self._quantizer.make(self._source, row.recipe, target, self._step("quantize", number))
        await self._set_row(number, path=str(made.path), size=made.size, seconds=made.seconds)

    async def _measure(self, number: int) -> None:
        await self._set_row(number, state=RowState.MEASURING)
        options, row = self.run.options, self.run.rows[number]
        measured = await self._quantizer.measure(
            Path(row.path), self._source, self._text, self._step("measure", number),
            chunks=options.chunks, context_length=options.context_length, threads=options.threads,
            with_speed=options.speed,
        )  # fmt: skip
        base = replace(
            self.run,
            base_perplexity=measured.base_perplexity,
            base_perplexity_error=measured.base_perplexity_error,
        )
        await self._set(base.with_row(number, quality=measured.quality, speed=measured.speed))

    # ---- progress ------------------------------------------------------------------------------------------------

    def _step(self, step: str, number: int = -1) -> Report:
        """A report for one step; it tells the share of the whole."""
        weight = self._weights.get((step, number), 0.0)

        def report(progress: Progress) -> None:
            self._tell(step, number, self._done + weight * (progress.fraction or 0.0))

        self._tell(step, number, self._done)
        return report

    def _finish(self, step: str, number: int = -1) -> None:
        self._done += self._weights.pop((step, number), 0.0)

    def _tell(self, step: str, number: int, done: float) -> None:
        total = self._done + sum(self._weights.values()) or 1.0
        passed = time.monotonic() - self._started
        left = passed * (total - done) / done if done > 0.02 * total and passed > 2 else None
        self._report(RunProgress(self.run.id, min(1.0, done / total), step, number, left))

    async def _set(self, run: Run) -> None:
        await self._save(run)

    async def _set_row(self, number: int, **changes: Any) -> None:
        await self._set(self.run.with_row(number, **changes))


def file_name(run: Run, number: int) -> str:
    """The name of a row's file: the source's with the new type, and a number where a type is there twice."""
    recipe = run.rows[number].recipe
    plain = target_name(Path(run.source), recipe)
    same = [i for i, row in enumerate(run.rows) if row.recipe.type == recipe.type]
    turn = same.index(number)
    return plain if not turn else plain.removesuffix(".gguf") + f"-{turn + 1}.gguf"


def unfinished(row: RunRow) -> RunRow:
    """A row as it waits again after its work was broken off."""
    return row if row.ended else replace(row, state=RowState.WAITING)


def remove_parts(folder: Path) -> None:
    """Remove what an end at a bad moment left half-written."""
    for path in folder.glob(f"*/*{PART}"):
        path.unlink(missing_ok=True)


def _is_file(path: str) -> bool:
    return bool(path) and Path(path).is_file()


def _text_digest(path: Path) -> str:
    """SHA-256 of a text's first 64 MB, once it is clear that it is one. Raises QuantizationError."""
    try:
        with path.open("rb") as file:
            start = file.read(_SAMPLE)
            digest = hashlib.sha256(start)
            for _ in range(63):
                digest.update(file.read(_SAMPLE))
    except OSError as error:
        raise QuantizationError(f"{path.name} cannot be read: {error.strerror}.", "Choose another text.") from error
    if not start.strip():
        raise QuantizationError(f"{path.name} is empty.", "Choose a text of some pages.")
    if b"\0" in start:
        raise QuantizationError(f"{path.name} is not a text.", "Choose a plain text file in UTF-8.")
    return digest.hexdigest()
