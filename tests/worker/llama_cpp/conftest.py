from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.random_gguf import write_model
from tests.worker.llama_cpp.driver import Driver


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture
def driver(tiny_model: Path) -> Iterator[Driver]:
    """An engine with the tiny random model in two slots of 1,024 tokens."""
    driver = Driver()
    driver.load(tiny_model, slots=2, context_length=1024)
    yield driver
    driver.engine.close()
