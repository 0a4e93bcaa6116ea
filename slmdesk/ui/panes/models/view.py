"""What the views of the models pane share: the services they use, and what they may ask of the pane around them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from slmdesk.core.errors import SlmdeskError
from slmdesk.services.advisor import Advisor
from slmdesk.services.bundles import Bundles
from slmdesk.services.chat.choices import Choices
from slmdesk.services.downloads import Downloads
from slmdesk.services.fit import Fits
from slmdesk.services.inspection import Inspection
from slmdesk.services.jobs import Jobs
from slmdesk.services.library import Library
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.services.network import Network
from slmdesk.services.secrets import Secrets
from slmdesk.services.settings import Settings
from slmdesk.services.sources import Sources
from slmdesk.services.verification import Verification
from slmdesk.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class ModelsServices:
    """What the models pane needs of the desk. ``folder`` is the person's own models folder."""

    library: Library
    loaded_models: LoadedModels
    choices: Choices
    jobs: Jobs
    network: Network
    settings: Settings
    folder: Path
    fits: Fits | None = None
    inspection: Inspection | None = None
    verification: Verification | None = None
    downloads: Downloads | None = None
    bundles: Bundles | None = None
    sources: Sources | None = None
    secrets: Secrets | None = None
    advisor: Advisor | None = None


class Host(Protocol):
    """What a view may ask of the pane around it."""

    def run(self, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any] | None:
        """Start what a click asked for; its SlmdeskError comes into the pane's banner."""

    def show_error(self, error: SlmdeskError, action: str = "", on_action: Callable[[], object] | None = None) -> None:
        """Put an error into the pane's banner, with a button where one click can help."""

    def say(self, text: str, on_undo: Callable[[], object] | None = None) -> None:
        """Tell what was just done; with ``on_undo`` it can be taken back for a while."""

    def show_view(self, key: str) -> ModelsView | None:
        """Bring another view to the front ("library", "discover", "downloads") and return it."""


class ModelsView(QWidget):
    """One of the views that the models pane switches between. It is built when it is first shown.

    Subclasses set ``key``, put their main buttons into ``title_actions`` (shown on the right of the title
    row while the view is in front), and use ``host`` to start coroutines and to show errors.
    """

    key: ClassVar[str] = ""
    state_changed = Signal()
    """What :meth:`save_state` gives is different now."""
    badge_changed = Signal(str)
    """A short remark beside the view's name in the switch ("2"), empty for none."""
    chat_requested = Signal(str)
    """A person wants to chat with a model of the library, by its id."""

    def __init__(self, services: ModelsServices, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.services = services
        self.host = host
        self.theme = Theme()
        self.title_actions: list[QWidget] = []

    def run(self, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any] | None:
        """Start a coroutine; its error comes into the pane's banner."""
        return self.host.run(coro)

    async def start(self) -> None:
        """Read what the view shows; called once, when it is built."""

    def shown(self) -> None:
        """The view has come to the front; subclasses put the focus where a person starts."""

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``; subclasses hand it on to their widgets."""
        self.theme = theme

    def save_state(self) -> dict[str, Any]:
        """What the view wants to find again after a restart, as JSON values."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`save_state` gave; unknown keys are ignored."""

    async def close_down(self) -> None:
        """Finish what the view started; called once, before the services close."""
