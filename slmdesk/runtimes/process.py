"""A worker process seen from the window: start it, ask it, cancel, end it.

A worker that breaks off (a crash, a kill, garbage on its pipe, a cancel that it does not obey) is one exception for
every request that waits: :class:`WorkerCrashed`. Nothing here blocks; it runs on any asyncio loop, qasync's included.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

from slmdesk.core.errors import GenerationError, RuntimeUnavailable, WorkerCrashed, error_from
from slmdesk.core.progress import Progress, Report
from slmdesk.runtimes.environment import worker_environment
from slmdesk.worker.protocol import MAX_LINE, Event, ProtocolError, Request

START_TIMEOUT = 20.0
"""Seconds until a worker must have greeted."""
CANCEL_GRACE = 1.0
"""Seconds that a worker has to end a cancelled request before it is killed."""
CLOSE_GRACE = 1.0
"""Seconds that a worker has to end after its stdin was closed."""
_PIPE_GRACE = 0.5  # seconds for the last lines after the process has ended; a grandchild may hold the pipe open

REFUSALS = "slmdesk.refusals"
"""The logger that tells of connections which workers refused; the ledger listens to it."""

_AGAIN = "Load the model again."
_STDERR_LINES = 40

log = logging.getLogger(__name__)
refusals = logging.getLogger(REFUSALS)


def command(engine: str, *, allow_network: bool = False, writable: Sequence[Path] | None = None) -> list[str]:
    """The command line that starts a worker, from source or from the installed program's folder."""
    if getattr(sys, "frozen", False):
        start = [str(Path(sys.executable).with_name("slmdesk-worker" + Path(sys.executable).suffix))]
    else:
        start = [sys.executable, "-I", "-X", "utf8", "-m", "slmdesk.worker"]
    network = ["--network"] if allow_network else []
    folders = ["--write-only-in", *map(str, writable)] if writable is not None else []
    return [*start, engine, "--parent", str(os.getpid()), *network, *folders]


class _Inbox:
    """The events of one request that nobody has taken yet; text that piles up is joined."""

    def __init__(self) -> None:
        self.complete = False
        """Whether the final event has come."""
        self._events: deque[Event] = deque()
        self._failure: WorkerCrashed | None = None
        self._changed = asyncio.Event()

    def put(self, event: Event) -> None:
        self.complete = self.complete or event.final
        last = self._events[-1] if self._events else None
        if last is not None and _is_text(last) and _is_text(event):
            self._events[-1] = Event(event.id, text=last.text + event.text)
        else:
            self._events.append(event)
        self._changed.set()

    def fail(self, error: WorkerCrashed) -> None:
        self._failure = error
        self._changed.set()

    async def get(self) -> Event:
        while not self._events:
            if self._failure is not None:
                raise self._failure
            self._changed.clear()
            await self._changed.wait()
        return self._events.popleft()


def _is_text(event: Event) -> bool:
    return bool(event.text) and event == Event(event.id, text=event.text)


