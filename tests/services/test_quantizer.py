"""Quantizing and measuring with the real worker, the real library and the starter model."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from slmdesk.core.errors import QuantizationError, SlmdeskError, UnsafeModelFile
from slmdesk.core.gguf import read_header
from slmdesk.core.progress import Progress
from slmdesk.core.quantization import TYPES, Recipe
from slmdesk.core.resources import resource
from slmdesk.services.files import Files
from slmdesk.services.inspection import Inspection
from slmdesk.services.quantizer import Quantizer, target_name
from slmdesk.worker.quantize import matrix as matrices
from tests.benchmarks.random_gguf import TINY, write_model

STARTER = resource("starter", "slmdesk-starter-f16.gguf")
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def quantizer(tmp_path: Path) -> AsyncIterator[Quantizer]:
    files = Files()
    yield Quantizer(Inspection(files), tmp_path / "cache")
    await files.close()


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some pages of the project's own text; the same for every run of one state of the project."""
    path = tmp_path_factory.mktemp("text") / "pages.txt"
    pages = [*sorted((ROOT / "resources" / "starter" / "data").glob("0*.txt"))]
    path.write_text("\n\n".join(p.read_text(encoding="utf-8") for p in pages)[:60_000], encoding="utf-8")
    return path


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


async def test_every_offered_type_is_known(quantizer: Quantizer) -> None:
    types = await quantizer.types()
    assert {t.name for t in types} <= set(TYPES)
    assert {"Q4_K_M", "Q8_0", "IQ2_XXS", "TQ1_0", "F32"} <= {t.name for t in types}


