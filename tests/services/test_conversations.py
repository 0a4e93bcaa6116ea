from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from slmdesk.core.chat import Attachment, Conversation, FinishReason, Message, Role, Timings
from slmdesk.core.errors import StorageError
from slmdesk.core.tree import MessageTree
from slmdesk.services.conversations import Conversations
from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import Database
from slmdesk.storage.search import expression


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "slmdesk.db")
    yield opened
    await opened.close()


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(ConversationStore(database))


def answer(text: str, parent: Message | None = None, reason: str = "stop") -> Message:
    return Message(Role.ASSISTANT, text, parent_id=parent.id if parent else None, finish_reason=reason)


async def test_a_chat_keeps_every_field(conversations: Conversations, database: Database) -> None:
    head = await conversations.create("First", folder="Work", model_id="starter", sampling={"stop": ["a"]}, draft="Hi")
    question = Message(
        Role.USER, "What \x00 is \ud800 this? 你好 😀", attachments=(Attachment("a.txt", "text", 1, "cut"),)
    )
    reply = replace(
        answer("It is **this**.", question),
        thinking="Hmm.",
        model="Starter",
        timings=Timings(prompt_tokens=5, generation_tps=30.5, dropped_messages=2),
        error="",
    )
    await conversations.add_message(head.id, question)
    await conversations.add_message(head.id, reply)
    again = Conversations(ConversationStore(database))
    opened, tree = await again.open(head.id)
    assert opened == replace(head, leaf_id=reply.id, updated=opened.updated)
    assert opened.updated > head.updated
    assert tree.path() == [replace(question, text="What \x00 is ? this? 你好 😀"), reply]


async def test_the_list_is_newest_first_and_tells_of_changes(conversations: Conversations) -> None:
    told: list[str] = []
    conversations.changed.connect(lambda: told.append("list"))
    conversations.conversation_changed.connect(told.append)
    first = await conversations.create("First")
    second = await conversations.create("Second")
    assert told == ["list", "list"]
    assert [c.title for c in await conversations.list()] == ["Second", "First"]
    await conversations.add_message(first.id, Message(Role.USER, "Hello"))
    assert [c.title for c in await conversations.list()] == ["First", "Second"]
    told.clear()
    await conversations.update(second.id, title="Renamed", pinned=True)
    await conversations.update(second.id, draft="not yet")
    assert told == [second.id, "list", second.id]
    head = await conversations.get(second.id)
    assert (head.title, head.pinned, head.draft) == ("Renamed", True, "not yet")
    assert head.updated == second.updated
    with pytest.raises(ValueError, match="created"):
        await conversations.update(second.id, created=0.0)


async def test_folders_are_those_of_chats(conversations: Conversations) -> None:
    one = await conversations.create("One", folder="beta")
    await conversations.create("Two", folder="Alpha")
    await conversations.create("Three")
    assert await conversations.folders() == ["Alpha", "beta"]
    await conversations.rename_folder("Alpha", "beta")
    assert await conversations.folders() == ["beta"]
    await conversations.update(one.id, folder="")
    assert [c.folder for c in await conversations.list()].count("beta") == 1


async def test_the_bin_gives_back_and_is_emptied(conversations: Conversations, database: Database) -> None:
    heads = [await conversations.create(f"Chat {n}") for n in range(3)]
    for head in heads:
        await conversations.add_message(head.id, Message(Role.USER, "needle"))
    await conversations.delete(heads[0].id)
    await conversations.delete(heads[1].id)
    assert [c.title for c in await conversations.list()] == ["Chat 2"]
    assert [c.title for c in await conversations.list(deleted=True)] == ["Chat 1", "Chat 0"]
    assert {h.conversation_id for h in await conversations.search("needle")} == {heads[2].id}
    await conversations.restore(heads[0].id)
    assert len(await conversations.search("needle")) == 2
    await conversations.purge(heads[0].id)
    assert await conversations.empty_bin() == 1
    assert await database.read(lambda c: c.execute("SELECT count(*) FROM messages").get) == 1
    check = "INSERT INTO text_index (text_index, rank) VALUES ('integrity-check', 1)"
    await database.execute(check)
    with pytest.raises(StorageError, match="does not exist"):
        await conversations.open(heads[0].id)
    with pytest.raises(StorageError, match="does not exist"):
        await conversations.restore(heads[1].id)


