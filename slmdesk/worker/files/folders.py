"""A model that is a folder: safetensors with its configuration, or ONNX with its data beside it."""

from __future__ import annotations

from pathlib import Path

from slmdesk.core.errors import LoadError
from slmdesk.worker.files.described import Described
from slmdesk.worker.files.opening import shown


def described(path: Path) -> Described:
    """What the folder, or the one model file, at ``path`` holds. Raises LoadError and its kinds."""
    raise LoadError(f"{shown(path)} holds no model that SLMDesk knows.", "Choose a folder with a model.")
