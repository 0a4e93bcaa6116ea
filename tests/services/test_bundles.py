"""Bundles: what is written can be checked by anybody, and what was changed on the way is never taken in."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from slmdesk.core.errors import DownloadError, SlmdeskError
from slmdesk.core.models import Home, Model, ModelFormat
from slmdesk.core.remote import Origin
from slmdesk.services.bundles import MANIFEST, SUMS, Bundles, files_of


class Shelf:
    """Where imported models go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[Path] = []
        self.origins: dict[Path, Origin] = {}
        self.bundles = Bundles(lambda: self.folder, self.origins.get, self._take)

    async def _take(self, paths: list[Path], origins: list[Origin]) -> None:
        self.taken += paths
        self.origins.update((o.path, o) for o in origins)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models")


@pytest.fixture
def model(tmp_path: Path) -> Model:
    folder = tmp_path / "here"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"m-Q8_0-0000{number}-of-00002.gguf").write_bytes(bytes([number]) * 100_000)
    (folder / "mmproj-F16.gguf").write_bytes(b"eyes")
    (folder / "LICENSE").write_text("Free.")
    (folder / "other.gguf").write_bytes(b"another model")
    path = folder / "m-Q8_0-00001-of-00002.gguf"
    return Model(f"llama.cpp:{path}", "M / 8 bits", "llama.cpp", path, ModelFormat.GGUF, homes=(Home(path, "own"),))


async def test_a_bundle_is_whole_and_anybody_can_check_it(shelf: Shelf, model: Model, tmp_path: Path) -> None:
    shares: list[float] = []
    bundle = await shelf.bundles.export(model, tmp_path / "stick", lambda p: shares.append(p.fraction or 0.0))
    await asyncio.sleep(0)
    names = {"LICENSE", "m-Q8_0-00001-of-00002.gguf", "m-Q8_0-00002-of-00002.gguf", "mmproj-F16.gguf", MANIFEST, SUMS}
    assert {p.name for p in bundle.iterdir()} == names
    assert shares[-1] == 1.0
    if shutil.which("sha256sum"):
        assert subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=bundle, check=False).returncode == 0
    paths = await shelf.bundles.import_(bundle)
    assert shelf.taken == paths
    assert {p.name: p.read_bytes() for p in paths} == {
        p.name: p.read_bytes() for p in bundle.iterdir() if p.name not in (MANIFEST, SUMS)
    }
    assert shelf.origins[paths[0]].source == "bundle"
    again = await shelf.bundles.import_(bundle)
    assert again[0].parent != paths[0].parent  # nothing is written over


@pytest.mark.parametrize("damage", ["flip", "cut", "missing", "sums", "manifest", "name", "absolute", "link"])
async def test_a_damaged_or_hostile_bundle_is_refused_whole(
    shelf: Shelf, model: Model, tmp_path: Path, damage: str
) -> None:
    bundle = await shelf.bundles.export(model, tmp_path / "stick")
    weights = bundle / "m-Q8_0-00002-of-00002.gguf"
    manifest = json.loads((bundle / MANIFEST).read_text())
    if damage == "flip":
        weights.write_bytes(b"\x00" + weights.read_bytes()[1:])
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-1])
    elif damage == "missing":
        weights.unlink()
    elif damage == "sums":
        (bundle / SUMS).write_text("0" * 64 + "  LICENSE\n")
    elif damage == "manifest":
        (bundle / MANIFEST).write_text("[" * 100_000)
    elif damage == "link":
        weights.unlink()
        weights.symlink_to("/etc/hostname")
    else:
        bad = "../../evil.gguf" if damage == "name" else "/evil.gguf"
        manifest["files"][0]["path"] = bad
        (bundle / MANIFEST).write_text(json.dumps(manifest))
        (bundle / SUMS).write_text("".join(f"{f['sha256']}  {f['path']}\n" for f in manifest["files"]))
    with pytest.raises(DownloadError):
        await shelf.bundles.import_(bundle)
    assert not shelf.taken
    assert not [p for p in shelf.folder.rglob("*") if p.is_file()]
    assert not (tmp_path / "evil.gguf").exists()


async def test_cancelling_an_export_leaves_nothing(shelf: Shelf, model: Model, tmp_path: Path) -> None:
    model.path.write_bytes(bytes(300_000_000))
    task = asyncio.ensure_future(shelf.bundles.export(model, tmp_path / "stick"))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [p for p in (tmp_path / "stick").rglob("*") if p.is_file()]


async def test_a_model_that_is_away_says_so(shelf: Shelf, model: Model, tmp_path: Path) -> None:
    shutil.rmtree(model.path.parent)
    with pytest.raises(SlmdeskError, match="not there now"):
        await shelf.bundles.export(model, tmp_path)
    with pytest.raises(DownloadError, match="not a bundle"):
        await shelf.bundles.import_(tmp_path)


def test_a_folder_of_weights_is_one_bundle(model: Model) -> None:
    (model.path.parent / "x.gguf.part").write_bytes(b"half")
    whole = Model("x", "Folder", "onnx", model.path.parent, ModelFormat.ONNX, homes=(Home(model.path.parent, "own"),))
    assert [name for _, name in files_of(whole)] == sorted(
        ["LICENSE", "m-Q8_0-00001-of-00002.gguf", "m-Q8_0-00002-of-00002.gguf", "mmproj-F16.gguf", "other.gguf"]
    )
