"""The safety check: what in a model's files may do harm, and what is only worth a look.

Files are judged by what their headers say. What a reader has refused already arrives here as its error
(:func:`finding_of`); the rest are rules over what was read. Every load and every quantization asks
:func:`require_safe` first.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from slmdesk.core.errors import LoadError, UnsafeModelFile
from slmdesk.core.gguf_header import Header, SkippedArray
from slmdesk.core.models import Verdict
from slmdesk.core.vulnerabilities import details_of

MAX_LAYERS = MAX_EXPERTS = 512
"""llama.cpp's own limits (LLAMA_MAX_LAYERS, LLAMA_MAX_EXPERTS); it ends its process on a file beyond them."""
ELSEWHERE = "Do not use this file. Get the model from a source that you trust."
AGAIN = "Fetch it again, or choose another model."

_RULE = re.compile(r"[a-z]+\.[a-z-]+(?=:|$)")
_HIDDEN = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\U000e0000-\U000e007f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
_SCALINGS = {"none", "linear", "yarn", "longrope"}
_PLAIN = {"F32", "F16", "BF16", "F64"}
_PIXELS = 1 << 26  # of one picture
_ORDER = (Verdict.SAFE, Verdict.LOOK, Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the check found. ``verdict`` SAFE makes it a note that does not count against the model.

    ``rule`` names the rule for other programs ("gguf.overlap"); ``details`` is technical text, with the numbers of
    known weaknesses and the versions that they touch.
    """

    verdict: Verdict
    rule: str
    message: str
    hint: str = ""
    details: str = ""

    def to_dict(self) -> dict[str, str]:
        """The finding as JSON holds it."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Finding:
        """The finding that :meth:`to_dict` told. Raises ValueError for an unknown verdict."""
        told = {name: str(data.get(name, "")) for name in ("rule", "message", "hint", "details")}
        return cls(Verdict(data.get("verdict", "")), **told)


def refused(rule: str, message: str, hint: str = ELSEWHERE) -> Finding:
    """A finding for which the file is not opened."""
    return Finding(Verdict.REFUSED, rule, message, hint, details_of(rule))


def look(rule: str, message: str, hint: str = "", details: str = "") -> Finding:
    """A finding that a person should know before using the model."""
    return Finding(Verdict.LOOK, rule, message, hint, details)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The worst of the findings' verdicts."""
    return max((f.verdict for f in findings), key=_ORDER.index, default=Verdict.SAFE)


def require_safe(findings: Sequence[Finding], name: str = "The file") -> None:
    """Raises UnsafeModelFile for findings that refuse the file; to be called before it is loaded or quantized."""
    for finding in findings:
        if finding.verdict is Verdict.REFUSED:
            message = finding.message if name in finding.message else f"{name} was refused: {finding.message}"
            raise UnsafeModelFile(message, finding.hint or ELSEWHERE, finding.details)


def finding_of(error: LoadError) -> Finding:
    """What a reader's error means: refused for an unsafe file, a look for one that is only incomplete or unknown."""
    match = _RULE.match(error.details)
    if isinstance(error, UnsafeModelFile):
        return Finding(Verdict.REFUSED, match[0] if match else "file.damaged", error.message, error.hint, error.details)
    return Finding(Verdict.LOOK, match[0] if match else "file.unreadable", error.message, error.hint, error.details)


PICKLE = Finding(
    Verdict.REFUSED,
    "pickle.never",
    "It is a Python pickle, which can run any program when it is opened. SLMDesk never opens one.",
    "Get the model as GGUF, safetensors or ONNX.",
)
"""The finding for .bin, .pt, .pth, .ckpt and .pkl."""


def unusable(header: Header, name: str = "The file") -> LoadError | None:
    """Why llama.cpp cannot load a file that is sound: it is too old, or made for another kind of machine."""
    if header.version == 1:
        return LoadError(f"{name} is of GGUF version 1, which llama.cpp no longer loads.", "Get a newer file.")
    if header.byte_order != sys.byteorder:
        message = f"{name} is {header.byte_order}-endian: it was made for machines with another order of bytes."
        return LoadError(message, f"Get the {sys.byteorder}-endian file of this model.")
    scaling = header.text(f"{header.architecture}.rope.scaling.type")
    if scaling and scaling not in _SCALINGS:
        message = f"{name} stretches its context in a way that llama.cpp does not know ({scaling[:40]!r})."
        return LoadError(message, "Update SLMDesk, or choose another model.")
    return None


def check_gguf(header: Header, parts: Sequence[Header] = ()) -> tuple[Finding, ...]:
    """What is wrong with a GGUF header that could be read, beside its chat template (``template_check``)."""
    return (
        *_counts(header),
        *_experts(header),
        *_norms(header, parts),
        *_vocabulary(header),
        *_byte_tokens(header),
        *_projector(header),
        *_parts(header, parts),
        *_texts(header),
    )


def _counts(header: Header) -> Iterator[Finding]:
    """Numbers for which llama.cpp would end its process, or divide by nothing."""
    limits = (
        ("block_count", 1, MAX_LAYERS),
        ("expert_count", 0, MAX_EXPERTS),
        ("embedding_length", 1, 1 << 20),
        ("context_length", 0, 1 << 31),
        ("vocab_size", 1, 1 << 24),
    )
    for key, least, most in limits:
        value = header.metadata.get(f"{header.architecture}.{key}")
        if isinstance(value, int) and not least <= value <= most:
            message = f"It claims {value} for {key}, and {least} to {most} are possible."
            yield refused("gguf.numbers", message, AGAIN)
    for key, value in header.metadata.items():
        if key.endswith("layer_norm_rms_epsilon") and isinstance(value, float) and not 0 <= value < 1:
            yield refused("gguf.numbers", f"Its normalisation constant is {value}.", AGAIN)
        elif key.endswith((".freq_base", "scaling.factor")) and isinstance(value, float) and not 0 <= value < math.inf:
            yield refused("gguf.numbers", f"{key[-40:]} is {value}, which is no number to count with.", AGAIN)


def _experts(header: Header) -> Iterator[Finding]:
    """What llama.cpp asserts of a mixture of experts, and of layers that predict further tokens (llama-model.cpp)."""
    experts, each = header.number(".expert_count"), ".expert_used_count"
    used = max((header.number(each), *header.per_layer(each)))
    if experts <= 1 and "hunyuan" in header.architecture:  # whose dense models say that they are a mixture of one
        return
    groups, chosen = header.number(".expert_group_count"), header.number(".expert_group_used_count")
    if used > experts or (experts and not used):
        yield refused("gguf.numbers", f"It uses {used} experts of {experts}.", AGAIN)
    elif groups and groups >= experts:
        yield refused("gguf.numbers", f"It puts {experts} experts into {groups} groups.", AGAIN)
    elif groups > 1 and (experts % groups or not 0 < chosen < groups):
        yield refused("gguf.numbers", f"It chooses {chosen} of {groups} groups of its {experts} experts.", AGAIN)
    ahead = header.number(".nextn_predict_layers")
    if ahead and ahead >= header.block_count:
        message = f"{ahead} of its {header.block_count} layers look ahead, and none is left for the rest."
        yield refused("gguf.numbers", message, AGAIN)


def _norms(header: Header, parts: Sequence[Header]) -> Iterator[Finding]:
    """The factors of a normalisation, which llama.cpp multiplies as they are and ends its process for packed ones."""
    for tensor in (t for one in (header, *parts) for t in one.tensors):
        if len(tensor.shape) == 1 and tensor.name.endswith("norm.weight") and tensor.type.name not in _PLAIN:
            message = f"The tensor {tensor.name[:80]} is in {tensor.type.name}, in which no normalisation can be."
            yield refused("gguf.numbers", message, AGAIN)
            return


_LISTS = (
    ("tokenizer.ggml.scores", ("f32", "i32")),
    ("tokenizer.ggml.token_type", ("i32",)),
)


def _vocabulary(header: Header) -> Iterator[Finding]:
    """The lists of a vocabulary belong together: equal in length, and of the types that programs read them as."""
    tokens = _length(header, "tokenizer.ggml.tokens")
    if tokens is None:
        return
    if header.types.get("tokenizer.ggml.tokens", "list of text") != "list of text":
        yield refused("gguf.vocabulary", "Its vocabulary is no list of texts.")
    for key, types in _LISTS:
        length, said = _length(header, key), header.types.get(key, "")
        if length is None:
            continue
        if said and said.removeprefix("list of ") not in types:
            yield refused("gguf.vocabulary", f"{key} is a {said}, and programs read it as {types[0]}.")
        elif length < tokens:
            yield refused("gguf.vocabulary", f"{key} has {length:,} entries for {tokens:,} tokens.")
    for key, value in header.metadata.items():
        named = key.startswith("tokenizer.ggml.") and key.endswith("_token_id") and isinstance(value, int)
        if named and not -1 <= value < tokens and value != 0xFFFFFFFF:
            yield look("gguf.token-id", f"{key} is {value}, and the vocabulary has {tokens:,} tokens.")


def _length(header: Header, key: str) -> int | None:
    value = header.metadata.get(key)
    if isinstance(value, SkippedArray):
        return value.count
    return len(value) if isinstance(value, tuple) else None


_BYTE = re.compile(r"<0x(..)>", re.DOTALL)


def _byte_tokens(header: Header) -> Iterator[Finding]:
    """Byte tokens such as <0x0A> whose digits are none; seen only where the vocabulary was read whole."""
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, tuple) or header.text("tokenizer.ggml.model") != "plamo2":
        return
    for token in tokens:
        match = _BYTE.fullmatch(token) if isinstance(token, str) else None
        if match and not re.fullmatch(r"[0-9A-Fa-f]{2}", match[1]):
            yield refused("gguf.byte-token", f"Its vocabulary has the byte token {token!r}, which is no byte.")
            return


