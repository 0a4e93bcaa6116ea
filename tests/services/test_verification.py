"""The action "Verify", with the real engine and the starter model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.models import Model, ModelFormat
from slmdesk.core.progress import Progress
from slmdesk.desk import Desk
from slmdesk.services.verification import Stamp, Verification


@pytest.fixture
async def desk(profile_dir: Path) -> AsyncIterator[Desk]:
    async with Desk.opened(profile_dir) as desk:
        yield desk


def model_at(path: Path, format_: ModelFormat = ModelFormat.GGUF, runtime: str = "llama.cpp") -> Model:
    return Model(id=f"llama.cpp:{path}", name=path.stem, runtime=runtime, path=path, format=format_)


def outcome(stamp: Stamp) -> dict[str, bool | None]:
    return {step.name: step.ok for step in stamp.steps}


async def test_a_sound_model_gets_a_stamp(desk: Desk, starter: Path) -> None:
    told: list[Progress] = []
    model = model_at(starter)
    stamp = await desk.verification.verify(model, told.append)
    assert stamp.ok
    assert stamp.digest == hashlib.sha256(starter.read_bytes()).hexdigest()
    assert outcome(stamp) == {"header": True, "digest": None, "complete": True, "load": True, "sentence": True}
    assert len(stamp.sentence) > 5
    shares = [p.fraction or 0 for p in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert await desk.verification.stamp(model) == stamp
    assert desk.loaded_models.list() == []


async def test_the_stamp_falls_off_when_the_file_changes(desk: Desk, starter: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(starter.read_bytes())
    model = model_at(path)
    assert (await desk.verification.verify(model)).ok
    assert await desk.verification.stamp(model) is not None
    os.utime(path, ns=(1, 1))
    assert await desk.verification.stamp(model) is None
    assert await desk.verification.stamp(model) is None


async def test_a_stamp_waits_for_a_file_that_is_away(desk: Desk, starter: Path, tmp_path: Path) -> None:
    path, away = tmp_path / "m.gguf", tmp_path / "away"
    path.write_bytes(starter.read_bytes())
    model = model_at(path)
    await desk.verification.verify(model)
    path.rename(away)
    assert await desk.verification.stamp(model) is None
    away.rename(path)
    assert await desk.verification.stamp(model) is not None


async def test_one_wrong_byte_fails(desk: Desk, starter: Path, tmp_path: Path) -> None:
    """The sum beside the file is of the sound one."""
    data = bytearray(starter.read_bytes())
    (tmp_path / "SHA256SUMS").write_text(f"{hashlib.sha256(data).hexdigest()}  m.gguf\n")
    path = tmp_path / "m.gguf"
    path.write_bytes(data)
    stamp = await desk.verification.verify(model_at(path))
    assert (stamp.ok, stamp.digest_source) == (True, "the bundle")
    data[-1] ^= 1
    path.write_bytes(data)
    stamp = await desk.verification.verify(model_at(path))
    assert not stamp.ok
    assert outcome(stamp) == {"header": True, "digest": False, "complete": True}
    assert stamp.sentence == ""


async def test_the_digest_under_which_it_was_fetched_counts_first(desk: Desk, starter: Path) -> None:
    async def published(path: Path) -> tuple[str, str]:
        return ("AB" * 32, "Hugging Face")

    verification = Verification(desk.files, desk.loaded_models, desk.verification._store, published)
    stamp = await verification.verify(model_at(starter))
    step = next(step for step in stamp.steps if step.name == "digest")
    assert step.ok is False
    assert "is not the file that Hugging Face published" in step.message


async def test_a_blob_is_named_by_its_digest(desk: Desk, starter: Path, tmp_path: Path) -> None:
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    data = starter.read_bytes()
    path = blobs / f"sha256-{hashlib.sha256(data).hexdigest()}"
    path.write_bytes(data)
    stamp = await desk.verification.verify(model_at(path))
    assert (stamp.ok, stamp.digest_source) == (True, "Ollama")


@pytest.mark.parametrize("name", ["cut.gguf", "model.ckpt", "page.gguf"])
async def test_what_cannot_be_used_fails_before_it_is_loaded(
    desk: Desk, starter: Path, tmp_path: Path, name: str
) -> None:
    data = {"cut.gguf": starter.read_bytes()[:-5000], "model.ckpt": b"\x80\x04x", "page.gguf": b"<!DOCTYPE html>"}[name]
    path = tmp_path / name
    path.write_bytes(data)
    stamp = await desk.verification.verify(model_at(path))
    assert not stamp.ok
    assert outcome(stamp)["header"] is False
    assert "load" not in outcome(stamp)


async def test_without_a_runtime_it_is_not_tried(desk: Desk, starter: Path) -> None:
    stamp = await desk.verification.verify(model_at(starter, runtime="another"))
    assert outcome(stamp)["load"] is None
    assert stamp.ok


async def test_too_little_memory_says_nothing_of_the_file(
    desk: Desk, starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def load(*_: object, **__: object) -> None:
        raise NotEnoughMemory("It needs 90 GiB, 2 GiB are free.", "Take a smaller one.")

    monkeypatch.setattr(desk.loaded_models.runtimes[0], "load", load)
    stamp = await desk.verification.verify(model_at(starter))
    assert stamp.ok
    assert outcome(stamp)["load"] is None


async def test_a_model_in_memory_stays_there(desk: Desk, starter: Path) -> None:
    model = model_at(starter)
    await desk.loaded_models.ensure(model, LoadOptions(context_length=512))
    stamp = await desk.verification.verify(model)
    assert stamp.ok
    assert len(desk.loaded_models.list()) == 1
