from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from slmdesk.core.errors import NetworkBlocked, SlmdeskError
from slmdesk.services.network import Connection, Network, NetworkState, Permit, open_connections
from slmdesk.services.secrets import Secrets
from slmdesk.services.settings import Settings
from slmdesk.storage.database import Database
from slmdesk.storage.network import NetworkStore
from slmdesk.storage.settings import SettingsStore
from tests.services.keyrings import MemoryKeyring


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "slmdesk.db")
    yield database
    await database.close()


async def opened(database: Database) -> Network:
    settings = Settings(SettingsStore(database))
    await settings.load()
    network = Network(settings, NetworkStore(database))
    await network.load()
    return network


async def refusal(network: Network, *hosts: str) -> NetworkBlocked:
    with pytest.raises(NetworkBlocked) as caught:
        await network.permit("hub", "a test", hosts)
    return caught.value


async def test_a_new_profile_is_offline_and_forbids_everything_but_this_machine(database: Database) -> None:
    network = await opened(database)
    assert network.state is NetworkState.OFFLINE
    error = await refusal(network, "huggingface.co")
    assert (error.host, error.reason) == ("huggingface.co", "offline")
    assert "offline" in error.message
    assert [(c.host, c.allowed, c.reason) for c in network.ledger] == [("huggingface.co", False, "offline")]
    permit = await network.permit("ollama", "list models", ["127.0.0.1"])
    assert permit.allows("127.0.0.1")
    await network.close()


async def test_local_only_reaches_named_addresses(database: Database) -> None:
    network = await opened(database)
    await network.set_state(NetworkState.LOCAL)
    assert (await refusal(network, "10.0.0.1")).reason == "local"
    await network.name_local("10.0.0.1")
    assert (await network.permit("runtime", "a server", ["10.0.0.1"])).hosts == ("10.0.0.1",)
    assert (await refusal(network, "huggingface.co")).reason == "local"
    await network.close()


async def test_online_asks_for_each_host_once_and_a_site_is_one_host(database: Database) -> None:
    network = await opened(database)
    await network.set_state(NetworkState.ONLINE)
    hosts = network.site("huggingface").hosts
    error = await refusal(network, *hosts)
    assert (error.host, error.reason) == ("huggingface.co", "consent")
    assert (await refusal(network, "cdn-lfs.hf.co")).host == "huggingface.co"
    await network.consent(error.host)
    permit = await network.permit("hub", "search", hosts)
    assert permit.allows("cdn-lfs.hf.co")
    assert permit.allows("HUGGINGFACE.co.")
    assert not permit.allows("evil-hf.co")
    assert not permit.allows("127.0.0.1")
    assert (await refusal(network, "example.org")).host == "example.org"
    assert network.consents()[0].used is not None
    await network.withdraw("huggingface.co")
    assert (await refusal(network, "huggingface.co")).reason == "consent"
    await network.close()


async def test_everything_outlives_a_restart(database: Database) -> None:
    network = await opened(database)
    await network.set_state(NetworkState.ONLINE)
    await network.consent("huggingface.co")
    network.record(Connection(time.time(), "hub", "huggingface.co", 443, "search", up=10, down=20, id="a"))
    network.record(Connection(time.time(), "hub", "huggingface.co", 443, "search", up=10, down=2000, id="a"))
    await network.close()
    again = await opened(database)
    assert again.state is NetworkState.ONLINE
    assert [h.host for h in again.consents()] == ["huggingface.co"]
    assert [(c.up, c.down) for c in again.ledger] == [(10, 2000)]
    await again.close()


