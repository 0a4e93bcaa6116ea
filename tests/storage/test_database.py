from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from slmdesk.core.chat import Conversation, Message, Role
from slmdesk.core.errors import StorageError, WrongKey
from slmdesk.core.progress import Progress
from slmdesk.storage import backups, schema
from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import REKEY_STEPS, Database
from slmdesk.storage.settings import SettingsStore

SCHEMAS = Path(__file__).parent / "schemas"
KEY = "a1" * 32
OTHER_KEY = "b2" * 32


def old_database(path: Path, version: int, key: str | None = None) -> None:
    with closing(backups.connect(path, key, create=True)) as connection:
        connection.execute((SCHEMAS / f"v{version}.sql").read_text("utf-8"))


async def test_a_new_database_is_private_and_of_the_newest_schema(database: Database) -> None:
    assert await database.read(schema.version_of) == schema.VERSION
    assert await database.read(lambda c: c.execute("PRAGMA journal_mode").get) == "wal"
    assert await database.read(lambda c: c.execute("PRAGMA foreign_keys").get) == 1
    assert not list(database.path.parent.glob("backups/*"))
    if os.name == "posix":
        assert database.path.stat().st_mode & 0o777 == 0o600


async def test_everything_runs_on_one_thread_that_ends_with_close(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "a.db")
    names = await asyncio.gather(*(database.read(lambda c: threading.current_thread().name) for _ in range(20)))
    assert len(set(names)) == 1
    assert names[0] != threading.current_thread().name
    await database.close()
    await database.close()
    assert names[0] not in [t.name for t in threading.enumerate()]
    assert [p.name for p in tmp_path.glob("a.db*")] == ["a.db"]


async def test_a_failed_write_changes_nothing(database: Database) -> None:
    def work(c: apsw.Connection) -> None:
        c.execute("INSERT INTO settings VALUES ('theme', '1')")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(work)
    assert await SettingsStore(database).load() == ({}, {})


def test_a_fixture_is_kept_for_every_schema_version() -> None:
    assert {p.name for p in SCHEMAS.glob("v*.sql")} == {f"v{n}.sql" for n in range(1, schema.VERSION + 1)}


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("version", range(1, schema.VERSION + 1))
async def test_every_older_schema_opens_with_all_that_is_in_it(tmp_path: Path, version: int, key: str | None) -> None:
    path = tmp_path / "slmdesk.db"
    old_database(path, version, key)
    database = await Database.open(path, key)
    store = ConversationStore(database)
    try:
        (head,) = await store.list()
        assert (head.title, head.pinned, head.folder, head.leaf_id) == ("Über das Café", True, "Work", "m3")
        assert head.sampling == {"temperature": 0.2}
        assert head.draft == "half a thought"
        assert [i.id for i in await store.list(deleted=True)] == ["c2"]
        user, answer, unfinished = await store.messages("c1")
        assert user.attachments[0].text == "Q4_K_M"
        assert answer.timings is not None
        assert answer.timings.generation_tps == 31.5
        assert unfinished.finish_reason == ""
        assert [h.message_id for h in await store.search("fewer bits")] == ["m2"]
        settings, state = await SettingsStore(database).load()
        assert settings == {"theme": "dark", "of_another_version": {"a": 1}}
        assert state == {"splitter": [200, 600]}
        assert len(await SettingsStore(database).presets()) == (1 if version >= 2 else 0)
    finally:
        await database.close()
    made = backups.listed(tmp_path / "backups")
    assert len(made) == (1 if version < schema.VERSION else 0)
    for copy in made:
        assert copy.name.startswith(f"slmdesk-v{version}-")
        assert backups.is_plain(copy) is (key is None)
        with closing(backups.connect(copy, key)) as connection:
            assert schema.version_of(connection) == version
            assert connection.execute("SELECT count(*) FROM messages").get == 3


async def test_only_the_newest_backups_stay(tmp_path: Path) -> None:
    for number in range(8):
        path = tmp_path / "slmdesk.db"
        path.unlink(missing_ok=True)
        old_database(path, 1)
        await (await Database.open(path)).close()
        if number == 0:
            first = backups.listed(tmp_path / "backups")[0].stat().st_mtime_ns
    kept = backups.listed(tmp_path / "backups")
    assert len(kept) == backups.KEEP
    assert min(p.stat().st_mtime_ns for p in kept) > first


async def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "slmdesk.db"
    old_database(path, 1)
    monkeypatch.setattr(
        schema, "MIGRATIONS", (schema.MIGRATIONS[0], "CREATE TABLE half (a); CREATE TABLE messages (a)")
    )
    with pytest.raises(StorageError):
        await Database.open(path)
    monkeypatch.undo()
    with closing(backups.connect(path, None)) as connection:
        assert schema.version_of(connection) == 1
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").get == 0
    await (await Database.open(path)).close()


