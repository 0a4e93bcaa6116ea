"""A text cut into chunks of tokens, as llama.cpp's perplexity tool cuts it."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slmdesk.core.errors import QuantizationError
from slmdesk.worker.llama_cpp.native import lib
from slmdesk.worker.llama_cpp.vocabulary import MAX_TEXT, Vocabulary

BYTES_PER_TOKEN = 24
"""Bytes of text that are read for each token that is wanted; ordinary text has about four."""


def read_text(path: Path, most: int = MAX_TEXT) -> str:
    """The beginning of a text file, at most ``most`` bytes. Raises QuantizationError."""
    try:
        with path.open("rb") as file:
            data = file.read(most)
    except OSError as error:
        raise QuantizationError(f"{path.name} cannot be read: {error.strerror}.", "Choose another text.") from error
    if not data.strip():
        raise QuantizationError(f"{path.name} is empty.", "Choose a text of some pages.")
    if b"\0" in data:
        raise QuantizationError(f"{path.name} is not a text.", "Choose a plain text file in UTF-8.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(data) - 4:  # a character that was cut at the end is no fault
            raise QuantizationError(
                f"{path.name} is not a text in UTF-8.", "Save it as UTF-8, or choose another.", str(error)
            ) from error
        return data[: error.start].decode("utf-8")


def chunked(vocabulary: Vocabulary, text: str, length: int, most: int, *, least: int) -> NDArray[np.int32]:
    """The text's tokens as rows of ``length``, at most ``most`` of them (0: all). Raises QuantizationError.

    A start token stands before the text where the model wants one, as the tool has it.
    """
    tokens = vocabulary.tokenize(text, special=False)
    if vocabulary.add_bos:
        tokens = array("i", [vocabulary.bos]) + tokens
    count = len(tokens) // length
    if count < least:
        raise QuantizationError(
            f"The text has {len(tokens):,} tokens, and at least {least * length:,} are needed.",
            f"Choose a longer text, or a context shorter than {length} tokens.",
        )
    count = min(count, most) if most else count
    return np.frombuffer(tokens, np.int32)[: count * length].reshape(count, length).copy()


def start_token(vocabulary: Vocabulary) -> int | None:
    """The token that takes the first place of every chunk; None where the model has none there."""
    return vocabulary.bos if vocabulary.add_bos else None


def with_start(chunk: NDArray[np.int32], start: int | None) -> NDArray[np.int32]:
    """A chunk as it is decoded."""
    if start is None:
        return chunk
    changed = chunk.copy()
    changed[0] = start
    return changed


class Batch:
    """One of llama.cpp's batches for a whole chunk of one sequence; ``close`` gives it back."""

    def __init__(self, length: int) -> None:
        self._batch: Any = lib.llama_batch_init(length, 0, 1)
        self.length = length
        batch = self._batch
        batch.n_tokens = length
        for i in range(length):
            batch.pos[i] = i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = 0

    def fill(self, chunk: NDArray[np.int32], outputs: range = range(0)) -> Any:
        """The batch with these tokens, logits wanted for the positions ``outputs``."""
        target = np.ctypeslib.as_array(self._batch.token, (self.length,))
        target[:] = chunk
        wanted = np.ctypeslib.as_array(self._batch.logits, (self.length,))
        wanted[:] = 0
        wanted[outputs.start : outputs.stop] = 1
        return self._batch

    def close(self) -> None:
        """Give the memory back."""
        if self._batch is not None:
            lib.llama_batch_free(self._batch)
            self._batch = None
