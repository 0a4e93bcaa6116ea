"""A model that is a folder: safetensors with its configuration, or ONNX with its data beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slmdesk.core.errors import LoadError, SlmdeskError
from slmdesk.core.facts import ModelFacts
from slmdesk.core.facts_config import facts_of_onnx, facts_of_safetensors
from slmdesk.core.models import ModelFormat, Verdict
from slmdesk.core.onnx import OnnxGraph, read_graph
from slmdesk.core.onnx_folder import check_genai, check_location
from slmdesk.core.safetensors import MAX_INDEX, SafetensorsHeader, read_index, read_safetensors_header
from slmdesk.core.safety import PICKLE, Finding, finding_of, refused
from slmdesk.worker.files.described import Described
from slmdesk.worker.files.known_templates import inspect_template
from slmdesk.worker.files.opening import open_file, shown

PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
"""Endings of files that are listed as unsafe and never opened (beyond their first bytes)."""
_MAX_FILES = 2000  # of a folder that are looked at
_MAX_GRAPHS = 32
_MAX_JSON = 8 << 20
_MAX_COMMAS = 400_000
_LICENCE = re.compile(r"^license(?:_name)?:[ \t]*[\"']?([A-Za-z0-9][\w.+-]{0,60})", re.MULTILINE)
_PICKLED = re.compile(
    r"(pytorch_model|model|consolidated|adapter_model)\b.*\.bin|.*\.(pt|pth|ckpt|pkl|pickle)", re.IGNORECASE
)


def described(path: Path) -> Described:
    """What the folder, or the one model file, at ``path`` holds. Raises LoadError and its kinds."""
    if path.is_file():
        return (
            _safetensors(path.parent, [path]) if path.suffix.lower() == ".safetensors" else _onnx(path.parent, [path])
        )
    files = _files(path)
    graphs = [file for file in files if file.suffix.lower() == ".onnx"]
    if graphs or any(file.name == "genai_config.json" for file in files):
        return _onnx(path, graphs)
    tensors = [file for file in files if file.suffix.lower() == ".safetensors"]
    if tensors:
        return _safetensors(path, _indexed(path, tensors))
    ggufs = [file for file in files if file.suffix.lower() == ".gguf" and "mmproj" not in file.name.lower()]
    if ggufs:
        from slmdesk.worker.files import gguf_files

        return gguf_files.read(ggufs[0], [file.name for file in files])
    pickles = [file for file in files if _PICKLED.fullmatch(file.name)]
    if pickles:
        size = sum(_size(file) for file in pickles)
        facts = ModelFacts(ModelFormat.PICKLE, name=path.name, files=tuple(str(f) for f in pickles), size=size)
        return Described(facts, (PICKLE,), problem=PICKLE.message)
    raise LoadError(f"{shown(path)} holds no model that SLMDesk knows.", "Choose a folder with a model.")


def _files(folder: Path) -> list[Path]:
    found = []
    for entry in folder.iterdir():
        if entry.is_file():
            found.append(entry)
        if len(found) > _MAX_FILES:
            raise LoadError(f"{shown(folder)} holds too many files to be one model.", "Choose the model's own folder.")
    return sorted(found)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _read(path: Path, limit: int) -> bytes:
    """A small file whole. Raises LoadError for one that is larger than any of its kind."""
    with open_file(path) as opened:
        if opened.size > limit:
            raise LoadError(f"{shown(path)} is larger than any such file.", "Get the model from another source.")
        return opened.stream.read(limit)


def _json(path: Path) -> dict[str, Any]:
    """A configuration, or an empty one where there is none. Raises LoadError for what is none."""
    if not path.is_file():
        return {}
    data = _read(path, _MAX_JSON)
    try:
        if data.count(b",") + data.count(b"[") + data.count(b"{") > _MAX_COMMAS:
            raise ValueError("too many values")
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LoadError(
            f"{shown(path)} is not the configuration it should be.", "Fetch it again.", repr(error)
        ) from error
    return found if isinstance(found, dict) else {}


def _indexed(folder: Path, tensors: list[Path]) -> list[Path]:
    """The files of the model: those that its index names, else one or all that are there."""
    index = next((f for f in sorted(folder.glob("*.safetensors.index.json")) if f.is_file()), None)
    if index is None:
        single = [file for file in tensors if file.name == "model.safetensors"]
        return single or tensors
    names = read_index(_read(index, MAX_INDEX), name=shown(index))
    if len(names) > _MAX_FILES:
        raise LoadError(f"{shown(index)} names more files than any model has.", "Get the model from another source.")
    return [folder / name for name in names]


def _safetensors(folder: Path, files: list[Path]) -> Described:
    config = _json(folder / "config.json")
    headers: list[SafetensorsHeader] = []
    findings: list[Finding] = []
    missing = [file for file in files if not file.is_file()]
    if missing:
        error = LoadError(
            f"{len(missing)} of its {len(files)} files are missing, {shown(missing[0])} first.", "Get all files."
        )
        findings.append(finding_of(error))
    for file in files:
        if file in missing:
            continue
        try:
            with open_file(file) as opened:
                headers.append(read_safetensors_header(opened.stream, opened.size, name=shown(file)))
        except LoadError as error:
            findings.append(finding_of(error))
    told = _beside(folder)
    facts = facts_of_safetensors(
        headers,
        config,
        template=told["template"],
        licence=told["licence"],
        tokenizer=told["tokenizer"],
        files=[str(file) for file in files],
        size=sum(_size(file) for file in files),
    )
    notes = (*inspect_template(facts.template, facts.family), *_notes(folder, config))
    return Described(facts, (*findings, *notes), _shown(config, headers), _problem(findings))


def _problem(findings: list[Finding]) -> str:
    return f"{findings[0].message} {findings[0].hint}".strip() if findings else ""


def _shown(config: Mapping[str, Any], headers: list[SafetensorsHeader]) -> dict[str, str]:
    """The configuration's entries as texts to show."""
    found = {str(k)[:200]: _cut(v) for k, v in list(config.items())[:500]}
    for header in headers[:1]:
        found.update({f"__metadata__.{k[:180]}": v[:200] for k, v in list(header.metadata.items())[:100]})
    return found


