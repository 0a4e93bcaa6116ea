from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.core.network import Connection, covered, host_of, is_loopback, matches, normal_host


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("localhost", True), ("[::1]", True), ("127.8.8.8", True), ("::ffff:127.0.0.1", True),
     ("192.168.1.5", False), ("example.org", False), ("0.0.0.0", False), ("localhost.example.org", False)],
)  # fmt: skip
def test_loopback(host: str, own: bool) -> None:
    assert is_loopback(host) is own


@pytest.mark.parametrize(
    ("text", "host"),
    [(" Example.ORG. ", "example.org"), ("*.HF.co", "*.hf.co"), ("[::1]", "::1"), ("blåbær.dk", "xn--blbr-roah.dk"),
     ("::ffff:10.0.0.1", "10.0.0.1"), ("FE80::1", "fe80::1"), ("box", "box")],
)  # fmt: skip
def test_one_written_form(text: str, host: str) -> None:
    assert normal_host(text) == host


@given(st.text(max_size=80))
def test_odd_text_is_refused_or_stays_itself(text: str) -> None:
    try:
        host = normal_host(text)
    except ValueError:
        return
    assert normal_host(host) == host
    assert not set(host) & set(" /:@\\?#\0\n") or ":" in host
    assert covered(host, [host])


def test_patterns() -> None:
    assert matches("a.hf.co", "*.hf.co")
    assert matches("a.b.hf.co", "*.hf.co")
    assert not matches("hf.co", "*.hf.co")
    assert not matches("xhf.co", "*.hf.co")
    assert host_of("https://User:pw@Example.org:8443/x") == "example.org"


def test_a_report_of_a_worker_is_not_trusted() -> None:
    line = Connection.from_report("hub", 1.0, {"host": "x" * 900, "port": "80", "up": -4, "down": 7, "allowed": False})
    assert (len(line.host), line.port, line.up, line.down, line.allowed) == (300, 0, 0, 7, False)
