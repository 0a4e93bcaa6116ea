"""The connection test, with the real worker against real servers on this machine."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slmdesk.core.errors import NetworkBlocked, SlmdeskError
from slmdesk.core.network import Permit
from slmdesk.services.network import Network, NetworkState, Step
from slmdesk.services.network.reach import walk
from slmdesk.services.settings import Settings
from slmdesk.storage.database import Database
from slmdesk.storage.network import NetworkStore
from slmdesk.storage.settings import SettingsStore
from slmdesk.worker import certificates

Serve = Callable[[socket.socket], None]


@contextmanager
def server(serve: Serve) -> Iterator[int]:
    """A server on this machine that gives each connection to ``serve``."""
    listening = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    serve(connection)
                except (OSError, ssl.SSLError):
                    continue

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def answering(line: str) -> Serve:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(f"HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n".encode())

    return serve


def authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A company's own authority as a PEM file, and a server's TLS settings with a certificate that it signed."""
    pytest.importorskip("cryptography", reason="makes the certificates; the keyring of Linux brings it")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = datetime.now(UTC)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "Inspection CA"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Corp"),
        ]
    )
    key, own_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .sign(key, hashes.SHA256())
        )

    root = certificate(name, key.public_key(), ca=True)
    leaf = certificate(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")]), own_key.public_key(), ca=False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(root.public_bytes(pem))
    secret = own_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(pem) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem")
    return folder / "ca.pem", context


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "slmdesk.db")
    yield database
    await database.close()


@pytest.fixture
async def settings(database: Database) -> Settings:
    settings = Settings(SettingsStore(database))
    await settings.load()
    return settings


@pytest.fixture
async def network(database: Database, settings: Settings) -> AsyncIterator[Network]:
    network = Network(settings, NetworkStore(database))
    await network.load()
    yield network
    await network.close()


def said(steps: list[Step]) -> list[tuple[str, bool]]:
    return [(step.name, step.ok) for step in steps]


async def test_a_host_that_answers(network: Network) -> None:
    told: list[Step] = []
    with server(answering("200 OK")) as port:
        steps = await network.test_connection(f"http://127.0.0.1:{port}", told.append)
    assert said(steps) == [("name", True), ("connect", True), ("answer", True)]
    assert told == steps
    assert steps[-1].detail == "HTTP/1.1 200 OK"
    (line,) = network.ledger
    assert (line.host, line.port, line.allowed, line.part) == ("127.0.0.1", port, True, "test")
    assert line.up > 40
    assert line.down > 20


@pytest.mark.parametrize(
    ("serve", "words"),
    [(answering("503 Busy"), "trouble of its own: HTTP/1.1 503 Busy"), (lambda c: c.sendall(b"SSH-2.0\r\n\r\n"),
      "does not answer like a web server"), (lambda c: None, "127.0.0.1")],
)  # fmt: skip
async def test_a_host_with_trouble_is_named(network: Network, serve: Serve, words: str) -> None:
    with server(serve) as port:
        steps = await network.test_connection(f"http://127.0.0.1:{port}")
    assert said(steps)[-1] == ("answer", False)
    assert words in steps[-1].detail


async def test_a_closed_port_is_named(network: Network) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    steps = await network.test_connection(f"http://127.0.0.1:{port}")
    assert said(steps) == [("name", True), ("connect", False)]
    assert f"127.0.0.1 port {port}" in steps[-1].detail


async def test_an_inspecting_proxys_authority_is_named_and_can_be_trusted(
    network: Network, settings: Settings, tmp_path: Path
) -> None:
    ca_file, context = authority(tmp_path)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            answering("200 OK")(secured)

    with server(serve) as port:
        steps = await network.test_connection(f"https://127.0.0.1:{port}")
        assert said(steps)[-1] == ("tls", False)
        assert "signed by Inspection CA (Corp)" in steps[-1].detail
        assert "network settings" in steps[-1].detail
        # A permit for this machine alone takes no certificates from the settings, so the way is tried with one.
        import asyncio

        from slmdesk.core.network import Permit
        from slmdesk.services.network.reach import walk

        trusting = Permit("test", "a test", ("127.0.0.1",), ca_file=str(ca_file))
        way = await walk(f"https://127.0.0.1:{port}", trusting, asyncio.Event(), None)
    assert said(list(way.steps)) == [("name", True), ("connect", True), ("tls", True), ("answer", True)]
    assert "Inspection CA" in way.steps[2].detail


async def test_a_proxy_on_the_way() -> None:
    seen: list[str] = []

    def proxy(connection: socket.socket) -> None:
        seen.append(connection.recv(4096).decode())
        allowed = base64.b64encode(b"me:p@ss").decode() in seen[-1]
        connection.sendall(b"HTTP/1.1 403 Not here\r\n\r\n" if allowed else b"HTTP/1.1 407 Who\r\n\r\n")

    with server(proxy) as port:
        for credentials, words in (("me:p%40ss@", "does not let example.org through"), ("", "asks for a name")):
            address = f"http://{credentials}127.0.0.1:{port}"
            permit = Permit("test", "a test", ("example.org",), proxies=(("example.org", address),))
            way = await walk("https://example.org", permit, asyncio.Event(), None)
            assert said(list(way.steps)) == [("name", True), ("connect", True), ("proxy", False)]
            assert words in way.steps[-1].detail
            assert "p@ss" not in way.steps[-1].detail
    assert seen[0].startswith("CONNECT example.org:443 HTTP/1.1\r\n")


async def test_offline_it_is_slmdesk_itself(network: Network) -> None:
    with pytest.raises(NetworkBlocked) as caught:
        await network.test_connection()
    assert (caught.value.host, caught.value.reason) == ("huggingface.co", "offline")
    for odd in ("ftp://example.org", "a b", "https://"):
        with pytest.raises(SlmdeskError):
            await network.test_connection(odd)


async def test_going_offline_ends_a_test(network: Network) -> None:
    gone = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        gone.set()
        connection.recv(4096)

    with server(serve) as port:
        await network.set_state(NetworkState.ONLINE)
        task = asyncio.ensure_future(network.test_connection(f"http://127.0.0.1:{port}"))
        while not gone.is_set():
            await asyncio.sleep(0.01)
        await network.set_state(NetworkState.OFFLINE)
        with pytest.raises(SlmdeskError):
            await asyncio.wait_for(task, 5)


def test_an_issuer_is_read_or_nothing() -> None:
    assert certificates.issuer(b"") == ""
    assert certificates.issuer(b"\x30\x84\xff\xff\xff\xff") == ""
    assert certificates.issuer(bytes(range(256))) == ""
