from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slmdesk.core.chat import LoadOptions, Message, Role, SamplingOptions
from slmdesk.core.errors import LoadError, SlmdeskError, StorageError, WorkerCrashed
from slmdesk.core.tree import MessageTree
from slmdesk.services.chat import Chat
from slmdesk.services.chat.choices import Choices
from slmdesk.services.chat.live import title_of
from slmdesk.services.conversations import Conversations
from slmdesk.services.library import Library
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.services.presets import Presets
from slmdesk.services.settings import Settings
from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import Database
from slmdesk.storage.settings import SettingsStore
from tests.fakes import FakeRuntime, fake_model


@dataclass
class Room:
    """A chat service over a fake runtime and a real database, with every signal noted."""

    chat: Chat
    conversations: Conversations
    runtime: FakeRuntime
    loaded: LoadedModels
    library: Library
    database: Database
    events: list[tuple[Any, ...]]

    async def talk(self, *texts: str) -> tuple[str, MessageTree]:
        conversation = await self.conversations.create()
        for text in texts:
            await self.chat.send(conversation.id, text)
            await self.chat.wait(conversation.id)
        return conversation.id, await self.chat.open(conversation.id)

    async def stored(self, conversation_id: str) -> MessageTree:
        return (await self.conversations.open(conversation_id))[1]

    def names(self) -> list[str]:
        return [event[0] for event in self.events]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    database = await Database.open(tmp_path / "slmdesk.db")
    settings = Settings(SettingsStore(database))
    await settings.load()
    starter = fake_model("Starter", path=tmp_path / "starter.gguf")
    runtime = FakeRuntime(starter, fake_model("Other", path=tmp_path / "other.gguf"))
    library = Library((runtime,), settings, starter.path)
    loaded = LoadedModels((runtime,))
    conversations = Conversations(ConversationStore(database))
    choices = Choices(library, loaded, Presets(SettingsStore(database)), settings)
    chat = Chat(conversations, loaded, choices, library.note_use, lambda: True)
    events: list[tuple[Any, ...]] = []
    for name in ("started", "delta", "thinking", "finished", "failed", "queued", "tree_changed"):
        getattr(chat, name).connect(lambda *args, name=name: events.append((name, *args)))
    yield Room(chat, conversations, runtime, loaded, library, database, events)
    await chat.close()
    await loaded.close()
    await database.close()


async def test_a_message_is_answered_streaming_and_kept(room: Room) -> None:
    conversation_id, tree = await room.talk("one two three")
    question, answer = tree.path()
    assert (question.role, answer.role) == (Role.USER, Role.ASSISTANT)
    assert answer.text == "one two three"
    assert answer.finish_reason == "stop"
    assert answer.model == "Starter"
    assert answer.timings is not None
    assert answer.timings.completion_tokens == 3
    assert "".join(e[3] for e in room.events if e[0] == "delta") == "one two three"
    assert room.names()[0] == "started"
    assert room.names()[-1] == "finished"
    assert [m.text for m in (await room.stored(conversation_id)).path()] == ["one two three"] * 2
    assert (await room.conversations.get(conversation_id)).title == "one two three"
    assert room.library.recent() == ["fake:Starter"]


async def test_the_history_system_prompt_and_sampling_are_sent(room: Room) -> None:
    conversation = await room.conversations.create(
        system_prompt="Be brief.", preset_id="precise", sampling={"top_k": 7}
    )
    for text in ("first", "second"):
        await room.chat.send(conversation.id, text)
        await room.chat.wait(conversation.id)
    messages, options, _ = room.runtime.loaded[0].requests[-1]
    assert [(str(m.role), m.text) for m in messages] == [
        ("system", "Be brief."), ("user", "first"), ("assistant", "first"), ("user", "second"),
    ]  # fmt: skip
    assert (options.temperature, options.top_p, options.top_k) == (0.2, 0.9, 7)
    assert SamplingOptions().top_k == 40


async def test_the_starter_is_asked_for_precision_unless_a_person_chose(room: Room) -> None:
    starter, other = sorted(await room.library.models(), key=lambda m: not m.starter)
    conversation = await room.conversations.create()
    assert (await room.chat.choices.sampling(conversation, starter)).temperature == 0.2
    assert (await room.chat.choices.sampling(conversation, other)).temperature == 0.8
    chosen = await room.conversations.create(preset_id="creative")
    assert (await room.chat.choices.sampling(chosen, starter)).temperature == 1.0


async def test_regenerating_keeps_both_answers(room: Room) -> None:
    conversation_id, tree = await room.talk("hello there")
    answer = tree.path()[-1]
    await room.chat.regenerate(conversation_id, answer.id)
    await room.chat.wait(conversation_id)
    place, siblings = tree.siblings(tree.path()[-1].id)
    assert (place, len(siblings)) == (1, 2)
    await room.chat.select(conversation_id, answer.id)
    assert tree.path()[-1].id == answer.id
    assert (await room.stored(conversation_id)).path()[-1].id == answer.id


