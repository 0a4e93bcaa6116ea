"""Copies of the database: made before every migration, kept in the profile's ``backups`` folder."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw

KEEP = 5
"""How many backups stay; older ones are removed when a new one is made."""

_PLAIN_HEADER = b"SQLite format 3\x00"


def is_plain(path: Path) -> bool:
    """Whether the file is an unencrypted SQLite database, or does not exist yet, or is empty."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_PLAIN_HEADER))
    except FileNotFoundError:
        return True
    return head in (b"", _PLAIN_HEADER)


def connect(path: Path, key: str | None, *, create: bool = False) -> apsw.Connection:
    """A connection to the file, with ``key`` (64 hexadecimal digits) if it is encrypted. Not checked yet."""
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI | (apsw.SQLITE_OPEN_CREATE if create else 0)
    connection = apsw.Connection(str(path), flags=flags)
    try:
        connection.set_busy_timeout(5000)
        if key:
            connection.execute(f"PRAGMA key = 'raw:{checked_key(key)}'")
    except BaseException:
        connection.close()
        raise
    return connection


def checked_key(key: str) -> str:
    """``key`` itself, if it is 64 hexadecimal digits; raises ValueError otherwise."""
    if len(key) != 64 or not all(c in "0123456789abcdefABCDEF" for c in key):
        raise ValueError("a database key is 64 hexadecimal digits")
    return key


def copy_to(connection: apsw.Connection, target: Path, key: str | None) -> None:
    """Write a compact copy of an open database to ``target``, encrypted with ``key`` or plain, and flush it to disk."""
    secret = f"raw:{checked_key(key)}" if key else ""
    connection.execute("VACUUM INTO ?", (f"{target.absolute().as_uri()}?key={secret}",))
    target.chmod(0o600)
    flush(target)


def flush(path: Path) -> None:
    """Wait until the file is on the disk itself."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def make(connection: apsw.Connection, folder: Path, version: int, key: str | None) -> Path:
    """Copy the open database (of schema ``version``) into ``folder`` and drop the oldest copies beyond :data:`KEEP`."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"slmdesk-v{version}-{time.strftime('%Y%m%d-%H%M%S')}"
    target = folder / f"{stem}.db"
    for number in range(2, 1000):
        if not target.exists():
            break
        target = folder / f"{stem}-{number}.db"
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    try:
        copy_to(connection, part, key)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    for old in listed(folder)[KEEP:]:
        old.unlink(missing_ok=True)
    return target


def listed(folder: Path) -> list[Path]:
    """The backups in ``folder``, newest first."""
    found = [(p.stat().st_mtime_ns, p) for p in folder.glob("slmdesk-v*.db")] if folder.is_dir() else []
    return [p for _, p in sorted(found, reverse=True)]


def recode(path: Path, old_keys: Sequence[str], new_key: str | None) -> bool:
    """Rewrite one backup so that ``new_key`` opens it; False if none of the keys opens it (it is then left alone)."""
    candidates: list[str | None] = [None] if is_plain(path) else [*old_keys, new_key]
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    for key in candidates:
        try:
            with closing(connect(path, key)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_schema").get  # noqa: B018  (reading proves the key)
                if key != new_key:
                    copy_to(connection, part, new_key)
        except apsw.NotADBError:
            continue
        if key != new_key:
            times = path.stat()
            part.replace(path)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        return True
    return False
