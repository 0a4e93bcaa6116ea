"""What a confined process can still do, tried in real processes."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from slmdesk.runtimes.environment import worker_environment
from slmdesk.runtimes.process import Worker
from slmdesk.worker import seccomp

linux = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() not in seccomp.ABIS, reason="the filter is Linux's"
)

START = """
import json, os, socket, subprocess, sys, threading, ctypes
from slmdesk.worker import sandbox

def tried(action):
    try:
        return str(action())
    except OSError as error:
        return type(error).__name__
"""


def inside(code: str, enter: str = "sandbox.enter()") -> Any:
    """The value that the last line of ``code`` leaves in ``result``, in a process that has entered the sandbox."""
    source = START + f"report = {enter}\n" + textwrap.dedent(code) + "\nprint(json.dumps(result))"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@linux
async def test_a_real_worker_is_confined() -> None:
    worker = await Worker.start("echo")
    try:
        report = worker.hello["sandbox"]
        lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    finally:
        await worker.close()
    assert all(report[k] for k in ("network_denied", "programs_denied", "dies_with_parent", "core_dumps_off"))
    assert report["notes"] == []
    status = dict(line.split(":\t", 1) for line in lines)
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


@linux
async def test_a_worker_for_downloads_keeps_its_network() -> None:
    worker = await Worker.start("echo", allow_network=True)
    try:
        assert worker.hello["sandbox"]["network_denied"] is False
        assert worker.hello["sandbox"]["dies_with_parent"] is True
    finally:
        await worker.close()


@linux
def test_no_network_in_any_family_but_pairs_of_this_process() -> None:
    result = inside("""
        server = None
        result = {
            "inet": tried(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
            "inet6": tried(lambda: socket.socket(socket.AF_INET6)),
            "udp": tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
            "netlink": tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
            "packet": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
            "vsock": tried(lambda: socket.socket(40)),
            "dns": tried(lambda: socket.getaddrinfo("example.org", 80)),
            "connect": tried(lambda: socket.socket(socket.AF_UNIX).connect("/run/nobody")),
            "unix": tried(lambda: socket.socket(socket.AF_UNIX).family.name),
            "pair": tried(lambda: socket.socketpair()[0].family.name),
        }
    """)
    denied = {name for name, value in result.items() if value == "PermissionError"}
    assert denied == {"inet", "inet6", "udp", "netlink", "packet", "vsock", "connect"}
    assert result["dns"] == "gaierror"
    assert result["unix"] == result["pair"] == "AF_UNIX"


@linux
def test_a_socket_made_before_cannot_connect_after() -> None:
    source = START + textwrap.dedent("""
        listener = socket.create_server(("127.0.0.1", 0))
        early = socket.socket()
        sandbox.enter()
        print(tried(lambda: early.connect(listener.getsockname())))
    """)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True, timeout=20)
    assert done.stdout.strip() == b"PermissionError"


@linux
def test_no_programs_and_no_tracing() -> None:
    result = inside("""
        libc = ctypes.CDLL(None, use_errno=True)
        def call(number, *arguments):
            return (libc.syscall(number, *arguments), ctypes.get_errno())
        from slmdesk.worker.seccomp import ABIS
        import platform
        abi = ABIS[platform.machine()]
        result = {
            "programs": tried(lambda: subprocess.run(["/bin/true"])),
            "shell": os.system("true") != 0,
            "calls": {name: call(number, 0, 0, 0, 0, 0) for name, number in abi.denied.items()},
            "core": __import__("resource").getrlimit(4),
        }
    """)
    assert result["programs"] == "PermissionError"
    assert result["shell"]
    assert {name: value for name, value in result["calls"].items() if value != [-1, 1]} == {}
    assert result["core"] == [0, 0]


@linux
def test_threads_are_confined_too() -> None:
    source = START + textwrap.dedent("""
        go, out = threading.Event(), []
        def attempt():
            go.wait()
            out.append(tried(lambda: socket.socket(socket.AF_INET)))
        thread = threading.Thread(target=attempt)
        thread.start()
        sandbox.enter()
        go.set()
        thread.join()
        print(out[0])
    """)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True, timeout=20)
    assert done.stdout.strip() == b"PermissionError"


@pytest.mark.skipif(platform.machine() != "x86_64" or platform.system() != "Linux", reason="x86-64 Linux only")
def test_a_call_in_the_x32_abi_ends_the_process() -> None:
    source = START + "sandbox.enter()\nctypes.CDLL(None).syscall(0x40000000 + 41, 2, 1, 0)\n"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=False, timeout=20)
    assert done.returncode == -31  # SIGSYS


@linux
def test_numpy_threads_and_files_work_inside() -> None:
    result = inside("""
        import numpy, tempfile
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * 4096); file.flush()
            mapped = numpy.memmap(file.name)
            result = [int(mapped.sum()), float((numpy.ones((64, 64)) @ numpy.ones((64, 64))).sum())]
    """)
    assert result == [4096 * 120, 64**3]


@linux
def test_writes_only_in_the_named_folders(tmp_path: Path) -> None:
    for name in ("state", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old").write_text("old")
    result = inside(
        f"""
        root = sandbox.Path({str(tmp_path)!r})
        result = {{"report": [report.writes_denied, list(report.notes)]}}
        for name in ("state", "other"):
            folder = root / name
            result[name] = [
                tried(lambda: (folder / "new").write_text("new")),
                tried(lambda: (folder / "old").write_text("changed")),
                tried(lambda: (folder / "old").rename(folder / "renamed")),
                tried(lambda: (folder / "made").mkdir()),
                tried(lambda: os.symlink("/", folder / "link")),
                tried(lambda: (folder / "renamed").unlink()),
            ]
        result["read"] = tried((root / "other" / "old").read_text)
        result["escape"] = tried(lambda: (root / "state" / "new").rename(root / "other" / "moved"))
        result["device"] = tried(lambda: open("/dev/null", "w").write("x"))
        """,
        "sandbox.restrict_writes(sandbox.enter(), "
        f"[sandbox.Path({str(tmp_path / 'state')!r}), sandbox.Path('/nowhere')])",
    )
    if result["report"][1]:
        pytest.skip(f"this kernel has no Landlock: {result['report'][1]}")
    assert result["report"][0] is True
    assert not any("Error" in value for value in result["state"])
    assert all("Error" in value for value in result["other"])
    assert result["read"] == "old"
    assert "Error" in result["escape"]
    assert result["device"] == "1"
    assert (tmp_path / "other" / "old").read_text() == "old"


@linux
async def test_a_worker_is_told_where_it_may_write(tmp_path: Path) -> None:
    for writable in ([], [tmp_path, tmp_path / "two words"]):
        worker = await Worker.start("echo", writable=writable)
        try:
            report = worker.hello["sandbox"]
            assert report["writes_denied"] or "landlock" in report["notes"][0]
            assert report["network_denied"]
        finally:
            await worker.close()


@linux
def test_nvidias_helper_runs_once_before_programs_are_denied(tmp_path: Path) -> None:
    (tmp_path / "driver").mkdir()
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\necho $* >> {tmp_path}/ran\ntouch {tmp_path}/device\n")
    helper.chmod(0o700)
    patched = "".join(
        f"sandbox.NVIDIA_{name.upper()} = sandbox.Path({str(tmp_path / name)!r})\n"
        for name in ("driver", "device", "helper")
    )
    source = START + patched + "print(sandbox.enter().programs_denied)"
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True, timeout=20)
        assert done.stdout == b"True\n"
    assert (tmp_path / "ran").read_text() == "-u -c=0\n"


@pytest.mark.parametrize("machine", sorted(seccomp.ABIS))
def test_the_filter_is_well_formed(machine: str) -> None:
    code = seccomp.program(machine)
    assert len(code) % 8 == 0
    abi = seccomp.ABIS[machine]
    numbers = [*abi.sockets.values(), *abi.exec.values(), *abi.denied.values()]
    assert len(set(numbers)) == len(numbers)
    assert len(code) // 8 < 4096


def test_a_parent_that_is_gone_already_ends_the_worker() -> None:
    source = START + "sandbox.enter(parent=1 if os.getppid() != 1 else 2)\nprint('still here')"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=False, timeout=20)
    if platform.system() == "Linux":
        assert done.stdout == b""
    assert done.returncode == 0


async def test_secrets_do_not_reach_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HF_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "OPENAI_API_KEY",
        "HTTPS_PROXY",
        "CUDA_SECRET_KEY",
        "SSH_AUTH_SOCK",
    ):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    worker = await Worker.start("echo")
    try:
        environment = (await worker.call("info"))["environment"]
    finally:
        await worker.close()
    assert "secret" not in environment.values()
    assert environment["CUDA_VISIBLE_DEVICES"] == "0"
    assert environment["PATH"] == os.environ["PATH"]
    for name in ("ORT_DISABLE_TELEMETRY", "OLIVE_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        assert environment[name] == "1"
    assert environment["HF_HUB_OFFLINE"] == "1"


def test_proxies_go_only_to_workers_with_network() -> None:
    inherited = {"https_proxy": "http://p", "HF_TOKEN": "t", "SystemRoot": "C:/Windows"}
    assert "https_proxy" not in worker_environment(inherited)
    chosen = worker_environment(inherited, allow_network=True)
    assert chosen["https_proxy"] == "http://p"
    assert chosen["SystemRoot"] == "C:/Windows"
    assert "HF_TOKEN" not in chosen
    assert "HF_HUB_OFFLINE" not in chosen
