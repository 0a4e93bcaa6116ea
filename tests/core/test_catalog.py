from __future__ import annotations

import json
from typing import Any

import pytest

from slmdesk.core.catalog import read_catalog
from slmdesk.core.models import Ability
from slmdesk.core.resources import resource

GOOD: dict[str, Any] = {
    "id": "tiny-1b",
    "name": "Tiny 1B",
    "publisher": "Somebody",
    "family": "Tiny",
    "summary": "Small.",
    "parameters": 1_000_000_000,
    "context_length": 4096,
    "licence": "mit",
    "strengths": ["chat"],
    "abilities": ["tools"],
    "variants": ["Q4_K_M", {"quantization": "F16", "size": 2_000_000_123}],
    "sources": {"hf": {"gguf": "somebody/Tiny-1B-GGUF"}, "ollama": "tiny:1b"},
}


def read(*entries: Any) -> Any:
    return read_catalog([("a.json", json.dumps({"models": list(entries)}))])


def test_the_catalog_that_comes_with_the_program() -> None:
    catalog = read_catalog([("models.json", resource("catalog", "models.json").read_text(encoding="utf-8"))])
    assert catalog.problems == ()
    assert len(catalog.entries) >= 40
    families = {e.family for e in catalog.entries}
    assert {"Qwen3", "Phi-4", "Gemma 3", "BitNet", "Llama 3.2", "Mistral", "Nomic Embed", "DeepSeek R1"} <= families
    for entry in catalog.entries:
        if (shape := entry.shape()) is not None:
            assert shape.parameters == pytest.approx(entry.parameters, rel=0.005), entry.id
        assert all(0 < v.size < 6 * entry.parameters for v in entry.variants)


def test_the_schema_names_every_key() -> None:
    from slmdesk.core.catalog import _KEYS

    schema = json.loads(resource("catalog", "schema.json").read_text(encoding="utf-8"))
    model = schema["$defs"]["model"]
    assert set(model["properties"]) == set(_KEYS)
    assert set(model["required"]) == {key for key, (_, needed) in _KEYS.items() if needed}


def test_an_entry() -> None:
    (entry,) = read(GOOD).entries
    assert entry.abilities == {Ability.TOOLS}
    assert [v.size for v in entry.variants] == [611_250_000, 2_000_000_123]
    assert entry.repos == {"gguf": "somebody/Tiny-1B-GGUF"}
    assert "tiny:1b" in entry.words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "../etc"}, "id has the form"),
        ({"name": "a\nb"}, "name must be a text"),
        ({"parameters": -1}, "whole number"),
        ({"parameters": True}, "whole number"),
        ({"active_parameters": 2_000_000_000}, "more parameters are active"),
        ({"variants": ["Q9"]}, "no quantization"),
        ({"variants": []}, "must be a list"),
        ({"variants": [{"quantization": "Q4_0"}]}, "size"),
        ({"abilities": ["flying"]}, "flying"),
        ({"sources": {}}, "must name hf"),
        ({"sources": {"hf": {"gguf": "../../x"}}}, "hf.gguf has the form"),
        ({"sources": {"hf": {"gguf": "https://evil/x"}}}, "hf.gguf has the form"),
        ({"sources": {"web": "x"}}, "must name hf"),
        ({"config": {"hidden_size": "much"}}, "does not describe"),
        ({"surprise": 1}, "unknown keys"),
    ],
)
def test_a_wrong_entry_is_left_out_and_named(change: dict[str, Any], words: str) -> None:
    catalog = read({**GOOD, "id": "other"}, {**GOOD, **change})
    assert [e.id for e in catalog.entries] == ["other"]
    (problem,) = catalog.problems
    assert problem.startswith("a.json, entry 2: ")
    assert words in problem


def test_files_that_are_no_catalog_and_entries_that_replace_others() -> None:
    own = json.dumps({"models": [{**GOOD, "name": "Mine"}]})
    first = json.dumps({"models": [GOOD, GOOD, 5]})
    catalog = read_catalog([("a.json", first), ("b.json", "{"), ("c.json", "[]"), ("d.json", own)])
    assert [e.name for e in catalog.entries] == ["Mine"]
    assert len(catalog.problems) == 4
