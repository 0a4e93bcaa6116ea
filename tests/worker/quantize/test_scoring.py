"""The figures against a plain reckoning in 64 bits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from slmdesk.worker.quantize.scoring import Comparison, keep, kept_width, losses, perplexity_of

ROWS, VOCABULARY = 37, 501


@pytest.fixture
def base() -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 2.5, (ROWS, VOCABULARY)).astype(np.float32)


@pytest.fixture
def tokens() -> NDArray[np.int32]:
    return np.random.default_rng(2).integers(0, VOCABULARY, ROWS).astype(np.int32)


def log_softmax(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = rows.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    return np.asarray(wide - np.log(np.exp(wide).sum(axis=1, keepdims=True)))


def kept_of(base: NDArray[np.float32], tokens: NDArray[np.int32]) -> NDArray[np.uint16]:
    kept = np.empty((ROWS, kept_width(VOCABULARY)), np.uint16)
    keep(base, tokens, kept)
    return kept


def test_losses_and_perplexity(base: NDArray[np.float32], tokens: NDArray[np.int32]) -> None:
    expected = -log_softmax(base)[np.arange(ROWS), tokens]
    found = losses(base, tokens)
    assert np.allclose(found, expected, atol=1e-5)
    value, error = perplexity_of([found])
    assert value == pytest.approx(np.exp(expected.mean()), rel=1e-5)
    assert error == pytest.approx(value * expected.std() / np.sqrt(ROWS - 1), rel=1e-4)


def test_a_model_against_itself(base: NDArray[np.float32], tokens: NDArray[np.int32]) -> None:
    comparison = Comparison()
    comparison.add(base, kept_of(base, tokens), tokens)
    quality = comparison.quality(512, 1)
    assert quality["same_top"] == 1
    assert abs(quality["kl_mean"]) < 1e-5
    assert quality["perplexity"] == pytest.approx(quality["base_perplexity"], rel=1e-4)


def test_divergence(base: NDArray[np.float32], tokens: NDArray[np.int32]) -> None:
    other = base + np.random.default_rng(3).normal(0, 0.4, base.shape).astype(np.float32)
    comparison = Comparison()
    comparison.add(other, kept_of(base, tokens), tokens)
    quality = comparison.quality(512, 1)
    p, q = log_softmax(base), log_softmax(other)
    divergence = (np.exp(p) * (p - q)).sum(axis=1)
    assert quality["kl_mean"] == pytest.approx(divergence.mean(), rel=1e-3)
    assert quality["kl_max"] == pytest.approx(divergence.max(), rel=1e-3)
    assert quality["kl_median"] == pytest.approx(np.median(divergence), rel=1e-2)
    assert quality["same_top"] == (base.argmax(axis=1) == other.argmax(axis=1)).mean()
    shift = np.exp(q[np.arange(ROWS), tokens]) - np.exp(p[np.arange(ROWS), tokens])
    assert quality["shift_mean"] == pytest.approx(shift.mean(), abs=1e-5)
    assert quality["shift_rms"] == pytest.approx(np.sqrt((shift**2).mean()), abs=1e-5)


def test_rows_without_any_spread(tokens: NDArray[np.int32]) -> None:
    flat = np.zeros((ROWS, VOCABULARY), np.float32)
    comparison = Comparison()
    comparison.add(flat, kept_of(flat, tokens), tokens)
    quality = comparison.quality(512, 1)
    assert quality["perplexity"] == pytest.approx(VOCABULARY, rel=1e-5)
    assert abs(quality["kl_mean"]) < 1e-4
