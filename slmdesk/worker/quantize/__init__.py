"""The engine that makes models smaller and tells what it cost: quantizing, importance matrices, and measuring."""

from __future__ import annotations

from slmdesk.worker.base import Engine, IsCancelled


def create(is_cancelled: IsCancelled) -> Engine:
    """The engine; imports the native library. Raises ImportError where it is missing."""
    from slmdesk.worker.quantize.engine import QuantizeEngine

    return QuantizeEngine(is_cancelled)
