"""llama.cpp behind the worker's loop: the operations that a request may name, and the model that answers them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import LoadError, SlmdeskError
from slmdesk.worker.base import Emit, IsCancelled
from slmdesk.worker.llama_cpp import native
from slmdesk.worker.llama_cpp.loading import LoadCancelled, NativeModel
from slmdesk.worker.llama_cpp.native import lib
from slmdesk.worker.llama_cpp.serving import Serving
from slmdesk.worker.protocol import Event, Request


class LlamaCppEngine:
    """The engine of one worker. Every method runs on the engine thread."""

    def __init__(self, is_cancelled: IsCancelled | None = None) -> None:
        self._is_cancelled = is_cancelled or (lambda _id: False)
        self._log = native.Log()
        lib.llama_backend_init()
        self._devices = native.Devices()
        self._serving: Serving | None = None
        self._operations: dict[str, Callable[[Request, Emit], dict[str, Any] | None]] = {
            "load": self._load,
            "chat": self._chat,
            "preview": self._preview,
            "count": self._count,
            "save_state": self._save_state,
            "restore_state": self._restore_state,
            "info": self._info,
        }

    def submit(self, request: Request, emit: Emit) -> None:
        """Take a request on. Raises SlmdeskError for one that cannot be answered."""
        operation = self._operations.get(request.op)
        if operation is None:
            raise SlmdeskError(f"The llama.cpp engine does not know the operation {request.op}.")
        result = operation(request, emit)
        if result is not None:
            emit(Event(request.id, done=result))

    def cancel(self, request_id: int) -> None:
        """End a chat request now; its answer so far stays."""
        if self._serving is not None:
            self._serving.cancel(request_id)

    def step(self) -> bool:
        """One decode step. False when no request is open."""
        return self._serving is not None and self._serving.step()

    def close(self) -> None:
        """Give the model back."""
        if self._serving is not None:
            self._serving.close()
            self._serving = None

    def _model(self) -> Serving:
        if self._serving is None:
            raise SlmdeskError("No model is loaded in this worker.")
        return self._serving

    def _load(self, request: Request, emit: Emit) -> dict[str, Any]:
        if self._serving is not None:
            raise LoadError("This worker holds a model already.")
        args = request.args
        options = LoadOptions.from_dict(args.get("options", {}))
        told = -1.0

        def report(fraction: float) -> bool:
            nonlocal told
            if fraction - told >= 0.01 or fraction >= 1:
                told = fraction
                emit(Event(request.id, progress=round(fraction, 4)))
            return not self._is_cancelled(request.id)

        try:
            model = NativeModel(Path(args["path"]), options, report, self._devices, self._log)
        except LoadCancelled:
            return {"cancelled": True}
        self._serving = Serving(model, bytes.fromhex(args.get("state_key", "")), self._is_cancelled)
        return {**model.describe(), **self._serving.describe(), "devices": self._devices.describe()}

    def _chat(self, request: Request, emit: Emit) -> None:
        self._model().chat(request, emit)

    def _preview(self, request: Request, _emit: Emit) -> dict[str, Any]:
        serving = self._model()
        prompt = serving.prompt(request)
        return {
            "prompt": prompt.text,
            "prompt_tokens": len(prompt.tokens),
            "dropped_messages": prompt.dropped_messages,
            "dropped_tokens": prompt.dropped_tokens,
            "context_length": serving.model.context_length,
        }

    def _count(self, request: Request, _emit: Emit) -> dict[str, Any]:
        tokens = self._model().model.vocabulary.tokenize(str(request.args.get("text", "")), special=False)
        return {"tokens": len(tokens)}

    def _save_state(self, request: Request, _emit: Emit) -> dict[str, Any]:
        return self._model().save_state(Path(request.args["path"]), request)

    def _restore_state(self, request: Request, _emit: Emit) -> dict[str, Any]:
        return self._model().restore_state(Path(request.args["path"]))

    def _info(self, _request: Request, _emit: Emit) -> dict[str, Any]:
        versions = native.versions()
        return {
            "version": versions["bindings"],
            "llama_cpp": f"{versions['llama_cpp']} ({versions['system']})",
            "devices": self._devices.describe(),
            "backends": self._devices.backends(),
            "gpu_offload": bool(lib.llama_supports_gpu_offload()),
            "quantization_types": native.quantization_types(),
            "kv_types": list(native.KV_TYPES),
        }
