"""Putting files together to models, and finding them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.core.file_entry import FileEntry, identity_of
from slmdesk.core.models import Ability, Model, ModelFormat, ParameterClass, Verdict
from slmdesk.services.library.assemble import Assembly
from slmdesk.services.library.search import SORTS, Query, Search
from slmdesk.storage.models import Note

PLACE = Path("/models")
STARTER = Path("/app/starter.gguf")


def entry(name: str, number: int = 1, **fields: object) -> FileEntry:
    told = FileEntry(
        path=PLACE / f"{name}.gguf",
        place=PLACE,
        store="own",
        names=(name,),
        files=(f"{name}.gguf",),
        size=100,
        mtime_ns=5,
        inode=number,
        device=1,
        added=float(number),
        summary={"format": "gguf", "verdict": "safe", "problem": "", "folder": False},
    )
    return replace(told, **fields)  # type: ignore[arg-type]


def assembly() -> Assembly:
    return Assembly({ModelFormat.GGUF: "llama.cpp"}, STARTER)


def test_the_same_digest_and_size_are_one_model() -> None:
    entries = [
        entry("a", 1, identity="x"),
        entry("b", 2, identity="x"),
        entry("c", 3, identity="x", size=101),
        entry("d", 4),
    ]
    found = assembly().assemble(entries, {PLACE: True}, {})
    assert sorted(len(m.homes) for m in found.models.values()) == [1, 1, 2]
    assert found.ids[PLACE / "b.gguf"] == "llama.cpp:/models/a.gguf"


def test_chains_of_links_and_digests_are_one_model() -> None:
    entries = [
        entry("a", 1, identity="x"),
        entry("b", 2),
        entry("c", 2, identity="y"),
        entry("d", 3, identity="y"),
        entry("e", 1, identity="y"),
    ]
    found = assembly().assemble(entries, {PLACE: False}, {})
    (model,) = found.models.values()
    assert len(model.homes) == 5


def test_the_worst_verdict_counts_and_the_nearest_home_is_loaded() -> None:
    refused = {"format": "gguf", "verdict": "refused", "problem": "bad", "folder": False}
    entries = [
        entry("a", 1, identity="x", offline=True),
        entry("b", 2, identity="x", store="ollama", summary=refused),
        entry("c", 3, identity="x"),
    ]
    (model,) = assembly().assemble(entries, {PLACE: True}, {str(PLACE / "a.gguf"): Note("Mine")}).models.values()
    assert (model.path.name, model.verdict, model.name) == ("c.gguf", Verdict.REFUSED, "Mine")
    assert model.id == "llama.cpp:/models/a.gguf", "the id stays while a drive is away"
    assert [h.path.stem for h in model.homes] == ["c", "b", "a"]


def test_what_is_the_same_is_taken_over() -> None:
    one, two = entry("a", 1), entry("b", 2)
    maker = assembly()
    first = maker.assemble([one, two], {PLACE: True}, {})
    second = maker.assemble([one, replace(two, size=7)], {PLACE: True}, {})
    assert first.models["llama.cpp:/models/a.gguf"] is second.models["llama.cpp:/models/a.gguf"]
    assert second.models["llama.cpp:/models/b.gguf"].size == 7
    third = maker.assemble([one, two], {PLACE: False}, {})
    assert not third.models["llama.cpp:/models/a.gguf"].homes[0].owned
    assert maker.assemble([one, two], {}, {}).models == {}


def test_a_damaged_summary_is_no_trouble() -> None:
    strange = {"format": "?", "verdict": 7, "parameters": "many", "abilities": ["fly", "tools"]}
    (model,) = assembly().assemble([entry("a", 1, summary=strange)], {PLACE: True}, {}).models.values()
    assert (model.format, model.verdict, model.parameters) == (ModelFormat.GGUF, Verdict.LOOK, 0)
    assert model.abilities == {Ability.TOOLS}


def test_the_identity_of_several_files() -> None:
    assert identity_of([]) == identity_of(["a", ""]) == ""
    assert identity_of(["a"]) == "a"
    assert identity_of(["a", "b"]) not in ("", "a", "b", identity_of(["b", "a"]))


@given(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["", "x", "y", "z"]), st.integers(1, 2)), max_size=24),
    st.randoms(use_true_random=False),
)
def test_groups_do_not_depend_on_the_order(parts: list[tuple[int, str, int]], rng: object) -> None:
    entries = [entry(f"m{n}", inode, identity=i, size=s) for n, (inode, i, s) in enumerate(parts)]
    shuffled = list(entries)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two = (assembly().assemble(e, {PLACE: True}, {}) for e in (entries, shuffled))
    assert one.models == two.models
    assert sum(len(g) for g in one.entries.values()) == len(entries), "every file is in exactly one model"
    for a in entries:
        for b in entries:
            if a.identity and (a.identity, a.size) == (b.identity, b.size):
                assert one.ids[a.path] == one.ids[b.path]


def model(name: str, **fields: object) -> Model:
    return Model(f"llama.cpp:/{name}", name, "llama.cpp", Path(f"/{name}"), **fields)  # type: ignore[arg-type]


@pytest.fixture
def search() -> Search:
    found = Search()
    found.remember(
        [
            model("Qwen3 4B", family="Qwen3", parameters=4_000_000_000, quantization="Q4_K_M", size=3, tags=("work",)),
            model("qwen3 0.6B", family="Qwen3", parameters=600_000_000, quantization="Q8_0", size=2),
            model("Phi-4", publisher="Microsoft", abilities=frozenset({Ability.TOOLS}), size=9, note="Slow, but good"),
        ]
    )
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), ["Phi-4", "qwen3 0.6B", "Qwen3 4B"]),
        (Query("qwen 4b"), ["Qwen3 4B"]),
        (Query("  QWEN3 "), ["qwen3 0.6B", "Qwen3 4B"]),
        (Query("microsoft"), ["Phi-4"]),
        (Query("but slow"), ["Phi-4"]),
        (Query(family="qwen3"), ["qwen3 0.6B", "Qwen3 4B"]),
        (Query(parameter_class=ParameterClass.SMALL), ["Qwen3 4B"]),
        (Query(parameter_class=ParameterClass.BELOW), []),
        (Query(quantization="q8_0"), ["qwen3 0.6B"]),
        (Query(ability=Ability.TOOLS), ["Phi-4"]),
        (Query(tag="work"), ["Qwen3 4B"]),
        (Query(fits=lambda m: m.size < 3), ["qwen3 0.6B"]),
        (Query(store="ollama"), []),
        (Query(format=ModelFormat.ONNX), []),
        (Query("nowhere"), []),
    ],
)
def test_filters(search: Search, query: Query, expected: list[str]) -> None:
    assert [m.name for m in search.find(query)] == expected


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", sorted(SORTS))
def test_sorting(search: Search, sort: str, descending: bool) -> None:
    found = search.find(Query(), sort, descending=descending)
    keys = [SORTS[sort](m) for m in found]
    assert all((a >= b) if descending else (a <= b) for a, b in pairwise(keys))
