"""Four ways to put a model to work, after the course's requirements for Phi-4-mini (Module 03), as load options."""

from __future__ import annotations

from dataclasses import dataclass

from slmdesk.core.chat import LoadOptions


@dataclass(frozen=True, slots=True)
class Deployment:
    """A way to run a model: its key, name, what it is for, and the load options."""

    key: str
    name: str
    purpose: str
    options: LoadOptions
    needs_gpu: bool = False


DEPLOYMENTS = (
    Deployment(
        "development", "Development", "one person trying things out", LoadOptions(context_length=4096, gpu_layers=-1)
    ),
    Deployment(
        "cpu",
        "Production on the processor",
        "four answers at the same time without graphics",
        LoadOptions(context_length=8192, slots=4, gpu_layers=0),
    ),
    Deployment(
        "gpu",
        "Production on graphics",
        "four answers at the same time, all layers in graphics memory",
        LoadOptions(context_length=8192, slots=4),
        needs_gpu=True,
    ),
    Deployment(
        "edge",
        "Edge",
        "a small device: short context, small cache and batches",
        LoadOptions(context_length=2048, cache_type_k="q8_0", cache_type_v="q8_0", ubatch_size=128, gpu_layers=0),
    ),
)
"""Development, production with and without graphics, and the edge."""
