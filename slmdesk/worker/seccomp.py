"""Linux's system-call filter for workers, written as the few instructions of classic BPF that it needs.

Formats and numbers: linux/seccomp.h, linux/filter.h, linux/audit.h, asm/unistd_64.h and asm-generic/unistd.h.
A denied call fails with EPERM; a call in a foreign ABI (i386 or x32 on x86-64), which would slip past the numbers,
ends the process.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass

PR_SET_NO_NEW_PRIVS = 38
SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_TSYNC = 1

_RET_KILL_PROCESS = 0x80000000
_RET_ERRNO = 0x00050000
_RET_ALLOW = 0x7FFF0000

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_AT_NUMBER, _AT_ARCH, _AT_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; a little-endian word is enough
_X32_BIT = 0x40000000
_AF_UNIX = 1


@dataclass(frozen=True, slots=True)
class Abi:
    """One machine's audit name and the numbers of the calls that the filter speaks of."""

    audit: int
    seccomp: int
    sockets: dict[str, int]
    exec: dict[str, int]
    denied: dict[str, int]


_SAME_EVERYWHERE = {
    # io_uring opens and uses sockets without the socket calls; the mount and pidfd calls are never an engine's business
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
}

ABIS = {
    "x86_64": Abi(
        audit=0xC000003E,
        seccomp=317,
        sockets={"socket": 41, "socketpair": 53, "connect": 42},
        exec={"execve": 59, "execveat": 322},
        denied={
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "bpf": 321,
            "keyctl": 250,
            "add_key": 248,
            "request_key": 249,
            "mount": 165,
            "umount2": 166,
            "pivot_root": 155,
            "chroot": 161,
            "swapon": 167,
            "swapoff": 168,
            "reboot": 169,
            "init_module": 175,
            "finit_module": 313,
            "delete_module": 176,
            "kexec_load": 246,
            "kexec_file_load": 320,
            "perf_event_open": 298,
            "userfaultfd": 323,
            "unshare": 272,
            "setns": 308,
            "open_by_handle_at": 304,
            **_SAME_EVERYWHERE,
        },
    ),
    "aarch64": Abi(
        audit=0xC00000B7,
        seccomp=277,
        sockets={"socket": 198, "socketpair": 199, "connect": 203},
        exec={"execve": 221, "execveat": 281},
        denied={
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "bpf": 280,
            "keyctl": 219,
            "add_key": 217,
            "request_key": 218,
            "mount": 40,
            "umount2": 39,
            "pivot_root": 41,
            "chroot": 51,
            "swapon": 224,
            "swapoff": 225,
            "reboot": 142,
            "init_module": 105,
            "finit_module": 273,
            "delete_module": 106,
            "kexec_load": 104,
            "kexec_file_load": 294,
            "perf_event_open": 241,
            "userfaultfd": 282,
            "unshare": 97,
            "setns": 268,
            "open_by_handle_at": 265,
            **_SAME_EVERYWHERE,
        },
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _deny(numbers: Iterable[int]) -> list[bytes]:
    refuse = _instruction(_RETURN, _RET_ERRNO | errno.EPERM)
    return [part for number in numbers for part in (_instruction(_JUMP_EQUAL, number, 0, 1), refuse)]


def _only_unix(numbers: Iterable[int]) -> list[bytes]:
    """Allow a call whose first argument is AF_UNIX; the kernel looks at the lower half of the register only."""
    rules = []
    for number in numbers:
        rules += [
            _instruction(_JUMP_EQUAL, number, 0, 4),
            _instruction(_LOAD, _AT_ARGUMENT),
            _instruction(_JUMP_EQUAL, _AF_UNIX, 1, 0),
            _instruction(_RETURN, _RET_ERRNO | errno.EPERM),
            _instruction(_RETURN, _RET_ALLOW),
        ]
    return rules


def program(machine: str) -> bytes:
    """The filter for ``machine`` ("x86_64", "aarch64") as BPF instructions of eight bytes each.

    Without network: sockets of the family AF_UNIX only, and no connect at all, because name services, message buses
    and agents that would pass data on are reached over AF_UNIX too. Raises KeyError for another machine.
    """
    abi = ABIS[machine]
    rules = [
        _instruction(_LOAD, _AT_ARCH),
        _instruction(_JUMP_EQUAL, abi.audit, 1, 0),
        _instruction(_RETURN, _RET_KILL_PROCESS),
        _instruction(_LOAD, _AT_NUMBER),
    ]
    if machine == "x86_64":
        rules += [_instruction(_JUMP_AT_LEAST, _X32_BIT, 0, 1), _instruction(_RETURN, _RET_KILL_PROCESS)]
    rules += _deny([abi.sockets["connect"], *abi.exec.values(), *abi.denied.values()])
    rules += _only_unix([abi.sockets["socket"], abi.sockets["socketpair"]])
    rules.append(_instruction(_RETURN, _RET_ALLOW))
    return b"".join(rules)


def install() -> str:
    """Put the filter on every thread of this process, for good.

    The process must have given up new privileges. Returns what stood in the way, or an empty string.
    """
    machine = platform.machine()
    if machine not in ABIS:
        return f"no system-call filter is written for {machine}"
    libc = ctypes.CDLL(None, use_errno=True)
    code = program(machine)
    filter_program = _Program(len(code) // 8, code)
    result = libc.syscall(
        ctypes.c_long(ABIS[machine].seccomp),
        ctypes.c_uint(SECCOMP_SET_MODE_FILTER),
        ctypes.c_uint(SECCOMP_FILTER_FLAG_TSYNC),
        ctypes.byref(filter_program),
    )
    if result > 0:
        return f"seccomp: thread {result} could not be filtered"
    return f"seccomp: {os.strerror(ctypes.get_errno())}" if result else ""
