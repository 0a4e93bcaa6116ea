"""A loaded model at work: its queue of requests, its slots, and the decode loop that serves them together.

A step holds one token of every slot that writes and a piece of every prompt that is read, so requests enter and leave
between steps and a long prompt does not stop running answers.
"""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any

from slmdesk.core.chat import FinishReason, SamplingOptions
from slmdesk.core.errors import GenerationError, SlmdeskError
from slmdesk.worker.base import Emit, IsCancelled
from slmdesk.worker.llama_cpp import native
from slmdesk.worker.llama_cpp.loading import NativeModel, fingerprint
from slmdesk.worker.llama_cpp.native import NULL, lib
from slmdesk.worker.llama_cpp.prompts import Prompt, Prompts
from slmdesk.worker.llama_cpp.sampling import Sampler
from slmdesk.worker.llama_cpp.slots import Answer, Batch, Slot, Slots, in_turn
from slmdesk.worker.llama_cpp.state import StateFiles
from slmdesk.worker.llama_cpp.streams import STRUCTURE, AnswerStream
from slmdesk.worker.llama_cpp.templates import CHATML, ChatTemplate
from slmdesk.worker.protocol import Event, Request

READING_SHOWN_AFTER = 0.3
"""Seconds that reading a prompt must take before its progress is told."""
SHARED_STEP = 0.15
"""Seconds of prompt reading in a step while other slots write: how long their next token may wait."""
LEAST_PIECE = 32
"""Tokens of a prompt per step, however slow the machine."""
SLOW_STEP = 0.1
"""Seconds; a step that takes longer can be broken off in its middle, which costs a look at every operation."""
ABORTED, NO_ROOM = 2, 1
"""Codes of ``llama_decode``."""


