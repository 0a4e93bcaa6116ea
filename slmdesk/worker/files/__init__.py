"""The engine that reads model files from strangers: what they are, what is wrong with them, their digests."""

from __future__ import annotations

from slmdesk.worker.base import Engine, IsCancelled


def create(is_cancelled: IsCancelled) -> Engine:
    """The engine; limits the memory that this process may ever take."""
    from slmdesk.worker.files.engine import FilesEngine, limit_memory

    limit_memory()
    return FilesEngine(is_cancelled)
