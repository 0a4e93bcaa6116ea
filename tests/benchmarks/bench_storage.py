"""The store at a size that years of use make: ``python -m tests.benchmarks storage``."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import accumulate
from pathlib import Path

from slmdesk.core.chat import Conversation, Message, Role, Timings
from slmdesk.services.conversations import Conversations
from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import Database
from tests.benchmarks.row import Row

CHATS, PER_CHAT = 2_000, 50
LONG = 10_000
SEARCH_MS, OPEN_MS, SAVE_MS = 50.0, 300.0, 20.0

QUERIES = {
    "a rare word": "w19000",
    "the most common word": "w0 ",
    "one letter, unfinished": "w",
    "two letters, unfinished": "w1",
    "two words, the last unfinished": "w25 w31",
    "a phrase of common words": '"w0 w1"',
    "six common words": "w0 w1 w2 w3 w4 w5",
    "nothing found": "nowhere",
}


def run() -> list[Row]:
    """The table's rows."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slmdesk.db"
        database = await Database.open(path)
        await _fill(ConversationStore(database))
        await database.close()
        size = path.stat().st_size
        database = await Database.open(path)
        store = ConversationStore(database)
        try:
            rows = await _searches(store, database, size)
            rows.append(await _opening(store))
            rows.append(await _saving(store))
        finally:
            await database.close()
    return rows


async def _fill(store: ConversationStore) -> None:
    """Messages of 10 to 150 words from a vocabulary whose frequencies fall as in real text (Zipf's law)."""
    source = random.Random(1)
    words = [f"w{n}" for n in range(20_000)]
    weights = list(accumulate(1 / (n + 2) for n in range(len(words))))
    for chat in range(CHATS):
        text = [
            " ".join(source.choices(words, cum_weights=weights, k=source.randint(10, 150))) for _ in range(PER_CHAT)
        ]
        await store.insert(Conversation(f"Chat {chat} {text[0][:20]}"), _chain(text, f"c{chat}-"))
    text = [" ".join(source.choices(words, cum_weights=weights, k=60)) for _ in range(LONG)]
    await store.insert(Conversation("Long", id="long"), _chain(text, "long-"))


def _chain(texts: Sequence[str], prefix: str) -> list[Message]:
    timings = Timings(prompt_tokens=100, completion_tokens=80, ttft_ms=120.5, prompt_tps=300.0, generation_tps=30.0)
    return [
        Message(
            Role.ASSISTANT if n % 2 else Role.USER,
            text,
            id=f"{prefix}{n}",
            parent_id=f"{prefix}{n - 1}" if n else None,
            created=1.7e9 + n,
            finish_reason="stop" if n % 2 else "",
            timings=timings if n % 2 else None,
        )
        for n, text in enumerate(texts)
    ]


async def _median(work: Callable[[], Awaitable[object]], times: int = 7) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


async def _searches(store: ConversationStore, database: Database, size: int) -> list[Row]:
    scan = "SELECT count(*) FROM messages WHERE text LIKE '% w19000 %'"
    baseline = await _median(lambda: database.read(lambda c: c.execute(scan).get), 3)
    total = CHATS * PER_CHAT + LONG
    rows = []
    for kind, query in QUERIES.items():
        first = await _median(lambda query=query: store.search(query), 1)  # type: ignore[misc]
        taken = await _median(lambda query=query: store.search(query))  # type: ignore[misc]
        measured = f"{taken:.1f} ms (first {first:.1f} ms, reading all text {baseline:.0f} ms)"
        what = f"search {total:,} messages, {size / 1e6:.0f} MB: {kind}"
        rows.append(Row(what, measured, f"<= {SEARCH_MS:.0f} ms", taken <= SEARCH_MS))
    return rows


async def _opening(store: ConversationStore) -> Row:
    conversations = Conversations(store)
    taken = await _median(lambda: conversations.open("long"))
    bare = await _median(lambda: store.messages("long"))
    return Row(
        f"open a chat of {LONG:,} messages from the store, as a tree",
        f"{taken:.0f} ms (rows alone {bare:.0f} ms)",
        f"<= {OPEN_MS:.0f} ms with the window",
        taken <= OPEN_MS,
    )


async def _saving(store: ConversationStore) -> Row:
    """The text grows as it does while it streams; one commit every 200 ms is what the chat makes."""
    await store.insert(Conversation("Stream", id="stream"), [Message(Role.ASSISTANT, "", id="answer")])
    grown = iter(range(100))

    async def save() -> None:
        text = "word " * (20_000 + 20 * next(grown))
        await store.save_message("stream", Message(Role.ASSISTANT, text, id="answer"))

    taken = await _median(save, 51)
    what = "save an answer of 100,000 characters while it streams"
    return Row(what, f"{taken:.1f} ms", f"<= {SAVE_MS:.0f} ms", taken <= SAVE_MS)
