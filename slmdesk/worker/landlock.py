"""Linux's lock on files: a process gives up writing anywhere but in the folders that it names.

Without it a worker that a hostile model file has taken over could not talk to the network, but could leave a program
where the person's next login starts it. Numbers and structures: linux/landlock.h (Linux 5.13 and later).
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every machine
_VERSION = 1
_PATH_BENEATH = 1

_WRITE_FILE = 1 << 1
_REMOVE_AND_MAKE = sum(
    1 << bit for bit in range(4, 13)
)  # remove dir, file; make char, dir, reg, sock, fifo, block, sym
_REFER = 1 << 13  # rename across folders, since version 2
_TRUNCATE = 1 << 14  # since version 3


def restrict_writes(folders: Iterable[Path]) -> str:
    """Allow this thread, and those it starts, to write only in ``folders`` (missing ones are left out), for good.

    The process must have given up new privileges. Returns what stood in the way, or an empty string.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION))
    if version < 1:
        return f"landlock: {os.strerror(ctypes.get_errno())}"
    file_rights = _WRITE_FILE | (_TRUNCATE if version >= 3 else 0)
    rights = file_rights | _REMOVE_AND_MAKE | (_REFER if version >= 2 else 0)
    attributes = struct.pack("=Q", rights)
    ruleset = libc.syscall(
        ctypes.c_long(_CREATE_RULESET), attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0)
    )
    if ruleset < 0:
        return f"landlock: {os.strerror(ctypes.get_errno())}"
    try:
        for folder in folders:
            _allow(libc, ruleset, folder, rights)
        failed = libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_int(ruleset), ctypes.c_uint(0))
        return f"landlock: {os.strerror(ctypes.get_errno())}" if failed else ""
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, folder: Path, rights: int) -> None:
    try:
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return
    rule = struct.pack("=Qi", rights, descriptor)
    libc.syscall(ctypes.c_long(_ADD_RULE), ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint(0))
    os.close(descriptor)
