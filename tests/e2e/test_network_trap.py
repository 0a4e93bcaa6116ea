"""The whole window under strace in Offline: no process of it, native libraries included, reaches further than here.

strace sees each system call before any filter does, so an attempt that the sandbox refuses is seen as well.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ADDRESS = re.compile(r"^(\d+)\s+(\w+)\(.*?\{sa_family=(AF_\w+)(?:, ([^}]*))?\}")
INTERNET = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
SOCKET = re.compile(r"^(\d+)\s+socket\((AF_\w+), .*\) = (.*)$")
REACHING = ("connect", "sendto", "sendmsg", "sendmmsg")


def reached(trace: str) -> list[tuple[str, str, str]]:
    """(system call, family, address) of all that a process connected or sent to; address "" inside the system."""
    found = []
    for line in trace.splitlines():
        match = ADDRESS.search(line)
        if match and match[2] in REACHING:
            address = INTERNET.search(match[4] or "")
            found.append((match[2], match[3], (address[1] or address[2]) if address else ""))
    return found


def stays_here(call: tuple[str, str, str]) -> bool:
    _, family, address = call
    return family == "AF_UNIX" or (bool(address) and ipaddress.ip_address(address).is_loopback)


def traced(folder: Path, *command: str) -> str:
    """What strace wrote while a command ran with all its children."""
    strace = shutil.which("strace")
    if strace is None or not sys.platform.startswith("linux"):
        pytest.skip("strace is not installed")
    trace = folder / "trace"
    done = subprocess.run(
        [strace, "-f", "-e", "trace=network", "-o", str(trace), sys.executable, *command],
        capture_output=True, text=True, timeout=150, check=False, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    if "ptrace" in done.stderr and not trace.exists():
        pytest.skip(f"processes cannot be traced here: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    return trace.read_text()


def test_the_trap_catches(tmp_path: Path) -> None:
    """Without this the other test could pass because nothing is ever seen."""
    code = """
import socket, subprocess, sys
server = socket.create_server(("127.0.0.1", 0))
code = "import socket; socket.create_connection(('127.0.0.1', %d))" % server.getsockname()[1]
subprocess.run([sys.executable, "-c", code], check=True)
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
"""
    assert reached(traced(tmp_path, "-c", code)) == [
        ("connect", "AF_INET", "127.0.0.1"), ("sendto", "AF_INET", "127.0.0.1")
    ]  # fmt: skip
    away = reached(
        '7 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 EPERM\n'
        '7 sendto(3, "x", 1, 0, {sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), '
        'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = 1\n'
        "7 sendto(3, [{nlmsg_len=20}], 20, 0, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 20\n"
    )
    assert [call[2] for call in away] == ["192.0.2.1", "2001:db8::1", ""]
    assert not any(map(stays_here, away))


def test_offline_the_whole_window_reaches_nothing(tmp_path: Path, starter: Path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    trace = traced(tmp_path, "-m", "tests.e2e.tour", str(profile))
    tour = json.loads((profile / "tour.json").read_text())
    assert tour["state"] == "offline"
    assert tour["answer"], "the engine's process worked under the trap"
    assert {"models: discover", "settings: network"} <= set(tour["seen"])
    assert set(tour["asked"]) <= {"offline", "done"}
    assert tour["asked"][0] == "offline"
    assert set(tour["libraries"]) == {"refused"}
    assert {"huggingface.co", "example.org", "192.0.2.1"} <= set(tour["blocked"])

    assert [call for call in reached(trace) if not stays_here(call)] == []
    processes = {line.split(maxsplit=1)[0] for line in trace.splitlines()}
    assert len(processes) >= 3, "the window's workers were followed"
    given = [m for m in map(SOCKET.match, trace.splitlines()) if m and m[2] != "AF_UNIX" and not m[3].startswith("-1")]
    assert len(given) == 2, (
        "the two sockets of the tour's own libraries, in the window, that the guard left without use"
    )
