"""Full-text search over titles and messages (SQLite's FTS5), safe for whatever a person types."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import count
from typing import Any

import apsw

from slmdesk.core.chat import SearchHit

MARK_START, MARK_END = "\x02", "\x03"
"""Stand around the matched words in a snippet."""

SNIPPET_WORDS = 14
_MOST_WORDS = 16
_MOST_ROWS = 10_000
"""Matches looked at before a search is content with what it has (one long chat may hold thousands)."""

_PARTS = re.compile(r'"([^"]*)"|(\S+)')

_TITLES = """
SELECT c.id, c.title, highlight(title_index, 0, char(2), char(3)), c.updated
FROM title_index CROSS JOIN conversations AS c ON c.number = title_index.rowid
WHERE title_index MATCH ? AND c.deleted IS NULL
ORDER BY c.updated DESC LIMIT ?
"""
_TEXTS = f"""
SELECT m.id, c.id, c.title, c.updated, snippet(text_index, 0, char(2), char(3), '…', {SNIPPET_WORDS})
FROM text_index CROSS JOIN messages AS m ON m.number = text_index.rowid
CROSS JOIN conversations AS c ON c.id = m.conversation_id
WHERE text_index MATCH ? AND m.deleted IS NULL AND wanted(m.conversation_id) AND c.deleted IS NULL
ORDER BY text_index.rowid DESC LIMIT ?
"""  # noqa: S608  (a constant number)


_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Scripts that put no spaces between words (Thai, Lao, Burmese, Khmer, Chinese, Japanese): the index holds whole runs
of them, so a word in the middle of one is looked for in the text itself: some 0.2 s for 100,000 messages."""

_SCAN = """
SELECT m.id, c.id, c.title, c.updated, m.text
FROM messages AS m CROSS JOIN conversations AS c ON c.id = m.conversation_id
WHERE instr(m.text, ?) AND m.deleted IS NULL AND c.deleted IS NULL
ORDER BY m.number DESC LIMIT ?
"""
_AROUND = 30


class _Enough(Exception):
    """So many matches were looked at that the search ends with what it has."""


def expression(text: str) -> str:
    """The FTS5 query for what a person typed: every word must occur, the last one may go on.

    Words in double quotes are one phrase. Nothing in ``text`` is an operator. Empty where it holds no word.
    """
    phrases: list[str] = []
    for found in _PARTS.finditer(text.replace("\x00", " ")):
        quoted, word = found.groups()
        content = (quoted if quoted is not None else word).replace('"', " ")
        if any(c.isalnum() for c in content):
            open_ended = quoted is None and found.end() == len(text)
            phrases.append(f'"{content}"{"*" if open_ended else ""}')
    return " ".join(phrases[:_MOST_WORDS])


def find(c: apsw.Connection, text: str, limit: int, per_conversation: int) -> list[SearchHit]:
    """Chats whose title matches, newest first, then the newest matching messages, some of each chat.

    What is in the bin, removed, or an answer still being written is not found.
    """
    query = expression(text)
    if not query:
        return []
    titles = c.execute(_TITLES, (query, max(1, limit // 2)))
    hits = [SearchHit(i, title, None, marked, updated) for i, title, marked, updated in titles]
    texts = _texts(c, query, limit - len(hits), per_conversation)
    if not texts and _UNSPACED.search(text):
        texts = _scanned(c, text.strip(), limit - len(hits))
    return hits + texts


def _texts(c: apsw.Connection, query: str, limit: int, per_conversation: int) -> list[SearchHit]:
    """Matching messages, those of one chat together, the chat last used first."""
    groups: dict[str, list[SearchHit]] = {}
    rows = count(1)

    def wanted(*values: Any) -> bool:
        """Asked with the chat of each match, newest first, before its snippet is made: that costs most."""
        if next(rows) > _MOST_ROWS:
            raise _Enough
        return len(groups.get(values[0], ())) < per_conversation

    c.create_scalar_function("wanted", wanted, 1)
    with suppress(_Enough):
        for message_id, conversation_id, title, updated, snippet in c.execute(_TEXTS, (query, limit)):
            hit = SearchHit(conversation_id, title, message_id, " ".join(snippet.split()), updated)
            groups.setdefault(conversation_id, []).append(hit)
    return [hit for hits in sorted(groups.values(), key=lambda g: -g[0].updated) for hit in hits]


def _scanned(c: apsw.Connection, text: str, limit: int) -> list[SearchHit]:
    """Messages that hold ``text`` as it stands, newest first."""
    hits = []
    for message_id, conversation_id, title, updated, content in c.execute(_SCAN, (text, limit)):
        at = content.find(text)
        end = at + len(text)
        before, after = content[max(0, at - _AROUND) : at], content[end : end + _AROUND]
        shown = f"{'…' if at > _AROUND else ''}{before}{MARK_START}{content[at:end]}{MARK_END}{after}"
        hits.append(SearchHit(conversation_id, title, message_id, " ".join(shown.split()), updated))
    return hits
