"""The chats in an import file, as JSON values: all where the file is whole, those that can be saved where not."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from slmdesk.core.errors import ImportFailed

MOST_BYTES = 512 * 1024 * 1024
"""Of a file, unpacked."""

_MOST_ATTEMPTS = 20_000
_OBJECT = re.compile(r"\{")
_LISTS = ("conversations", "chats", "data")
"""Where an object at the top may keep its list of chats."""


def read(path: Path, recognised: Callable[[Any], bool]) -> tuple[list[Any], list[str]]:
    """The items in a file that may be chats, and sentences about what is damaged.

    A ZIP archive (as ChatGPT sends it) is searched for ``conversations.json``. Where the file is no valid JSON, the
    objects that ``recognised`` takes for chats are picked out of it. Raises ImportFailed.
    """
    try:
        data = _zipped(path) if zipfile.is_zipfile(path) else _bounded(path)
    except OSError as error:
        raise ImportFailed(
            f"The file {path.name} cannot be read: {error.strerror or error}.", "Choose another file.", repr(error)
        ) from error
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise ImportFailed(f"The archive {path.name} is damaged.", "Unpack it yourself.", repr(error)) from error
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data.decode(encoding, "replace")
    try:
        return _items(json.loads(text), recognised), []
    except (ValueError, RecursionError):
        return _salvage(text, recognised)


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    return _checked(data, path)


def _zipped(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.rsplit("/", 1)[-1] == "conversations.json"]
        if not names:
            raise ImportFailed(f"The archive {path.name} holds no conversations.json.", "Choose another file.")
        with archive.open(names[0]) as member:
            return _checked(member.read(MOST_BYTES + 1), path)


def _checked(data: bytes, path: Path) -> bytes:
    if len(data) > MOST_BYTES:
        raise ImportFailed(
            f"{path.name} is larger than {MOST_BYTES // 1024 // 1024} MiB.", "Split it into smaller files."
        )
    return data


def _items(value: Any, recognised: Callable[[Any], bool]) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and not recognised(value):
        for name in _LISTS:
            if isinstance(value.get(name), list):
                return list(value[name])
    return [value]


def _salvage(text: str, recognised: Callable[[Any], bool]) -> tuple[list[Any], list[str]]:
    found = list(_objects(text, recognised))
    problem = "The file is damaged or breaks off"
    if found:
        return found, [f"{problem}; {len(found)} {'chat' if len(found) == 1 else 'chats'} could be read from it."]
    return [], [f"{problem}, and no chat could be read from it."]


def _objects(text: str, recognised: Callable[[Any], bool]) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    position = 0
    for _ in range(_MOST_ATTEMPTS):
        start = _OBJECT.search(text, position)
        if start is None:
            return
        position = start.end()
        try:
            value, end = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        position = end
        if recognised(value):
            yield value
