"""The worker's own side of the pipe: merging events, answering each request once, and ending with the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from slmdesk.worker.loop import Requests, error_event
from slmdesk.worker.outbox import FLUSH_INTERVAL, Outbox
from slmdesk.worker.protocol import Event, ProtocolError


class Pipe:
    """An outbox and what comes out of it."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.broken = threading.Event()
        self.outbox = Outbox(self.write_end, self.broken.set)

    def writes(self) -> list[bytes]:
        """Close the outbox and read the rest."""
        self.outbox.close(2.0)
        os.close(self.write_end)
        with os.fdopen(self.read_end, "rb") as stream:
            return stream.readlines()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.outbox.close(2.0)
    for end in (made.read_end, made.write_end):
        try:
            os.close(end)
        except OSError:
            continue


def texts(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def test_the_first_piece_goes_out_at_once(pipe: Pipe) -> None:
    best = 1.0
    for _ in range(20):
        time.sleep(2 * FLUSH_INTERVAL)
        started = time.perf_counter()
        pipe.outbox.put(Event(1, text="a"))
        assert json.loads(os.read(pipe.read_end, 1000)) == {"id": 1, "text": "a"}
        best = min(best, time.perf_counter() - started)
    assert best < FLUSH_INTERVAL / 4


def test_what_follows_is_merged_by_request_and_kind(pipe: Pipe) -> None:
    pipe.outbox.put(Event(1, text="first"))
    os.read(pipe.read_end, 1000)
    for event in (
        Event(1, thinking="why"),
        Event(2, text="x"),
        Event(1, thinking="?"),
        Event(1, text="be"),
        Event(2, text="y"),
        Event(1, text="cause"),
        Event(3, progress=0.1),
        Event(3, progress=0.4, eta_s=2.0),
        Event(1, thinking="hm"),
    ):
        pipe.outbox.put(event)
    assert texts(pipe.writes()) == [
        {"id": 1, "thinking": "why?"},
        {"id": 2, "text": "xy"},
        {"id": 1, "text": "because"},
        {"id": 3, "progress": 0.4, "eta_s": 2.0},
        {"id": 1, "thinking": "hm"},
    ]


def test_a_final_event_does_not_wait_and_comes_last(pipe: Pipe) -> None:
    best = 1.0
    for number in range(20):
        pipe.outbox.put(Event(number, text="a"))
        os.read(pipe.read_end, 1000)
        started = time.perf_counter()
        pipe.outbox.put(Event(number, text="b"))
        pipe.outbox.put(Event(number, done={}))
        lines = b""
        while b"done" not in lines:
            lines += os.read(pipe.read_end, 1000)
        best = min(best, time.perf_counter() - started)
        assert texts(lines.splitlines()) == [{"id": number, "text": "b"}, {"id": number, "done": {}}]
    assert best < FLUSH_INTERVAL / 4


def test_a_slow_reader_does_not_hold_the_engine_up(pipe: Pipe) -> None:
    started = time.perf_counter()
    for _ in range(20_000):
        pipe.outbox.put(Event(1, text="many words that fill the pipe "))
    assert time.perf_counter() - started < 1
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.extend(iter(lambda: os.read(pipe.read_end, 1 << 16), b"")))
    reader.start()
    pipe.outbox.close(5.0)
    os.close(pipe.write_end)
    reader.join()
    assert "".join(e["text"] for e in texts(b"".join(received).splitlines())) == (
        "many words that fill the pipe " * 20_000
    )


def test_a_reader_that_is_gone_is_noticed(pipe: Pipe) -> None:
    os.close(pipe.read_end)
    pipe.outbox.put(Event(1, text="a"))
    assert pipe.broken.wait(2)


def test_values_that_json_cannot_hold_are_refused_at_the_call(pipe: Pipe) -> None:
    with pytest.raises(TypeError):
        pipe.outbox.put(Event(1, done={"value": object()}))
    pipe.outbox.put(Event(1, done={}))
    assert texts(pipe.writes()) == [{"id": 1, "done": {}}]


def test_half_a_surrogate_pair_does_not_break_a_line(pipe: Pipe) -> None:
    pipe.outbox.put(Event(1, text="a\ud83d"))
    (line,) = pipe.writes()
    assert Event.decode(line).text == "a?"


def test_requests_are_cancelled_only_while_they_are_open() -> None:
    requests = Requests()
    requests.cancel(1)
    requests.open(1)
    assert not requests.is_cancelled(1)
    requests.cancel(1)
    assert requests.is_cancelled(1)
    with pytest.raises(ProtocolError):
        requests.open(1)
    assert requests.finish(1)
    assert not requests.finish(1)
    assert not requests.is_cancelled(1)
    requests.cancel_all()
    assert requests.is_cancelled(7)


def test_out_of_memory_is_told_as_such() -> None:
    error = error_event(1, MemoryError()).error
    assert error is not None
    assert error["kind"] == "NotEnoughMemory"


def test_an_engine_whose_library_is_missing_says_so() -> None:
    source = (
        "import sys; sys.modules['llama_cpp'] = None\nfrom slmdesk.worker.__main__ import main\nmain(['llama_cpp'])"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=False, timeout=20)
    assert done.returncode == 1
    (event,) = texts(done.stdout.splitlines())
    assert event["id"] == 0
    assert event["error"]["kind"] == "RuntimeUnavailable"
    assert "llama_cpp is not installed completely" in event["error"]["message"]


def run_worker(data: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", "-m", "slmdesk.worker", "echo"]
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=10)


def test_stdin_ending_ends_the_worker_after_its_answers() -> None:
    done = run_worker(b'{"id": 1, "op": "count", "text": "a b"}\n')
    assert done.returncode == 0
    hello, count = texts(done.stdout.splitlines())
    assert hello["done"]["hello"] == "echo"
    assert count == {"id": 1, "done": {"tokens": 2}}


@pytest.mark.parametrize("line", [b"nonsense\n", b'{"id": 1}\n', b'{"id": 0, "op": 3}\n', b"[" * 100_000 + b"\n"])
def test_a_parent_that_speaks_another_language_is_left(line: bytes) -> None:
    done = run_worker(line)
    assert done.returncode == 2
    assert b"ProtocolError" in done.stderr


def test_an_id_that_is_in_use_is_not_of_the_protocol() -> None:
    chat = b'{"id": 1, "op": "chat", "messages": [], "first_delay_ms": 9000}\n'
    assert run_worker(chat + chat).returncode == 2
