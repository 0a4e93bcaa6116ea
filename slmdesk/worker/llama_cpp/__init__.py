"""llama.cpp through its low-level API: slots, sampling, templates, kept state."""

from __future__ import annotations

from slmdesk.worker.base import Engine, IsCancelled


def create(is_cancelled: IsCancelled | None = None) -> Engine:
    """The engine; imports the native library. Raises ImportError where it is missing."""
    from slmdesk.worker.llama_cpp.engine import LlamaCppEngine

    return LlamaCppEngine(is_cancelled)
