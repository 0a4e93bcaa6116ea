"""The engine that measures this machine: ggml's own kernels on matrices in each number format, for a few seconds.

For each format a stack of matrices, too large for the processor's caches, is multiplied with one vector (that is how
a token is written) and one matrix with a batch of 512 vectors (that is how a prompt is read). Then attention over a
cache is timed, and a chain of the small operations of which a layer has about fifteen. Each figure is the mean of
several runs: a token is written at the usual rate of the memory, not at its best one.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.ggml import TENSOR_TYPES
from slmdesk.worker.base import Emit, Engine, IsCancelled
from slmdesk.worker.protocol import Event, Request

FORMATS = ("F16", "BF16", "Q8_0", "Q6_K", "Q5_K", "Q4_K", "Q4_0", "IQ4_XS", "MXFP4", "Q3_K", "Q2_K")
"""The number formats that are measured; others are told from the nearest of these."""
STACK_BYTES = 128 << 20
"""Weights that are gone through for one vector: beyond the caches of common processors."""
WIDTH, HEIGHT = 2048, 4096
BATCH = 512
FIGURE_S = 0.05
"""Seconds for one figure and number of threads."""
_CACHE_TOKENS, _HEADS, _KV_HEADS, _HEAD = 2048, 16, 4, 64
_SMALL_OPERATIONS = 60
_OPERATIONS_OF_LAYER = 15
_LEAST_RUNS = 3
_F32, _F16 = 0, 1
_WEIGHT = 0x11
"""Every byte of what is multiplied: a small, ordinary number in each format, as 16-bit scale and as 32-bit number."""

Sizes = tuple[int, ...]
Build = Callable[[Any, list[Any]], list[Any]]
"""Adds operations on the given inputs to a context and returns the last ones."""


def create(is_cancelled: IsCancelled | None = None) -> Engine:
    """The engine; imports the native library. Raises ImportError where it is missing."""
    return ProbeEngine(is_cancelled)


class ProbeEngine:
    """Measures on request, one format a step, so that a cancel is obeyed within a moment."""

    def __init__(self, is_cancelled: IsCancelled | None = None) -> None:
        from slmdesk.worker.llama_cpp import native

        self._is_cancelled = is_cancelled or (lambda _id: False)
        self._ggml = _Ggml(native)
        self._open: tuple[int, Emit, Iterator[tuple[float, dict[str, Any]]]] | None = None

    def submit(self, request: Request, emit: Emit) -> None:
        """Begin to measure. Raises SlmdeskError for anything else."""
        if request.op != "measure":
            raise SlmdeskError(f"The measuring engine does not know the operation {request.op}.")
        if self._open is not None:
            raise SlmdeskError("A measurement is under way.", "Wait until it is done.")
        self._open = (request.id, emit, self._ggml.measure(int(request.args.get("threads", 0))))

    def cancel(self, request_id: int) -> None:
        """End a measurement without a result."""
        if self._open is not None and self._open[0] == request_id:
            _, emit, _ = self._open
            self._open = None
            emit(Event(request_id, done={"finish_reason": "cancelled"}))

    def step(self) -> bool:
        """Measure one more thing."""
        if self._open is None:
            return False
        request_id, emit, steps = self._open
        if self._is_cancelled(request_id):
            self.cancel(request_id)
            return False
        fraction, found = next(steps)
        if fraction < 1:
            emit(Event(request_id, progress=round(fraction, 3)))
            return True
        self._open = None
        emit(Event(request_id, done=found))
        return False

    def close(self) -> None:
        """Nothing stays open between two steps."""


class _InitParams(ctypes.Structure):
    _fields_ = (("mem_size", ctypes.c_size_t), ("mem_buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool))


class _Ggml:
    """The few functions of ggml that a measurement needs, and the device that it runs on."""

    def __init__(self, native: Any) -> None:
        pointer, integer, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
        number, real = ctypes.c_int64, ctypes.c_float
        function = native._ggml
        self.init = function("ggml_init", pointer, _InitParams)
        self.free = function("ggml_free", None, pointer)
        self.tensor = function("ggml_new_tensor_4d", pointer, pointer, integer, number, number, number, number)
        self.multiply = function("ggml_mul_mat", pointer, pointer, pointer, pointer)
        self.norm = function("ggml_rms_norm", pointer, pointer, pointer, real)
        self.attend = function(
            "ggml_flash_attn_ext", pointer, pointer, pointer, pointer, pointer, pointer, real, real, real
        )
        self.new_graph = function("ggml_new_graph_custom", pointer, pointer, size, ctypes.c_bool)
        self.expand = function("ggml_build_forward_expand", None, pointer, pointer)
        self.allocate = function("ggml_backend_alloc_ctx_tensors_from_buft", pointer, pointer, pointer)
        self.new_allocator = function("ggml_gallocr_new", pointer, pointer)
        self.allocate_graph = function("ggml_gallocr_alloc_graph", ctypes.c_bool, pointer, pointer)
        self.free_allocator = function("ggml_gallocr_free", None, pointer)
        self.put = function("ggml_backend_tensor_set", None, pointer, ctypes.c_char_p, size, size)
        self.bytes_of = function("ggml_nbytes", size, pointer)
        self.compute = function("ggml_backend_graph_compute", integer, pointer, pointer)
        self.free_buffer = function("ggml_backend_buffer_free", None, pointer)
        self.supports = function("ggml_backend_dev_supports_op", ctypes.c_bool, pointer, pointer)
        self._choose(native)

    def _choose(self, native: Any) -> None:
        """Open the device that models would be put on, with as many threads as they get."""
        pointer, integer = ctypes.c_void_p, ctypes.c_int
        function, devices = native._ggml, native.Devices()
        described = devices.describe()
        kinds = [entry["type"] for entry in described]
        wanted = next((i for i, kind in enumerate(kinds) if kind in {"gpu", "igpu"}), kinds.index("cpu"))
        self.device_name = str(described[wanted]["description"] or described[wanted]["name"])
        self.on_cpu = kinds[wanted] == "cpu"
        self.device = device = devices._get(wanted)
        self.backend = function("ggml_backend_dev_init", pointer, pointer, ctypes.c_char_p)(device, None)
        self.plain = function("ggml_backend_dev_buffer_type", pointer, pointer)(device)
        registry = function("ggml_backend_dev_backend_reg", pointer, pointer)(device)
        address = function("ggml_backend_reg_get_proc_address", pointer, pointer, ctypes.c_char_p)
        self.threads = 0
        self.rearranging: list[Any] = []
        if not self.on_cpu:
            return
        self.set_threads = ctypes.CFUNCTYPE(None, pointer, integer)(address(registry, b"ggml_backend_set_n_threads"))
        if extra := address(registry, b"ggml_backend_dev_get_extra_bufts"):
            found = ctypes.CFUNCTYPE(ctypes.POINTER(pointer), pointer)(extra)(device)
            while found and found[len(self.rearranging)]:
                self.rearranging.append(found[len(self.rearranging)])

    # --- what is measured ---------------------------------------------------------------------------------------

    def measure(self, threads: int = 0) -> Iterator[tuple[float, dict[str, Any]]]:
        """Fraction done and, with 1, the result: one step for each figure. ``threads`` 0: as many as models get."""
        if self.on_cpu:
            self.threads = threads or psutil.cpu_count(logical=False) or os.cpu_count() or 1
        writing: dict[str, float] = {}
        reading: dict[str, float] = {}
        numbers = {kind.name: number for number, kind in TENSOR_TYPES.items()}
        steps = 2 * len(FORMATS) + 3
        done = 0
        for name in FORMATS:
            kind = numbers[name]
            block = TENSOR_TYPES[kind]
            count = max(1, round(STACK_BYTES / block.bytes_for(WIDTH * HEIGHT)))
            writing[name] = count * WIDTH * HEIGHT / self._product(kind, count, 1)
            done += 1
            yield done / steps, {}
            reading[name] = WIDTH * HEIGHT * BATCH / self._product(kind, 1, BATCH)
            done += 1
            yield done / steps, {}
        attention = self._attention()
        yield (done + 1) / steps, {}
        layer = self._small_operations() * _OPERATIONS_OF_LAYER
        yield (done + 2) / steps, {}
        yield (
            1.0,
            {
                "writing": writing,
                "reading": reading,
                "bandwidth": max(rate * TENSOR_TYPES[numbers[name]].bits / 8 for name, rate in writing.items()),
                "attention": attention,
                "layer_s": layer,
                "threads": self.threads,
                "device": "CPU" if self.on_cpu else self.device_name,
            },
        )

    def _product(self, kind: int, count: int, batch: int) -> float:
        """Seconds to multiply ``count`` matrices with ``batch`` vectors."""
        with self._context() as context:
            matrices = [self.tensor(context, kind, WIDTH, HEIGHT, 1, 1) for _ in range(count)]
            with self._filled(context, matrices, self._place(kind)):
                return self._timed(lambda c, inputs: [self.multiply(c, m, inputs[0]) for m in matrices], (WIDTH, batch))

    def _attention(self) -> float:
        """Numbers of the cache gone through per second, each once for every head that uses it."""
        with self._context() as context:
            shape = (_HEAD, _CACHE_TOKENS, _KV_HEADS, 1)
            key, value = self.tensor(context, _F16, *shape), self.tensor(context, _F16, *shape)
            mask = self.tensor(context, _F16, _CACHE_TOKENS, 64, 1, 1)
            with self._filled(context, [key, value, mask], self.plain):
                seconds = self._timed(
                    lambda c, inputs: [self.attend(c, inputs[0], key, value, mask, 0.125, 0.0, 0.0)],
                    (_HEAD, 1, _HEADS),
                )
        return 2 * _HEAD * _CACHE_TOKENS * _HEADS / seconds

    def _small_operations(self) -> float:
        """Seconds for one operation on one vector."""

        def chain(context: Any, inputs: list[Any]) -> list[Any]:
            last = inputs[0]
            for _ in range(_SMALL_OPERATIONS):
                last = self.norm(context, last, 1e-5)
            return [last]

        return self._timed(chain, (WIDTH, 1)) / _SMALL_OPERATIONS

    # --- how ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _context(self) -> Iterator[Any]:
        context = self.init(_InitParams(8 << 20, None, True))  # noqa: FBT003 - a C structure
        try:
            yield context
        finally:
            self.free(context)

    def _place(self, kind: int) -> Any:
        """The kind of memory that llama.cpp would put such weights in: where they are rearranged, if they can be."""
        for place in self.rearranging:
            with self._context() as context:
                matrix = self.tensor(context, kind, WIDTH, 8, 1, 1)
                buffer = self.allocate(context, place)
                try:
                    vector = self.tensor(context, _F32, WIDTH, BATCH, 1, 1)
                    if buffer and self.supports(self.device, self.multiply(context, matrix, vector)):
                        return place
                finally:
                    self.free_buffer(buffer)
        return self.plain

    @contextmanager
    def _filled(self, context: Any, tensors: list[Any], place: Any) -> Iterator[None]:
        """The tensors in memory, as a loaded model's would be, every page touched."""
        buffer = self.allocate(context, place)
        if not buffer:
            raise SlmdeskError("There is not enough memory to measure.", "Close other programs and try again.")
        try:
            data = bytes([_WEIGHT]) * max(map(self.bytes_of, tensors))
            for tensor in tensors:
                self.put(tensor, data, 0, self.bytes_of(tensor))
            yield
        finally:
            self.free_buffer(buffer)

    def _timed(self, build: Build, *inputs: Sizes) -> float:
        """The best time of a chain of operations, in seconds; ``inputs`` are the sizes of its 32-bit inputs.

        Each of the results that ``build`` returns is timed for itself and its best times are added up: a short piece
        is sooner undisturbed by other programs than a long one.
        """
        with self._context() as own, self._context() as context, ExitStack() as stack:
            tensors = [self.tensor(own, _F32, *(*sizes, 1, 1, 1)[:4]) for sizes in inputs]
            stack.enter_context(self._filled(own, tensors, self.plain))
            graphs = [self._graph(context, result, stack) for result in build(context, tensors)]
            return self._best(graphs)

    def _graph(self, context: Any, result: Any, stack: ExitStack) -> Any:
        graph = self.new_graph(context, 2 * _SMALL_OPERATIONS, False)  # noqa: FBT003 - a C function
        self.expand(graph, result)
        allocator = self.new_allocator(self.plain)
        stack.callback(self.free_allocator, allocator)
        if not self.allocate_graph(allocator, graph):
            raise SlmdeskError("There is not enough memory to measure.", "Close other programs and try again.")
        return graph

    def _best(self, graphs: list[Any]) -> float:
        """The usual time of the graphs together: with all threads, or with one where other programs are busy.

        One thread's own time does not count the moments in which it had to wait for a processor.
        """
        if not self.on_cpu:
            return self._usual(graphs, time.perf_counter)
        self.set_threads(self.backend, 1)
        alone = self._usual(graphs, time.thread_time)
        if self.threads == 1:
            return alone
        self.set_threads(self.backend, self.threads)
        return min(alone, self._usual(graphs, time.perf_counter))

    def _usual(self, graphs: list[Any], clock: Callable[[], float]) -> float:
        """The sum of each graph's mean time, run in turn so that none finds its weights in the caches.

        The mean, not the shortest: a token's weights are read at the usual rate of the memory, not at its best one.
        """
        total, runs, ends = [0.0] * len(graphs), 0, time.perf_counter() + FIGURE_S
        for run in itertools.count():
            for i, graph in enumerate(graphs):
                began = clock()
                self.compute(self.backend, graph)
                if run:  # the first only warms up
                    total[i] += max(clock() - began, 1e-7)
            runs += bool(run)
            if run >= _LEAST_RUNS and time.perf_counter() > ends:
                break
        return sum(total) / max(1, runs)
