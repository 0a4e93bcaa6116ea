"""The gate that every model file passes before native code opens it, to be loaded or to be quantized."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from slmdesk.core.errors import LoadError
from slmdesk.core.gguf import read_header
from slmdesk.core.gguf_header import Header
from slmdesk.core.safety import check_gguf, require_safe, unusable
from slmdesk.core.template_check import check_template_text

_PART = re.compile(r"(.*)-(\d{5})-of-(\d{5})", re.DOTALL)
_MAX_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Passed:
    """A GGUF model that may be opened: its header, and those of a split model's other files, in order."""

    header: Header
    parts: tuple[Header, ...] = ()


def check_gguf_file(path: Path) -> Passed:
    """Read and check all files of a GGUF model; to be called in a thread.

    Raises LoadError (gone, unreadable, incomplete, files missing, not for this machine) and UnsafeModelFile.
    """
    header = gguf_header(path)
    parts: tuple[Header, ...] = ()
    if header.split is not None:
        files = split_files(path, header.split[1])
        missing = header.split[1] - len(files)
        if missing:
            message = f"{path.name} is one of {header.split[1]} files, and {missing} are missing."
            raise LoadError(message, "Get all files.")
        parts = tuple(gguf_header(file) for file in files if file != path)
    if error := unusable(header, path.name):
        raise error
    first = parts if header.split is not None and header.split[0] == 1 else ()
    require_safe([*check_gguf(header, first), *check_template_text(header.chat_template)], path.name)
    return Passed(header, parts)


def gguf_header(path: Path) -> Header:
    """One file's header, whole where a known weakness hides in its vocabulary. Raises LoadError and its kinds."""
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise LoadError(f"{path.name} is not a file.", "Choose a GGUF file.")
        with path.open("rb") as file:
            size = path.stat().st_size
            header = read_header(file, size, name=path.name)
            if header.text("tokenizer.ggml.model") == "plamo2":
                file.seek(0)
                header = read_header(file, size, name=path.name, arrays=True)
            return header
    except FileNotFoundError as error:
        raise LoadError(f"{path.name} is no longer there.", "Choose another model.", str(error)) from error
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or "it has a name that no file can have"
        raise LoadError(f"{path.name} cannot be read: {reason}.", "Check its permissions.", str(error)) from error


def split_files(path: Path, count: int) -> list[Path]:
    """The files of a model that is split into ``count`` of them, as far as they are there; one names the others."""
    match = _PART.fullmatch(path.stem)
    if count < 2 or count > _MAX_PARTS or match is None:
        return [path]
    names = [path.with_name(f"{match[1]}-{i:05d}-of-{match[3]}{path.suffix}") for i in range(1, count + 1)]
    return [name for name in names if name.is_file()]
