"""The library's tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from slmdesk.core.file_entry import FileEntry
from slmdesk.storage.database import Database
from slmdesk.storage.models import Binned, ModelStore, Note, PlaceFlags

ENTRY = FileEntry(
    path=Path("/models/ein – «Modell».gguf"),
    place=Path("/models"),
    store="own",
    names=("ein", "zwei\U0001f600"),
    files=("ein – «Modell».gguf",),
    size=5_000_000_000,
    mtime_ns=1_795_478_392_318_037_123,
    inode=2**64 - 1,
    device=2**63,
    mark="0a",
    publisher="me",
    digest="d" * 64,
    identity="d" * 64,
    fingerprint="f",
    added=12.5,
    summary={"format": "gguf", "shape": {"layers": 2}},
)


async def test_entries_come_back_as_they_were(database: Database) -> None:
    store = ModelStore(database)
    await store.put([(ENTRY, {"template": "x" * 100_000}, [{"rule": "r"}])])
    assert (await store.load()).entries == [ENTRY]
    assert await store.facts(ENTRY.path) == ({"template": "x" * 100_000}, [{"rule": "r"}])
    assert await store.facts(Path("/nowhere")) == ({}, [])
    away = replace(ENTRY, offline=True)
    await store.change([away])
    assert (await store.load()).entries == [away]
    assert (await store.facts(ENTRY.path))[1] == [{"rule": "r"}], "the facts stay"
    await store.put([(ENTRY, {}, [])])
    assert (await store.load()).entries == [ENTRY]
    await store.change([], [ENTRY.path])
    assert (await store.load()).entries == []


async def test_a_damaged_row_is_left_out(database: Database) -> None:
    store = ModelStore(database)
    entries = [replace(ENTRY, path=Path(f"/models/{n}.gguf")) for n in range(4)]
    await store.put([(e, {}, []) for e in entries])
    await database.execute("UPDATE model_files SET inode = 'x' WHERE number = 1")
    await database.execute("UPDATE model_files SET names = '{' WHERE number = 2")
    await database.execute("UPDATE model_files SET summary = '[[', facts = 'no', findings = '{}' WHERE number = 3")
    found = (await store.load()).entries
    assert [(e.path.stem, dict(e.summary)) for e in found] == [("2", {}), ("3", dict(ENTRY.summary))]
    assert await store.facts(entries[2].path) == ({}, [])


async def test_places_notes_and_aliases(database: Database) -> None:
    store = ModelStore(database)
    await store.set_place(ENTRY.place, PlaceFlags(owned=True))
    await store.set_place(ENTRY.place, PlaceFlags(owned=True, enabled=False))
    await store.set_notes([ENTRY.path, Path("/b")], Note("Name", ("a", "b"), "text"))
    await store.set_notes([Path("/b")], Note())
    await store.set_aliases({"/old": "/new"})
    await store.set_aliases({"/old": "/newer"})
    await store.put([(ENTRY, {}, [])])
    found = await store.load()
    assert found.places == {ENTRY.place: PlaceFlags(owned=True, enabled=False)}
    assert found.notes == {str(ENTRY.path): Note("Name", ("a", "b"), "text")}
    assert found.aliases == {"/old": "/newer"}
    await store.drop_place(ENTRY.place)
    await store.drop_alias(Path("/old"))
    found = await store.load()
    assert (found.places, found.entries, found.aliases) == ({}, [], {})
    assert found.notes, "words of a person outlive the place"


async def test_the_bin_newest_first(database: Database) -> None:
    store = ModelStore(database)
    items = [
        Binned(f"t{n}", ENTRY.path, ENTRY.place, "ein", Path(f"/models/bin/t{n}"), (("a", "/models/a"),), 5, float(n))
        for n in range(2)
    ]
    for item in items:
        await store.put_binned(item)
    assert await store.binned() == items[::-1]
    await store.drop_binned("t1")
    assert await store.binned() == items[:1]


async def test_stamps(database: Database) -> None:
    store = ModelStore(database)
    await store.put_stamp(ENTRY.path, 5, 6, "d", 7.5, {"ok": True})
    await store.put_stamp(ENTRY.path, 5, 7, "e", 8.5, {"ok": False})
    assert await store.stamps() == {ENTRY.path: (5, 7, "e", 8.5, {"ok": False})}
    await store.drop_stamp(ENTRY.path)
    assert await store.stamps() == {}
