"""The facts of a model in GGUF files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from slmdesk.core.facts import FileKind, ModelFacts
from slmdesk.core.families import EMBEDDING_BUILDS, family_of, template_abilities
from slmdesk.core.gguf_header import Header, SkippedArray
from slmdesk.core.models import Ability, ModelFormat
from slmdesk.core.shape import shape_of_header

_PROJECTORS = {"clip", "mmproj"}
_NO_MODELS = {"imatrix", "controlvector", "whisper", "pig", "diffusion", "sd1", "sdxl", "flux", "wan", "cosmos"}
_POOLINGS = {1, 2, 3}  # mean, cls, last; 4 ranks, which is no embedding
_LONGEST = 200
"""Characters of a text in :func:`shown_metadata`."""


def facts_of_header(
    header: Header, parts: Sequence[Header] = (), *, files: Sequence[str] = (), size: int = 0, projector: str = ""
) -> ModelFacts:
    """The facts of a GGUF model. ``parts`` are the headers of a split model's other files, in order."""
    headers = (header, *parts)
    shape = shape_of_header(header, parts)
    types: Counter[str] = Counter()
    for one in headers:
        for tensor in one.tensors:
            types[tensor.type.name] += tensor.elements
    name, base = header.name, header.text("general.basename")
    template = header.chat_template
    kind = _kind(header)
    parameters = sum(types.values())
    return ModelFacts(
        format=ModelFormat.GGUF,
        kind=kind,
        architecture=header.architecture,
        name=name,
        publisher=_publisher(header),
        family=family_of(header.architecture, base, name, header.text("general.base_model.0.name")),
        parameters=parameters or header.number("general.parameter_count"),
        active_parameters=shape.active_parameters,
        context_length=header.context_length,
        layers=header.block_count,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        embedding_length=header.embedding_length,
        quantization=_quantization(header, types),
        bits_per_weight=round(8 * shape.weights_bytes / parameters, 3) if parameters else 0.0,
        tensor_types=dict(types.most_common()),
        licence=_licence(header),
        licence_link=header.text("general.license.link"),
        template=template,
        tokenizer="/".join(t for t in (header.text("tokenizer.ggml.model"), header.text("tokenizer.ggml.pre")) if t),
        vocabulary=header.vocabulary,
        abilities=_abilities(header, kind, template, projector),
        files=tuple(files),
        size=size or sum(h.file_size for h in headers),
        projector=projector,
        fingerprint=fingerprint_of(headers),
        version=f"GGUF {header.version}" + (", big-endian" if header.byte_order == "big" else ""),
        shape=shape,
    )


def _kind(header: Header) -> FileKind:
    said, architecture = header.text("general.type"), header.architecture
    if architecture in _PROJECTORS or said == "mmproj":
        return FileKind.PROJECTOR
    if said == "adapter":
        return FileKind.ADAPTER
    if architecture in _NO_MODELS or said not in {"", "model"}:
        return FileKind.OTHER
    if header.split is not None and header.split[0] > 1:
        return FileKind.PART
    if not header.vocabulary:
        return FileKind.OTHER
    return FileKind.MODEL if header.tensors or header.split else FileKind.VOCABULARY


def _quantization(header: Header, types: Counter[str]) -> str:
    """The file's own label; for a split model the first file may hold too few tensors to tell."""
    if header.tensors and header.quantization != header.dominant_type:
        return header.quantization
    return types.most_common(1)[0][0] if types else header.quantization


def _publisher(header: Header) -> str:
    for key in ("general.organization", "general.base_model.0.organization", "general.author"):
        if said := header.text(key).strip():
            return said[:_LONGEST]
    return ""


def _licence(header: Header) -> str:
    said = header.text("general.license").strip() or header.text("general.license.name").strip()
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def _abilities(header: Header, kind: FileKind, template: str, projector: str) -> frozenset[Ability]:
    if kind is not FileKind.MODEL:
        return frozenset()
    if header.architecture in EMBEDDING_BUILDS or header.number(".pooling_type") in _POOLINGS:
        return frozenset({Ability.EMBEDDINGS})
    found = template_abilities(template)
    if projector or any(t.name.startswith(("v.blk", "v.patch_embd")) for t in header.tensors):
        found.add(Ability.VISION)
    return frozenset(found)


def fingerprint_of(headers: Sequence[Header]) -> str:
    """A digest of everything that the headers say of weights and sizes: equal for copies, whatever their names.

    Two different models cannot well have the same one, but only the files' SHA-256 proves that copies are equal.
    """
    digest = hashlib.sha256()
    for header in headers:
        digest.update(repr((header.version, header.byte_order, header.file_size, header.data_offset)).encode())
        digest.update(repr(sorted(header.metadata.items())).encode("utf-8", "replace"))
        digest.update(repr([(t.name, t.shape, t.type.name, t.offset) for t in header.tensors]).encode())
    return digest.hexdigest()


def shown_metadata(header: Header, *, longest: int = _LONGEST) -> dict[str, str]:
    """Every metadata entry as a text to show: long ones cut, lists as their beginning and their number."""
    return {key[:_LONGEST]: _shown(value, longest) for key, value in header.metadata.items()}


def _shown(value: Any, longest: int) -> str:
    if isinstance(value, SkippedArray):
        return f"a list of {value.count:,}"
    if isinstance(value, tuple):
        start = ", ".join(str(v)[:40] for v in value[:8])
        return f"[{start}]" if len(value) <= 8 else f"[{start}, …] ({len(value):,})"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}… ({len(text):,} characters)"
