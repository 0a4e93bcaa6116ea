"""A GGUF model on the disk: its header, the headers of its further files, and the projector beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from slmdesk.core.errors import LoadError, SlmdeskError
from slmdesk.core.facts import FileKind
from slmdesk.core.facts_gguf import facts_of_header, shown_metadata
from slmdesk.core.gguf import read_header
from slmdesk.core.gguf_header import Header
from slmdesk.core.quantizations import BITS
from slmdesk.core.safety import Finding, check_gguf, finding_of, unusable
from slmdesk.worker.files.described import Described
from slmdesk.worker.files.known_templates import inspect_template
from slmdesk.worker.files.opening import open_file, shown

_PART = re.compile(r"(.*)-(\d{5})-of-(\d{5})", re.DOTALL)
_MAX_PARTS = 1000


def read_one(path: Path) -> Header:
    """One file's header, read and checked. Raises LoadError and its kinds."""
    with open_file(path) as opened:
        header = read_header(opened.stream, opened.size, name=shown(path))
    if header.text("tokenizer.ggml.model") == "plamo2":  # a weakness hides in the texts of its tokens
        with open_file(path) as opened:
            return read_header(opened.stream, opened.size, name=shown(path), arrays=True)
    return header


def read(path: Path, names: Iterable[str] | None = None) -> Described:
    """What the model at ``path`` says; a split model's other files are read too. Raises LoadError and its kinds.

    ``names`` are those of the files beside it, where they are known.
    """
    header = read_one(path)
    others, problem, findings = _other_parts(path, header)
    parts = [part for _, part in others]
    projector = _projector(path, header, names)
    files = (path, *(other for other, _ in others))
    facts = facts_of_header(
        header,
        parts,
        files=[str(file) for file in files],
        size=sum(one.file_size for one in (header, *parts)),
        projector=str(projector or ""),
    )
    if not problem and (error := unusable(header, shown(path))):
        problem, findings = str(error), (*findings, finding_of(error))
    findings = (*findings, *check_gguf(header, parts), *inspect_template(facts.template, facts.family))
    return Described(facts, findings, shown_metadata(header), problem)


def _other_parts(path: Path, header: Header) -> tuple[list[tuple[Path, Header]], str, tuple[Finding, ...]]:
    """The further files with their headers; what is wrong with them as a problem and findings."""
    if header.split is None or header.split[0] > 1:
        return [], "", ()
    count = header.split[1]
    match = _PART.fullmatch(path.stem)
    if match is None or int(match[3]) != count or count > _MAX_PARTS:
        message = f"{shown(path)} is one of {count} files, and its name does not tell the others'."
        nameless = LoadError(message, "Give the files their first names back.")
        return [], str(nameless), (finding_of(nameless),)
    found: list[tuple[Path, Header]] = []
    missing = 0
    for number in range(2, count + 1):
        other = path.with_name(f"{match[1]}-{number:05d}-of-{match[3]}{path.suffix}")
        if not other.is_file():
            missing += 1
            continue
        try:
            found.append((other, read_one(other)))
        except SlmdeskError as error:
            told = error if isinstance(error, LoadError) else LoadError(error.message, error.hint)
            return found, str(told), (finding_of(told),)
    if missing:
        incomplete = LoadError(f"{shown(path)} is one of {count} files, and {missing} are missing.", "Get all files.")
        return found, str(incomplete), (finding_of(incomplete),)
    return found, "", ()


_FORMATS = "|".join(sorted((re.escape(name.lower()) for name in BITS), key=len, reverse=True))
_EXTRAS = re.compile(rf"mmproj|(?:model)?|(?<![a-z0-9])(?:{_FORMATS})(?![a-z0-9])")


def _projector(path: Path, header: Header, names: Iterable[str] | None) -> Path | None:
    """The projector beside a model: one of no name of its own, or with a name that the model's begins with."""
    if header.architecture in {"clip", "mmproj"}:
        return None
    if names is None:
        names = [entry.name for entry in path.parent.glob("*mmproj*")]
    mine = _letters(path.stem.lower())
    for name in sorted(n for n in names if "mmproj" in n.lower() and n.lower().endswith(".gguf") and n != path.name):
        own = _letters(_EXTRAS.sub("", name.lower().removesuffix(".gguf")))
        if mine.startswith(own) and _is_projector(path.with_name(name)):
            return path.with_name(name)
    return None


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name)


def _is_projector(path: Path) -> bool:
    try:
        return facts_of_header(read_one(path)).kind is FileKind.PROJECTOR
    except SlmdeskError:
        return False
