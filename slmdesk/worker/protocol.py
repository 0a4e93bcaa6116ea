"""What the window and a worker say to each other: one JSON object per line, UTF-8, on private pipes.

An exchange (``->`` to the worker's stdin, ``<-`` from its private copy of stdout)::

    -> {"id": 1, "op": "load", "path": "/models/a.gguf", "options": {"context_length": 4096}}
    <- {"id": 1, "progress": 0.4}
    <- {"id": 1, "done": {"context_length": 4096, "slots": 1}}
    -> {"id": 2, "op": "chat", "messages": [{"role": "user", "content": "Hi"}], "sampling": {"seed": 1}}
    <- {"id": 2, "progress": 0.5, "eta_s": 1.2}
    <- {"id": 2, "text": "Hel"}
    -> {"id": 2, "op": "cancel"}
    <- {"id": 2, "done": {"finish_reason": "cancelled", "timings": {...}}}
    -> {"id": 3, "op": "nonsense"}
    <- {"id": 3, "error": {"kind": "SlmdeskError", "message": "...", "hint": "", "details": ""}}

Every request ends with exactly one ``done`` or ``error`` event. ``cancel`` names the request it ends and has no
answer of its own. Requests may overlap. A worker greets with ``{"id": 0, "done": {"hello": ..., "pid": ...}}``, and
tells of connections that it refused a library with ``{"id": 0, "data": {"refused": {"host": ..., "port": ...}}}``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MAX_LINE = 64 * 1024 * 1024
"""Bytes; a longer line is a broken or hostile peer."""


class ProtocolError(ValueError):
    """A line that is not of the protocol."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked of a worker: an operation with its arguments, under an id that its events carry."""

    id: int
    op: str
    args: dict[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The request as one line, newline included."""
        return _line({"id": self.id, "op": self.op, **self.args})

    @classmethod
    def decode(cls, line: bytes) -> Request:
        """Raises :class:`ProtocolError` for anything that is not a request."""
        data = _object(line)
        op = data.pop("op", None)
        if not isinstance(op, str):
            raise ProtocolError("a request needs an 'op'")
        return cls(data.pop("id"), op, data)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a worker reports about a request. Exactly the fields that are set are sent.

    ``done`` is the result and ends the request, as does ``error`` ({"kind", "message", "hint", "details"}).
    ``data`` carries an operation's own intermediate values.
    """

    id: int
    text: str = ""
    thinking: str = ""
    progress: float | None = None
    eta_s: float | None = None
    data: dict[str, Any] | None = None
    done: dict[str, Any] | None = None
    error: dict[str, str] | None = None

    @property
    def final(self) -> bool:
        """Whether the request ends with this event."""
        return self.done is not None or self.error is not None

    def encode(self) -> bytes:
        """The event as one line, newline included."""
        out: dict[str, Any] = {"id": self.id}
        if self.text:
            out["text"] = self.text
        if self.thinking:
            out["thinking"] = self.thinking
        for name in ("progress", "eta_s", "data", "done", "error"):
            value = getattr(self, name)
            if value is not None:
                out[name] = value
        return _line(out)

    @classmethod
    def decode(cls, line: bytes) -> Event:
        """Raises :class:`ProtocolError` for anything that is not an event."""
        data = _object(line)
        known = {k: data[k] for k in cls.__dataclass_fields__ if k in data}
        event = cls(**known)
        for name, kind in (("text", str), ("thinking", str), ("data", dict), ("done", dict), ("error", dict)):
            value = getattr(event, name)
            if value is not None and not isinstance(value, kind):
                raise ProtocolError(f"'{name}' is not a {kind.__name__}")
        return event


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE:
        raise ProtocolError("line too long")
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not JSON: {line[:80]!r}") from error
    if not isinstance(data, dict) or not isinstance(data.get("id"), int):
        raise ProtocolError(f"not an object with an id: {line[:80]!r}")
    return data
