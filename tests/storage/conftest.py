from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "slmdesk.db")
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> ConversationStore:
    return ConversationStore(database)