async def test_a_newer_schema_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "slmdesk.db"
    old_database(path, schema.VERSION)
    with closing(backups.connect(path, None)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StorageError, match="newer SLMDesk") as caught:
        await Database.open(path)
    assert "Update SLMDesk" in caught.value.hint
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["slmdesk.db"]


async def test_another_programs_database_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "slmdesk.db"
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    with pytest.raises(StorageError, match="damaged or not a database"):
        await Database.open(path)
    assert path.read_bytes() == before


async def test_a_damaged_file_names_the_backups(tmp_path: Path) -> None:
    path = tmp_path / "slmdesk.db"
    old_database(path, 1)
    await (await Database.open(path)).close()
    (copy,) = backups.listed(tmp_path / "backups")
    path.write_bytes(b"This is no database at all. " * 400)
    with pytest.raises(StorageError, match="damaged") as caught:
        await Database.open(path)
    assert copy.name in caught.value.hint
    assert not isinstance(caught.value, WrongKey)


@pytest.mark.expects_warnings
async def test_a_damaged_page_hides_only_what_is_on_it(tmp_path: Path) -> None:
    path = tmp_path / "slmdesk.db"
    database = await Database.open(path)
    store = ConversationStore(database)
    for number in range(200):
        await store.insert(Conversation(f"Chat {number}", system_prompt="x" * 500, updated=float(number)))
    page_size = 4096
    leaves = await database.read(
        lambda c: [
            r[0] for r in c.execute("SELECT pageno FROM dbstat WHERE name = 'conversations' AND pagetype = 'leaf'")
        ]
    )
    await database.close()
    with path.open("r+b") as file:
        file.seek((leaves[len(leaves) // 2] - 1) * page_size)
        file.write(b"\xff" * page_size)
    database = await Database.open(path)
    try:
        found = await ConversationStore(database).list()
        assert 150 < len(found) < 200
    finally:
        await database.close()


async def test_a_file_in_the_way_of_the_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "profile").write_text("a file, not a folder")
    with pytest.raises(StorageError, match="cannot be opened or written"):
        await Database.open(tmp_path / "profile" / "slmdesk.db")


async def test_a_disk_that_is_full_loses_one_change_and_damages_nothing(database: Database) -> None:
    store = ConversationStore(database)
    head = Conversation("Kept")
    await store.insert(head)
    message = Message(Role.ASSISTANT, "short")
    await store.add_message(head.id, message)
    pages = await database.read(lambda c: c.execute("PRAGMA page_count").get)
    await database.read(lambda c: c.execute(f"PRAGMA max_page_count = {pages + 1}").get)
    long = Message(Role.ASSISTANT, "long " * 50_000, id=message.id)
    with pytest.raises(StorageError, match="disk is full") as caught:
        await store.save_message(head.id, long)
    assert "Free some space" in caught.value.hint
    assert [m.text for m in await store.messages(head.id)] == ["short"]
    await database.read(lambda c: c.execute("PRAGMA max_page_count = 1000000").get)
    await store.save_message(head.id, long)
    assert (await store.messages(head.id))[0].text == long.text
    assert await database.read(lambda c: c.execute("PRAGMA integrity_check").get) == "ok"


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk needs Linux and root")
async def test_a_real_small_disk_that_fills_up(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount") or "mount"
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        database = await Database.open(place / "slmdesk.db")
        store = ConversationStore(database)
        head = Conversation("Kept")
        await store.insert(head)
        filler = place / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096) == 4096:
                    pass
            except OSError:
                pass
        with pytest.raises(StorageError, match="disk is full"):
            await store.add_message(head.id, Message(Role.USER, "word " * 200_000))
        filler.unlink()
        await store.add_message(head.id, Message(Role.USER, "after", finish_reason="stop"))
        assert (await store.messages(head.id))[-1].text == "after"
        assert await database.read(lambda c: c.execute("PRAGMA integrity_check").get) == "ok"
        await database.close()
    finally:
        subprocess.run([shutil.which("umount") or "umount", "-l", str(place)], check=True)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="a read-only mount needs Linux and root")
async def test_a_folder_on_a_read_only_disk_is_explained(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    mount, umount = shutil.which("mount") or "mount", shutil.which("umount") or "umount"
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(StorageError, match="cannot be opened or written"):
            await Database.open(place / "slmdesk.db")
    finally:
        subprocess.run([umount, "-l", str(place)], check=True)


WRITER = """
import asyncio, sys, time
from pathlib import Path
from slmdesk.core.chat import Conversation, Message, Role
from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import Database
async def main():
    store = ConversationStore(await Database.open(Path(sys.argv[1])))
    head = Conversation("Streaming", id="c")
    await store.insert(head)
    message = Message(Role.ASSISTANT, "", id="m")
    await store.add_message("c", message)
    for number in range(100000):
        await store.save_message("c", Message(Role.ASSISTANT, f"{number} " * 3000, id="m"))
        print(number, flush=True)
asyncio.run(main())
"""


async def test_a_killed_program_loses_nothing_that_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "slmdesk.db"
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    last = -1
    while last < 40:
        last = int(child.stdout.readline())
    child.kill()
    rest = child.stdout.read().splitlines()
    child.stdout.close()
    child.wait()
    last = int(rest[-1]) if rest else last
    database = await Database.open(path)
    store = ConversationStore(database)
    assert await store.recover() == 1
    (message,) = await store.messages("c")
    assert int(message.text.split()[0]) >= last
    assert message.finish_reason == "error"
    assert message.error == "The program ended while this was written."
    assert [h.message_id for h in await store.search(message.text.split()[0])] == ["m"]
    assert await store.recover() == 0
    await database.close()


async def test_the_right_key_opens_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "slmdesk.db"
    database = await Database.open(path, KEY)
    await ConversationStore(database).insert(Conversation("Secret title"))
    await database.close()
    assert b"Secret title" not in path.read_bytes()
    assert not backups.is_plain(path)
    with pytest.raises(WrongKey):
        await Database.open(path, OTHER_KEY)
    with pytest.raises(StorageError):
        await Database.open(path)
    with pytest.raises(ValueError, match="64 hexadecimal"):
        await Database.open(path, "'; DROP TABLE messages")
    database = await Database.open(path, KEY)
    assert [c.title for c in await ConversationStore(database).list()] == ["Secret title"]
    await database.close()


async def test_rekeying_on_rotate_and_off_keeps_everything(database: Database, store: ConversationStore) -> None:
    head = Conversation("Kept", id="c")
    await store.insert(head, [Message(Role.USER, "findable words", id="m")])
    for key in (KEY, OTHER_KEY, None):
        steps: list[str] = []
        await database.rekey(key, lambda p, steps=steps: steps.append(p.text))  # type: ignore[misc]
        assert tuple(steps) == REKEY_STEPS
        assert backups.is_plain(database.path) is (key is None)
        assert database.encrypted is (key is not None)
        assert [h.message_id for h in await store.search("findable")] == ["m"]
        await store.update("c", {"title": f"after {key}"})
        assert await database.read(lambda c: c.execute("PRAGMA journal_mode").get) == "wal"
        on_disk = b"".join(p.read_bytes() for p in database.path.parent.glob("slmdesk.db*"))
        assert (b"findable words" in on_disk) is (key is None)


async def test_rekeying_waits_for_no_one_and_says_who_is_in_the_way(database: Database) -> None:
    with closing(backups.connect(database.path, None)) as other:
        other.execute("SELECT count(*) FROM messages").get  # noqa: B018
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM messages").get  # noqa: B018
        with pytest.raises(StorageError, match="in use by another program"):
            await database.rekey(KEY)
    assert backups.is_plain(database.path)
    assert await ConversationStore(database).list() == []


@pytest.mark.parametrize("step", REKEY_STEPS)
async def test_an_error_in_any_step_of_rekeying_leaves_an_open_database(database: Database, step: str) -> None:
    store = ConversationStore(database)
    await store.insert(Conversation("Kept"))

    def fail(progress: Progress) -> None:
        if progress.text == step:
            raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="disk is full"):
        await database.rekey(KEY, fail)
    assert [c.title for c in await store.list()] == ["Kept"]
    assert backups.is_plain(database.path) is not database.encrypted
    assert not list(database.path.parent.glob("*.new"))


CRASH = """
import asyncio, os, sys
from pathlib import Path
from slmdesk.storage.database import Database
def crash(progress):
    if progress.text == sys.argv[3]:
        os._exit(9)
async def main():
    database = await Database.open(Path(sys.argv[1]))
    await database.rekey(sys.argv[2], crash)
asyncio.run(main())
"""


@pytest.mark.parametrize("step", REKEY_STEPS)
async def test_a_crash_in_any_step_of_rekeying_leaves_one_whole_file(tmp_path: Path, step: str) -> None:
    path = tmp_path / "slmdesk.db"
    old_database(path, schema.VERSION)
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", CRASH, str(path), KEY, step])
    assert done.returncode == 9
    swapped = REKEY_STEPS.index(step) >= REKEY_STEPS.index("swapped")
    database = await Database.open(path, KEY if swapped else None)
    assert len(await ConversationStore(database).messages("c1")) == 3
    assert await database.read(lambda c: c.execute("PRAGMA integrity_check").get) == "ok"
    await database.close()
    assert not list(tmp_path.glob("*.new"))


async def test_a_waiting_write_does_not_hold_up_the_caller(database: Database) -> None:
    def slow(c: apsw.Connection) -> None:
        time.sleep(0.2)

    task = asyncio.ensure_future(database.read(slow))
    started = time.perf_counter()
    await asyncio.sleep(0)
    assert time.perf_counter() - started < 0.1
    await task
