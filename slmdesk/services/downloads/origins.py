"""Where the files on this machine came from: the digests that were published of them, and whether there is news."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import psutil

from slmdesk.core.remote import DownloadPlan, Origin, PlannedFile, RemoteDetails, Update
from slmdesk.core.remote_groups import plan_of
from slmdesk.core.repository import COMMIT
from slmdesk.services.hub import Hub
from slmdesk.services.sources import Sources
from slmdesk.storage.downloads import DownloadStore


class Origins:
    """The origin of every file that came through the queue or in a bundle, by its path."""

    def __init__(self, store: DownloadStore, hub: Hub) -> None:
        self._store = store
        self._hub = hub
        self._by_path: dict[Path, Origin] = {}
        self._started = psutil.Process().create_time()
        """When this process began, in seconds since 1970: what is older went through the end of another one."""

    async def load(self) -> None:
        """Read them."""
        self._by_path = await self._store.origins()

    def get(self, path: Path) -> Origin | None:
        """A file's origin; None for one that came another way."""
        return self._by_path.get(path)

    async def keep(self, root: Path, plan: DownloadPlan) -> None:
        """Remember where the files of a finished plan are from."""
        folder, now = root.joinpath(*plan.folder.split("/")), time.time()
        await self.put(
            Origin(
                folder / f.path, plan.source, plan.ref, plan.repo, plan.revision, plan.commit, f.path, f.size, f.sha256,
                f.git_oid, plan.licence, now, plan.title, plan.folder, str(root), settled=False,
            )
            for f in plan.files
        )  # fmt: skip

    async def put(self, origins: Iterable[Origin]) -> None:
        """Remember origins."""
        listed = list(origins)
        self._by_path.update((o.path, o) for o in listed)
        await self._store.put_origins(listed)

    async def is_here(self, root: Path, plan: DownloadPlan, file: PlannedFile) -> bool:
        """Whether exactly this file lies in its place already, going by what was verified when it came."""
        path = root.joinpath(*plan.folder.split("/"), *file.path.split("/"))
        known = self._by_path.get(path)
        published = (file.sha256, file.git_oid)
        if known is None or (known.sha256, known.git_oid) != published or not any(published):
            return False
        if not await asyncio.to_thread(_as_it_came, path, file.size, known.fetched):
            return False
        # A power cut may have come after it was fetched: where that is not known, it is read again.
        return known.settled or known.fetched >= self._started or await self._is_sound(known)

    async def _is_sound(self, origin: Origin) -> bool:
        """Whether a file still is what was published of it."""
        root = Path(origin.root)
        inside = origin.path.relative_to(root).as_posix()
        found = await self._hub.do(root, "hash", folder=str(root), path=inside)
        return found["sha256"] == origin.sha256 or bool(origin.git_oid and found["git_oid"] == origin.git_oid)

    async def settle(self) -> list[tuple[DownloadPlan, Path]]:
        """Have finished files written to the disk for good.

        A file of an earlier run of which that is not known is hashed; plans of those that are not what they were are
        returned, to be fetched again.
        """
        open_ones = [o for o in self._by_path.values() if not o.settled]
        broken: list[tuple[DownloadPlan, Path]] = []
        for origin in open_ones:
            root = Path(origin.root)
            if not await asyncio.to_thread(origin.path.is_file):
                await self._forget(origin)
                continue
            inside = origin.path.relative_to(root).as_posix()
            if origin.fetched < self._started and not await self._is_sound(origin):
                await self._forget(origin)
                broken.append((_plan(origin), root))
                continue
            await self._hub.do(root, "sync", folder=str(root), paths=[inside])
            await self.put([replace(origin, settled=True)])
        return broken

    async def _forget(self, origin: Origin) -> None:
        await self._store.drop_origins([origin.path])
        self._by_path.pop(origin.path, None)

    async def updates(self, sources: Sources) -> list[Update]:
        """What its sources have in a newer version, by repository. A file given at one commit has none."""
        groups: dict[tuple[str, str, str, str], list[Origin]] = {}
        for origin in self._by_path.values():
            if origin.ref and not COMMIT.match(origin.revision) and await asyncio.to_thread(origin.path.is_file):
                key = (origin.ref, origin.revision, origin.folder, origin.root)
                groups.setdefault(key, []).append(origin)
        found = []
        for (ref, revision, folder, root), origins in groups.items():
            details = await sources.details(ref, "" if revision == "main" else revision)
            update = _update(details, folder, Path(root), origins)
            if update is not None:
                found.append(update)
        return found


def _update(details: RemoteDetails, folder: str, root: Path, origins: list[Origin]) -> Update | None:
    """The plan for those files that the source has changed; None where it has not."""
    remote = {f.path: f for f in details.files}
    changed = [
        o
        for o in origins
        if (f := remote.get(o.remote_path)) is not None and (f.sha256, f.git_oid) != (o.sha256, o.git_oid)
    ]
    if not changed:
        return None
    plan = plan_of(details, [remote[o.remote_path] for o in changed])
    plan = replace(plan, folder=folder, title=changed[0].title or plan.title)
    return Update(plan.title, tuple(o.path for o in changed), plan, root)


def _plan(origin: Origin) -> DownloadPlan:
    file = PlannedFile(origin.remote_path, origin.size, origin.sha256, origin.git_oid)
    return DownloadPlan(
        origin.source, origin.ref, origin.repo, origin.title, (file,), origin.folder, origin.revision, origin.commit,
        licence=origin.licence,
    )  # fmt: skip


def _as_it_came(path: Path, size: int, fetched: float) -> bool:
    """Whether a file is as large as it was and has not been written to since."""
    try:
        found = path.stat()
    except OSError:
        return False
    return path.is_file() and found.st_size == size and found.st_mtime <= fetched + 1
