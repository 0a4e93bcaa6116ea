"""Full-text search over titles and messages (SQLite's FTS5), safe for whatever a person types."""

from __future__ import annotations

import re

import apsw

from slmdesk.core.chat import SearchHit

MARK_START, MARK_END = "\x02", "\x03"
"""Stand around the matched words in a snippet."""

SNIPPET_WORDS = 14
_MOST_WORDS = 16
_MOST_ROWS = 5_000
"""Matches looked at before a search is content with what it has (one long chat may hold thousands)."""

_PARTS = re.compile(r'"([^"]*)"|(\S+)')

_TITLES = """
SELECT c.id, c.title, highlight(title_index, 0, char(2), char(3)), c.updated
FROM title_index CROSS JOIN conversations AS c ON c.number = title_index.rowid
WHERE title_index MATCH ? AND c.deleted IS NULL
ORDER BY c.updated DESC LIMIT ?
"""
_TEXTS = """
SELECT m.number, m.id, c.id, c.title, c.updated
FROM text_index CROSS JOIN messages AS m ON m.number = text_index.rowid
CROSS JOIN conversations AS c ON c.id = m.conversation_id
WHERE text_index MATCH ? AND m.deleted IS NULL AND c.deleted IS NULL
ORDER BY text_index.rowid DESC
"""
_SNIPPET = f"""
SELECT rowid, snippet(text_index, 0, char(2), char(3), '…', {SNIPPET_WORDS})
FROM text_index WHERE text_index MATCH ? AND rowid = ?
"""  # noqa: S608  (a constant number)


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
    places: list[tuple[int, SearchHit]] = []
    seen: dict[str, int] = {}
    for count, (number, message_id, conversation_id, title, updated) in enumerate(c.execute(_TEXTS, (query,))):
        if len(hits) + len(places) >= limit or count >= _MOST_ROWS:
            break
        if seen.get(conversation_id, 0) >= per_conversation:
            continue
        seen[conversation_id] = seen.get(conversation_id, 0) + 1
        places.append((number, SearchHit(conversation_id, title, message_id, "", updated)))
    snippets = {n: s for number, _ in places for n, s in c.execute(_SNIPPET, (query, number))}
    order = {id_: -max(h.updated for _, h in places if h.conversation_id == id_) for id_ in seen}
    places.sort(key=lambda p: (order[p[1].conversation_id], p[1].conversation_id, -p[0]))
    for number, hit in places:
        shown = " ".join(snippets.get(number, "").split())
        hits.append(SearchHit(hit.conversation_id, hit.title, hit.message_id, shown, hit.updated))
    return hits
