"""The engine ``quantize``: makes models smaller and measures what it cost.

Operations::

    types {}                          -> done {"types": [{"name", "number"}]}
    predict {source, recipe}          -> done {"tensor_bytes", "needs_matrix"}
    quantize {source, target, recipe} -> progress ..., done {"tensor_bytes", "seconds"}
    matrix {source, text, target, length, chunks, threads, begin?}
                                      -> progress ..., data {"saved": chunks} ..., done {"chunks", "entries"}
    keep_logits {source, text, target, length, chunks, threads} -> progress ..., done {"perplexity", ...}
    perplexity {source, text, length, chunks, threads}          -> progress ..., done {"perplexity", ...}
    compare {source, base, threads}   -> progress ..., data {"quality"} ..., done {"quality", ...}
    speed {source, threads, repetitions} -> progress ..., done {"pp512", ...}

Every operation but ``quantize`` works in steps and stops within one; ``quantize`` is a single call that only the end
of the process stops. Files are written whole or not at all: under another name first, by whoever asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.quantization import Recipe
from slmdesk.worker.base import Emit, IsCancelled
from slmdesk.worker.llama_cpp import native
from slmdesk.worker.llama_cpp.native import lib
from slmdesk.worker.loop import error_event
from slmdesk.worker.protocol import Event, Request
from slmdesk.worker.quantize import measuring, quantizing

Steps = Iterator[dict[str, Any]]
"""Work in steps; each gives the fields of an event, or {}."""


class QuantizeEngine:
    """One heavy piece of work at a time, in steps."""

    def __init__(self, is_cancelled: IsCancelled) -> None:
        self._is_cancelled = is_cancelled
        self._log = native.Log()
        lib.llama_backend_init()
        self._work: Steps | None = None
        self._request = Request(0, "")
        self._emit: Emit = lambda _event: None
        self._operations: dict[str, Callable[[dict[str, Any]], Steps]] = {
            "types": self._types,
            "predict": self._predict,
            "quantize": self._quantize,
            "matrix": lambda args: measuring.matrix_of(args, self._log),
            "keep_logits": lambda args: measuring.keep_logits(args, self._log),
            "perplexity": lambda args: measuring.perplexity_only(args, self._log),
            "compare": lambda args: measuring.compare(args, self._log),
            "speed": lambda args: measuring.speed(args, self._log),
        }

    def submit(self, request: Request, emit: Emit) -> None:
        """Take a request on. Raises SlmdeskError for an unknown one, or while another is under way."""
        operation = self._operations.get(request.op)
        if operation is None:
            raise SlmdeskError(f"The quantizing engine does not know the operation {request.op}.")
        if self._work is not None:
            raise SlmdeskError("The quantizing engine is busy.", "Wait until it is done.")
        self._request, self._emit = request, emit
        self._work = operation(request.args)

    def cancel(self, request_id: int) -> None:
        """End the work without a result."""
        if self._work is not None and self._request.id == request_id:
            self._end()
            self._emit(Event(request_id, done={"cancelled": True}))

    def step(self) -> bool:
        """One step of the work. False when there is none."""
        if self._work is None:
            return False
        if self._is_cancelled(self._request.id):
            self.cancel(self._request.id)
            return False
        try:
            fields = next(self._work)
        except StopIteration:
            self._end()
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this request
            self._end()
            self._emit(error_event(self._request.id, error))
            return False
        if fields:
            self._emit(Event(self._request.id, **fields))
        return True

    def close(self) -> None:
        """Give everything back."""
        self._end()

    def _end(self) -> None:
        work, self._work = self._work, None
        close = getattr(work, "close", None)
        if close is not None:
            close()

    def _types(self, _args: dict[str, Any]) -> Steps:
        yield {"done": {"types": quantizing.types()}}

    def _predict(self, args: dict[str, Any]) -> Steps:
        source, recipe = Path(args["source"]), Recipe.from_dict(args["recipe"])
        yield {"done": quantizing.run(source, source.with_suffix(".dry"), recipe, lambda *_: None, dry=True)}

    def _quantize(self, args: dict[str, Any]) -> Steps:
        recipe, started = Recipe.from_dict(args["recipe"]), time.monotonic()
        request_id, emit = self._request.id, self._emit

        def report(done: int, total: int, name: str) -> None:
            passed = time.monotonic() - started
            eta = passed / (done - 1) * (total - done + 1) if done > 1 else None
            emit(Event(request_id, progress=(done - 1) / total, eta_s=eta, data={"tensor": name}))

        result = quantizing.run(Path(args["source"]), Path(args["target"]), recipe, report)
        yield {"done": {**result, "seconds": time.monotonic() - started}}