async def test_only_what_lay_in_the_bin_for_30_days_is_purged(conversations: Conversations, database: Database) -> None:
    old, new, kept = [await conversations.create(name) for name in ("old", "new", "kept")]
    message = Message(Role.USER, "removed long ago")
    await conversations.add_message(kept.id, message)
    await conversations.remove_messages(kept.id, [message.id])
    for head in (old, new):
        await conversations.delete(head.id)
    long_ago = time.time() - 31 * 86400
    await database.execute("UPDATE conversations SET deleted = ? WHERE id = ?", (long_ago, old.id))
    await database.execute("UPDATE messages SET deleted = ?", (long_ago,))
    await conversations.recover()
    assert [c.title for c in await conversations.list(deleted=True)] == ["new"]
    await conversations.restore_messages(kept.id, [message.id])
    assert len((await conversations.open(kept.id))[1]) == 0


async def test_removed_messages_come_back(conversations: Conversations) -> None:
    head = await conversations.create()
    question = Message(Role.USER, "needle in a question")
    reply = answer("and an answer", question)
    for message in (question, reply):
        await conversations.add_message(head.id, message)
    await conversations.remove_messages(head.id, [question.id, reply.id])
    opened, tree = await conversations.open(head.id)
    assert (len(tree), opened.leaf_id) == (0, None)
    assert await conversations.search("needle") == []
    await conversations.restore_messages(head.id, [question.id, reply.id])
    assert (await conversations.open(head.id))[1].path() == [question, reply]


async def test_a_streaming_answer_is_saved_in_place_and_found_when_finished(conversations: Conversations) -> None:
    head = await conversations.create()
    message = answer("", reason="")
    await conversations.add_message(head.id, message)
    for end in range(1, 20):
        message = replace(message, text="streamed words " * end)
        await conversations.save_message(head.id, message)
    assert await conversations.search("streamed") == []
    assert (await conversations.open(head.id))[1][message.id].text == message.text
    await conversations.save_message(head.id, replace(message, finish_reason=FinishReason.LENGTH))
    assert len(await conversations.search("streamed")) == 1
    continued = replace(message, text=message.text + "continued", finish_reason="")
    await conversations.save_message(head.id, continued)
    assert await conversations.search("streamed") == []
    await conversations.save_message(head.id, replace(continued, text="other", finish_reason="stop"))
    assert await conversations.search("streamed continued") == []
    assert [h.message_id for h in await conversations.search("other")] == [message.id]
    with pytest.raises(StorageError, match="could not be saved"):
        await conversations.save_message(head.id, Message(Role.USER, "of no chat"))


async def test_branches_and_the_shown_leaf_survive(conversations: Conversations) -> None:
    head = await conversations.create()
    question = Message(Role.USER, "Q")
    first, second = answer("A1", question), answer("A2", question)
    for message in (question, first, second):
        await conversations.add_message(head.id, message)
    await conversations.update(head.id, leaf_id=first.id)
    opened, tree = await conversations.open(head.id)
    assert opened.leaf_id == first.id
    assert tree.path() == [question, first]
    assert tree.siblings(first.id) == (0, [first.id, second.id])


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("two words", '"two" "words"*'),
        ("finished ", '"finished"'),
        ('"one phrase"', '"one phrase"'),
        ('"not closed', '" not" "closed"*'),
        ("a AND NOT b*", '"a" "AND" "NOT" "b*"*'),
        ("!!! --", ""),
        ("", ""),
        ("nul\x00byte", '"nul" "byte"*'),
    ],
)
def test_nothing_typed_is_an_operator(typed: str, query: str) -> None:
    assert expression(typed) == query


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        '""',
        "'",
        "*",
        "a*",
        "NEAR(",
        "title:x",
        "a OR",
        "(",
        "^a",
        "-a",
        "\\",
        "{",
        "+",
        "a" * 5000,
        "你好",
        "😀",
        "\ud800",
    ],
)
async def test_any_input_is_a_safe_search(conversations: Conversations, typed: str) -> None:
    await conversations.create("A title with words")
    await conversations.search(typed)


async def test_search_shows_titles_first_and_marks_the_words(conversations: Conversations) -> None:
    by_text = await conversations.create("Other")
    for number in range(5):
        await conversations.add_message(
            by_text.id, answer(f"Number {number}:\n\nthe   Café in Ærø is open, he said. " * 3)
        )
    by_title = await conversations.create("About the CAFE")
    hits = await conversations.search("caf")
    assert [(h.conversation_id, h.message_id is None) for h in hits] == [
        (by_title.id, True),
        (by_text.id, False),
        (by_text.id, False),
        (by_text.id, False),
    ]
    assert hits[0].snippet == "About the \x02CAFE\x03"
    assert "\x02Café\x03" in hits[1].snippet
    assert "\n" not in hits[1].snippet
    assert hits[1].title == "Other"
    assert len(await conversations.search("caf", limit=2)) == 2
    assert await conversations.search('"open the"') == []
    assert len(await conversations.search('"is open"')) == 3


