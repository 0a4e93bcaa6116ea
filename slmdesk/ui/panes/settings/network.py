"""The network, as a page of the settings: what may be reached, and how to find out why something cannot be."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from slmdesk.core.errors import NetworkBlocked
from slmdesk.services.network import Network, NetworkState, Step
from slmdesk.storage.network import KnownHost
from slmdesk.ui import format as fmt
from slmdesk.ui.panes.settings.column import Column, Run, Section, beside, card, clear
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.controls import ElidedLabel, IconButton, TextButton, label, row
from slmdesk.ui.widgets.segments import Segments


class HostList(QWidget):
    """Hosts that can be added and taken off."""

    def __init__(
        self,
        run: Run,
        name: str,
        placeholder: str,
        add: Callable[[str], Coroutine[Any, Any, None]],
        remove: Callable[[str], Coroutine[Any, Any, None]],
    ) -> None:
        super().__init__()
        self._run = run
        self._add = add
        self._remove = remove
        self._theme = Theme()
        self._hosts: list[KnownHost] = []
        self.box = QLineEdit()
        self.box.setPlaceholderText(placeholder)
        self.box.setAccessibleName(name)
        self.add = TextButton(self.tr("Add"))
        self.add.setAccessibleName(self.tr("Add: {0}").format(name))
        self.add.setEnabled(False)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._lines)
        entry = row(self.box, self.add)
        entry.setStretch(0, 1)
        layout.addLayout(entry)
        self.box.textChanged.connect(lambda text: self.add.setEnabled(bool(text.strip())))
        self.box.returnPressed.connect(self._on_add)
        self.add.clicked.connect(self._on_add)

    def _on_add(self) -> None:
        text = self.box.text().strip()
        if text:
            self._run(self._keep(text))

    async def _keep(self, text: str) -> None:
        await self._add(text)
        self.box.clear()

    def show_hosts(self, hosts: Sequence[KnownHost]) -> None:
        """Show the hosts there are."""
        if list(hosts) != self._hosts:
            self._hosts = list(hosts)
            self._show()

    def _show(self) -> None:
        clear(self._lines)
        for host in self._hosts:
            self._lines.addWidget(self._line(host))

    def _line(self, host: KnownHost) -> QWidget:
        used = self.tr("never used") if host.used is None else self.tr("last used {0}").format(fmt.day(host.used))
        off = IconButton("close", self.tr("Remove {0}").format(host.host))
        off.set_theme(self._theme)
        off.clicked.connect(lambda: self._run(self._remove(host.host)))
        name = ElidedLabel(host.host, middle=True)
        line = QWidget()
        layout = row(name, label(self.tr("since {0}, {1}").format(fmt.day(host.added), used), "small"), off)
        layout.setStretch(0, 1)
        line.setLayout(layout)
        return line

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self._show()


class StepList(QWidget):
    """The steps of a connection test, each with a mark, what was found, and how long it took."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self._theme = Theme()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(2, 1)

    def clear(self) -> None:
        """Forget the steps."""
        self.steps.clear()
        clear(self._grid)

    def add(self, step: Step) -> None:
        """Show one step more."""
        names = {
            "name": self.tr("Name"),
            "connect": self.tr("Connection"),
            "proxy": self.tr("Proxy"),
            "tls": self.tr("Certificate"),
            "answer": self.tr("Answer"),
        }
        at = len(self.steps)
        self.steps.append(step)
        mark = label()
        token = "good" if step.ok else "bad"
        size = QSize(self._theme.px(14), self._theme.px(14))
        mark.setPixmap(icons.icon("check" if step.ok else "alert", self._theme, token, 14).pixmap(size))
        mark.setAccessibleName(self.tr("passed") if step.ok else self.tr("failed"))
        cells = (
            mark,
            label(names.get(step.name, step.name)),
            label(step.detail, "secondary" if step.ok else "", wrap=True),
            label(f"{round(step.seconds * 1000)} ms", "small"),
        )
        for column, cell in enumerate(cells):
            self._grid.addWidget(cell, at, column)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        shown = list(self.steps)
        self.clear()
        for step in shown:
            self.add(step)


