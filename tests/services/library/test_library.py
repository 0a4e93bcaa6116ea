"""The library over real folders, with the real worker and a real database."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.facts import ModelFacts
from slmdesk.core.models import Ability, ModelFormat, ParameterClass, Verdict
from slmdesk.core.progress import Progress
from slmdesk.runtimes.llama_cpp import LlamaCpp
from slmdesk.services.jobs import Jobs, JobState
from slmdesk.services.library import Library
from slmdesk.services.library import library as library_module
from slmdesk.services.library.watch import watch
from tests.benchmarks.random_gguf import write_model
from tests.services.library import model_stores
from tests.services.library.conftest import Room

Names = Callable[[], list[str]]


async def until(condition: Callable[[], object], seconds: float = 8.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_starter_is_known_at_once(library: Library, starter: Path) -> None:
    assert library.entries() == []
    (model,) = await library.models()
    assert model is library.starter
    assert (model.name, model.path, model.runtime, model.starter) == ("Starter", starter, "llama.cpp", True)
    assert model.verdict is Verdict.SAFE
    assert not model.homes[0].owned


async def test_what_was_found_is_there_at_the_next_start(room: Room, tiny: Path, names: Names) -> None:
    model_stores.copy(tiny, room.own / "one.gguf")
    model_stores.safetensors(room.own / "two")
    result = await room.library.scan()
    assert (result.added, result.changed, result.removed, result.unreadable) == (3, 0, 0, ())
    before = room.library.entries()
    await room.close()
    library = await room.open()
    assert names() == ["one", "two"], "without any look at the disk"
    assert library.entries() == before
    result = await library.scan()
    assert (result.added, result.changed, result.removed) == (0, 0, 0)


async def test_facts_shape_findings_and_metadata(room: Room, tiny: Path) -> None:
    path = model_stores.copy(tiny, room.own / "one.gguf")
    await room.library.scan()
    model = await room.library.find("one")
    assert model.id == f"llama.cpp:{path}"
    assert (model.quantization, model.context_length, model.format) == ("F16", 4096, ModelFormat.GGUF)
    assert model.parameters == 150_848
    assert model.parameter_class is ParameterClass.BELOW
    facts = await room.library.facts(model.id)
    assert isinstance(facts, ModelFacts)
    assert "im_start" in facts.template
    shape = room.library.shape(model.id)
    assert shape is not None
    assert shape is room.library.shape(model.id)
    assert shape.layers == 2
    assert {f.verdict for f in await room.library.findings(model.id)} <= {Verdict.SAFE}
    assert (await room.library.metadata(model.id))["general.architecture"] == "llama"


async def test_what_nothing_runs_is_listed_but_not_offered(room: Room, names: Names) -> None:
    model_stores.safetensors(room.own / "phi")
    (room.own / "evil.pt").write_bytes(b"\x80\x04never opened")
    await room.library.scan()
    assert names() == ["evil", "phi"]
    assert [m.name for m in await room.library.models()] == ["Starter"]
    evil, phi = room.library.entries()[:2]
    assert (evil.format, evil.verdict, evil.runtime) == (ModelFormat.PICKLE, Verdict.REFUSED, "")
    assert "pickle" in evil.problem.lower()
    assert phi.verdict is Verdict.SAFE
    assert "safetensors" in phi.problem


async def test_every_store_is_searched_and_none_is_written_to(room: Room, tiny: Path, other: Path) -> None:
    stores = room.folder / "stores"
    model_stores.hugging_face(stores / "hub", "bartowski/HF", {"hf.gguf": tiny})
    model_stores.copy(tiny, stores / "lm" / "publisher" / "repo" / "lm.gguf")
    model_stores.copy(other, stores / "jan" / "jan-model" / "model.gguf")
    model_stores.copy(tiny, stores / "gpt4all" / "g4a.gguf")
    blob = model_stores.ollama(stores / "ollama", "qwen3:0.6b", tiny)
    model_stores.foundry(stores / "foundry", "Microsoft", "Phi")
    kinds = {"hub": "huggingface", "lm": "lmstudio"}
    room.stores[:] = [(p, kinds.get(p.name, p.name)) for p in sorted(stores.iterdir())]
    before = model_stores.snapshot(stores)
    await room.close()
    library = await room.open()
    await library.scan()
    assert {p.store: p.models for p in library.places()} == {
        "own": 0, "foundry": 1, "gpt4all": 1, "huggingface": 1, "jan": 1, "lmstudio": 1, "ollama": 1,
    }  # fmt: skip
    assert await library.confirm() == 2
    (group,) = library.duplicates()
    assert {h.store for h in group.homes} == {"huggingface", "lmstudio", "gpt4all", "ollama"}
    assert group.bytes_to_win == 3 * tiny.stat().st_size
    assert group.own_bytes == 0
    with pytest.raises(SlmdeskError, match="lies in 4 folders"):
        await library.delete(group.model.id)
    assert sorted(m.name for m in library.entries()) == ["Phi", "Starter", "jan-model", "lm"]
    assert (await library.find("qwen3:0.6b")).id == group.model.id, "any of its names finds it"
    assert (await library.find(str(blob))).id == group.model.id
    for home in group.homes:
        with pytest.raises(SlmdeskError, match="does not change"):
            await library.delete(group.model.id, home.path)
    assert model_stores.snapshot(stores) == before


async def test_ollamas_blob_runs_in_place(room: Room, starter: Path) -> None:
    blob = model_stores.ollama(room.folder / "ollama", "starter:latest", starter)
    before = model_stores.snapshot(room.folder / "ollama")
    await room.library.add_place(room.folder / "ollama")
    (place,) = [p for p in room.library.places() if p.store == "ollama"]
    assert place.store_name == "Ollama"
    model = await room.library.find("starter:latest")
    assert (model.path, model.runtime) == (blob, "llama.cpp")
    loaded = await LlamaCpp([]).load(model, LoadOptions(context_length=256, threads=1))
    assert loaded.context_length == 256
    await loaded.unload()
    assert model_stores.snapshot(room.folder / "ollama") == before


async def test_equal_files_become_one_model_when_they_are_compared(
    room: Room, tiny: Path, other: Path, names: Names
) -> None:
    for name in ("a/one.gguf", "b/two.gguf"):
        model_stores.copy(tiny, room.own / name)
    model_stores.copy(other, room.own / "c/three.gguf")
    await room.library.scan()
    assert names() == ["one", "three", "two"]
    (suspected,) = room.library.duplicates()
    assert not suspected.confirmed
    assert {m.name for m in suspected.models} == {"one", "two"}
    told: list[Progress] = []
    assert await room.library.confirm(told.append) == 2
    assert names() == ["one", "three"]
    (group,) = room.library.duplicates()
    assert group.confirmed
    assert group.model.digest == model_stores.sha256(tiny)
    assert [h.path.name for h in group.model.homes] == ["one.gguf", "two.gguf"]
    assert group.own_bytes == group.bytes_to_win == tiny.stat().st_size
    assert room.library.get(f"llama.cpp:{room.own}/b/two.gguf") == group.model, "the other id leads to it"
    assert await room.library.confirm() == 0
    await room.library.scan()
    assert names() == ["one", "three"], "digests are kept"


async def test_links_are_one_model_with_nothing_to_win(room: Room, tiny: Path, names: Names) -> None:
    first = model_stores.copy(tiny, room.own / "one.gguf")
    os.link(first, room.own / "two.gguf")
    (room.own / "three.gguf").symlink_to(first)
    await room.library.scan()
    assert names() == ["one"]
    assert len(room.library.entries()[0].homes) == 3
    assert room.library.duplicates() == []


async def test_copies_share_their_bytes_after_a_hard_link(room: Room, tiny: Path) -> None:
    store = room.folder / "lm"
    foreign = model_stores.copy(tiny, store / "p" / "r" / "one.gguf")
    mine = model_stores.copy(tiny, room.own / "two.gguf")
    await room.library.add_place(store)
    await room.library.scan()
    await room.library.confirm()
    (group,) = room.library.duplicates()
    with pytest.raises(SlmdeskError, match="other programs' folders are never changed"):
        await room.library.hard_link(group, mine)
    assert await room.library.hard_link(group, foreign) == tiny.stat().st_size
    assert mine.samefile(foreign)
    assert mine.read_bytes() == tiny.read_bytes()
    assert room.library.duplicates() == []
    assert not [p for p in room.own.iterdir() if p.name.startswith(".")]
    (model,) = [m for m in room.library.entries() if not m.starter]
    assert len(model.homes) == 2


async def test_a_copy_that_changed_is_not_linked(room: Room, tiny: Path) -> None:
    keep = model_stores.copy(tiny, room.own / "keep.gguf")
    mine = model_stores.copy(tiny, room.own / "mine.gguf")
    await room.library.scan()
    await room.library.confirm()
    (group,) = room.library.duplicates()
    status = mine.stat()
    data = bytearray(mine.read_bytes())
    data[-1] ^= 1
    mine.write_bytes(data)
    os.utime(mine, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(SlmdeskError, match="not the same"):
        await room.library.hard_link(group, keep)
    assert mine.read_bytes() == bytes(data)


async def test_a_model_is_deleted_and_comes_back(room: Room, tiny: Path, names: Names) -> None:
    path = model_stores.copy(tiny, room.own / "sub" / "one.gguf")
    await room.library.scan()
    model = await room.library.find("one")
    await room.library.rename(model.id, "My one")
    deleted = await room.library.delete(model.id)
    assert (deleted.name, deleted.bytes) == ("My one", tiny.stat().st_size)
    assert not path.exists()
    assert names() == []
    await room.library.scan()
    assert names() == [], "the bin is not searched"
    assert [b.name for b in await room.library.bin()] == ["My one"]
    assert await room.library.undo(deleted.token) == model.id
    assert path.read_bytes() == tiny.read_bytes()
    assert names() == ["My one"]
    assert not list(room.own.glob(".slmdesk-bin"))
    with pytest.raises(SlmdeskError, match="not in the bin"):
        await room.library.undo(deleted.token)


async def test_the_bin_is_emptied(room: Room, tiny: Path) -> None:
    model_stores.copy(tiny, room.own / "one.gguf")
    model_stores.safetensors(room.own / "phi")
    await room.library.scan()
    for name in ("one", "phi"):
        await room.library.delete((await room.library.find(name)).id)
    assert list(room.own.iterdir()) == [room.own / ".slmdesk-bin"]
    assert await room.library.empty_bin() > tiny.stat().st_size
    assert list(room.own.iterdir()) == []
    assert await room.library.bin() == []


async def test_undo_never_overwrites(room: Room, tiny: Path, other: Path) -> None:
    path = model_stores.copy(tiny, room.own / "one.gguf")
    await room.library.scan()
    deleted = await room.library.delete((await room.library.find("one")).id)
    model_stores.copy(other, path)
    with pytest.raises(SlmdeskError, match="there again"):
        await room.library.undo(deleted.token)
    assert path.read_bytes() == other.read_bytes()
    path.unlink()
    await room.library.undo(deleted.token)
    assert path.read_bytes() == tiny.read_bytes()


async def test_what_may_not_be_deleted(room: Room, tiny: Path, starter: Path) -> None:
    library = room.library
    for name in ("one", "two"):
        model_stores.copy(tiny, room.own / f"{name}.gguf")
    model_stores.copy(tiny, room.folder / "read-only" / "three.gguf")
    await library.add_folder(room.folder / "read-only")
    await library.scan()
    (model,) = [m for m in library.entries() if m.name == "one"]
    library.users.append(lambda m: ["It is in memory."] if m.name == "one" else [])
    assert library.uses(model.id) == ["It is in memory."]
    with pytest.raises(SlmdeskError, match=r"one is in use: It is in memory\."):
        await library.delete(model.id)
    library.users.clear()
    with pytest.raises(SlmdeskError, match="stays"):
        await library.delete((await library.find("Starter")).id)
    assert starter.exists()
    three = await library.find("three")
    with pytest.raises(SlmdeskError, match="does not change"):
        await library.delete(three.id)
    await library.set_place(room.folder / "read-only", owned=True)
    await library.confirm()
    (merged,) = [m for m in library.entries() if not m.starter]
    with pytest.raises(SlmdeskError, match="3 of your folders"):
        await library.delete(merged.id)
    await library.delete(merged.id, merged.homes[0].path)
    (left,) = [m for m in library.entries() if not m.starter]
    assert len(left.homes) == 2
    assert library.get(merged.id) == left, "a chat that used the deleted copy finds the other one"
    with pytest.raises(SlmdeskError, match="no longer"):
        await library.delete("llama.cpp:/nowhere.gguf")


async def test_a_drive_that_is_away_keeps_its_models(room: Room, tiny: Path, names: Names) -> None:
    usb = room.folder / "usb"
    model_stores.copy(tiny, usb / "one.gguf")
    await room.library.add_place(usb)
    model = await room.library.find("one")
    await room.library.set_note(model.id, "for the train")
    usb.rename(room.folder / "away")
    await room.library.scan()
    (model,) = [m for m in room.library.entries() if m.name == "one"]
    assert model.offline
    assert "away" in model.problem
    assert [p.offline for p in room.library.places()] == [False, True]
    await room.close()
    await room.open()
    assert names() == ["one"], "not forgotten over a restart"
    with pytest.raises(SlmdeskError, match="does not change"):
        await room.library.delete(model.id)
    (room.folder / "away").rename(usb)
    result = await room.library.scan()
    assert result.changed == 0, "nothing had to be read again"
    (model,) = [m for m in room.library.entries() if m.name == "one"]
    assert (model.offline, model.problem, model.note) == (False, "", "for the train")


async def test_a_file_that_was_deleted_elsewhere_goes(room: Room, tiny: Path, names: Names) -> None:
    path = model_stores.copy(tiny, room.own / "one.gguf")
    await room.library.scan()
    path.unlink()
    assert (await room.library.scan()).removed == 1
    assert names() == []
    assert room.library.get(f"llama.cpp:{path}") is None


async def test_an_unmounted_drive_leaves_an_empty_folder(room: Room, tiny: Path) -> None:
    """The mount point is there, but on another device than the files were."""
    usb = room.folder / "usb"
    path = model_stores.copy(tiny, usb / "models" / "one.gguf")
    await room.library.add_place(usb)
    entry = room.index.entries[path]
    await room.index.change([replace(entry, device=entry.device + 1)])
    shutil.rmtree(usb / "models")
    assert (await room.library.scan()).removed == 0
    assert [m.offline for m in room.library.entries() if not m.starter] == [True]


async def test_a_moved_file_keeps_its_words_and_its_id(room: Room, tiny: Path) -> None:
    path = model_stores.copy(tiny, room.own / "one.gguf")
    await room.library.scan()
    model = await room.library.find("one")
    await room.library.set_tags(model.id, ["work", " work ", "", "small"])
    await room.library.set_note(model.id, "  good  ")
    (room.own / "sub").mkdir()
    path.rename(room.own / "sub" / "uno.gguf")
    await room.library.scan()
    moved = room.library.get(model.id)
    assert moved is not None
    assert (moved.name, moved.tags, moved.note, moved.added) == ("uno", ("work", "small"), "good", model.added)


async def test_words_of_a_person(room: Room, tiny: Path) -> None:
    model_stores.copy(tiny, room.own / "one.gguf")
    await room.library.scan()
    model = await room.library.find("one")
    await room.library.rename(model.id, "  My \n model ")
    assert (await room.library.find("my model")).id == model.id
    assert (await room.library.find("one")).id == model.id
    await room.library.set_tags(model.id, ["a"])
    await room.close()
    await room.open()
    kept = room.library.get(model.id)
    assert kept is not None
    assert (kept.name, kept.tags) == ("My model", ("a",))
    await room.library.rename(model.id, "")
    kept = room.library.get(model.id)
    assert kept is not None
    assert kept.name == "one"


async def test_a_changed_file_is_read_again(room: Room, tiny: Path, other: Path) -> None:
    path = model_stores.copy(tiny, room.own / "one.gguf")
    model_stores.copy(tiny, room.own / "two.gguf")
    await room.library.scan()
    await room.library.confirm()
    model_stores.copy(other, path)
    os.utime(path, ns=(1, 1))
    assert (await room.library.scan()).changed == 1
    assert len([m for m in room.library.entries() if not m.starter]) == 2, "its digest is not believed any more"
    path.write_bytes(b"GGUF broken")
    await room.library.scan()
    model = room.library.get(f"llama.cpp:{path}")
    assert model is not None
    assert model.problem
    assert model.verdict is not Verdict.SAFE


async def test_files_and_folders_are_dropped_onto_the_window(room: Room, tiny: Path, names: Names) -> None:
    outside = model_stores.copy(tiny, room.folder / "downloads" / "one.gguf")
    (room.folder / "downloads" / "two.gguf").write_bytes(tiny.read_bytes())
    (added,) = await room.library.add_paths([outside])
    assert added == f"llama.cpp:{outside}"
    assert names() == ["one"], "only the file, not its folder"
    assert len(await room.library.add_paths([room.folder / "downloads"])) == 2
    inside = model_stores.copy(tiny, room.own / "three.gguf")
    await room.library.scan()
    count = len(room.library.places())
    assert await room.library.add_paths([inside]) == [f"llama.cpp:{inside}"]
    assert len(room.library.places()) == count, "it is in a place already"
    (room.folder / "text.txt").write_text("hello")
    (room.folder / "empty").mkdir()
    for path, message in (("text.txt", "no model in"), ("empty", "no models in"), ("nowhere", "is not there")):
        with pytest.raises(SlmdeskError, match=message):
            await room.library.add_paths([room.folder / path])
    assert len(room.library.places()) == count


async def test_places_are_switched_and_removed(room: Room, tiny: Path, names: Names) -> None:
    store = room.folder / "lm"
    model_stores.copy(tiny, store / "p" / "r" / "one.gguf")
    room.stores.append((store, "lmstudio"))
    await room.close()
    library = await room.open()
    await library.scan()
    (place,) = [p for p in library.places() if p.automatic]
    assert (place.store_name, place.models, place.bytes) == ("LM Studio", 1, tiny.stat().st_size)
    await library.set_place(store, enabled=False)
    assert names() == []
    await library.scan()
    assert names() == []
    await room.close()
    library = await room.open()
    assert names() == []
    assert [p.enabled for p in library.places() if p.automatic] == [False]
    await library.set_place(store, enabled=True)
    assert names() == ["one"]
    with pytest.raises(SlmdeskError, match="never changed"):
        await library.set_place(store, owned=True)
    with pytest.raises(SlmdeskError, match="Switch it off"):
        await library.remove_place(store)
    model_stores.copy(tiny, room.folder / "mine" / "two.gguf")
    await library.add_place(room.folder / "mine", owned=True)
    assert names() == ["one", "two"]
    await library.remove_place(room.folder / "mine")
    assert names() == ["one"]
    with pytest.raises(SlmdeskError, match="not among"):
        await library.set_place(room.folder / "mine", enabled=False)


async def test_the_window_sees_what_comes_and_goes(
    room: Room, tiny: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "watch", lambda index, look: watch(index, look, 0.05))
    for name in ("one", "two"):
        model_stores.copy(tiny, room.own / f"{name}.gguf")
    jobs = Jobs()
    room.library.start(jobs)
    await until(lambda: names() == ["one"])  # found, compared, and shown as one
    assert [j.title for j in jobs] == ["Looking for models", "Comparing copies of models"]
    write_model(room.own / "three.gguf", seed=5)
    await until(lambda: names() == ["one", "three"])
    (room.own / "three.gguf").unlink()
    await until(lambda: names() == ["one"])
    model_stores.copy(tiny, room.folder / "more" / "four.gguf")
    await room.settings.set("model_folders", [str(room.folder / "more")])
    await until(lambda: len(room.library.entries()[0].homes) == 3 or "four" in names())
    await until(lambda: not jobs.running)
    await room.settings.set("model_folders", [])
    await until(lambda: len(room.library.entries()[0].homes) == 2)
    await jobs.close()


async def test_a_scan_can_be_cancelled_and_keeps_what_it_found(room: Room, tiny: Path, names: Names) -> None:
    for number in range(150):
        model_stores.copy(tiny, room.own / f"{number}.gguf")
    progress: list[Progress | None] = []
    room.library.scan_progress.connect(progress.append)
    jobs = Jobs()
    job = jobs.start("Looking", room.library.scan)
    await until(lambda: job.progress.done > 0)
    assert room.library.scanning
    job.cancel()
    await until(lambda: job.state is JobState.CANCELLED and not room.library.scanning)
    assert progress[-1] is None
    found = len(names())
    result = await room.library.scan()
    assert found + result.added == 150
    assert room.library.starter is not None


async def test_two_stores_change_while_they_are_scanned(room: Room, tiny: Path, other: Path, names: Names) -> None:
    """Files come, go, move and are cut short all the time; nothing fails, and at rest the truth is shown."""
    stores = [room.folder / "first", room.folder / "second"]
    for store in stores:
        store.mkdir()
        await room.library.add_place(store)
    rng = random.Random(4)

    def stir() -> None:
        for _ in range(12):
            store = rng.choice(stores)
            path = store / f"d{rng.randrange(4)}" / f"m{rng.randrange(12)}.gguf"
            with suppress(FileNotFoundError):
                match rng.randrange(5):
                    case 0 | 1:
                        model_stores.copy(rng.choice((tiny, other)), path)
                    case 2:
                        path.unlink()
                    case 3:
                        shutil.rmtree(path.parent)
                    case _:
                        path.rename(rng.choice(stores) / f"moved{rng.randrange(5)}.gguf")

    stirring = True

    async def stirrer() -> None:
        while stirring:
            await asyncio.to_thread(stir)

    task = asyncio.create_task(stirrer())
    for _ in range(25):
        await room.library.scan()
    stirring = False
    await task
    await room.library.scan()
    expected = sorted(str(p) for store in stores for p in store.rglob("*.gguf"))
    found = sorted(str(h.path) for m in room.library.entries() if not m.starter for h in m.homes)
    assert found == expected
    assert all(not m.problem for m in room.library.entries())


async def test_names_that_find_nothing(room: Room, tiny: Path) -> None:
    await room.library.models()
    for wanted, message in (
        ("nope", "no model called 'nope'"),
        ("nope.gguf", "no file nope.gguf"),
        (str(room.folder), "is a folder"),
        ("x" * 5000, "no model called"),
        ("a\0b", "no model called"),
    ):
        with pytest.raises(SlmdeskError, match=message):
            await room.library.find(wanted)
    outside = model_stores.copy(tiny, room.folder / "outside.gguf")
    model = await room.library.find(str(outside))
    assert model.path == outside
    assert room.library.get(model.id) == model


async def test_a_link_out_of_ones_own_folder_leads_to_what_is_not_ones_own(room: Room, tiny: Path) -> None:
    foreign = model_stores.copy(tiny, room.folder / "foreign" / "one.gguf")
    (room.own / "linked").symlink_to(foreign.parent)
    await room.library.scan()
    model = await room.library.find("one")
    assert model.path == room.own / "linked" / "one.gguf"
    assert not model.homes[0].owned
    with pytest.raises(SlmdeskError, match="does not change"):
        await room.library.delete(model.id)
    assert foreign.exists()


async def test_a_bin_that_leads_elsewhere_is_refused(room: Room, tiny: Path) -> None:
    path = model_stores.copy(tiny, room.own / "one.gguf")
    (room.folder / "elsewhere").mkdir()
    (room.own / ".slmdesk-bin").symlink_to(room.folder / "elsewhere")
    await room.library.scan()
    with pytest.raises(SlmdeskError, match="could not be moved to the bin"):
        await room.library.delete((await room.library.find("one")).id)
    assert path.exists()
    assert list((room.folder / "elsewhere").iterdir()) == []


async def test_deleting_a_link_frees_nothing_and_keeps_the_file(room: Room, tiny: Path) -> None:
    target = model_stores.copy(tiny, room.folder / "target.gguf")
    (room.own / "link.gguf").symlink_to(target)
    os.link(target, room.own / "hard.gguf")
    await room.library.scan()
    model = await room.library.find("link")
    for name in ("link.gguf", "hard.gguf"):
        deleted = await room.library.delete(model.id, room.own / name)
        assert deleted.bytes == 0
    await room.library.empty_bin()
    assert target.read_bytes() == tiny.read_bytes()


async def test_a_file_is_found_by_any_path_to_it(room: Room, tiny: Path) -> None:
    path = model_stores.copy(tiny, room.own / "one.gguf")
    (room.folder / "other-name").symlink_to(path)
    await room.library.scan()
    assert (await room.library.find(str(room.folder / "other-name"))).path == path
    assert (await room.library.find(f"{room.own}/../own/one.gguf")).path == path


async def test_a_digest_from_elsewhere_joins_copies(room: Room, tiny: Path, names: Names) -> None:
    one, two = (model_stores.copy(tiny, room.own / f"{n}.gguf") for n in ("one", "two"))
    await room.library.scan()
    for path in (one, two, room.own / "nowhere"):
        await room.library.note_digest(path, model_stores.sha256(tiny))
    assert names() == ["one"]
    assert room.library.entries()[0].digest == model_stores.sha256(tiny)


async def test_a_worker_that_is_killed_goes_on_where_it_was(room: Room, tiny: Path, names: Names) -> None:
    for number in range(120):
        model_stores.copy(tiny, room.own / f"{number}.gguf")
    killed: list[float] = []

    def kill(progress: Progress) -> None:
        if not killed and room.files._worker is not None:
            killed.append(progress.done)
            psutil.Process(room.files._worker.pid).kill()

    result = await room.library.scan(kill)
    assert 0 < killed[0] < 120
    assert result.added == 121
    assert len(names()) == 120


async def test_other_programs_folders_are_never_ones_own(room: Room, tiny: Path, names: Names) -> None:
    """Not by adding them, not by adding what is above them, not by switching them off."""
    home = room.folder / "home"
    store = home / ".lmstudio" / "models"
    model_stores.copy(tiny, store / "p" / "r" / "theirs.gguf")
    model_stores.copy(tiny, home / "mine.gguf")
    model_stores.ollama(home / "external", "x:latest", tiny)
    room.stores.append((store, "lmstudio"))
    await room.close()
    library = await room.open()
    for path in (store, store / "p", home / "external"):
        with pytest.raises(SlmdeskError, match="never changed"):
            await library.add_place(path, owned=True)
        await library.add_place(path)
        with pytest.raises(SlmdeskError, match="never changed"):
            await library.set_place(path, owned=True)
    await library.remove_place(store / "p")
    await library.remove_place(store)
    await library.add_place(home, owned=True)
    await library.scan()
    assert {m.homes[0].path.name: m.homes[0].owned for m in library.entries() if not m.starter} == {
        "mine.gguf": True, "theirs.gguf": False, f"sha256-{model_stores.sha256(tiny)}": False,
    }  # fmt: skip
    await library.set_place(store, enabled=False)
    await library.scan()
    assert "theirs" not in names()
    with pytest.raises(SlmdeskError, match="always searched"):
        await library.set_place(room.own, enabled=False)


async def test_a_scan_sees_what_is_there_when_it_is_asked_for(room: Room, tiny: Path, names: Names) -> None:
    """Also while another one runs that has passed the place already; all who ask meanwhile share the next."""
    for number in range(150):
        model_stores.copy(tiny, room.own / f"{number}.gguf")
    first = asyncio.ensure_future(room.library.scan())
    progress: list[Progress | None] = []
    room.library.scan_progress.connect(progress.append)
    await until(lambda: progress)
    model_stores.copy(tiny, room.own / "a-late-one.gguf")
    results = await asyncio.gather(room.library.scan(), room.library.scan())
    assert first.done()
    assert results[0] is results[1]
    assert results[0].added == 1
    assert "a-late-one" in names()
    assert progress.count(None) == 2


async def test_a_projector_goes_with_the_last_model_that_it_serves(room: Room, tiny: Path, names: Names) -> None:
    folder = room.own / "publisher" / "sees"
    for name in ("sees-Q4_0.gguf", "sees-Q8_0.gguf"):
        model_stores.copy(tiny, folder / name)
    projector = write_model(folder / "mmproj-sees.gguf", architecture="clip")
    await room.library.scan()
    four, eight = (e for e in room.library.entries() if not e.starter)
    assert four.abilities == {Ability.VISION}
    await room.library.delete(four.id)
    assert projector.exists()
    deleted = await room.library.delete(eight.id)
    assert not (room.own / "publisher").exists(), "empty folders go too"
    assert deleted.bytes > tiny.stat().st_size
    await room.library.undo(deleted.token)
    assert projector.exists()
    assert names() == [eight.name]
