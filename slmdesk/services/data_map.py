"""What SLMDesk keeps about a person, where, and how much; and how to be rid of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, Signal

from slmdesk.core.errors import SlmdeskError
from slmdesk.services.conversations import Conversations
from slmdesk.services.encryption import KeySlots
from slmdesk.services.network import Network
from slmdesk.services.profile import Profile
from slmdesk.services.secrets import NAMES, Secrets
from slmdesk.services.settings import QT_TRANSLATE_NOOP
from slmdesk.storage import usage
from slmdesk.storage.database import Database


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """One kind of data: its name, what it is, where it lies, and its size in bytes (None: not counted)."""

    key: str
    name: str
    note: str
    where: str
    bytes: int | None
    wipeable: bool
    """Whether it can be wiped alone; the rest goes only with everything."""


_IN_DATABASE: Final = "database"
_TEXTS: Final = {
    "chats": (
        QT_TRANSLATE_NOOP("DataMap", "Chats"),
        QT_TRANSLATE_NOOP("DataMap", "All chats and the bin. Wiping them wipes the backups as well."),
    ),
    "settings": (
        QT_TRANSLATE_NOOP("DataMap", "Settings"),
        QT_TRANSLATE_NOOP("DataMap", "Settings, presets, and how the window was left."),
    ),
    "library": (
        QT_TRANSLATE_NOOP("DataMap", "Library"),
        QT_TRANSLATE_NOOP("DataMap", "Which models were found where, with your names, tags and notes."),
    ),
    "downloads": (
        QT_TRANSLATE_NOOP("DataMap", "Downloads"),
        QT_TRANSLATE_NOOP("DataMap", "The queue, and where each file came from."),
    ),
    "measurements": (
        QT_TRANSLATE_NOOP("DataMap", "Measurements"),
        QT_TRANSLATE_NOOP("DataMap", "Memory and speed that were measured on this computer."),
    ),
    "network": (
        QT_TRANSLATE_NOOP("DataMap", "Connections"),
        QT_TRANSLATE_NOOP("DataMap", "The list of connections. The hosts you allowed stay."),
    ),
    "other": (
        QT_TRANSLATE_NOOP("DataMap", "Rest of the database"),
        QT_TRANSLATE_NOOP("DataMap", "Its own bookkeeping and free space."),
    ),
    "backups": (
        QT_TRANSLATE_NOOP("DataMap", "Backups"),
        QT_TRANSLATE_NOOP("DataMap", "Copies of the database from before an update."),
    ),
    "states": (
        QT_TRANSLATE_NOOP("DataMap", "Reading states"),
        QT_TRANSLATE_NOOP("DataMap", "What models have read of chats, so that they reopen at once."),
    ),
    "logs": (
        QT_TRANSLATE_NOOP("DataMap", "Logs"),
        QT_TRANSLATE_NOOP("DataMap", "What the program did and what failed; no prompt, no answer, no token."),
    ),
    "models": (
        QT_TRANSLATE_NOOP("DataMap", "Downloaded models"),
        QT_TRANSLATE_NOOP("DataMap", "Delete single ones in Models. Folders of other programs are not counted."),
    ),
    "tokens": (
        QT_TRANSLATE_NOOP("DataMap", "Tokens"),
        QT_TRANSLATE_NOOP("DataMap", "In the keyring of this computer, never in a file."),
    ),
}
_WIPEABLE: Final = ("chats", "network", "backups", "states", "logs", "tokens")


class DataMap(QObject):
    """The data of one profile by kind, with sizes; wipes single kinds, or everything when the desk closes."""

    wiped = Signal(str)
    """The key of what is gone."""

    def __init__(
        self,
        profile: Profile,
        database: Database,
        conversations: Conversations,
        network: Network,
        secrets: Secrets,
    ) -> None:
        super().__init__()
        self._profile = profile
        self._database = database
        self._conversations = conversations
        self._network = network
        self._secrets = secrets
        self._erase_models: bool | None = None
        self._wipes: dict[str, Callable[[], Awaitable[None]]] = {
            "chats": self._wipe_chats,
            "network": self._wipe_network,
            "backups": lambda: self._empty(profile.backups),
            "states": lambda: self._empty(profile.state_cache),
            "logs": self._wipe_logs,
            "tokens": self._wipe_tokens,
        }

    async def places(self) -> list[StoredPlace]:
        """Everything that is kept, the database's parts first."""
        counted = await usage.bytes_by_group(self._database)
        found = [
            self._place(key, _IN_DATABASE, counted.get(key, 0) if counted else None)
            for key in usage.groups()
            if key != "other" or counted.get("other")
        ]
        folders = (
            ("backups", self._profile.backups),
            ("states", self._profile.state_cache),
            ("logs", self._profile.logs),
            ("models", self._profile.models),
        )
        for key, folder in folders:
            found.append(self._place(key, str(folder), await asyncio.to_thread(bytes_in, folder)))
        kept = [place for name in NAMES if (place := await self._secrets.place(name))]
        found.append(self._place("tokens", ", ".join(dict.fromkeys(kept)), None))
        return found

    def _place(self, key: str, where: str, size: int | None) -> StoredPlace:
        name, note = (QCoreApplication.translate("DataMap", text) for text in _TEXTS[key])
        if where == _IN_DATABASE:
            where = str(self._database.path)
        return StoredPlace(key, name, note, where, size, key in _WIPEABLE)

    async def wipe(self, key: str) -> None:
        """Be rid of one kind, so that nothing of it is left in any file. Raises SlmdeskError for what cannot be wiped
        alone, and StorageError; what is being wiped then may be gone in part.
        """
        if key not in self._wipes:
            raise SlmdeskError(f"{key!r} cannot be wiped alone.", f"Choose one of {', '.join(_WIPEABLE)}.")
        await self._wipes[key]()
        self.wiped.emit(key)

    async def _wipe_chats(self) -> None:
        await self._conversations.purge_all()
        await self._empty(self._profile.backups)
        await self._empty(self._profile.state_cache)
        await usage.compact(self._database)

    async def _wipe_network(self) -> None:
        await self._network.wipe()
        await usage.compact(self._database)

    async def _wipe_logs(self) -> None:
        await asyncio.to_thread(_shorten_logs, self._profile.logs)

    async def _wipe_tokens(self) -> None:
        for name in NAMES:
            await self._secrets.clear(name)

    async def _empty(self, folder: Path) -> None:
        await asyncio.to_thread(empty, folder)

    # --- everything -----------------------------------------------------------------------------------------------

    def erase_at_close(self, *, models: bool) -> None:
        """Have the whole profile removed when the desk closes; the downloaded models only with ``models``."""
        self._erase_models = models

    async def close(self) -> None:
        """Take what is to be erased out of the keyring; call while the database is open."""
        if self._erase_models is None:
            return
        await self._wipe_tokens()
        with contextlib.suppress(SlmdeskError):
            slots = KeySlots(self._database.path)
            await slots.clear()
            await slots.clear(pending=True)

    async def erase(self) -> bool:
        """Remove the profile if that was asked for; whether it was. Call once the database is closed."""
        if self._erase_models is None:
            return False
        await asyncio.to_thread(_remove_profile, self._profile, models=self._erase_models)
        return True


