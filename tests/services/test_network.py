from __future__ import annotations

import socket

import pytest

from slmdesk.core.errors import NetworkBlocked
from slmdesk.services.network import Network, NetworkState, is_loopback, open_connections


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("localhost", True), ("[::1]", True), ("127.8.8.8", True), ("192.168.1.5", False),
     ("example.org", False), ("0.0.0.0", False), ("localhost.example.org", False)],
)  # fmt: skip
def test_loopback(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_offline_forbids_everything_and_remembers_it() -> None:
    network = Network()
    with pytest.raises(NetworkBlocked, match=r"example\.org"):
        network.allow("example.org", 443, "a download")
    assert [(c.host, c.allowed) for c in network.ledger] == [("example.org", False)]
    with pytest.raises(NetworkBlocked):
        network.allow("127.0.0.1", 11434, "Ollama")


def test_local_allows_this_machine_only() -> None:
    network = Network()
    network.state = NetworkState.LOCAL
    network.allow("127.0.0.1", 11434, "Ollama")
    with pytest.raises(NetworkBlocked):
        network.allow("10.0.0.1", 80, "a server")


async def test_open_connections_are_measured() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not [c for c in open_connections() if c.port == port]
        with socket.create_connection(("127.0.0.1", port)):
            network = Network()
            changes = []
            network.changed.connect(lambda: changes.append(1))
            await network.refresh()
            assert [c.who for c in network.open if c.port == port] == ["window"]
            await network.refresh()
            assert len(changes) == 1
