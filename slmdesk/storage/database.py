"""A profile's SQLite file, opened once and used on a thread of its own.

Everything that touches the file runs on that thread, one piece after the other; callers await the result. The file
is in WAL mode with ``synchronous=NORMAL``: a commit survives the end of the process at any moment, and a power cut
may lose the last commits but never damages the file.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import apsw

from slmdesk.core.errors import StorageError
from slmdesk.core.progress import Progress, Report
from slmdesk.storage import backups, schema
from slmdesk.storage.errors import damaged, translated

T = TypeVar("T")

REKEY_STEPS = ("started", "locked", "copied", "verified", "closed", "swapped", "reopened")
"""What :meth:`Database.rekey` reports, in order; the new file is in place from "swapped" on."""


class Database:
    """The open database. Make one with :meth:`open`; every method raises StorageError in a person's words."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key: str | None = None
        self._connection: apsw.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="slmdesk-storage")

    @classmethod
    async def open(cls, path: Path, key: str | None = None) -> Database:
        """Open the file, or create it, and bring it to the newest schema (after a backup).

        ``key`` is 64 hexadecimal digits for an encrypted file. Raises WrongKey, or StorageError for a file that is
        damaged, read-only or of a newer version of SLMDesk; the file is then untouched.
        """
        database = cls(path)
        try:
            await database._call(lambda: database._open(key))
        except BaseException:
            await database.close()
            raise
        return database

    @property
    def encrypted(self) -> bool:
        """Whether the file is encrypted."""
        return self._key is not None

    def opened_with(self, key: str | None) -> bool:
        """Whether ``key`` is the one the file is encrypted with (None: it is plain)."""
        return self._key == key

    @property
    def backups_folder(self) -> Path:
        """Where the copies made before migrations lie."""
        return self.path.parent / "backups"

    async def read(self, work: Callable[[apsw.Connection], T]) -> T:
        """The result of ``work(connection)``, run on the database's thread outside a transaction."""
        return await self._call(lambda: work(self._open_connection()))

    async def write(self, work: Callable[[apsw.Connection], T]) -> T:
        """The result of ``work(connection)`` in one transaction: it happens wholly, or (on an error) not at all."""
        return await self._call(lambda: self._transact(work))

    async def execute(self, statement: str, values: Sequence[Any] = (), *, many: bool = False) -> int:
        """Run one statement in a transaction (with ``many``: once for each tuple in ``values``); rows it changed."""

        def work(connection: apsw.Connection) -> int:
            before = connection.total_changes()
            if many:
                connection.executemany(statement, values)
            else:
                connection.execute(statement, values)
            return connection.total_changes() - before

        return await self._call(lambda: self._transact(work))

    async def recode_backups(self, old_keys: Sequence[str]) -> list[Path]:
        """Rewrite the backups so that the database's own key opens them; returns those that no known key opens."""
        return await self._call(
            lambda: [p for p in backups.listed(self.backups_folder) if not backups.recode(p, old_keys, self._key)]
        )

    async def rekey(self, key: str | None, report: Report | None = None) -> None:
        """Encrypt the file with ``key``, or write it plain for None.

        A verified copy takes the file's place in one step, so a crash at any moment leaves either the old file or
        the new one, whole. Raises StorageError if another program has the file open; it is then unchanged.
        """
        await self._call(lambda: self._rekey(key, report or (lambda _: None)))

    async def close(self) -> None:
        """Close the file and end the thread. A second call does nothing."""
        with suppress(RuntimeError):  # the thread has already ended
            await self._call(self._close)
        self._thread.shutdown(wait=True)

    # ---- on the database's thread ----------------------------------------------------------------------------------

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, work)

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (apsw.Error, OSError) as error:
            raise translated(error, self.path, keyed=self._key is not None) from error

    def _open_connection(self) -> apsw.Connection:
        if self._connection is None:
            raise StorageError("The profile's database is closed.", "Start SLMDesk again.")
        return self._connection

    def _transact(self, work: Callable[[apsw.Connection], T]) -> T:
        connection = self._open_connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _open(self, key: str | None) -> None:
        self._key = key
        self.path.with_name(self.path.name + ".new").unlink(missing_ok=True)  # left by a crash while re-keying
        connection = backups.connect(self.path, key, create=True)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        with suppress(OSError):
            self.path.chmod(0o600)

    def _prepare(self, connection: apsw.Connection) -> None:
        version = schema.version_of(connection)
        if version > schema.VERSION:
            raise StorageError(
                f"The profile in {self.path.parent} was written by a newer SLMDesk (schema {version}, this one "
                f"knows {schema.VERSION}). It was left as it is.",
                "Update SLMDesk, or start with another profile folder (--profile DIR).",
            )
        tables = int(connection.execute("SELECT count(*) FROM sqlite_schema").get)
        if version == 0 and tables:
            raise damaged(self.path, "tables without a schema version: the file belongs to another program")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        if version < schema.VERSION:
            if version:
                backups.make(connection, self.backups_folder, version, self._key)
            schema.migrate(connection)

    def _rekey(self, key: str | None, report: Report) -> None:
        def step(name: str) -> None:
            report(Progress(REKEY_STEPS.index(name) + 1, len(REKEY_STEPS), text=name))

        fresh = self.path.with_name(self.path.name + ".new")
        connection = self._open_connection()
        step("started")
        swapped = False
        try:
            fresh.unlink(missing_ok=True)
            self._lock(connection)
            step("locked")
            backups.copy_to(connection, fresh, key)
            step("copied")
            _verify(fresh, key, _counts(connection))
            step("verified")
            self._close()
            step("closed")
            fresh.replace(self.path)
            swapped = True
            _flush_folder(self.path.parent)
            step("swapped")
        finally:
            self._close()
            fresh.unlink(missing_ok=True)
            self._open(key if swapped else self._key)
        step("reopened")

    def _lock(self, connection: apsw.Connection) -> None:
        """Keep everyone else out, and fold the WAL into the file so that none is left beside the new one."""
        connection.set_busy_timeout(500)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        mode = connection.execute("PRAGMA journal_mode = DELETE").get
        if mode != "delete":
            raise apsw.BusyError(f"the journal mode stays {mode}")

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _counts(connection: apsw.Connection) -> dict[str, int]:
    names = [r[0] for r in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').get) for name in names}  # noqa: S608


def _verify(path: Path, key: str | None, expected: dict[str, int]) -> None:
    with closing(backups.connect(path, key)) as copy:
        found = copy.execute("PRAGMA integrity_check").get
        if found != "ok" or _counts(copy) != expected:
            raise StorageError(
                "The re-encrypted copy of the database is not equal to it, so it was thrown away.",
                "Your chats are unchanged. Check the disk and try again.",
                str(found),
            )


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
