"""Walks through the places that hold models, each in the way of its store, and tells what lies there.

Nothing in a file is believed: a link loop is walked once, depth and number are bounded, a path out of a manifest is
made of a checked digest only, and what vanishes meanwhile is left out.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from slmdesk.worker.files.listing import (
    Folder,
    Listed,
    is_regular,
    may_be_model,
    models_in,
    one_file,
    plain_name,
    read_folder,
)

MAX_DEPTH = 24
MAX_FOLDERS = 200_000
_MAX_TEXT = 1 << 20  # bytes of a manifest or another small file of a store
_MAX_NAME = 200

_HEX64 = re.compile(r"[0-9a-f]{64}")
_OLLAMA_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
_REPOSITORY = re.compile(r"models--(?P<name>.+)")
_REVISION = re.compile(r"[0-9A-Za-z._-]{1,100}")
_VERSION = re.compile(r"v?\d+")
_OLLAMA_LIBRARY = ("registry.ollama.ai", "library")


@dataclass(frozen=True, slots=True)
class Found:
    """A model that lies somewhere, with what its store tells and what the system tells of its files."""

    listed: Listed
    place: str
    store: str
    names: tuple[str, ...]
    publisher: str
    digests: tuple[str, ...]
    """SHA-256 of each file with weights, where the store tells them all."""
    size: int
    mtime_ns: int
    inode: int
    device: int
    projector: bool = False
    """Whether the store keeps a part for pictures with it."""

    @property
    def path(self) -> str:
        """The (first) file, or the folder."""
        return self.listed.path

    @property
    def linked(self) -> bool:
        """Whether a link leads out of the place to it: then it belongs to whoever has that other folder."""
        inside = _is_within(os.path.realpath(self.listed.folder), os.path.realpath(self.place))
        return not inside and self.path != self.place

    @property
    def mark(self) -> str:
        """A short text that changes when what the store tells does."""
        told = (self.store, self.place, self.names, self.listed.files, self.listed.beside, self.publisher)
        return f"{crc32(repr(told).encode()):08x}"


class Walk:
    """One walk over some places, but for the folders ``without`` in them.

    ``unreadable`` names what could not be looked at, ``missing`` the places that are away, ``folders`` what was looked
    at, with times. Iterating gives every model found, and None after each folder without one, so that a walk can be
    left at any time.
    """

    def __init__(self, places: Sequence[tuple[str, str]], without: Collection[str] = ()) -> None:
        self._places = places
        self._without = frozenset(without)
        self.unreadable: list[str] = []
        self.missing: list[str] = []
        self.folders: dict[str, int] = {}
        self.crowded = False
        """Whether there were so many folders that some were not looked at."""
        self._seen: set[tuple[int, int]] = set()

    def __iter__(self) -> Iterator[Found | None]:
        for place, store in self._places:
            if not os.path.exists(place):  # noqa: PTH110
                self.missing.append(place)
                continue
            if os.path.isfile(place):  # noqa: PTH113
                yield self._one_file(place, store)
            elif store == "ollama":
                yield from self._ollama(place)
            elif store == "huggingface":
                yield from self._hugging_face(place)
            else:
                yield from self._tree(place, store)

    # ---- any folder ------------------------------------------------------------------------------------------------

    def _one_file(self, path: str, store: str) -> Found | None:
        if not may_be_model(path):
            return None
        try:
            listed = one_file(path)
        except OSError:
            self.unreadable.append(path)
            return None
        return self._found(listed, path, store)

    def _tree(self, place: str, store: str) -> Iterator[Found | None]:
        for folder, inner in self._walk(place):
            yield None
            for listed in models_in(folder, inner=inner):
                yield self._described(listed, place, store)

    def _walk(self, top: str) -> Iterator[tuple[Folder, bool]]:
        """Every folder once, with whether it lies within a model; those behind links after the others."""
        waiting: list[tuple[str, int, bool]] = [(top, 0, False)]
        linked: list[tuple[str, int, bool]] = []
        while waiting or linked:
            path, depth, inner = (waiting or linked).pop()
            if path != top and path in self._without:
                continue
            folder = self._read(path)
            if folder is None:
                continue
            yield folder, inner
            if depth >= MAX_DEPTH:
                self.unreadable.append(path)
                continue
            small = {n.lower() for n in folder.files}
            below = inner or bool(small & {"config.json", "genai_config.json"} and any(models_in(folder)))
            for names, kept in ((folder.folders, waiting), (folder.linked, linked)):
                kept += [(os.path.join(path, n), depth + 1, below) for n in reversed(names)]  # noqa: PTH118

    def _read(self, path: str) -> Folder | None:
        """A folder's listing; None where it was read before, or cannot be."""
        try:
            status = os.stat(path)  # noqa: PTH116
            key = (status.st_dev, status.st_ino)
            if key in self._seen:
                return None
            if len(self._seen) >= MAX_FOLDERS:
                self.crowded = True
                return None
            self._seen.add(key)
            folder = read_folder(path)
        except FileNotFoundError:  # gone between its parent's listing and now
            return None
        except OSError:
            self.unreadable.append(path)
            return None
        self.folders[path] = status.st_mtime_ns
        self.unreadable += folder.unreadable
        return folder

    def _described(self, listed: Listed, place: str, store: str) -> Found | None:
        """A model with the name and the publisher that its place in the store's tree says."""
        parts = Path(os.path.relpath(listed.folder, place)).parts
        name, publisher = plain_name(listed), ""
        if store == "lmstudio" and len(parts) >= 2:
            publisher = parts[0]
        elif store == "jan" and name == "model" and parts:
            name, publisher = parts[-1], parts[0] if len(parts) > 1 else ""
        elif store == "foundry" and listed.whole:
            name = _foundry_name(listed) or next((p for p in reversed(parts) if not _VERSION.fullmatch(p)), name)
            publisher = parts[0] if len(parts) > 1 else ""
        return self._found(listed, place, store, (name,), publisher)

    # ---- the Hugging Face cache ------------------------------------------------------------------------------------

    def _hugging_face(self, place: str) -> Iterator[Found | None]:
        """``models--OWNER--NAME/snapshots/REVISION/``: links to ``blobs/DIGEST``, or on some systems the files."""
        top = self._read(place)
        for name in (*top.folders, *top.linked) if top else ():
            match = _REPOSITORY.fullmatch(name)
            if match is not None:
                yield None
                yield from self._repository(place, os.path.join(place, name), match["name"])  # noqa: PTH118

    def _repository(self, place: str, repository: str, name: str) -> Iterator[Found | None]:
        owner, _, rest = name.partition("--")
        owner, short = (owner, rest) if rest else ("", name)
        inside = os.path.realpath(repository)
        seen: set[tuple[tuple[int, int], ...]] = set()
        snapshots = os.path.join(repository, "snapshots")  # noqa: PTH118
        for revision in _revisions(repository, self._read(snapshots)):
            for folder, inner in self._walk(os.path.join(snapshots, revision)):  # noqa: PTH118
                yield None
                for listed in models_in(folder, inner=inner):
                    files = _inodes(listed.weights, inside)
                    if files and files not in seen:  # an older revision of the same weights adds nothing
                        seen.add(files)
                        shown = short if listed.whole and folder.path.endswith(revision) else plain_name(listed)
                        yield self._found(listed, place, "huggingface", (shown,), owner, _blob_digests(listed))

    # ---- Ollama's store --------------------------------------------------------------------------------------------

    def _ollama(self, place: str) -> Iterator[Found | None]:
        """``manifests/REGISTRY/NAMESPACE/MODEL/TAG`` name the blobs; the same blob may have several names."""
        models: dict[str, list[str]] = {}
        projectors: set[str] = set()
        manifests = os.path.join(place, "manifests")  # noqa: PTH118
        for folder, _ in self._walk(manifests):
            yield None
            for tag in folder.files:
                layers = _layers(os.path.join(folder.path, tag))  # noqa: PTH118
                digest = layers.get("model")
                if digest and folder.path != manifests:
                    parts = [*Path(os.path.relpath(folder.path, manifests)).parts, tag]
                    models.setdefault(digest, []).append(_ollama_name(parts))
                    if "projector" in layers:
                        projectors.add(digest)
        blobs = os.path.join(place, "blobs")  # noqa: PTH118
        self._read(blobs)
        for digest, names in models.items():
            for file in (f"sha256-{digest}", f"sha256:{digest}"):
                path = os.path.join(blobs, file)  # noqa: PTH118
                if os.path.isfile(path):  # noqa: PTH113
                    publisher = names[0].rsplit("/", 2)[-2] if "/" in names[0] else ""
                    listed = Listed(path, blobs, (file,))
                    yield self._found(
                        listed,
                        place,
                        "ollama",
                        tuple(sorted(names)),
                        publisher,
                        (digest,),
                        projector=digest in projectors,
                    )
                    break

    def _found(
        self,
        listed: Listed,
        place: str,
        store: str,
        names: tuple[str, ...] = (),
        publisher: str = "",
        digests: tuple[str, ...] = (),
        *,
        projector: bool = False,
    ) -> Found | None:
        """The model with what the system tells of its files; None where one has gone or is none."""
        try:
            told = [os.stat(os.path.join(listed.folder, n)) for n in listed.files]  # noqa: PTH116, PTH118
            first = os.stat(listed.path)  # noqa: PTH116
        except OSError:
            return None
        if not told or not all(is_regular(status) for status in told):
            return None
        return Found(
            listed,
            place,
            store,
            tuple(_shown(n) for n in names or (plain_name(listed),)),
            _shown(publisher),
            digests,
            size=sum(status.st_size for status in told),
            mtime_ns=max(status.st_mtime_ns for status in told),
            inode=first.st_ino,
            device=first.st_dev,
            projector=projector or bool(listed.beside),
        )


