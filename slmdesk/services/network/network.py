"""The one place that decides about connections, and remembers each one."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Signal

from slmdesk.core.errors import NetworkBlocked, SlmdeskError
from slmdesk.core.network import Connection, NetworkState, Permit, covered, host_of, is_loopback, normal_host
from slmdesk.core.proxies import endpoint_problem
from slmdesk.services.network.export import write_ledger
from slmdesk.services.network.proxies import proxies_for
from slmdesk.services.network.reach import OnStep, Step, walk
from slmdesk.services.network.seen import WINDOW, RefusalHandler, open_connections
from slmdesk.services.network.sites import SITES, Site, placed, site_of
from slmdesk.services.secrets import Secrets
from slmdesk.services.settings import Settings
from slmdesk.storage.network import KnownHost, NetworkStore

KEPT_IN_SIGHT = 500
"""How many of the newest lines of the ledger are kept in memory."""
SAVE_AFTER_S = 0.5


class Network(QObject):
    """Decides which hosts may be reached, and keeps the ledger of what was reached and what was not.

    The ledger holds what the program asked for; :meth:`open_connections` asks the operating system what the window
    and its workers really have open, so the number in the status bar is measured, not promised. Without ``settings``
    and ``store`` nothing outlives the run. Call :meth:`load` once before the first question.
    """

    changed = Signal()
    """The state, the ledger, the open connections or the agreed hosts are different now."""
    state_changed = Signal(object)
    """The new :class:`NetworkState`. Whoever holds a worker with network ends it on OFFLINE."""

    def __init__(
        self,
        settings: Settings | None = None,
        store: NetworkStore | None = None,
        secrets: Secrets | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._store = store
        self._secrets = secrets
        self._state = NetworkState.OFFLINE
        self._consents: dict[str, KnownHost] = {}
        self._named: dict[str, KnownHost] = {}
        self._unsaved: list[Connection] = []
        self._saving: asyncio.Task[None] | None = None
        self._version = 0
        self._refusals = RefusalHandler(self.note_refused)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ledger: list[Connection] = []
        """The newest lines, oldest first."""
        self.open: list[Connection] = []

    async def load(self) -> None:
        """Read the state, the hosts and the newest lines of the ledger."""
        self._loop = asyncio.get_running_loop()
        self._refusals.start()
        if self._settings is not None:
            self._state = NetworkState(self._settings.get("network_state"))
        if self._store is not None:
            await self._forget_old(self._store)
            await self._read_hosts(self._store)
            self.ledger = (await self._store.lines(limit=KEPT_IN_SIGHT))[::-1]
            self._version = await self._store.version()
        self.changed.emit()

    async def _read_hosts(self, store: NetworkStore) -> None:
        self._consents = {h.host: h for h in await store.hosts("consent")}
        self._named = {h.host: h for h in await store.hosts("local")}

    async def _follow(self) -> None:
        """Take over what another SLMDesk with this profile chose, such as ``slmdesk network offline``."""
        if self._store is None or self._settings is None:
            return
        version = await self._store.version()
        if version != self._version:
            self._version = version
            await self._read_hosts(self._store)
            await self._settings.read_again("network_state")
            await self.set_state(NetworkState(self._settings.get("network_state")))
            self.changed.emit()

    async def _forget_old(self, store: NetworkStore) -> None:
        days = int(self._settings.get("ledger_days")) if self._settings is not None else 0
        if days:
            await store.wipe(older_than=time.time() - days * 86_400)

    # --- the state ------------------------------------------------------------------------------------------------

    @property
    def state(self) -> NetworkState:
        """What is allowed now; a new profile starts Offline."""
        return self._state

    async def set_state(self, state: NetworkState) -> None:
        """Choose what is allowed, from now on and at the next start."""
        state = NetworkState(state)
        if state is self._state:
            return
        self._state = state
        self.state_changed.emit(state)
        self.changed.emit()
        if self._settings is not None:
            await self._settings.set("network_state", state.value)

    # --- hosts ----------------------------------------------------------------------------------------------------

    def site(self, key: str) -> Site:
        """A place on the internet by its key ("huggingface"), behind its mirror where one is set. Raises KeyError."""
        site = next((s for s in SITES if s.key == key), None)
        if site is None:
            raise KeyError(key)
        mirror = str(self._settings.get(site.mirror)) if self._settings is not None and site.mirror else ""
        return placed(site, mirror)

    def _sites(self) -> tuple[Site, ...]:
        return tuple(self.site(s.key) for s in SITES)

    async def consent(self, host: str) -> None:
        """Agree that a host may be reached while the state is Online; for a known site that covers all its hosts."""
        await self._remember("consent", self._consents, host)

    async def withdraw(self, host: str) -> None:
        """Take an agreement back."""
        await self._forget("consent", self._consents, host)

    def consents(self) -> list[KnownHost]:
        """The hosts a person agreed to, by name."""
        return sorted(self._consents.values(), key=lambda h: h.host)

    async def name_local(self, host: str) -> None:
        """Name an address of the own network that Local only may reach as well."""
        await self._remember("local", self._named, host)

    async def unname_local(self, host: str) -> None:
        """Take a named address off again."""
        await self._forget("local", self._named, host)

    def named(self) -> list[KnownHost]:
        """The addresses of the own network that a person named."""
        return sorted(self._named.values(), key=lambda h: h.host)

    async def _remember(self, kind: str, known: dict[str, KnownHost], host: str) -> None:
        name = _checked(host)
        known.setdefault(name, KnownHost(name, time.time()))
        if self._store is not None:
            await self._store.add_host(kind, name)
        self.changed.emit()

    async def _forget(self, kind: str, known: dict[str, KnownHost], host: str) -> None:
        name = _checked(host)
        known.pop(name, None)
        if self._store is not None:
            await self._store.drop_host(kind, name)
        self.changed.emit()

    # --- permits --------------------------------------------------------------------------------------------------

    async def permit(self, part: str, purpose: str, hosts: Sequence[str]) -> Permit:
        """Leave to reach ``hosts`` (names, addresses, ``*.`` patterns), with proxy and certificates.

        ``part`` names who asks ("hub"), ``purpose`` what for, in words a person reads in the ledger. Raises
        NetworkBlocked, with the host to agree to and the reason, and notes that in the ledger; and SlmdeskError where
        the system's proxy is of a kind that cannot be used.
        """
        wanted = tuple(dict.fromkeys(_checked(host) for host in hosts))
        for host in wanted:
            self._require(part, purpose, host)
        await self._touch(wanted)
        site = site_of(wanted[0], self._sites()) if wanted else None
        permit = Permit(part, purpose, wanted, endpoint=site.endpoint if site else "")
        if self._settings is None:
            return permit
        return replace(
            permit,
            proxies=await proxies_for(wanted, self._settings, self._secrets),
            ca_file=str(self._settings.get("ca_file")),
            system_store=bool(self._settings.get("system_certificates")),
        )

    def _require(self, part: str, purpose: str, host: str) -> None:
        if is_loopback(host):
            return
        blocked = self._blocked(host)
        if blocked is not None:
            line = Connection(time.time(), part, blocked.host, 0, purpose, allowed=False, reason=blocked.reason)
            self.record(line)
            raise blocked

    def _blocked(self, host: str) -> NetworkBlocked | None:
        """Why ``host`` may not be reached now; None if it may."""
        site = site_of(host, self._sites())
        to_ask = site.host if site else host.removeprefix("*.")
        if self._state is NetworkState.OFFLINE:
            return NetworkBlocked(
                f"{to_ask} was not contacted, because SLMDesk is offline.",
                "Choose Online in the status bar to allow it.",
                host=to_ask,
                reason="offline",
            )
        if covered(host, self._named):
            return None
        if self._state is NetworkState.LOCAL:
            return NetworkBlocked(
                f"{to_ask} was not contacted, because SLMDesk may only reach this computer and addresses you named.",
                "Choose Online in the status bar. An address of your own network can be named in the settings instead.",
                host=to_ask,
                reason="local",
            )
        if host in self._consents or covered(host, self._consents) or to_ask in self._consents:
            return None
        return NetworkBlocked(
            f"{to_ask} was not contacted, because you have not agreed to that yet.",
            f"Allow {to_ask} in the network settings, then try again.",
            host=to_ask,
            reason="consent",
        )

    def may_connect(self, host: str) -> bool:
        """Whether this process itself may reach ``host``: this machine, and addresses the person named. May be asked
        on any thread. What is further away is only ever reached by workers that were given a permit.
        """
        return is_loopback(host) or (self._state is not NetworkState.OFFLINE and covered(host, tuple(self._named)))

    def note_refused(self, host: str, port: int, library: str, part: str = WINDOW) -> None:
        """Note what the guard refused this process, or one of its workers; from any thread."""
        line = Connection(
            time.time(), part, host, port, f"tried by {library}" if library else "", allowed=False, reason="guard"
        )  # fmt: skip
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and with it the ledger
                self._loop.call_soon_threadsafe(self.record, line)

    async def _touch(self, hosts: Sequence[str]) -> None:
        """Note when an agreement was last used."""
        for host in hosts:
            site = site_of(host, self._sites())
            for name in {host, site.host if site else host} & self._consents.keys():
                self._consents[name] = KnownHost(name, self._consents[name].added, time.time())
                if self._store is not None:
                    await self._store.touch_host("consent", name)

    # --- the ledger -----------------------------------------------------------------------------------------------

    def record(self, connection: Connection) -> None:
        """Add a line to the ledger, or put new figures into the one with the same id. Immediate; saved soon after."""
        place = next((n for n, c in enumerate(self.ledger) if connection.id and c.id == connection.id), None)
        if place is None:
            self.ledger.append(connection)
            del self.ledger[:-KEPT_IN_SIGHT]
        else:
            self.ledger[place] = connection
        if self._store is not None:
            self._unsaved.append(connection)
            if self._saving is None or self._saving.done():
                self._saving = asyncio.ensure_future(self._save_soon())
        self.changed.emit()

    async def _save_soon(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(SAVE_AFTER_S)
        await self._save()

    async def _save(self) -> None:
        lines, self._unsaved = self._unsaved, []
        if lines and self._store is not None:
            await self._store.add(lines)

    async def lines(self, *, limit: int = -1, text: str = "", blocked: bool | None = None) -> list[Connection]:
        """Lines of the whole ledger, the newest first; see :meth:`NetworkStore.lines`."""
        await self._save()
        if self._store is None:
            return [c for c in reversed(self.ledger) if blocked is None or c.allowed is not blocked]
        return await self._store.lines(limit=limit, text=text, blocked=blocked)

    async def totals(self) -> tuple[int, int, int, int]:
        """How many lines the ledger has, how many of them were blocked, and all bytes up and down."""
        await self._save()
        return (0, 0, 0, 0) if self._store is None else await self._store.totals()

    async def export(self, path: Path) -> int:
        """Write the whole ledger as CSV, or as JSON where the name ends so; how many lines. Raises SlmdeskError."""
        lines = await self.lines()
        await asyncio.to_thread(write_ledger, path, lines)
        return len(lines)

    async def wipe(self) -> None:
        """Forget the whole ledger. What a person agreed to stays."""
        self.ledger.clear()
        self._unsaved.clear()
        if self._store is not None:
            await self._store.wipe()
        self.changed.emit()

    # --- for whoever has to find out why it does not work ---------------------------------------------------------

    async def test_connection(self, address: str = "", on_step: OnStep | None = None) -> list[Step]:
        """Go the way to a host (or address with https://; empty: Hugging Face) and say where it ends, and why.

        Raises NetworkBlocked where that is SLMDesk itself, SlmdeskError for what is no host.
        """
        url = self._address_of(address.strip())
        permit = await self.permit("test", "Test connection", [host_of(url)])
        stop = asyncio.Event()

        def on_state(state: NetworkState) -> None:
            if state is NetworkState.OFFLINE:
                stop.set()

        self.state_changed.connect(on_state)
        try:
            way = await walk(url, permit, stop, on_step)
        finally:
            self.state_changed.disconnect(on_state)
        reached = bool(way.steps) and way.steps[-1].ok
        line = Connection(time.time(), permit.part, way.host, way.port, permit.purpose, up=way.up, down=way.down)
        self.record(line if reached else replace(line, reason="failed"))
        return list(way.steps)

    def _address_of(self, text: str) -> str:
        known = site_of(text.lower(), self._sites()) if text else self.site("huggingface")
        if known is not None and text in ("", known.host):
            return known.endpoint
        url = text if "://" in text else f"https://{text}"
        if not url.startswith(("https://", "http://")) or endpoint_problem(url):
            raise SlmdeskError(f"{text!r} is not a host or an address.", "Write it like example.org.")
        return url

    def firewall_hosts(self) -> list[tuple[str, int, str]]:
        """What a company's firewall has to let through, as host or pattern, port and purpose."""
        return [
            (host, urlsplit(site.endpoint).port or 443, purpose)
            for site in self._sites()
            for host, purpose in site.purposes
        ]

    async def refresh(self) -> None:
        """Measure the connections that this program and its workers have open now, and follow the terminal's choice."""
        await self._follow()
        found = await asyncio.to_thread(open_connections)
        if [(c.host, c.port, c.part) for c in found] != [(c.host, c.port, c.part) for c in self.open]:
            known = {(c.host, c.port, c.part) for c in self.open}
            self.open = found
            for line in found:
                if (line.host, line.port, line.part) not in known:
                    self.record(line)
            self.changed.emit()

    async def close(self) -> None:
        """Save what is not saved yet."""
        self._refusals.stop()
        if self._saving is not None:
            self._saving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._saving
        await self._save()


def _checked(host: str) -> str:
    try:
        return normal_host(host)
    except ValueError:
        raise SlmdeskError(
            f"{host!r} is not a host name or address.", "Write it like example.org or 10.0.0.5."
        ) from None
