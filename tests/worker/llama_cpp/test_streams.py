from __future__ import annotations

import random

import pytest

from slmdesk.worker.llama_cpp.streams import MARKS, AnswerStream, Mark, open_mark


def read(data: bytes, stream: AnswerStream, size: int) -> tuple[str, str]:
    """What the stream shows of bytes that come in pieces of ``size``."""
    thinking, text = "", ""
    for at in range(0, len(data), size):
        more = stream.feed(data[at : at + size])
        thinking, text = thinking + more[0], text + more[1]
        if stream.stopped:
            break
    more = stream.finish()
    return thinking + more[0], text + more[1]


@pytest.mark.parametrize("size", range(1, 9))
def test_characters_are_never_cut(size: int) -> None:
    words = "naïve 日本語 🙂👩‍👩‍👧 ½"
    stream = AnswerStream()
    data = words.encode()
    shown = [stream.feed(data[at : at + size])[1] for at in range(0, len(data), size)]
    shown.append(stream.finish()[1])
    assert "".join(shown) == words
    assert not any("\ufffd" in piece for piece in shown)


def test_an_unfinished_character_at_the_end_is_replaced() -> None:
    assert read("ok 🙂".encode()[:-1], AnswerStream(), 1) == ("", "ok \ufffd")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_stop_strings_across_pieces(size: int) -> None:
    assert read(b"One. ENough. END here", AnswerStream(["END", "never"]), size) == ("", "One. ENough. ")
    assert read(b"no stop, but EN", AnswerStream(["END"]), size) == ("", "no stop, but EN")
    assert read("før slut".encode(), AnswerStream(["r s", " slut"]), size) == ("", "fø")


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.opening.strip())
def test_thinking_is_told_apart(mark: Mark, size: int) -> None:
    data = f"\n{mark.opening}\nLet me see.\n{mark.closings[0]}\n\nFour.".encode()
    assert read(data, AnswerStream(), size) == ("Let me see.\n", "Four.")


def test_harmony_channels() -> None:
    data = (
        b"<|channel|>analysis<|message|>Two and two.<|end|><|start|>assistant<|channel|>final<|message|>Four.<|return|>"
    )
    thinking, text = read(data.replace(b"<|return|>", b""), AnswerStream(), 4)
    assert (thinking, text) == ("Two and two.", "Four.")


def test_a_template_may_have_opened_the_thinking() -> None:
    mark = open_mark("<|im_start|>assistant\n<think>\n")
    assert mark is MARKS[0]
    assert read(b"Hm.\n</think>\n\nYes.", AnswerStream((), mark), 3) == ("Hm.\n", "Yes.")
    assert open_mark("<|im_start|>assistant\n") is None


def test_a_stop_string_in_the_thinking_does_not_count() -> None:
    assert read(b"<think>a END b</think>c END d", AnswerStream(["END"]), 2) == ("a END b", "c ")


def test_marks_in_the_middle_of_an_answer_are_text() -> None:
    sentence = "Models write <think> before they think and </think> after."
    for size in (1, 4, 100):
        assert read(sentence.encode(), AnswerStream(), size) == ("", sentence)


def test_leading_white_space_stays_without_thinking() -> None:
    assert read(b"\n\n  code", AnswerStream(), 1) == ("", "\n\n  code")
    assert read(b"  ", AnswerStream(), 1) == ("", "")


def test_continuing_keeps_every_character() -> None:
    assert read(b"\n <think>x", AnswerStream(continuing=True), 1) == ("", "\n <think>x")


def test_any_cut_gives_the_same() -> None:
    data = "<think>so 🙂</think>\n\nAnswer with END in it".encode()
    rng = random.Random(3)
    for _ in range(200):
        stream = AnswerStream(["END"])
        thinking, text, at = "", "", 0
        while at < len(data) and not stream.stopped:
            step = rng.randint(1, 6)
            more = stream.feed(data[at : at + step])
            thinking, text, at = thinking + more[0], text + more[1], at + step
        more = stream.finish()
        assert (thinking + more[0], text + more[1]) == ("so 🙂", "Answer with ")
