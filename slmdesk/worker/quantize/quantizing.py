"""One call of llama.cpp's quantizer: a recipe as its parameters, its log as progress, its failures as errors."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import psutil

from slmdesk.core.errors import QuantizationError
from slmdesk.core.ggml import TENSOR_TYPES
from slmdesk.core.quantization import TYPES, Recipe, type_named
from slmdesk.worker.llama_cpp.native import NULL, lib
from slmdesk.worker.quantize import matrix

_TENSOR = re.compile(r"\[\s*(\d+)/\s*(\d+)\]\s+(\S+)")
_SIZE = re.compile(r"quant size\s*=\s*([0-9.]+) MiB")
_PREFIX = "LLAMA_FTYPE_MOSTLY_"


def types() -> list[dict[str, Any]]:
    """The types that the installed library offers, with what is known of them; the largest first."""
    offered = {name.removeprefix(_PREFIX): int(getattr(lib, name)) for name in dir(lib) if name.startswith(_PREFIX)}
    offered["F32"] = int(lib.LLAMA_FTYPE_ALL_F32)
    known = [{"name": kind.name, "number": kind.number} for kind in TYPES.values() if kind.name in offered]
    others = [{"name": name, "number": n} for name, n in sorted(offered.items()) if name not in TYPES]
    return known + others


class QuantizerLog:
    """llama.cpp's log while it quantizes: every tensor becomes a call of ``report(done, total, name)``."""

    def __init__(self, report: Callable[[int, int, str], None]) -> None:
        self.lines: list[str] = []
        self._report = report
        self._callback = lib.llama_log_callback(self._receive)

    def __enter__(self) -> Self:
        self._before, data = lib.llama_log_callback(), ctypes.c_void_p()
        lib.llama_log_get(ctypes.byref(self._before), ctypes.byref(data))
        lib.llama_log_set(self._callback, NULL)
        return self

    def __exit__(self, *_: object) -> None:
        lib.llama_log_set(self._before, NULL)

    def _receive(self, _level: int, text: bytes, _data: object) -> None:
        line = text.decode("utf-8", "replace")
        self.lines.append(line)
        if found := _TENSOR.match(line):
            self._report(int(found[1]), int(found[2]), found[3])

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.lines)


def run(
    source: Path, target: Path, recipe: Recipe, report: Callable[[int, int, str], None], *, dry: bool = False
) -> dict[str, Any]:
    """Quantize ``source`` into ``target``; with ``dry`` only find out the size. Raises QuantizationError.

    Returns {"tensor_bytes", "needs_matrix"}. It cannot be stopped but by ending the process; a target that is not
    finished is then left behind, and is the caller's to remove.
    """
    params, kept = _parameters(recipe, dry=dry)
    with QuantizerLog(report) as log:
        code = lib.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(params))
    del kept
    size = _SIZE.search(log.text)
    if code != 0 or size is None:
        raise _failure(source, recipe, log.text)
    needs = "require an imatrix" in log.text or "requires an importance matrix" in log.text
    return {"tensor_bytes": int(float(size[1]) * (1 << 20)), "needs_matrix": needs}


def _parameters(recipe: Recipe, *, dry: bool) -> tuple[Any, list[Any]]:
    """The library's parameters, and the objects that must live as long as they."""
    params = lib.llama_model_quantize_default_params()
    params.ftype = type_named(recipe.type).number
    params.nthread = recipe.threads or psutil.cpu_count(logical=False) or os.cpu_count() or 1
    params.output_tensor_type = _tensor_type(recipe.output_type)
    params.token_embedding_type = _tensor_type(recipe.embedding_type)
    params.pure, params.keep_split = recipe.pure, recipe.keep_split
    params.allow_requantize, params.dry_run = recipe.requantize, dry
    kept: list[Any] = []
    if recipe.overrides:
        overrides = (lib.llama_model_tensor_override * (len(recipe.overrides) + 1))()
        for place, (pattern, kind) in zip(overrides, recipe.overrides, strict=False):
            place.pattern, place.type = _pattern(pattern), _tensor_type(kind)
        params.tt_overrides = overrides
        kept.append(overrides)
    if recipe.matrix:
        importance = matrix.load(Path(recipe.matrix)).importance()
        entries = (lib.llama_model_imatrix_data * (len(importance) + 1))()
        for place, (name, values) in zip(entries, importance.items(), strict=False):
            place.name = name.encode()
            place.data = values.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
            place.size = values.size
        params.imatrix = entries
        kept += [importance, entries]
    return params, kept


def _pattern(pattern: str) -> bytes:
    try:
        re.compile(pattern)
    except re.error as error:
        raise QuantizationError(f"The pattern {pattern!r} is not a regular expression: {error}.") from error
    return pattern.lower().encode()


def _tensor_type(name: str) -> int:
    if not name:
        return _COUNT
    for number, kind in TENSOR_TYPES.items():
        if kind.name == name.upper():
            return number
    raise QuantizationError(
        f"There is no tensor type called {name!r}.", f"There are: {', '.join(k.name for k in TENSOR_TYPES.values())}."
    )


_COUNT = int(lib.llama_model_quantize_default_params().output_tensor_type)
"""What the library takes for "not chosen"."""


def _failure(source: Path, recipe: Recipe, log: str) -> QuantizationError:
    details = log[-2000:]
    if "requires an imatrix" in log or "requires an importance matrix" in log:
        return QuantizationError(
            f"{recipe.type} needs an importance matrix for {source.name}.", "Make one from a text first.", details
        )
    if "imatrix" in log and "different from tensor size" in log:
        return QuantizationError(
            f"The importance matrix does not belong to {source.name}: a weight has another width.",
            "Make one with this model.",
            details,
        )
    if "requantizing from type" in log:
        return QuantizationError(
            f"{source.name} is quantized already, and quantizing again loses more than it needs to.",
            "Take the F16 or BF16 file of the model, or allow requantizing.",
            details,
        )
    if re.search(r"iostream error|basic_ios|No space left", log):
        return QuantizationError(
            "The quantized file could not be written: the disk is full, or the folder cannot be written to.",
            "Free some space, or choose another folder.",
            details,
        )
    return QuantizationError(f"llama.cpp could not quantize {source.name} to {recipe.type}.", "", details)
