"""Bundles: a model as one folder with checksums and licence, to carry to a machine without internet.

A bundle holds the model's files, ``slmdesk-bundle.json`` (what it is and where it came from) and ``SHA256SUMS`` in the
form that ``sha256sum -c`` reads, so that it can be checked without SLMDesk too.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from slmdesk import __version__
from slmdesk.core.errors import DownloadError, SlmdeskError
from slmdesk.core.models import Model
from slmdesk.core.progress import Progress, Report
from slmdesk.core.remote import Origin, Role
from slmdesk.core.remote_groups import role_of
from slmdesk.core.repository import SHA256, check_paths, path_problem

T = TypeVar("T")

MANIFEST = "slmdesk-bundle.json"
SUMS = "SHA256SUMS"
_BLOCK = 1 << 20
_LONGEST_TEXT = 4 << 20
_MOST_FILES = 2000
_SPLIT = re.compile(r"(?P<stem>.+)-\d{5}-of-(?P<count>\d{5})\.gguf\Z")
_NOT_IN_NAMES = re.compile(r"[^\w.+-]+")


@dataclass(frozen=True, slots=True)
class BundledFile:
    """One file of a bundle, by its path in it."""

    path: str
    size: int
    sha256: str


class Bundles:
    """Writes models as bundles and takes bundles in."""

    def __init__(self, folder: Callable[[], Path], origin: Callable[[Path], Origin | None], on_imported: Any) -> None:
        self._folder = folder
        self._origin = origin
        self._on_imported = on_imported

    async def export(self, model: Model, folder: Path, report: Report | None = None) -> Path:
        """Write a model as a bundle into ``folder``; where it lies. Cancelling leaves nothing behind.

        Raises SlmdeskError when the model is away, or the disk too small.
        """
        files = await asyncio.to_thread(files_of, model)
        target = folder / (_NOT_IN_NAMES.sub("-", model.name).strip("-.")[:100] or "model")
        origins = [o for path, _ in files if (o := self._origin(path)) is not None]
        stop = threading.Event()
        work = asyncio.to_thread(_export, model, files, target, origins, _told(report), stop)
        return await _stoppable(work, stop)

    async def import_(self, folder: Path, report: Report | None = None) -> list[Path]:
        """Take a bundle in: every file is copied, checked against its SHA-256, and only then shown as a model.

        Returns the files' new paths. Raises SlmdeskError for what is no bundle, or one that was damaged.
        """
        stop = threading.Event()
        work = asyncio.to_thread(_import, folder, self._folder(), _told(report), stop)
        paths, origins = await _stoppable(work, stop)
        await self._on_imported(paths, origins)
        return paths


def files_of(model: Model) -> list[tuple[Path, str]]:
    """A model's files, each with its path in a bundle: all parts, a projector, the licence and the card beside it."""
    path = model.homes[0].path if model.homes else model.path
    if path.is_dir():
        inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
        found = [(p, p.relative_to(path).as_posix()) for p in inside if not p.name.endswith((".part", ".part.json"))]
    elif path.is_file():
        found = [(p, p.name) for p in _parts(path)]
        found += [(p, p.name) for p in sorted(path.parent.iterdir()) if _belongs(p, path)]
    else:
        found = []
    if not found:
        raise SlmdeskError(f"{model.name} is not there now.", "Connect the drive that it lies on.")
    if len(found) > _MOST_FILES:
        raise SlmdeskError(f"{path} holds more than {_MOST_FILES:,} files.", "Give it a folder of its own.")
    names = dict.fromkeys(name for _, name in found)
    check_paths(names)
    return [(next(p for p, n in found if n == name), name) for name in names]


def _parts(path: Path) -> list[Path]:
    split = _SPLIT.match(path.name)
    if split is None:
        return [path]
    return sorted(path.parent.glob(f"{_escaped(split['stem'])}-?????-of-{split['count']}.gguf"))


def _escaped(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)


def _belongs(path: Path, model: Path) -> bool:
    if not path.is_file() or path == model:
        return False
    name = path.name.lower()
    text = name.startswith(("license", "licence", "notice", "readme"))
    return (text and path.stat().st_size < _LONGEST_TEXT) or role_of(path.name) is Role.PROJECTOR


Told = Callable[[int, int], None]


def _told(report: Report | None) -> Told:
    """``report`` as a function of bytes that may be called from a thread."""
    loop = asyncio.get_running_loop()

    def tell(done: int, total: int) -> None:
        if report is not None:
            loop.call_soon_threadsafe(report, Progress(done, total, "bytes"))

    return tell


def _from(tell: Told, before: int, total: int) -> Callable[[int], None]:
    """Progress of one file as progress of all."""
    return lambda done: tell(before + done, total)