def _cut(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:299] + "…"


def _beside(folder: Path) -> dict[str, str]:
    """Template, tokenizer and licence from the small files beside the weights."""
    tokenizer = _json(folder / "tokenizer_config.json")
    template = tokenizer.get("chat_template")
    if isinstance(template, list):  # several, by name
        named = {str(t.get("name")): t.get("template") for t in template if isinstance(t, dict)}
        template = named.get("default") or next(iter(named.values()), "")
    file = folder / "chat_template.jinja"
    if file.is_file():
        template = _read(file, 1 << 20).decode("utf-8", "replace")
    licence = ""
    readme = folder / "README.md"
    if readme.is_file():
        with open_file(readme) as opened:
            start = opened.stream.read(16 << 10).decode("utf-8", "replace")
        match = _LICENCE.search(start.split("---")[1]) if start.startswith("---") and start.count("---") > 1 else None
        licence = match[1] if match else ""
    return {
        "template": template if isinstance(template, str) else "",
        "tokenizer": str(tokenizer.get("tokenizer_class") or "")[:80],
        "licence": licence,
    }


def _notes(folder: Path, config: Mapping[str, Any]) -> Iterator[Finding]:
    """What lies beside the weights and is never opened."""
    names = sorted(entry.name for entry in folder.iterdir())[:_MAX_FILES]
    code = [name for name in names if name.endswith(".py")]
    if code or isinstance(config.get("auto_map"), Mapping):
        told = ", ".join(code[:3]) or "named in its configuration"
        yield Finding(Verdict.SAFE, "code.beside", f"Program code lies beside it ({told}). SLMDesk never runs it.")
    pickled = [name for name in names if _PICKLED.fullmatch(name)]
    if pickled:
        yield Finding(Verdict.SAFE, "pickle.beside", f"{pickled[0]} beside it is a pickle. SLMDesk never opens it.")


def _onnx(folder: Path, files: list[Path]) -> Described:
    config = _json(folder / "genai_config.json")
    findings = list(check_genai(config))
    if len(files) > _MAX_GRAPHS:
        raise LoadError(f"{shown(folder)} holds too many ONNX files to be one model.", "Choose the model's own folder.")
    graphs: list[OnnxGraph] = []
    data: dict[Path, None] = {}
    for file in files:
        try:
            if finding := _link(folder, file, file.name):
                findings.append(finding)
                continue
            with open_file(file) as opened:
                graph = read_graph(opened.stream, opened.size, name=shown(file))
            graphs.append(graph)
            findings.extend(_external(folder, graph, data))
        except SlmdeskError as error:
            findings.append(finding_of(error if isinstance(error, LoadError) else LoadError(error.message, error.hint)))
    if not files:
        findings.append(finding_of(LoadError("Its configuration is there, and its weights are not.", "Get all files.")))
    told = _beside(folder)
    everything = [*files, *data]
    facts = facts_of_onnx(
        graphs,
        config,
        config=_json(folder / "config.json"),
        template=told["template"],
        licence=told["licence"],
        tokenizer=told["tokenizer"],
        files=[str(file) for file in everything],
        size=sum(_size(file) for file in everything),
    )
    blocking = [finding for finding in findings if finding.verdict is not Verdict.SAFE]
    notes = (*inspect_template(facts.template, facts.family), *_notes(folder, config))
    return Described(facts, (*findings, *notes), _flat(config), _problem(blocking))


def _external(folder: Path, graph: OnnxGraph, data: dict[Path, None]) -> Iterator[Finding]:
    """Refuses data outside the folder; fills ``data`` with the files that are within it."""
    ends: dict[str, int] = {}
    for external in graph.external:
        ends[external.location] = max(ends.get(external.location, 0), external.end)
    for location, end in ends.items():
        if finding := check_location(location):
            yield finding
            return
        path = folder / location
        if finding := _link(folder, path, location):
            yield finding
            return
        if not path.is_file():
            yield finding_of(LoadError(f"Its weights in {shown(path)} are missing.", "Get all files."))
            continue
        data[path] = None
        if _size(path) < end:
            missing = end - _size(path)
            yield finding_of(
                LoadError(f"{shown(path)} is incomplete: it ends {missing:,} bytes early.", "Download it again.")
            )


_BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def _link(folder: Path, path: Path, told: str) -> Finding | None:
    """Refuses a link out of the folder; the Hugging Face cache's own links to its blobs are what they should be."""
    try:
        real, home = path.resolve(), folder.resolve()
    except (OSError, RuntimeError):
        return refused("onnx.link", f"{told[:120]!r} is a link that leads nowhere.")
    if real.is_relative_to(home):
        return None
    cache = home.parent.parent
    if home.parent.name == "snapshots" and real.parent == cache / "blobs" and _BLOB.fullmatch(real.name):
        return None
    return refused("onnx.link", f"{told[:120]!r} is a link to a place outside the model's folder.")


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """A nested configuration as one entry for each value."""
    found: dict[str, str] = {}
    for key, value in list(config.items())[:500]:
        name = f"{prefix}{key}"[:200]
        if isinstance(value, Mapping) and prefix.count(".") < 4:
            found.update(_flat(value, f"{name}."))
        else:
            found[name] = _cut(value)
    return dict(list(found.items())[:500])
