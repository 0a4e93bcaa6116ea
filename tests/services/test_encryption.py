from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from slmdesk.core.chat import Conversation, Message, Role
from slmdesk.core.errors import StorageError, WrongKey
from slmdesk.services.encryption import Encryption, KeySlots, open_database
from slmdesk.storage import backups, schema
from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import REKEY_STEPS, Database
from tests.services.keyrings import FileKeyring, ForgetfulKeyring, LockedKeyring, MemoryKeyring

SECRET = "the sentinel sentence"
STEPS = ("key stored", *REKEY_STEPS, "settled")


@pytest.fixture(autouse=True)
def memory() -> Iterator[MemoryKeyring]:
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # no test ever touches a real one


class Watched(Encryption):
    """Does something at each step, on whatever thread does the step."""

    def __init__(self, database: Database, at: Callable[[str], None]) -> None:
        super().__init__(database)
        self._at = at

    def _on_step(self, name: str) -> None:
        self._at(name)


async def filled(path: Path) -> Database:
    """A database with one chat and one backup of it."""
    database = await open_database(path)
    message = Message(Role.USER, SECRET, id="m")
    await ConversationStore(database).insert(Conversation("Kept", id="c"), [message])
    await database.read(lambda c: backups.make(c, database.backups_folder, schema.VERSION, None))
    return database


def readable(folder: Path) -> bool:
    return any(SECRET.encode() in p.read_bytes() for p in folder.rglob("*") if p.is_file())


async def check(path: Path, *, encrypted: bool) -> None:
    """The database and its backup open with the key in the keyring and hold everything."""
    database = await open_database(path)
    try:
        assert database.encrypted is encrypted
        assert [m.text for m in await ConversationStore(database).messages("c")] == [SECRET]
        current, pending = await KeySlots(path).read()
        assert (current is not None) is encrypted
        assert pending is None or not encrypted  # a key that was never used does no harm
        for copy in backups.listed(database.backups_folder):
            with closing(backups.connect(copy, current)) as connection:
                assert connection.execute("SELECT text FROM messages").get == SECRET
    finally:
        await database.close()
    assert readable(path.parent) is not encrypted


async def test_on_rotate_and_off(tmp_path: Path, memory: MemoryKeyring) -> None:
    path = tmp_path / "slmdesk.db"
    database = await filled(path)
    encryption = Encryption(database)
    assert not (await encryption.status()).on
    assert (await encryption.status()).keyring
    told: list[tuple[str, float | None]] = []
    await encryption.turn_on(lambda p: told.append((threading.current_thread().name, p.fraction)))
    await asyncio.sleep(0)
    assert {name for name, _ in told} == {threading.current_thread().name}
    assert told[-1][1] == 1.0
    await encryption.turn_on()
    first = (await KeySlots(path).read())[0]
    await encryption.rotate()
    assert (await encryption.status()).on
    assert (await KeySlots(path).read())[0] not in (None, first)
    await database.close()
    await check(path, encrypted=True)
    database = await open_database(path)
    await Encryption(database).turn_off()
    await Encryption(database).turn_off()
    with pytest.raises(StorageError, match="not encrypted"):
        await Encryption(database).rotate()
    await database.close()
    await check(path, encrypted=False)
    assert memory.secrets == {}


async def test_a_profile_does_not_open_with_the_key_of_another(tmp_path: Path, memory: MemoryKeyring) -> None:
    database = await filled(tmp_path / "slmdesk.db")
    await Encryption(database).turn_on()
    await database.close()
    (slot,) = memory.secrets
    right = memory.secrets[slot]
    memory.secrets[slot] = "00" * 32
    with pytest.raises(WrongKey, match="another key"):
        await open_database(tmp_path / "slmdesk.db")
    memory.secrets.clear()
    with pytest.raises(WrongKey, match="holds no key") as caught:
        await open_database(tmp_path / "slmdesk.db")
    assert "moved or copied" in caught.value.hint
    memory.secrets[slot] = right
    await check(tmp_path / "slmdesk.db", encrypted=True)


@pytest.mark.parametrize(
    ("backend", "message"),
    [(NoKeyring, "cannot be used here"), (LockedKeyring, "is locked"), (ForgetfulKeyring, "did not keep the key")],
)
async def test_a_keyring_that_fails_explains_itself_and_changes_nothing(
    tmp_path: Path, backend: type, message: str
) -> None:
    path = tmp_path / "slmdesk.db"
    database = await filled(path)
    keyring.set_keyring(backend())
    encryption = Encryption(database)
    status = await encryption.status()
    assert not status.on
    assert (status.keyring == "") is (backend is not ForgetfulKeyring)
    with pytest.raises(StorageError, match=message) as caught:
        await encryption.turn_on()
    assert caught.value.hint
    await database.close()
    keyring.set_keyring(MemoryKeyring())
    await check(path, encrypted=False)


