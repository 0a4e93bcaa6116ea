"""What every pane of the window shares: a title row, a banner for errors, and the way from a click to a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.fit import Remedy
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import label
from slmdesk.ui.widgets.error_banner import ErrorBanner


class Pane(QWidget):
    """One of the window's places. Subclasses set ``key`` and fill ``content``.

    ``title_row`` is there where a title is given; its main action belongs on the right.
    """

    key = ""
    state_changed = Signal()
    """What :meth:`save_state` gives is different now."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self.theme = Theme()
        self._bar: QWidget | None = None
        self.banner = ErrorBanner(self)
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.setSpacing(0)
        self.title_row = QHBoxLayout()
        if title:
            bar = QWidget(self)
            bar.setProperty("edge", "bottom")
            bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            bar.setLayout(self.title_row)
            self.title_row.setContentsMargins(24, 9, 24, 9)
            self.title_row.addWidget(label(title, "title"))
            self.title_row.addStretch(1)
            self._bar = bar
            self.content.addWidget(bar)
            holder = QHBoxLayout()
            holder.setContentsMargins(24, 0, 24, 0)
            holder.addWidget(self.banner)
            self.content.addLayout(holder)

    def run(self, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any] | None:
        """Start what a click asked for. A SlmdeskError goes to this pane's banner, a cancellation nowhere, a bug to
        the event loop's handler. Once the pane is closed down nothing is started any more.
        """
        if self._closed:
            coro.close()
            return None
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        task = self._loop.create_task(coro)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, SlmdeskError):
            self.show_error(error)
            return
        context = {"message": f"{type(self).__name__} failed", "exception": error, "task": task}
        task.get_loop().call_exception_handler(context)

    def show_error(
        self,
        error: SlmdeskError,
        action: str = "",
        on_action: Callable[[], object] | None = None,
        on_remedy: Callable[[Remedy], object] | None = None,
    ) -> None:
        """Put an error into the banner, with a button where one click can help."""
        self.banner.show_error(error, action, on_action, on_remedy)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``; subclasses hand it on to their widgets."""
        self.theme = theme
        self.banner.set_theme(theme)
        if self._bar is not None:
            self._bar.setFixedHeight(theme.control_height + 20)

    async def start(self) -> None:
        """Read what the pane shows; called once, after the window is on the screen."""

    def shown(self) -> None:
        """The pane has come to the front; subclasses put the focus where a person starts."""

    def save_state(self) -> dict[str, Any]:
        """What the pane wants to find again after a restart, as JSON values."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`save_state` gave; unknown keys are ignored."""

    async def close_down(self) -> None:
        """Finish or cancel what the pane started; called once, before the services close."""
        self._closed = True
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks))
