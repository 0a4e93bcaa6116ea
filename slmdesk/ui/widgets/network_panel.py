"""The panel that opens from the status bar: what may be reached, what was agreed to, and the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QRadioButton, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.connection_list import ConnectionList, ConnectionRow
from slmdesk.ui.widgets.controls import ElidedLabel, IconButton, TextButton, label, row, rule

SHOWN_HOSTS = 6


class NetworkPanel(QWidget):
    """Chooses the network state and shows the ledger; it shows values and asks by signals."""

    state_chosen = Signal(str)
    withdraw_requested = Signal(str)
    """The host that may not be reached any more."""
    export_requested = Signal()
    wipe_requested = Signal()
    settings_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = Theme()
        self.choices: dict[str, QRadioButton] = {}
        self.list = ConnectionList()
        self.hosts = QWidget()
        self._hosts: list[str] = []
        self._host_column = QVBoxLayout(self.hosts)
        self._host_column.setContentsMargins(0, 0, 0, 0)
        self._host_column.setSpacing(4)
        self.totals = label("", "small")
        self.export = TextButton(self.tr("Export"), kind="ghost")
        self.wipe = TextButton(self.tr("Wipe"), kind="ghost")
        self.settings = TextButton(self.tr("Network settings"), kind="ghost")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(self._state_rows())
        layout.addWidget(self.hosts)
        layout.addWidget(rule())
        layout.addWidget(self.list, 1)
        layout.addLayout(row(self.totals, 1, self.settings, self.export, self.wipe, spacing=4))
        self.export.clicked.connect(self.export_requested)
        self.wipe.clicked.connect(self.wipe_requested)
        self.settings.clicked.connect(self.settings_requested)

    def _state_rows(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        group = QButtonGroup(self)
        texts = (
            ("offline", self.tr("Offline"), self.tr("Nothing leaves this computer.")),
            ("local", self.tr("Local only"), self.tr("Also addresses of your own network that you named.")),
            ("online", self.tr("Online"), self.tr("Also hosts you allowed, when something you do needs them.")),
        )
        for line, (key, name, meaning) in enumerate(texts):
            choice = QRadioButton(name)
            choice.setAccessibleDescription(meaning)
            choice.clicked.connect(lambda _checked=False, k=key: self.state_chosen.emit(k))
            group.addButton(choice)
            self.choices[key] = choice
            grid.addWidget(choice, line, 0)
            grid.addWidget(label(meaning, "secondary", wrap=True), line, 1, Qt.AlignmentFlag.AlignVCenter)
        return grid

    def show_state(self, state: str, hosts: Sequence[str]) -> None:
        """``state`` is offline, local or online; ``hosts`` are the ones that were agreed to."""
        if state in self.choices:
            self.choices[state].setChecked(True)
        if list(hosts) != self._hosts:
            self._hosts = list(hosts)
            self._show_hosts()

    def _show_hosts(self) -> None:
        while (item := self._host_column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for host in self._hosts[:SHOWN_HOSTS]:
            self._host_column.addWidget(self._host(host))
        more = len(self._hosts) - SHOWN_HOSTS
        if more > 0:
            self._host_column.addWidget(label(self.tr("and {0} more, in the network settings").format(more), "small"))
        self.hosts.setVisible(bool(self._hosts))

    def _host(self, host: str) -> QWidget:
        line = QFrame()
        line.setProperty("kind", "chipframe")
        off = IconButton("close", self.tr("Do not allow {0} any more").format(host))
        off.set_theme(self._theme)
        off.setFixedSize(self._theme.px(20), self._theme.px(20))
        off.clicked.connect(lambda: self.withdraw_requested.emit(host))
        layout = row(label(self.tr("Allowed"), "small"), margins=(8, 2, 4, 2))
        layout.addWidget(ElidedLabel(host, middle=True), 1)
        layout.addWidget(off)
        line.setLayout(layout)
        return line

    def show_ledger(self, rows: Sequence[ConnectionRow], totals: str) -> None:
        """``rows`` are the newest lines, oldest first; ``totals`` a few words about the whole ledger."""
        self.list.show_rows(rows)
        self.totals.setText(totals)
        for button in (self.export, self.wipe):
            button.setEnabled(bool(rows))

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.list.set_theme(theme)
        self.setFixedWidth(theme.px(620))
        self._show_hosts()
