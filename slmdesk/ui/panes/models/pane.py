"""The models pane's frame: the switch between its views, and what they share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from slmdesk.ui.pane import Pane
from slmdesk.ui.panes.models.view import ModelsServices, ModelsView
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.segments import Segments
from slmdesk.ui.widgets.undo_bar import UndoBar

if TYPE_CHECKING:
    from slmdesk.ui.panes.models.discover import DiscoverView
    from slmdesk.ui.panes.models.downloads import DownloadsView
    from slmdesk.ui.panes.models.library import LibraryView


LIBRARY, DISCOVER, DOWNLOADS = "library", "discover", "downloads"
READ_AHEAD_S = 1.5
"""Seconds after the window's start when the library's code is read, so that the first look at it is quick."""


def _library() -> type[LibraryView]:
    from slmdesk.ui.panes.models.library import LibraryView

    return LibraryView


def _discover() -> type[DiscoverView]:
    from slmdesk.ui.panes.models.discover import DiscoverView

    return DiscoverView


def _downloads() -> type[DownloadsView]:
    from slmdesk.ui.panes.models.downloads import DownloadsView

    return DownloadsView


class ModelsPane(Pane):
    """Library, Discover and Downloads. ``chat_requested`` asks the window for a new chat with a model.

    A view is read from disk and built when it is first in front, so that the window's start waits for none of them.
    """

    key = "models"
    chat_requested = Signal(str)

    def __init__(self, services: ModelsServices, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Models"), parent)
        self._services = services
        self._kinds: dict[str, tuple[str, Callable[[], type[ModelsView]]]] = {LIBRARY: (self.tr("Library"), _library)}
        if services.sources is not None and services.downloads is not None:
            self._kinds[DISCOVER] = (self.tr("Discover"), _discover)
            self._kinds[DOWNLOADS] = (self.tr("Downloads"), _downloads)
            services.downloads.changed.connect(self._show_active)
        self._views: dict[str, ModelsView] = {}
        self._kept: dict[str, dict[str, Any]] = {}
        self._current = LIBRARY
        self.switch = Segments(self.tr("Views of the models"))
        for key, (name, _kind) in self._kinds.items():
            self.switch.add(key, name)
        self.switch.setVisible(len(self._kinds) > 1)
        self.switch.set_current(self._current)
        self.title_row.insertSpacing(1, 20)
        self.title_row.insertWidget(2, self.switch)
        self.stack = QStackedWidget()
        self.content.addWidget(self.stack, 1)
        self.undo_bar = UndoBar(self)
        self.switch.chosen.connect(self.show_view)
        self._show_active()

    # --- the views ----------------------------------------------------------------------------------------------

    @property
    def current(self) -> ModelsView | None:
        """The view in front; None before the pane was first shown."""
        return self._views.get(self._current)

    def view(self, key: str) -> ModelsView | None:
        """A view by its key, built now if need be; None where this version does not have it."""
        if key not in self._kinds:
            return None
        if key not in self._views:
            self._views[key] = self._build(key)
        return self._views[key]

    def _build(self, key: str) -> ModelsView:
        view = self._kinds[key][1]()(self._services, self)
        view.setAccessibleName(self._kinds[key][0])
        for widget in view.title_actions:
            self.title_row.addWidget(widget)  # first: shown without a parent it would be a window of its own
            widget.setVisible(key == self._current)
        view.state_changed.connect(self.state_changed)
        view.chat_requested.connect(self.chat_requested)
        view.badge_changed.connect(lambda badge: self.switch.set_badge(key, badge))
        view.restore_state(self._kept.get(key, {}))
        view.set_theme(self.theme)
        self.stack.addWidget(view)
        self.run(view.start())
        return view

    def show_view(self, key: str) -> ModelsView | None:
        """Bring a view to the front and return it."""
        view = self.view(key)
        if view is None:
            return None
        self._current = key
        for other_key, other in self._views.items():
            for widget in other.title_actions:
                widget.setVisible(other_key == key)
        self.switch.set_current(key)
        self.stack.setCurrentWidget(view)
        view.shown()
        self.state_changed.emit()
        return view

    def recommend(self) -> None:
        """Show which model to take on this machine, where the advisor can tell."""
        view = self.show_view(DISCOVER)
        if isinstance(view, _discover()) and self._services.advisor is not None:
            view.show_advisor()

    async def start(self) -> None:
        """Read the code of the view that will be wanted first, beside everything else."""
        await asyncio.sleep(READ_AHEAD_S)
        await asyncio.to_thread(self._kinds[self._current][1])

    def shown(self) -> None:
        """The pane has come to the front."""
        self.show_view(self._current)

    def _show_active(self) -> None:
        """How many downloads are under way, beside the name of their view."""
        downloads = self._services.downloads
        if DOWNLOADS in self._kinds and downloads is not None:
            self.switch.set_badge(DOWNLOADS, str(downloads.active or ""))

    def add_paths(self, paths: list[Path]) -> None:
        """Add files and folders that were dropped on the window to the library."""
        view = self.show_view(LIBRARY)
        if isinstance(view, _library()):
            view.add_paths(paths)

    # --- what the views share -----------------------------------------------------------------------------------

    def say(self, text: str, on_undo: Callable[[], object] | None = None) -> None:
        """Tell what was just done; with ``on_undo`` it can be taken back for a while."""
        self.undo_bar.say(text, on_undo)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        for view in self._views.values():
            view.set_theme(theme)

    def save_state(self) -> dict[str, Any]:
        """The view in front, and what each view wants to find again."""
        states = self._kept | {key: view.save_state() for key, view in self._views.items()}
        return {"view": self._current, "views": states}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`save_state` gave."""
        views = state.get("views")
        if isinstance(views, dict):
            self._kept = {key: kept for key, kept in views.items() if isinstance(kept, dict)}
        if state.get("view") in self._kinds:
            self._current = str(state["view"])
            self.switch.set_current(self._current)

    async def close_down(self) -> None:
        """Finish what the views started."""
        for view in self._views.values():
            await view.close_down()
        await super().close_down()