async def test_a_missing_keyring_is_named_when_an_encrypted_profile_opens(tmp_path: Path) -> None:
    path = tmp_path / "slmdesk.db"
    database = await filled(path)
    await Encryption(database).turn_on()
    await database.close()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    with pytest.raises(StorageError, match=r"encrypted, or damaged.*keyring") as caught:
        await open_database(path)
    assert "backups" in caught.value.hint


async def test_a_file_in_the_way_of_the_profile_is_explained(tmp_path: Path) -> None:
    (tmp_path / "profile").write_text("")
    with pytest.raises(StorageError, match="cannot be opened or written"):
        await open_database(tmp_path / "profile" / "slmdesk.db")


@pytest.mark.parametrize("backend", [NoKeyring, MemoryKeyring])
async def test_a_damaged_plain_database_is_called_damaged(tmp_path: Path, backend: type) -> None:
    path = tmp_path / "slmdesk.db"
    database = await filled(path)
    await database.close()
    keyring.set_keyring(backend())
    path.write_bytes(b"\x00" * 8192)
    with pytest.raises(StorageError, match="is damaged") as caught:
        await open_database(path)
    assert backups.listed(tmp_path / "backups")[0].name in caught.value.hint


def sequence(kind: str) -> list[str]:
    return {"turn_on": ["turn_on"], "rotate": ["turn_on", "rotate"], "turn_off": ["turn_on", "turn_off"]}[kind]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", ["turn_on", "rotate", "turn_off"])
async def test_an_error_in_any_step_loses_nothing(tmp_path: Path, kind: str, step: str) -> None:
    path = tmp_path / "slmdesk.db"
    database = await filled(path)
    *before, last = sequence(kind)
    for name in before:
        await getattr(Encryption(database), name)()

    def fail(name: str) -> None:
        if name == step:
            raise StorageError("injected")

    with pytest.raises(StorageError, match="injected"):
        await getattr(Watched(database, fail), last)()
    assert [m.text for m in await ConversationStore(database).messages("c")] == [SECRET]
    encrypted = database.encrypted
    await database.close()
    await check(path, encrypted=encrypted)


async def test_a_failed_change_can_be_done_again_at_once(tmp_path: Path) -> None:
    path = tmp_path / "slmdesk.db"
    database = await filled(path)

    def fail(name: str) -> None:
        if name == "swapped":
            raise StorageError("injected")

    for name in ("turn_on", "rotate", "rotate"):
        with pytest.raises(StorageError, match="injected"):
            await getattr(Watched(database, fail), name)()
    await Encryption(database).rotate()
    await database.close()
    await check(path, encrypted=True)


@pytest.mark.parametrize("step", ["key stored", "locked", "swapped"])
async def test_a_change_that_is_cancelled_loses_nothing(tmp_path: Path, step: str) -> None:
    path = tmp_path / "slmdesk.db"
    database = await filled(path)
    await Encryption(database).turn_on()
    loop = asyncio.get_running_loop()
    task: asyncio.Task[None]

    def cancel(name: str) -> None:
        if name == step:
            loop.call_soon_threadsafe(task.cancel)

    task = asyncio.create_task(Watched(database, cancel).rotate())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await ConversationStore(database).messages("c")) == 1
    await Encryption(database).rotate()
    await database.close()
    await check(path, encrypted=True)


CRASH = """
import asyncio, os, sys
from pathlib import Path
import keyring
from tests.services.keyrings import FileKeyring
from slmdesk.services.encryption import Encryption, open_database
class Crashing(Encryption):
    def _on_step(self, name):
        if name == sys.argv[3]:
            os._exit(9)
async def main():
    encryption = Crashing(await open_database(Path(sys.argv[1])))
    await getattr(encryption, sys.argv[2])()
keyring.set_keyring(FileKeyring(sys.argv[4]))
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        *[("turn_on", s) for s in ("key stored", "copied", "closed", "swapped", "reopened")],
        *[("rotate", s) for s in ("key stored", "verified", "swapped", "reopened")],
        *[("turn_off", s) for s in ("copied", "swapped", "reopened", "settled")],
    ],
)
async def test_a_crash_in_any_step_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, step: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    keyring.set_keyring(FileKeyring(tmp_path / "keyring.json"))
    path = tmp_path / "profile" / "slmdesk.db"
    path.parent.mkdir()
    database = await filled(path)
    *before, last = sequence(kind)
    for name in before:
        await getattr(Encryption(database), name)()
    await database.close()
    command = [sys.executable, "-c", CRASH, str(path), last, step, str(tmp_path / "keyring.json")]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    keyring.set_keyring(FileKeyring(tmp_path / "keyring.json"))
    swapped = STEPS.index(step) >= STEPS.index("swapped")
    expected = {"turn_on": swapped, "rotate": True, "turn_off": not swapped}[kind]
    await check(path, encrypted=expected)


async def test_a_backup_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    database = await filled(tmp_path / "slmdesk.db")
    odd = database.backups_folder / "slmdesk-v1-odd.db"
    odd.write_bytes(b"no database " * 100)
    await Encryption(database).turn_on()
    await database.close()
    assert odd.read_bytes() == b"no database " * 100
