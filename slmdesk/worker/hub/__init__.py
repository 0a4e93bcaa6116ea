"""The hub worker: searches model hubs and fetches files, the only process of SLMDesk that reaches other machines.

Every request brings the permit under which it may be answered; what it connects to is told in ``data`` events
{"connection": {...}}. The token comes with the request that needs it and is never kept or logged.
"""

from __future__ import annotations

from slmdesk.worker.base import Engine, IsCancelled


def create(is_cancelled: IsCancelled) -> Engine:  # noqa: ARG001  (a cancel reaches every operation by itself)
    """The hub engine."""
    from slmdesk.worker.hub.engine import HubEngine

    return HubEngine()