def bytes_in(folder: Path) -> int:
    """Bytes of all files in a folder and below; links are not followed."""
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                status = os.lstat(os.path.join(at, name))  # noqa: PTH118  (10,000 files: no Path for each)
                total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total


def empty(folder: Path) -> None:
    """Remove what is in a folder; a link is removed, not followed. Raises SlmdeskError naming what stays."""
    try:
        for path in list(folder.iterdir()) if folder.is_dir() else []:
            remove(path)
    except OSError as error:
        raise SlmdeskError(
            f"{error.filename} cannot be removed: {error.strerror or error}.", "Close programs that use it, try again."
        ) from error


def remove(path: Path) -> None:
    """Remove a file, link or folder; one that is not there is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _shorten_logs(folder: Path) -> None:
    """Empty the log that is being written, and remove the older ones."""
    for path in folder.glob("*"):
        if path.suffix == ".log":
            os.truncate(path, 0)
        else:
            remove(path)


def _remove_profile(profile: Profile, *, models: bool) -> None:
    """Remove what SLMDesk made in the profile's folder; what else lies there stays."""
    database = profile.database
    for name in (database.name, *(database.name + end for end in ("-wal", "-shm", "-journal", ".new")), "state.key"):
        remove(profile.path / name)
    for folder in (profile.backups, profile.logs, profile.path / "cache", *((profile.models,) if models else ())):
        if folder.is_symlink():
            empty(folder)
        remove(folder)
