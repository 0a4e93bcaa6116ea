"""What a path holds: the facts, the findings of the safety check, and what stands in the way of using it.

Whatever a file does wrong ends here as a finding or a ``problem``, never as an exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from slmdesk.core.errors import LoadError, SlmdeskError, UnsafeModelFile
from slmdesk.core.facts import FileKind, ModelFacts
from slmdesk.core.models import ModelFormat
from slmdesk.core.safety import PICKLE, finding_of
from slmdesk.worker.files import folders, gguf_files
from slmdesk.worker.files.described import Described
from slmdesk.worker.files.folders import PICKLES
from slmdesk.worker.files.opening import open_file, shown

_PICKLE_STARTS = (b"PK\x03\x04", *(bytes([0x80, version]) for version in range(2, 6)))


def describe(path: Path, *, metadata: bool = True, names: Iterable[str] | None = None) -> dict[str, Any]:
    """What the file or folder at ``path`` is: {path, facts, findings, verdict, metadata, problem}.

    ``names`` are the names of the files beside it, where the caller knows them already. Without ``metadata`` the
    entry of that name is empty. Raises nothing that a file can cause.
    """
    try:
        found = _described(path, names)
    except SlmdeskError as error:
        found = _failed(path, error)
    except MemoryError:
        found = _failed(path, UnsafeModelFile(f"{shown(path)} wants more memory than a header may take.", details=""))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        found = _failed(path, LoadError(f"{shown(path)} cannot be read: {reason}.", "Try again.", repr(error)))
    return found.to_dict(path, metadata=metadata)


def _described(path: Path, names: Iterable[str] | None) -> Described:
    if path.is_dir():
        return folders.described(path)
    with open_file(path) as opened:
        start = opened.stream.read(64)
    if not start.startswith(b"GGUF"):
        if path.suffix.lower() in PICKLES and (start.startswith(_PICKLE_STARTS) or not start):
            return _pickle(path, opened.size)
        if path.suffix.lower() in {".safetensors", ".onnx"}:
            return folders.described(path)
    return gguf_files.read(path, names)


def _pickle(path: Path, size: int) -> Described:
    facts = ModelFacts(ModelFormat.PICKLE, name=path.stem, files=(str(path),), size=size)
    return Described(facts, (PICKLE,), problem=PICKLE.message)


def _failed(path: Path, error: SlmdeskError) -> Described:
    """A path that could not be read, with the reason."""
    formats = {".safetensors": ModelFormat.SAFETENSORS, ".onnx": ModelFormat.ONNX}
    known = formats.get(path.suffix.lower(), ModelFormat.PICKLE if path.suffix.lower() in PICKLES else ModelFormat.GGUF)
    try:
        size = path.stat().st_size if path.is_file() else 0
    except (OSError, ValueError):
        size = 0
    facts = ModelFacts(known, kind=FileKind.MODEL, files=(str(path),), size=size)
    finding = finding_of(error if isinstance(error, LoadError) else LoadError(error.message, error.hint, error.details))
    return Described(facts, (finding,), problem=str(error))
