"""What an ONNX folder may name: files in itself, and nothing else of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from slmdesk.core.safety import Finding, refused

_DRIVE = re.compile(r"^[A-Za-z]:")
_DEVICE = re.compile(r"(?:^|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.[^/]*)?(?:/|$)", re.IGNORECASE)
_LIBRARY_KEYS = re.compile(r"library|plugin|\.dll|shared_lib", re.IGNORECASE)
_LIBRARY = re.compile(r"\.(?:so(?:\.\d+)*|dll|dylib|exe)$", re.IGNORECASE)
_FILE_KEYS = frozenset({"filename", "config_filename", "adapter_filename", "external_data"})
_MOST_VALUES = 20_000


def check_location(location: str, what: str = "The file with its weights") -> Finding | None:
    """Refuses a name that is more than the name of a file within the model's own folder."""
    parts = re.split(r"[/\\]", location)
    if not location or any(ord(c) < 32 for c in location):
        return refused("onnx.outside", f"{what} has no proper name.")
    if "*" in location or "_ORT_MEM_ADDR_" in location:
        return refused("onnx.address", f"{what} is an address in memory, which nobody but the program can know.")
    if location.startswith(("/", "\\", "~")) or _DRIVE.match(location) or ".." in parts or "\\" in location:
        return refused("onnx.outside", f"{what} lies outside its folder: {location[:120]!r}.")
    if _DEVICE.search(location) or ":" in location:
        return refused("onnx.outside", f"{what} is no file: {location[:120]!r}.")
    return None


def check_genai(config: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuses a ``genai_config.json`` that names files elsewhere, or a library to be loaded."""
    left: list[tuple[str, Any]] = [("", config)]
    seen = 0
    while left:
        key, value = left.pop()
        seen += 1
        if seen > _MOST_VALUES:
            yield refused("onnx.config", "Its configuration is larger than that of any model.")
            return
        if isinstance(value, Mapping):
            left.extend((str(k), v) for k, v in value.items())
        elif isinstance(value, list):
            left.extend((key, v) for v in value)
        elif isinstance(value, str):
            if value and (_LIBRARY_KEYS.search(key) or _LIBRARY.search(value)):
                yield refused("onnx.library", f"Its configuration loads the program library {value[:120]!r}.")
            elif key in _FILE_KEYS and (finding := check_location(value, f"The {key} in its configuration")):
                yield finding