async def _stoppable(work: Coroutine[Any, Any, T], stop: threading.Event) -> T:
    """The result of a thread's work; when cancelled, the thread is told and waited for."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)
        raise


def _export(
    model: Model,
    files: Sequence[tuple[Path, str]],
    target: Path,
    origins: Sequence[Origin],
    tell: Told,
    stop: threading.Event,
) -> Path:
    total = sum(p.stat().st_size for p, _ in files)
    part = target.with_name(target.name + ".part")
    if target.exists():
        raise SlmdeskError(f"{target} exists already.", "Choose another folder, or remove it.")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        if shutil.disk_usage(part).free < total:
            raise SlmdeskError(f"There is no room for {total / 1e9:.2f} GB in {target.parent}.", "Choose another disk.")
        written, done = [], 0
        for source, name in files:
            before = done
            digest, size = _copy(source, part / name, _from(tell, before, total), stop)
            done += size
            written.append(BundledFile(name, size, digest))
        (part / SUMS).write_text("".join(f"{f.sha256}  {f.path}\n" for f in written), encoding="utf-8", newline="\n")
        manifest = _manifest(model, written, origins)
        (part / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return target


def _manifest(model: Model, files: Iterable[BundledFile], origins: Sequence[Origin]) -> dict[str, Any]:
    first = origins[0] if origins else None
    return {
        "bundle": 1,
        "program": f"SLMDesk {__version__}",
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "name": model.name,
        "publisher": model.publisher,
        "format": str(model.format),
        "quantization": model.quantization,
        "parameters": model.parameters,
        "licence": model.licence or (first.licence if first else ""),
        "origin": {
            "source": first.source,
            "ref": first.ref,
            "repo": first.repo,
            "revision": first.revision,
            "commit": first.commit,
        }
        if first
        else {},
        "files": [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in files],
    }


def _copy(source: Path, target: Path, tell: Callable[[int], None], stop: threading.Event) -> tuple[str, int]:
    """Copy a file; its SHA-256 and size as they were read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    whole, done = hashlib.sha256(), 0
    buffer = memoryview(bytearray(_BLOCK))
    with source.open("rb", buffering=0) as incoming, target.open("wb", buffering=0) as outgoing:
        while count := incoming.readinto(buffer):
            if stop.is_set():
                raise InterruptedError
            whole.update(buffer[:count])
            outgoing.write(buffer[:count])
            done += count
            if not done % (16 * _BLOCK):
                tell(done)
    tell(done)
    return whole.hexdigest(), done


def _import(folder: Path, root: Path, tell: Told, stop: threading.Event) -> tuple[list[Path], list[Origin]]:
    manifest, files = read_manifest(folder)
    repo = str(manifest.get("origin", {}).get("repo", ""))
    place = (
        repo if repo and not path_problem(repo) else "bundles/" + (_NOT_IN_NAMES.sub("-", folder.name)[:80] or "model")
    )
    place = _free(root, place, files)
    target = root / place
    total, done = sum(f.size for f in files), 0
    target.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(target).free < total:
        raise SlmdeskError(f"There is no room for {total / 1e9:.2f} GB in {root}.", "Free some space.")
    parts: list[tuple[Path, Path]] = []
    try:
        for file in files:
            source, end = folder / file.path, target / file.path
            if not source.resolve().is_relative_to(folder.resolve()) or not end.resolve().is_relative_to(
                root.resolve()
            ):
                raise DownloadError(f"{file.path} leads out of its folder.", "Nothing was imported.")
            if not source.is_file():
                raise DownloadError(f"{file.path} is missing in the bundle.", "Copy the whole folder again.")
            part, before = end.with_name(end.name + ".import"), done
            parts.append((part, end))
            digest, size = _copy(source, part, _from(tell, before, total), stop)
            done += size
            if (digest, size) != (file.sha256, file.size):
                raise DownloadError(
                    f"{file.path} is not what was put into the bundle: its SHA-256 differs.", "Copy the bundle again."
                )
        for part, end in parts:
            part.replace(end)
    finally:
        for part, _ in parts:
            part.unlink(missing_ok=True)
    return [end for _, end in parts], _origins(manifest, files, target, root, place)


def _free(root: Path, place: str, files: Sequence[BundledFile]) -> str:
    """``place``, or one beside it where no file of the bundle would take another one's place."""
    number, found = 1, place
    while any((root / found / f.path).exists() for f in files):
        number += 1
        found = f"{place}@{number}"
    return found


def read_manifest(folder: Path) -> tuple[dict[str, Any], list[BundledFile]]:
    """What a folder says that it holds. Raises DownloadError where it is no bundle, or its two lists disagree."""
    trouble = DownloadError(f"{folder} is not a bundle that SLMDesk can read.", f"It needs {MANIFEST} and {SUMS}.")
    try:
        with (folder / MANIFEST).open("rb") as text:
            manifest = json.loads(text.read(_LONGEST_TEXT))
        files = [BundledFile(str(f["path"]), int(f["size"]), str(f["sha256"])) for f in manifest["files"]]
        with (folder / SUMS).open("rb") as text:
            lines = text.read(_LONGEST_TEXT).decode("utf-8").splitlines()
        sums = {line[66:]: line[:64] for line in lines if line}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise trouble from error
    if not isinstance(manifest, dict) or not 0 < len(files) <= _MOST_FILES:
        raise trouble
    check_paths(f.path for f in files)
    if any(not SHA256.match(f.sha256) or f.size < 0 or sums.get(f.path) != f.sha256 for f in files):
        raise DownloadError(f"The two lists of digests in {folder.name} disagree.", "Copy the bundle again.")
    if not isinstance(manifest.get("origin"), dict):
        manifest["origin"] = {}
    return manifest, files


def _origins(
    manifest: dict[str, Any], files: Sequence[BundledFile], target: Path, root: Path, place: str
) -> list[Origin]:
    origin, licence = manifest["origin"], str(manifest.get("licence", ""))[:100]
    ref, repo, revision, commit = (str(origin.get(key, ""))[:300] for key in ("ref", "repo", "revision", "commit"))
    return [
        Origin(
            target / f.path, "bundle", ref, repo, revision, commit, f.path, f.size, f.sha256, "", licence,
            time.time(), str(manifest.get("name", ""))[:200], place, str(root), settled=False,
        )
        for f in files
    ]  # fmt: skip
