"""What stands between a click and a download: leave to reach a host, and a token for a gated repository."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from slmdesk.core.errors import NetworkBlocked
from slmdesk.core.network import NetworkState
from slmdesk.core.remote import SourceStatus
from slmdesk.ui.panes.models.view import Host, ModelsServices
from slmdesk.ui.widgets.link_dialog import LinkDialog
from slmdesk.ui.widgets.models.discover_notice import Notice
from slmdesk.ui.widgets.models.remote_token_dialog import TokenDialog

TOKEN = "huggingface"  # noqa: S105 - the name of the secret, not a secret
TOKEN_PLACE = "huggingface.co"  # noqa: S105 - where it is made


class Leave(QObject):
    """Asks a person for what a connection needs, in a notice inside the view; nothing is sent before the click."""

    def __init__(self, services: ModelsServices, host: Host, parent: QWidget) -> None:
        super().__init__(parent)
        self._services = services
        self._host = host
        self._widget = parent

    # --- the network --------------------------------------------------------------------------------------------

    def ask(self, notice: Notice, host: str, purpose: str, on_allowed: Callable[[], object]) -> None:
        """Say which host ``purpose`` needs, with a button that allows it and goes on."""
        state = self._services.network.state
        text = self.tr("{0} connects to {1}. Nothing has been sent yet.").format(purpose, host)
        if state is NetworkState.ONLINE:
            title, action = self.tr("May SLMDesk connect to {0}?").format(host), self.tr("Allow {0}").format(host)
        else:
            title = self.tr("SLMDesk is offline")
            if state is NetworkState.LOCAL:
                title = self.tr("SLMDesk reaches only this computer and the addresses you named")
            action = self.tr("Go online and allow {0}").format(host)
        notice.say(
            title, text, action=action, on_action=lambda: self._host.run(self._allow(host, on_allowed)),
            icon_name="globe",
        )  # fmt: skip

    def ask_for(self, notice: Notice, blocked: NetworkBlocked, purpose: str, on_allowed: Callable[[], object]) -> None:
        """The same for a connection that was refused just now."""
        if blocked.host:
            self.ask(notice, blocked.host, purpose, on_allowed)
        else:
            notice.say(blocked.message, blocked.hint, icon_name="alert")

    def ask_status(
        self, notice: Notice, status: SourceStatus, purpose: str, on_allowed: Callable[[], object]
    ) -> None:  # fmt: skip
        """The same for a source that cannot be asked now; a missing runtime is only told."""
        if status.missing in ("network", "consent") and status.hosts:
            self.ask(notice, status.hosts[0], purpose, on_allowed)
        else:
            notice.say(status.message, status.hint)

    async def _allow(self, host: str, on_allowed: Callable[[], object]) -> None:
        network = self._services.network
        await network.consent(host)
        if network.state is not NetworkState.ONLINE:
            await network.set_state(NetworkState.ONLINE)
            self._host.say(self.tr("SLMDesk is online now. You can end that in the status bar."))
        on_allowed()

    # --- gated repositories -------------------------------------------------------------------------------------

    def ask_token(self, on_changed: Callable[[], object]) -> None:
        """Open the dialog for the token; ``on_changed`` runs when one was kept or forgotten."""
        self._host.run(self._open_token(on_changed))

    async def _open_token(self, on_changed: Callable[[], object]) -> None:
        secrets = self._services.secrets
        assert secrets is not None
        host = self._services.network.site(TOKEN).host
        dialog = TokenDialog(TOKEN_PLACE, host, await secrets.place(TOKEN), self._widget)
        dialog.given.connect(lambda token: self._host.run(self._keep(token, on_changed)))
        dialog.cleared.connect(lambda: self._host.run(self._forget(on_changed)))
        dialog.open()

    async def _keep(self, token: str, on_changed: Callable[[], object]) -> None:
        assert self._services.secrets is not None
        place = await self._services.secrets.set(TOKEN, token)
        if place == "keyring":
            self._host.say(self.tr("The token is in the keyring of this computer."))
        else:
            self._host.say(self.tr("There is no keyring here: the token is kept until SLMDesk is closed."))
        on_changed()

    async def _forget(self, on_changed: Callable[[], object]) -> None:
        assert self._services.secrets is not None
        await self._services.secrets.clear(TOKEN)
        self._host.say(self.tr("The token is forgotten."))
        on_changed()

    def open_link(self, address: str) -> None:
        """Show an address in the dialog that asks before a browser opens it."""
        dialog = LinkDialog(address, self._widget)
        dialog.open_requested.connect(lambda wanted: QDesktopServices.openUrl(QUrl(wanted)))
        dialog.open()
