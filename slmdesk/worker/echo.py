"""An engine without a model: it answers with the words of the question, and fails on request.

Tests and fault drills run it as a real worker process. It has the operations of the llama.cpp engine (load, chat,
preview, count, info) and these of its own, each a fault: ``crash`` {how: abort, kill, segfault, exit}, ``hang``,
``garbage``, ``print`` {text} (from C, to descriptor 1), ``flood`` {tokens}.
A chat whose last message is "/crash abort", "/hang", "/garbage" or "/bug" (an exception in a step) does that after its
first word, and "/flood 1000" answers with as many;
a ``load`` with {fault: ...} does it half-way.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slmdesk.core.chat import FinishReason, Timings
from slmdesk.core.errors import LoadError, SlmdeskError
from slmdesk.worker.base import Emit, Engine, IsCancelled
from slmdesk.worker.protocol import Event, Request

CONTEXT_LENGTH = 4096


def create(is_cancelled: IsCancelled) -> Engine:
    """The echo engine."""
    return EchoEngine(is_cancelled)


class _Garbage(Event):
    """An event whose line is not of the protocol."""

    __slots__ = ()

    def encode(self) -> bytes:
        return b"\xff\x00 this is no event \x1b[0m\n"


def _fail(how: str) -> None:
    """End this process the hard way, or hang in C for ever."""
    if how == "hang":
        _libc().sleep(10_000)
    elif how == "kill":
        os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    elif how == "segfault":
        ctypes.string_at(0)
    elif how == "exit":
        os._exit(3)
    os.abort()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL("msvcrt" if os.name == "nt" else None)


class _Answer:
    """One chat that is being answered: its words, and when the next one is due."""

    def __init__(self, request: Request, emit: Emit, delay: float, context_length: int) -> None:
        args = request.args
        self.id = request.id
        self.emit = emit
        self.delay = float(args.get("delay_ms", delay * 1000)) / 1000
        self.started = time.monotonic()
        self.due = self.started + float(args.get("first_delay_ms", 0)) / 1000
        self.first = 0.0
        self.sent = 0
        self.context_length = context_length
        self.limit = int(args.get("sampling", {}).get("max_tokens", 0))
        self.prompt_tokens = sum(len(m["content"].split()) for m in args["messages"])
        self.words = self._words(args)
        self.fault = self._fault(args)

    @staticmethod
    def _asked(args: dict[str, Any]) -> str:
        texts = [m["content"] for m in args["messages"] if m["role"] == "user"]
        return texts[-1] if texts else ""

    def _words(self, args: dict[str, Any]) -> Iterator[str]:
        words = self._asked(args).split()
        if args.get("continuing"):
            words = words[len(args["messages"][-1]["content"].split()) :]
        if words[:1] == ["/flood"]:
            words = ["flood"] * int(words[1])
        return (word if index == 0 else " " + word for index, word in enumerate(words))

    def _fault(self, args: dict[str, Any]) -> str:
        words = self._asked(args).split()
        if words[:1] == ["/crash"]:
            return words[1] if len(words) > 1 else "abort"
        return {"/hang": "hang", "/garbage": "garbage", "/bug": "bug"}.get(words[0] if words else "", "")

    def advance(self) -> bool:
        """Send the next word; False when the answer is complete."""
        word = next(self.words, None)
        if word is None or (self.limit and self.sent >= self.limit):
            self.finish(FinishReason.STOP if word is None else FinishReason.LENGTH)
            return False
        self.first = self.first or time.monotonic()
        self.emit(Event(self.id, text=word))
        self.sent += 1
        self.due = time.monotonic() + self.delay
        if self.fault == "garbage":
            self.emit(_Garbage(self.id, data={}))
        elif self.fault == "bug":
            raise ZeroDivisionError("a step of the echo engine")
        elif self.fault:
            time.sleep(0.05)  # the word is on its way before the end
            _fail(self.fault)
        return True

    def finish(self, reason: FinishReason) -> None:
        """Send the final event."""
        now = time.monotonic()
        first = self.first or now
        timings = Timings(
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.sent,
            ttft_ms=(first - self.started) * 1000,
            prompt_tps=self.prompt_tokens / max(first - self.started, 1e-6),
            generation_tps=self.sent / max(now - first, 1e-6),
            context_length=self.context_length,
        )
        self.emit(Event(self.id, done={"finish_reason": str(reason), "timings": asdict(timings)}))


class EchoEngine:
    """Answers any number of chats at once, word by word."""

    def __init__(self, is_cancelled: IsCancelled) -> None:
        self._is_cancelled = is_cancelled
        self._answers: dict[int, _Answer] = {}
        self._delay = 0.0
        self._context_length = CONTEXT_LENGTH

    def submit(self, request: Request, emit: Emit) -> None:
        """Take a request on; all but ``chat`` is done at once."""
        operation = getattr(self, f"_do_{request.op}", None)
        if operation is None:
            raise SlmdeskError(f"The echo engine does not know the operation {request.op}.")
        operation(request, emit)

    def cancel(self, request_id: int) -> None:
        """End a chat."""
        if answer := self._answers.pop(request_id, None):
            answer.finish(FinishReason.CANCELLED)

    def step(self) -> bool:
        """Send every word that is due; waits for at most 5 ms."""
        if not self._answers:
            return False
        now = time.monotonic()
        due = [answer for answer in self._answers.values() if answer.due <= now]
        for answer in due:
            if not answer.advance():
                del self._answers[answer.id]
        if not due:
            time.sleep(min(0.005, max(0.0, min(a.due for a in self._answers.values()) - now)))
        return bool(self._answers)

    def close(self) -> None:
        """Forget all chats."""
        self._answers.clear()

    def _do_load(self, request: Request, emit: Emit) -> None:
        """``steps`` reports of progress, ``step_ms`` apart; ``delay_ms`` is the default delay of a chat's words."""
        args = request.args
        path = Path(args.get("path", ""))
        if path.is_file() and path.stat().st_size == 0:
            raise LoadError(f"{path.name} is empty.", "Download it again.")
        if not path.exists():
            raise LoadError(f"{path.name} is not there any more.", "Look where it went, or download it again.")
        self._delay = float(args.get("delay_ms", 0)) / 1000
        steps = int(args.get("steps", 2))
        for step in range(steps):
            if self._is_cancelled(request.id):
                emit(Event(request.id, done={"cancelled": True}))
                return
            emit(Event(request.id, progress=(step + 1) / steps))
            time.sleep(float(args.get("step_ms", 0)) / 1000)
            if args.get("fault") and step >= steps // 2:
                time.sleep(0.05)
                _fail(args["fault"])
        emit(Event(request.id, done=self._loaded(args)))

    def _loaded(self, args: dict[str, Any]) -> dict[str, Any]:
        options = args.get("options", {})
        self._context_length = options.get("context_length") or CONTEXT_LENGTH
        return {
            "context_length": self._context_length,
            "train_context_length": CONTEXT_LENGTH,
            "slots": options.get("slots", 1),
            "layers": 0,
            "gpu_layers": 0,
            "architecture": "echo",
            "description": "echo",
            "parameters": 0,
            "size": 0,
            "template": False,
            "devices": [],
            "weights_bytes": 0,
            "kv_bytes": 0,
            "compute_bytes": 0,
            "kv_types": ["f16", "f16"],
            "state_key": "",
        }

    def _do_chat(self, request: Request, emit: Emit) -> None:
        self._answers[request.id] = _Answer(request, emit, self._delay, self._context_length)

    def _do_preview(self, request: Request, emit: Emit) -> None:
        lines = [f"{m['role']}: {m['content']}" for m in request.args["messages"]]
        counts = sum(len(m["content"].split()) for m in request.args["messages"])
        result = {"prompt": "\n".join(lines), "prompt_tokens": counts, "dropped_messages": 0, "dropped_tokens": 0}
        emit(Event(request.id, done={**result, "context_length": self._context_length}))

    def _do_count(self, request: Request, emit: Emit) -> None:
        emit(Event(request.id, done={"tokens": len(request.args["text"].split())}))

    def _do_info(self, request: Request, emit: Emit) -> None:
        emit(Event(request.id, done={"version": "1", "devices": [], "backends": [], "environment": dict(os.environ)}))

    def _do_crash(self, request: Request, _emit: Emit) -> None:
        _fail(request.args.get("how", "abort"))

    def _do_hang(self, _request: Request, _emit: Emit) -> None:
        _fail("hang")

    def _do_garbage(self, request: Request, emit: Emit) -> None:
        emit(_Garbage(request.id, data={}))

    def _do_print(self, request: Request, emit: Emit) -> None:
        libc = _libc()
        libc.puts(str(request.args["text"]).encode())
        libc.fflush(None)
        os.write(1, b"and from Python\n")
        emit(Event(request.id, done={}))

    def _do_flood(self, request: Request, emit: Emit) -> None:
        count = int(request.args["tokens"])
        for number in range(count):
            emit(Event(request.id, text=f"{number} "))
        emit(Event(request.id, done={"tokens": count}))
