"""A model in memory with its context: how the load options become llama.cpp's parameters, and what failures mean."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import LoadError, NotEnoughMemory, UnsafeModelFile
from slmdesk.worker.llama_cpp.native import KV_TYPES, Devices, Log, kv_type, lib
from slmdesk.worker.llama_cpp.vocabulary import Vocabulary

DEFAULT_CONTEXT = 4096
"""Tokens, where neither the person nor the model asks for less."""
LOAD_MODES = {
    (False, False): lib.LLAMA_LOAD_MODE_NONE,
    (True, False): lib.LLAMA_LOAD_MODE_MMAP,
    (False, True): lib.LLAMA_LOAD_MODE_MLOCK,
    (True, True): lib.LLAMA_LOAD_MODE_MMAP_MLOCK,
}
"""llama.cpp's load mode for (mmap, mlock)."""
FLASH = {
    "auto": lib.LLAMA_FLASH_ATTN_TYPE_AUTO,
    "on": lib.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    "off": lib.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}
MAX_SLOTS = 64
TINY = 32 * 1024 * 1024
"""Bytes of weights below which one thread is enough: the starter (10 MB) writes 1,100 tok/s with one thread, and 126
with two while another program keeps a core busy."""
MAX_THREADS = 512
"""What ggml is built for."""
MAX_BATCH = 1 << 16
CELLS = 256
"""llama.cpp makes the cache a multiple of this, but a batch no longer than what was asked for."""


class LoadCancelled(Exception):
    """The person no longer wants the model."""