async def test_a_word_inside_unspaced_text_is_found(conversations: Conversations) -> None:
    head = await conversations.create()
    message = answer("前言。" * 20 + "量子化は重みを少ないビットで保存します。")
    await conversations.add_message(head.id, message)
    (hit,) = await conversations.search("重み")
    assert hit.message_id == message.id
    assert "は\x02重み\x03を" in hit.snippet
    assert hit.snippet.startswith("…")
    assert await conversations.search("鯨") == []


async def test_a_damaged_field_hides_nothing(conversations: Conversations, database: Database) -> None:
    head = await conversations.create("Damaged")
    await conversations.create("Whole")
    message = Message(Role.USER, "still here")
    await conversations.add_message(head.id, message)
    damage = "sampling = '{', load = '[1]', leaf_id = 7, draft = x'ff'"
    await database.execute(f"UPDATE conversations SET {damage} WHERE id = ?", (head.id,))
    damage = """role = 'tool', timings = '{"prompt_tokens":"x"}', attachments = '[1,', created = 'then'"""
    await database.execute(f"UPDATE messages SET {damage}")
    assert {c.title for c in await conversations.list()} == {"Damaged", "Whole"}
    opened, tree = await conversations.open(head.id)
    assert opened.sampling == {}
    assert tree.path()[0].text == "still here"
    assert tree.path()[0].attachments == ()


async def test_two_chats_never_share_a_message_id(conversations: Conversations) -> None:
    one = await conversations.add(Conversation("One"), [Message(Role.USER, "a", id="same")])
    with pytest.raises(StorageError, match="already there"):
        await conversations.add(Conversation("Two"), [Message(Role.USER, "b", id="same")])
    assert [c.id for c in await conversations.list()] == [one.id]


async def test_random_operations_leave_in_the_database_what_is_on_the_screen(conversations: Conversations) -> None:
    """As the chat service works: each change of the tree is written, and the chat is reopened now and then."""
    source = random.Random(5)
    head = await conversations.create()
    tree = MessageTree()
    bin_: list[list[Message]] = []
    for number in range(600):
        leaf = tree.leaf_id
        kind = source.choice(["add", "add", "add", "branch", "edit", "select", "remove", "restore"])
        some = source.choice(list(tree)) if len(tree) else None
        if kind == "add" or (kind == "branch" and some):
            parent = leaf if kind == "add" or some is None else some.parent_id
            message = Message(Role.USER, f"text {number}", id=f"m{number}", parent_id=parent, created=float(number))
            tree.add(message)
            await conversations.add_message(head.id, message)
        elif kind == "edit" and some:
            tree.update(replace(some, text=some.text + "!"))
            await conversations.save_message(head.id, tree[some.id])
        elif kind == "select" and some:
            await conversations.update(head.id, leaf_id=tree.select(some.id))
        elif kind == "remove" and some:
            bin_.append(tree.remove(some.id))
            await conversations.remove_messages(head.id, [m.id for m in bin_[-1]])
            await conversations.update(head.id, leaf_id=tree.leaf_id)
        elif kind == "restore" and bin_ and bin_[-1][0].parent_id in {None, *(m.id for m in tree)}:
            taken = bin_.pop()
            tree.restore(taken)
            await conversations.restore_messages(head.id, [m.id for m in taken])
            await conversations.update(head.id, leaf_id=tree.leaf_id)
        if number % 20 == 0:
            opened, again = await conversations.open(head.id)
            assert {m.id: m for m in again} == {m.id: m for m in tree}
            assert opened.leaf_id == tree.leaf_id
            assert again.path() == tree.path()


async def test_the_terminal_may_write_beside_the_window(conversations: Conversations, database: Database) -> None:
    other = await Database.open(database.path)
    try:
        beside = Conversations(ConversationStore(other))
        await asyncio.gather(
            *(conversations.create(f"Window {n}") for n in range(40)),
            *(beside.create(f"Terminal {n}") for n in range(40)),
        )
        assert len(await conversations.list()) == len(await beside.list()) == 80
    finally:
        await other.close()
