"""The whole machine, asked of whatever this system offers."""

from __future__ import annotations

import platform

import psutil

from slmdesk.core.hardware import Machine, Source


def detect() -> Machine:
    """Look at this machine; blocks for up to some seconds."""
    memory = psutil.virtual_memory()
    return Machine(
        cpu=platform.processor(),
        architecture=platform.machine(),
        system=platform.platform(),
        cores=psutil.cpu_count(logical=False) or 0,
        threads=psutil.cpu_count() or 0,
        ram=memory.total,
        ram_free=memory.available,
        sources={"ram": Source("psutil"), "cores": Source("psutil")},
    )
