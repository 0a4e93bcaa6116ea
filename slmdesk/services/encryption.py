"""Encryption of the profile's database, with a random key that lies in the operating system's keyring.

The keyring has two places for a profile: the **current** key, and a **pending** one while the key changes. The steps
of a change are ordered so that the program may die between any two of them::

    store the new key as pending -> write, verify and swap the file -> rewrite the backups -> make pending current

Whoever opens the database tries the current key, then the pending one, and finishes what was begun.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from slmdesk.core.errors import StorageError, WrongKey
from slmdesk.core.progress import Progress, Report
from slmdesk.storage import backups
from slmdesk.storage.database import Database
from slmdesk.storage.errors import damaged, translated

log = logging.getLogger(__name__)

SERVICE = "SLMDesk"
_PENDING = "-pending"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EncryptionStatus:
    """Whether the database is encrypted, and whether that could be changed now.

    ``keyring`` names the system's keyring; it is empty, and ``problem`` and ``hint`` say why, where there is none.
    """

    on: bool
    keyring: str = ""
    problem: str = ""
    hint: str = ""


class KeySlots:
    """A profile's two places in the operating system's keyring. Everything raises StorageError if it cannot be used."""

    def __init__(self, database_path: Path) -> None:
        folder = os.path.normcase(str(database_path.absolute().parent))
        self._account = hashlib.sha256(folder.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    async def backend(self) -> str:
        """The keyring's name; raises where there is none that keeps secrets."""
        return await _in_keyring(self._backend)

    async def read(self) -> tuple[str | None, str | None]:
        """The current and the pending key."""
        return await _in_keyring(lambda: (self._get(""), self._get(_PENDING)))

    async def write(self, key: str, *, pending: bool = False) -> None:
        """Store a key, and prove that the keyring gives it back."""
        await _in_keyring(lambda: self._set(_PENDING if pending else "", key))

    async def clear(self, *, pending: bool = False) -> None:
        """Forget a key; one that is not there is no error."""
        await _in_keyring(lambda: self._delete(_PENDING if pending else ""))

    def _backend(self) -> str:
        import keyring

        found = keyring.get_keyring()
        self._get("")
        return str(found.name)

    def _get(self, slot: str) -> str | None:
        import keyring

        value = keyring.get_password(SERVICE, self._account + slot)
        try:
            return backups.checked_key(value) if value else None
        except ValueError:
            return None

    def _set(self, slot: str, key: str) -> None:
        import keyring

        keyring.set_password(SERVICE, self._account + slot, key)
        if keyring.get_password(SERVICE, self._account + slot) != key:
            raise StorageError(
                "The system's keyring did not keep the key, so nothing was encrypted.",
                "Check that a keyring is set up and unlocked, then try again.",
            )

    def _delete(self, slot: str) -> None:
        import keyring

        if keyring.get_password(SERVICE, self._account + slot) is not None:
            keyring.delete_password(SERVICE, self._account + slot)


async def _in_keyring(work: Callable[[], T]) -> T:
    """Run ``work`` in a thread (a keyring may ask the person to unlock it), with its errors in plain words."""

    def guarded() -> T:
        try:
            return work()
        except StorageError:
            raise
        except Exception as error:  # keyring backends raise whatever their system gives them
            raise _unusable(error) from error

    return await asyncio.to_thread(guarded)


def _unusable(error: Exception) -> StorageError:
    name = type(error).__name__
    details = f"{name}: {error}"
    if name == "KeyringLocked":
        return StorageError("The system's keyring is locked.", "Unlock it and try again.", details)
    return StorageError(
        "The system's keyring, which holds the key of an encrypted database, cannot be used here.",
        "On Linux, install and start a keyring such as GNOME Keyring or KWallet; macOS and Windows have one built in.",
        details,
    )


async def open_database(path: Path) -> Database:
    """Open a profile's database, encrypted or not, and finish a change of key that was broken off.

    Raises WrongKey if the keyring's keys do not open it, and StorageError if the keyring cannot be used, or holds no
    key and the file is not plain either.
    """
    slots = KeySlots(path)
    try:
        plain = await asyncio.to_thread(backups.is_plain, path)
    except OSError as error:
        raise translated(error, path) from error
    if plain:
        database = await Database.open(path)
        kept = backups.listed(database.backups_folder)
        if not all(backups.is_plain(p) for p in kept):  # turning encryption off was broken off
            await _settle_quietly(database, slots)
        return database
    current, pending = await _keys(path, slots)
    for key in (current, pending):
        if key is None:
            continue
        try:
            database = await Database.open(path, key)
        except WrongKey:
            if key == (pending or current):
                raise
            continue
        if pending is not None:
            await _settle_quietly(database, slots)
        return database
    raise _no_key(path)