class _Connection(asyncio.SubprocessProtocol):
    """Turns what the process writes into lines, and its end into one call."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._line = bytearray()
        self.ended = asyncio.Event()
        self.transport: asyncio.SubprocessTransport | None = None
        self._closer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        assert isinstance(data, bytes)
        if fd == 2:
            self._worker._on_stderr(data)
            return
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._line += line
            complete, self._line = bytes(self._line), bytearray()
            self._worker._on_line(complete)
        self._line += rest
        if len(self._line) > MAX_LINE:
            self._line.clear()
            self._worker._on_line(b"")

    def process_exited(self) -> None:
        assert self.transport is not None
        self._closer = asyncio.get_running_loop().call_later(_PIPE_GRACE, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the process's end says it all
        assert self.transport is not None
        if self._closer is not None:
            self._closer.cancel()
        self.transport.close()
        self.ended.set()
        self._worker._on_end(self.transport.get_returncode())


class Worker:
    """A running worker process with one engine. Get one with :meth:`start`, give it back with :meth:`close`."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.hello: dict[str, Any] = {}
        """What the worker said first: its engine, pid and ``sandbox``, the report of what is enforced."""
        self._connection = _Connection(self)
        self._greeting = _Inbox()
        self._open: dict[int, _Inbox] = {0: self._greeting}
        self._cancelled: dict[int, asyncio.TimerHandle] = {}
        self._last_id = 0
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._stderr_rest = b""
        self._reason = ""  # why we end it ourselves
        self._end: WorkerCrashed | None = None

    @classmethod
    async def start(cls, engine: str, *, allow_network: bool = False, writable: Sequence[Path] | None = None) -> Worker:
        """Start a worker and wait until it greets.

        ``writable`` names the only folders in which it may write (they must exist; None: anywhere); Linux enforces it.
        Raises RuntimeUnavailable (the program is not there, a library of the engine is missing, no greeting within 20
        seconds) and WorkerCrashed. Cancelling leaves no process behind.
        """
        worker = cls(engine)
        try:
            await asyncio.get_running_loop().subprocess_exec(
                lambda: worker._connection,
                *command(engine, allow_network=allow_network, writable=writable),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=worker_environment(os.environ, allow_network=allow_network),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise RuntimeUnavailable(
                f"The engine could not be started: {error.strerror}.", "Install SLMDesk again.", str(error)
            ) from error
        try:
            await worker._greet()
        except BaseException:
            worker._kill("The engine did not start.")
            await worker._connection.ended.wait()
            raise
        return worker

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT):
                event = await self._greeting.get()
        except TimeoutError:
            raise RuntimeUnavailable(
                f"The engine did not start within {START_TIMEOUT:.0f} seconds.", "Try again.", self.stderr_tail
            ) from None
        if event.error is not None:
            raise error_from(**event.error)
        self.hello = event.done or {}
        self._open.pop(0, None)

    @property
    def alive(self) -> bool:
        """Whether it can be asked something."""
        return self._end is None and not self._reason

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._connection.transport is not None
        return int(self.hello.get("pid") or self._connection.transport.get_pid() or 0)

    @property
    def stderr_tail(self) -> str:
        """The last lines that the worker wrote to stderr: what native libraries logged."""
        rest = self._stderr_rest.decode("utf-8", "replace")
        return "\n".join([*self._stderr, *([rest] if rest else [])])

    async def request(self, op: str, *, stop: asyncio.Event | None = None, **args: Any) -> AsyncGenerator[Event, None]:
        """Ask, and follow the answer: every event, the one with ``done`` last.

        Raises what the worker reports as an error, and WorkerCrashed when it ends. To stop in order set ``stop``: the
        worker is told, and the events go on to the final one. To drop the request close the generator
        (``contextlib.aclosing``) or cancel the task; that does not wait. Either way the worker is killed when it has
        not ended the request within CANCEL_GRACE.
        """
        if self._end is not None or self._reason:
            raise self._crash()
        self._last_id += 1
        request = Request(self._last_id, op, args)
        line = request.encode()
        if len(line) > MAX_LINE:
            raise GenerationError("The request is too long for the engine.", "Send less text at once.")
        inbox = self._open[request.id] = _Inbox()
        watcher = asyncio.create_task(self._cancel_on(stop, request.id)) if stop is not None else None
        try:
            self._write(line)
            while True:
                event = await inbox.get()
                if event.error is not None:
                    raise error_from(**event.error)
                yield event
                if event.final:
                    return
        finally:
            if watcher is not None:
                watcher.cancel()
            self._open.pop(request.id, None)
            if not inbox.complete:
                self._cancel(request.id)

    async def call(self, op: str, *, report: Report | None = None, **args: Any) -> dict[str, Any]:
        """Ask, and wait for the result; ``report`` gets the progress (of 1.0)."""
        async with aclosing(self.request(op, **args)) as events:
            async for event in events:
                if event.done is not None:
                    return event.done
                if report is not None and event.progress is not None:
                    report(Progress(event.progress, 1.0, eta_s=event.eta_s))
        raise AssertionError("a request ends with done or an error")

    async def close(self) -> None:
        """End the worker: its stdin is closed, and it is killed when it has not ended within CLOSE_GRACE.

        Requests that still wait get WorkerCrashed. A second call does nothing.
        """
        ended = self._connection.ended
        if ended.is_set():
            return
        self._reason = self._reason or "The model was unloaded."
        self._pipe().close()
        try:
            async with asyncio.timeout(CLOSE_GRACE):
                await ended.wait()
        except TimeoutError:
            self._kill(self._reason)
            await ended.wait()
        except asyncio.CancelledError:
            self._kill(self._reason)
            raise

    def _pipe(self) -> asyncio.WriteTransport:
        assert self._connection.transport is not None
        return cast("asyncio.WriteTransport", self._connection.transport.get_pipe_transport(0))

    def _write(self, line: bytes) -> None:
        if not self._pipe().is_closing():
            self._pipe().write(line)

    async def _cancel_on(self, stop: asyncio.Event, request_id: int) -> None:
        await stop.wait()
        self._cancel(request_id)

    def _cancel(self, request_id: int) -> None:
        if request_id in self._cancelled or not self.alive:
            return
        self._write(Request(request_id, "cancel").encode())
        reason = f"The engine did not stop within {CANCEL_GRACE:.0f} s and was ended."
        timer = asyncio.get_running_loop().call_later(CANCEL_GRACE, self._kill, reason)
        self._cancelled[request_id] = timer

    def _kill(self, reason: str) -> None:
        self._reason = self._reason or reason
        transport = self._connection.transport
        if transport is not None and transport.get_returncode() is None:
            try:
                transport.kill()
            except ProcessLookupError:
                return

    def _on_line(self, line: bytes) -> None:
        if not self.alive:
            return  # nothing that follows garbage is believed
        try:
            event = Event.decode(line)
            if not 0 <= event.id <= self._last_id:
                raise ProtocolError(f"an event of no request: {line[:80]!r}")
        except ProtocolError as error:
            self._stderr.append(f"protocol: {error}")
            self._kill("The engine sent something that is not an answer and was ended.")
            return
        if event.id == 0 and event.data is not None:
            self._on_refusal(event.data.get("refused"))
        if event.final and (timer := self._cancelled.pop(event.id, None)) is not None:
            timer.cancel()
        if (inbox := self._open.get(event.id)) is not None:
            inbox.put(event)

    def _on_refusal(self, refused: object) -> None:
        """Tell of a connection that the worker refused a library: anybody may have started it, so by a log record."""
        if isinstance(refused, dict):
            host, library = str(refused.get("host", ""))[:300], str(refused.get("library", ""))[:100]
            port = refused.get("port", 0)
            details = {"part": f"worker {self.pid}", "host": host, "port": port if type(port) is int else 0}
            refusals.info(
                "%s was refused a connection to %s (%s)", self.engine, host, library,
                extra={"refused": {**details, "library": library}},
            )  # fmt: skip

    def _on_stderr(self, data: bytes) -> None:
        *lines, self._stderr_rest = (self._stderr_rest + data).split(b"\n")
        self._stderr_rest = self._stderr_rest[-4096:]
        for line in lines:
            text = line.decode("utf-8", "replace")[:1000]
            self._stderr.append(text)
            log.debug("%s: %s", self.engine, text)

    def _on_end(self, code: int | None) -> None:
        for timer in self._cancelled.values():
            timer.cancel()
        self._cancelled.clear()
        message, hint = (self._reason, _AGAIN) if self._reason else _cause(code)
        self._end = WorkerCrashed(message, hint, self.stderr_tail)
        for inbox in self._open.values():
            inbox.fail(self._crash())

    def _crash(self) -> WorkerCrashed:
        """A fresh error that says how the worker ended (one per request, each with its own traceback)."""
        if self._end is None:
            return WorkerCrashed(self._reason, _AGAIN, self.stderr_tail)
        return WorkerCrashed(self._end.message, self._end.hint, self._end.details)


def _cause(code: int | None) -> tuple[str, str]:
    """Why a worker that nobody ended has ended, and what to do about it."""
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        if name == "SIGKILL":
            return (
                "The system ended the engine (SIGKILL), most often because memory ran out.",
                "Load the model again with a shorter context, or take a smaller one.",
            )
        return f"The engine stopped unexpectedly ({name}).", _AGAIN
    shown = f"0x{code:08X}" if code is not None and code > 0xFFFF else code  # Windows: 0xC0000005 and its like
    return f"The engine stopped unexpectedly (exit code {shown}).", _AGAIN