def _projector(header: Header) -> Iterator[Finding]:
    """A projector prepares pictures in buffers that the file itself sizes."""
    for key in ("image_min_pixels", "image_max_pixels"):
        value = header.metadata.get(f"clip.vision.{key}")
        if isinstance(value, int) and not 0 <= value <= _PIXELS:
            yield refused("gguf.projector", f"It wants pictures of {value:,} points.")
    for key, most in (("image_size", 16_384), ("patch_size", 1024)):
        value = header.metadata.get(f"clip.vision.{key}")
        least = 2 if key == "patch_size" and "minicpm" in header.text("clip.projector_type").casefold() else 1
        if isinstance(value, int) and not least <= value <= most:
            yield refused("gguf.projector", f"Its {key} is {value}, and {least} to {most} are possible.")


def _parts(header: Header, parts: Sequence[Header]) -> Iterator[Finding]:
    """The files of a split model must be parts of the same one."""
    if header.split is None or not parts:
        return
    names = {t.name for t in header.tensors}
    for index, part in enumerate(parts, start=2):
        if part.split is not None and part.split != (index, header.split[1]):
            yield refused("gguf.split", f"The file that should be part {index} says that it is part {part.split[0]}.")
        twice = next((t.name for t in part.tensors if t.name in names), None)
        if twice is not None:
            yield refused("gguf.split", f"The tensor {twice[:80]} is in two of its files.")
        names.update(t.name for t in part.tensors)
    said = header.number("split.tensors.count")
    if said and said != len(names):
        yield look("gguf.split", f"Its files hold {len(names):,} tensors, and {said:,} should be there.", AGAIN)


def _texts(header: Header) -> Iterator[Finding]:
    """Names and descriptions that are to fool the eye or the terminal."""
    for key in ("general.name", "general.description", "general.author", "general.organization", "general.license"):
        yield from check_text(key, header.text(key))
    for key in header.metadata:
        if _CONTROL.search(key) or _HIDDEN.search(key):
            yield look("text.hidden", "The name of a metadata entry holds characters that cannot be seen.")
            return


def check_text(where: str, text: str) -> Iterator[Finding]:
    """Characters in a text that cannot be seen, or that steer a terminal."""
    if _CONTROL.search(text):
        yield look("text.control", f"{where} holds control characters, which can disturb a terminal.")
    if found := _HIDDEN.search(text):
        yield look("text.hidden", f"{where} holds characters that cannot be seen (U+{ord(found[0]):04X}).")
