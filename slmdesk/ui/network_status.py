"""What feeds the network part of the status bar, and acts on the panel that opens from it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from slmdesk.services.network import Connection, Network, NetworkState
from slmdesk.ui import format as fmt
from slmdesk.ui.file_dialogs import ask_save
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.connection_list import ConnectionRow
from slmdesk.ui.widgets.controls import Popover
from slmdesk.ui.widgets.name_dialog import ask_yes
from slmdesk.ui.widgets.network_panel import NetworkPanel
from slmdesk.ui.widgets.status_bar import StatusBar

Run = Callable[[Coroutine[Any, Any, Any]], object]


class NetworkStatus(QObject):
    """Keeps the network button up to date and opens its panel. ``run`` starts a coroutine, errors go to the pane."""

    settings_requested = Signal()

    def __init__(self, bar: StatusBar, network: Network, run: Run) -> None:
        super().__init__(bar)
        self._bar = bar
        self._network = network
        self._run = run
        self.panel = NetworkPanel()
        self.popover = Popover(bar, self.tr("Network"))
        self.popover.body.addWidget(self.panel)
        self._coalesce = QTimer(self)  # a download reports many times a second
        self._coalesce.setSingleShot(True)
        self._coalesce.setInterval(100)
        self._coalesce.timeout.connect(self._show)
        bar.network_clicked.connect(self.open)
        network.changed.connect(self._on_changed)  # a method: the network outlives the window
        self.panel.state_chosen.connect(lambda key: run(network.set_state(NetworkState(key))))
        self.panel.withdraw_requested.connect(lambda host: run(network.withdraw(host)))
        self.panel.settings_requested.connect(self._on_settings)
        self.panel.export_requested.connect(self._ask_export)
        self.panel.wipe_requested.connect(self._ask_wipe)
        self._show()

    def open(self) -> None:
        """Open the panel above the status bar."""
        self._fill()
        self.popover.open_at(self._bar.network, above=True)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.panel.set_theme(theme)

    def _on_changed(self) -> None:
        if not self._coalesce.isActive():
            self._coalesce.start()

    def _show(self) -> None:
        self._bar.set_network(self._network.state.value, len(self._network.open))
        if self.popover.isVisible():
            self._fill()

    def _fill(self) -> None:
        self.panel.show_state(self._network.state.value, [host.host for host in self._network.consents()])
        self._run(self._fill_ledger())

    async def _fill_ledger(self) -> None:
        count, blocked, up, down = await self._network.totals()
        lines = self.tr("1 line") if count == 1 else self.tr("{0} lines").format(fmt.count(count))
        parts = [lines, self.tr("{0} blocked").format(fmt.count(blocked))]
        if up or down:
            parts.append(self.tr("{0} sent, {1} received").format(fmt.bytes_moved(up), fmt.bytes_moved(down)))
        self.panel.show_ledger([self._row(line) for line in self._network.ledger], " · ".join(parts) if count else "")

    def _row(self, line: Connection) -> ConnectionRow:
        return ConnectionRow(
            line.when, line.host, line.port, self._part(line.part), line.purpose, line.allowed, line.up, line.down,
            failed=line.reason == "failed",
        )  # fmt: skip

    def _part(self, part: str) -> str:
        words = {
            "window": self.tr("Main program"),
            "hub": self.tr("Hugging Face"),
            "discover": self.tr("Discover"),
            "downloads": self.tr("Downloads"),
            "test": self.tr("Settings"),
        }
        kind, _, number = part.partition(" ")
        return self.tr("Engine {0}").format(number) if kind == "worker" and number else words.get(part, part)

    def _on_settings(self) -> None:
        self.popover.hide()
        self.settings_requested.emit()

    def _ask_export(self) -> None:
        self.popover.hide()
        kinds = self.tr("Table (*.csv);;JSON (*.json)")
        title = self.tr("Export the list of connections")
        ask_save(self._bar.window(), title, "slmdesk-connections.csv", "csv", kinds, self._export)

    def _export(self, path: Path) -> None:
        self._run(self._network.export(path))

    def _ask_wipe(self) -> None:
        self.popover.hide()
        ask_yes(
            self._bar.window(), self.tr("Wipe the list of connections?"),
            self.tr("All lines are forgotten for good. The hosts you allowed stay allowed."), self.tr("Wipe"),
            lambda: self._run(self._network.wipe()), danger=True,
        )  # fmt: skip