@pytest.mark.parametrize("kind", ["Q4_K_M", "Q8_0", "Q4_0", "Q5_1", "Q2_K", "Q6_K"])
async def test_the_file_is_as_large_as_predicted(quantizer: Quantizer, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    predicted = await quantizer.predict(STARTER, Recipe(kind))
    seen: list[Progress] = []
    made = await quantizer.make(STARTER, Recipe(kind), out / target_name(STARTER, Recipe(kind)), seen.append)
    assert names(out) == {f"slmdesk-starter-{kind}.gguf"}
    assert made.size == pytest.approx(predicted.size, rel=0.01)
    with made.path.open("rb") as file:
        assert read_header(file, made.size).quantization == kind
    assert [p.done for p in seen] == sorted(p.done for p in seen)


async def test_overrides_and_the_output_type(quantizer: Quantizer, tmp_path: Path) -> None:
    recipe = Recipe("Q4_K_M", output_type="Q8_0", embedding_type="Q6_K", overrides=(("ffn_down", "Q8_0"),))
    made = await quantizer.make(STARTER, recipe, tmp_path / "a.gguf")
    with made.path.open("rb") as file:
        types = {t.name: t.type.name for t in read_header(file, made.size).tensors}
    assert types["blk.0.ffn_down.weight"] == "Q8_0"
    assert types["token_embd.weight"] in {"Q6_K", "Q8_0"}  # tied: it is the output too
    assert types["blk.1.ffn_up.weight"] == "Q4_K"


async def test_losses_grow_as_bits_shrink(quantizer: Quantizer, tmp_path: Path, text: Path) -> None:
    divergences = []
    for kind in ("Q8_0", "Q5_1", "Q4_0"):
        made = await quantizer.make(STARTER, Recipe(kind), tmp_path / f"{kind}.gguf")
        measured = await quantizer.measure(made.path, STARTER, text, chunks=4, threads=1)
        divergences.append(measured.quality.kl_mean)
    assert 0 < divergences[0] < divergences[1] < divergences[2]


async def test_the_source_is_read_once_for_a_text(quantizer: Quantizer, tmp_path: Path, text: Path) -> None:
    for turn in range(2):
        seen: list[float] = []
        report = partial(_note, seen)
        measured = await quantizer.measure(STARTER, STARTER, text, report, chunks=4, threads=1)
        assert (min(seen) < 0.5) == (turn == 0)
    assert measured.quality.same_top == 1
    assert measured.quality.kl_mean < 1e-4
    assert len(names(tmp_path / "cache" / "logits")) == 1


async def test_an_importance_matrix_makes_few_bits_possible(quantizer: Quantizer, tmp_path: Path, text: Path) -> None:
    with pytest.raises(QuantizationError, match="needs an importance matrix"):
        await quantizer.make(STARTER, Recipe("IQ2_XXS"), tmp_path / "a.gguf")
    target = tmp_path / "m.gguf"
    assert await quantizer.matrix(STARTER, text, target, chunks=4) == 4
    found = matrices.load(target)
    assert (found.chunks, found.chunk_length, found.datasets) == (4, 512, ("pages.txt",))
    assert len(found.entries) == 42  # seven products in each of six layers
    assert all((e.counts == 4 * 512).all() for e in found.entries.values())
    made = await quantizer.make(STARTER, Recipe("Q2_K_S", matrix=str(target)), tmp_path / "b.gguf")
    assert made.size < STARTER.stat().st_size / 4


async def test_a_matrix_is_gone_on_with(quantizer: Quantizer, tmp_path: Path, text: Path) -> None:
    whole, gone_on = tmp_path / "whole.gguf", tmp_path / "gone-on.gguf"
    await quantizer.matrix(STARTER, text, whole, chunks=6, threads=1)
    await quantizer.matrix(STARTER, text, gone_on, chunks=3, threads=1)
    shutil.copy(gone_on, _unfinished(quantizer, text, 6))
    seen: list[float] = []
    await quantizer.matrix(STARTER, text, tmp_path / "two.gguf", lambda p: seen.append(p.done), chunks=6, threads=1)
    assert min(seen) > 0.5  # the first half was not done again
    one, two = matrices.load(whole), matrices.load(tmp_path / "two.gguf")
    for name, entry in one.entries.items():
        assert np.allclose(entry.sums, two.entries[name].sums, rtol=1e-3)


def _note(seen: list[float], progress: Progress) -> None:
    seen.append(progress.done)


def _unfinished(quantizer: Quantizer, text: Path, chunks: int) -> Path:
    from slmdesk.services import quantizer as module

    folder = quantizer._cache / "matrices"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{module._key(STARTER, text, 512, chunks)}.gguf"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"  \n ", "is empty"), (b"a\0b" * 90, "is not a text"), (b"\xff\xfe\xff" * 99, "UTF-8")],
)
async def test_texts_that_are_none(quantizer: Quantizer, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(QuantizationError, match=words):
        await quantizer.measure(STARTER, STARTER, path)


async def test_a_text_of_one_long_line(quantizer: Quantizer, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("word " * 40_000)
    measured = await quantizer.measure(STARTER, STARTER, path, chunks=2, threads=1)
    assert measured.quality.chunks == 2


async def test_refusals(quantizer: Quantizer, tmp_path: Path) -> None:
    with pytest.raises(QuantizationError, match="not trained so"):
        await quantizer.make(STARTER, Recipe("TQ2_0"), tmp_path / "a.gguf")
    made = await quantizer.make(STARTER, Recipe("Q8_0"), tmp_path / "q8.gguf")
    with pytest.raises(QuantizationError, match="is quantized already"):
        await quantizer.make(made.path, Recipe("Q4_K_M"), tmp_path / "b.gguf")
    await quantizer.make(made.path, Recipe("Q4_K_M", requantize=True), tmp_path / "c.gguf")
    with pytest.raises(QuantizationError, match="is there already"):
        await quantizer.make(STARTER, Recipe("Q8_0"), made.path)
    with pytest.raises(QuantizationError, match="not a regular expression"):
        await quantizer.make(STARTER, Recipe("Q8_0", overrides=(("[", "Q8_0"),)), tmp_path / "d.gguf")
    other = write_model(tmp_path / "other.gguf", TINY)
    with pytest.raises(QuantizationError, match="not the same model"):
        await quantizer.measure(other, STARTER, ROOT / "README.md", chunks=2)
    assert not [n for n in names(tmp_path) if n.endswith(".quantizing")]


async def test_damaged_sources_never_reach_native_code(quantizer: Quantizer, tmp_path: Path) -> None:
    data = STARTER.read_bytes()
    short, strange = tmp_path / "short.gguf", tmp_path / "strange.gguf"
    short.write_bytes(data[: len(data) // 2])
    strange.write_bytes(b"\x80\x04" + os.urandom(500))
    for path in (short, strange, tmp_path / "none.gguf"):
        with pytest.raises((QuantizationError, UnsafeModelFile)):
            await quantizer.make(path, Recipe("Q4_K_M"), tmp_path / "a.gguf")
    assert names(tmp_path) <= {"short.gguf", "strange.gguf", "cache"}


async def test_a_disk_without_room(quantizer: Quantizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _p: usage._replace(free=1_000_000))
    with pytest.raises(QuantizationError, match="not enough space"):
        await quantizer.make(STARTER, Recipe("Q4_K_M"), tmp_path / "a.gguf")


async def test_cancelled_at_any_moment(quantizer: Quantizer, tmp_path: Path) -> None:
    out, rng = tmp_path / "out", random.Random(5)
    for turn in range(6):
        task = asyncio.create_task(quantizer.make(STARTER, Recipe("Q5_K_M"), out / f"{turn}.gguf"))
        await asyncio.sleep(rng.random() * 0.7)
        task.cancel()
        await asyncio.wait([task])
    left = names(out) if out.exists() else set()
    assert not [n for n in left if n.endswith(".quantizing")]
    made = await quantizer.make(STARTER, Recipe("Q5_K_M"), out / "last.gguf")
    for name in left | {"last.gguf"}:
        assert (out / name).stat().st_size == made.size


def test_names_of_results() -> None:
    assert target_name(Path("Phi-4-mini-F16.gguf"), Recipe("Q4_K_M")) == "Phi-4-mini-Q4_K_M.gguf"
    assert target_name(Path("a.bf16.gguf"), Recipe("Q8_0")) == "a-Q8_0.gguf"
    assert target_name(Path("plain.gguf"), Recipe("q4_k")) == "plain-Q4_K_M.gguf"


# Against llama.cpp's own tools, where they are: SLMDESK_LLAMA_TOOLS names their folder.


def tool(name: str) -> str:
    folder = os.environ.get("SLMDESK_LLAMA_TOOLS", "")
    found = shutil.which(name, path=folder) if folder else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not here; SLMDESK_LLAMA_TOOLS may name the folder of llama.cpp's tools")
    return found


def run(*command: str | Path) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=150, check=True)
    return done.stdout + done.stderr


async def test_the_figures_are_those_of_llama_perplexity(quantizer: Quantizer, tmp_path: Path, text: Path) -> None:
    program = tool("llama-perplexity")
    made = await quantizer.make(STARTER, Recipe("Q4_K_M"), tmp_path / "q4.gguf")
    measured = await quantizer.measure(made.path, STARTER, text, chunks=8, threads=1)
    base = tmp_path / "base.kld"
    common: list[str | Path] = ["-f", text, "-c", "512", "--chunks", "8", "-t", "1", "-ngl", "0"]
    first = run(program, "-m", STARTER, "--kl-divergence-base", base, *common)
    second = run(program, "-m", made.path, "--kl-divergence-base", base, "--kl-divergence", *common)
    theirs = float(re.search(r"PPL = ([0-9.]+)", first)[1])  # type: ignore[index]
    assert measured.base_perplexity == pytest.approx(theirs, rel=1e-3)

    def figure(words: str) -> float:
        found = re.search(rf"{words}\s*:?\s+([-0-9.]+)", second)
        assert found is not None, second[-3000:]
        return float(found[1])

    quality = measured.quality
    assert quality.perplexity == pytest.approx(figure(r"Mean PPL\(Q\)"), rel=1e-3)
    assert quality.kl_mean == pytest.approx(figure("Mean    KLD"), rel=0.02)
    assert quality.kl_median == pytest.approx(figure("Median  KLD"), rel=0.02)
    assert quality.kl_99 == pytest.approx(figure("99.0%   KLD"), rel=0.03)
    assert quality.same_top * 100 == pytest.approx(figure("Same top p"), abs=0.1)
    assert quality.shift_rms * 100 == pytest.approx(figure("RMS Δp"), rel=0.02)


async def test_the_matrix_is_that_of_llama_imatrix(quantizer: Quantizer, tmp_path: Path, text: Path) -> None:
    program, quantize = tool("llama-imatrix"), tool("llama-quantize")
    ours, theirs = tmp_path / "ours.gguf", tmp_path / "theirs.gguf"
    await quantizer.matrix(STARTER, text, ours, chunks=4, threads=1)
    run(program, "-m", STARTER, "-f", text, "-o", theirs, "-c", "512", "--chunks", "4", "-t", "1", "-ngl", "0")
    a, b = matrices.load(ours), matrices.load(theirs)
    assert set(a.entries) == set(b.entries)
    for name, entry in a.entries.items():
        assert (entry.counts == b.entries[name].counts).all()
        assert np.allclose(entry.sums, b.entries[name].sums, rtol=5e-3, atol=1e-3)
    run(quantize, "--imatrix", ours, STARTER, tmp_path / "with-ours.gguf", "Q4_K_M", "1")
    made = await quantizer.make(STARTER, Recipe("Q4_K_M", matrix=str(theirs)), tmp_path / "with-theirs.gguf")
    assert made.size == pytest.approx((tmp_path / "with-ours.gguf").stat().st_size, rel=0.01)


async def test_damaged_matrices(quantizer: Quantizer, tmp_path: Path, text: Path) -> None:
    target = tmp_path / "m.gguf"
    await quantizer.matrix(STARTER, text, target, chunks=1)
    data = target.read_bytes()
    rng = random.Random(1)
    for _ in range(60):
        broken = bytearray(data[: rng.randrange(1, len(data))] if rng.random() < 0.3 else data)
        for _ in range(rng.randrange(1, 20)):
            broken[rng.randrange(min(4000, len(broken)))] = rng.randrange(256)
        target.write_bytes(broken)
        try:
            matrices.load(target)
        except SlmdeskError as error:
            assert error.message  # noqa: PT017 - some changes do no harm, and then it is read
