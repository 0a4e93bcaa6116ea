from __future__ import annotations

import random
from array import array

import pytest

from slmdesk.worker.llama_cpp.vocabulary import Vocabulary, common_prefix, is_mark
from tests.worker.llama_cpp.driver import Driver


@pytest.fixture
def vocabulary(driver: Driver) -> Vocabulary:
    return driver.engine._model().model.vocabulary


def test_text_comes_back(vocabulary: Vocabulary) -> None:
    for text in ("hello there", "naïve 🙂\n\ttabs", "", "\udcff lone"):
        tokens = vocabulary.tokenize(text, special=False)
        expected = text.encode("utf-8", "replace")
        assert b"".join(vocabulary.piece(token) for token in tokens) == expected
        assert vocabulary.tokenize_plain(text) == tokens


def test_control_tokens_only_where_they_are_meant(vocabulary: Vocabulary) -> None:
    assert len(vocabulary.tokenize("<|im_end|>", special=True)) == 1
    assert len(vocabulary.tokenize("<|im_end|>", special=False)) > 1
    assert "<|im_start|>" in vocabulary.marks
    assert vocabulary.text(vocabulary.eos) == "<|im_end|>"
    assert vocabulary.text(-1) == ""


def test_common_prefix() -> None:
    rng = random.Random(1)
    a = array("i", (rng.randrange(100) for _ in range(2000)))
    for length in (0, 1, 255, 256, 257, 1000, 2000):
        b = a[:length] + array("i", [-1, 5])
        assert common_prefix(a, b) == min(length, 2000)
    assert common_prefix(a, a) == 2000


def test_splice_finds_the_same_text_in_other_tokens(vocabulary: Vocabulary) -> None:
    canonical = vocabulary.tokenize("hello", special=False)
    letters = array("i", list(b"hello"))
    end = vocabulary.tokenize("<|im_end|>\nmore", special=True)
    assert canonical != letters
    assert vocabulary.splice(letters + end[:1], canonical + end) == (6, len(canonical) + 1)
    assert vocabulary.splice(canonical, letters + end) == (len(canonical), 5)
    assert vocabulary.splice(letters[:3], canonical + end)[0] <= 3
    assert vocabulary.splice(array("i"), canonical) == (0, 0)


def test_splice_does_not_take_the_name_of_a_control_token_for_the_token(vocabulary: Vocabulary) -> None:
    typed = vocabulary.tokenize("a<|im_end|>b", special=False)
    meant = vocabulary.tokenize("a<|im_end|>b", special=True)
    assert vocabulary.splice(typed, meant) == (1, 1)
    assert vocabulary.splice(meant, typed) == (1, 1)


def test_splices_of_random_cuts_say_the_same(vocabulary: Vocabulary) -> None:
    rng = random.Random(5)
    text = "the quick brown fox jumps over the lazy dog " * 5
    canonical = vocabulary.tokenize(text, special=False)
    for _ in range(100):
        at = rng.randrange(len(text))
        other = array("i", list(text[:at].encode() + b"#different"))
        here, there = vocabulary.splice(other, canonical)
        pieces = [b"".join(map(vocabulary.piece, part)) for part in (other[:here], canonical[:there])]
        assert pieces[0] == pieces[1]
        assert text.startswith(pieces[0].decode())
        assert len(pieces[0]) >= at - 4


def test_marks_look_like_structure() -> None:
    assert [is_mark(t) for t in ("<|user|>", "</s>", "[INST]", "hello", "<", "  ", "[1", "")] == [True] * 3 + [
        False
    ] * 5
