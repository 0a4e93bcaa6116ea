"""A model's vocabulary: text to tokens and back, and where two token sequences say the same."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from typing import Any

from slmdesk.core.errors import GenerationError
from slmdesk.worker.llama_cpp.native import lib

Tokens = array  # of C ints ("i")

CONTROL = 1 << 3
USER_DEFINED = 1 << 4
"""Bits of ``enum llama_token_attr``."""

MAX_TEXT = 64 * 1024 * 1024
"""Bytes of text that are tokenized at once."""


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens at the start are the same."""
    end = min(len(a), len(b))
    low = 0
    step = 256
    while low < end:  # whole blocks compare in C
        high = min(end, low + step)
        if a[low:high] == b[low:high]:
            low = high
            continue
        while low < high and a[low] == b[low]:
            low += 1
        return low
    return low


class Vocabulary:
    """Tokenizes and detokenizes for one loaded model."""

    def __init__(self, model: Any) -> None:
        self.pointer = lib.llama_model_get_vocab(model)
        self.size: int = lib.llama_vocab_n_tokens(self.pointer)
        self.bos: int = lib.llama_vocab_bos(self.pointer)
        self.eos: int = lib.llama_vocab_eos(self.pointer)
        self.add_bos = bool(lib.llama_vocab_get_add_bos(self.pointer)) and self.bos >= 0
        self._buffer = ctypes.create_string_buffer(256)
        self._pieces: list[bytes | None] = [None] * self.size
        attributes = [lib.llama_vocab_get_attr(self.pointer, token) for token in range(self.size)]
        self.end_tokens = frozenset(t for t in range(self.size) if lib.llama_vocab_is_eog(self.pointer, t))
        control = {t for t, attribute in enumerate(attributes) if attribute & CONTROL} | self.end_tokens
        self.control = frozenset(control)
        self.marks = frozenset(text for t in control if is_mark(text := self.text(t)))
        """The names of the control tokens, such as ``<|im_start|>``: a plain text never becomes these tokens."""
        defined = {t for t, attribute in enumerate(attributes) if attribute & USER_DEFINED} - control
        self.unguarded = frozenset(text for t in defined if (text := self.text(t)).startswith("<|") and is_mark(text))
        """Marks that a file declares as ordinary words: llama.cpp makes a token of them in plain text too."""

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for, control tokens with their names; may end inside a character."""
        piece = self._pieces[token]
        if piece is None:
            piece = self._pieces[token] = self._read_piece(token)
        return piece

    def _read_piece(self, token: int) -> bytes:
        size = lib.llama_token_to_piece(self.pointer, token, self._buffer, len(self._buffer), 0, 1)
        if size < 0:
            self._buffer = ctypes.create_string_buffer(-size)
            size = lib.llama_token_to_piece(self.pointer, token, self._buffer, len(self._buffer), 0, 1)
        return self._buffer.raw[:size]

    def text(self, token: int) -> str:
        """A token's text; empty for a token that the model does not have."""
        return self.piece(token).decode(errors="replace") if 0 <= token < self.size else ""

    def tokenize(self, text: str, *, special: bool) -> array[int]:
        """Tokens of ``text`` without a start token. With ``special``, names of control tokens become those tokens."""
        data = text.encode("utf-8", "replace")
        if len(data) > MAX_TEXT:
            raise GenerationError("The text is too long to be read.", "Shorten the message or its attachments.")
        if not data:
            return array("i")
        room = len(data) // 3 + 16
        count = -1
        while count < 0:
            tokens = (ctypes.c_int32 * room)()
            count = lib.llama_tokenize(self.pointer, data, len(data), tokens, room, 0, special)
            if count == -(2**31):
                raise GenerationError("The text is too long to be read.", "Shorten the message or its attachments.")
            room = max(room + 1, -count)
        found = array("i")
        found.frombytes(memoryview(tokens).cast("B")[: 4 * count])
        return found

    def tokenize_plain(self, text: str) -> array[int]:
        """Tokens of a text inside a prompt: no control tokens, and no space put before it as at a prompt's start."""
        lead = self.tokenize("\n", special=False)
        tokens = self.tokenize("\n" + text, special=False)
        if tokens[: len(lead)] == lead:
            return tokens[len(lead) :]
        return self.tokenize(text, special=False)

    def with_bos(self, tokens: array[int]) -> array[int]:
        """The prompt with exactly one start token where the model wants one."""
        if self.bos >= 0 and tokens[:2] == array("i", [self.bos, self.bos]):
            return tokens[1:]
        if self.add_bos and tokens[:1] != array("i", [self.bos]):
            return array("i", [self.bos]) + tokens
        return tokens

    def splice(self, cached: array[int], wanted: array[int]) -> tuple[int, int]:
        """How far ``cached`` says what ``wanted`` begins with: lengths (in cached, in wanted).

        A model often writes a text in other tokens than the tokenizer would. As long as the bytes agree, and control
        tokens meet the same control tokens, the cached tokens are as good, and need not be read again.
        """
        a = b = common_prefix(cached, wanted)
        synced = (a, b)
        ahead = b""  # bytes that one side has and the other has not yet
        cached_leads = False
        while True:
            if not ahead:
                synced = (a, b)
                cached_leads = True
                if a >= len(cached) or b >= len(wanted):
                    return synced
                if cached[a] in self.control or wanted[b] in self.control:
                    if cached[a] != wanted[b]:
                        return synced
                    a, b = a + 1, b + 1
                    continue
                ahead, a = self.piece(cached[a]), a + 1
                continue
            side, at = (wanted, b) if cached_leads else (cached, a)
            if at >= len(side) or side[at] in self.control:
                return synced
            piece = self.piece(side[at])
            if cached_leads:
                b += 1
            else:
                a += 1
            if len(piece) <= len(ahead):
                if not ahead.startswith(piece):
                    return synced
                ahead = ahead[len(piece) :]
            else:
                if not piece.startswith(ahead):
                    return synced
                ahead = piece[len(ahead) :]
                cached_leads = not cached_leads


def is_mark(text: str) -> bool:
    """Whether a token's text looks like structure (``<|user|>``, ``<s>``, ``[INST]``) and not like words or spaces."""
    text = text.strip()
    return len(text) > 2 and (text[0], text[-1]) in {("<", ">"), ("[", "]"), ("｜", "｜")}
