"""Fetching one file: from what is there already to a verified part, over broken connections, kills and full disks.

The whole is verified against the published SHA-256 while it arrives: one thread follows the chunks in their order. Only
the whole has a published digest, so when it is wrong the bad chunk is found like this: every chunk is compared with
its own CRC-32 from when it came (a disk that forgot or changed something); if all are as they came, they are fetched
once more and compared, those that had come in pieces first, until the whole is right.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmdesk.core.errors import DiskFull, WrongContent
from slmdesk.worker.hub.flow import Flow, Span
from slmdesk.worker.hub.http import Client
from slmdesk.worker.hub.location import Location, Wanted
from slmdesk.worker.hub.part import (
    BLOCK,
    PART,
    Chunks,
    PartFile,
    chunk_size_for,
    discard,
    read_sidecar,
    write_sidecar,
)
from slmdesk.worker.hub.schedule import Limiter, Schedule
from slmdesk.worker.hub.transfer import Transfer, disk_trouble

_REPORT_EVERY = 0.25
_SAVE_EVERY = 0.4
_DISK_EVERY = 2.0
_CONNECTION_EVERY = 0.3
"""Seconds between one connection and the next one of a file."""
_ALONE_BELOW = 16 << 20
"""Bytes below which a second connection is not worth its making."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a fetch is asked to do; see :meth:`from_args` for the request it comes from."""

    wanted: Wanted
    destination: Path
    token: str
    connections: int
    reserve: int
    stall: float
    pause: float
    about: Mapping[str, Any]
    """What the sidecar says of it, so that an orphaned part can be adopted."""

    @property
    def part(self) -> Path:
        """The file that the bytes go into."""
        return self.destination.with_name(self.destination.name + PART)


