"""The models on this machine: where they lie, what they are, and what a person makes of them."""

from __future__ import annotations

from slmdesk.services.library.library import Library

__all__ = ["Library"]