async def _keys(path: Path, slots: KeySlots) -> tuple[str | None, str | None]:
    """The keys for a file that is not plain SQLite; raises where there is none, saying what that may mean."""
    folder = path.parent / "backups"
    try:
        found = await slots.read()
    except StorageError as error:
        if any(map(backups.is_plain, backups.listed(folder))):
            raise damaged(path) from error
        raise StorageError(
            f"The database {path} is encrypted, or damaged. {error.message}",
            f"{error.hint} If you never turned encryption on, look for a backup in {folder}.",
            error.details,
        ) from error
    if found == (None, None):
        # While a database is encrypted, so are its backups: a plain one means that this file was plain too.
        raise damaged(path) if any(map(backups.is_plain, backups.listed(folder))) else _no_key(path)
    return found


def _no_key(path: Path) -> StorageError:
    return WrongKey(
        f"The database {path} is encrypted, but the system's keyring holds no key for it; or it is damaged.",
        "If the profile folder was moved or copied, put it back where it was, and use the account that turned "
        f"encryption on. Backups are in {path.parent / 'backups'}.",
    )


async def _settle_quietly(database: Database, slots: KeySlots) -> None:
    """Finish a change of key; what cannot be finished now is tried again at the next start."""
    try:
        await _settle(database, slots)
    except StorageError as error:
        log.info("a change of the key stays unfinished: %s", error.details)
    except BaseException:
        await database.close()
        raise


async def _settle(database: Database, slots: KeySlots) -> None:
    """Make the key that opens the database the current one, and the only one, and the backups readable with it."""
    current, pending = await slots.read()
    known = [k for k in (current, pending) if k]
    await database.recode_backups(known)
    if not database.encrypted:
        await slots.clear(pending=True)
        await slots.clear()
        return
    if not database.opened_with(current) and pending is not None:
        await slots.write(pending)
    await slots.clear(pending=True)


class Encryption(QObject):
    """Turns the encryption of the database on and off and changes its key.

    Backups made before migrations are rewritten too, so that turning encryption on leaves no readable copy of the
    chats in the profile. (A disk may still hold traces of deleted files; only a disk that is encrypted as a whole
    prevents that.)
    """

    changed = Signal()

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._slots = KeySlots(database.path)
        self._busy = asyncio.Lock()

    async def status(self) -> EncryptionStatus:
        """Never raises: a keyring that cannot be used is a part of the answer."""
        try:
            return EncryptionStatus(self._database.encrypted, await self._slots.backend())
        except StorageError as error:
            return EncryptionStatus(self._database.encrypted, "", error.message, error.hint)

    async def turn_on(self, report: Report | None = None) -> None:
        """Encrypt the database and its backups. Does nothing if they are. Raises StorageError; nothing is lost then."""
        if not self._database.encrypted:
            await self._change(secrets.token_hex(32), report)

    async def rotate(self, report: Report | None = None) -> None:
        """Encrypt the database and its backups with a new key. Raises StorageError if encryption is off."""
        if not self._database.encrypted:
            raise StorageError("The database is not encrypted, so it has no key to change.", "Turn encryption on.")
        await self._change(secrets.token_hex(32), report)

    async def turn_off(self, report: Report | None = None) -> None:
        """Write the database and its backups plain and forget the key. Does nothing if they are."""
        if self._database.encrypted:
            await self._change(None, report)

    async def _change(self, key: str | None, report: Report | None) -> None:
        loop = asyncio.get_running_loop()

        def step(progress: Progress) -> None:
            self._on_step(progress.text)
            if report is not None:  # this runs on the database's thread
                loop.call_soon_threadsafe(report, Progress(progress.done, progress.total, "steps"))

        async with self._busy:
            try:
                await _settle(self._database, self._slots)
                if key is not None:
                    await self._slots.write(key, pending=True)
                self._on_step("key stored")
                await self._database.rekey(key, step)
                await _settle(self._database, self._slots)
                self._on_step("settled")
            finally:
                self.changed.emit()

    def _on_step(self, name: str) -> None:
        """Told each step that is done, from whatever thread does it; the names are in the log of a debugging run."""
        log.debug("encryption: %s", name)
