from __future__ import annotations

import copy
import json
import random
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slmdesk.core.chat import Attachment, Conversation, Message, Role, Timings
from slmdesk.core.errors import ImportFailed, StorageError
from slmdesk.core.tree import MessageTree
from slmdesk.services.conversations import Conversations
from slmdesk.services.transfer import FORMATS, Transfer, file
from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import Database

SCHEMA = Path(__file__).parents[2] / "resources" / "schema" / "conversations.schema.json"


@pytest.fixture
async def conversations(tmp_path: Path) -> AsyncIterator[Conversations]:
    database = await Database.open(tmp_path / "slmdesk.db")
    yield Conversations(ConversationStore(database))
    await database.close()


@pytest.fixture
def transfer(conversations: Conversations) -> Transfer:
    return Transfer(conversations)


def sample() -> tuple[Conversation, list[Message]]:
    """A chat with two branches, an attachment, thinking, and text that tries to be markup."""
    question = Message(
        Role.USER,
        "What is <script>alert(1)</script>?\n\n"
        "![pixel](http://example.org/p.png) [a](javascript:alert(1)) [b](http://b.example)",
        id="m1",
        created=1700000000.0,
        attachments=(Attachment("notes.md", "````\ncode\n````", 7, "cut"),),
    )
    first = Message(
        Role.ASSISTANT,
        "A **tag**.\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        id="m2",
        parent_id="m1",
        thinking="Hmm <b>.",
        created=1700000001.0,
        model="Starter",
        finish_reason="stop",
        timings=Timings(prompt_tokens=3, generation_tps=30.5),
    )
    second = Message(
        Role.ASSISTANT, "Half", id="m3", parent_id="m1", created=1700000002.0, finish_reason="error", error="It broke."
    )
    head = Conversation(
        "A <title> & more",
        id="c1",
        created=1700000000.0,
        updated=1700000003.0,
        pinned=True,
        folder="Work",
        leaf_id="m2",
        model_id="starter",
        preset_id="coder",
        system_prompt="Be <brief>.",
        sampling={"temperature": 0.2},
        load={"context_length": 2048},
    )
    return head, [question, first, second]


