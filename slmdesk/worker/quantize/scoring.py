"""Perplexity, KL divergence and agreement of a model's predictions, as llama.cpp's perplexity tool defines them.

A row is the logits of one position over the vocabulary. The source's rows are kept as 16-bit steps between the row's
largest logit and at most 16 below it, with the step's width and the smallest log-probability before them: the layout of
llama.cpp's ``--kl-divergence-base`` files, of which the program's own are some.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Kept = NDArray[np.uint16]

RANGE = 16.0
"""How far below a row's largest logit its others are kept apart; what is below counts as the smallest."""
STEPS = 65535
HEAD = 4
"""16-bit words before a kept row: two 32-bit floats, the step's width and the smallest log-probability."""
BLOCK = 8 << 20
"""Bytes of logits that are worked on at once, so that they stay in the processor's cache."""


def kept_width(vocabulary: int) -> int:
    """16-bit words of one kept row."""
    return 2 * ((vocabulary + 1) // 2) + HEAD


def blocks(rows: int, vocabulary: int) -> list[slice]:
    """The rows in pieces that are worked on at once."""
    size = max(1, BLOCK // (4 * vocabulary))
    return [slice(at, min(at + size, rows)) for at in range(0, rows, size)]


def losses(logits: Rows, tokens: NDArray[np.int32]) -> NDArray[np.float64]:
    """The negative log-likelihood of each row's token."""
    found = np.empty(len(tokens), np.float64)
    for part in blocks(*logits.shape):
        rows = logits[part]
        largest = rows.max(axis=1)
        found[part] = largest + _log_sum(rows - largest[:, None]) - _at(rows, tokens[part])
    return found


def keep(logits: Rows, tokens: NDArray[np.int32], out: Kept) -> NDArray[np.float64]:
    """Write the rows into ``out`` (as many rows of :func:`kept_width` words); returns their tokens' losses."""
    vocabulary = logits.shape[1]
    found = np.empty(len(tokens), np.float64)
    for part in blocks(*logits.shape):
        rows = logits[part]
        largest = rows.max(axis=1)
        smallest = np.maximum(rows.min(axis=1), largest - np.float32(RANGE))
        log_sum = _log_sum(rows - largest[:, None])
        step = (largest - smallest) / np.float32(STEPS)
        inverse = np.divide(1, step, out=np.zeros_like(step), where=step > 0)
        words = np.rint((rows - smallest[:, None]) * inverse[:, None])
        np.clip(words, 0, STEPS, out=words)
        kept = out[part]
        kept[:, HEAD : HEAD + vocabulary] = words
        kept[:, HEAD + vocabulary :] = 0
        head = np.stack([step, (smallest - largest - log_sum).astype(np.float32)], axis=1)
        kept[:, :HEAD] = np.ascontiguousarray(head, np.float32).view(np.uint16)
        found[part] = largest + log_sum - _at(rows, tokens[part])
    return found


@dataclass(slots=True)
class Comparison:
    """What is summed up of a model against its source, position by position."""

    loss: list[NDArray[np.float64]] = field(default_factory=list)
    base_loss: list[NDArray[np.float64]] = field(default_factory=list)
    divergence: list[NDArray[np.float64]] = field(default_factory=list)
    shift: list[NDArray[np.float64]] = field(default_factory=list)
    same_top: int = 0

    def add(self, logits: Rows, kept: Kept, tokens: NDArray[np.int32]) -> None:
        """Compare the rows of one piece of text with the source's kept ones."""
        vocabulary = logits.shape[1]
        for part in blocks(*logits.shape):
            rows, words, wanted = logits[part], kept[part], tokens[part]
            head = np.ascontiguousarray(words[:, :HEAD]).view(np.float32)
            base = words[:, HEAD : HEAD + vocabulary].astype(np.float32)
            self.same_top += int((base.argmax(axis=1) == rows.argmax(axis=1)).sum())
            base *= head[:, :1]
            base += head[:, 1:]
            largest = rows.max(axis=1)
            own = rows - largest[:, None]
            own -= _log_sum(own)[:, None].astype(np.float32)
            loss, base_loss = -_at(own, wanted), -_at(base, wanted)
            weight = np.exp(base)
            weight[base <= -RANGE] = 0
            base -= own
            self.divergence.append(np.einsum("ij,ij->i", weight, base, dtype=np.float64))
            self.loss.append(loss)
            self.base_loss.append(base_loss)
            self.shift.append(np.exp(-loss) - np.exp(-base_loss))

    def quality(self, context_length: int, chunks: int) -> dict[str, Any]:
        """The figures of :class:`~slmdesk.core.quantization.Quality`."""
        divergence = np.sort(np.concatenate(self.divergence))
        shift = np.concatenate(self.shift)
        count = len(divergence)
        perplexity, error = perplexity_of(self.loss)
        base, base_error = perplexity_of(self.base_loss)
        top = self.same_top / count
        return {
            "perplexity": perplexity,
            "perplexity_error": error,
            "base_perplexity": base,
            "base_perplexity_error": base_error,
            "kl_mean": float(divergence.mean()),
            "kl_error": float(divergence.std() / sqrt(max(1, count - 1))),
            "kl_median": float(np.median(divergence)),
            "kl_99": float(np.quantile(divergence, 0.99)),
            "kl_max": float(divergence[-1]),
            "same_top": top,
            "same_top_error": sqrt(top * (1 - top) / max(1, count - 1)),
            "shift_mean": float(shift.mean()),
            "shift_rms": float(sqrt(np.square(shift).mean())),
            "tokens": count,
            "chunks": chunks,
            "context_length": context_length,
        }


def perplexity_of(losses_: list[NDArray[np.float64]]) -> tuple[float, float]:
    """Perplexity and its standard error, from losses."""
    loss = np.concatenate(losses_)
    value = exp(loss.mean())
    return value, value * float(loss.std()) / sqrt(max(1, len(loss) - 1))


def _at(rows: Rows, tokens: NDArray[np.int32]) -> NDArray[np.float64]:
    return rows[np.arange(len(tokens)), tokens].astype(np.float64)


def _log_sum(rows: Rows) -> NDArray[np.float64]:
    """The logarithm of the sum of the exponentials of rows whose largest value is 0."""
    found: NDArray[np.float64] = np.log(np.exp(rows).sum(axis=1, dtype=np.float64))
    return found
