"""From a chat to tokens: template applied, oldest turns left out where they do not fit, user text kept plain."""

from __future__ import annotations

import secrets
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slmdesk.core.chat import SamplingOptions
from slmdesk.core.errors import ContextFull, GenerationError, TemplateError
from slmdesk.worker.llama_cpp.streams import MARKS, Mark, open_mark
from slmdesk.worker.llama_cpp.templates import ChatTemplate
from slmdesk.worker.llama_cpp.vocabulary import Vocabulary

DEFAULT_RESERVE = 256
"""Tokens kept free for an answer without a limit of its own."""
LEAST_ANSWER = 16
"""Tokens that must be left for an answer; with less the context counts as full."""

ChatMessages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is to read."""

    text: str
    tokens: array[int]
    thinking: Mark | None = None
    """The thinking mark that the prompt leaves open."""
    dropped_messages: int = 0
    dropped_tokens: int = 0


MAX_SECONDS_PER_PROMPT = 4.0
"""A prompt is rendered several times when old turns must go; together these may take so long, see MAX_SECONDS."""


class Prompts:
    """Builds prompts for one loaded model with one context length."""

    def __init__(self, vocabulary: Vocabulary, template: ChatTemplate, context_length: int) -> None:
        self._vocabulary = vocabulary
        self._template = template
        self._context_length = context_length
        self._spent = 0.0

    def build(self, messages: ChatMessages, options: SamplingOptions, *, continuing: bool = False) -> Prompt:
        """The prompt for an answer to ``messages``, or with ``continuing`` for the rest of the last one.

        Raises ContextFull when the system prompt and the last message alone leave no room, TemplateError when the
        template fails.
        """
        self._spent = 0.0
        chat = check(messages)
        if continuing and chat[-1]["role"] != "assistant":
            raise GenerationError("Only an answer can be continued.", "Choose Regenerate instead.")
        whole = self._prompt(chat, continuing)
        room = self._context_length - self._reserve(options)
        if len(whole.tokens) <= room:
            return whole
        turns = self._turns(chat)
        return self._fitting(chat, turns, len(whole.tokens), room, continuing)

    def finished(self, messages: ChatMessages) -> array[int]:
        """The tokens of a chat as it stands, without the beginning of a further answer."""
        self._spent = 0.0
        _, parts = self._render(check(messages), add_generation_prompt=False)
        return self._tokens(parts)

    def _reserve(self, options: SamplingOptions) -> int:
        wanted = options.max_tokens if options.max_tokens > 0 else DEFAULT_RESERVE
        return min(wanted, self._context_length // 4)

    @staticmethod
    def _turns(chat: ChatMessages) -> list[int]:
        """Where a turn begins: at every user message. What stands before the first belongs to it."""
        start = 1 if chat[0]["role"] == "system" else 0
        users = [i for i, message in enumerate(chat) if i > start and message["role"] == "user"]
        return [start, *users]

    def _fitting(self, chat: ChatMessages, turns: list[int], whole: int, room: int, continuing: bool) -> Prompt:
        """Leave out as few of the oldest turns as possible, but a quarter of the context at a time.

        Dropping one turn at every question would move the beginning each time, and the whole chat would be read anew.
        """
        system = list(chat[: turns[0]])
        step = max(1, self._context_length // 4)

        def without(count: int) -> Prompt:
            return self._prompt([*system, *chat[turns[count] :]], continuing)

        goal = whole - room
        goal = (goal + step - 1) // step * step
        last = len(turns) - 1
        low = _least(1, last, lambda count: whole - len(without(count).tokens) >= goal)
        prompt = without(min(low, last))
        limit = room if low < last else self._context_length - LEAST_ANSWER
        if len(prompt.tokens) > limit:
            self._refuse(len(prompt.tokens))
        dropped = turns[min(low, last)] - turns[0]
        return Prompt(
            prompt.text, prompt.tokens, prompt.thinking, dropped, whole - len(prompt.tokens) if dropped else 0
        )

    def _refuse(self, tokens: int) -> None:
        raise ContextFull(
            f"The system prompt and the last message are {tokens} tokens long, but the model is loaded with a context "
            f"of {self._context_length}.",
            "Shorten the message or its attachments, or load the model with a longer context.",
        )

    def _prompt(self, chat: ChatMessages, continuing: bool) -> Prompt:
        if not continuing:
            text, parts = self._render(chat)
            return Prompt(text, self._tokens(parts), open_mark(text))
        head, parts = self._render(chat[:-1])
        tokens = self._tokens(parts)
        before, answer, mark = _begun(chat[-1], open_mark(head))
        for part, special in ((before, True), (answer, False)):
            if part:
                tokens = tokens + (self._vocabulary.tokenize(part, special=True) if special else self._plain(part))
        return Prompt(head + before + answer, tokens, mark)

    def _plain(self, text: str) -> array[int]:
        return self._vocabulary.tokenize_plain(text)

    def _render(self, chat: ChatMessages, *, add_generation_prompt: bool = True) -> tuple[str, list[tuple[str, bool]]]:
        """The rendered text, and the same as parts: (text, whether control tokens in it are meant)."""

        def rendered(messages: ChatMessages) -> str:
            began = time.monotonic()
            text = self._template.render(messages, add_generation_prompt=add_generation_prompt)
            self._spent += time.monotonic() - began
            if self._spent > MAX_SECONDS_PER_PROMPT:
                raise TemplateError(
                    "The model's chat template is too slow: it would hold up every answer.",
                    "Give another template under Load in the inspector, or choose another model.",
                )
            return text

        marks, unguarded = self._vocabulary.marks, self._vocabulary.unguarded
        if unguarded:
            chat = _broken(chat, unguarded)
        text = rendered(chat)
        speaking = [i for i, message in enumerate(chat) if _names_any(message["content"], marks)]
        if not speaking:
            return text, [(text, True)]
        masks = {i: f"\ue000{secrets.token_hex(8)}\ue001" for i in speaking}
        masked = rendered([{**m, "content": masks.get(i, m["content"])} for i, m in enumerate(chat)])
        parts = _split(masked, {mask: chat[i]["content"] for i, mask in masks.items()}, text)
        if parts is None:  # the template changes the contents, so that they cannot be told from its own text
            text = rendered(_broken(chat, marks))
            parts = [(text, True)]
        return text, parts

    def _tokens(self, parts: list[tuple[str, bool]]) -> array[int]:
        tokens = array("i")
        for part, special in parts:
            tokens += self._vocabulary.tokenize(part, special=True) if special else self._plain(part)
        return self._vocabulary.with_bos(tokens)


def _begun(message: Mapping[str, Any], opened: Mark | None) -> tuple[str, str, Mark | None]:
    """How an unfinished answer goes on after the generation prompt: (thinking with its marks, text, open mark)."""
    thinking, answer = message.get("reasoning_content", ""), message["content"]
    mark = opened or (MARKS[0] if thinking else None)
    if mark is None:
        return "", answer, None
    opening = "" if opened else mark.opening + "\n"
    if not answer:
        return opening + thinking, "", mark
    return f"{opening}{thinking}\n{mark.closings[0]}\n\n", answer, None


def _names_any(content: str, marks: frozenset[str]) -> bool:
    """Whether a text holds the name of a control token, which would end its turn or open another's."""
    return any(mark in content for mark in marks)


