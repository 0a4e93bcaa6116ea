"""A library over a real database and the real worker, and models to put into it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from slmdesk.runtimes.llama_cpp import LlamaCpp
from slmdesk.services.files import Files
from slmdesk.services.library import Index, Library, Places
from slmdesk.services.settings import Settings
from slmdesk.storage.database import Database
from slmdesk.storage.models import ModelStore
from slmdesk.storage.settings import SettingsStore
from tests.benchmarks.random_gguf import write_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small GGUF model; tests copy it."""
    return write_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another of the same size."""
    return write_model(tmp_path_factory.mktemp("models") / "other.gguf", seed=2)


class Room:
    """A library with what it is made of; ``stores`` are other programs' folders."""

    def __init__(self, folder: Path, starter: Path) -> None:
        self.folder = folder
        self.own = folder / "own"
        self.own.mkdir()
        self.starter = starter
        self.stores: list[tuple[Path, str]] = []
        self.files = Files()
        self.database: Database
        self.settings: Settings
        self.library: Library
        self.index: Index

    async def open(self) -> Library:
        """Open the library, anew if it is open."""
        self.database = await Database.open(self.folder / "slmdesk.db")
        self.settings = Settings(SettingsStore(self.database))
        await self.settings.load()
        store = ModelStore(self.database)
        places = Places(self.settings, store, own=self.own, builtin=[self.starter], installed=self.stores)
        self.index = Index(store, places, self.files)
        self.library = Library([LlamaCpp([self.starter])], self.settings, self.starter, self.index)
        await self.library.open()
        return self.library

    async def close(self) -> None:
        await self.library.close()
        await self.database.close()


@pytest.fixture
async def room(tmp_path: Path, starter: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path, starter)
    await room.open()
    yield room
    await room.close()
    await room.files.close()


@pytest.fixture
def library(room: Room) -> Library:
    return room.library


@pytest.fixture
def names(room: Room) -> Callable[[], list[str]]:
    """What the library calls its models, the starter left out."""
    return lambda: [m.name for m in room.library.entries() if not m.starter]
