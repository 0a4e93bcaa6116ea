from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from slmdesk.core.errors import StorageError
from tests.benchmarks.random_gguf import write_model
from tests.worker.llama_cpp.driver import Driver

SYSTEM = "system:" + "You are patient. " * 10
CHAT = [{"role": "system", "content": SYSTEM.removeprefix("system:")}, {"role": "user", "content": "First question"}]


@pytest.fixture
def kept(tiny_model: Path, tmp_path: Path) -> tuple[Path, list[str], int]:
    """A saved state, the two answers of its chat of which it holds the first, and its tokens."""
    driver = Driver()
    driver.load(tiny_model, context_length=1024)
    answer = driver.answer(SYSTEM, "First question")["text"]
    path = tmp_path / "chat.kv"
    saved = driver.call("save_state", path=str(path), messages=[*CHAT, {"role": "assistant", "content": answer}])
    assert saved["bytes"] == path.stat().st_size > 0
    assert not list(tmp_path.glob("*.part"))
    second = driver.answer(SYSTEM, "First question", answer, "Second question")["text"]
    driver.engine.close()
    return path, [answer, second], saved["tokens"]


@pytest.fixture
def fresh(tiny_model: Path) -> Iterator[Driver]:
    driver = Driver()
    driver.load(tiny_model, context_length=1024)
    yield driver
    driver.engine.close()


def test_a_chat_goes_on_after_a_restart_without_reading_it_again(
    kept: tuple[Path, list[str], int], fresh: Driver
) -> None:
    path, (answer, second), tokens = kept
    assert fresh.call("restore_state", path=str(path)) == {"tokens": tokens}
    warm = fresh.answer(SYSTEM, "First question", answer, "Second question")
    assert warm["timings"]["cached_tokens"] == tokens
    assert warm["text"] == second
    assert path.exists()


def test_a_tampered_file_is_refused_and_removed(
    kept: tuple[Path, list[str], int], fresh: Driver, tmp_path: Path
) -> None:
    path = kept[0]
    whole = path.read_bytes()
    places = [0, 5, 14, 20, 40, len(whole) // 3, len(whole) // 2, len(whole) - 40, len(whole) - 1]
    damaged = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in places]
    for content in (*damaged, b"", b"SLMDESK-KV-1\n", whole[:-1], whole + b"x", b"\0" * 100):
        path.write_bytes(content)
        assert fresh.call("restore_state", path=str(path)) == {"tokens": 0}
        assert not path.exists()
    assert fresh.answer("Hello")["finish_reason"] == "length"
    assert fresh.call("restore_state", path=str(tmp_path / "missing.kv")) == {"tokens": 0}


def test_another_key_model_or_cache_type_is_refused(
    kept: tuple[Path, list[str], int], tiny_model: Path, tmp_path: Path
) -> None:
    path = kept[0]
    whole = path.read_bytes()
    other_model = write_model(tmp_path / "other.gguf", seed=2)
    for model, options in (
        (tiny_model, {"state_key": "11" * 32}),
        (tiny_model, {"cache_type_k": "q8_0"}),
        (other_model, {}),
    ):
        path.write_bytes(whole)
        driver = Driver()
        driver.load(model, context_length=1024, **options)
        assert driver.call("restore_state", path=str(path)) == {"tokens": 0}
        assert not path.exists()
        driver.engine.close()


def test_a_shorter_context_leaves_the_file_alone(kept: tuple[Path, list[str], int], tiny_model: Path) -> None:
    driver = Driver()
    driver.load(tiny_model, context_length=256)
    tokens = driver.call("restore_state", path=str(kept[0]))["tokens"]
    assert tokens in {0, kept[2]}
    assert kept[0].exists()
    driver.engine.close()


def test_without_a_key_nothing_is_kept(tiny_model: Path, tmp_path: Path) -> None:
    driver = Driver()
    driver.load(tiny_model, context_length=512, state_key="")
    driver.answer("Hello")
    path = tmp_path / "chat.kv"
    messages = [{"role": "user", "content": "Hello"}]
    assert driver.call("save_state", path=str(path), messages=messages) == {"bytes": 0, "tokens": 0}
    assert not path.exists()
    driver.engine.close()


def test_a_chat_that_no_slot_holds_is_not_saved(fresh: Driver, tmp_path: Path) -> None:
    fresh.answer("One thing")
    messages = [{"role": "user", "content": "Quite another matter, which nobody asked before"}]
    assert fresh.call("save_state", path=str(tmp_path / "x.kv"), messages=messages)["bytes"] == 0


def test_a_folder_that_cannot_be_written_says_so(fresh: Driver, tmp_path: Path) -> None:
    fresh.answer("One thing")
    messages = [{"role": "user", "content": "One thing"}]
    with pytest.raises(StorageError, match="could not be saved"):
        fresh.submit("save_state", path=str(tmp_path / "missing" / "x.kv"), messages=messages)
