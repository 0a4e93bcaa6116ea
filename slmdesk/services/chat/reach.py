"""How much of a very long chat is worth sending to the engine."""

from __future__ import annotations

from collections.abc import Sequence

from slmdesk.core.chat import Message, Role

CHARACTERS_PER_TOKEN = 24
"""More than any real text has on average over a whole context (English has about 4, indented code about 8)."""


def within_reach(messages: Sequence[Message], context_length: int) -> tuple[list[Message], int]:
    """The messages that could fit into ``context_length`` tokens, and how many older ones were left out.

    The engine decides exactly, by counting tokens; this only spares it (and the window, which would have to encode
    them) the thousands of messages of a long chat that cannot fit by any count. A leading system message and the last
    message always stay.
    """
    head = list(messages[:1]) if messages and messages[0].role is Role.SYSTEM else []
    room = context_length * CHARACTERS_PER_TOKEN
    kept: list[Message] = []
    for message in reversed(messages[len(head) :]):
        room -= len(message.prompt_text)
        if room < 0 and kept:
            break
        kept.append(message)
    left_out = len(messages) - len(head) - len(kept)
    return [*head, *reversed(kept)], left_out
