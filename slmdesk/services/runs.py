"""Runs of the quantizer: several recipes of one source as one piece of work that survives pauses, crashes and ends."""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from slmdesk import __version__
from slmdesk.core import run_report
from slmdesk.core.chat import new_id
from slmdesk.core.decision import Gate, Weights
from slmdesk.core.errors import ImportFailed, QuantizationError, SlmdeskError
from slmdesk.core.progress import Progress, Report
from slmdesk.core.quantization import check
from slmdesk.core.runs import RowState, Run, RunOptions, RunRow, RunState
from slmdesk.services.files import Files
from slmdesk.services.jobs import Job, Jobs, JobState
from slmdesk.services.quantizer import PART, Quantizer
from slmdesk.services.run_work import BUILT_IN_TEXT, RunProgress, RunWork, file_name, remove_parts, unfinished
from slmdesk.storage.runs import RunStore

__all__ = ["BUILT_IN_TEXT", "RunProgress", "Runs"]

log = logging.getLogger(__name__)

_RESERVE = 256 << 20  # bytes of disk that stay free


class Runs(QObject):
    """All runs, the newest first; one works at a time, the others wait for it.

    ``folder`` holds the files until they are kept or discarded. ``take_in`` lets the library know of a kept file with
    a note of its lineage, and returns the model's id. ``machine`` describes this machine.
    """

    changed = Signal()
    """The list is different, or something in a run."""
    progressed = Signal(object)
    """A :class:`RunProgress`."""

    def __init__(
        self,
        quantizer: Quantizer,
        files: Files,
        store: RunStore,
        jobs: Jobs,
        folder: Path,
        keep_in: Callable[[], Path],
        take_in: Callable[[Path, str], Awaitable[str]],
        machine: Callable[[], Mapping[str, str]],
    ) -> None:
        super().__init__()
        self._quantizer = quantizer
        self._files = files
        self._store = store
        self._jobs = jobs
        self._folder = folder
        self._keep_in = keep_in
        self._take_in = take_in
        self._machine = machine
        self._runs: dict[str, Run] = {}
        self._working: dict[str, Job] = {}
        self._wishes: dict[str, RunState] = {}
        self._progress: dict[str, RunProgress] = {}
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def load(self, *, owner: bool = True) -> None:
        """Read the runs. The window (the ``owner``) also tidies up: what was at work when the program ended is paused,
        and half-written files go.
        """
        found = await self._store.load()
        if owner:
            await asyncio.to_thread(remove_parts, self._folder)
            for at, run in enumerate(found):
                if run.state.active:
                    rows = tuple(unfinished(row) for row in run.rows)
                    found[at] = replace(run, state=RunState.PAUSED, rows=rows)
                    await self._store.put(found[at])
        self._runs = {run.id: run for run in found}
        self.changed.emit()

    def list(self) -> list[Run]:
        """Every run, the newest first."""
        return sorted(self._runs.values(), key=lambda run: run.created, reverse=True)

    def get(self, run_id: str) -> Run | None:
        """A run by its id."""
        return self._runs.get(run_id)

    def progress(self, run_id: str) -> RunProgress | None:
        """How far a run that is at work is."""
        return self._progress.get(run_id)

    # ---- working ---------------------------------------------------------------------------------------------------

    async def start(
        self,
        source: Path,
        rows: Sequence[RunRow],
        options: RunOptions,
        *,
        text: Path | None = None,
        name: str = "",
        source_type: str = "",
        parameters: int = 0,
        ternary: bool = False,
    ) -> Run:
        """Begin a run, or queue it behind the one at work. Raises QuantizationError before anything is written.

        ``text`` None takes the one that comes with the program.
        """
        if not rows:
            raise QuantizationError("No recipe is ticked.", "Tick at least one.")
        for row in rows:
            wanted = replace(row.recipe, matrix=row.recipe.matrix or ("later" if options.matrix else ""))
            check(wanted, source_type, ternary_source=ternary)
        rows = await self._predicted(source, rows)
        run = Run(
            new_id(), str(source), name or source.stem, source_type, await asyncio.to_thread(_size, source),
            source_parameters=parameters, rows=tuple(rows), options=options, text=str(text or ""), created=time.time(),
            machine=dict(self._machine()), tools=_tools(),
        )  # fmt: skip
        await asyncio.to_thread(_check_space, self._folder, sum(row.predicted_size for row in rows))
        await self._put(run)
        self._begin(run)
        return run

    async def _predicted(self, source: Path, rows: Sequence[RunRow]) -> Sequence[RunRow]:
        if all(row.predicted_size for row in rows):
            return rows
        found = await self._quantizer.predictions(source, [row.recipe for row in rows])
        return [replace(row, predicted_size=p.size) for row, p in zip(rows, found, strict=True)]

    async def resume(self, run_id: str, *, again: bool = False) -> None:
        """Go on with a run that was paused, cancelled or failed; with ``again`` also with the recipes that failed."""
        run = self._known(run_id)
        if run.state.active or run.imported:
            return
        redone = {RowState.CANCELLED} | ({RowState.FAILED} if again else set())
        rows = tuple(
            replace(r, state=RowState.WAITING, error="", hint="") if r.state in redone else r for r in run.rows
        )
        run = replace(run, state=RunState.QUEUED, rows=rows, error="", hint="", finished=0.0)
        await self._put(run)
        self._begin(run)

    async def pause(self, run_id: str) -> None:
        """Stop after saving what is done; the step under way is begun again when the run goes on."""
        await self._stop(run_id, RunState.PAUSED)

    async def cancel(self, run_id: str) -> None:
        """Stop for good; what is done stays, and no half file does."""
        await self._stop(run_id, RunState.CANCELLED)

    async def _stop(self, run_id: str, state: RunState) -> None:
        job = self._working.get(run_id)
        if job is None:
            if state is RunState.CANCELLED and self._known(run_id).state is RunState.PAUSED:
                await self._stopped(run_id, state)
            return
        self._wishes[run_id] = state
        job.cancel()
        with suppress(asyncio.CancelledError, SlmdeskError):
            await job.wait()
        if self._known(run_id).state.active:  # it was cancelled before its first step
            await self._stopped(run_id, state)

    def _begin(self, run: Run) -> None:
        self._wishes.pop(run.id, None)
        job = self._jobs.start(f"Quantizing {run.source_name}", lambda report: self._work(run.id, report))
        self._working[run.id] = job
        job.changed.connect(lambda: self._job_changed(run.id, job))

    def _job_changed(self, run_id: str, job: Job) -> None:
        """A job that is over gives way; one that was cancelled in the job list before its first step is noted."""
        if job.state is JobState.RUNNING:
            self._working[run_id] = job  # tried again from the job list
            return
        if self._working.get(run_id) is job:
            del self._working[run_id]
        self._progress.pop(run_id, None)
        run = self._runs.get(run_id)
        if job.state is JobState.CANCELLED and run is not None and run.state.active and run_id not in self._wishes:
            task = asyncio.ensure_future(self._stopped(run_id, RunState.CANCELLED))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.changed.emit()

    async def _work(self, run_id: str, report: Report) -> None:
        try:
            async with self._turn:
                await self._work_now(run_id, report)
        except asyncio.CancelledError:
            await asyncio.shield(self._stopped(run_id, self._wishes.get(run_id, RunState.CANCELLED)))
            raise
        except SlmdeskError as error:
            rows = tuple(unfinished(row) for row in self._known(run_id).rows)
            failed = replace(self._known(run_id), state=RunState.FAILED, rows=rows, finished=time.time())
            await self._put(replace(failed, error=error.message, hint=error.hint))
            raise

    async def _work_now(self, run_id: str, report: Report) -> None:
        def tell(progress: RunProgress) -> None:
            self._progress[run_id] = progress
            report(Progress(progress.fraction, 1.0, eta_s=progress.eta_s))
            self.progressed.emit(progress)

        await self._put(replace(self._known(run_id), state=RunState.RUNNING, error="", hint=""))
        started = time.monotonic()
        try:
            folder = self._folder / run_id
            await RunWork(lambda: self._known(run_id), self._quantizer, self._files, folder, self._put, tell).go()
        finally:
            now = self._known(run_id)
            self._runs[run_id] = replace(now, worked_s=now.worked_s + time.monotonic() - started)
        failed = all(row.state is RowState.FAILED for row in self._known(run_id).rows)
        end = RunState.FAILED if failed else RunState.DONE
        await self._put(replace(self._known(run_id), state=end, finished=time.time()))

    async def _stopped(self, run_id: str, state: RunState) -> None:
        run = self._known(run_id)
        rows = [unfinished(row) for row in run.rows]
        if state is RunState.CANCELLED:
            rows = [row if row.ended else replace(row, state=RowState.CANCELLED) for row in rows]
        await self._put(replace(run, state=state, rows=tuple(rows), finished=time.time()))

    # ---- results ---------------------------------------------------------------------------------------------------

    async def keep(self, run_id: str, number: int) -> str:
        """Move a row's file to the models and list it in the library with its lineage; returns the model's id."""
        run = self._known(run_id)
        row = run.rows[number]
        if not row.path:
            raise QuantizationError(f"{row.label} has no file.", "Quantize it again.")
        target = Path(row.path)
        if not row.kept:
            target = await asyncio.to_thread(_move, Path(row.path), self._keep_in(), file_name(run, number))
            await self._put(self._known(run_id).with_row(number, path=str(target), kept=True))
        return await self._take_in(target, lineage(run, row))

    async def discard(self, run_id: str, number: int) -> int:
        """Delete a row's file for good; its figures stay. Returns the bytes that are free then."""
        row = self._known(run_id).rows[number]
        if row.kept:
            raise QuantizationError(f"{row.label} is in the library.", "Delete it in Models.")
        if not row.path or self._known(run_id).state.active:
            return 0
        freed = await asyncio.to_thread(_delete, Path(row.path))
        await self._put(self._known(run_id).with_row(number, path="", discarded=True))
        return freed

    async def remove(self, run_id: str) -> int:
        """Forget a run and delete its files that were not kept; returns the bytes that are free then."""
        await self.cancel(run_id)
        run = self._known(run_id)
        freed = sum(row.size for row in run.rows if row.path and not row.kept)
        if not run.imported:
            await asyncio.to_thread(shutil.rmtree, self._folder / run_id, ignore_errors=True)
        await self._store.drop(run_id)
        del self._runs[run_id]
        self.changed.emit()
        return freed

    async def export(self, run_id: str, path: Path, gate: Gate, weights: Weights) -> None:
        """Write a report; the file name's end tells the format: .csv, .json, .md or .html. Raises SlmdeskError."""
        run = self._known(run_id)
        text = {
            ".csv": lambda: run_report.to_csv(run),
            ".json": lambda: run_report.to_json(run),
            ".md": lambda: run_report.to_markdown(run, gate, weights),
            ".html": lambda: run_report.to_html(run, gate, weights),
        }.get(path.suffix.lower())
        if text is None:
            raise SlmdeskError(f"{path.name} has no ending that tells the format.", "Use .csv, .json, .md or .html.")
        try:
            await asyncio.to_thread(path.write_text, text(), encoding="utf-8")
        except OSError as error:
            raise SlmdeskError(f"{path} cannot be written: {error.strerror}.", "Choose another place.") from error

    async def import_(self, path: Path) -> Run:
        """Read a run that was exported as JSON, for example on another machine. Raises ImportFailed."""
        text = await asyncio.to_thread(_read, path)
        run = run_report.from_json(text, new_id())
        await self._put(run)
        return run

    # ---- ends ------------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Pause what is at work; call before the jobs close."""
        for run_id in tuple(self._working):
            await self.pause(run_id)
        if self._tasks:
            await asyncio.wait(tuple(self._tasks))

    def _known(self, run_id: str) -> Run:
        run = self._runs.get(run_id)
        if run is None:
            raise QuantizationError("This run is not there any more.", "Choose another.")
        return run

    async def _put(self, run: Run) -> None:
        self._runs[run.id] = run
        await self._store.put(run)
        self.changed.emit()


