"""Runs of the quantizer with the real worker, the real database and the starter model."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from slmdesk.core import run_report
from slmdesk.core.decision import Gate, Weights
from slmdesk.core.errors import ImportFailed, QuantizationError, SlmdeskError
from slmdesk.core.quantization import Recipe
from slmdesk.core.resources import resource
from slmdesk.core.runs import RowState, Run, RunOptions, RunRow, RunState
from slmdesk.services.files import Files
from slmdesk.services.inspection import Inspection
from slmdesk.services.jobs import Jobs
from slmdesk.services.quantizer import Quantizer
from slmdesk.services.run_work import BUILT_IN_TEXT
from slmdesk.services.runs import RunProgress, Runs
from slmdesk.storage.database import Database
from slmdesk.storage.runs import RunStore

STARTER = resource("starter", "slmdesk-starter-f16.gguf")
QUICK = RunOptions(speed=False, chunks=2, threads=1)
ONLY_FILES = RunOptions(measure=False, speed=False, threads=1)


@dataclass
class Shop:
    runs: Runs
    store: RunStore
    jobs: Jobs
    folder: Path
    models: Path
    taken: list[tuple[Path, str]]
    again: Callable[[], Runs]
    seen: list[RunProgress]

    async def ended(self, run: Run) -> Run:
        async with asyncio.timeout(120):
            while (now := self.runs.get(run.id)) is not None and now.state.active:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        assert now is not None
        return now

    async def until(self, run: Run, state: RowState, number: int = 0) -> None:
        async with asyncio.timeout(60):
            while (now := self.runs.get(run.id)) is not None and now.rows[number].state is not state:
                await asyncio.sleep(0.002)

    def files(self) -> set[str]:
        return {p.name for p in self.folder.rglob("*") if p.is_file()}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    files, jobs = Files(), Jobs()
    database = await Database.open(tmp_path / "slmdesk.db")
    store = RunStore(database)
    taken: list[tuple[Path, str]] = []
    made: list[Runs] = []

    async def take_in(path: Path, note: str) -> str:
        taken.append((path, note))
        return f"llama.cpp:{path}"

    def build() -> Runs:
        made.append(
            Runs(
                Quantizer(Inspection(files), tmp_path / "cache"), files, store, jobs, tmp_path / "runs",
                lambda: tmp_path / "models", take_in, lambda: {"processor": "Test", "cores": "2"},
            )
        )  # fmt: skip
        return made[-1]

    seen: list[RunProgress] = []
    runs = build()
    runs.progressed.connect(seen.append)
    yield Shop(runs, store, jobs, tmp_path / "runs", tmp_path / "models", taken, build, seen)
    for each in made:
        await each.close()
    await jobs.close()
    await files.close()
    await database.close()


def rows(*names: str) -> list[RunRow]:
    return [RunRow(Recipe(name)) for name in names]


async def start(shop: Shop, *names: str, options: RunOptions = QUICK) -> Run:
    return await shop.runs.start(STARTER, rows(*names), options, name="Starter", source_type="F16")


async def test_a_whole_run(shop: Shop) -> None:
    run = await start(shop, "Q8_0", "Q4_0", options=replace(QUICK, speed=True))
    done = await shop.ended(run)
    assert done.state is RunState.DONE
    assert [row.state for row in done.rows] == [RowState.DONE] * 2
    first, second = done.rows
    assert first.quality is not None
    assert second.quality is not None
    assert first.quality.kl_mean < second.quality.kl_mean
    assert first.speed is not None
    assert done.base_speed is not None
    assert done.base_speed.tg128 > 0
    assert first.size == pytest.approx(first.predicted_size, rel=0.01)
    assert len(done.source_digest) == 64
    assert done.base_perplexity > 1
    assert done.tools["SLMDesk"]
    assert done.machine["cores"] == "2"
    assert [p.fraction for p in shop.seen] == sorted(p.fraction for p in shop.seen)
    assert {p.step for p in shop.seen} == {"digest", "speed", "quantize", "measure"}
    assert [r.to_dict() for r in await shop.store.load()] == [done.to_dict()]


async def test_a_matrix_serves_the_types_that_need_one(shop: Shop) -> None:
    with pytest.raises(QuantizationError, match="needs an importance matrix"):
        await start(shop, "Q2_K_S")
    run = await start(shop, "Q2_K_S", options=replace(ONLY_FILES, matrix=True, matrix_chunks=2))
    done = await shop.ended(run)
    assert done.rows[0].state is RowState.DONE, done.rows[0].error
    assert done.matrix_chunks == 2
    assert done.rows[0].recipe.matrix == done.matrix
    assert "importance.gguf" in shop.files()


async def test_one_that_fails_does_not_stop_the_others(shop: Shop) -> None:
    bad = RunRow(Recipe("Q4_0", output_type="NONSENSE"), predicted_size=1)
    run = await shop.runs.start(STARTER, [bad, RunRow(Recipe("Q8_0"), predicted_size=1)], ONLY_FILES, source_type="F16")
    done = await shop.ended(run)
    assert [row.state for row in done.rows] == [RowState.FAILED, RowState.DONE]
    assert "NONSENSE" in done.rows[0].error
    assert done.state is RunState.DONE


async def test_pause_and_go_on(shop: Shop) -> None:
    run = await start(shop, "Q8_0", "Q4_0", options=replace(QUICK, chunks=8))
    await shop.until(run, RowState.MEASURING)
    await shop.runs.pause(run.id)
    now = shop.runs.get(run.id)
    assert now is not None
    assert now.state is RunState.PAUSED
    assert now.rows[0].state is RowState.WAITING
    assert now.rows[0].path, "the file is made already"
    stamp = Path(now.rows[0].path).stat().st_mtime_ns
    await shop.runs.resume(run.id)
    done = await shop.ended(run)
    assert [row.state for row in done.rows] == [RowState.DONE] * 2
    assert Path(done.rows[0].path).stat().st_mtime_ns == stamp, "it was not made again"


async def test_cancel_leaves_no_half_file(shop: Shop) -> None:
    for turn in range(6):
        run = await start(shop, "Q4_K_M", "Q8_0", options=ONLY_FILES)
        await asyncio.sleep(0.12 * turn)
        await shop.runs.cancel(run.id)
        now = shop.runs.get(run.id)
        assert now is not None
        assert now.state in {RunState.CANCELLED, RunState.DONE}
        assert {row.state for row in now.rows} <= {RowState.DONE, RowState.CANCELLED}
        whole = {Path(row.path).name for row in now.rows if row.path}
        assert {p.name for p in (shop.folder / run.id).glob("*")} == whole
    await shop.runs.resume(run.id)
    assert (await shop.ended(run)).state is RunState.DONE


async def test_a_job_cancelled_in_the_job_list(shop: Shop) -> None:
    first = await start(shop, "Q8_0", options=ONLY_FILES)
    second = await start(shop, "Q8_0", options=ONLY_FILES)
    list(shop.jobs)[-1].cancel()
    assert (await shop.ended(second)).state is RunState.CANCELLED
    assert (await shop.ended(first)).state is RunState.DONE


async def test_after_a_crash(shop: Shop) -> None:
    run = await start(shop, "Q8_0", "Q4_0", options=ONLY_FILES)
    done = await shop.ended(run)
    broken = replace(done.with_row(1, state=RowState.QUANTIZING, path="", size=0), state=RunState.RUNNING)
    await shop.store.put(broken)
    half = shop.folder / run.id / "slmdesk-starter-Q4_0.gguf.quantizing"
    half.write_bytes(b"half")
    later = shop.again()
    await later.load()
    (found,) = later.list()
    assert found.state is RunState.PAUSED
    assert [row.state for row in found.rows] == [RowState.DONE, RowState.WAITING]
    assert not half.exists()
    shop.runs = later
    await later.resume(run.id)
    assert [row.state for row in (await shop.ended(run)).rows] == [RowState.DONE] * 2


async def test_a_source_that_changes_or_goes(shop: Shop, tmp_path: Path) -> None:
    source = tmp_path / "model-f16.gguf"
    source.write_bytes(STARTER.read_bytes())
    run = await shop.runs.start(source, rows("Q8_0"), ONLY_FILES, source_type="F16")
    await shop.runs.pause(run.id)
    await shop.store.put(replace(await shop.ended(run), source_digest="0" * 64))
    await shop.runs.load()
    await shop.runs.resume(run.id)
    changed = await shop.ended(run)
    assert changed.state is RunState.FAILED
    assert "was changed" in changed.error
    source.unlink()
    await shop.runs.resume(run.id)
    assert "not there any more" in (await shop.ended(run)).error


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"a\0b", "not a text")])
async def test_texts_that_are_none(shop: Shop, tmp_path: Path, content: bytes, words: str) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(content)
    run = await shop.runs.start(STARTER, rows("Q8_0"), QUICK, text=text, source_type="F16")
    done = await shop.ended(run)
    assert done.state is RunState.FAILED
    assert words in done.error
    assert shop.files() == set()


async def test_keep_and_discard(shop: Shop) -> None:
    run = await start(shop, "Q8_0", "Q4_0", options=ONLY_FILES)
    await shop.ended(run)
    shop.models.mkdir()
    (shop.models / "slmdesk-starter-Q8_0.gguf").write_bytes(b"another")
    model_id = await shop.runs.keep(run.id, 0)
    path, note = shop.taken[0]
    assert model_id.endswith(str(path))
    assert path.name == "slmdesk-starter-Q8_0-2.gguf"
    now = shop.runs.get(run.id)
    assert now is not None
    assert now.source_digest in note
    assert now.rows[0].kept
    assert await shop.runs.discard(run.id, 1) == now.rows[1].size
    with pytest.raises(QuantizationError, match="in the library"):
        await shop.runs.discard(run.id, 0)
    assert await shop.runs.remove(run.id) == 0
    assert path.is_file()
    assert shop.runs.list() == []
    assert await shop.store.load() == []


async def test_reports_and_import(shop: Shop, tmp_path: Path) -> None:
    run = await start(shop, "Q8_0", "Q4_0")
    done = await shop.ended(run)
    for name in ("a.csv", "a.json", "a.md", "a.html"):
        await shop.runs.export(run.id, tmp_path / name, Gate(), Weights())
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [line["recipe"] for line in table] == ["Q8_0", "Q4_0"]
    assert float(table[1]["kl_mean"]) == done.judged()[1].kl
    html = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<svg" in html
    assert "Recommended" in (tmp_path / "a.md").read_text(encoding="utf-8")
    assert str(tmp_path) not in (tmp_path / "a.json").read_text(encoding="utf-8"), "no path of this machine"
    other = await shop.runs.import_(tmp_path / "a.json")
    assert other.imported
    assert other.judged() == done.judged()
    assert [r.id for r in shop.runs.list()].count(other.id) == 1
    await shop.runs.resume(other.id)
    assert len(shop.jobs.running) == 0
    with pytest.raises(SlmdeskError, match="ending"):
        await shop.runs.export(run.id, tmp_path / "a.exe", Gate(), Weights())


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"format": "slmdesk-run", "version": 1}', "[" * 100_000,
        '{"format": "slmdesk-run", "version": 1, "run": {"id": "a", "rows": []}}',
        '{"format": "slmdesk-run", "version": 1, "run": {"rows": [{"recipe": {"type": 5}, "state": "done"}]}}',
        '{"format": "slmdesk-run", "version": 1, "run": {"rows": [{"recipe": {}, "state": "gone"}]}}',
        '{"format": "slmdesk-run", "version": 1, "run": {"created": NaN, "rows": [1]}}',
    ],
)  # fmt: skip
def test_reports_that_are_none(text: str) -> None:
    with pytest.raises(ImportFailed):
        run_report.from_json(text, "x")


def test_a_report_keeps_hostile_words_as_words() -> None:
    run = Run("a", "/x", "<script>alert(1)</script>|", rows=(RunRow(Recipe("Q8_0"), RowState.FAILED, error="=1+1"),))
    html = run_report.to_html(run, Gate(), Weights())
    assert "<script>" not in html
    assert "'=1+1" in run_report.to_csv(run)
    assert "\\|" in run_report.to_markdown(run, Gate(), Weights())
    assert json.loads(run_report.to_json(run))["run"]["source_name"] == run.source_name


def test_the_built_in_text_is_long_enough() -> None:
    text = BUILT_IN_TEXT.read_text(encoding="utf-8")
    assert 60_000 <= len(text.encode()) <= 100_000
    assert "def " in text
    assert "rugbrød" in text.lower()