class Fetch:
    """One file on its way. :meth:`run` blocks to the end; :meth:`stop` ends it from another thread."""

    def __init__(self, job: Job, client: Callable[[], Client], limiter: Limiter, tell: Callable[..., None]) -> None:
        self.job = job
        self._client = client
        self._limiter = limiter
        self._tell = tell
        self._stop = threading.Event()
        self._schedule: Schedule | None = None
        self._transfer: Transfer | None = None
        self._states: list[Any] = []
        self._hashed = 0
        self._repaired = 0
        self._shown = 0
        self._rotten = False

    def stop(self) -> None:
        """End it soon; what has come is kept."""
        self._stop.set()
        if self._schedule is not None:
            self._schedule.halt()
        if self._transfer is not None:
            self._transfer.close()

    def run(self) -> dict[str, Any]:
        """Fetch and verify; the result says how it was verified and how many parts came twice.

        Raises DownloadError and its kind. The verified file is still called ``.part``.
        """
        job = self.job
        try:
            job.destination.parent.mkdir(parents=True, exist_ok=True)
            file = PartFile(job.part)
        except OSError as error:
            raise disk_trouble(error, job.wanted.name) from error
        try:
            return self._run(file)
        except OSError as error:
            raise disk_trouble(error, job.wanted.name) from error
        finally:
            file.close()

    def _run(self, file: PartFile) -> dict[str, Any]:
        saved = read_sidecar(self.job.part)
        chunks, verified = self._taken_up(saved, file)
        if verified:
            return {"verified": saved["verified"]["by"], "repaired": 0, "size": chunks.size}
        self._check_room(chunks, file)
        if file.size > chunks.size:  # it grows by itself: writing into a hole costs more than writing at the end
            file.resize(chunks.size)
        self._schedule = schedule = Schedule(chunks, self.job.connections)
        wanted = self.job.wanted
        self._transfer = transfer = Transfer(
            wanted,
            file,
            schedule,
            Flow(schedule),
            Location(wanted, self.job.token),
            self._limiter,
            self._client,
            self.job.stall,
            self.job.pause,
            str(saved.get("etag", ""))[:200],
        )
        if self._stop.is_set():
            schedule.halt()
        self._shown = chunks.done
        self._work(schedule, transfer, file)
        if schedule.error is not None:
            if self._rotten:
                file.resize(0)
                discard(self.job.part)  # none of it can be trusted, and a retry begins anew
            raise schedule.error
        if not schedule.finished:
            return {"cancelled": True}
        by = "sha256" if wanted.sha256 else "git" if wanted.git_oid else "none"
        self._save(file, by=by)
        return {"verified": by, "repaired": self._repaired, "size": chunks.size}

    def _taken_up(self, saved: Mapping[str, Any], file: PartFile) -> tuple[Chunks, bool]:
        """The chunks that an earlier run left, if they are of the same file; and whether they were verified."""
        wanted = self.job.wanted
        fresh = Chunks(wanted.size, chunk_size_for(wanted.size))
        if [saved.get(k) for k in ("sha256", "git_oid")] != [wanted.sha256, wanted.git_oid]:
            return fresh, False
        if not wanted.sha256 and not wanted.git_oid and saved.get("commit") != wanted.commit:
            return fresh, False
        try:
            chunks = Chunks.from_json(saved["chunks"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return fresh, False
        if chunks.size != wanted.size:
            return fresh, False
        mark = saved.get("verified")
        return chunks, isinstance(mark, dict) and mark.get("stamp") == file.stamp()

    def _work(self, schedule: Schedule, transfer: Transfer, file: PartFile) -> None:
        threads = [threading.Thread(target=self._verify, args=(file,), name="fetch-hash", daemon=True)]
        threads[0].start()
        most = self.job.connections if schedule.chunks.size > _ALONE_BELOW else 1
        saved_at = disk_at = time.monotonic()
        next_report = began = saved_at
        while not schedule.over:
            now = time.monotonic()
            # One after the other: what comes over a single connection comes in order, and may be fast enough.
            wanted = min(most, 1 + int((now - began) / _CONNECTION_EVERY)) if self._slow(now - began) else 1
            if len(threads) - 1 < wanted:
                threads.append(threading.Thread(target=transfer.run, name=f"fetch-{len(threads)}", daemon=True))
                threads[-1].start()
            if now < next_report:
                schedule.stop.wait(0.02)  # not on the condition: it is notified for every block
                continue
            next_report = now + _REPORT_EVERY
            self._report(now)
            try:
                if now - saved_at > _SAVE_EVERY:
                    saved_at = now
                    self._save(file)
                if now - disk_at > _DISK_EVERY:
                    disk_at = now
                    self._check_room(schedule.chunks, file)
            except (OSError, DiskFull) as error:
                schedule.fail(error)
        transfer.close()
        for thread in threads:
            thread.join()
        if not schedule.finished and not self._rotten:
            self._save(file)
        self._report(time.monotonic())

    def _slow(self, seconds: float) -> bool:
        """Whether more connections may bring more: a single one did not reach 200 MB/s."""
        assert self._transfer is not None
        return self._transfer.received < 200e6 * max(seconds, 1e-3)

    def _report(self, now: float) -> None:
        assert self._schedule is not None
        assert self._transfer is not None
        chunks, trouble = self._schedule.chunks, self._transfer.trouble
        self._shown = max(self._shown, chunks.done)
        waiting = trouble.message and now - self._transfer.last_byte > 2 * _REPORT_EVERY
        state = "waiting" if waiting else "verifying" if self._shown == chunks.size else "running"
        self._tell(
            done=self._shown,
            hashed=self._hashed,
            state=state,
            message=trouble.message if waiting else "",
            retry_in=max(0.0, trouble.until - now) if waiting else 0.0,
        )

    def _save(self, file: PartFile, by: str = "") -> None:
        assert self._schedule is not None
        assert self._transfer is not None
        wanted = self.job.wanted
        with self._schedule.changed:
            chunks = self._schedule.chunks.to_json()
        data = {
            "about": dict(self.job.about),
            "sha256": wanted.sha256,
            "git_oid": wanted.git_oid,
            "commit": wanted.commit,
            "etag": self._transfer.etag,
            "chunks": chunks,
        }
        if by:
            data["verified"] = {"by": by, "stamp": file.stamp()}
        write_sidecar(self.job.part, data)

    def _check_room(self, chunks: Chunks, file: PartFile) -> None:
        """Raises DiskFull when the rest of the file would eat into the reserve."""
        free = shutil.disk_usage(self.job.part.parent).free
        left = min(chunks.size - chunks.done, max(0, chunks.size - file.held))
        if left and free - left < self.job.reserve:
            kept = f", of which {self.job.reserve / 1e9:.1f} GB are to stay free" if self.job.reserve else ""
            raise DiskFull(
                f"There is not enough room for {self.job.wanted.name}: {left / 1e9:.2f} GB are still to come, "
                f"{free / 1e9:.2f} GB are free{kept}.",
                "Free some space, or choose another folder. It goes on from there.",
            )

    # ---- verifying, on its own thread ------------------------------------------------------------------------------

    def _verify(self, file: PartFile) -> None:
        assert self._schedule is not None
        schedule = self._schedule
        try:
            whole = self._hash_from(file, 0)
            if whole is False and not schedule.over:
                whole = self._repair(file)
            if whole:
                schedule.finish()
            elif not schedule.over:
                self._rotten = True
                raise WrongContent(
                    f"What the server sends is not the {self.job.wanted.name} that was published: its SHA-256 differs, "
                    "also after each part was fetched twice.",
                    "Nothing of it was kept. Try again later, or choose another source.",
                )
        except Exception as error:  # noqa: BLE001 - the download ends with it
            schedule.fail(error)

    def _first_state(self) -> Any:
        wanted = self.job.wanted
        if wanted.sha256:
            return hashlib.sha256()
        # Git's name of a file: the SHA-1 over a short header and the content.
        return hashlib.sha1(b"blob %d\0" % wanted.size, usedforsecurity=False)

    def _hash_from(self, file: PartFile, first: int) -> bool | None:
        """Hash the chunks from ``first`` on as they come: whether the whole is right; None when stopped."""
        assert self._schedule is not None
        assert self._transfer is not None
        flow, chunks = self._transfer.flow, self._schedule.chunks
        state = self._states[first - 1].copy() if first else self._first_state()
        del self._states[first:]
        flow.again(first * chunks.chunk)
        buffer = memoryview(bytearray(BLOCK))
        while len(self._states) < len(chunks):
            span = flow.next()
            if span is None:
                return None
            index = span.start // chunks.chunk
            if span.data is not None:
                state.update(span.data)
                flow.give_back(span)
            elif not self._hash_span(file, span, state, buffer):
                self._schedule.forget(index)
                state = self._states[index - 1].copy() if index else self._first_state()
                flow.again(index * chunks.chunk)
                continue
            self._hashed = span.end
            if span.end == index * chunks.chunk + chunks.length(index):
                self._states.append(state.copy())
        wanted = self.job.wanted
        if not wanted.sha256 and not wanted.git_oid:
            return True
        return bool(state.hexdigest() == (wanted.sha256 or wanted.git_oid))

    def _hash_span(self, file: PartFile, span: Span, state: Any, buffer: memoryview) -> bool:
        """Add bytes of the file to ``state``; False when they are an old chunk that the disk has changed since."""
        chunks = self._schedule.chunks  # type: ignore[union-attr]
        index = span.start // chunks.chunk
        old, crc = index in chunks.old, 0
        for block in file.blocks(span.start, span.end - span.start, buffer):
            state.update(block)
            if old:
                crc = zlib.crc32(block, crc)
        chunks.old.discard(index)
        return not old or crc == chunks.crc[index]

    def _repair(self, file: PartFile) -> bool | None:
        """Find the chunks that make the whole wrong, and fetch those again; whether it is right then."""
        assert self._schedule is not None
        assert self._transfer is not None
        schedule, chunks = self._schedule, self._schedule.chunks
        bad = [
            i for i in range(len(chunks)) if file.crc(i * chunks.chunk, chunks.length(i)) != chunks.crc[i]
        ]  # fmt: skip
        if bad:
            for index in bad:
                schedule.forget(index)
            self._repaired += len(bad)
            whole = self._hash_from(file, bad[0])
            if whole is not False:
                return whole
        self._transfer.flow.close()  # from now on chunks change after they were hashed
        doubtful = sorted(chunks.suspect)
        order = [*doubtful, *(i for i in range(len(chunks)) if i not in chunks.suspect)]
        schedule.look_again(order)
        for _ in order:
            result = schedule.next_compared()
            if result is None:
                return None
            index, changed = result
            if changed:
                self._repaired += 1
                whole = self._hash_from(file, index)
                if whole is not False:
                    return whole
        return False