def lineage(run: Run, row: RunRow) -> str:
    """Where a file is from, in a few lines: source and its digest, recipe, matrix, tools, and what was measured."""
    lines = [f"{row.label} of {run.source_name} ({run.source_type or 'unknown type'})"]
    lines += [f"Source SHA-256 {run.source_digest}"] if run.source_digest else []
    lines += [f"Importance matrix from {run.text_name}, {run.matrix_chunks} chunks"] if row.recipe.matrix else []
    lines += ["Made with " + ", ".join(f"{k} {v}" for k, v in run.tools.items())] if run.tools else []
    if row.quality is not None:
        q = row.quality
        on = f"{q.chunks} × {q.context_length} tokens of {run.text_name}"
        lines.append(f"Same top token {q.same_top:.1%}, KL divergence {q.kl_mean:.5f}, on {on}")
    return "\n".join(lines)


def _tools() -> dict[str, str]:
    found = {"SLMDesk": __version__}
    with suppress(importlib.metadata.PackageNotFoundError):
        found["llama-cpp-python"] = importlib.metadata.version("llama-cpp-python")
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise QuantizationError(f"{path.name} cannot be read: {error.strerror}.", "Choose another source.") from error


def _check_space(folder: Path, wanted: int) -> None:
    """Refuse a run whose files will not all find room. Raises QuantizationError."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < wanted + _RESERVE:
        raise QuantizationError(
            f"All these files need {wanted / 1e9:.2f} GB, and {free / 1e9:.2f} GB are free in {folder}.",
            "Tick fewer recipes, or free some space.",
        )


def _move(path: Path, folder: Path, name: str) -> Path:
    """Move a file into a folder under a name that is free; it appears there whole or not at all."""
    stem, number = name.removesuffix(".gguf"), 1
    target = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while target.exists():
            number += 1
            target = folder / f"{stem}-{number}.gguf"
        try:
            path.rename(target)
        except OSError:  # another drive
            part = target.with_name(target.name + PART)
            try:
                shutil.copyfile(path, part)
                with part.open("rb+") as file:
                    os.fsync(file.fileno())
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
            path.unlink()
    except OSError as error:
        raise QuantizationError(
            f"{path.name} cannot be moved to {folder}: {error.strerror or error}.", "Free some space, try again."
        ) from error
    return target


def _delete(path: Path) -> int:
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise QuantizationError(
            f"{path.name} cannot be deleted: {error.strerror}.", "Close programs that use it, try again."
        ) from error
    return size


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > run_report.LARGEST:
            raise ImportFailed(f"{path.name} is too large for a report.", "Choose a JSON report of a run.")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFailed(f"{path.name} cannot be read.", "Choose a JSON report of a run.", str(error)) from error
