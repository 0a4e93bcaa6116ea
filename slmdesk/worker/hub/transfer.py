"""One connection's work: ask for chunks, check that the answer is what was asked for, write what comes."""

from __future__ import annotations

import errno
import os
import random
import re
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from slmdesk.core.errors import DiskFull, DownloadError, SourceUnreachable, WrongContent
from slmdesk.worker.hub.answers import error_of
from slmdesk.worker.hub.flow import Flow
from slmdesk.worker.hub.http import Answer, Client, Origin
from slmdesk.worker.hub.location import Location, Place, Wanted
from slmdesk.worker.hub.part import BLOCK, PartFile
from slmdesk.worker.hub.schedule import Limiter, Run, Schedule

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)\Z")
_STALL_BYTES = 8192
_LONGEST_PAUSE = 60.0
_WRITE_EVERY = 0.5
"""Seconds after which also a block that is not full is written."""
_MOST_REFUSALS = 8
"""Answers such as 500 in a row, without a byte between them, after which a download gives up."""


class Stopped(Exception):
    """The download is over; nothing is wrong."""


@dataclass(slots=True)
class Trouble:
    """What a download waits for: the newest trouble, and when it tries again."""

    message: str = ""
    until: float = 0.0
    refusals: int = 0
    """Answers of the server that said no, since the last byte that came."""
    failures: int = 0


