"""Looking through the places that hold models: what is new or has changed since the last look is described.

First everything is walked, which costs a look at each folder; then the files that are not known yet are read, a few
milliseconds each, so that digests and inspections that others asked for go on in between.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slmdesk.core.facts import FileKind
from slmdesk.core.file_entry import identity_of
from slmdesk.core.models import Ability, ModelFormat
from slmdesk.worker.files.describe import describe
from slmdesk.worker.files.walk import Found, Walk

_BATCH = 0.2  # seconds between two reports
_SAMPLE = 16_384  # bytes at each of three places of a file
_NO_MODEL = {kind.value for kind in FileKind} - {FileKind.MODEL.value}


def scan(args: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Look through ``folders`` ([{"path", "store", "without"}]); ``known`` has [size, mtime_ns, inode, mark, device] by
    path. What lies in the folders named by "without" is left out.

    Yields events' fields: ``data`` {"found": [entry, ...], "number", "total"} for what is new or different, and at the
    end ``done`` {"gone": known paths where nothing is now, "other": {path: stamp} of new files that are no models,
    "devices": {path: device} of known files whose device has another number, "unreadable", "missing" (places that are
    away), "folders": {path: mtime_ns}}.
    """
    folders: list[dict[str, Any]] = args["folders"]
    without = {str(path) for folder in folders for path in folder.get("without", ())}
    walk = Walk([(str(folder["path"]), str(folder["store"])) for folder in folders], without)
    known: dict[str, Any] = args.get("known", {})
    seen: set[str] = set()
    devices: dict[str, int] = {}
    changed: list[Found] = []
    for one in walk:
        if one is None:
            yield {}
        elif one.path not in seen:
            seen.add(one.path)
            stamp = known.get(one.path)
            if stamp is None or stamp[:4] != _stamp(one)[:4]:
                changed.append(one)
            elif stamp[4] != one.device:
                devices[one.path] = one.device
    other: dict[str, list[Any]] = {}
    yield from _describe(changed, other)
    gone = [path for path in known if path not in seen or path in other]
    if walk.crowded:
        walk.unreadable += [str(folder["path"]) for folder in folders]
    told = {"unreadable": walk.unreadable, "missing": walk.missing, "folders": walk.folders}
    yield {"done": {"gone": gone, "other": other, "devices": devices, **told}}


def _describe(changed: list[Found], other: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Read files, a step each, and tell of them in batches; what is no model goes to ``other``."""
    entries: list[dict[str, Any]] = []
    reported = time.monotonic()
    for number, one in enumerate(changed, 1):
        entry = _entry(one)
        if entry is None:
            other[one.path] = _stamp(one)
        else:
            entries.append(entry)
        if time.monotonic() - reported > _BATCH or number == len(changed):
            yield {"data": {"found": entries, "number": number, "total": len(changed)}}
            reported, entries = time.monotonic(), []
        else:
            yield {}


def _stamp(one: Found) -> list[Any]:
    return [one.size, one.mtime_ns, one.inode, one.mark, one.device]


def _entry(one: Found) -> dict[str, Any] | None:
    """What the library keeps of a model; None for a file that belongs to one, or is of another kind."""
    beside = (*one.listed.files, *one.listed.beside)
    described = describe(Path(one.path), metadata=False, names=beside)
    facts = described["facts"]
    if facts.get("kind", FileKind.MODEL.value) in _NO_MODEL:
        return None
    if one.projector and Ability.VISION.value not in facts.get("abilities", ()) and one.store == "ollama":
        facts["abilities"] = sorted([*facts.get("abilities", ()), Ability.VISION.value])
    pickled = facts["format"] == ModelFormat.PICKLE.value
    return {
        "path": one.path,
        "place": one.place,
        "store": one.store,
        "names": list(one.names),
        "files": list(one.listed.files),
        "folder": one.listed.whole,
        "linked": one.linked,
        "size": one.size,
        "mtime_ns": one.mtime_ns,
        "inode": one.inode,
        "device": one.device,
        "mark": one.mark,
        "publisher": one.publisher,
        "digest": one.digests[0] if one.digests else "",
        "identity": identity_of(one.digests),
        "weights": [os.path.basename(path) for path in one.listed.weights],  # noqa: PTH119
        "fingerprint": "" if pickled else fingerprint(one.listed.weights),
        "facts": facts,
        "findings": described["findings"],
        "verdict": described["verdict"],
        "problem": described["problem"],
    }


def fingerprint(paths: list[str]) -> str:
    """Hexadecimal digits that are the same for files that are most likely equal; empty where one cannot be read.

    Made of the files' sizes and of the beginning, the middle and the end of each.
    """
    digest = hashlib.sha256()
    try:
        for path in paths:
            with open(path, "rb") as file:  # noqa: PTH123
                size = os.fstat(file.fileno()).st_size
                digest.update(size.to_bytes(8, "little"))
                for place in (0, size // 2, max(0, size - _SAMPLE)):
                    file.seek(place)
                    digest.update(file.read(_SAMPLE))
    except OSError:
        return ""
    return digest.hexdigest()
