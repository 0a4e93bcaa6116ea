"""The window: the rail, one pane at a time, and the status bar."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QMoveEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from slmdesk.services.hardware import Hardware
from slmdesk.services.jobs import Jobs
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.services.network import Network
from slmdesk.services.settings import Settings
from slmdesk.ui.pane import Pane
from slmdesk.ui.status import Status
from slmdesk.ui.theme import Theme, ThemeSource
from slmdesk.ui.widgets.rail import Rail
from slmdesk.ui.widgets.shortcuts import ShortcutsDialog
from slmdesk.ui.widgets.status_bar import StatusBar

MINIMUM = (1024, 680)
COMFORTABLE = (1280, 800)
SAVE_WAIT_MS = 800


class MainWindow(QMainWindow):
    """Shows panes and remembers how it was left. ``closed`` fires when the person closes it."""

    closed = Signal()

    def __init__(
        self, panes: Sequence[Pane], *, source: ThemeSource, settings: Settings, network: Network,
        loaded_models: LoadedModels, hardware: Hardware, jobs: Jobs,
    ) -> None:  # fmt: skip
        super().__init__()
        self.setWindowTitle("SLMDesk")
        self.setMinimumSize(*MINIMUM)
        self._source = source
        self._settings = settings
        self._panes = {pane.key: pane for pane in panes}
        self._shortcuts: ShortcutsDialog | None = None
        self.rail = Rail()
        self.stack = QStackedWidget()
        self.status_bar = StatusBar()
        self._build()
        self.status = Status(
            self.status_bar, network=network, loaded_models=loaded_models, hardware=hardware, jobs=jobs,
            run=self.run,
        )  # fmt: skip
        self._save_wait = QTimer(self)
        self._save_wait.setSingleShot(True)
        self._save_wait.setInterval(SAVE_WAIT_MS)
        self._save_wait.timeout.connect(lambda: self.current.run(self.save_state()))
        source.changed.connect(self.set_theme)
        settings.changed.connect(self._apply_setting)
        for key in ("theme", "font_scale", "motion"):
            self._apply_setting(key)
        self.set_theme(source.theme)
        self._restore()

    def _build(self) -> None:
        places = (
            ("chat", self.tr("Chat"), "Ctrl+1"),
            ("compare", self.tr("Compare"), "Ctrl+2"),
            ("models", self.tr("Models"), "Ctrl+3"),
            ("quantize", self.tr("Quantize"), "Ctrl+4"),
            ("hardware", self.tr("Hardware"), "Ctrl+5"),
            ("serve", self.tr("Serve"), "Ctrl+6"),
            ("settings", self.tr("Settings"), "Ctrl+,"),
        )
        for key, words, shortcut in places:
            pane = self._panes.get(key)
            why_not = "" if pane else self.tr("Comes in a later version")
            self.rail.add(key, words, key, shortcut=shortcut, why_not=why_not)
            if pane is not None:
                pane.setAccessibleName(words)
                pane.state_changed.connect(self._note_change)
                self.stack.addWidget(pane)
                QShortcut(QKeySequence(shortcut), self, lambda k=key: self.show_pane(k))
        for shortcut in ("Ctrl+/", "F1"):
            QShortcut(QKeySequence(shortcut), self, self.show_shortcuts)
        self.rail.selected.connect(self.show_pane)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self.stack, 1)
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addWidget(self.status_bar)
        self.setCentralWidget(whole)

    @property
    def current(self) -> Pane:
        """The pane in sight."""
        pane = self.stack.currentWidget()
        assert isinstance(pane, Pane)
        return pane

    def pane(self, key: str) -> Pane | None:
        """A pane by its key, where this version has it."""
        return self._panes.get(key)

    def show_pane(self, key: str) -> None:
        """Bring a pane to the front; one that this version does not have is ignored."""
        pane = self._panes.get(key)
        if pane is not None:
            self.stack.setCurrentWidget(pane)
            self.rail.set_current(key)
            pane.shown()
            self._note_change()

    def show_shortcuts(self) -> None:
        """Open the list of keyboard shortcuts."""
        if self._shortcuts is None:
            self._shortcuts = ShortcutsDialog(self)
        self._shortcuts.show()
        self._shortcuts.raise_()

    def set_theme(self, theme: Theme) -> None:
        """Draw everything in the colours of ``theme``."""
        self.rail.set_theme(theme)
        self.status.set_theme(theme)
        for pane in self._panes.values():
            pane.set_theme(theme)

    def start(self) -> None:
        """Let every pane read what it shows; call once, after the window is on the screen."""
        for pane in self._panes.values():
            pane.run(pane.start())

    def run(self, coro: Coroutine[Any, Any, Any]) -> object:
        """Start a coroutine whose error belongs into the pane in sight."""
        return self.current.run(coro)

    # --- what is remembered -------------------------------------------------------------------------------------

    async def save_state(self) -> None:
        """Keep size, place, pane and what the panes want to find again."""
        geometry = self.saveGeometry().toBase64().toStdString()
        await self._settings.set_state("window", {"geometry": geometry, "pane": self.current.key})
        for pane in self._panes.values():
            await self._settings.set_state(f"pane.{pane.key}", pane.save_state())

    def _restore(self) -> None:
        state = self._settings.get_state("window") or {}
        geometry = QByteArray.fromBase64(str(state.get("geometry", "")).encode())
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            self.resize(*COMFORTABLE)
        for pane in self._panes.values():
            pane.restore_state(self._settings.get_state(f"pane.{pane.key}") or {})
        first = str(state.get("pane", "chat"))
        self.show_pane(first if first in self._panes else next(iter(self._panes)))

    def _note_change(self) -> None:
        if self.isVisible():
            self._save_wait.start()

    def _apply_setting(self, key: str) -> None:
        if key == "theme":
            self._source.set_mode(str(self._settings.get(key)))
        elif key == "font_scale":
            self._source.set_font_scale(int(self._settings.get(key)))
        elif key == "motion":
            self._source.set_motion(str(self._settings.get(key)))

    async def close_down(self) -> None:
        """Keep the state and end what the panes run; call once, before the services close."""
        self._save_wait.stop()
        await self.save_state()
        for pane in self._panes.values():
            await pane.close_down()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._note_change()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._note_change()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._note_change()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._save_wait.stop()
        self.closed.emit()