class NativeModel:
    """Weights, vocabulary and context of one model. ``close`` gives the memory back.

    ``report`` gets the fraction loaded and says whether to go on. Raises LoadError, NotEnoughMemory, UnsafeModelFile,
    LoadCancelled.
    """

    def __init__(
        self, path: Path, options: LoadOptions, report: Callable[[float], bool], devices: Devices, log: Log
    ) -> None:
        self.path = path
        self.options = options
        self.slots = max(1, min(options.slots, MAX_SLOTS, lib.llama_max_parallel_sequences()))
        self._log = log
        self.model: Any = None
        self.context: Any = None
        _check_options(options)
        try:
            self._load(report, devices)
            self._open_context()
        except BaseException:
            self.close()
            raise
        self.vocabulary = Vocabulary(self.model)
        self.memory = lib.llama_get_memory(self.context)
        self.context_length = min(lib.llama_n_ctx_seq(self.context), lib.llama_n_ctx(self.context) // self.slots)
        self.can_rewind = not (lib.llama_model_is_recurrent(self.model) or lib.llama_model_is_hybrid(self.model))
        """Whether a part of a sequence can be taken out of the cache again."""
        self.template_source: str | None = self._template()

    def _load(self, report: Callable[[float], bool], devices: Devices) -> None:
        cancelled = False

        def progress(fraction: float, _data: object) -> bool:
            nonlocal cancelled
            cancelled = cancelled or not report(fraction)
            return not cancelled

        options, params = self.options, lib.llama_model_default_params()
        params.n_gpu_layers = options.gpu_layers
        params.load_mode = LOAD_MODES[options.mmap, options.mlock]
        params.progress_callback = callback = lib.llama_progress_callback(progress)
        chosen = self._devices(devices)
        if chosen is not None:
            params.devices = ctypes.cast(chosen, ctypes.c_void_p)
        self._log.clear()
        self.model = lib.llama_model_load_from_file(os.fsencode(self.path), params)
        del callback, chosen  # lived until here: C uses them during the load
        if cancelled:
            raise LoadCancelled
        if not self.model:
            raise load_failure(self.path, self._log)
        decodes = lib.llama_model_has_decoder(self.model) and not lib.llama_model_has_encoder(self.model)
        if not decodes or lib.llama_model_is_diffusion(self.model):
            raise self._no_chat_model()

    def _no_chat_model(self) -> LoadError:
        return LoadError(f"{self.path.name} is not a model that chats.", "Choose a text generation model.")

    def _devices(self, devices: Devices) -> Any | None:
        """The chosen device as llama.cpp's NULL-terminated list; None for its own choice."""
        name = self.options.device
        if not name:
            return None
        handle = devices.find(name)
        if handle is None:
            known = ", ".join(entry["name"] for entry in devices.describe())
            raise LoadError(f"There is no device named {name}.", f"This build knows: {known}.")
        if name.lower().startswith("cpu"):
            return (ctypes.c_void_p * 1)(None)
        return (ctypes.c_void_p * 2)(handle, None)

    def _open_context(self) -> None:
        options, params = self.options, lib.llama_context_default_params()
        trained = lib.llama_model_n_ctx_train(self.model)
        length = options.context_length or min(trained or DEFAULT_CONTEXT, DEFAULT_CONTEXT)
        # one buffer for all slots: a batch of any slots is then computed in one go, and slots can share a beginning
        params.kv_unified = True
        params.n_seq_max = self.slots
        params.n_ctx = -(-length * self.slots // CELLS) * CELLS
        params.n_batch = min(max(options.batch_size, self.slots, 32), MAX_BATCH)
        params.n_ubatch = min(max(options.ubatch_size, self.slots, 32), params.n_batch)
        params.n_outputs_max = self.slots  # at most one per slot and step; the default keeps room for a whole batch
        automatic = self._automatic_threads()
        params.n_threads = min(options.threads or automatic, MAX_THREADS)
        params.n_threads_batch = min(options.batch_threads or options.threads or automatic, MAX_THREADS)
        params.flash_attn_type = FLASH[options.flash_attention]
        params.type_k = kv_type(options.cache_type_k)
        params.type_v = kv_type(options.cache_type_v)
        params.no_perf = True
        self.threads: int = params.n_threads
        self._log.clear()
        self.context = lib.llama_init_from_model(self.model, params)
        if not self.context:
            raise _context_failure(self._log, options)
        # what llama.cpp made of them: it ends the process at a batch that is longer
        self.batch_size: int = lib.llama_n_batch(self.context)
        self.ubatch_size: int = lib.llama_n_ubatch(self.context)
        if not lib.llama_get_memory(self.context):  # an embedding model, which has no cache
            raise self._no_chat_model()

    def _automatic_threads(self) -> int:
        """One per physical core; a tiny model is computed faster by one alone than by several that wait for another."""
        if lib.llama_model_size(self.model) < TINY:
            return 1
        return psutil.cpu_count(logical=False) or os.cpu_count() or 1

    def _template(self) -> str | None:
        source = lib.llama_model_chat_template(self.model, None)
        return source.decode(errors="replace") if source else None

    def metadata(self, key: str) -> str:
        """A value of the file's header as text; empty where it is missing."""
        buffer = ctypes.create_string_buffer(1024)
        size = lib.llama_model_meta_val_str(self.model, key.encode(), buffer, len(buffer))
        return buffer.value.decode(errors="replace") if size >= 0 else ""

    def describe(self) -> dict[str, Any]:
        """What the window shows about the loaded model; sizes in bytes."""
        buffer = ctypes.create_string_buffer(256)
        lib.llama_model_desc(self.model, buffer, len(buffer))
        layers = lib.llama_model_n_layer(self.model) + 1  # llama.cpp counts the output as one more
        offload = lib.llama_supports_gpu_offload() and not self.options.device.lower().startswith("cpu")
        wanted = self.options.gpu_layers
        compute = _buffer_sizes(self._log.text(), "compute buffer size")
        return {
            "context_length": self.context_length,
            "train_context_length": lib.llama_model_n_ctx_train(self.model),
            "slots": self.slots,
            "layers": layers - 1,
            "gpu_layers": min(wanted if wanted >= 0 else layers, layers) if offload else 0,
            "architecture": self.metadata("general.architecture"),
            "description": buffer.value.decode(errors="replace"),
            "parameters": lib.llama_model_n_params(self.model),
            "size": self.path.stat().st_size,
            "template": self.template_source is not None,
            "threads": self.threads,
            "weights_bytes": lib.llama_model_size(self.model),
            "kv_bytes": _buffer_sizes(self._log.text(), "KV buffer size"),
            "compute_bytes": compute,
            "kv_types": [self.options.cache_type_k, self.options.cache_type_v],
        }

    def close(self) -> None:
        """Give the memory back."""
        if self.context:
            lib.llama_free(self.context)
            self.context = None
        if self.model:
            lib.llama_model_free(self.model)
            self.model = None


def _buffer_sizes(log: str, what: str) -> int:
    """The sum of the buffers that llama.cpp's log names, in bytes."""
    found = re.findall(rf"{what}\s*=\s*([0-9.]+) MiB", log)
    return int(sum(map(float, found)) * 1024 * 1024)


def _check_options(options: LoadOptions) -> None:
    for name in (options.cache_type_k, options.cache_type_v):
        if name not in KV_TYPES:
            raise LoadError(f"{name} is not a type for the context's memory.", f"Choose one of {', '.join(KV_TYPES)}.")
    if options.flash_attention not in FLASH:
        raise LoadError("Flash attention is auto, on or off.")
    if min(options.context_length, options.threads, options.batch_threads) < 0:
        raise LoadError("Context length and threads cannot be negative.")
    if options.context_length * max(options.slots, 1) >= 1 << 31:
        raise LoadError(
            f"A context of {options.context_length:,} tokens is more than llama.cpp can hold.",
            "Choose a shorter context.",
        )


def load_failure(path: Path, log: Log) -> LoadError:
    """Why llama.cpp did not load a file, from its last lines."""
    text = log.text()
    details = (log.errors() or text)[-2000:]
    if match := re.search(r"unknown model architecture: '([^']*)'", text):
        return LoadError(
            f"{path.name} is of the architecture {match[1]}, which this version of llama.cpp does not know.",
            "Choose another model, or a newer SLMDesk.",
            details,
        )
    if re.search(r"(failed|unable) to allocate|out of memory|bad_alloc|cudaMalloc failed|ENOMEM", text, re.IGNORECASE):
        return NotEnoughMemory(
            f"There is not enough memory to load {path.name}.",
            "Unload another model, choose a smaller quantization, or a shorter context.",
            details,
        )
    damaged = (
        r"corrupt|not within the file bounds|incomplete|invalid magic|failed to read|has offset|unexpectedly reached"
    )
    if re.search(damaged, text):
        return UnsafeModelFile(f"{path.name} is damaged or incomplete.", "Download it again.", details)
    if "unknown pre-tokenizer type" in text or "unknown tokenizer" in text:
        return LoadError(
            f"{path.name} uses a tokenizer that this version of llama.cpp does not know.",
            "Choose another model, or a newer SLMDesk.",
            details,
        )
    return LoadError(f"llama.cpp could not load {path.name}.", "The details say more.", details)


def _context_failure(log: Log, options: LoadOptions) -> LoadError:
    details = (log.errors() or log.text())[-2000:]
    quantized = options.cache_type_v not in {"f32", "f16", "bf16"}
    if quantized and options.flash_attention == "off":
        return LoadError(
            "A quantized context memory for values needs flash attention.",
            "Set flash attention to auto or on.",
            details,
        )
    if re.search(r"allocate|out of memory|bad_alloc", details, re.IGNORECASE):
        return NotEnoughMemory("There is not enough memory for this context.", "Choose a shorter context.", details)
    return LoadError("llama.cpp could not set up the context with these options.", "Use the default options.", details)


def fingerprint(path: Path) -> str:
    """A hash that tells one model file from another without reading gigabytes: size, header, and 32 sampled blocks."""
    block, samples = 64 * 1024, 32
    size = path.stat().st_size
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    with path.open("rb") as file:
        digest.update(file.read(1024 * 1024))
        for i in range(samples):
            file.seek(max(0, (size - block) * i // (samples - 1)))
            digest.update(file.read(block))
    return digest.hexdigest()
