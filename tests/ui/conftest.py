"""A room for the panes: real services over a real database and a fake runtime, and a way to let Qt work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from slmdesk.services.attachments import Attachments
from slmdesk.services.chat import Chat
from slmdesk.services.chat.choices import Choices
from slmdesk.services.conversations import Conversations
from slmdesk.services.data_map import DataMap
from slmdesk.services.encryption import Encryption
from slmdesk.services.hardware import Hardware
from slmdesk.services.jobs import Jobs
from slmdesk.services.library import Library
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.services.network import Network
from slmdesk.services.presets import Presets
from slmdesk.services.privacy_report import PrivacyReport
from slmdesk.services.profile import Profile
from slmdesk.services.secrets import Secrets
from slmdesk.services.settings import Settings
from slmdesk.services.transfer import Transfer
from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import Database
from slmdesk.storage.network import NetworkStore
from slmdesk.storage.settings import SettingsStore
from slmdesk.ui.main_window import MainWindow
from slmdesk.ui.panes.chat import ChatPane, ChatServices
from slmdesk.ui.panes.models import ModelsPane, ModelsServices
from slmdesk.ui.panes.settings import SettingsPane, SettingsServices
from slmdesk.ui.theme import ThemeSource
from tests.fakes import FakeRuntime, fake_model


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Let asyncio and Qt work until ``condition`` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        QApplication.processEvents()
        await asyncio.sleep(0.002)


async def settle(seconds: float = 0.05) -> None:
    """Let asyncio and Qt work for a moment."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        await asyncio.sleep(0.002)


@dataclass
class Room:
    """Everything that a window is built from."""

    folder: Path
    database: Database
    settings: Settings
    presets: Presets
    conversations: Conversations
    runtime: FakeRuntime
    loaded: LoadedModels
    library: Library
    chat: Chat
    transfer: Transfer
    jobs: Jobs
    network: Network
    hardware: Hardware
    encryption: Encryption
    source: ThemeSource
    secrets: Secrets
    data_map: DataMap

    def chat_pane(self) -> ChatPane:
        return ChatPane(
            ChatServices(
                self.chat, self.conversations, self.library, self.loaded, self.presets, self.settings, self.transfer,
                Attachments(), self.hardware, self.jobs,
            )
        )  # fmt: skip

    def models_pane(self) -> ModelsPane:
        return ModelsPane(
            ModelsServices(
                self.library, self.loaded, self.chat.choices, self.jobs, self.network, self.settings, self.folder
            )
        )

    def settings_pane(self) -> SettingsPane:
        return SettingsPane(
            SettingsServices(
                self.settings, self.presets, self.encryption, self.jobs, self.network, self.secrets, self.data_map,
                PrivacyReport(self.data_map, self.network, self.secrets, self.encryption, self.settings), self.folder,
            )
        )  # fmt: skip

    def window(self) -> MainWindow:
        return MainWindow(
            [self.chat_pane(), self.models_pane(), self.settings_pane()], source=self.source, settings=self.settings,
            network=self.network, loaded_models=self.loaded, hardware=self.hardware, jobs=self.jobs,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def _earlier_windows_are_gone(qapp: QApplication) -> None:
    """Qt deletes closed widgets only in its own loop; left alone they would slow every later change of the look."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def source(qapp: QApplication) -> ThemeSource:
    """One look for all tests; a test that changes it puts it back."""
    return ThemeSource(qapp)


@pytest.fixture
async def room(tmp_path: Path, source: ThemeSource) -> AsyncIterator[Room]:
    """Real services; the models are the starter and one other, both fake."""
    database = await Database.open(tmp_path / "slmdesk.db")
    settings = Settings(SettingsStore(database))
    await settings.load()
    starter = fake_model("Starter", path=tmp_path / "starter.gguf", quantization="F16", size=10_564_288)
    runtime = FakeRuntime(starter, fake_model("Other", path=tmp_path / "other.gguf", quantization="Q4_K_M"))
    loaded = LoadedModels([runtime])
    library = Library([runtime], settings, starter.path)
    presets = Presets(SettingsStore(database))
    conversations = Conversations(ConversationStore(database))
    choices = Choices(library, loaded, presets, settings)
    chat = Chat(conversations, loaded, choices, on_use=library.note_use, keep_state=lambda: False)
    secrets = Secrets(tmp_path)
    network = Network(settings, NetworkStore(database), secrets)
    await network.load()
    jobs = Jobs()
    yield Room(
        tmp_path, database, settings, presets, conversations, runtime, loaded, library, chat,
        Transfer(conversations), jobs, network, Hardware(network), Encryption(database), source, secrets,
        DataMap(Profile(tmp_path), database, conversations, network, secrets),
    )  # fmt: skip
    await chat.close()
    await jobs.close()
    await loaded.close()
    await network.close()
    await database.close()


@pytest.fixture
async def pane(room: Room, qtbot: QtBot) -> AsyncIterator[ChatPane]:
    """The chat pane on the screen, with a new chat and the starter loaded."""
    pane = room.chat_pane()
    qtbot.addWidget(pane)
    pane.set_theme(room.source.theme)
    pane.resize(1200, 760)
    pane.show()
    await pane.start()
    yield pane
    await pane.close_down()
