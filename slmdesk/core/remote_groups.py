"""What the files of a repository are for, and which of them together make one model that can be loaded."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from slmdesk.core.errors import DownloadError
from slmdesk.core.models import ModelFormat
from slmdesk.core.quantizations import BITS, bits_of
from slmdesk.core.remote import DownloadPlan, PlannedFile, RemoteDetails, RemoteFile, RemoteGroup, Role
from slmdesk.core.repository import check_paths, check_repo, path_problem, shown

PICKLE_PROBLEM = "A Python pickle can run programs when it is opened, so SLMDesk does not fetch it."

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\Z")
_LABEL = re.compile(
    r"(?:^|[-._/ ])(?P<label>"
    r"(?:I?Q[1-8]_(?:K_(?:XXS|XS|S|M|L|XL)|XXS|XS|NL|K|S|M|L|XL|[01])|TQ[12]_0|MXFP4(?:_MOE)?|BF16|F16|FP16|F32|FP32|I2_S)"
    r"(?:_L|_XL)?)(?=$|[-._/ ])",
    re.IGNORECASE,
)
_INTEGER = re.compile(
    r"(?:^|[-._/ ])(?P<label>(?:u?int|q|w|)(?:4|8)(?:bit|f16|-bit|)|fp16|fp32|bnb4)(?=$|[-._/ ])", re.IGNORECASE
)
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib")
_SUPPORT_NAMES = frozenset(
    {
        *("config.json", "generation_config.json", "genai_config.json", "tokenizer.json", "tokenizer_config.json"),
        *(
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.json",
            "vocab.txt",
            "merges.txt",
            "chat_template.json",
        ),
        *("chat_template.jinja", "preprocessor_config.json", "processor_config.json", "model.safetensors.index.json"),
        *("license", "license.txt", "license.md", "notice", "notice.txt", "readme.md", "params.json", "tekken.json"),
        "use_policy.md",
    }
)
_WEIGHTS = {".gguf": ModelFormat.GGUF, ".safetensors": ModelFormat.SAFETENSORS, ".onnx": ModelFormat.ONNX}


def quantization_of(path: str) -> str:
    """The quantization that a file's name gives, in llama.cpp's writing ("Q4_K_M"); empty where it gives none."""
    stem = path.rsplit(".", 1)[0] if path.lower().endswith((*_WEIGHTS, ".onnx_data", ".data")) else path
    found = list(_LABEL.finditer(stem.replace("UD-", "")))
    if not found:
        return ""
    label = found[-1]["label"].upper()
    return {"FP16": "F16", "FP32": "F32"}.get(label, label)


def role_of(path: str) -> Role:
    """What a file is for, by its name."""
    name = path.rsplit("/", 1)[-1].lower()
    if name.endswith(_PICKLES):
        return Role.PICKLE
    if name.endswith(".gguf"):
        if "imatrix" in name:
            return Role.OTHER
        return Role.PROJECTOR if "mmproj" in name else Role.WEIGHTS
    if name.endswith((".safetensors", ".onnx", ".data", ".onnx_data")) or ".onnx_data" in name:
        return Role.OTHER if name.startswith(("adapter_", "lora")) else Role.WEIGHTS
    supports = name in _SUPPORT_NAMES or name.endswith((".index.json", ".model", ".tiktoken", ".jinja"))
    return Role.SUPPORT if supports or name.startswith(("license", "notice")) else Role.OTHER


def described(file: RemoteFile) -> RemoteFile:
    """The file with what its name tells filled in."""
    role = role_of(file.path)
    return replace(file, role=role, quantization=quantization_of(file.path) if role is Role.WEIGHTS else "")


def groups_of(files: Sequence[RemoteFile], *, mlx: bool = False) -> tuple[RemoteGroup, ...]:
    """The models that the files make, smallest quantization first; pickles last, with the reason why not."""
    known = [described(f) for f in files]
    usable = [f for f in known if not path_problem(f.path)]
    groups = [
        *_gguf_groups(usable),
        *_safetensors_groups(usable, ModelFormat.MLX if mlx else ModelFormat.SAFETENSORS),
        *_onnx_groups(usable),
    ]
    groups.sort(key=lambda g: (g.format is not ModelFormat.GGUF, g.format, g.weights_size, g.key))
    pickles = tuple(f for f in known if f.role is Role.PICKLE)
    if pickles:
        groups.append(RemoteGroup("pickle", ModelFormat.PICKLE, pickles, problem=PICKLE_PROBLEM))
    named_badly = [f for f in known if path_problem(f.path) and f.role is Role.WEIGHTS]
    groups.extend(
        RemoteGroup(
            f.path[:80], _format_of(f.path), (f,), problem=f"The name was refused: {path_problem(f.path)}."
        )
        for f in named_badly
    )  # fmt: skip
    return tuple(groups)


def _format_of(path: str) -> ModelFormat:
    return next((kind for ending, kind in _WEIGHTS.items() if path.lower().endswith(ending)), ModelFormat.ONNX)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _sharded(files: Iterable[RemoteFile], ending: str) -> dict[str, list[RemoteFile]]:
    """Files by the path without their part number and ending; parts in order."""
    found: dict[str, list[RemoteFile]] = {}
    for file in sorted(files, key=lambda f: f.path):
        stem = file.path[: -len(ending)]
        part = _PART.match(stem)
        found.setdefault(part["stem"] if part else stem, []).append(file)
    return found


def _missing_part(files: Sequence[RemoteFile], ending: str) -> str:
    part = _PART.match(files[0].path[: -len(ending)])
    if part is None or int(part["count"]) == len(files):
        return ""
    return f"It has {part['count'].lstrip('0')} parts, and only {len(files)} of them are there."


def _keys(stems: Iterable[str], labels: Sequence[str]) -> list[str]:
    """A short key for each stem: its label where no other has it, else the stem itself."""
    return [
        label if label and labels.count(label) == 1 else stem for stem, label in zip(stems, labels, strict=True)
    ]  # fmt: skip


def _gguf_groups(files: Sequence[RemoteFile]) -> list[RemoteGroup]:
    weights = _sharded((f for f in files if f.role is Role.WEIGHTS and f.path.lower().endswith(".gguf")), ".gguf")
    projectors = [f for f in files if f.role is Role.PROJECTOR]
    licences = [f for f in files if f.path.lower().startswith("licen") and f.role is Role.SUPPORT]
    labels = [quantization_of(stem) or quantization_of(parts[0].path) for stem, parts in weights.items()]
    groups = []
    for key, label, parts in zip(_keys(weights, labels), labels, weights.values(), strict=True):
        beside = _best_projector(projectors, _folder(parts[0].path))
        problem = _missing_part(parts, ".gguf")
        bits = bits_of(label) if label in BITS else 0.0
        groups.append(RemoteGroup(key, ModelFormat.GGUF, (*parts, *beside, *licences), label, bits, problem))
    return groups


def _best_projector(projectors: Sequence[RemoteFile], folder: str) -> tuple[RemoteFile, ...]:
    """The projector to take along: from the same folder or the root, F16 before the others, the smallest of those."""
    near = [p for p in projectors if _folder(p.path) in (folder, "")]
    return tuple(sorted(near, key=lambda p: ("f16" not in p.name.lower(), "bf16" in p.name.lower(), p.size))[:1])


def _support(files: Sequence[RemoteFile], folder: str) -> list[RemoteFile]:
    """The small files beside weights in ``folder``; from the root where the folder has none of its own."""
    own = [f for f in files if f.role is Role.SUPPORT and _folder(f.path) == folder]
    names = {f.name for f in own}
    shared = [f for f in files if f.role is Role.SUPPORT and not f.path.endswith(".index.json")]
    root = [f for f in shared if _folder(f.path) == "" and f.name not in names]
    return own + root if folder else own


def _safetensors_groups(files: Sequence[RemoteFile], kind: ModelFormat) -> list[RemoteGroup]:
    ending = ".safetensors"
    weights = _sharded((f for f in files if f.role is Role.WEIGHTS and f.path.lower().endswith(ending)), ending)
    groups = []
    for stem, parts in weights.items():
        folder = _folder(parts[0].path)
        index = f"{stem}.safetensors.index.json"
        beside = [f for f in _support(files, folder) if not f.name.endswith(".index.json") or f.path == index]
        key = stem if len(weights) > 1 else str(kind)
        groups.append(
            RemoteGroup(key, kind, (*parts, *beside), quantization_of(stem), problem=_missing_part(parts, ending))
        )
    return groups


def _onnx_groups(files: Sequence[RemoteFile]) -> list[RemoteGroup]:
    graphs = [f for f in files if f.role is Role.WEIGHTS and f.path.lower().endswith(".onnx")]
    data = [
        f for f in files if f.role is Role.WEIGHTS and not f.path.lower().endswith((".onnx", ".gguf", ".safetensors"))
    ]
    groups = []
    genai = {_folder(f.path) for f in files if f.name == "genai_config.json"}
    for folder in sorted(genai & {_folder(g.path) for g in graphs}):
        inside = [f for f in files if _folder(f.path) == folder and f.role in (Role.WEIGHTS, Role.SUPPORT)]
        inside.sort(key=lambda f: (f.role is not Role.WEIGHTS, f.path))
        groups.append(RemoteGroup(folder or "onnx", ModelFormat.ONNX, tuple(inside), _onnx_label(folder)))
    for graph in graphs:
        folder = _folder(graph.path)
        if folder in genai:
            continue
        parts = [d for d in data if d.path.startswith((f"{graph.path}_data", f"{graph.path}.data"))]
        group = (graph, *parts, *_support(files, folder))
        groups.append(RemoteGroup(graph.path[:-5], ModelFormat.ONNX, group, _onnx_label(graph.path[:-5])))
    return groups


def _onnx_label(text: str) -> str:
    found = list(_INTEGER.finditer(text))
    return found[-1]["label"].upper() if found else ""


def chosen(details: RemoteDetails, wanted: Sequence[str]) -> tuple[RemoteFile, ...]:
    """The files that ``wanted`` names: group keys, quantizations, paths, or patterns such as ``*Q4_K*``.

    Without any: the recommended group. Raises DownloadError naming what there is.
    """
    groups = [g for g in details.groups if not g.problem]
    if not wanted:
        best = recommended(groups)
        if best is None:
            raise DownloadError(
                f"There is no model in {details.repo} that SLMDesk can use.", "Look for its GGUF or ONNX version."
            )
        return best.files
    found: dict[str, RemoteFile] = {}
    for name in wanted:
        low = name.lower()
        matching = [g for g in groups if low in (g.key.lower(), g.quantization.lower())]
        files = [f for g in matching[:1] for f in g.files] or [
            f for f in details.files if f.path == name or fnmatch.fnmatchcase(f.path.lower(), low)
        ]
        if not files:
            known = ", ".join(g.key for g in groups[:30]) or "nothing that SLMDesk can use"
            raise DownloadError(f"{shown(name)} is not in {details.repo}.", f"There is: {known}.")
        found.update((f.path, f) for f in files)
    return tuple(found.values())


def recommended(groups: Iterable[RemoteGroup]) -> RemoteGroup | None:
    """The group that most people want: Q4_K_M where there is one, else the sound one nearest to its bits."""
    sound = [g for g in groups if not g.problem]
    return min(
        sound,
        key=lambda g: (
            g.format is not ModelFormat.GGUF,
            g.quantization != "Q4_K_M",
            abs((g.bits_per_weight or 99) - 4.9),
            g.weights_size,
        ),
        default=None,
    )


def plan_of(details: RemoteDetails, files: Iterable[RemoteFile]) -> DownloadPlan:
    """What to fetch for these files of a repository, at the exact version that ``details`` shows.

    Raises DownloadError for names that could leave the folder, pickles, and files that nothing is published of.
    """
    listed = tuple(files)
    check_repo(details.repo)
    check_paths(f.path for f in listed)
    for file in listed:
        if role_of(file.path) is Role.PICKLE:
            raise DownloadError(f"{file.name} is not fetched.", PICKLE_PROBLEM)
    weights = next((f for f in listed if f.role is Role.WEIGHTS), listed[0] if listed else None)
    if weights is None:
        raise DownloadError("No file was chosen.", "Choose at least one.")
    group = next((g for g in details.groups if weights in g.files), None)
    label = group.quantization if group else weights.quantization
    name = details.model.name
    pinned = details.revision not in ("", "main")
    return DownloadPlan(
        source=details.model.source,
        ref=details.model.ref,
        repo=details.repo,
        title=name if label.lower() in name.lower() else f"{name} {label}",
        files=tuple(PlannedFile(f.path, f.size, f.sha256, f.git_oid) for f in listed),
        folder=details.repo + (f"@{details.revision.replace('/', '_')[:60]}" if pinned else ""),
        revision=details.revision or "main",
        commit=details.commit,
        format=group.format if group else _format_of(weights.path),
        quantization=label,
        licence=details.licence,
        gated=details.gated,
    )
