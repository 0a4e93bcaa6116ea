"""Drives the llama.cpp engine in this process, as the worker's loop does, and collects what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slmdesk.core.errors import SlmdeskError, error_from
from slmdesk.worker.llama_cpp.engine import LlamaCppEngine
from slmdesk.worker.protocol import Event, Request

SPECIAL_FROM = 595
"""The tiny model's special tokens: <|endoftext|> <|im_start|> <|im_end|> <think> </think>."""
NEVER = float("-inf")
ENDLESS = [[token, NEVER] for token in (*range(32), *range(127, 256), *range(SPECIAL_FROM, SPECIAL_FROM + 5))]
"""A logit bias that keeps the tiny random model to plain characters, with no end and no thinking."""


class Driver:
    def __init__(self) -> None:
        self.cancelled: set[int] = set()
        self.engine = LlamaCppEngine(self.cancelled.__contains__)
        self.events: list[Event] = []
        self.last_id = 0

    def submit(self, op: str, **args: Any) -> int:
        self.last_id += 1
        self.engine.submit(Request(self.last_id, op, args), self.events.append)
        return self.last_id

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        request = self.submit(op, **args)
        self.run()
        return self.result(request)

    def load(self, path: Path, **options: Any) -> dict[str, Any]:
        key = options.pop("state_key", "00" * 32)
        return self.call("load", path=str(path), options={"threads": 1, **options}, state_key=key)

    def chat(self, *texts: str, continuing: bool = False, **sampling: Any) -> int:
        """Texts are by turns the user's and the assistant's; the first may be ``system:...``."""
        messages = []
        for text in texts:
            if text.startswith("system:"):
                messages.append({"role": "system", "content": text.removeprefix("system:")})
            else:
                user = sum(m["role"] != "system" for m in messages) % 2 == 0
                messages.append({"role": "user" if user else "assistant", "content": text})
        options = {"seed": 1, "max_tokens": 16, "logit_bias": ENDLESS, **sampling}
        return self.submit("chat", messages=messages, sampling=options, continuing=continuing)

    def answer(self, *texts: str, **options: Any) -> dict[str, Any]:
        request = self.chat(*texts, **options)
        self.run()
        return {**self.result(request), "text": self.text(request), "thinking": self.thinking(request)}

    def run(self, steps: int = 100_000) -> None:
        for _ in range(steps):
            if not self.engine.step():
                return

    def of(self, request: int) -> list[Event]:
        return [event for event in self.events if event.id == request]

    def text(self, request: int) -> str:
        return "".join(event.text for event in self.of(request))

    def thinking(self, request: int) -> str:
        return "".join(event.thinking for event in self.of(request))

    def done(self, request: int) -> bool:
        return any(event.final for event in self.of(request))

    def result(self, request: int) -> dict[str, Any]:
        final = [event for event in self.of(request) if event.final]
        assert len(final) == 1, "a request ends with exactly one final event"
        assert self.of(request)[-1] is final[0], "nothing follows the final event"
        if final[0].error is not None:
            raise error_from(**final[0].error)
        assert final[0].done is not None
        return final[0].done

    def error(self, request: int) -> SlmdeskError:
        error = next(event.error for event in self.of(request) if event.error is not None)
        return error_from(**error)