@dataclass(slots=True)
class Transfer:
    """Everything that the connections of one download share."""

    wanted: Wanted
    file: PartFile
    schedule: Schedule
    flow: Flow
    location: Location
    limiter: Limiter
    client: Callable[[], Client]
    stall: float = 20.0
    """Seconds in which something must have come."""
    pause: float = 0.5
    """Seconds before the second try; each further one waits twice as long, up to a minute."""
    etag: str = ""
    received: int = 0
    """Bytes that came in this run, to the nearest piece."""
    trouble: Trouble = field(default_factory=Trouble)
    clients: list[Client] = field(default_factory=list)
    last_byte: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """A connection's thread, to the end of the download."""
        client = self.client()
        with self.lock:
            self.clients.append(client)
        try:
            while (run := self.schedule.take()) is not None:
                self._run_once(client, run)
        finally:
            client.close()

    def close(self) -> None:
        """Wake connections that wait for bytes, and end them."""
        with self.lock:
            for client in self.clients:
                client.close()

    def _run_once(self, client: Client, run: Run) -> None:
        failed = True
        try:
            (self._compare if run.compare else self._fetch)(client, run)
            failed = False
        except Stopped:
            pass
        except SourceUnreachable as error:
            self.schedule.give_back(run, failed=True)
            self._back_off(error)
            return
        except OSError as error:
            self.schedule.fail(disk_trouble(error, self.wanted.name))
        except Exception as error:  # noqa: BLE001 - whatever it is, the download ends with it
            if not self.schedule.over:
                self.schedule.fail(error)
        self.schedule.give_back(run, failed=failed)

    def _back_off(self, error: SourceUnreachable) -> None:
        """Wait before the next try, longer each time; all connections share the count."""
        if self.schedule.over:
            return
        with self.lock:
            trouble = self.trouble
            trouble.failures += 1
            trouble.refusals += error.answered
            if trouble.refusals > _MOST_REFUSALS and not error.retry_after:
                self.schedule.fail(error)
                return
            wait = min(_LONGEST_PAUSE, self.pause * 2 ** min(trouble.failures - 1, 12))
            wait = error.retry_after or wait * random.uniform(0.75, 1.25)
            trouble.message, trouble.until = error.message, max(trouble.until, time.monotonic() + wait)
        self.schedule.stop.wait(wait)

    def _fetch(self, client: Client, run: Run) -> None:
        chunks = self.schedule.chunks
        alone = self.schedule.alone
        start = 0 if alone else run.first * chunks.chunk + chunks.have[run.first]
        end = min(chunks.size, (run.last + 1) * chunks.chunk)
        answer = self._ask(client, start, None if alone else end)
        if answer.status == 200 and not alone:
            answer.link.close()
            self.schedule.switch_to_whole()
            return
        self._receive(answer, start, end)

    def _receive(self, answer: Answer, start: int, end: int) -> None:
        """Write the bytes from ``start`` to ``end`` as they come, in blocks: small writes cost twice as much."""
        position, filled, buffer, watch = start, 0, self.flow.buffer(), _Watch(self.stall)
        due = time.monotonic() + _WRITE_EVERY
        try:
            while position + filled < end:
                room = min(BLOCK - position % BLOCK, end - position)
                filled += self._read(answer, buffer[filled:room], watch)
                if filled == room or time.monotonic() > due:
                    due = time.monotonic() + _WRITE_EVERY
                    count, filled = filled, 0
                    buffer = self._keep(position, buffer, count)
                    position += count
        finally:  # also when it breaks off: no byte that came is fetched twice
            if filled:
                self._keep(position, buffer, filled)

    def _keep(self, position: int, buffer: memoryview, count: int) -> memoryview:
        """Write what is new of ``count`` bytes of one chunk; the buffer for the next ones."""
        chunks = self.schedule.chunks
        index, offset = divmod(position, chunks.chunk)
        known = min(count, chunks.have[index] - offset)
        new = buffer[known:count]
        if not new:
            return buffer
        crc = zlib.crc32(new, chunks.crc[index])
        self.file.write(position + known, new)
        fresh = self.flow.offer(position, buffer, count) if not known else buffer
        self.schedule.arrived(index, count - known, crc)
        return fresh

    def _compare(self, client: Client, run: Run) -> None:
        """Fetch one chunk again, beside the file; if it is another one now, it takes its place."""
        chunks, index = self.schedule.chunks, run.first
        start, length = index * chunks.chunk, chunks.length(index)
        answer = self._ask(client, start, start + length)
        if answer.status == 200:
            answer.link.close()
            raise self._wrong("it cannot send a part of it again")
        fresh = memoryview(bytearray(length))
        position, watch, buffer = 0, _Watch(self.stall), self.flow.buffer()
        while position < length:
            count = self._read(answer, buffer[: length - position], watch)
            fresh[position : position + count] = buffer[:count]
            position += count
        crc = zlib.crc32(fresh)
        changed = crc != chunks.crc[index]
        if changed:
            self.file.write(start, fresh)
            chunks.crc[index] = crc
        self.schedule.compared(index, changed=changed)

    def _read(self, answer: Answer, buffer: memoryview, watch: _Watch) -> int:
        if self.schedule.over:
            answer.link.close()
            raise Stopped
        count = answer.readinto(buffer[: self.limiter.piece(len(buffer))])
        if not count:
            raise answer.link.broken(OSError("the answer was shorter than it said"))
        self.last_byte = time.monotonic()
        self.received += count
        if self.trouble.failures:
            self.trouble.failures = self.trouble.refusals = 0
            self.trouble.message = ""
        self.location.works()
        self.limiter.spend(count, self.schedule.stop)
        if not self.limiter.rate and watch.stalled(count):
            raise answer.link.broken(TimeoutError("hardly anything comes"))
        return count

    def _ask(self, client: Client, start: int, end: int | None) -> Answer:
        """An answer whose body is the bytes from ``start`` to ``end`` (None: all), or the whole file with status 200.

        Raises SourceUnreachable to be tried again, and what cannot be mended.
        """
        place = self.location.get(client)
        headers = {"Accept-Encoding": "identity"}
        if end is not None:
            headers["Range"] = f"bytes={start}-{end - 1}"
            if self.etag:
                headers["If-Range"] = self.etag
        answer = client.follow("GET", place.url, headers, token=place.token)
        if self.schedule.over:
            answer.link.close()
            raise Stopped
        if answer.status == 206 and end is not None:
            self._check_part(answer, start, end)
        elif answer.status == 200:
            self._check_whole(answer, asked_for_part=end is not None)
        else:
            raise self._refused(answer, place)
        return answer

    def _check_part(self, answer: Answer, start: int, end: int) -> None:
        found = _RANGE.match(answer.headers.get("content-range", ""))
        encoded = answer.headers.get("content-encoding", "identity") not in ("", "identity")
        if found is None or encoded or "multipart" in answer.headers.get("content-type", ""):
            raise self._wrong("it sent something else than the part that was asked for")
        if found[3] != "*" and int(found[3]) != self.wanted.size:
            raise self._wrong(f"it says that the file has {int(found[3]):,} bytes")
        if int(found[1]) != start or int(found[2]) != end - 1 or answer.raw.length not in (None, end - start):
            raise self._wrong("it sent another part than the one asked for")
        etag = answer.headers.get("etag", "")
        if etag and not etag.startswith("W/"):
            self._note_etag(etag)

    def _check_whole(self, answer: Answer, *, asked_for_part: bool) -> None:
        length = answer.raw.length
        if length is not None and length != self.wanted.size:
            raise self._wrong(f"it says that the file has {length:,} bytes")
        if answer.headers.get("content-encoding", "identity") not in ("", "identity"):
            raise self._wrong("it sent it compressed")
        etag = answer.headers.get("etag", "")
        if asked_for_part and self.etag and etag and etag != self.etag:
            # The entity is another one than before, so the part that we asked for was not sent (If-Range).
            self._note_etag("" if etag.startswith("W/") else etag)
            answer.link.close()
            raise SourceUnreachable(f"{self.wanted.name} changed on the server while it was fetched.", "")

    def _note_etag(self, etag: str) -> None:
        """Remember which entity the bytes are of; after a change all that came before is suspect."""
        if self.etag and etag != self.etag:
            chunks = self.schedule.chunks
            published = self.wanted.sha256 or self.wanted.git_oid
            for index in range(len(chunks)):
                if chunks.have[index] and published:
                    chunks.suspect.add(index)
                elif chunks.have[index]:  # nothing could tell whether they fit together
                    self.schedule.forget(index)
        self.etag = etag

    def _refused(self, answer: Answer, place: Place) -> Exception:
        status, headers = answer.status, answer.headers
        answer.link.close()
        host = Origin.of(answer.url)[0].host
        if status == 416:
            return self._wrong("it says that the file is shorter")
        if status in (400, 401, 403, 404, 410) and self.location.expire(place):
            return SourceUnreachable(f"The address on {host} has expired.", "A new one is asked for.")
        return error_of(status, headers, host, self.wanted.name, with_token=bool(place.token))

    def _wrong(self, why: str) -> WrongContent:
        return WrongContent(
            f"The server does not send the {self.wanted.name} that was published: {why}.",
            "Try again later, or choose another source. Nothing of it was kept as a model.",
        )


class _Watch:
    """Notices a connection on which hardly anything comes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since = time.monotonic()
        self._count = 0

    def stalled(self, count: int) -> bool:
        self._count += count
        now = time.monotonic()
        if now - self._since < self._seconds:
            return False
        slow = self._count < _STALL_BYTES
        self._since, self._count = now, 0
        return slow


def disk_trouble(error: OSError, name: str) -> DownloadError:
    """Why a file could not be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT) or getattr(error, "winerror", 0) in (39, 112)
    if full:
        return DiskFull(f"The disk is full: {name} could not be written on.", "Free some space; it goes on from there.")
    reason = error.strerror or os.strerror(error.errno or 0)
    return DownloadError(f"{name} cannot be written: {reason}.", "Check the folder, then try again.", repr(error))
