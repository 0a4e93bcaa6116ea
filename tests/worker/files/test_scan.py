"""What the files worker finds in folders and stores, without a process."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slmdesk.worker.files import listing, walk
from slmdesk.worker.files.scan import scan
from slmdesk.worker.files.walk import MAX_DEPTH
from tests.benchmarks.random_gguf import write_model
from tests.services.library import model_stores

KEYS = ("layers", "mediaType", "digest", "config")
Entries = dict[str, dict[str, Any]]


def look(*places: tuple[Path, str], known: dict[str, Any] | None = None) -> tuple[Entries, dict[str, Any]]:
    """A whole scan: the entries by path, and what it said at its end."""
    folders = [{"path": str(path), "store": store} for path, store in places]
    entries: Entries = {}
    for event in scan({"folders": folders, "known": known or {}}):
        if "data" in event:
            entries.update((e["path"], e) for e in event["data"]["found"])
        if "done" in event:
            return entries, event["done"]
    raise AssertionError("a scan has an end")


def names(entries: Entries) -> list[str]:
    return sorted(name for e in entries.values() for name in e["names"])


def stamps(entries: Entries) -> dict[str, Any]:
    return {p: [e["size"], e["mtime_ns"], e["inode"], e["mark"], e["device"]] for p, e in entries.items()}


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    return write_model(tmp_path / "source" / "tiny.gguf")


def part(folder: Path, number: int, count: int, content: bytes = b"GGUF") -> Path:
    path = folder / f"big-{number:05d}-of-{count:05d}.gguf"
    path.write_bytes(content)
    return path


def test_a_folder_with_its_subfolders(tmp_path: Path, gguf: Path) -> None:
    models = tmp_path / "models"
    model_stores.copy(gguf, models / "a" / "b" / "Deep.GGUF")
    model_stores.copy(gguf, models / "mmproj-deep.gguf")
    write_model(models / "projector.gguf", architecture="clip")
    model_stores.safetensors(models / "phi")
    model_stores.foundry(models, "Microsoft", "Phi")
    (models / "pickle").mkdir()
    (models / "pickle" / "evil.pt").write_bytes(b"\x80\x04never opened")
    (models / "firmware.bin").write_bytes(bytes(100))
    (models / "notes.txt").write_text("no model")
    (models / ".slmdesk-bin" / "x").mkdir(parents=True)
    model_stores.copy(gguf, models / ".slmdesk-bin" / "x" / "deleted.gguf")
    entries, end = look((models, "folder"))
    assert names(entries) == ["Deep", "evil", "phi", "v1"]
    formats = {e["names"][0]: e["facts"]["format"] for e in entries.values()}
    assert formats == {"Deep": "gguf", "evil": "pickle", "phi": "safetensors", "v1": "onnx"}
    deep = next(e for e in entries.values() if e["names"] == ["Deep"])
    assert deep["size"] == gguf.stat().st_size
    assert deep["facts"]["architecture"] == "llama"
    assert deep["problem"] == ""
    assert list(end["other"]) == [str(models / "projector.gguf")]
    assert end["unreadable"] == end["missing"] == end["gone"] == []


def test_a_second_look_reads_nothing_that_is_the_same(tmp_path: Path, gguf: Path) -> None:
    models = tmp_path / "models"
    for name in ("one", "two", "three"):
        model_stores.copy(gguf, models / f"{name}.gguf")
    write_model(models / "projector.gguf", architecture="clip")
    first, end = look((models, "folder"))
    known = {**stamps(first), **end["other"]}
    (models / "two.gguf").unlink()
    os.utime(models / "three.gguf", ns=(1, 1))
    second, end = look((models, "folder"), known=known)
    assert names(second) == ["three"]
    assert end["gone"] == [str(models / "two.gguf")]
    assert end["other"] == {}


def test_a_known_file_on_a_device_with_another_number(tmp_path: Path, gguf: Path) -> None:
    first, _ = look((gguf.parent, "folder"))
    known = stamps(first)
    known[str(gguf)][4] += 1
    second, end = look((gguf.parent, "folder"), known=known)
    assert second == {}
    assert end["devices"] == {str(gguf): gguf.stat().st_dev}


def test_split_models_are_one(tmp_path: Path, gguf: Path) -> None:
    for number in (1, 2, 3):
        part(gguf.parent, number, 3, gguf.read_bytes())
    part(gguf.parent, 2, 4)
    entries, _ = look((gguf.parent, "folder"))
    assert names(entries) == ["big", "big", "tiny"]
    whole = entries[str(gguf.parent / "big-00001-of-00003.gguf")]
    assert whole["size"] == 3 * gguf.stat().st_size
    assert len(whole["files"]) == 3
    lonely = entries[str(gguf.parent / "big-00002-of-00004.gguf")]
    assert lonely["problem"]


def test_one_file_as_a_place_brings_its_other_parts(tmp_path: Path, gguf: Path) -> None:
    second = part(gguf.parent, 2, 2, gguf.read_bytes())
    first = part(gguf.parent, 1, 2, gguf.read_bytes())
    entries, _ = look((second, "folder"))
    assert list(entries) == [str(first)]
    assert entries[str(first)]["files"] == [first.name, second.name]
    entries, _ = look((gguf, "folder"))
    assert names(entries) == ["tiny"]


def test_the_hugging_face_cache(tmp_path: Path, gguf: Path) -> None:
    cache = tmp_path / "hub"
    new = model_stores.hugging_face(cache, "bartowski/Tiny-GGUF", {"Tiny-Q4.gguf": gguf})
    model_stores.hugging_face(cache, "bartowski/Tiny-GGUF", {"Tiny-Q4.gguf": gguf}, revision="b" * 40, main=False)
    source = model_stores.safetensors(tmp_path / "st")
    files = {name: source / name for name in ("config.json", "model.safetensors")}
    model_stores.hugging_face(cache, "microsoft/Phi-4-mini", files)
    model_stores.hugging_face(cache, "gpt2", {"sub/inner.gguf": gguf})
    (cache / "datasets--a--b" / "snapshots" / "x").mkdir(parents=True)
    (cache / "version.txt").write_text("1")
    entries, end = look((cache, "huggingface"))
    assert names(entries) == ["Phi-4-mini", "Tiny-Q4", "inner"]
    tiny = entries[str(new / "Tiny-Q4.gguf")]
    assert tiny["publisher"] == "bartowski"
    assert tiny["digest"] == tiny["identity"] == model_stores.sha256(gguf)
    phi = next(e for e in entries.values() if e["names"] == ["Phi-4-mini"])
    assert (phi["folder"], phi["publisher"], phi["identity"]) == (True, "microsoft", "")
    assert end["unreadable"] == []


def test_a_link_out_of_the_hugging_face_cache_is_not_followed(tmp_path: Path, gguf: Path) -> None:
    snapshot = model_stores.hugging_face(tmp_path / "hub", "a/b", {"README.md": "text"})
    (snapshot / "stolen.gguf").symlink_to(gguf)
    assert look((tmp_path / "hub", "huggingface"))[0] == {}


def test_ollama_blobs_have_the_names_of_their_manifests(tmp_path: Path, gguf: Path) -> None:
    store = tmp_path / "ollama"
    blob = model_stores.ollama(store, "qwen3:0.6b", gguf, projector=True)
    model_stores.ollama(store, "qwen3:latest", gguf)
    model_stores.ollama(store, "me/mine:v1", gguf)
    model_stores.ollama(store, "owner/repository:Q4_K_M", gguf, host="hf.co")
    entries, _ = look((store, "ollama"))
    (entry,) = entries.values()
    assert entry["path"] == str(blob)
    assert entry["names"] == ["hf.co/owner/repository:Q4_K_M", "me/mine:v1", "qwen3:0.6b", "qwen3:latest"]
    assert entry["digest"] == entry["identity"] == model_stores.sha256(gguf)
    assert "vision" in entry["facts"]["abilities"]
    (store / "manifests" / "registry.ollama.ai" / "library" / "qwen3" / "latest").unlink()
    again, _ = look((store, "ollama"), known=stamps(entries))
    assert "qwen3:latest" not in names(again), "a tag less is a change"


@pytest.mark.parametrize(
    "manifest",
    [
        "", "{", "[]", "null", '{"layers": 7}', '{"layers": [7, null]}', "[" * 5000,
        json.dumps({"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../etc"}]}),
        json.dumps({"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": 5}]}),
        json.dumps({"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:" + "A" * 64}]}),
        json.dumps({"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:" + "a" * 64}]}),
        '{"layers": []}' + " " * (2 << 20),
    ],
)  # fmt: skip
def test_a_bad_manifest_lists_nothing(manifest: str, tmp_path: Path) -> None:
    folder = tmp_path / "manifests" / "registry.ollama.ai" / "library" / "x"
    folder.mkdir(parents=True)
    (folder / "latest").write_text(manifest)
    (tmp_path / "blobs").mkdir()
    entries, end = look((tmp_path, "ollama"))
    assert entries == {}
    assert end["unreadable"] == []


@pytest.mark.parametrize(
    ("store", "path", "name", "publisher"),
    [
        ("lmstudio", "bartowski/Qwen3-GGUF/Qwen3-Q4.gguf", "Qwen3-Q4", "bartowski"),
        ("jan", "Qwen3-Q4/model.gguf", "Qwen3-Q4", ""),
        ("jan", "janhq/Jan-v1/model.gguf", "Jan-v1", "janhq"),
        ("gpt4all", "Llama-3.gguf", "Llama-3", ""),
    ],
)
def test_names_and_publishers_come_from_the_store(
    store: str, path: str, name: str, publisher: str, tmp_path: Path, gguf: Path
) -> None:
    model_stores.copy(gguf, tmp_path / "store" / path)
    (entry,) = look((tmp_path / "store", store))[0].values()
    assert (entry["names"], entry["publisher"]) == ([name], publisher)


def test_foundry_local_names_its_models(tmp_path: Path) -> None:
    model_stores.foundry(tmp_path, "Microsoft", "Phi-4-mini-instruct-generic-cpu")
    (entry,) = look((tmp_path, "foundry"))[0].values()
    assert (entry["names"], entry["publisher"]) == (["Phi-4-mini-instruct-generic-cpu"], "Microsoft")
    assert "model.onnx.data" in entry["files"]


def test_the_first_place_keeps_a_file_that_lies_in_two(tmp_path: Path, gguf: Path) -> None:
    entries, _ = look((gguf.parent, "folder"), (tmp_path, "lmstudio"))
    (entry,) = entries.values()
    assert entry["store"] == "folder"


def test_inner_folders_of_a_model_add_only_what_stands_for_itself(tmp_path: Path, gguf: Path) -> None:
    model = model_stores.safetensors(tmp_path / "models" / "outer")
    model_stores.safetensors(model / "1_Dense")
    (model / "original").mkdir()
    (model / "original" / "consolidated.00.pth").write_bytes(b"PK\x03\x04")
    model_stores.copy(gguf, model / "gguf" / "outer.gguf")
    assert names(look((tmp_path / "models", "folder"))[0]) == ["outer", "outer"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=80) | st.just("sha256:" + "a" * 64),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["x", "a/x", "r/n/x", "r/n/m/x"]), JSON), max_size=3))
def test_any_manifest_is_read_or_left_out(tmp_path: Path, manifests: list[tuple[str, Any]]) -> None:
    store = Path(tempfile.mkdtemp(dir=tmp_path))
    (store / "blobs").mkdir()
    (store / "blobs" / ("sha256-" + "a" * 64)).write_bytes(b"GGUF")
    for number, (name, manifest) in enumerate(manifests):
        path = store / "manifests" / str(number) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        layer = {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:" + "a" * 64}
        path.write_text(json.dumps(manifest if number % 2 else {"layers": [manifest, layer]}))
    entries, end = look((store, "ollama"))
    assert all(Path(path).parent == store / "blobs" for path in entries)
    assert end["unreadable"] == []


def test_a_manifest_that_lies_too_high_has_no_name(tmp_path: Path, gguf: Path) -> None:
    model_stores.ollama(tmp_path, "x:latest", gguf)
    manifest = tmp_path / "manifests" / "registry.ollama.ai" / "library" / "x" / "latest"
    manifest.rename(tmp_path / "manifests" / "latest")
    assert look((tmp_path, "ollama"))[0] == {}


def test_a_folder_with_endless_names_is_read_in_part(
    tmp_path: Path, gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_ENTRIES", 5)
    monkeypatch.setattr(walk, "MAX_FOLDERS", 3)
    for number in range(9):
        (tmp_path / "many" / f"{number}.txt").mkdir(parents=True)
    _, end = look((tmp_path / "many", "folder"))
    assert set(end["unreadable"]) == {str(tmp_path / "many")}


def test_places_that_are_away_are_named(tmp_path: Path) -> None:
    _, end = look((tmp_path / "usb", "folder"))
    assert end["missing"] == [str(tmp_path / "usb")]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX names and links")
def test_hostile_folders(tmp_path: Path, gguf: Path) -> None:
    models = tmp_path / "models"
    model_stores.copy(gguf, models / "good.gguf")
    model_stores.copy(gguf, models / "line\nbreak\x1b[31m\u202e.gguf")
    (models / os.fsdecode(b"\xff\xfe.gguf")).write_bytes(gguf.read_bytes())
    (models / "loop").symlink_to(models)
    (models / "self.gguf").symlink_to(models / "self.gguf")
    (models / "gone.gguf").symlink_to(models / "nowhere")
    (models / "folder.gguf").mkdir()
    os.mkfifo(models / "pipe.gguf")
    (models / "zero.gguf").touch()
    (models / "tiny.gguf").write_bytes(b"GGUF" + bytes(39))
    deep = models
    for _ in range(MAX_DEPTH + 5):
        deep = deep / "d"
    deep.mkdir(parents=True)
    model_stores.copy(gguf, deep / "too-deep.gguf")
    long = models
    while len(str(long)) < 3600:
        long = long / ("n" * 200)
    model_stores.copy(gguf, long / "long.gguf")
    entries, end = look((models, "folder"))
    assert names(entries) == ["good", "line�break�[31m�", "long", "tiny", "zero"]
    sound = [e["names"][0] for e in entries.values() if not e["problem"]]
    assert sorted(sound) == ["good", "line�break�[31m�", "long"]
    assert any("good" not in path for path in end["unreadable"])


def test_a_scan_goes_in_short_steps(tmp_path: Path, gguf: Path) -> None:
    for number in range(30):
        model_stores.copy(gguf, tmp_path / "models" / f"{number}.gguf")
    folders = [{"path": str(tmp_path / "models"), "store": "folder"}]
    events: Sequence[Any] = list(scan({"folders": folders, "known": {}}))
    assert len(events) > 30
    data = [e["data"] for e in events if "data" in e]
    assert data[-1]["number"] == data[-1]["total"] == 30
