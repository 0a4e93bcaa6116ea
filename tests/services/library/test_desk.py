"""The library as the whole application wires it."""

from __future__ import annotations

from pathlib import Path

import pytest

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.remote import Origin
from slmdesk.desk import Desk
from tests.services.library import model_stores


async def test_a_finished_download_is_listed_with_its_digest(tmp_path: Path, tiny: Path) -> None:
    async with Desk.opened(tmp_path / "profile") as desk:
        path = model_stores.copy(tiny, desk.profile.models / "owner" / "repo" / "tiny.gguf")
        digest = model_stores.sha256(tiny)
        origin = Origin(
            path, "hf", "owner/repo", "owner/repo", "main", "c" * 40, "tiny.gguf", tiny.stat().st_size, digest
        )
        await desk._take_in([path], [origin])
        model = await desk.library.find("tiny")
        assert model.digest == digest
        assert model.homes[0].owned


async def test_a_model_in_memory_is_not_deleted(tmp_path: Path, starter: Path) -> None:
    async with Desk.opened(tmp_path / "profile") as desk:
        path = model_stores.copy(starter, desk.profile.models / "mine.gguf")
        await desk.library.scan()
        model = await desk.library.find("mine")
        await desk.loaded_models.ensure(model, LoadOptions(context_length=256, threads=1))
        assert desk.library.uses(model.id) == ["It is in memory."]
        with pytest.raises(SlmdeskError, match="in use: It is in memory"):
            await desk.library.delete(model.id)
        assert path.exists()
        await desk.loaded_models.unload(model.id)
        await desk.library.delete(model.id)
        assert not path.exists()
