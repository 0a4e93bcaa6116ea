"""From a model's bytes to what a person reads: whole characters, thinking told apart, stop strings cut off."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """How a family of models writes its thinking: what opens it and what may close it."""

    opening: str
    closings: tuple[str, ...]


MARKS = (
    Mark("<think>", ("</think>",)),
    Mark("<thinking>", ("</thinking>",)),
    Mark("<thought>", ("</thought>",)),
    Mark("<seed:think>", ("</seed:think>",)),
    Mark("<mm:think>", ("</mm:think>",)),
    Mark("<think:opensource>", ("</think:opensource>",)),
    Mark("[THINK]", ("[/THINK]",)),
    Mark("<|START_THINKING|>", ("<|END_THINKING|>",)),
    Mark("<|begin_of_thought|>", ("<|end_of_thought|>",)),
    Mark("<|channel|>analysis<|message|>", ("<|end|>", "<|start|>assistant")),
    Mark("<|channel>thought\n", ("<channel|>",)),
    Mark("◁think▷", ("◁/think▷",)),
)
"""The thinking marks that are known, from the templates of the models that use them."""

SILENT = (
    "<|channel|>final<|message|>",
    "<|start|>assistant",
    "<|START_RESPONSE|>",
    "<|END_RESPONSE|>",
    "<|begin_of_solution|>",
    "<|end_of_solution|>",
)
"""Marks around the answer itself that nobody wants to read."""

STRUCTURE = frozenset(
    {text for mark in MARKS for text in (mark.opening, *mark.closings)}
    | {"<|channel|>", "<|message|>", "<|end|>", "<|start|>", "<|channel>", "<channel|>", *SILENT}
)
"""The control tokens whose text is passed to :class:`AnswerStream`; all other control tokens are silent."""


def open_mark(prompt: str) -> Mark | None:
    """The thinking mark that a rendered prompt ends with: the template has begun the thinking for the model."""
    tail = prompt.rstrip()
    return next((mark for mark in MARKS if tail.endswith(mark.opening.rstrip())), None)


class _Watch:
    """Strings to look out for in a text that grows; quick where none of their first characters occurs."""

    __slots__ = ("_firsts", "_longest", "_strings")

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings = tuple(strings)
        self._firsts = frozenset(string[0] for string in self._strings)
        self._longest = max(map(len, self._strings), default=0)

    def first(self, text: str) -> tuple[int, str]:
        """Where the earliest of the strings is (the longest at the same place); (-1, "") for none."""
        best, found = -1, ""
        if self._firsts.isdisjoint(text):
            return best, found
        for string in self._strings:
            at = text.find(string)
            if at >= 0 and (best < 0 or at < best or (at == best and len(string) > len(found))):
                best, found = at, string
        return best, found

    def held_back(self, text: str) -> int:
        """How many characters at the end of ``text`` may be the beginning of one of the strings."""
        for at in range(max(0, len(text) - self._longest + 1), len(text)):
            if text[at] in self._firsts:
                tail = text[at:]
                if any(string.startswith(tail) for string in self._strings):
                    return len(tail)
        return 0


class AnswerStream:
    """Takes the bytes of an answer as they are made, and gives pieces of (thinking, text) that are safe to show.

    ``stop`` strings end the answer and are not part of it; they are looked for in the text, not in the thinking.
    ``thinking`` is the mark that the prompt has opened already. With ``continuing``, text has been shown before.
    """

    def __init__(self, stop: Iterable[str] = (), thinking: Mark | None = None, *, continuing: bool = False) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(string for string in stop if string)
        self._mark = thinking
        self._openings = {mark.opening: mark for mark in MARKS}
        self._buffer = ""
        self._shown = continuing
        self._trim = False
        self._leading = ""  # white space before the first word: not shown should thinking follow
        self.stopped = False
        """A stop string has come."""
        self.thought = thinking is not None
        """There was any thinking."""
        self._watched = self._watch()

    @property
    def thinking(self) -> bool:
        """Whether the model is inside its thinking now."""
        return self._mark is not None

    def _watch(self) -> _Watch:
        """The strings that mean something at this point."""
        if self._mark is not None:
            return _Watch(self._mark.closings)
        openings = tuple(o for o in self._openings if not self._shown or "<|channel" in o)
        return _Watch((*self._stop, *openings, *SILENT))

    def feed(self, data: bytes) -> tuple[str, str]:
        """The (thinking, text) that can be shown after these bytes; both may be empty."""
        self._buffer += self._decoder.decode(data)
        return self._drain(final=False)

    def finish(self) -> tuple[str, str]:
        """The rest, at the end of the answer."""
        self._buffer += self._decoder.decode(b"", final=True)
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> tuple[str, str]:
        thinking: list[str] = []
        text: list[str] = []
        while self._buffer and not self.stopped:
            at, found = self._watched.first(self._buffer)
            if at < 0:
                keep = 0 if final else self._watched.held_back(self._buffer)
                self._show(self._buffer[: len(self._buffer) - keep], thinking, text)
                self._buffer = self._buffer[len(self._buffer) - keep :]
                break
            if found in self._openings and self._buffer[:at].strip() and "<|channel" not in found:
                # a mark inside a sentence is the answer speaking about marks
                at += len(found)
                self._show(self._buffer[:at], thinking, text)
                self._buffer = self._buffer[at:]
                continue
            self._show(self._buffer[:at], thinking, text)
            self._buffer = self._buffer[at + len(found) :]
            self._pass(found)
        return "".join(thinking), "".join(text)

    def _pass(self, found: str) -> None:
        """Go over a mark or a stop string."""
        if self._mark is not None:
            self._mark = None
            self._trim = True
        elif found in self._stop:
            self.stopped = True
            self._buffer = ""
        elif found in self._openings:
            self._mark = self._openings[found]
            self._leading = ""
            self.thought = True
            self._trim = True
        self._watched = self._watch()

    def _show(self, part: str, thinking: list[str], text: list[str]) -> None:
        if self._trim or (self.thought and not self._shown and self._mark is None):
            part = part.lstrip()
        if not part:
            return
        self._trim = False
        if self._mark is not None:
            thinking.append(part)
        elif self._shown:
            text.append(part)
        elif part.isspace():
            self._leading += part
        else:
            text.append(self._leading + part)
            self._shown = True
            self._watched = self._watch()