class Serving:
    """Answers the chat requests of one loaded model, all slots together."""

    def __init__(self, model: NativeModel, state_key: bytes, is_cancelled: IsCancelled) -> None:
        self.model = model
        self._context = model.context
        self._vocabulary = vocabulary = model.vocabulary
        self._is_cancelled = is_cancelled
        source = model.options.chat_template or model.template_source
        self._template = "override" if model.options.chat_template else "model" if source else "chatml"
        template = ChatTemplate(
            source or CHATML, bos=vocabulary.text(vocabulary.bos), eos=vocabulary.text(vocabulary.eos)
        )
        self._prompts = Prompts(vocabulary, template, model.context_length)
        window = lib.llama_model_n_swa(model.model)
        self._slots = Slots(model.slots, model.memory, vocabulary, model.context_length, window)
        self._queue: deque[Answer] = deque()
        self._batch = Batch(model.batch_size, model.slots)
        self._silent = frozenset(t for t in vocabulary.control if vocabulary.text(t) not in STRUCTURE)
        self._prompt_speed = 0.0  # tokens per second, of the last steps
        self._step_seconds = 0.0
        self._decoding: list[int] = []  # the requests in the step that runs
        self._abort = lib.ggml_abort_callback(self._is_unwanted)
        self._no_abort = lib.ggml_abort_callback()
        self._state_key = state_key
        self._states: StateFiles | None = None

    def describe(self) -> dict[str, Any]:
        """Where the chat template comes from: model, override, or chatml for a model without one."""
        return {"template_source": self._template}

    def prompt(self, request: Request) -> Prompt:
        """The prompt of a chat or preview request."""
        options = SamplingOptions.from_dict(request.args.get("sampling") or {})
        continuing = bool(request.args.get("continuing"))
        return self._prompts.build(request.args.get("messages", []), options, continuing=continuing)

    def chat(self, request: Request, emit: Emit) -> None:
        """Queue a chat request. Raises GenerationError and its kind."""
        submitted = time.perf_counter()
        options = SamplingOptions.from_dict(request.args.get("sampling") or {})
        prompt = self.prompt(request)
        stream = AnswerStream(options.stop, prompt.thinking, continuing=bool(request.args.get("continuing")))
        sampler = Sampler(self._vocabulary, options, self.model.context_length)
        self._queue.append(Answer(request.id, emit, prompt, options, sampler, stream, submitted))

    def cancel(self, request_id: int) -> None:
        """End a request, waiting or running."""
        for answer in self._queue:
            if answer.id == request_id:
                self._queue.remove(answer)
                answer.end(FinishReason.CANCELLED, self.model.context_length)
                return
        slot = self._slots.find(request_id)
        if slot is not None:
            self._finish(slot, FinishReason.CANCELLED)

    def step(self) -> bool:
        """Admit what waits, and decode once."""
        while self._queue:
            slot = self._slots.take(self._queue[0], can_share=self.model.can_rewind)
            if slot is None:
                break
            answer = self._queue.popleft()
            answer.started = time.perf_counter()
            answer.sampler.prime(slot.tokens)
        active = self._slots.active
        if not active:
            return False
        self._decode(active)
        return True

    def _decode(self, active: list[Slot]) -> None:
        batch = self._batch
        batch.clear()
        outputs: list[tuple[Slot, int, int]] = []  # slot, its tokens in this batch, the last one's index
        reading: list[Slot] = []
        for slot in active:
            if slot.past == len(slot.tokens) - 1:
                outputs.append((slot, 1, batch.add_one(slot.index, slot.tokens[-1], slot.past)))
            else:
                reading.append(slot)
        if reading:
            room = self._reading_room(len(outputs))
            for slot in in_turn(reading):
                piece = slot.tokens[slot.past : slot.past + room]
                if piece:
                    complete = slot.past + len(piece) == len(slot.tokens)
                    outputs.append((slot, len(piece), batch.add(slot.index, piece, slot.past, output=complete)))
                    room -= len(piece)
        code = self._run(active, breakable=bool(reading) or self._step_seconds > SLOW_STEP)
        if code:
            self._failed(code, active)
            return
        if reading:
            self._note_speed(sum(count for slot, count, _ in outputs if slot in reading))
        for slot, count, index in outputs:
            slot.past += count
            if slot.past == len(slot.tokens):
                self._next_token(slot, index)
            else:
                self._tell_progress(slot)

    def _reading_room(self, writing: int) -> int:
        """How many prompt tokens a step takes: one compute batch, or less while others write and wait."""
        room = max(1, self.model.ubatch_size - writing)
        if writing:
            room = min(room, max(LEAST_PIECE, int(self._prompt_speed * SHARED_STEP)))
        return room

    def _note_speed(self, tokens: int) -> None:
        if self._step_seconds > 0 and tokens >= LEAST_PIECE:
            speed = tokens / self._step_seconds
            self._prompt_speed = speed if not self._prompt_speed else (self._prompt_speed + speed) / 2

    def _run(self, active: list[Slot], *, breakable: bool) -> int:
        """One llama_decode. A breakable one ends early when a request in it is cancelled."""
        start = time.perf_counter()
        if breakable:
            self._decoding = [slot.answer.id for slot in active if slot.answer is not None]
            lib.llama_set_abort_callback(self._context, self._abort, NULL)
        try:
            return self._batch.decode(self._context)
        finally:
            if breakable:
                lib.llama_set_abort_callback(self._context, self._no_abort, NULL)
            self._step_seconds = time.perf_counter() - start

    def _is_unwanted(self, _data: object) -> bool:
        return any(map(self._is_cancelled, self._decoding))

    def _failed(self, code: int, active: list[Slot]) -> None:
        """A step that llama.cpp did not do: the caches go back to what is known to be in them."""
        for slot in active:
            self._slots.roll_back(slot)
        if code == ABORTED:
            for slot in active:
                if slot.answer is not None and self._is_cancelled(slot.answer.id):
                    self._finish(slot, FinishReason.CANCELLED)
            return
        kept = [slot for slot in self._slots.idle if slot.past]
        if code == NO_ROOM and kept:
            self._slots.forget(kept[0])
            return
        error = GenerationError(
            "llama.cpp could not go on with this answer.",
            "Try again. If it happens again, load the model anew with a shorter context.",
            f"llama_decode returned {code}",
        )
        for slot in active:
            self._slots.forget(slot)
            self._fail(slot, error)

    def _next_token(self, slot: Slot, index: int) -> None:
        answer = slot.answer
        assert answer is not None
        try:
            token = answer.sample(self._context, index)
        except GenerationError as error:
            self._fail(slot, error)
            return
        answer.last = time.perf_counter()
        answer.count += 1
        if answer.count == 1:
            answer.first = answer.last
        if token in self._vocabulary.end_tokens:
            self._finish(slot, FinishReason.STOP)
            return
        slot.tokens.append(token)
        if token not in self._silent:
            stream = answer.stream
            was_thinking = stream.thinking
            answer.show(stream.feed(self._vocabulary.piece(token)))
            if was_thinking and not stream.thinking:
                answer.thinking_ended = answer.last
            if stream.stopped:
                self._finish(slot, FinishReason.STOP)
                return
        if answer.count == answer.options.max_tokens:
            self._finish(slot, FinishReason.LENGTH)
        elif len(slot.tokens) >= self.model.context_length:
            self._finish(slot, FinishReason.CONTEXT)

    def _tell_progress(self, slot: Slot) -> None:
        answer = slot.answer
        assert answer is not None
        total = answer.prompt_tokens - answer.cached_tokens
        read = slot.past - answer.cached_tokens
        elapsed = time.perf_counter() - answer.started
        if read > 0 and elapsed * total / read > READING_SHOWN_AFTER:
            eta = elapsed * (total - read) / read
            answer.emit(Event(answer.id, progress=round(read / total, 4), eta_s=round(eta, 2)))

    def _finish(self, slot: Slot, reason: FinishReason) -> None:
        answer = slot.answer
        assert answer is not None
        slot.free()
        answer.end(reason, self.model.context_length)

    def _fail(self, slot: Slot, error: SlmdeskError) -> None:
        answer = slot.answer
        assert answer is not None
        slot.free()
        answer.show(answer.stream.finish())
        told = {"kind": error.kind, "message": error.message, "hint": error.hint, "details": error.details}
        answer.emit(Event(answer.id, error=told))
        answer.sampler.close()

    def _files(self) -> StateFiles | None:
        """The kept states of this model; None without a key, or where a cache cannot be rewound to a beginning."""
        if not self._state_key:
            return None
        if self._states is None:
            options = self.model.options
            binding = {
                "model": fingerprint(self.model.path),
                "llama_cpp": native.versions()["llama_cpp"],
                "bindings": native.versions()["bindings"],
                "cache_type_k": options.cache_type_k,
                "cache_type_v": options.cache_type_v,
            }
            self._states = StateFiles(self._context, self._state_key, binding)
        return self._states

    def save_state(self, path: Path, request: Request) -> dict[str, Any]:
        """Keep the cache of the slot that holds a conversation."""
        nothing = {"bytes": 0, "tokens": 0}
        files = self._files()
        messages = request.args.get("messages", [])
        if files is None or not messages:
            return nothing
        answered = len(messages) > 1 and messages[-1].get("role") == "assistant"
        wanted = self._prompts.build(messages[:-1] if answered else messages, SamplingOptions()).tokens
        slot = self._slots.holding(wanted)
        if slot is None:
            return nothing
        tokens = slot.cached
        size = files.save(path, slot.index, tokens)
        return {"bytes": size, "tokens": len(tokens)} if size else nothing

    def restore_state(self, path: Path) -> dict[str, Any]:
        """Put a kept cache into an idle slot."""
        files = self._files()
        idle = self._slots.idle
        if files is None or not idle:
            return {"tokens": 0}
        slot = idle[0]
        self._slots.forget(slot)
        tokens = files.restore(path, slot.index, self.model.context_length)
        if not tokens:
            self._slots.forget(slot)  # a refused state may have left something behind
        self._slots.put(slot, tokens)
        return {"tokens": len(tokens)}

    def close(self) -> None:
        """End all requests and give the memory back."""
        for slot in self._slots.active:
            self._finish(slot, FinishReason.CANCELLED)
        while self._queue:
            self._queue.popleft().end(FinishReason.CANCELLED, self.model.context_length)
        self._batch.close()
        self.model.close()
