"""The same weights in several places: finding them, making sure, and winning the space back.

Two files are taken for the same only when their SHA-256 is. Equal sizes and samples make a suspicion, which
:func:`confirm` settles by reading the files. Before anything is changed both files are read again.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from slmdesk.core.chat import new_id
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.file_entry import FileEntry, identity_of
from slmdesk.core.models import Home, Model
from slmdesk.core.progress import Progress, Report
from slmdesk.services.library.index import FileReader, Index


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """The same weights in several places. ``bytes_to_win`` is what the disk would get back with one copy left, and
    ``own_bytes`` the part of it in one's own folders: the rest lies with other programs, which alone may delete it.

    ``confirmed``: the contents are known to be equal; otherwise only sizes and samples are, and ``models`` has more
    than one. ``linked``: homes that share their bytes already (hard links).
    """

    model: Model
    homes: tuple[Home, ...]
    bytes_to_win: int
    confirmed: bool = True
    linked: tuple[Home, ...] = ()
    models: tuple[Model, ...] = ()
    own_bytes: int = 0


def groups(models: Mapping[str, Model], entries: Mapping[str, tuple[FileEntry, ...]]) -> list[DuplicateGroup]:
    """All groups, those with the most bytes to win first. Homes that share all their bytes make no group."""
    found = []
    suspected: dict[tuple[str, int], list[str]] = {}
    for model_id, known in entries.items():
        first = known[0]  # one that is not away, if there is one
        if len(known) > 1:
            here = [e for e in known if not e.offline]
            if len({(e.device, e.inode) for e in here}) > 1:
                found.append(_group(models[model_id], here, confirmed=True, models=(models[model_id],)))
        if first.fingerprint and not first.offline:
            suspected.setdefault((first.fingerprint, first.size), []).append(model_id)
    for ids in (ids for ids in suspected.values() if len(ids) > 1):
        here = [e for i in ids for e in entries[i] if not e.offline]
        if not all(e.identity for e in here):
            found.append(_group(models[ids[0]], here, confirmed=False, models=tuple(models[i] for i in ids)))
    return sorted(found, key=lambda g: -g.bytes_to_win)


def _group(model: Model, entries: list[FileEntry], *, confirmed: bool, models: tuple[Model, ...]) -> DuplicateGroup:
    homes = {home.path: home for one in models for home in one.homes}
    files: dict[tuple[int, int], list[FileEntry]] = {}
    for entry in entries:
        files.setdefault((entry.device, entry.inode), []).append(entry)
    linked = tuple(homes[e.path] for group in files.values() if len(group) > 1 for e in group)
    sizes = [group[0].size for group in files.values()]
    own = [group[0].size for group in files.values() if all(homes[e.path].owned for e in group)]
    to_win, own_bytes = sum(sizes[1:]), sum(own if len(own) < len(sizes) else own[1:])
    return DuplicateGroup(
        model, tuple(homes[e.path] for e in entries), to_win, confirmed, linked, models, min(own_bytes, to_win)
    )


async def confirm(index: Index, wanted: Iterable[DuplicateGroup], report: Report | None = None) -> int:
    """Read the files of unconfirmed groups and keep their digests; returns how many files were read.

    A file that cannot be read is left as it is. Cancelling keeps what is known until then.
    """
    paths = [home.path for group in wanted if not group.confirmed for home in group.homes]
    todo = [e for e in (index.entries.get(p) for p in dict.fromkeys(paths)) if e is not None and not e.identity]
    total, done = sum(e.size for e in todo), 0
    for entry in todo:
        digests = []
        for file in entry.weights:
            before = done

            def told(progress: Progress, before: int = before) -> None:
                if report is not None:
                    report(Progress(before + progress.done, total, "bytes"))

            try:
                digests.append(await index.files.hash(file, told))
                done += await asyncio.to_thread(lambda file=file: file.stat().st_size)  # type: ignore[misc]
            except (SlmdeskError, OSError):
                digests = []
                break
        now = index.entries.get(entry.path)
        if digests and now is not None and now.stamp == entry.stamp:
            await index.change([replace(now, digest=digests[0], identity=identity_of(digests))])
    return len(todo)


async def hard_link(index: Index, group: DuplicateGroup, keep: Path, report: Report | None = None) -> int:
    """Let the owned homes of a group share the bytes of the one at ``keep``; returns the bytes won.

    Both files are read and compared first. Raises SlmdeskError where nothing can be won, LoadError for a file that
    cannot be read.
    """
    source = index.entries.get(keep)
    if source is None or keep not in {home.path for home in group.homes}:
        raise SlmdeskError(f"{keep} is not one of the copies.", "Choose one of the copies to keep.")
    targets = [index.entries[h.path] for h in group.homes if h.owned and h.path != keep and h.path in index.entries]
    targets = [t for t in targets if (t.device, t.inode) != (source.device, source.inode)]
    if not targets:
        raise SlmdeskError(
            "None of the other copies is in a folder of your own, and other programs' folders are never changed.",
            "Keep another copy, or mark the folder as your own first.",
        )
    won = 0
    for target in targets:
        won += await _link(index.files, source, target, report)
    return won


async def _link(files: FileReader, source: FileEntry, target: FileEntry, report: Report | None) -> int:
    pairs = list(zip(source.weights, target.weights, strict=False))
    if len(source.weights) != len(target.weights):
        raise SlmdeskError("The copies do not have the same files, so they were left as they are.")
    won = 0
    for one, other in pairs:
        real = await asyncio.to_thread(one.resolve)
        if await asyncio.to_thread(_shared, real, other):
            continue
        before = await asyncio.to_thread(_state, real, other)
        if await files.hash(real, report) != await files.hash(other, report):
            raise SlmdeskError(
                f"{other.name} is not the same as {one}, so it was left as it is.", "Look for models again."
            )
        won += await asyncio.to_thread(_replace, real, other, before)
    return won


def _shared(one: Path, other: Path) -> bool:
    return one.samefile(other) or other.is_symlink()


def _state(*paths: Path) -> list[tuple[int, int, int]]:
    """What shows that files are still the ones that were read."""
    told = [path.lstat() for path in paths]
    return [(status.st_size, status.st_mtime_ns, status.st_ino) for status in told]


def _replace(source: Path, target: Path, before: list[tuple[int, int, int]]) -> int:
    """Put a hard link to ``source`` in the place of ``target`` in one step."""
    link = target.with_name(f".{target.name[:100]}.{new_id()[:8]}.link")
    try:
        os.link(source, link)
    except OSError as error:
        raise _why(error, source, target) from error
    try:
        if _state(source, target) != before:
            raise SlmdeskError(f"{target.name} changed meanwhile, so it was left as it is.", "Try again.")
        link.replace(target)
    except OSError as error:
        raise _why(error, source, target) from error
    finally:
        with suppress(OSError):
            link.unlink(missing_ok=True)
    return before[1][0]


def _why(error: OSError, source: Path, target: Path) -> SlmdeskError:
    if error.errno == errno.EXDEV:
        return SlmdeskError(
            f"{source} and {target} are on different drives, and files can share their bytes only on one.",
            "Delete one of the copies instead.",
            str(error),
        )
    return SlmdeskError(
        f"{target} could not be linked: {error.strerror or error}.", "Delete one of the copies instead.", str(error)
    )
