"""The importance matrix: how strongly each input column of each weight matrix is used on a text.

While a model reads, llama.cpp's scheduler shows every matrix product before it computes it. The squares of what goes
in are summed column by column; a quantizer then spends its precision on the columns that matter. Files are llama.cpp's
GGUF kind: ``<weight>.in_sum2`` (sums, a row for each expert) and ``<weight>.counts`` (rows summed up).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slmdesk.core.errors import QuantizationError, SlmdeskError
from slmdesk.core.gguf import read_header
from slmdesk.worker.llama_cpp.native import _ggml, lib

LEAST_ROWS = 16
"""Products of fewer rows are left out, as llama.cpp does: they belong to single outputs."""
_F32, _I32 = 0, 26
_DIMENSIONS, _SOURCES = 4, 10


class _Tensor(ctypes.Structure):
    """``struct ggml_tensor`` as far as it is read (ggml.h of the vendored build)."""


_Tensor._fields_ = [
    ("type", ctypes.c_int),
    ("buffer", ctypes.c_void_p),
    ("ne", ctypes.c_int64 * _DIMENSIONS),
    ("nb", ctypes.c_size_t * _DIMENSIONS),
    ("op", ctypes.c_int),
    ("op_params", ctypes.c_int32 * 16),
    ("flags", ctypes.c_int32),
    ("src", ctypes.POINTER(_Tensor) * _SOURCES),
    ("view_src", ctypes.c_void_p),
    ("view_offs", ctypes.c_size_t),
    ("data", ctypes.c_void_p),
    ("name", ctypes.c_char * 64),
    ("extra", ctypes.c_void_p),
    ("padding", ctypes.c_char * 8),
]


@dataclass(slots=True)
class Entry:
    """The sums of one weight matrix: ``sums`` (matrices, columns), ``counts`` (matrices or 1)."""

    sums: NDArray[np.float32]
    counts: NDArray[np.float64]


class Collector:
    """Sums up while a model reads; hand :attr:`callback` to its context, and keep the collector as long."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.trouble = ""
        """Why nothing more is collected; empty while all is well."""
        self._name_of = _ggml("ggml_op_name", ctypes.c_char_p, ctypes.c_int)
        self._is_host = _ggml("ggml_backend_buffer_is_host", ctypes.c_bool, ctypes.c_void_p)
        self._get = _ggml(
            "ggml_backend_tensor_get", None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t
        )
        self._bytes = _ggml("ggml_nbytes", ctypes.c_size_t, ctypes.c_void_p)
        self._product, self._expert_product = self._operation("MUL_MAT"), self._operation("MUL_MAT_ID")
        self._tensors: dict[int, bool] = {}
        self.callback = lib.ggml_backend_sched_eval_callback(self._on_tensor)

    def _operation(self, name: str) -> int:
        """The number of an operation in this build, by its name."""
        for number in range(256):
            if (self._name_of(number) or b"").decode() == name:
                return number
        raise QuantizationError(f"The installed llama.cpp has no operation {name}.", "Install SLMDesk again.")

    def _on_tensor(self, address: int, ask: bool, _data: object) -> bool:
        """``ask``: whether this tensor is wanted; otherwise it is computed, and what went in can be read."""
        try:
            tensor = ctypes.cast(address, ctypes.POINTER(_Tensor)).contents
            if ask:
                return not self.trouble and self._wanted(tensor)
            self._collect(tensor)
        except (QuantizationError, ValueError, OSError) as error:
            self.trouble = self.trouble or str(error)
        return not self.trouble

    def _wanted(self, tensor: _Tensor) -> bool:
        if tensor.op == self._expert_product:
            return True
        if tensor.op != self._product:
            return False
        inputs = tensor.src[1].contents
        if inputs.ne[1] < LEAST_ROWS or inputs.type != _F32:
            return False
        return _weight(tensor).startswith("blk.")

    def _collect(self, tensor: _Tensor) -> None:
        weights, inputs = tensor.src[0].contents, tensor.src[1].contents
        if inputs.type != _F32 or inputs.nb[0] != 4:
            return
        values = self._values(tensor.src[1], np.float32)
        if tensor.op == self._expert_product:
            self._add_experts(_weight(tensor), int(weights.ne[2]), values[0], self._chosen(tensor))
        else:
            self._add(_weight(tensor), (int(weights.ne[3]), int(weights.ne[2])), values)

    def _values(self, pointer: Any, kind: type[np.float32 | np.int32]) -> NDArray[Any]:
        """What a tensor holds, as (ne3, ne2, ne1, ne0); from a graphics card it is copied first."""
        tensor = pointer.contents
        shape = tuple(int(n) for n in reversed(tensor.ne))
        strides = tuple(int(n) for n in reversed(tensor.nb))
        size = int(self._bytes(ctypes.cast(pointer, ctypes.c_void_p)))
        if self._is_host(tensor.buffer):
            raw: Any = (ctypes.c_char * size).from_address(tensor.data)
        else:
            raw = (ctypes.c_char * size)()
            self._get(ctypes.cast(pointer, ctypes.c_void_p), raw, 0, size)
        return np.ndarray(shape, kind, raw, 0, strides)

    def _chosen(self, tensor: _Tensor) -> NDArray[np.int32]:
        """Which experts each token went to: (tokens, experts used)."""
        found: NDArray[np.int32] = self._values(tensor.src[2], np.int32)[0, 0]
        return found

    def _add(self, name: str, matrices: tuple[int, int], values: NDArray[np.float32]) -> None:
        outer, inner = matrices
        columns = values.shape[-1]
        entry = self._entry(name, outer * inner, columns, 1)
        for third in range(values.shape[0]):
            for second in range(values.shape[1]):
                rows = values[third, second]
                entry.sums[(third % outer) * inner + second % inner] += np.einsum("ij,ij->j", rows, rows)
        entry.counts += values.shape[0] * values.shape[1] * values.shape[2] / (outer * inner)

    def _add_experts(self, name: str, experts: int, values: NDArray[np.float32], chosen: NDArray[np.int32]) -> None:
        """``values`` are (tokens, 1 or experts used, columns)."""
        entry = self._entry(name, experts, values.shape[-1], experts)
        if chosen.min() < 0 or chosen.max() >= experts:
            raise QuantizationError(f"{name} names an expert that there is not.")
        for expert in np.unique(chosen):
            tokens, places = np.nonzero(chosen == expert)
            rows = values[tokens, places % values.shape[1]]
            entry.sums[expert] += np.einsum("ij,ij->j", rows, rows)
            entry.counts[expert] += len(tokens)

    def _entry(self, name: str, matrices: int, columns: int, counts: int) -> Entry:
        entry = self.entries.get(name)
        if entry is None:
            entry = self.entries[name] = Entry(np.zeros((matrices, columns), np.float32), np.zeros(counts))
        if entry.sums.shape != (matrices, columns):
            raise QuantizationError(f"{name} has another shape than in the matrix so far.", "Begin the matrix anew.")
        if len(entry.counts) < counts:
            entry.counts = np.full(counts, entry.counts[0])
        return entry

    def check(self) -> None:
        """Raise what went wrong since the last look. Raises QuantizationError."""
        if self.trouble:
            raise QuantizationError(self.trouble)
        for name, entry in self.entries.items():
            if not np.isfinite(entry.sums).all():
                raise QuantizationError(
                    f"The model's activations at {name} are not finite numbers.", "Take another source file."
                )


