"""The cache of a conversation in a file, so that a long chat answers at once after a restart.

llama.cpp trusts such data blindly, so a file is used only if it was written by this profile for just this model, build
and cache type: it ends with an HMAC-SHA256 over everything before it, under the profile's own key, and that is checked
before a byte reaches native code.

Layout: ``MAGIC``, the header's length (4 bytes, little endian), the header (JSON), the token ids (4 bytes
each), llama.cpp's sequence state, 32 bytes of HMAC.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import hmac
import json
import os
from array import array
from pathlib import Path
from typing import Any

from slmdesk.core.errors import StorageError
from slmdesk.worker.llama_cpp.native import lib

MAGIC = b"SLMDESK-KV-1\n"
MAC_SIZE = hashlib.sha256().digest_size
MAX_HEADER = 64 * 1024


class StateFiles:
    """Writes and reads the states of one loaded model. ``binding`` names all that a state depends on."""

    def __init__(self, context: Any, key: bytes, binding: dict[str, str]) -> None:
        self._context = context
        self._key = key
        self._binding = binding

    def save(self, path: Path, slot: int, tokens: array[int]) -> int:
        """Write a slot's cache, which holds ``tokens``; returns the file's size in bytes.

        The file appears whole or not at all. Raises StorageError.
        """
        size = int(lib.llama_state_seq_get_size(self._context, slot))
        data = (ctypes.c_uint8 * size)()
        if lib.llama_state_seq_get_data(self._context, data, size, slot) != size:
            return 0
        header = json.dumps({**self._binding, "tokens": len(tokens), "state": size}).encode()
        start = MAGIC + len(header).to_bytes(4, "little") + header + tokens.tobytes()
        mac = hmac.new(self._key, start, hashlib.sha256)
        mac.update(data)
        part = path.with_name(path.name + ".part")
        try:
            with part.open("wb") as file:
                file.write(start)
                file.write(data)
                file.write(mac.digest())
            part.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise StorageError(
                f"The conversation's cache could not be saved: {error.strerror}.",
                "The chat itself is safe; it is only read anew next time.",
                str(error),
            ) from error
        return len(start) + size + MAC_SIZE

    def restore(self, path: Path, slot: int, room: int) -> array[int]:
        """Put a kept cache into an empty slot with ``room`` tokens; returns its tokens.

        Whatever does not belong to this profile, model and build gives no tokens, and the file is removed.
        """
        try:
            if path.stat().st_size > int(lib.llama_n_ctx(self._context)) * self._most_per_token():
                raise ValueError("too large")
            data = bytearray(path.read_bytes())
        except FileNotFoundError:
            return array("i")
        except (OSError, ValueError):
            return self._discard(path)
        parts = self._verified(data)
        if parts is None:
            return self._discard(path)
        tokens, offset, size = parts
        if len(tokens) > room:
            return array("i")  # a fine file, but this context is too short for it
        state = (ctypes.c_uint8 * size).from_buffer(data, offset)
        if lib.llama_state_seq_set_data(self._context, state, size, slot) == 0:
            return self._discard(path)
        return tokens

    def _most_per_token(self) -> int:
        """An upper bound for the bytes of state that a token can need."""
        model = lib.llama_get_model(self._context)
        return 64 * 1024 + 16 * int(lib.llama_model_n_layer(model)) * int(lib.llama_model_n_embd(model))

    def _verified(self, data: bytearray) -> tuple[array[int], int, int] | None:
        """(tokens, where the state begins, its size), or None for a file that is not ours."""
        view = memoryview(data)
        if len(view) < len(MAGIC) + 4 + MAC_SIZE or view[: len(MAGIC)] != MAGIC:
            return None
        mac = hmac.new(self._key, view[:-MAC_SIZE], hashlib.sha256).digest()
        if not hmac.compare_digest(mac, view[-MAC_SIZE:]):
            return None
        start = len(MAGIC) + 4
        length = int.from_bytes(view[len(MAGIC) : start], "little")
        if length > MAX_HEADER:
            return None
        header = json.loads(bytes(view[start : start + length]))
        if any(header.get(name) != value for name, value in self._binding.items()):
            return None
        tokens = array("i")
        at = start + length
        tokens.frombytes(view[at : at + 4 * header["tokens"]])
        offset = at + 4 * header["tokens"]
        if offset + header["state"] + MAC_SIZE != len(view):
            return None
        return tokens, offset, header["state"]

    @staticmethod
    def _discard(path: Path) -> array[int]:
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - one call, and a link is removed, not followed
        return array("i")