async def test_regenerating_with_another_model_names_it(room: Room) -> None:
    conversation_id, tree = await room.talk("hello")
    other = next(m for m in await room.library.models() if m.name == "Other")
    await room.chat.regenerate(conversation_id, tree.path()[-1].id, other)
    await room.chat.wait(conversation_id)
    assert tree.path()[-1].model == "Other"


async def test_editing_a_question_asks_again_beside_the_old_one(room: Room) -> None:
    conversation_id, tree = await room.talk("alpha", "beta")
    first = tree.path()[0]
    await room.chat.edit(conversation_id, first.id, "gamma")
    await room.chat.wait(conversation_id)
    assert [m.text for m in tree.path()] == ["gamma", "gamma"]
    assert len(tree) == 6
    await room.chat.select(conversation_id, first.id)
    assert [m.text for m in tree.path()] == ["alpha", "alpha", "beta", "beta"]


async def test_editing_an_answer_asks_nothing(room: Room) -> None:
    conversation_id, tree = await room.talk("alpha")
    await room.chat.edit(conversation_id, tree.path()[-1].id, "corrected")
    await room.chat.wait(conversation_id)
    assert tree.path()[-1].text == "corrected"
    assert len(room.runtime.loaded[0].requests) == 1
    assert (await room.stored(conversation_id)).path()[-1].text == "corrected"


async def test_an_answer_is_continued_in_place(room: Room) -> None:
    conversation = await room.conversations.create(sampling={"max_tokens": 2})
    await room.chat.send(conversation.id, "one two three four")
    await room.chat.wait(conversation.id)
    tree = await room.chat.open(conversation.id)
    answer = tree.path()[-1]
    assert (answer.text, answer.finish_reason) == ("one two", "length")
    await room.conversations.update(conversation.id, sampling={})
    await room.chat.continue_(conversation.id, answer.id)
    await room.chat.wait(conversation.id)
    assert tree[answer.id].text == "one two three four"
    assert len(tree) == 2


async def test_stopping_keeps_what_is_there_and_its_figures(room: Room) -> None:
    room.runtime.script = {"tokens": ["a"] * 1000, "delay": 0.005}
    conversation = await room.conversations.create()
    await room.chat.send(conversation.id, "go")
    while "delta" not in room.names():
        await asyncio.sleep(0.005)
    room.chat.stop(conversation.id)
    await room.chat.wait(conversation.id)
    answer = (await room.stored(conversation.id)).path()[-1]
    assert answer.finish_reason == "cancelled"
    assert answer.text.startswith("a")
    assert answer.timings is not None
    assert answer.timings.completion_tokens == len(answer.text)


async def test_cancel_and_a_new_request_at_once_200_times(room: Room) -> None:
    room.runtime.script = {"tokens": ["a"] * 1000, "delay": 0.001}
    conversation = await room.conversations.create()
    for n in range(200):
        await room.chat.send(conversation.id, f"go {n}")
        if n % 3:
            await asyncio.sleep(0.001 * (n % 7))
        room.chat.stop(conversation.id)
        await room.chat.wait(conversation.id)
        assert room.chat.streaming(conversation.id) is None
    room.runtime.loaded[-1].tokens = ["fine"]
    await room.chat.send(conversation.id, "last")
    await room.chat.wait(conversation.id)
    tree = await room.chat.open(conversation.id)
    assert tree.path()[-1].text == "fine"
    assert {m.id for m in await room.stored(conversation.id)} == {m.id for m in tree}


async def test_stopping_while_the_model_loads_cancels_the_wait(room: Room) -> None:
    room.runtime.load_delay = 5.0
    conversation = await room.conversations.create()
    await room.chat.send(conversation.id, "go")
    await asyncio.sleep(0.05)
    room.chat.stop(conversation.id)
    await asyncio.wait_for(room.chat.wait(conversation.id), 1.0)
    assert (await room.stored(conversation.id)).path()[-1].finish_reason == "cancelled"


async def test_a_message_waits_while_an_answer_is_written(room: Room) -> None:
    room.runtime.script = {"delay": 0.01}
    conversation = await room.conversations.create()
    await room.chat.send(conversation.id, "one two three")
    await room.chat.send(conversation.id, "four")
    assert room.chat.queue_length(conversation.id) == 1
    await room.chat.wait(conversation.id)
    tree = await room.chat.open(conversation.id)
    assert [m.text for m in tree.path()] == ["one two three"] * 2 + ["four"] * 2
    assert [e[2] for e in room.events if e[0] == "queued"] == [1, 0]


async def test_messages_sent_at_the_same_moment_follow_each_other(room: Room) -> None:
    conversation = await room.conversations.create()
    await asyncio.gather(*(room.chat.send(conversation.id, text) for text in ("one", "two", "three")))
    await room.chat.wait(conversation.id)
    tree = await room.chat.open(conversation.id)
    assert [m.text for m in tree.path()] == ["one", "one", "two", "two", "three", "three"]