class NetworkSection(Section):
    """The state above the declared settings; the hosts, the test and the list for a firewall below them."""

    def __init__(self, run: Run, network: Network) -> None:
        super().__init__(run)
        self._network = network
        self.state = Segments(self.tr("Network state"))
        for key, name in (
            ("offline", self.tr("Offline")),
            ("local", self.tr("Local only")),
            ("online", self.tr("Online")),
        ):
            self.state.add(key, name)
        self.state.chosen.connect(lambda key: run(network.set_state(NetworkState(key))))
        self.allowed = HostList(
            run, self.tr("Allow a host"), "example.org", network.consent, network.withdraw
        )  # fmt: skip
        self.named = HostList(
            run, self.tr("Name an address"), "192.168.1.20", network.name_local, network.unname_local
        )  # fmt: skip
        self.address = QLineEdit()
        self.address.setPlaceholderText(network.site("huggingface").host)
        self.address.setAccessibleName(self.tr("Host to test"))
        self.test = TextButton(self.tr("Test connection"))
        self.steps = StepList()
        self.result = label("", wrap=True)
        self.allow = TextButton("", kind="primary")
        self.allow.clicked.connect(lambda: run(self._allow_and_test()))
        self._to_allow = ""
        self.copy = TextButton(self.tr("Copy"))
        self._firewall = QGridLayout()
        self.test.clicked.connect(lambda: run(self._test()))
        self.address.returnPressed.connect(lambda: run(self._test()))
        self.copy.clicked.connect(self._copy)
        network.changed.connect(self._on_changed)

    def before(self, column: Column) -> None:
        """What may be reached at all."""
        self._show()
        column.line(
            self.tr("Connections"),
            self.tr(
                "Offline: this computer alone. Local only: also the addresses named below. Online: also the hosts you "
                "allowed, when something you do needs them."
            ),
            self.state,
        )

    def fill(self, column: Column) -> None:
        """The hosts, the test, the list for a firewall."""
        column.heading(
            self.tr("Allowed hosts"),
            self.tr("Reached while the state is Online. SLMDesk asks before it adds one."),
        )
        column.add(self.allowed)
        column.heading(
            self.tr("Addresses of your own network"), self.tr("Reached while the state is Local only or Online.")
        )
        column.add(self.named)
        column.heading(
            self.tr("Test connection"),
            self.tr("Goes the way to a host step by step and says where it ends, and why."),
        )
        column.add(beside(self.address, self.test))
        column.add(self.result)
        column.add(beside(self.allow, 1))
        column.add(self.steps)
        self.result.hide()
        self.allow.hide()
        column.heading(self.tr("For a firewall"), self.tr("What a company's firewall has to let through."))
        holder = QWidget()
        self._firewall.setContentsMargins(0, 0, 0, 0)
        self._firewall.setHorizontalSpacing(16)
        self._firewall.setColumnStretch(2, 1)
        holder.setLayout(self._firewall)
        column.add(card(holder, beside(self.copy, 1)))

    def _on_changed(self) -> None:
        if self.state.isVisible():
            self._show()

    def _show(self) -> None:
        self.state.set_current(self._network.state.value)
        self.allowed.show_hosts(self._network.consents())
        self.named.show_hosts(self._network.named())

    async def refresh(self) -> None:
        """Show the state and the hosts of now."""
        self._show()
        self._show_firewall()

    def _show_firewall(self) -> None:
        clear(self._firewall)
        for line, (host, port, purpose) in enumerate(self._network.firewall_hosts()):
            cells = (label(host), label(self.tr("port {0}").format(port), "small"), label(purpose, "small", wrap=True))
            for column, cell in enumerate(cells):
                self._firewall.addWidget(cell, line, column)

    def _copy(self) -> None:
        lines = ["\t".join((host, str(port), purpose)) for host, port, purpose in self._network.firewall_hosts()]
        QGuiApplication.clipboard().setText("\n".join(lines))

    async def _test(self) -> None:
        self.steps.clear()
        self.result.hide()
        self.allow.hide()
        self.test.setEnabled(False)
        try:
            steps = await self._network.test_connection(self.address.text(), self.steps.add)
            reached = bool(steps) and steps[-1].ok
            self._say(self.tr("The host can be reached.") if reached else self.tr("The way ends here:"))
        except NetworkBlocked as blocked:
            self._say(blocked.message)
            self._to_allow = blocked.host
            online = self._network.state is NetworkState.ONLINE
            words = self.tr("Allow {0} and test") if online else self.tr("Go online, allow {0} and test")
            self.allow.setText(words.format(blocked.host))
            self.allow.show()
        finally:
            self.test.setEnabled(True)

    async def _allow_and_test(self) -> None:
        await self._network.consent(self._to_allow)
        await self._network.set_state(NetworkState.ONLINE)
        await self._test()

    def _say(self, words: str) -> None:
        self.result.setText(words)
        self.result.show()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        for part in (self.allowed, self.named, self.steps):
            part.set_theme(theme)