def _broken(chat: ChatMessages, marks: frozenset[str]) -> ChatMessages:
    """The chat with an invisible space inside every mark that a message holds, so that it is no mark any more."""
    found = []
    for message in chat:
        content = message["content"]
        for mark in sorted(marks, key=len, reverse=True):
            content = content.replace(mark, f"{mark[0]}\u200b{mark[1:]}")
        found.append({**message, "content": content})
    return found


def _split(masked: str, contents: Mapping[str, str], text: str) -> list[tuple[str, bool]] | None:
    """Cut a rendering with masked contents at the masks; None where the template changed more than the edges."""
    parts: list[tuple[str, bool]] = []
    rest, at = masked, 0
    while True:
        found = min((m for m in contents if m in rest), key=rest.index, default=None)
        if found is None:
            break
        before, rest = rest.split(found, 1)
        at += len(before)
        variants = (contents[found], contents[found].strip())
        content = next((v for v in variants if text.startswith(v, at)), None)
        if content is None:
            return None
        at += len(content)
        parts += [(before, True), (content, False)]
    parts.append((rest, True))
    return parts if "".join(part for part, _ in parts) == text else None


def _least(low: int, high: int, enough: Callable[[int], bool]) -> int:
    """The smallest number in low..high for which ``enough`` holds, or ``high``."""
    while low < high:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle + 1
    return low


def check(messages: Any) -> list[dict[str, Any]]:
    """The messages of a request in the form that templates take. Raises GenerationError for anything else."""
    found: list[dict[str, Any]] = []
    for message in messages if isinstance(messages, list | tuple) else ():
        if not isinstance(message, Mapping):
            break
        role, content = message.get("role"), message.get("content")
        if role not in {"system", "user", "assistant"} or not isinstance(content, str):
            break
        entry = {"role": role, "content": content}
        thinking = message.get("thinking")
        if role == "assistant" and isinstance(thinking, str) and thinking:
            entry["reasoning_content"] = thinking
        found.append(entry)
    else:
        if found and any(message["role"] != "system" for message in found):
            return found
    raise GenerationError("There is no message to answer.")