def _weight(tensor: _Tensor) -> str:
    """The weight's name; one that was copied to another device is called like "CUDA0#blk.0.attn_q.weight#0"."""
    name: str = tensor.src[0].contents.name.decode("utf-8", "replace")
    return name.split("#")[1] if name.count("#") >= 2 else name


def save(path: Path, entries: dict[str, Entry], *, datasets: Sequence[str], chunks: int, chunk_length: int) -> None:
    """Write a matrix as llama.cpp writes it."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "", use_temp_file=False)
    writer.kv_data[0].pop("general.architecture", None)
    writer.add_type("imatrix")
    writer.add_array("imatrix.datasets", list(datasets))
    writer.add_uint32("imatrix.chunk_count", chunks)
    writer.add_uint32("imatrix.chunk_size", chunk_length)
    for name in sorted(entries):
        entry = entries[name]
        writer.add_tensor(f"{name}.in_sum2", np.ascontiguousarray(entry.sums, np.float32))
        writer.add_tensor(f"{name}.counts", np.ascontiguousarray(entry.counts[:, None], np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix from a file."""

    entries: dict[str, Entry]
    datasets: tuple[str, ...]
    chunks: int
    chunk_length: int

    def importance(self) -> dict[str, NDArray[np.float32]]:
        """For each weight the mean square of every column, as the quantizer takes it (1 where nothing is known)."""
        found = {}
        for name, entry in self.entries.items():
            counts = np.broadcast_to(entry.counts.astype(np.float32)[:, None], (len(entry.sums), 1))
            mean = np.divide(entry.sums, counts, out=np.ones_like(entry.sums), where=counts > 0)
            found[name] = np.ascontiguousarray(mean.reshape(-1), np.float32)
        return found


