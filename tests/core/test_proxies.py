from __future__ import annotations

import pytest

from slmdesk.core.proxies import (
    endpoint_problem,
    excepted,
    exceptions_problem,
    proxy_problem,
    with_credentials,
    without_credentials,
)  # fmt: skip


@pytest.mark.parametrize("good", ["", "http://proxy.example.org:3128", "https://10.0.0.1:8080/", "http://[::1]:80"])
def test_good_proxies(good: str) -> None:
    assert proxy_problem(good) == ""


@pytest.mark.parametrize(
    ("bad", "word"),
    [("proxy.example.org:3128", "http"), ("socks5://proxy.example.org:1080", "HTTP proxies"), ("http://proxy", "port"),
     ("http://me:pw@proxy:3128", "password"), ("http://proxy:99999", "write it"), ("http://:80", "write it"),
     ("http://proxy:80/x", "port")],
)  # fmt: skip
def test_bad_proxies(bad: str, word: str) -> None:
    assert word in proxy_problem(bad)
    assert "pw" not in proxy_problem(bad)


def test_mirrors() -> None:
    assert endpoint_problem("https://mirror.example.org/hf") == ""
    assert "begin" in endpoint_problem("ftp://mirror.example.org")
    assert endpoint_problem("mirror")
    assert "without name" in endpoint_problem("https://me:pw@mirror.example.org")


def test_exceptions() -> None:
    listed = "localhost, .corp.example; *.lab.example 10.0.0.0/8 box"
    assert exceptions_problem(listed) == ""
    assert "'a b'" not in exceptions_problem("a/b")
    assert exceptions_problem("a/b")
    for host in ("127.0.0.1", "corp.example", "a.corp.example", "a.lab.example", "10.1.2.3", "box"):
        assert excepted(host, listed), host
    for host in ("lab.example", "11.0.0.1", "huggingface.co", "xcorp.example"):
        assert not excepted(host, listed), host


def test_credentials_are_put_in_and_taken_out() -> None:
    full = with_credentials("http://proxy:3128", "me@corp", "a:b/c")
    assert full == "http://me%40corp:a%3Ab%2Fc@proxy:3128"
    assert without_credentials(full) == without_credentials("http://proxy:3128") == "http://proxy:3128"
