from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from slmdesk.core.chat import Message, Role
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.network import Connection
from slmdesk.desk import Desk
from slmdesk.services.data_map import bytes_in
from tests.services.keyrings import MemoryKeyring

WORD = "xyzzyplugh"
TOKEN = "hf_" + "S3cr" * 8


@pytest.fixture
def backend() -> Iterator[MemoryKeyring]:
    kept = MemoryKeyring()
    keyring.set_keyring(kept)
    yield kept
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]


def files_with(folder: Path, word: str) -> list[str]:
    return [p.name for p in folder.rglob("*") if p.is_file() and word.encode() in p.read_bytes()]


async def use(desk: Desk) -> None:
    """Leave the word everywhere a person's words can end up."""
    for _ in range(30):
        chat = await desk.conversations.create(title=f"About {WORD}")
        await desk.conversations.add_message(chat.id, Message(Role.USER, f"What is {WORD}? " * 50))
        await desk.conversations.add_message(chat.id, Message(Role.ASSISTANT, f"It is {WORD}.", finish_reason="stop"))
    await desk.conversations.delete(chat.id)
    desk.network.record(Connection(1e9, "hub", f"{WORD}.example.org", 443))
    (desk.profile.backups / "slmdesk-v1.db").write_text(WORD)
    (desk.profile.state_cache / "state").write_text(WORD)
    await desk.secrets.set("huggingface", TOKEN)
    await desk.secrets.set("proxy", TOKEN)
    logging.getLogger("slmdesk").info("logged %s", WORD)
    logging.getLogger("slmdesk").warning("headers: Bearer %s, %s", TOKEN, TOKEN)


@pytest.mark.expects_warnings
async def test_every_kind_is_told_with_its_size(profile_dir: Path, backend: MemoryKeyring) -> None:
    async with Desk.opened(profile_dir) as desk:
        await use(desk)
        places = {place.key: place for place in await desk.data_map.places()}
    assert places["chats"].bytes > 100_000  # type: ignore[operator]
    assert places["backups"].bytes == len(WORD)
    assert places["tokens"].where == "keyring"
    in_database = [p.bytes or 0 for p in places.values() if p.where.endswith("slmdesk.db")]
    assert all(place.name and place.note for place in places.values())
    assert sum(in_database) > 150_000


@pytest.mark.expects_warnings
async def test_a_wiped_kind_leaves_nothing(profile_dir: Path, backend: MemoryKeyring) -> None:
    async with Desk.opened(profile_dir) as desk:
        await use(desk)
        wiped: list[str] = []
        desk.data_map.wiped.connect(wiped.append)
        assert files_with(profile_dir, WORD)
        for key in ("chats", "network", "logs", "tokens"):
            await desk.data_map.wipe(key)
        assert files_with(profile_dir, WORD) == []
        assert wiped == ["chats", "network", "logs", "tokens"]
        assert backend.secrets == {}
        assert await desk.conversations.search(WORD) == []
        logging.getLogger("slmdesk").info("goes on")
        with pytest.raises(SlmdeskError, match="alone"):
            await desk.data_map.wipe("library")
    assert "goes on" in (profile_dir / "logs" / "slmdesk.log").read_text()
    async with Desk.opened(profile_dir) as desk:
        assert await desk.conversations.list() == []
        await desk.conversations.create(title="after it")
        assert len(await desk.conversations.search("after")) == 1


@pytest.mark.expects_warnings
async def test_everything_is_gone_with_the_desk(profile_dir: Path, backend: MemoryKeyring, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "other.gguf").write_text("not ours")
    async with Desk.opened(profile_dir) as desk:
        await use(desk)
        (desk.profile.models / "a.gguf").write_text("a model")
        (desk.profile.models / "link").symlink_to(elsewhere)
        (profile_dir / "mine.txt").write_text("a file of the person's")
        desk.data_map.erase_at_close(models=False)
    left = sorted(p.relative_to(profile_dir).as_posix() for p in profile_dir.rglob("*"))
    assert left == ["mine.txt", "models", "models/a.gguf", "models/link"]
    assert backend.secrets == {}
    async with Desk.opened(profile_dir) as desk:
        desk.data_map.erase_at_close(models=True)
    assert [p.name for p in profile_dir.iterdir()] == ["mine.txt"]
    assert (elsewhere / "other.gguf").read_text() == "not ours"


@pytest.mark.expects_warnings
async def test_a_token_is_in_no_file(profile_dir: Path, tmp_path: Path) -> None:
    """Without a keyring: not in the database, the logs, the exports or the ledger."""
    async with Desk.opened(profile_dir) as desk:
        await use(desk)
        assert await desk.secrets.place("huggingface") == "this run"
        await desk.network.export(tmp_path / "ledger.csv")
        await desk.network.export(tmp_path / "ledger.json")
        await desk.transfer.export(None, "json", tmp_path / "chats.json")
    assert files_with(tmp_path, TOKEN) == []
    assert "Bearer …" in (profile_dir / "logs" / "slmdesk.log").read_text()


def test_links_are_not_counted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(10))
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert bytes_in(tmp_path) == 10
    assert bytes_in(tmp_path / "nowhere") == 0
