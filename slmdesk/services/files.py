"""The worker that reads model files: what they are, their digests, and which there are in a folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from slmdesk.core.errors import WorkerCrashed
from slmdesk.core.progress import Progress, Report
from slmdesk.runtimes.process import Worker

ENGINE = "files"


class Files:
    """Reads model files in one sandboxed process of its own, started at the first use and after a crash."""

    def __init__(self) -> None:
        self._worker: Worker | None = None
        self._starting = asyncio.Lock()
        self._closed = False

    async def inspect(self, path: Path) -> dict[str, Any]:
        """What a file or folder is: {path, facts, findings, verdict, metadata, problem}, as ``describe`` tells it.

        A worker that the file brings down is started again for the next one. Raises WorkerCrashed, RuntimeUnavailable.
        """
        return await (await self._ready()).call("inspect", **_told(path))

    async def hash(self, path: Path, report: Report | None = None) -> str:
        """A file's SHA-256 in hexadecimal digits; ``report`` gets bytes. Raises LoadError when it cannot be read."""
        worker = await self._ready()
        size = float(await asyncio.to_thread(_size, path))
        async with aclosing(worker.request("hash", algorithm="sha256", **_told(path))) as events:
            async for event in events:
                if event.done is not None:
                    return str(event.done["digest"])
                if report is not None and event.progress is not None:
                    report(Progress(event.progress * size, size, "bytes"))
        raise AssertionError("a request ends with done or an error")

    async def scan(
        self, folders: Sequence[Mapping[str, Any]], known: Mapping[str, Sequence[int]]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The models in ``folders`` ({"path", "store"}), but for those ``known`` ({path: [size, mtime_ns, inode]}).

        Yields {"found": [entry, ...]}, {"progress": share} and at the end {"seen": [path, ...], "unreadable": [...]}.
        Closing the generator ends the scan. Raises WorkerCrashed, RuntimeUnavailable.
        """
        worker = await self._ready()
        told = {path: list(stamp) for path, stamp in known.items()}
        async with aclosing(worker.request("scan", folders=[dict(f) for f in folders], known=told)) as events:
            async for event in events:
                if event.data is not None:
                    yield event.data
                if event.progress is not None:
                    yield {"progress": event.progress}
                if event.done is not None:
                    yield event.done

    async def _ready(self) -> Worker:
        async with self._starting:
            if self._closed:
                raise WorkerCrashed("SLMDesk is closing.")
            if self._worker is None or not self._worker.alive:
                if self._worker is not None:
                    await self._worker.close()
                self._worker = await Worker.start(ENGINE, writable=[])
            return self._worker

    async def close(self) -> None:
        """End the process; a second call does nothing."""
        self._closed = True
        async with self._starting:
            if self._worker is not None:
                await self._worker.close()
                self._worker = None


def _told(path: Path) -> dict[str, Any]:
    """A path as the worker takes it: one that is no proper text goes as the bytes of its name."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return {"path_hex": os.fsencode(path).hex()}
    return {"path": str(path)}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
