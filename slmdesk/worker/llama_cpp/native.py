"""The native library as the engine uses it: the ctypes functions of llama.cpp, its devices, its log lines.

llama-cpp-python's package imports a server's worth of modules before the bindings (a third of a second, and numpy);
only its low-level modules are wanted here, so the package itself is put in place without running its ``__init__``.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import sys
import types
from collections import deque
from typing import Any

PACKAGE = "llama_cpp"


SPIN = "1000"
"""Turns that a compute thread spins at a barrier before it sleeps. Measured with a 0.5B model in Q4_0 and two threads
on two cores: 82 tok/s on an idle machine (none 52, 200 turns 75, GNU OpenMP's own 300,000 turns 82), and 25 tok/s while
another program keeps one core busy (300,000 turns: 5)."""


def _bindings() -> Any:
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN)  # read when the library is loaded
    if PACKAGE not in sys.modules:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None:
            raise ImportError("llama-cpp-python is missing")
        package = types.ModuleType(PACKAGE)
        package.__path__ = list(spec.submodule_search_locations or [])
        package.__spec__ = importlib.machinery.ModuleSpec(PACKAGE, None, is_package=True)
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.llama_cpp")


def schema_converter() -> Any:
    """llama-cpp-python's module that turns a JSON schema into a grammar; it needs no native code."""
    _bindings()
    return importlib.import_module(f"{PACKAGE}.llama_grammar")


lib = _bindings()
"""The low-level bindings: every ``llama_...`` function and structure."""

NULL = ctypes.c_void_p(0)
DEVICE_TYPES = ("cpu", "gpu", "igpu", "accelerator", "meta")
"""Names of ``enum ggml_backend_dev_type``."""


def _ggml(name: str, result: Any, *arguments: Any) -> Any:
    """A function of ggml, whose libraries libllama has brought into the process (libggml or libggml-base)."""
    for stem in ("ggml", "ggml-base"):
        function = getattr(_ggml_library(stem), name, None)
        if function is not None:
            function.restype = result
            function.argtypes = list(arguments)
            return function
    raise ImportError(f"the installed llama.cpp has no {name}")


_libraries: dict[str, Any] = {}


def _ggml_library(stem: str) -> Any:
    if stem not in _libraries:
        extensions = importlib.import_module(f"{PACKAGE}._ctypes_extensions")
        _libraries[stem] = extensions.load_shared_library(stem, lib._base_path)
    return _libraries[stem]


class Devices:
    """What the installed build can compute on, in ggml's order. Memory in bytes."""

    def __init__(self) -> None:
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        self._count = _ggml("ggml_backend_dev_count", size)
        self._get = _ggml("ggml_backend_dev_get", pointer, size)
        self._name = _ggml("ggml_backend_dev_name", ctypes.c_char_p, pointer)
        self._description = _ggml("ggml_backend_dev_description", ctypes.c_char_p, pointer)
        self._type = _ggml("ggml_backend_dev_type", ctypes.c_int, pointer)
        self._memory = _ggml("ggml_backend_dev_memory", None, pointer, ctypes.POINTER(size), ctypes.POINTER(size))
        self._reg_count = _ggml("ggml_backend_reg_count", size)
        self._reg_get = _ggml("ggml_backend_reg_get", pointer, size)
        self._reg_name = _ggml("ggml_backend_reg_name", ctypes.c_char_p, pointer)

    def describe(self) -> list[dict[str, Any]]:
        """One entry per device: name, description, type, memory_free, memory_total."""
        return [self._describe(self._get(i)) for i in range(self._count())]

    def _describe(self, device: Any) -> dict[str, Any]:
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        self._memory(device, ctypes.byref(free), ctypes.byref(total))
        kind = self._type(device)
        return {
            "name": self._name(device).decode(errors="replace"),
            "description": self._description(device).decode(errors="replace").strip(),
            "type": DEVICE_TYPES[kind] if kind < len(DEVICE_TYPES) else str(kind),
            "memory_free": free.value,
            "memory_total": total.value,
        }

    def backends(self) -> list[str]:
        """Names of the engine kinds in the build, such as CPU, CUDA, Metal, Vulkan."""
        return [self._reg_name(self._reg_get(i)).decode(errors="replace") for i in range(self._reg_count())]

    def find(self, name: str) -> Any | None:
        """The handle of the device with this name (letter case does not matter), or None."""
        for i in range(self._count()):
            device = self._get(i)
            if self._name(device).decode(errors="replace").lower() == name.lower():
                return device
        return None


class Log:
    """The last lines that llama.cpp wrote; they say why a load failed. Errors also go to stderr."""

    DEBUG, ERROR, CONTINUED = 1, 4, 5
    """Levels of ``enum ggml_log_level``. (The table in llama-cpp-python's own logger is out of date.)"""

    def __init__(self, lines: int = 500) -> None:
        self._lines: deque[tuple[int, str]] = deque(maxlen=lines)
        self._level = 0
        self._callback = lib.llama_log_callback(self._receive)  # kept: C holds only the bare pointer
        lib.llama_log_set(self._callback, NULL)

    def _receive(self, level: int, text: bytes, _data: object) -> None:
        if level != self.CONTINUED:
            self._level = level
        if self._level == self.DEBUG:
            return
        line = text.decode(errors="replace")
        if level == self.CONTINUED and self._lines:
            last = self._lines.pop()
            self._lines.append((last[0], last[1] + line))
        else:
            self._lines.append((level, line))
        if self._level == self.ERROR:
            sys.stderr.write(line)

    def clear(self) -> None:
        """Forget the lines, before something whose own lines are wanted."""
        self._lines.clear()

    def text(self) -> str:
        """All lines kept."""
        return "".join(line for _, line in self._lines)

    def errors(self) -> str:
        """The error lines kept."""
        return "".join(line for level, line in self._lines if level >= self.ERROR)


def quantization_types() -> list[str]:
    """The names of the file types that the installed build can quantize to, such as Q4_K_M."""
    prefix = "LLAMA_FTYPE_MOSTLY_"
    return sorted(name.removeprefix(prefix) for name in vars(lib) if name.startswith(prefix))


KV_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")
"""The KV-cache types on offer."""


def kv_type(name: str) -> int | None:
    """llama.cpp's number of a KV-cache type, or None for an unknown name."""
    if name not in KV_TYPES:
        return None
    if name == "bf16":
        return int(getattr(lib, "GGML_TYPE_BF16", 30))  # ggml.h; the bindings leave it out
    return int(getattr(lib, f"GGML_TYPE_{name.upper()}"))


def versions() -> dict[str, str]:
    """Versions of the bindings and of llama.cpp, and what the processor offers."""
    return {
        "bindings": importlib.metadata.version("llama-cpp-python"),
        "llama_cpp": lib.llama_version().decode(errors="replace"),
        "system": lib.llama_print_system_info().decode(errors="replace").strip(),
    }
