"""Other programs' model folders as those programs lay them out, made by tests from a given file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hugging_face(
    cache: Path, repository: str, files: Mapping[str, Path | str], *, revision: str = "a" * 40, main: bool = True
) -> Path:
    """A repository in the Hugging Face cache, as huggingface_hub makes it; returns the snapshot's folder."""
    folder = cache / ("models--" + repository.replace("/", "--"))
    snapshot = folder / "snapshots" / revision
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    (folder / "refs").mkdir(exist_ok=True)
    if main:
        (folder / "refs" / "main").write_text(revision)
    for name, source in files.items():
        data = source.encode() if isinstance(source, str) else source.read_bytes()
        digest = hashlib.sha256(data).hexdigest() if len(data) > 10_000 else hashlib.sha1(data).hexdigest()
        blob = folder / "blobs" / digest
        if not blob.exists():
            blob.write_bytes(data)
        link = snapshot / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    return snapshot


def ollama(store: Path, name: str, blob: Path, *, host: str = "registry.ollama.ai", projector: bool = False) -> Path:
    """A model in Ollama's store under "namespace/model:tag"; returns the blob."""
    digest = sha256(blob)
    target = store / "blobs" / f"sha256-{digest}"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copyfile(blob, target)
    layers = [{"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": 1}]
    if projector:
        layers.append({"mediaType": "application/vnd.ollama.image.projector", "digest": "sha256:" + "0" * 64})
    layers.append({"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:" + "1" * 64})
    model, tag = name.rsplit(":", 1)
    path = store / "manifests" / host / ("library/" + model if "/" not in model else model) / tag
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"schemaVersion": 2, "config": {}, "layers": layers}))
    return target


def copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return target


def foundry(cache: Path, publisher: str, name: str) -> Path:
    """An ONNX GenAI folder in Foundry Local's cache; its weights are a few bytes."""
    folder = cache / publisher / f"{name}-1" / "v1"
    folder.mkdir(parents=True)
    (folder / "inference_model.json").write_text(json.dumps({"Name": name, "PromptTemplate": {}}))
    config = {"model": {"type": "phi3", "context_length": 4096, "decoder": {"filename": "model.onnx"}}}
    (folder / "genai_config.json").write_text(json.dumps(config))
    (folder / "model.onnx").write_bytes(b"\x08\x07\x12\x04test")
    (folder / "model.onnx.data").write_bytes(bytes(2000))
    return folder


def safetensors(folder: Path, names: Sequence[str] = ("model.safetensors",), fill: int = 0) -> Path:
    """A folder with a configuration and safetensors files of one small tensor each."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4, "num_hidden_layers": 1}
    (folder / "config.json").write_text(json.dumps(config))
    for number, name in enumerate(names):
        header = {f"t{number}": {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64]}}
        data = json.dumps(header).encode()
        (folder / name).write_bytes(len(data).to_bytes(8, "little") + data + bytes([fill]) * 64)
    return folder


def snapshot(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Everything in a folder, with size, time and content, to see that nothing was changed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else sha256(path) if path.is_file() else ""
        found[str(path)] = (0 if path.is_dir() else status.st_size, status.st_mtime_ns, content)
    return found
