"""llama.cpp seen from the window: lists GGUF files, and loads each into a worker process of its own."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slmdesk.core.chat import Chunk, LoadOptions, Message, Role, SamplingOptions, Timings
from slmdesk.core.errors import SlmdeskError, WorkerCrashed
from slmdesk.core.memory import NO_CORRECTIONS
from slmdesk.core.models import Model, ModelFormat
from slmdesk.core.progress import Report
from slmdesk.core.shape import shape_of_header
from slmdesk.runtimes.base import LoadedModel, Runtime, RuntimeStatus
from slmdesk.runtimes.gate import check_gguf_file, gguf_header, split_files
from slmdesk.runtimes.placement import check_memory, placed
from slmdesk.runtimes.process import Worker
from slmdesk.worker.protocol import Event

MAX_STATES = 16
"""How many conversations' caches are kept on disk; the oldest go first."""
ABANDONED = 3600.0
"""Seconds after which a half-written cache is nobody's any more."""
CONFINED = (
    ("network_denied", "network"),
    ("programs_denied", "starting programs"),
    ("writes_denied", "writing files (beside kept chat states)"),
    ("dies_with_parent", "outliving the window"),
)
"""Entries of a worker's sandbox report, and what each denies in plain words."""
NOT_CHAT = frozenset({"clip", "mmproj", "imatrix", "controlvector", "whisper"})
"""Architectures of GGUF files that belong to a model or to another program, and are no chat models themselves."""


class LlamaCpp(Runtime):
    """Language models in GGUF files, run by llama.cpp on this machine.

    ``folders`` are searched with their subfolders. Conversations' caches are kept in ``state_dir``, authenticated with
    ``state_key``; without either none are kept.
    """

    name = "llama.cpp"
    formats = frozenset({ModelFormat.GGUF})

    def __init__(self, folders: Sequence[Path], state_dir: Path | None = None, state_key: bytes = b"") -> None:
        self._folders = list(folders)
        self._state_dir = state_dir if state_key else None
        self._state_key = state_key
        self._known: dict[Path, tuple[tuple[int, int], Model | None]] = {}
        self._info: dict[str, Any] | None = None
        self.corrections = NO_CORRECTIONS
        """What earlier loads on this machine taught about the memory that a load takes."""

    async def status(self) -> RuntimeStatus:
        """Ready, with the devices of the installed build; asks a worker once."""
        try:
            info = await self.info()
        except SlmdeskError as error:
            return RuntimeStatus(ready=False, message=error.message, hint=error.hint)
        devices = tuple(f"{device['name']}: {device['description']}" for device in info["devices"])
        version = f"llama-cpp-python {info['version']}, llama.cpp {info['llama_cpp']}"
        sandbox = info["sandbox"]
        confined = tuple((words, bool(sandbox.get(key))) for key, words in CONFINED)
        return RuntimeStatus(ready=True, version=version, devices=devices, confined=confined)

    async def info(self) -> dict[str, Any]:
        """What the installed build is and can do: version, llama_cpp, devices, backends, quantization_types, kv_types.

        Raises RuntimeUnavailable, WorkerCrashed.
        """
        if self._info is None:
            worker = await Worker.start("llama_cpp", writable=[])
            try:
                self._info = {**await worker.call("info"), "sandbox": worker.hello.get("sandbox", {})}
            finally:
                await worker.close()
        return self._info

    async def models(self) -> list[Model]:
        """The chat models in the folders; a damaged file is listed with its ``problem``."""
        return await asyncio.to_thread(self._models)

    def _models(self) -> list[Model]:
        found: dict[Path, Model] = {}
        for path in self._files():
            with suppress(OSError):
                model = self._model(path)
                if model is not None:
                    found[model.path] = model
        return sorted(found.values(), key=lambda model: (model.name.casefold(), str(model.path)))

    def _files(self) -> Iterator[Path]:
        for folder in self._folders:
            if folder.is_file():
                yield folder.resolve()
            elif folder.is_dir():
                with suppress(OSError):  # a folder may vanish meanwhile
                    yield from (path.resolve() for path in folder.rglob("*.gguf"))

    def _model(self, path: Path) -> Model | None:
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = self._known[path] = (stamp, _described(path))
        return known[1]

    def _writable(self) -> list[Path]:
        """The folders that a worker may write in: only that of the kept caches."""
        if self._state_dir is None:
            return []
        try:
            self._state_dir.mkdir(parents=True, exist_ok=True)
        except OSError:  # without the folder nothing is kept; the model works all the same
            return []
        return [self._state_dir]

    async def prune_states(self, keep: Collection[str]) -> None:
        """Remove the kept caches of every conversation but those with these ids."""
        if self._state_dir is not None:
            await asyncio.to_thread(_forget_others, self._state_dir, {_short(i) for i in keep})

    async def load(self, model: Model, options: LoadOptions, report: Report | None = None) -> LlamaCppModel:
        """Put a model into a worker process. Raises LoadError and its kinds, RuntimeUnavailable, WorkerCrashed."""
        passed = await asyncio.to_thread(check_gguf_file, model.path)
        worker = await Worker.start("llama_cpp", writable=await asyncio.to_thread(self._writable))
        try:
            build, shape = await worker.call("info"), shape_of_header(passed.header, passed.parts)
            if not options.ignore_memory:
                check_memory(model.name, shape, model.size, options, build["devices"], self.corrections)
            info = await worker.call(
                "load",
                report=report,
                path=str(model.path),
                options=asdict(placed(shape, options, build)),
                name=model.name,
                state_key=self._state_key.hex(),
            )
        except WorkerCrashed as error:
            await worker.close()
            raise WorkerCrashed(
                f"The engine stopped while it loaded {model.name}: {error.message}",
                "The file may be damaged, or made for a newer llama.cpp. Fetch it again, or choose another model.",
                error.details,
            ) from error
        except BaseException:
            await worker.close()
            raise
        return LlamaCppModel(model, worker, info, self._state_dir)