async def test_a_mirror_takes_the_place_of_the_site(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    network = await opened(database)
    await network.set_state(NetworkState.ONLINE)
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example.org/hf/")
    site = network.site("huggingface")
    assert (site.endpoint, site.host) == ("https://mirror.example.org/hf", "mirror.example.org")
    await network.consent("mirror.example.org")
    assert (await network.permit("hub", "search", site.hosts)).endpoint == site.endpoint
    assert (await refusal(network, "huggingface.co")).host == "huggingface.co"
    await network.close()


async def test_what_is_no_host_is_told(database: Database) -> None:
    network = await opened(database)
    for bad in ("", "a b", "http://example.org", "-x.org", "1.2.3", "*.10.0.0.1", "x" * 300):
        with pytest.raises(SlmdeskError):
            await network.consent(bad)


def test_a_permit_crosses_the_pipe() -> None:
    permit = Permit(
        "hub", "search", ("huggingface.co", "*.hf.co"), "https://huggingface.co",
        (("huggingface.co", "http://proxy.example.org:3128"), ("*.hf.co", "")), "/etc/ca.pem",
    )  # fmt: skip
    assert Permit.from_args(permit.args()) == permit
    assert permit.proxy_for("huggingface.co") == "http://proxy.example.org:3128"
    assert permit.proxy_for("cdn.hf.co") == ""
    assert permit.reaches("proxy.example.org")
    assert not permit.allows("proxy.example.org")


async def test_open_connections_are_measured() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not [c for c in open_connections() if c.port == port]
        with socket.create_connection(("127.0.0.1", port)):
            network = Network()
            changes = []
            network.changed.connect(lambda: changes.append(1))
            await network.refresh()
            assert [c.part for c in network.open if c.port == port] == ["window"]
            before = len(changes)
            await network.refresh()
            assert len(changes) == before


async def test_the_own_proxy_with_its_password_is_part_of_a_permit(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.set_keyring(MemoryKeyring())
    settings, secrets = Settings(SettingsStore(database)), Secrets(tmp_path)
    await settings.load()
    network = Network(settings, NetworkStore(database), secrets)
    await network.set_state(NetworkState.ONLINE)
    for host in ("huggingface.co", "box.corp.example"):
        await network.consent(host)
    await settings.set("proxy_mode", "own")
    await settings.set("proxy_url", "http://proxy.example.org:3128")
    await settings.set("proxy_except", ".corp.example")
    await settings.set("proxy_user", "me")
    await secrets.set("proxy", "p@ss")
    await settings.set("ca_file", "/etc/ca.pem")
    permit = await network.permit("hub", "search", ["*.hf.co", "box.corp.example"])
    assert permit.proxy_for("cdn.hf.co") == "http://me:p%40ss@proxy.example.org:3128"
    assert permit.proxy_for("box.corp.example") == ""
    assert permit.ca_file == "/etc/ca.pem"
    with pytest.raises(SlmdeskError, match="fields of their own"):
        await settings.set("proxy_url", "http://me:p@ss@proxy.example.org:3128")
    await network.close()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system's own settings count as well")
async def test_the_environments_proxy(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "proxy.example.org:3128")
    monkeypatch.setenv("no_proxy", "hf.co")
    network = await opened(database)
    await network.set_state(NetworkState.ONLINE)
    await network.consent("huggingface.co")
    permit = await network.permit("hub", "search", network.site("huggingface").hosts)
    assert permit.proxy_for("huggingface.co") == "http://proxy.example.org:3128"
    assert permit.proxy_for("cdn.hf.co") == ""
    monkeypatch.setenv("https_proxy", "socks5://proxy.example.org:1080")
    with pytest.raises(SlmdeskError, match="kind that SLMDesk cannot use"):
        await network.permit("hub", "search", ["huggingface.co"])
    await network.close()


async def test_old_lines_are_forgotten_at_the_start(database: Database) -> None:
    network = await opened(database)
    for when in (time.time(), time.time() - 91 * 86_400):
        network.record(Connection(when, "hub", "huggingface.co", 443))
    await network.close()
    assert len((await opened(database)).ledger) == 1


async def test_what_the_guard_refused_is_in_the_ledger(database: Database) -> None:
    network = await opened(database)
    await asyncio.to_thread(network.note_refused, "example.org", 443, "some_library")
    await asyncio.sleep(0)
    assert [(c.part, c.host, c.purpose, c.allowed) for c in network.ledger] == [
        ("window", "example.org", "tried by some_library", False)
    ]
    assert network.may_connect("127.0.0.1")
    await network.name_local("box.example")
    assert not network.may_connect("box.example")
    await network.set_state(NetworkState.LOCAL)
    assert network.may_connect("box.example")
    assert not network.may_connect("huggingface.co")
    await network.close()


async def test_a_window_follows_what_the_terminal_chose(database: Database) -> None:
    window = await opened(database)
    told: list[NetworkState] = []
    window.state_changed.connect(told.append)
    other = await Database.open(database.path)
    terminal = await opened(other)
    await terminal.set_state(NetworkState.ONLINE)
    await terminal.consent("huggingface.co")
    await terminal.close()
    await other.close()
    await window.refresh()
    assert told == [NetworkState.ONLINE]
    assert [h.host for h in window.consents()] == ["huggingface.co"]
    await window.set_state(NetworkState.OFFLINE)
    await window.refresh()
    assert window.state is NetworkState.OFFLINE
    await window.close()
