"""What a worker may do, by the operating system's means.

A worker reads model files from strangers with native code, so it gives up what it does not need before it opens one:

======================  ====================================  ==========================  =========================
                        Linux (x86-64, ARM64)                 macOS                       Windows
======================  ====================================  ==========================  =========================
no network              seccomp filter                        sandbox profile             not enforced
no other programs       seccomp filter                        sandbox profile             job with one process
writes only where told  Landlock (Linux 5.13)                 not enforced                not enforced
no more privileges      no_new_privs; no ptrace, mount, bpf,  -                           -
                        keyring, io_uring ... (seccomp)
dies with its parent    PR_SET_PDEATHSIG, and stdin's end     stdin's end                 stdin's end
no core dump            RLIMIT_CORE 0                         RLIMIT_CORE 0               no error dialog
memory runs out         it is the first to go                 -                           -
======================  ====================================  ==========================  =========================

Windows has no lock on the network that a program can put on itself without an administrator. The macOS and Windows
parts are written from the documentation and have not been run by us. The report says what was found in force by
trying it, not what was asked for.

PR_SET_PDEATHSIG follows the thread that started the worker, so workers are started on the main thread's loop.
A worker with ``allow_network`` (downloads, conversions that start tools) keeps network and programs.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

PR_SET_PDEATHSIG = 1

NVIDIA_DRIVER = Path("/proc/driver/nvidia")
NVIDIA_DEVICE = Path("/dev/nvidia-uvm")
NVIDIA_HELPER = Path("/usr/bin/nvidia-modprobe")

_MACOS_PROFILE = b"(version 1)(allow default)(deny network*)(deny process-exec*)"


@dataclass(frozen=True, slots=True)
class Confinement:
    """What holds for this process: each True was tried or confirmed by the system. ``notes`` names what failed."""

    system: str
    network_denied: bool = False
    programs_denied: bool = False
    writes_denied: bool = False
    """Outside the folders that the parent named and the graphics drivers' caches."""
    dies_with_parent: bool = False
    core_dumps_off: bool = False
    notes: tuple[str, ...] = ()


def enter(*, allow_network: bool = False, parent: int = 0) -> Confinement:
    """Give up, for good, what an engine does not need. ``parent`` is the process not to outlive (0: not known).

    Never raises: where the system refuses, the report says so.
    """
    system = platform.system()
    if system == "Linux":
        return _linux(allow_network, parent)
    if system == "Darwin":
        return _macos(allow_network)
    if system == "Windows":
        return _windows(allow_network)
    return Confinement(system, notes=("nothing is known about this system",))


def restrict_writes(report: Confinement, writable: Sequence[Path]) -> Confinement:
    """Give up, for good, writing anywhere but in ``writable`` and the graphics drivers' caches; the report goes on.

    Called after the engine was imported, so that Python can keep its compiled modules, and before the first thread is
    started, because threads that run already would not be bound.
    """
    if report.system != "Linux":
        return report
    from slmdesk.worker import landlock

    trouble = landlock.restrict_writes([*writable, *_driver_folders()])
    return replace(
        report, writes_denied=_writes_are_denied(), notes=(*report.notes, trouble) if trouble else report.notes
    )


def _linux(allow_network: bool, parent: int) -> Confinement:
    from slmdesk.worker import seccomp

    notes = []
    libc = ctypes.CDLL(None, use_errno=True)
    follows = libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0
    if parent and os.getppid() != parent:  # it went before the line above: nobody would send the signal any more
        os._exit(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("600")  # the window is to survive where memory runs out
    _wake_nvidia()
    libc.prctl(seccomp.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if not allow_network:
        notes.append(seccomp.install())
    return Confinement(
        "Linux",
        network_denied=not allow_network and _network_is_denied(),
        programs_denied=not allow_network and _programs_are_denied(libc),
        dies_with_parent=follows,
        core_dumps_off=_no_core_dumps(),
        notes=tuple(note for note in notes if note),
    )


def _driver_folders() -> list[Path]:
    """Where graphics drivers open devices and keep compiled kernels."""
    home = Path.home()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    names = ("mesa_shader_cache", "mesa_shader_cache_db", "nvidia", "comgr")
    return [Path("/dev"), home / ".nv", *(cache / name for name in names)]


def _writes_are_denied() -> bool:
    """Whether a nameless file in the home folder is refused; where it is not, it leaves no trace."""
    try:
        os.close(os.open(Path.home(), os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError as error:
        return error.errno == errno.EACCES
    return False


def _wake_nvidia() -> None:
    """Let NVIDIA's helper make the device files that CUDA needs; CUDA would start it itself, and may not later on."""
    if NVIDIA_DRIVER.is_dir() and NVIDIA_HELPER.is_file() and not NVIDIA_DEVICE.exists():
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run([str(NVIDIA_HELPER), "-u", "-c=0"], check=False, timeout=10, stdin=subprocess.DEVNULL)


def _no_core_dumps() -> bool:
    """A core dump would write a person's chat to the disk."""
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return False
    return True


def _network_is_denied() -> bool:
    """Whether a connection to this machine itself is refused by the system (not by a closed port)."""
    import socket

    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(0)
            return probe.connect_ex(("127.0.0.1", 9)) in (errno.EPERM, errno.EACCES)
    except OSError as error:
        return error.errno in (errno.EPERM, errno.EACCES)


def _programs_are_denied(libc: ctypes.CDLL) -> bool:
    """Whether execve is refused before it looks for the file: an empty path would be ENOENT."""
    libc.execve(b"", None, None)
    return ctypes.get_errno() == errno.EPERM


def _macos(allow_network: bool) -> Confinement:
    notes = []
    if not allow_network:
        library = ctypes.CDLL("/usr/lib/libsandbox.1.dylib", use_errno=True)
        library.sandbox_init.argtypes = (ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_char_p))
        library.sandbox_init.restype = ctypes.c_int
        trouble = ctypes.c_char_p()
        if library.sandbox_init(_MACOS_PROFILE, 0, ctypes.byref(trouble)) != 0:
            notes.append("sandbox_init: " + (trouble.value or b"failed").decode("utf-8", "replace"))
    denied = not allow_network and _network_is_denied()
    return Confinement(
        "Darwin",
        network_denied=denied,
        programs_denied=denied,  # one profile, in force as a whole or not at all
        core_dumps_off=_no_core_dumps(),
        notes=tuple(notes),
    )


def _windows(allow_network: bool) -> Confinement:
    from slmdesk.worker import windows_job

    notes = () if allow_network else ("Windows has no network lock that a program can set without an administrator",)
    windows_job.no_error_dialogs()
    alone = not allow_network and windows_job.allow_one_process()
    return Confinement("Windows", programs_denied=alone, core_dumps_off=True, notes=notes)
