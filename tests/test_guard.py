from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import Any


def in_process(code: str) -> Any:
    """Run code in a process of its own, because a guard stays for good; gives what it prints, as JSON."""
    start = """
    import asyncio, errno, json, socket, sys
    from slmdesk.guard import Guard
    refused = []
    def tried(act):
        try:
            act()
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error.errno))
        return "done"
    def connect(address, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        with socket.socket(family, kind) as s:
            s.settimeout(0.2)
            s.connect(address)
    """
    whole = textwrap.dedent(start) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_only_what_is_allowed_is_reached() -> None:
    assert in_process("""
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    Guard(lambda host: host == "127.0.0.1", lambda *what: refused.append(what[:2])).install()
    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"x", ("192.0.2.1", 53))
    results = [
        tried(lambda: connect(("127.0.0.1", port))),
        tried(lambda: connect(("192.0.2.1", 443))),
        tried(lambda: connect(("2001:db8::1", 443), socket.AF_INET6)),
        tried(lambda: connect(("::ffff:127.0.0.1", port), socket.AF_INET6)),
        tried(lambda: socket.getaddrinfo("example.org", 443)),
        tried(lambda: socket.gethostbyname("example.org")),
        tried(lambda: socket.gethostbyaddr("192.0.2.1")),
        tried(lambda: socket.create_connection(("example.org", 80))),
        tried(send),
        tried(lambda: socket.getaddrinfo(None, port)),
        tried(lambda: socket.getaddrinfo("127.0.0.1", port)),
    ]
    print(json.dumps([results, refused]))
    """) == [
        ["done", "EACCES", "EACCES", "done", *["EACCES"] * 5, "done", "done"],
        [["192.0.2.1", 443], ["2001:db8::1", 443], ["example.org", 0], ["example.org", 0], ["192.0.2.1", 0],
         ["example.org", 0], ["192.0.2.1", 53]],
    ]  # fmt: skip


def test_asyncio_and_httpx_are_refused_too() -> None:
    assert in_process("""
    import httpx
    Guard(lambda host: False, lambda *what: refused.append(what[:2])).install()
    async def main():
        out = []
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            for url in ("http://example.org/", "http://192.0.2.1/"):
                try:
                    await client.get(url)
                except httpx.ConnectError:
                    out.append("refused")
        try:
            await asyncio.open_connection("192.0.2.1", 80)
        except PermissionError as error:
            out.append(str(error.strerror))
        return out
    print(json.dumps([asyncio.run(main()), refused]))
    """) == [
        ["refused", "refused", "SLMDesk does not allow a connection to 192.0.2.1"],
        [["example.org", 0], ["192.0.2.1", 80], ["192.0.2.1", 80]],
    ]


def test_the_addresses_of_a_permitted_name_may_be_reached_as_long_as_the_name_may() -> None:
    assert in_process("""
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    names = {"localhost"}
    Guard(lambda host: host in names).install()
    results = [tried(lambda: connect(("127.0.0.1", port)))]
    found = socket.getaddrinfo("localhost", port, socket.AF_INET)
    results.append(tried(lambda: connect(found[0][4])))
    names.clear()
    results.append(tried(lambda: connect(found[0][4])))
    print(json.dumps(results))
    """) == ["EACCES", "done", "EACCES"]


def test_a_later_guard_takes_over_and_can_stand_down() -> None:
    assert in_process("""
    first, second = Guard(lambda host: False), Guard(lambda host: False)
    hooks = []
    sys.addaudithook(lambda event, args: hooks.append(event) if event == "sys.addaudithook" else None)
    first.install(); second.install(); first.install(); second.install()
    results = [len(hooks), tried(lambda: connect(("192.0.2.1", 9)))]
    first.stand_down()
    results.append(tried(lambda: connect(("192.0.2.1", 9))))
    second.stand_down()
    results.append(tried(lambda: connect(("127.0.0.1", 9))))
    print(json.dumps(results))
    """) == [1, "EACCES", "EACCES", "ECONNREFUSED"]


def test_the_library_is_named() -> None:
    assert in_process("""
    import httpx
    Guard(lambda host: False, lambda *what: refused.append(what[2])).install()
    tried(lambda: connect(("192.0.2.1", 9)))
    try:
        httpx.get("http://192.0.2.1/", trust_env=False)
    except httpx.ConnectError:
        pass
    print(json.dumps(refused))
    """) == ["", "httpcore"]


def test_a_worker_without_network_refuses_by_itself() -> None:
    """Beside the system's lock: the only lock there is on Windows."""
    assert in_process("""
    from slmdesk.worker import __main__ as worker, echo, sandbox
    def create(is_cancelled):
        refused.append(tried(lambda: connect(("192.0.2.1", 9))))
        refused.append(tried(lambda: socket.getaddrinfo("localhost", 9)))
        os._exit(0 if os.write(out, json.dumps(refused).encode()) else 1)
    import os
    out = os.dup(1)
    sandbox.enter = lambda **_: sandbox.Confinement("none")
    echo.create = create
    worker.main(["echo"])
    """) == ["EACCES", "EACCES"]