def load(path: Path) -> Matrix:
    """Read a matrix that this program or llama.cpp wrote. Raises QuantizationError."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = read_header(file, size, name=path.name, arrays=True)
            return _matrix(file, header, path.name)
    except OSError as error:
        raise QuantizationError(f"{path.name} cannot be read: {error.strerror}.", "Choose another file.") from error
    except QuantizationError:
        raise
    except SlmdeskError as error:
        raise QuantizationError(
            f"{path.name} is not an importance matrix in GGUF: {error.message}", "Make one, or choose another file."
        ) from error


def _matrix(file: Any, header: Any, name: str) -> Matrix:
    if header.text("general.type") != "imatrix":
        raise QuantizationError(f"{name} is a GGUF file, but no importance matrix.", "Choose another file.")
    values: dict[str, NDArray[np.float32]] = {}
    for tensor in header.tensors:
        if tensor.type.name != "F32" or len(tensor.shape) > 2:
            raise QuantizationError(f"{name} holds {tensor.name[:80]} in a form no importance matrix has.")
        file.seek(header.data_offset + tensor.offset)
        order = "<f4" if header.byte_order == "little" else ">f4"
        columns = tensor.shape[0]
        values[tensor.name] = np.frombuffer(file.read(tensor.size), order).astype(np.float32).reshape(-1, columns)
    entries = {}
    for key, sums in values.items():
        weight, _, kind = key.rpartition(".")
        counts = values.get(f"{weight}.counts")
        if kind != "in_sum2":
            continue
        if counts is None or counts.shape[1] != 1 or len(counts) not in (1, len(sums)):
            raise QuantizationError(f"{name} has no fitting counts for {weight[:80]}.", "Make the matrix again.")
        if not np.isfinite(sums).all() or not np.isfinite(counts).all() or sums.min() < 0 or counts.min() < 0:
            raise QuantizationError(f"{name} holds numbers for {weight[:80]} that cannot be.", "Make it again.")
        entries[weight] = Entry(sums, counts[:, 0].astype(np.float64))
    datasets = header.metadata.get("imatrix.datasets", ())
    names = tuple(str(d) for d in datasets) if isinstance(datasets, tuple) else ()
    if not entries:
        raise QuantizationError(f"{name} is an importance matrix without entries.", "Make it again.")
    return Matrix(entries, names, header.number("imatrix.chunk_count"), header.number("imatrix.chunk_size"))
