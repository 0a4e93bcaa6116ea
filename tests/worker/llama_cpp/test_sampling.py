from __future__ import annotations

import json
import time
from typing import Any

import pytest

from slmdesk.core.errors import GenerationError
from tests.worker.llama_cpp.driver import ENDLESS, NEVER, Driver

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "tall": {"type": "boolean"}},
    "required": ["name", "tall"],
    "additionalProperties": False,
}


def test_a_grammar_is_kept(driver: Driver) -> None:
    for seed in range(5):
        result = driver.answer("Yes or no", grammar='root ::= "yes" | "no"', logit_bias=[], seed=seed)
        assert result["text"] in {"yes", "no"}
        assert result["finish_reason"] == "stop"


def test_a_json_schema_is_kept(driver: Driver) -> None:
    for seed in range(5):
        result = driver.answer("Who", json_schema=json.dumps(PERSON), logit_bias=[], seed=seed, max_tokens=300)
        assert result["finish_reason"] == "stop"
        person = json.loads(result["text"])
        assert set(person) == {"name", "tall"}
        assert isinstance(person["tall"], bool)


def test_lengths_in_a_schema(driver: Driver) -> None:
    numbers = {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 5}
    found = json.loads(driver.answer("Who", json_schema=json.dumps(numbers), logit_bias=[], max_tokens=500)["text"])
    assert 3 <= len(found) <= 5
    text = {"type": "string", "minLength": 5, "maxLength": 1500}
    assert (
        len(json.loads(driver.answer("Who", json_schema=json.dumps(text), logit_bias=[], max_tokens=800)["text"])) >= 5
    )


def test_grammar_and_slots_do_not_disturb_each_other(driver: Driver) -> None:
    free = driver.chat("Hi", max_tokens=60)
    bound = driver.chat("Hi", grammar="root ::= [0-9]{20}", logit_bias=[], max_tokens=60)
    driver.run()
    assert driver.text(bound).isdigit()
    assert len(driver.text(bound)) == 20
    assert driver.result(free)["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("options", "message", "details"),
    [
        ({"grammar": "root ::= nothing"}, "grammar is not valid", "Undefined rule"),
        ({"grammar": 'top ::= "x"'}, "grammar is not valid", ""),
        ({"grammar": 'root ::= root "x"'}, "grammar is not valid", ""),
        ({"grammar": 'root ::= "x'}, "grammar is not valid", "unexpected end"),
        ({"json_schema": "{"}, "schema is not JSON", "JSONDecodeError"),
        ({"json_schema": "[]"}, "schema cannot be used", ""),
        ({"json_schema": '{"type": "flower"}'}, "schema cannot be used", "flower"),
        ({"json_schema": '{"$ref": "https://example.com/a.json"}'}, "schema cannot be used", ""),
        (
            {"json_schema": '{"type": "array", "items": {}, "minItems": 1000000000}'},
            "schema cannot be used",
            "at most 2000",
        ),
        ({"json_schema": '{"a":' * 9000 + "1" + "}" * 9000}, "schema cannot be used", "RecursionError"),
        ({"json_schema": "{}", "grammar": 'root ::= "x"'}, "exclude each other", ""),
        ({"grammar": "x" * 300_000}, "longer than 256 KB", ""),
        ({"grammar": 'root ::= "x"\0'}, "grammar is not valid", ""),
        ({"logit_bias": [[99999, 1.0]]}, "names token 99999", ""),
    ],
)
def test_what_cannot_be_used_is_told(driver: Driver, options: dict[str, Any], message: str, details: str) -> None:
    with pytest.raises(GenerationError, match=message) as caught:
        driver.chat("Hi", **options)
    assert caught.value.hint
    assert details in caught.value.details
    assert driver.answer("Hi")["finish_reason"] == "length"


def test_a_grammar_that_leads_nowhere_is_an_error_and_no_crash(driver: Driver) -> None:
    nothing = [[token, NEVER] for token in range(600)]
    request = driver.chat("Hi", grammar='root ::= "yes"', logit_bias=nothing)
    driver.run()
    assert driver.done(request)
    assert driver.answer("Hi")["finish_reason"] == "length"


def test_looking_back_on_more_tokens_than_there_are_costs_nothing(driver: Driver) -> None:
    start = time.monotonic()
    options = {"repeat_penalty": 1.1, "repeat_last_n": 2**30, "dry_multiplier": 1.0, "dry_penalty_last_n": 2**40}
    assert driver.answer("Hi", **options)["finish_reason"] == "length"
    assert time.monotonic() - start < 2


def test_logit_bias_and_repetition(driver: Driver) -> None:
    only = driver.answer("Hi", logit_bias=[*ENDLESS, [ord("Z"), 1e6]])
    assert only["text"] == "Z" * 16
    varied = driver.answer(
        "Hi", logit_bias=[*ENDLESS, [ord("Z"), 5]], temperature=0, repeat_penalty=10.0, repeat_last_n=-1
    )
    assert varied["text"].count("Z") < 16
    dry = driver.answer("Hi", temperature=0, dry_multiplier=5.0, max_tokens=60)
    plain = driver.answer("Hi", temperature=0, max_tokens=60)
    assert len(set(dry["text"])) >= len(set(plain["text"]))


@pytest.mark.parametrize(
    "options",
    [
        {"mirostat": 1},
        {"mirostat": 2, "temperature": 0.7},
        {"typical_p": 0.5, "top_k": 0, "top_p": 1.0, "min_p": 0.0},
        {"xtc_probability": 0.5, "xtc_threshold": 0.01},
        {"presence_penalty": 1.0, "frequency_penalty": 0.5},
        {"temperature": 0},
        {"temperature": -1},
        {"temperature": 2.0, "top_p": 0.0},
    ],
)
def test_every_sampler_answers_the_same_for_a_seed(driver: Driver, options: dict[str, Any]) -> None:
    first = driver.answer("Tell me", **options)["text"]
    assert first
    assert driver.answer("Tell me", **options)["text"] == first


def test_stop_strings_end_an_answer(driver: Driver) -> None:
    whole = driver.answer("Tell me", max_tokens=40)["text"]
    stop = whole[6:9]
    result = driver.answer("Tell me", max_tokens=40, stop=["never there", stop])
    assert result["finish_reason"] == "stop"
    assert result["text"] == whole[: whole.index(stop)]


def test_thinking_has_its_own_stream_and_time(driver: Driver) -> None:
    opening = 598
    request = driver.chat("Hm", logit_bias=[[opening, 1e6]], max_tokens=1)
    driver.run()
    assert driver.text(request) == ""
    grammar = 'root ::= "<think>" "hm hm" "</think>" "\\n\\nFour"'
    result = driver.answer("Hm", grammar=grammar, logit_bias=[], max_tokens=100)
    assert (result["thinking"], result["text"]) == ("hm hm", "Four")
    assert result["timings"]["thinking_ms"] > 0