def _is_within(path: str, folder: str) -> bool:
    """Whether a real path lies in a real folder."""
    try:
        return os.path.commonpath((path, folder)) == folder
    except ValueError:  # on different drives
        return False


def _shown(name: str) -> str:
    """A name that can be shown: no control characters, and not endless."""
    return "".join(c if c.isprintable() else "�" for c in name)[:_MAX_NAME]


def _small_text(path: str) -> str:
    """A small text file; empty where it is none."""
    try:
        status = os.stat(path)  # noqa: PTH116
        if not is_regular(status) or status.st_size > _MAX_TEXT:
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return file.read(_MAX_TEXT)
    except OSError:
        return ""


def _json(path: str) -> dict[str, Any]:
    try:
        value = json.loads(_small_text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _foundry_name(listed: Listed) -> str:
    """What Foundry Local calls a model, such as "Phi-4-mini-instruct-generic-cpu"; said in or above its folder."""
    for folder in (listed.folder, os.path.dirname(listed.folder)):  # noqa: PTH120
        name = _json(os.path.join(folder, "inference_model.json")).get("Name")  # noqa: PTH118
        if isinstance(name, str) and name:
            return name
    return ""


def _revisions(repository: str, snapshots: Folder | None) -> list[str]:
    """The snapshots' names, that of "main" first."""
    if snapshots is None:
        return []
    main = _small_text(os.path.join(repository, "refs", "main")).strip()  # noqa: PTH118
    names = [n for n in snapshots.folders if _REVISION.fullmatch(n)]
    return sorted(names, key=lambda n: (n != main, n))


def _inodes(paths: list[str], inside: str) -> tuple[tuple[int, int], ...]:
    """Which files these really are; empty where one is missing or lies outside of its repository."""
    found = []
    for path in paths:
        real = os.path.realpath(path)
        if not _is_within(real, inside):
            return ()
        try:
            status = os.stat(real)  # noqa: PTH116
        except OSError:
            return ()
        found.append((status.st_dev, status.st_ino))
    return tuple(found)


def _blob_digests(listed: Listed) -> tuple[str, ...]:
    """The SHA-256s that the cache has as the names of the blobs; empty unless all of them have one."""
    found = []
    for path in listed.weights:
        folder, name = os.path.split(os.path.realpath(path))
        if os.path.basename(folder) != "blobs" or not _HEX64.fullmatch(name):  # noqa: PTH119
            return ()
        found.append(name)
    return tuple(found)


def _layers(path: str) -> dict[str, str]:
    """The blobs of an Ollama manifest by kind: {"model": digest, ...}; a digest that is none is left out."""
    found: dict[str, str] = {}
    layers = _json(path).get("layers")
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict):
            continue
        kind, digest = str(layer.get("mediaType", "")), _OLLAMA_DIGEST.fullmatch(str(layer.get("digest", "")))
        if digest and kind.startswith("application/vnd.ollama.image."):
            found.setdefault(kind.rsplit(".", 1)[-1], digest[1])
    return found


def _ollama_name(parts: list[str]) -> str:
    """What a person calls it: "qwen3:0.6b", "user/model:tag" or "hf.co/owner/repository:Q4_K_M"."""
    *path, model, tag = parts
    if tuple(path[:2]) == _OLLAMA_LIBRARY:
        path = path[2:]
    elif path[:1] == [_OLLAMA_LIBRARY[0]]:
        path = path[1:]
    return "/".join((*path, model)) + ":" + tag
