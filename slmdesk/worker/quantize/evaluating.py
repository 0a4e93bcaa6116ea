"""A model that is only read with, never talked to: whole chunks go in, logits of their second half come out."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from slmdesk.core.errors import LoadError, NotEnoughMemory, QuantizationError
from slmdesk.worker.llama_cpp.loading import load_failure
from slmdesk.worker.llama_cpp.native import Log, lib
from slmdesk.worker.llama_cpp.vocabulary import Vocabulary
from slmdesk.worker.quantize.scoring import Rows
from slmdesk.worker.quantize.text import Batch, start_token, with_start

MICRO_BATCH = 512
Callback = Callable[[Any, bool, Any], bool]


class Reader:
    """Weights and a context for chunks of ``length`` tokens. ``close`` gives the memory back.

    ``outputs`` is how many positions of a chunk give logits. ``watch`` is a C callback that llama.cpp's scheduler
    calls for every tensor it computes. Raises LoadError, NotEnoughMemory.
    """

    def __init__(
        self,
        path: Path,
        length: int,
        log: Log,
        *,
        outputs: int,
        threads: int = 0,
        gpu_layers: int = 0,
        watch: Any = None,
        report: Callable[[float], bool] | None = None,
    ) -> None:
        self.path, self.length, self._outputs = path, length, outputs
        self.threads = threads or psutil.cpu_count(logical=False) or os.cpu_count() or 1
        self._log = log
        self._watch = watch
        self._model: Any = None
        self._context: Any = None
        self._batch: Batch | None = None
        try:
            self._load(gpu_layers, report or (lambda _fraction: True))
            self._open()
        except BaseException:
            self.close()
            raise
        self.vocabulary = Vocabulary(self._model)
        self._start = start_token(self.vocabulary)

    def _load(self, gpu_layers: int, report: Callable[[float], bool]) -> None:
        params = lib.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        params.progress_callback = callback = lib.llama_progress_callback(lambda fraction, _data: report(fraction))
        self._log.clear()
        self._model = lib.llama_model_load_from_file(os.fsencode(self.path), params)
        del callback  # lived until here: C calls it during the load
        if not self._model:
            raise load_failure(self.path, self._log)
        if not lib.llama_model_has_decoder(self._model) or lib.llama_model_has_encoder(self._model):
            raise LoadError(f"{self.path.name} does not write text, so it cannot be measured this way.")

    def _open(self) -> None:
        params = lib.llama_context_default_params()
        params.n_ctx = self.length
        params.n_batch = self.length
        params.n_ubatch = min(self.length, MICRO_BATCH)
        params.n_seq_max = 1
        params.n_outputs_max = max(1, self._outputs)
        params.n_threads = params.n_threads_batch = self.threads
        params.no_perf = True
        if self._watch is not None:
            params.cb_eval = self._watch
        self._log.clear()
        self._context = lib.llama_init_from_model(self._model, params)
        if not self._context:
            raise NotEnoughMemory(
                f"There is not enough memory to measure {self.path.name} with a context of {self.length:,} tokens.",
                "Unload other models, or choose a shorter context.",
                self._log.errors()[-2000:],
            )
        self._memory = lib.llama_get_memory(self._context)
        self._batch = Batch(self.length)

    @property
    def trained_length(self) -> int:
        """The context the model was trained with, in tokens."""
        return int(lib.llama_model_n_ctx_train(self._model))

    def read(self, chunk: NDArray[np.int32], outputs: range = range(0)) -> Rows:
        """Decode one chunk from an empty cache; the logits of ``outputs``, valid until the next call."""
        assert self._batch is not None
        lib.llama_memory_clear(self._memory, True)  # noqa: FBT003 - C takes no names
        batch = self._batch.fill(with_start(chunk, self._start), outputs)
        code = lib.llama_decode(self._context, batch)
        if code != 0:
            raise QuantizationError(
                f"llama.cpp could not read the text with {self.path.name} (code {code}).",
                "Try a shorter context.",
                self._log.errors()[-2000:],
            )
        if not outputs:
            lib.llama_synchronize(self._context)
            return np.empty((0, self.vocabulary.size), np.float32)
        first = lib.llama_get_logits_ith(self._context, outputs.start)
        address = ctypes.cast(first, ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(address, (len(outputs), self.vocabulary.size))

    def time_reading(self, tokens: NDArray[np.int32]) -> float:
        """Seconds to read a prompt from an empty cache."""
        pointer = (ctypes.c_int32 * len(tokens))(*tokens.tolist())
        lib.llama_memory_clear(self._memory, True)  # noqa: FBT003 - C takes no names
        started = time.perf_counter()
        for at in range(0, len(tokens), MICRO_BATCH):
            self._decode(pointer, at, min(MICRO_BATCH, len(tokens) - at))
        return time.perf_counter() - started

    def time_writing(self, token: int, count: int) -> float:
        """Seconds to write ``count`` tokens one by one into an empty cache."""
        pointer = (ctypes.c_int32 * 1)(token)
        lib.llama_memory_clear(self._memory, True)  # noqa: FBT003 - C takes no names
        started = time.perf_counter()
        for turn in range(count):
            self._decode(pointer, 0, 1)
            pointer[0] = (token + turn) % self.vocabulary.size
        return time.perf_counter() - started

    def _decode(self, tokens: Any, at: int, count: int) -> None:
        part = ctypes.cast(ctypes.byref(tokens, 4 * at), ctypes.POINTER(ctypes.c_int32))
        if lib.llama_decode(self._context, lib.llama_batch_get_one(part, count)) != 0:
            raise QuantizationError(f"llama.cpp could not run {self.path.name}.", "", self._log.errors()[-2000:])
        lib.llama_synchronize(self._context)

    def close(self) -> None:
        """Give the memory back."""
        if self._batch is not None:
            self._batch.close()
            self._batch = None
        if self._context:
            lib.llama_free(self._context)
            self._context = None
        if self._model:
            lib.llama_model_free(self._model)
            self._model = None
