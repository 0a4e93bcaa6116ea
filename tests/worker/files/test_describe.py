"""What a path holds: single files, split models, projectors, folders."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from slmdesk.core.errors import LoadError
from slmdesk.runtimes.gate import check_gguf_file
from slmdesk.worker.files.describe import describe
from tests.gguf_bytes import Builder, small
from tests.onnx_bytes import graph, model, tensor


def model_bytes(**more: int) -> bytes:
    builder = Builder().text("general.architecture", "llama").texts("tokenizer.ggml.tokens", ["a", "b"])
    for key, value in more.items():
        builder.add(key.replace("_", ".", 1), "u32", value)
    builder.tensor(f"t{more.get('split_no', 0)}", (32,))
    builder.data = bytes(128)
    return builder.build()


def facts(path: Path, **options: Any) -> dict[str, Any]:
    found = describe(path, **options)
    json.dumps(found)
    told: dict[str, Any] = found["facts"]
    return told


def test_the_starter_model(starter: Path) -> None:
    found = describe(starter)
    assert (found["verdict"], found["problem"]) == ("safe", "")
    assert found["facts"]["files"] == [str(starter)]
    assert [f["rule"] for f in found["findings"]] == ["template.known"]
    assert found["metadata"]["general.architecture"] == "llama"
    assert describe(starter, metadata=False)["metadata"] == {}


def test_a_split_model_is_one(tmp_path: Path) -> None:
    for number in range(3):
        part = tmp_path / f"m-0000{number + 1}-of-00003.gguf"
        part.write_bytes(model_bytes(split_no=number, split_count=3))
    found = describe(tmp_path / "m-00001-of-00003.gguf")
    assert len(found["facts"]["files"]) == 3
    assert found["facts"]["parameters"] == 96
    assert (found["problem"], found["facts"]["kind"]) == ("", "model")
    assert describe(tmp_path / "m-00002-of-00003.gguf")["facts"]["kind"] == "part"
    (tmp_path / "m-00003-of-00003.gguf").unlink()
    assert describe(tmp_path / "m-00001-of-00003.gguf")["problem"].startswith("m-00001-of-00003.gguf is one of 3 files")


@pytest.mark.parametrize(
    ("model_name", "projector", "sees"),
    [
        ("gemma-3-4b-it-Q4_K_M.gguf", "mmproj-gemma-3-4b-it-f16.gguf", True),
        ("gemma-3-4b-it-Q4_K_M.gguf", "mmproj-model-f16.gguf", True),
        ("gemma-3-4b-it-Q4_K_M.gguf", "mmproj.gguf", True),
        ("gemma-3-4b-it-Q4_K_M.gguf", "gemma-3-4b-it-mmproj-BF16.gguf", True),
        ("qwen3-4b-Q4_K_M.gguf", "mmproj-gemma-3-4b-it-f16.gguf", False),
    ],
)
def test_the_projector_beside_a_model(tmp_path: Path, model_name: str, projector: str, sees: bool) -> None:
    (tmp_path / model_name).write_bytes(model_bytes())
    (tmp_path / projector).write_bytes(Builder().text("general.architecture", "clip").build())
    told = facts(tmp_path / model_name)
    assert told.get("projector", "") == (str(tmp_path / projector) if sees else "")
    assert ("vision" in told.get("abilities", [])) is sees
    assert facts(tmp_path / model_name, names=[]).get("projector", "") == ""
    assert facts(tmp_path / projector)["kind"] == "projector"


def test_a_blob_without_ending_is_what_it_is(tmp_path: Path) -> None:
    blob = tmp_path / ("sha256-" + "ab" * 32)
    blob.write_bytes(model_bytes())
    assert facts(blob)["kind"] == "model"


def safetensors(folder: Path, name: str = "model.safetensors") -> None:
    text = json.dumps({"w": {"dtype": "F16", "shape": [8, 8], "data_offsets": [0, 128]}}).encode()
    (folder / name).write_bytes(struct.pack("<Q", len(text)) + text + bytes(128))


def test_a_safetensors_folder(tmp_path: Path) -> None:
    safetensors(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", "auto_map": {"AutoModel": "x.Y"}}))
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps(
            {"tokenizer_class": "LlamaTokenizer", "chat_template": [{"name": "default", "template": "{{ messages }}"}]}
        )
    )
    (tmp_path / "README.md").write_text("---\nlicense: apache-2.0\ntags: [x]\n---\n# A model\n")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    (tmp_path / "modeling.py").write_text("raise SystemExit")
    found = describe(tmp_path)
    told = found["facts"]
    assert (told["format"], told["parameters"], told["licence"]) == ("safetensors", 64, "apache-2.0")
    assert (told["tokenizer"], told["template"]) == ("LlamaTokenizer", "{{ messages }}")
    assert found["verdict"] == "safe"
    assert {"code.beside", "pickle.beside"} <= {f["rule"] for f in found["findings"]}
    assert describe(tmp_path / "model.safetensors")["facts"]["parameters"] == 64
    (tmp_path / "chat_template.jinja").write_text("{{ 1 }}")
    assert describe(tmp_path)["facts"]["template"] == "{{ 1 }}"


def test_a_sharded_model_with_a_file_missing(tmp_path: Path) -> None:
    safetensors(tmp_path, "m-1.safetensors")
    index = {"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    found = describe(tmp_path)
    assert found["problem"] == "1 of its 2 files are missing, m-2.safetensors first. Get all files."
    assert found["facts"]["parameters"] == 64


def test_an_onnx_folder(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(model(graph(tensor("w", (8, 8), location="model.onnx.data"))))
    (tmp_path / "model.onnx.data").write_bytes(bytes(256))
    config = {"model": {"type": "phi3", "context_length": 4096, "decoder": {"filename": "model.onnx"}}}
    (tmp_path / "genai_config.json").write_text(json.dumps(config))
    found = describe(tmp_path)
    assert (found["verdict"], found["problem"]) == ("safe", "")
    assert found["facts"]["parameters"] == 64
    assert [Path(f).name for f in found["facts"]["files"]] == ["model.onnx", "model.onnx.data"]
    assert found["facts"]["size"] == 256 + (tmp_path / "model.onnx").stat().st_size
    assert found["metadata"]["model.decoder.filename"] == "model.onnx"


def test_links_of_the_hugging_face_cache_are_what_they_should_be(tmp_path: Path) -> None:
    """A snapshot there is nothing but links to blobs, which is no attack."""
    blobs, snapshot = tmp_path / "models--a--b" / "blobs", tmp_path / "models--a--b" / "snapshots" / ("1" * 40)
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    (blobs / ("a" * 40)).write_bytes(model(graph(tensor("w", (8, 8), location="model.onnx.data"))))
    (blobs / ("b" * 64)).write_bytes(bytes(256))
    (snapshot / "model.onnx").symlink_to(f"../../blobs/{'a' * 40}")
    (snapshot / "model.onnx.data").symlink_to(f"../../blobs/{'b' * 64}")
    found = describe(snapshot)
    assert (found["verdict"], found["problem"]) == ("safe", "")
    (tmp_path / "secret").write_bytes(bytes(256))
    (snapshot / "model.onnx.data").unlink()
    (snapshot / "model.onnx.data").symlink_to(tmp_path / "secret")
    assert [f["rule"] for f in describe(snapshot)["findings"]] == ["onnx.link"]


def test_a_folder_with_one_gguf(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(small())
    assert facts(tmp_path)["architecture"] == "llama"


def test_a_pickle_is_listed_and_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "model.ckpt"
    path.write_bytes(b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR.")
    found = describe(path)
    assert (found["verdict"], found["facts"]["format"]) == ("refused", "pickle")
    assert "never opens one" in found["problem"]


@pytest.mark.parametrize(("version", "order", "told"), [(1, "<", "GGUF version 1"), (3, ">", "big-endian")])
def test_sound_files_that_cannot_be_used_here(tmp_path: Path, version: int, order: str, told: str) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(small(version, order))
    found = describe(path)
    assert told in found["problem"]
    assert found["verdict"] == "look at this"
    with pytest.raises(LoadError, match=told):
        check_gguf_file(path)


def test_a_way_to_stretch_the_context_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    builder = Builder().text("general.architecture", "llama").text("llama.rope.scaling.type", "elastic")
    path.write_bytes(builder.build())
    assert "stretches its context in a way that llama.cpp does not know ('elastic')" in describe(path)["problem"]