class LlamaCppModel(LoadedModel):
    """A GGUF model in a worker process. ``info`` is what the worker told about it when it was loaded."""

    def __init__(self, model: Model, worker: Worker, info: dict[str, Any], state_dir: Path | None) -> None:
        self.model = model
        self.info = info
        self.context_length = int(info["context_length"])
        self._worker = worker
        self._state_dir = state_dir

    @property
    def alive(self) -> bool:
        """False once unloaded or crashed."""
        return self._worker.alive

    @property
    def pid(self) -> int:
        """The worker process's number."""
        return self._worker.pid

    async def chat(
        self,
        messages: Sequence[Message],
        options: SamplingOptions,
        *,
        continuing: bool = False,
        stop: asyncio.Event | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        """Stream the answer; see :class:`~slmdesk.runtimes.base.LoadedModel`."""
        request = self._worker.request(
            "chat", stop=stop, messages=_told(messages), sampling=asdict(options), continuing=continuing
        )
        async with aclosing(request) as events:
            async for event in events:
                yield _chunk(event)

    async def count_tokens(self, text: str) -> int:
        """Tokens of a bare text, without template."""
        return int((await self._worker.call("count", text=text))["tokens"])

    async def preview(self, messages: Sequence[Message], options: SamplingOptions) -> dict[str, Any]:
        """The rendered prompt and its figures; see :class:`~slmdesk.runtimes.base.CanCountTokens`."""
        return await self._worker.call("preview", messages=_told(messages), sampling=asdict(options))

    async def save_state(self, conversation_id: str, messages: Sequence[Message]) -> int:
        """Keep the conversation's cache on disk; returns bytes (0: nothing to keep). Raises StorageError."""
        if self._state_dir is None:
            return 0
        path = self._state_path(self._state_dir, conversation_id)
        saved = await self._worker.call("save_state", path=str(path), messages=_told(messages))
        await asyncio.to_thread(_prune, self._state_dir)
        return int(saved["bytes"])

    async def restore_state(self, conversation_id: str) -> int:
        """Read a kept cache back; returns its tokens (0: none, or not for this model)."""
        if self._state_dir is None:
            return 0
        path = self._state_path(self._state_dir, conversation_id)
        if not await asyncio.to_thread(path.is_file):
            return 0
        return int((await self._worker.call("restore_state", path=str(path)))["tokens"])

    def _state_path(self, folder: Path, conversation_id: str) -> Path:
        return folder / f"{_short(conversation_id)}-{_short(self.model.id)}.kv"

    async def unload(self) -> None:
        """End the worker process. A second call does nothing."""
        await self._worker.close()


def _short(text: str) -> str:
    """A name for ``text`` that a file can have."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _told(messages: Sequence[Message]) -> list[dict[str, str]]:
    """The messages as the worker takes them."""
    found = []
    for message in messages:
        entry = {"role": str(message.role), "content": message.prompt_text}
        if message.role is Role.ASSISTANT and message.thinking:
            entry["thinking"] = message.thinking
        found.append(entry)
    return found


def _chunk(event: Event) -> Chunk:
    if event.done is not None:
        timings = Timings.from_dict(event.done.get("timings", {}))
        return Chunk(finish_reason=str(event.done.get("finish_reason", "")), timings=timings)
    return Chunk(text=event.text, thinking=event.thinking, reading=event.progress, eta_s=event.eta_s)


def _described(path: Path) -> Model | None:
    """A file as a model of the list, a damaged one with its problem; None for what is no chat model."""
    if not path.is_file():
        return None
    try:
        header = gguf_header(path)
    except SlmdeskError as error:
        return Model(
            id=f"llama.cpp:{path}",
            name=path.stem,
            runtime=LlamaCpp.name,
            path=path,
            size=path.stat().st_size,
            problem=str(error),
        )
    except OSError:
        return None
    if header.architecture in NOT_CHAT or header.text("general.type") not in {"", "model"}:
        return None
    number, count = header.split or (1, 1)
    if number > 1 or not header.vocabulary:
        return None
    parts = split_files(path, count)
    return Model(
        id=f"llama.cpp:{path}",
        name=re.sub(r"-0*1-of-\d+$", "", path.stem),
        runtime=LlamaCpp.name,
        path=path,
        format=ModelFormat.GGUF,
        size=sum(part.stat().st_size for part in parts),
        parameters=header.number("general.parameter_count") or header.parameters,
        quantization=header.quantization,
        architecture=header.architecture,
        context_length=header.context_length,
    )


def _forget_others(folder: Path, keep: set[str]) -> None:
    """Remove every kept state that is of none of the conversations ``keep`` (their short names)."""
    with suppress(OSError):
        for path in folder.glob("*.kv*"):
            if path.name.partition("-")[0] not in keep:
                path.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    """Remove the oldest kept states beyond MAX_STATES, and what an interrupted save left."""
    with suppress(OSError):
        for part in folder.glob("*.kv.part"):
            if time.time() - part.stat().st_mtime > ABANDONED:
                part.unlink(missing_ok=True)
        states = sorted(folder.glob("*.kv"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in states[MAX_STATES:]:
            path.unlink(missing_ok=True)
