"""The profile: the folder that holds everything SLMDesk keeps about one person's chats and settings."""

from __future__ import annotations

import logging
import os
import re
import secrets
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

from slmdesk.core.errors import StorageError

ENVIRONMENT = "SLMDESK_PROFILE"
"""The environment variable that names another profile folder."""

LOG_BYTES = 1_000_000
LOG_FILES = 3
_LONGEST_RECORD = 4_000
# Libraries may log their requests: tokens of Hugging Face, what an HTTP header carries, a password in an address.
_TOKEN = re.compile(r"(\bhf_)[A-Za-z0-9]{8,}|(\b(?:Bearer|Basic) )\S{8,}|(://[^\s/:@]+:)[^\s/@]+(?=@)")


class Profile:
    """A profile folder and the places in it. Nothing is created before :meth:`check_writable`."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100  (resolve() would follow links)

    @classmethod
    def locate(cls, folder: str | Path | None = None) -> Profile:
        """The profile in ``folder``, else where ``SLMDESK_PROFILE`` says, else in the system's place for user data."""
        chosen = folder or os.environ.get(ENVIRONMENT) or platformdirs.user_data_dir("SLMDesk", appauthor=False)
        return cls(Path(chosen))

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "slmdesk.db"

    @property
    def logs(self) -> Path:
        """Where the log files lie."""
        return self.path / "logs"

    @property
    def backups(self) -> Path:
        """Where the copies of the database made before migrations lie."""
        return self.path / "backups"

    @property
    def state_cache(self) -> Path:
        """Where the kept KV states of conversations lie."""
        return self.path / "cache" / "state"

    @property
    def models(self) -> Path:
        """Where downloaded models lie."""
        return self.path / "models"

    def check_writable(self) -> None:
        """Create the folders, readable by this user only, and prove that files can be written.

        Raises StorageError naming the folder.
        """
        try:
            for folder in (self.path, self.logs, self.backups, self.state_cache, self.models):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = self.path / f".write-test-{os.getpid()}"
            probe.write_bytes(b"x")
            probe.unlink()
        except OSError as error:
            raise StorageError(
                f"The profile folder {self.path} cannot be written: {error.strerror or error}.",
                f"Make the folder writable, or choose another with --profile DIR or {ENVIRONMENT}.",
                repr(error),
            ) from error

    def state_key(self) -> bytes:
        """32 random bytes that authenticate this profile's kept KV states; made on first use, mode 0600."""
        path = self.path / "state.key"
        with suppress(OSError):
            key = path.read_bytes()
            if len(key) == 32:
                return key
        key = secrets.token_bytes(32)
        part = path.with_suffix(".part")
        try:
            part.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key)
            part.replace(path)
        except OSError as error:
            raise StorageError(
                f"The file {path} cannot be written: {error.strerror or error}.",
                "Make the profile folder writable, or choose another with --profile DIR.",
                repr(error),
            ) from error
        return key

    def start_logging(self, *, debug: bool = False) -> logging.Handler:
        """Write the program's log to ``logs/slmdesk.log``, rotating at 1 MB; give the handler to :func:`stop_logging`.

        Prompts and answers are never logged: our own code does not pass them, and of other packages only warnings
        are written.
        """
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            self.logs / "slmdesk.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8", delay=True
        )
        handler.setFormatter(_Format("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handler.addFilter(_own_or_warning)
        handler.setLevel(logging.DEBUG if debug else logging.INFO)
        logging.getLogger().addHandler(handler)
        logging.getLogger("slmdesk").setLevel(logging.DEBUG if debug else logging.INFO)
        return handler


def stop_logging(handler: logging.Handler) -> None:
    """End what :meth:`Profile.start_logging` began and close the file."""
    logging.getLogger().removeHandler(handler)
    handler.close()


def _own_or_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.split(".", 1)[0] == "slmdesk"


class _Format(logging.Formatter):
    """One record without tokens, cut where it would flood the file."""

    def format(self, record: logging.LogRecord) -> str:
        text = _TOKEN.sub(lambda found: f"{found[1] or found[2] or found[3]}…", super().format(record))
        return text if len(text) <= _LONGEST_RECORD else f"{text[:_LONGEST_RECORD]} … (cut)"