async def test_our_json_comes_back_with_every_branch(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    head, messages = sample()
    await conversations.add(head, messages)
    await conversations.create("Second")
    target = tmp_path / "all.json"
    assert await transfer.export(None, "json", target) == 2
    assert await transfer.export(["c1"], "json", tmp_path / "one.json") == 1
    assert sorted(p.name for p in tmp_path.glob("*.json*")) == ["all.json", "one.json"]
    await conversations.purge("c1")
    told: list[int] = []
    conversations.changed.connect(lambda: told.append(1))
    report = await transfer.import_file(tmp_path / "one.json")
    assert (report.imported, report.messages, report.problems, report.ids) == (1, 3, [], ("c1",))
    assert told == [1]
    opened, tree = await conversations.open("c1")
    assert opened == head
    assert list(tree) == messages


async def test_every_exported_property_is_in_the_schema(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    head, messages = sample()
    await conversations.add(head, messages)
    await transfer.export(None, "json", tmp_path / "all.json")
    data, schema = json.loads((tmp_path / "all.json").read_text("utf-8")), json.loads(SCHEMA.read_text("utf-8"))

    def check(value: Any, rule: dict[str, Any]) -> None:
        rule = schema["$defs"][rule["$ref"].rsplit("/", 1)[1]] if "$ref" in rule else rule
        if "const" in rule:
            assert value == rule["const"]
        if "enum" in rule:
            assert value in rule["enum"]
        if isinstance(value, dict) and "properties" in rule:
            assert set(rule.get("required", [])) <= set(value) <= set(rule["properties"])
            for name, inner in value.items():
                check(inner, rule["properties"][name])
        if isinstance(value, list):
            for inner in value:
                check(inner, rule["items"])

    check(data, schema)
    assert set(schema["$defs"]["message"]["properties"]["timings"]["properties"]) == set(Timings.__dataclass_fields__)


async def test_importing_twice_changes_nothing(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    head, messages = sample()
    await conversations.add(head, messages)
    await transfer.export(None, "json", tmp_path / "all.json")
    report = await transfer.import_file(tmp_path / "all.json")
    assert (report.imported, report.skipped) == (0, 1)
    assert "is here already" in report.problems[0]
    await conversations.remove_messages("c1", ["m3"])
    assert (await transfer.import_file(tmp_path / "all.json")).skipped == 1
    data = json.loads((tmp_path / "all.json").read_text("utf-8"))
    data["conversations"][0]["messages"].append({"id": "m4", "parent_id": "m2", "role": "user", "text": "More"})
    (tmp_path / "more.json").write_text(json.dumps(data))
    report = await transfer.import_file(tmp_path / "more.json")
    assert (report.imported, report.messages) == (1, 4)
    assert report.ids[0] != "c1"
    copy, tree = await conversations.open(report.ids[0])
    assert [m.text for m in tree.path()] == [messages[0].text, messages[1].text, "More"]
    assert copy.leaf_id not in {"m2", "m4"}
    assert len((await conversations.open("c1"))[1]) == 2


async def test_message_ids_that_clash_get_new_ones(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    head, messages = sample()
    await conversations.add(head, messages)
    await transfer.export(None, "json", tmp_path / "all.json")
    data = json.loads((tmp_path / "all.json").read_text("utf-8"))
    data["conversations"][0]["id"] = "other"
    (tmp_path / "other.json").write_text(json.dumps(data))
    assert (await transfer.import_file(tmp_path / "other.json")).imported == 1
    _, tree = await conversations.open("other")
    assert [m.text for m in tree.path()] == [m.text for m in messages[:2]]
    assert len(tree) == 3
    assert not {m.id for m in tree} & {"m1", "m2", "m3"}


async def test_what_a_file_must_not_decide_is_dropped(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    chat = {
        "id": "x" * 500,
        "title": 7,
        "created": "then",
        "load": {"ignore_memory": True, "chat_template": "{{ 1 }}", "context_length": 5, "of_later": 1},
        "sampling": [],
        "messages": [
            {
                "id": 5,
                "parent_id": "nowhere",
                "role": "user",
                "text": 3,
                "created": -1,
                "attachments": [1, {"text": None}],
            },
            "nonsense",
        ],
    }
    (tmp_path / "odd.json").write_text(json.dumps(chat))
    report = await transfer.import_file(tmp_path / "odd.json")
    assert report.problems == ["Chat 1: 1 of its messages could not be read."]
    opened, tree = await conversations.open(report.ids[0])
    assert opened.load == {"context_length": 5}
    assert opened.sampling == {}
    assert len(opened.id) == 32
    assert [m.text for m in tree.path()] == [""]


async def test_markdown_shows_the_branch_and_keeps_fences_whole(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    head, messages = sample()
    await conversations.add(head, messages)
    await transfer.export(["c1"], "markdown", tmp_path / "chat.md")
    text = (tmp_path / "chat.md").read_text("utf-8")
    assert text.startswith("# A <title> & more\n")
    assert "not shown: 1 in other branches" in text
    assert "`````\n````\ncode\n````\n`````" in text
    assert "## You\n" in text
    assert "## Starter\n" in text
    assert "> Hmm <b>." in text
    assert "Half" not in text


async def test_the_page_runs_nothing_and_loads_nothing(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    head, messages = sample()
    await conversations.add(replace(head, leaf_id="m3"), messages)
    await conversations.create('Second "chat"')
    await transfer.export(None, "html", tmp_path / "chats.html")
    text = (tmp_path / "chats.html").read_text("utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "A &lt;title&gt; &amp; more" in text
    assert not re.search(r'(src|href)="(?!#|http://(b\.)?example)', text)
    assert 'href="javascript:' not in text
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert "It broke." in text
    assert '<a href="#c0">' in text


@pytest.mark.parametrize("kind", list(FORMATS))
async def test_a_place_that_cannot_be_written_is_named(
    conversations: Conversations, transfer: Transfer, tmp_path: Path, kind: str
) -> None:
    await conversations.create("One")
    with pytest.raises(StorageError, match="cannot be written"):
        await transfer.export(None, kind, tmp_path / "missing" / "file")
    with pytest.raises(StorageError, match="cannot be written"):
        await transfer.export(None, kind, tmp_path)
    with pytest.raises(ValueError, match="unknown export format"):
        await transfer.export(None, "pdf", tmp_path / "x")
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith("slmdesk.db")] == []


CHATGPT = [
    {
        "title": "Foreign",
        "create_time": 1700000000.5,
        "update_time": 1700000100.0,
        "conversation_id": "abc",
        "current_node": "a2",
        "mapping": {
            "root": {"id": "root", "message": None, "parent": None, "children": ["sys"]},
            "sys": {
                "parent": "root",
                "children": ["u1"],
                "message": {"author": {"role": "system"}, "content": {"content_type": "text", "parts": [""]}},
            },
            "u1": {
                "parent": "sys",
                "children": ["t1", "a1b"],
                "message": {
                    "author": {"role": "user"},
                    "create_time": 1700000001.0,
                    "content": {"content_type": "multimodal_text", "parts": [{"asset_pointer": "file://x"}, "What?"]},
                },
            },
            "t1": {
                "parent": "u1",
                "children": ["tool"],
                "message": {
                    "author": {"role": "assistant"},
                    "content": {"content_type": "thoughts", "thoughts": [{"summary": "S", "content": "Let me think."}]},
                },
            },
            "tool": {
                "parent": "t1",
                "children": ["a1"],
                "message": {"author": {"role": "tool"}, "content": {"content_type": "text", "parts": ["result"]}},
            },
            "a1": {
                "parent": "tool",
                "children": ["u2"],
                "message": {
                    "author": {"role": "assistant"},
                    "create_time": 1700000002.0,
                    "content": {"content_type": "text", "parts": ["That.", "And this."]},
                    "metadata": {"model_slug": "gpt-x"},
                },
            },
            "a1b": {
                "parent": "u1",
                "children": [],
                "message": {
                    "author": {"role": "assistant"},
                    "create_time": None,
                    "content": {"content_type": "text", "parts": ["Other."]},
                },
            },
            "u2": {
                "parent": "a1",
                "children": ["a2"],
                "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["More"]}},
            },
            "a2": {
                "parent": "u2",
                "children": [],
                "message": {
                    "author": {"role": "assistant"},
                    "recipient": "python",
                    "content": {"content_type": "code", "text": "print()"},
                },
            },
        },
    }
]

OPEN_WEBUI = [
    {
        "id": "w1",
        "title": "Web",
        "created_at": 1700000000,
        "updated_at": 1700000100,
        "pinned": True,
        "chat": {
            "params": {"system": "Be kind."},
            "history": {
                "currentId": "a1",
                "messages": {
                    "u1": {"id": "u1", "parentId": None, "role": "user", "content": "Hi", "timestamp": 1700000001},
                    "a1": {
                        "parentId": "u1",
                        "role": "assistant",
                        "model": "m:1b",
                        "modelName": "M",
                        "content": '<details type="reasoning" done="true" duration="2">\n<summary>Thought for 2 seconds'
                        "</summary>\n&gt; Well,\n&gt; hello &amp; hi.\n</details>\nHello.".replace("&gt; ", "> "),
                        "usage": {"prompt_tokens": 4, "completion_tokens": 2, "response_token/s": 20.5},
                        "timestamp": 1700000002,
                    },
                    "a2": {"parentId": "u1", "role": "assistant", "content": "", "error": {"content": "No model."}},
                },
            },
        },
    },
    {
        "id": "w2",
        "chat": {
            "title": "Flat",
            "messages": [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}],
        },
    },
]

LM_STUDIO = {
    "name": "Studio",
    "createdAt": 1700000000000,
    "pinned": False,
    "systemPrompt": "",
    "perChatPredictionConfig": {"fields": [{"key": "llm.prediction.systemPrompt", "value": "Be exact."}]},
    "messages": [
        {
            "currentlySelected": 0,
            "versions": [{"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "Why?"}]}],
        },
        {
            "currentlySelected": 1,
            "versions": [
                {"type": "singleStep", "role": "assistant", "content": [{"type": "text", "text": "First."}]},
                {
                    "type": "multiStep",
                    "role": "assistant",
                    "senderInfo": {"senderName": "phi"},
                    "steps": [
                        {
                            "type": "contentBlock",
                            "style": {"type": "thinking"},
                            "content": [{"type": "text", "text": "Hm."}],
                        },
                        {
                            "type": "contentBlock",
                            "content": [{"type": "text", "text": "Because."}],
                            "genInfo": {"stats": {"tokensPerSecond": 9.5, "stopReason": "maxPredictedTokensReached"}},
                        },
                        {"type": "debugInfoBlock", "debugInfo": "x"},
                    ],
                },
            ],
        },
        {"currentlySelected": 9, "versions": [{"role": "user", "content": [{"type": "text", "text": "Go on"}]}]},
    ],
}


async def imported(transfer: Transfer, path: Path, value: Any) -> list[tuple[Conversation, MessageTree]]:
    path.write_text(json.dumps(value), "utf-8")
    report = await transfer.import_file(path)
    again = await transfer.import_file(path)
    assert (again.imported, again.skipped) == (0, report.imported)
    return [await transfer._conversations.open(i) for i in report.ids]


async def test_chatgpt(transfer: Transfer, tmp_path: Path) -> None:
    ((head, tree),) = await imported(transfer, tmp_path / "conversations.json", CHATGPT)
    assert (head.title, head.created, head.updated) == ("Foreign", 1700000000.5, 1700000100.0)
    assert [(m.role, m.text) for m in tree.path()] == [
        (Role.USER, "What?"),
        (Role.ASSISTANT, "That.\n\nAnd this."),
        (Role.USER, "More"),
    ]
    _, answer, _ = tree.path()
    assert (answer.thinking, answer.model, answer.finish_reason) == ("Let me think.", "gpt-x", "stop")
    assert [tree[i].text for i in tree.siblings(answer.id)[1]] == ["That.\n\nAnd this.", "Other."]


async def test_chatgpt_as_it_is_sent(transfer: Transfer, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("user.json", "{}")
        archive.writestr("conversations.json", json.dumps(CHATGPT))
    report = await transfer.import_file(tmp_path / "export.zip")
    assert report.imported == 1
    assert "1 picture or file was left out" in report.problems[0]


async def test_open_webui(transfer: Transfer, tmp_path: Path) -> None:
    (web, tree), (flat, flat_tree) = await imported(transfer, tmp_path / "chats.json", OPEN_WEBUI)
    assert (web.title, web.pinned, web.system_prompt, web.created) == ("Web", True, "Be kind.", 1700000000)
    question, answer = tree.path()
    assert question.text == "Hi"
    assert (answer.text, answer.thinking, answer.model) == ("Hello.", "Well,\nhello & hi.", "M")
    assert answer.timings == Timings(prompt_tokens=4, completion_tokens=2, generation_tps=20.5)
    failed = tree[tree.siblings(answer.id)[1][1]]
    assert (failed.finish_reason, failed.error) == ("error", "No model.")
    assert flat.title == "Flat"
    assert [m.text for m in flat_tree.path()] == ["A", "B"]


async def test_lm_studio(transfer: Transfer, tmp_path: Path) -> None:
    ((head, tree),) = await imported(transfer, tmp_path / "1700000000000.conversation.json", LM_STUDIO)
    assert (head.title, head.system_prompt, head.created) == ("Studio", "Be exact.", 1700000000)
    assert [m.text for m in tree.path()] == ["Why?", "Because.", "Go on"]
    answer = tree.path()[1]
    assert (answer.thinking, answer.model, answer.finish_reason) == ("Hm.", "phi", "length")
    assert answer.timings == Timings(generation_tps=9.5)
    assert len(tree.siblings(answer.id)[1]) == 2


async def test_a_mixed_list_imports_what_it_can_and_names_the_rest(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    kept = await conversations.create("Mine")
    before = await conversations.open(kept.id)
    value = [
        CHATGPT[0],
        {"title": "Strange", "stuff": 1},
        7,
        {"title": "Broken", "mapping": {"a": {"message": {"author": 5, "content": 6}, "parent": 7}}},
        {"title": "Wrong", "id": "w", "messages": [{"role": "wizard", "text": "", "parent_id": None}]},
        OPEN_WEBUI[1],
    ]
    (tmp_path / "mixed.json").write_text(json.dumps(value))
    report = await transfer.import_file(tmp_path / "mixed.json")
    assert report.imported == 2
    assert [p.split(":")[0] for p in report.problems] == [
        'Chat 1 "Foreign"',
        'Chat 2 "Strange"',
        "Chat 3",
        'Chat 4 "Broken"',
        'Chat 5 "Wrong"',
    ]
    assert "unknown role" in report.problems[4]
    assert len(await conversations.list()) == 3
    assert (await conversations.open(kept.id))[0] == before[0]


@pytest.mark.parametrize("cut", [0.4, 0.7, 0.99])
async def test_a_file_that_breaks_off_gives_what_is_whole(
    conversations: Conversations, transfer: Transfer, tmp_path: Path, cut: float
) -> None:
    for number in range(10):
        await conversations.add(Conversation(f"Chat {number}"), [Message(Role.USER, "words " * 50)])
    await transfer.export(None, "json", tmp_path / "all.json")
    for head in await conversations.list():
        await conversations.purge(head.id)
    text = (tmp_path / "all.json").read_text("utf-8")
    (tmp_path / "cut.json").write_text(text[: int(len(text) * cut)])
    report = await transfer.import_file(tmp_path / "cut.json")
    assert report.imported >= int(10 * cut) - 1
    assert report.problems[0] == f"The file is damaged or breaks off; {report.imported} chats could be read from it."


async def test_damage_in_the_middle_costs_one_chat(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    for number in range(5):
        await conversations.add(Conversation(f"Chat {number}"), [Message(Role.USER, "words")])
    await transfer.export(None, "json", tmp_path / "all.json")
    for head in await conversations.list():
        await conversations.purge(head.id)
    lines = (tmp_path / "all.json").read_text("utf-8").splitlines()
    lines[3] = lines[3].replace('"role":', '"role"', 1)
    (tmp_path / "bad.json").write_text("\n".join(lines))
    assert (await transfer.import_file(tmp_path / "bad.json")).imported == 4


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe\x00",
        b"PK\x03\x04 no archive",
        b"[1, 2]",
    ],
)
async def test_a_file_with_nothing_in_it_is_refused(
    conversations: Conversations, transfer: Transfer, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "file.json").write_bytes(content)
    with pytest.raises(ImportFailed, match="could be imported") as caught:
        await transfer.import_file(tmp_path / "file.json")
    assert caught.value.hint
    assert await conversations.list() == []


async def test_a_missing_file_and_one_too_large_are_refused(
    transfer: Transfer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImportFailed, match="cannot be read"):
        await transfer.import_file(tmp_path / "missing.json")
    monkeypatch.setattr(file, "MOST_BYTES", 1024)
    (tmp_path / "large.json").write_text("x" * 2000)
    with pytest.raises(ImportFailed, match="larger than"):
        await transfer.import_file(tmp_path / "large.json")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", "0" * 1_000_000)
    with pytest.raises(ImportFailed, match="larger than"):
        await transfer.import_file(tmp_path / "bomb.zip")


JUNK: list[Any] = [None, 0, -1, 1e308, 10**400, True, "", "x", "\ud800", [], [[]], {}, {"a": {}}, "user", [None]]


def spoiled(value: Any, source: random.Random) -> Any:
    """The value with one place in it replaced, removed or doubled."""
    value = copy.deepcopy(value)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    walk(value)
    for _ in range(source.randint(1, 4)):
        node, key = source.choice(places)
        with suppress(KeyError, IndexError):
            if source.random() < 0.2:
                del node[key]
            else:
                node[key] = source.choice([*JUNK, node[key], source.choice(places)[1]])
    return value


async def test_no_file_however_odd_is_more_than_a_problem(
    conversations: Conversations, transfer: Transfer, tmp_path: Path
) -> None:
    head, messages = sample()
    await conversations.add(head, messages)
    await transfer.export(None, "json", tmp_path / "ours.json")
    await conversations.purge(head.id)
    samples = [json.loads((tmp_path / "ours.json").read_text("utf-8")), CHATGPT, OPEN_WEBUI, LM_STUDIO]
    source = random.Random(7)
    imported = 0
    for number in range(400):
        (tmp_path / "odd.json").write_text(json.dumps(spoiled(samples[number % 4], source)), "utf-8")
        with suppress(ImportFailed):
            report = await transfer.import_file(tmp_path / "odd.json")
            imported += report.imported
            for chat_id in report.ids:
                opened, tree = await conversations.open(chat_id)
                assert tree.path()[-1].id == opened.leaf_id
                await conversations.purge(chat_id)
    assert imported > 300
    assert await conversations.list() == []
