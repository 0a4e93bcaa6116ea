"""Windows' job object around a worker: it may start no other process, and a crash shows no dialog.

Structures and constants: winnt.h (JOBOBJECT_EXTENDED_LIMIT_INFORMATION), errhandlingapi.h. Not run by us yet.
"""

from __future__ import annotations

import ctypes

_LIMIT_ACTIVE_PROCESS = 0x00000008
_LIMIT_DIE_ON_UNHANDLED_EXCEPTION = 0x00000400
_EXTENDED_LIMIT_INFORMATION = 9
_SEM_FAIL_CRITICAL_ERRORS = 0x0001
_SEM_NO_GP_FAULT_ERROR_BOX = 0x0002


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("per_process_user_time", ctypes.c_int64),
        ("per_job_user_time", ctypes.c_int64),
        ("limit_flags", ctypes.c_uint32),
        ("minimum_working_set", ctypes.c_size_t),
        ("maximum_working_set", ctypes.c_size_t),
        ("active_process_limit", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_class", ctypes.c_uint32),
        ("scheduling_class", ctypes.c_uint32),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("basic", _BasicLimits),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


def _kernel32() -> ctypes.CDLL:
    library: ctypes.CDLL = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    library.CreateJobObjectW.restype = ctypes.c_void_p
    library.GetCurrentProcess.restype = ctypes.c_void_p
    library.SetInformationJobObject.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32)
    library.AssignProcessToJobObject.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    return library


def no_error_dialogs() -> None:
    """Let a crash end the process at once, without a window that waits for a click."""
    _kernel32().SetErrorMode(_SEM_FAIL_CRITICAL_ERRORS | _SEM_NO_GP_FAULT_ERROR_BOX)


def allow_one_process() -> bool:
    """Put this process into a job of its own that has room for no other. The job's handle stays open to the end."""
    library = _kernel32()
    job = library.CreateJobObjectW(None, None)
    if not job:
        return False
    limits = _ExtendedLimits()
    limits.basic.limit_flags = _LIMIT_ACTIVE_PROCESS | _LIMIT_DIE_ON_UNHANDLED_EXCEPTION
    limits.basic.active_process_limit = 1
    size = ctypes.sizeof(limits)
    if not library.SetInformationJobObject(job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), size):
        return False
    return bool(library.AssignProcessToJobObject(job, library.GetCurrentProcess()))
