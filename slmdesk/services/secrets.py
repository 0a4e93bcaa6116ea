"""Tokens and passwords: in the operating system's keyring, or only in memory where there is none."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, Signal

from slmdesk.core.errors import SlmdeskError
from slmdesk.services.settings import Settings

T = TypeVar("T")

SERVICE: Final = "SLMDesk"
KEYRING: Final = "keyring"
THIS_RUN: Final = "this run"
ENVIRONMENT: Final = "environment"

NAMES: Final = ("huggingface", "proxy")
"""What there are secrets for: the Hugging Face token, and the password of the person's own proxy."""
_VARIABLES: Final = {"huggingface": "HF_TOKEN"}
_LONGEST = 4096
_DATES = "secrets"
_EVERY_S = 3600.0


class Secrets(QObject):
    """Keeps tokens out of files: nothing of them is ever in the database, a log, an export or another worker.

    A secret belongs to one profile. Where the system has no keyring that can be used, it is kept in memory until the
    program ends, and :meth:`place` says so. The Hugging Face token is also taken from the variable HF_TOKEN.
    """

    changed = Signal(str)
    """The name of the secret that is different now."""

    def __init__(self, profile: Path, settings: Settings | None = None) -> None:
        super().__init__()
        self._settings = settings
        folder = os.path.normcase(str(profile.absolute()))
        self._prefix = hashlib.sha256(folder.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._memory: dict[str, str] = {}

    async def get(self, name: str) -> str:
        """The secret, empty if there is none. Never raises: a locked keyring counts as an empty one."""
        _check(name)
        value = self._memory.get(name) or await self._in_keyring(
            lambda keyring: keyring.get_password(SERVICE, self._account(name)), None
        )
        if value:
            await self._note(name, "used")
        return value or os.environ.get(_VARIABLES.get(name, ""), "").strip()

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
        await self._note(name, "added")
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
        await self._note(name, "")
        self.changed.emit(name)

    async def place(self, name: str) -> str:
        """Where a secret is now: "keyring", "this run", "environment" (a variable that was set), or "" for nowhere."""
        _check(name)
        if name in self._memory:
            return THIS_RUN
        if await self._in_keyring(lambda keyring: keyring.get_password(SERVICE, self._account(name)), None):
            return KEYRING
        return ENVIRONMENT if os.environ.get(_VARIABLES.get(name, ""), "").strip() else ""

    def dates(self, name: str) -> tuple[float | None, float | None]:
        """When a secret was saved and when it was last used, in seconds since 1970; None where that is not known."""
        kept = self._dates().get(name, {})
        return kept.get("added"), kept.get("used")

    def _dates(self) -> dict[str, dict[str, float]]:
        kept = self._settings.get_state(_DATES) if self._settings is not None else None
        return dict(kept) if isinstance(kept, dict) else {}

    async def _note(self, name: str, what: str) -> None:
        """Note that a secret was added or used now (an hour more or less), or that it is gone."""
        if self._settings is None:
            return
        dates, now = self._dates(), time.time()
        before = dates.pop(name, {})
        if what == "used" and now - before.get("used", 0.0) < _EVERY_S:
            return
        if what:
            dates[name] = {**(before if what == "used" else {}), what: now}
        await self._settings.set_state(_DATES, dates)

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
