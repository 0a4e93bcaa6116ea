"""What may leave the machine, and what did."""

from __future__ import annotations

from slmdesk.core.network import Connection, NetworkState, Permit, is_loopback
from slmdesk.services.network.network import Network
from slmdesk.services.network.reach import Step
from slmdesk.services.network.seen import open_connections
from slmdesk.services.network.sites import Site

__all__ = ["Connection", "Network", "NetworkState", "Permit", "Site", "Step", "is_loopback", "open_connections"]
