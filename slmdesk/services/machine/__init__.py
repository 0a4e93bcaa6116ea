"""What this machine is: processor, memory, graphics, neural processor, drives; each figure with its source."""

from __future__ import annotations

from slmdesk.services.machine.detect import detect, memory_now, with_engine

__all__ = ["detect", "memory_now", "with_engine"]
