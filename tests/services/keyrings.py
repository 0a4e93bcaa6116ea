"""Keyring backends for tests: real subclasses of the library's own seam."""

from __future__ import annotations

import json
from pathlib import Path

import keyring.errors
from keyring.backend import KeyringBackend


class MemoryKeyring(KeyringBackend):
    """Keeps secrets in a dictionary."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.secrets: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.secrets:
            raise keyring.errors.PasswordDeleteError(username)
        del self.secrets[service, username]


class FileKeyring(MemoryKeyring):
    """Keeps secrets in a file, so that they outlive a process that is killed."""

    priority = 1.0

    def __init__(self, path: str | Path = "") -> None:
        super().__init__()
        self._path = Path(path)
        if self._path.is_file():
            self.secrets = {tuple(k.split("|")): v for k, v in json.loads(self._path.read_text()).items()}

    def _save(self) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps({"|".join(k): v for k, v in self.secrets.items()}))
        part.replace(self._path)

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password)
        self._save()

    def delete_password(self, service: str, username: str) -> None:
        super().delete_password(service, username)
        self._save()


class ForgetfulKeyring(MemoryKeyring):
    """Accepts everything and keeps nothing, as keyring's own null backend does."""

    priority = 1.0

    def set_password(self, service: str, username: str, password: str) -> None:
        return


class LockedKeyring(MemoryKeyring):
    """Refuses until it is unlocked."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("locked")
