"""Whatever can list and load models, seen from the parent process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from slmdesk.runtimes.base import Runtime


def runtimes(folders: Sequence[Path], state_dir: Path, state_key: bytes) -> tuple[Runtime, ...]:
    """One of each runtime, reading model files from ``folders`` and keeping chat states in ``state_dir``."""
    from slmdesk.runtimes.llama_cpp import LlamaCpp

    return (LlamaCpp(folders, state_dir, state_key),)
