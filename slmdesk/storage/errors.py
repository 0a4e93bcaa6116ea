"""SQLite's errors in a person's words."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import apsw

from slmdesk.core.errors import StorageError, WrongKey

_NO_ACCESS = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ENOENT, errno.EISDIR})
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

_KEY = re.compile(r"key=[^&'\"\s]*|raw:[0-9a-fA-F]+")


def translated(error: apsw.Error | OSError, path: Path, *, keyed: bool = False) -> StorageError:
    """What ``error`` means for the database at ``path``; ``keyed`` says that it was opened with a key."""
    details = f"{type(error).__name__}: {_KEY.sub('key=…', str(error))}"
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, apsw.FullError) or number in _DISK_FULL:
        return StorageError(
            f"The disk is full, so the last change was not saved. The profile in {path.parent} is undamaged.",
            "Free some space on that disk and try again; nothing needs to be repaired.",
            details,
        )
    if isinstance(error, apsw.NotADBError) and keyed:
        return WrongKey(
            f"The database {path.name} is encrypted with another key.",
            "The key belongs to the system's keyring of the account that turned encryption on. Start SLMDesk there, "
            "or with another profile.",
            details,
        )
    if isinstance(error, (apsw.NotADBError, apsw.CorruptError)):
        return damaged(path, details)
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return StorageError(
            "The database is in use by another program.", "Close the other program and try again.", details
        )
    if isinstance(error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError) or number in _NO_ACCESS:
        return StorageError(
            f"The database {path} cannot be opened or written. The folder may be read-only or missing.",
            "Check the folder's permissions, or start with another profile folder (--profile DIR).",
            details,
        )
    if isinstance(error, apsw.IOError | OSError):
        return StorageError(
            f"The disk under {path.parent} reported an error while reading or writing.",
            "Check that the disk is connected and not full, then try again.",
            details,
        )
    return StorageError("The database could not do what was asked.", "Try again; the details may help.", details)


def damaged(path: Path, details: str = "") -> StorageError:
    """The error for a database file that SQLite cannot read; names the backups there are."""
    folder = path.parent / "backups"
    names = sorted(p.name for p in folder.glob("*.db")) if folder.is_dir() else []
    if names:
        hint = f"Move {path.name} away and put a copy of a backup in its place. In {folder}: {', '.join(names)}."
    else:
        hint = f"There are no backups in {folder}. Move {path.name} away to start with an empty profile."
    return StorageError(f"The database {path} is damaged or not a database.", hint, details)
