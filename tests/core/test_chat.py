from __future__ import annotations

import pytest

from slmdesk.core.chat import Attachment, LoadOptions, Preset, SamplingOptions, Timings


def test_values_of_another_type_are_ignored() -> None:
    options = SamplingOptions.from_dict(
        {"temperature": "hot", "top_k": 3.5, "top_p": 1, "seed": None, "stop": ["a"], "grammar": None, "new": 1}
    )
    assert options == SamplingOptions(top_p=1, stop=("a",))
    assert LoadOptions.from_dict({"context_length": "12", "device": None, "mmap": 0, "slots": True}) == LoadOptions()
    assert Timings.from_dict({"ttft_ms": 3, "prompt_tokens": True}) == Timings(ttft_ms=3)


def test_lists_become_tuples_all_the_way_down() -> None:
    assert SamplingOptions.from_dict({"logit_bias": [[5, -1.0]]}).logit_bias == ((5, -1.0),)


def test_what_is_needed_must_be_there() -> None:
    assert Attachment.from_dict({"name": "a", "text": "b", "tokens": 3}) == Attachment("a", "b", 3)
    assert Preset.from_dict({"id": "x", "name": "X", "sampling": {"top_k": 1}}).options().top_k == 1
    with pytest.raises(TypeError):
        Attachment.from_dict({"name": 5, "text": "b"})
