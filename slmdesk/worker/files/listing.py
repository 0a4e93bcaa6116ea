"""What lies in one folder, put together to models: split files, folders with a configuration, pickles.

Only names and sizes are looked at. A name that is not UTF-8 cannot be told to anybody, so such a file is left out.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

BIN = ".slmdesk-bin"
"""The folder that deleted models lie in; it is never searched."""

MAX_ENTRIES = 100_000
"""So many names of one folder are read, and no more: reading them takes a fraction of a second."""

PICKLES = (".pt", ".pth", ".ckpt", ".pkl")
_PICKLED_BIN = re.compile(r"(pytorch_model|model|consolidated|adapter_model)\b.*\.bin", re.IGNORECASE)
_STATES = re.compile(r"(training_args|optimizer|scheduler|rng_state|scaler)\b.*", re.IGNORECASE)
_PART = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<ending>\.gguf)", re.IGNORECASE)
_NO_MODEL = re.compile(r"(adapter_model|diffusion_pytorch_model)\b.*", re.IGNORECASE)
_WEIGHTS = (".gguf", ".safetensors", ".onnx", ".data", ".bin", *PICKLES)


@dataclass(frozen=True, slots=True)
class Listed:
    """A model as one folder's listing shows it: its path, its files' names in that folder, what is beside it."""

    path: str
    folder: str
    files: tuple[str, ...]
    whole: bool = False
    """Whether the model is the folder itself."""
    beside: tuple[str, ...] = ()

    @property
    def weights(self) -> list[str]:
        """Full paths of the files with weights, in order."""
        named = [n for n in self.files if n.lower().endswith(_WEIGHTS) or n.lower().endswith("onnx_data")]
        return [os.path.join(self.folder, n) for n in named or self.files]  # noqa: PTH118 - many, and speed counts


@dataclass(slots=True)
class Folder:
    """One folder as it was read: names of its plain files, and its subfolders (those behind links last)."""

    path: str
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def read_folder(path: str) -> Folder:
    """Read one folder. Raises OSError."""
    found = Folder(path)
    with os.scandir(path) as entries:
        for number, entry in enumerate(entries):
            if number >= MAX_ENTRIES:
                found.unreadable.append(path)
                break
            name = entry.name
            if not _tellable(name):
                found.unreadable.append(os.fsencode(entry.path).decode("utf-8", "replace"))
            elif name == BIN:
                continue
            else:
                _sort_in(entry, found)
    for names in (found.files, found.folders, found.linked):
        names.sort()
    return found


def _sort_in(entry: os.DirEntry[str], found: Folder) -> None:
    try:
        if entry.is_dir():
            (found.linked if entry.is_symlink() else found.folders).append(entry.name)
        elif entry.is_file():
            found.files.append(entry.name)
    except OSError:  # a loop of links, or gone meanwhile
        found.unreadable.append(entry.path)


def _tellable(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def models_in(folder: Folder, *, inner: bool = False) -> Iterator[Listed]:
    """The models in a folder. With ``inner`` it lies within a model: only what stands for itself is listed."""
    names = folder.files
    lower = {n.lower() for n in names}
    ggufs = [n for n in names if n.lower().endswith(".gguf")]
    projectors = tuple(n for n in ggufs if "mmproj" in n.lower())
    yield from _ggufs(folder.path, [n for n in ggufs if n not in projectors], projectors)
    onnx = "genai_config.json" in lower
    tensors = "config.json" in lower and any(_holds_tensors(n) for n in names)
    pickled = [n for n in names if _is_pickle(n, lower)]
    if onnx or (not inner and (tensors or (pickled and "config.json" in lower))):
        rest = tuple(n for n in names if n not in ggufs and not n.startswith("."))
        yield Listed(folder.path, folder.path, rest, whole=True)
    elif not inner:
        for name in pickled:
            yield Listed(os.path.join(folder.path, name), folder.path, (name,))  # noqa: PTH118


def may_be_model(path: str) -> bool:
    """Whether a file that a person chose is worth a look: by its ending, or as GGUF by its first bytes."""
    if path.lower().endswith((".gguf", ".safetensors", ".onnx", *PICKLES)) or _is_pickle(os.path.basename(path), set()):  # noqa: PTH119
        return True
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read(4) == b"GGUF"
    except OSError:
        return False


def one_file(path: str) -> Listed:
    """The model that one file stands for, with its other parts."""
    folder, name = os.path.split(path)
    match = _PART.fullmatch(name)
    if match is None:
        return Listed(path, folder, (name,))
    siblings = [n for n in read_folder(folder).files if (other := _PART.fullmatch(n)) and _same(match, other)]
    return next(_ggufs(folder, siblings or [name], ()))


def _same(one: re.Match[str], other: re.Match[str]) -> bool:
    return (one["stem"], one["count"]) == (other["stem"], other["count"])


def _ggufs(folder: str, names: list[str], beside: tuple[str, ...]) -> Iterator[Listed]:
    parts: dict[tuple[str, str], list[str]] = {}
    for name in names:
        match = _PART.fullmatch(name)
        if match is None:
            yield Listed(os.path.join(folder, name), folder, (name,), beside=beside)  # noqa: PTH118
        else:
            parts.setdefault((match["stem"], match["count"]), []).append(name)
    for group in parts.values():
        group.sort()
        yield Listed(os.path.join(folder, group[0]), folder, tuple(group), beside=beside)  # noqa: PTH118


def _holds_tensors(name: str) -> bool:
    return name.lower().endswith(".safetensors") and not _NO_MODEL.fullmatch(name)


def _is_pickle(name: str, siblings: set[str]) -> bool:
    small = name.lower()
    if _STATES.fullmatch(small):
        return False
    if small.endswith(PICKLES):
        return True
    openvino = small.removesuffix(".bin") + ".xml" in siblings
    return small.endswith(".bin") and not openvino and bool("config.json" in siblings or _PICKLED_BIN.fullmatch(small))


def plain_name(listed: Listed) -> str:
    """What a model is called after its file or folder, without the number of a part."""
    name = os.path.basename(listed.path)  # noqa: PTH119
    if listed.whole:
        return name
    match = _PART.fullmatch(name)
    return match["stem"] if match else os.path.splitext(name)[0]  # noqa: PTH122


def is_regular(status: os.stat_result) -> bool:
    """Whether it is a plain file: opening a pipe would wait for ever."""
    return stat.S_ISREG(status.st_mode)
