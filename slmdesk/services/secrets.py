"""Tokens and passwords: in the operating system's keyring, or only in memory where there is none."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, Signal

from slmdesk.core.errors import SlmdeskError

T = TypeVar("T")

SERVICE: Final = "SLMDesk"
KEYRING: Final = "keyring"
THIS_RUN: Final = "this run"
ENVIRONMENT: Final = "environment"

NAMES: Final = ("huggingface", "proxy")
"""What there are secrets for: the Hugging Face token, and the password of the person's own proxy."""
_VARIABLES: Final = {"huggingface": "HF_TOKEN"}
_LONGEST = 4096


class Secrets(QObject):
    """Keeps tokens out of files: nothing of them is ever in the database, a log, an export or another worker.

    A secret belongs to one profile. Where the system has no keyring that can be used, it is kept in memory until the
    program ends, and :meth:`place` says so. The Hugging Face token is also taken from the variable HF_TOKEN.
    """

    changed = Signal(str)
    """The name of the secret that is different now."""

    def __init__(self, profile: Path) -> None:
        super().__init__()
        folder = os.path.normcase(str(profile.absolute()))
        self._prefix = hashlib.sha256(folder.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._memory: dict[str, str] = {}

    async def get(self, name: str) -> str:
        """The secret, empty if there is none. Never raises: a locked keyring counts as an empty one."""
        _check(name)
        if name in self._memory:
            return self._memory[name]
        stored = await self._in_keyring(lambda keyring: keyring.get_password(SERVICE, self._account(name)), None)
        return stored or os.environ.get(_VARIABLES.get(name, ""), "").strip()

    async def set(self, name: str, value: str) -> str:
        """Keep a secret; returns where: "keyring", or "this run" where the keyring could not keep it.

        Raises SlmdeskError for an empty or unusable value (never repeating it).
        """
        _check(name)
        value = value.strip()
        if not value or len(value) > _LONGEST or not value.isprintable():
            raise SlmdeskError("That is not a token.", "Copy it again, whole and in one line.")

        def keep(keyring: Any) -> bool:
            keyring.set_password(SERVICE, self._account(name), value)
            return bool(keyring.get_password(SERVICE, self._account(name)) == value)

        kept = await self._in_keyring(keep, default=False)
        self._memory.pop(name, None)
        if not kept:
            self._memory[name] = value
        self.changed.emit(name)
        return KEYRING if kept else THIS_RUN

    async def clear(self, name: str) -> None:
        """Forget a secret; one that is not there is no error, and one from the environment stays there."""
        _check(name)

        def forget(keyring: Any) -> None:
            if keyring.get_password(SERVICE, self._account(name)) is not None:
                keyring.delete_password(SERVICE, self._account(name))

        self._memory.pop(name, None)
        await self._in_keyring(forget, None)
        self.changed.emit(name)

    async def place(self, name: str) -> str:
        """Where a secret is now: "keyring", "this run", "environment" (a variable that was set), or "" for nowhere."""
        _check(name)
        if name in self._memory:
            return THIS_RUN
        if await self._in_keyring(lambda keyring: keyring.get_password(SERVICE, self._account(name)), None):
            return KEYRING
        return ENVIRONMENT if os.environ.get(_VARIABLES.get(name, ""), "").strip() else ""

    async def keyring(self) -> str:
        """The name of the system's keyring; empty where there is none that keeps secrets."""

        def probe(keyring: Any) -> str:
            keyring.get_password(SERVICE, self._account(NAMES[0]))
            return str(keyring.get_keyring().name)

        return await self._in_keyring(probe, "")

    def _account(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    async def _in_keyring(self, work: Callable[[Any], T], default: T) -> T:
        """The result of ``work(keyring)`` in a thread (a keyring may ask to be unlocked); ``default`` if it fails."""

        def guarded() -> T:
            import keyring

            try:
                return work(keyring)
            except Exception:  # noqa: BLE001 - keyring backends raise whatever their system gives them
                return default

        return await asyncio.to_thread(guarded)


def _check(name: str) -> None:
    if name not in NAMES:
        raise KeyError(name)