async def test_a_crash_keeps_the_text_and_the_next_message_loads_again(room: Room) -> None:
    room.runtime.script = {
        "tokens": ["a", "b", "c"],
        "error": WorkerCrashed("The engine stopped.", "Load again."),
        "fail_after": 2,
    }
    conversation_id, tree = await room.talk("go")
    answer = tree.path()[-1]
    assert (answer.text, answer.finish_reason, answer.error) == ("ab", "error", "The engine stopped.")
    (failed,) = [e for e in room.events if e[0] == "failed"]
    assert isinstance(failed[3], WorkerCrashed)
    room.runtime.script = {}
    await room.chat.send(conversation_id, "again")
    await room.chat.wait(conversation_id)
    assert tree.path()[-1].text == "again"
    assert len(room.runtime.loads) == 2


async def test_a_load_error_is_told(room: Room) -> None:
    room.runtime.load_error = LoadError("The file is damaged.", "Fetch it again.")
    _, tree = await room.talk("go")
    assert tree.path()[-1].error == "The file is damaged."
    assert "failed" in room.names()


async def test_a_full_disk_is_told_and_the_answer_stays(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(conversation_id: str, message: Message) -> None:
        raise StorageError("The disk is full.", "Free some space.")

    monkeypatch.setattr(room.conversations, "save_message", full)
    _, tree = await room.talk("one two")
    assert tree.path()[-1].text == "one two"
    (failed,) = [e for e in room.events if e[0] == "failed"]
    assert isinstance(failed[3], StorageError)


async def test_removing_can_be_undone(room: Room) -> None:
    conversation_id, tree = await room.talk("alpha", "beta")
    before = [m.id for m in tree.path()]
    token = await room.chat.remove(conversation_id, before[2])
    assert [m.id for m in tree.path()] == before[:2]
    assert [m.id for m in (await room.stored(conversation_id)).path()] == before[:2]
    await room.chat.undo_remove(token)
    await room.chat.undo_remove(token)
    assert [m.id for m in tree.path()] == before
    assert [m.id for m in (await room.stored(conversation_id)).path()] == before


async def test_branching_copies_the_path(room: Room) -> None:
    conversation_id, tree = await room.talk("alpha", "beta")
    new_id = await room.chat.branch(conversation_id, tree.path()[1].id)
    new = await room.chat.open(new_id)
    assert [m.text for m in new.path()] == ["alpha", "alpha"]
    assert not {m.id for m in new} & {m.id for m in tree}


async def test_thinking_is_kept_apart(room: Room) -> None:
    room.runtime.script = {"thinking": ["hm ", "yes"]}
    _, tree = await room.talk("go")
    assert (tree.path()[-1].thinking, tree.path()[-1].text) == ("hm yes", "go")


async def test_preview_counts_what_would_be_sent(room: Room) -> None:
    conversation_id, _ = await room.talk("one two")
    preview = await room.chat.preview(conversation_id, "three four five")
    assert preview["prompt_tokens"] == 7
    assert preview["prompt"].endswith("three four five")


async def test_a_very_long_chat_sends_only_what_could_fit(room: Room) -> None:
    room.runtime.script = {"tokens": ["ok"]}
    conversation = await room.conversations.create(system_prompt="Be brief.", load={"context_length": 100})
    for text in ("a" * 2000, "b" * 2000, "c" * 10):
        await room.chat.send(conversation.id, text)
        await room.chat.wait(conversation.id)
    sent = [m.text for m in room.runtime.loaded[0].requests[-1][0]]
    assert sent == ["Be brief.", "ok", "b" * 2000, "ok", "c" * 10]
    answer = (await room.chat.open(conversation.id)).path()[-1]
    assert answer.timings is not None
    assert answer.timings.dropped_messages == 1
    assert (await room.chat.preview(conversation.id, "d" * 3000))["dropped_messages"] == 6


async def test_an_answer_without_question_cannot_be_regenerated(room: Room) -> None:
    conversation = await room.conversations.create()
    await room.conversations.add_message(conversation.id, Message(Role.ASSISTANT, "Hello"))
    tree = await room.chat.open(conversation.id)
    with pytest.raises(SlmdeskError, match="no question"):
        await room.chat.regenerate(conversation.id, tree.path()[0].id)


async def test_two_callers_share_one_load(room: Room) -> None:
    room.runtime.load_delay = 0.02
    (model, *_) = await room.library.models()
    first, second = await asyncio.gather(*(room.loaded.ensure(model, LoadOptions()) for _ in range(2)))
    assert first is second
    assert len(room.runtime.loads) == 1
    await room.loaded.unload(model.id)
    await room.loaded.unload(model.id)
    assert room.loaded.list() == []


async def test_other_options_load_again(room: Room) -> None:
    (model, *_) = await room.library.models()
    first = await room.loaded.ensure(model, LoadOptions())
    second = await room.loaded.ensure(model, LoadOptions(context_length=512))
    assert not first.alive
    assert second.context_length == 512


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hello", "Hello"),
        ("a  b\nc", "a b"),
        ("  ", ""),
        ("word " * 20, "word word word word word word word word word…"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert title_of(text) == title
