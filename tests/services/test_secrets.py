from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from slmdesk.core.errors import SlmdeskError
from slmdesk.services.secrets import Secrets
from slmdesk.services.settings import Settings
from slmdesk.storage.database import Database
from slmdesk.storage.settings import SettingsStore
from tests.services.keyrings import ForgetfulKeyring, LockedKeyring, MemoryKeyring

TOKEN = "hf_" + "A1b2" * 8


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[KeyringBackend], None]]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    yield keyring.set_keyring
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]


async def test_a_token_lies_in_the_keyring(backend: Callable[[KeyringBackend], None], tmp_path: Path) -> None:
    backend(MemoryKeyring())
    secrets = Secrets(tmp_path)
    assert (await secrets.get("huggingface"), await secrets.place("huggingface")) == ("", "")
    assert await secrets.set("huggingface", f"  {TOKEN}\n") == "keyring"
    again = Secrets(tmp_path)
    assert (await again.get("huggingface"), await again.place("huggingface")) == (TOKEN, "keyring")
    assert await Secrets(tmp_path / "other").get("huggingface") == ""
    await again.clear("huggingface")
    await again.clear("huggingface")
    assert await secrets.get("huggingface") == ""


@pytest.mark.parametrize("kind", [NoKeyring, LockedKeyring, ForgetfulKeyring])
async def test_without_a_keyring_it_is_kept_for_this_run(
    backend: Callable[[KeyringBackend], None], tmp_path: Path, kind: type[KeyringBackend]
) -> None:
    backend(kind())
    secrets = Secrets(tmp_path)
    assert await secrets.set("huggingface", TOKEN) == "this run"
    assert (await secrets.get("huggingface"), await secrets.place("huggingface")) == (TOKEN, "this run")
    assert await Secrets(tmp_path).get("huggingface") == ""
    await secrets.clear("huggingface")
    assert await secrets.place("huggingface") == ""


async def test_a_token_of_the_environment_is_used(
    backend: Callable[[KeyringBackend], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend(MemoryKeyring())
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    secrets = Secrets(tmp_path)
    assert (await secrets.get("huggingface"), await secrets.place("huggingface")) == (TOKEN, "environment")
    await secrets.set("huggingface", TOKEN + "x")
    assert (await secrets.get("huggingface"), await secrets.place("huggingface")) == (TOKEN + "x", "keyring")


@pytest.mark.parametrize("bad", ["", "  ", "two\nlines", "x" * 5000, "zero\0"])
async def test_an_unusable_value_is_refused_and_not_repeated(
    backend: Callable[[KeyringBackend], None], tmp_path: Path, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    backend(MemoryKeyring())
    with caplog.at_level(logging.DEBUG), pytest.raises(SlmdeskError) as caught:
        await Secrets(tmp_path).set("huggingface", bad)
    assert not bad.strip() or bad not in str(caught.value)
    assert not bad.strip() or bad not in caplog.text


async def test_an_unknown_name_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        await Secrets(tmp_path).get("other")


async def test_when_it_was_saved_and_used_is_known_but_not_the_secret(
    backend: Callable[[KeyringBackend], None], tmp_path: Path
) -> None:
    backend(MemoryKeyring())
    database = await Database.open(tmp_path / "slmdesk.db")
    settings = Settings(SettingsStore(database))
    secrets = Secrets(tmp_path, settings)
    assert secrets.dates("huggingface") == (None, None)
    await secrets.set("huggingface", TOKEN)
    added, used = secrets.dates("huggingface")
    assert added is not None
    assert used is None
    assert await secrets.get("huggingface") == TOKEN
    again = Settings(SettingsStore(database))
    await again.load()
    assert Secrets(tmp_path, again).dates("huggingface")[1] is not None
    await secrets.set("huggingface", TOKEN + "2")
    assert secrets.dates("huggingface")[1] is None
    await secrets.clear("huggingface")
    assert secrets.dates("huggingface") == (None, None)
    await database.close()
    assert not any(TOKEN.encode() in path.read_bytes() for path in tmp_path.iterdir())
