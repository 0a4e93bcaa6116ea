"""The slots of a context: which tokens each holds, and which request it works on."""

from __future__ import annotations

import ctypes
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from slmdesk.core.chat import FinishReason, SamplingOptions, Timings
from slmdesk.worker.base import Emit
from slmdesk.worker.llama_cpp.native import lib
from slmdesk.worker.llama_cpp.prompts import Prompt
from slmdesk.worker.llama_cpp.sampling import Sampler
from slmdesk.worker.llama_cpp.streams import AnswerStream
from slmdesk.worker.llama_cpp.vocabulary import Vocabulary
from slmdesk.worker.protocol import Event


@dataclass(slots=True, eq=False)
class Answer:
    """One chat request on its way: what is to be read, how it is sampled, and what happened when.

    Times are ``time.perf_counter`` seconds, 0 while they have not come.
    """

    id: int
    emit: Emit
    prompt: Prompt
    options: SamplingOptions
    sampler: Sampler
    stream: AnswerStream
    submitted: float
    sample: Callable[[Any, int], int] = field(init=False)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    count: int = 0
    """Tokens sampled so far."""
    started: float = 0.0
    first: float = 0.0
    last: float = 0.0
    thinking_ended: float = 0.0

    def __post_init__(self) -> None:
        self.sample = self.sampler.sample

    def show(self, pieces: tuple[str, str]) -> None:
        """Send what the stream gave."""
        thinking, text = pieces
        if thinking:
            self.emit(Event(self.id, thinking=thinking))
        if text:
            self.emit(Event(self.id, text=text))

    def end(self, reason: FinishReason, context_length: int) -> None:
        """Send the rest and the figures; nothing follows."""
        self.show(self.stream.finish())
        timings = self.timings(context_length)
        figures = {name: getattr(timings, name) for name in timings.__dataclass_fields__}
        self.emit(Event(self.id, done={"finish_reason": str(reason), "timings": figures, "seed": self.sampler.seed}))
        self.sampler.close()

    def timings(self, context_length: int) -> Timings:
        """The figures so far."""
        evaluated = self.prompt_tokens - self.cached_tokens
        reading, writing = self.first - self.started, self.last - self.first
        thinking_until = (self.thinking_ended or self.last) if self.stream.thought and self.count else self.first
        return Timings(
            prompt_tokens=self.prompt_tokens,
            cached_tokens=self.cached_tokens,
            completion_tokens=self.count,
            ttft_ms=round((self.first - self.submitted) * 1000, 3) if self.count else 0.0,
            prompt_tps=round(evaluated / reading, 3) if self.count and reading > 0 else 0.0,
            generation_tps=round((self.count - 1) / writing, 3) if self.count > 1 and writing > 0 else 0.0,
            thinking_ms=round((thinking_until - self.first) * 1000, 3),
            context_length=context_length,
            dropped_messages=self.prompt.dropped_messages,
            dropped_tokens=self.prompt.dropped_tokens,
        )


class Slot:
    """One sequence of the context. The first ``past`` of ``tokens`` are in the cache, the rest is to be evaluated."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.tokens = array("i")
        self.past = 0
        self.answer: Answer | None = None
        self.used = 0.0

    @property
    def cached(self) -> array[int]:
        """The tokens in the cache."""
        return self.tokens[: self.past]

    def free(self) -> None:
        """Let the request go; the cache stays for the next one with the same beginning."""
        self.answer = None
        self.used = time.perf_counter()


class Slots:
    """All slots of one context, and the ways cached beginnings are found, cut and shared."""

    def __init__(
        self, count: int, memory: Any, vocabulary: Vocabulary, context_length: int, sliding_window: int
    ) -> None:
        self._slots = [Slot(i) for i in range(count)]
        self._memory = memory
        self._vocabulary = vocabulary
        self._context_length = context_length
        self._sliding_window = sliding_window

    @property
    def active(self) -> list[Slot]:
        """The slots that work on a request."""
        return [slot for slot in self._slots if slot.answer is not None]

    @property
    def idle(self) -> list[Slot]:
        """The slots that do not, the least recently used first."""
        return sorted((s for s in self._slots if s.answer is None), key=lambda s: (s.past > 0, s.used))

    def find(self, request_id: int) -> Slot | None:
        """The slot that works on a request."""
        return next((s for s in self._slots if s.answer is not None and s.answer.id == request_id), None)

    def holding(self, tokens: array[int]) -> Slot | None:
        """The slot whose cache begins as ``tokens`` do, for at least half of them."""
        best = max(self._slots, key=lambda slot: self._vocabulary.splice(slot.cached, tokens)[0])
        return best if 2 * self._vocabulary.splice(best.cached, tokens)[1] >= len(tokens) > 0 else None

    def take(self, answer: Answer, *, can_share: bool) -> Slot | None:
        """Give ``answer`` the idle slot that saves the most reading; None while all are busy.

        The beginning may come from another slot's cache. A slot that holds a much longer chat is left alone where
        another one is idle.
        """
        idle = self.idle
        if not idle:
            return None
        wanted = answer.prompt.tokens
        reach = {slot: self._usable(slot, wanted) for slot in (self._slots if can_share else idle)}
        source = max(reach, key=lambda slot: min(reach[slot][0], slot.past))
        kept = min(reach[source][0], source.past)
        if source.answer is None and (2 * kept >= source.past or not can_share or len(idle) == 1):
            target = source
        else:
            target = idle[1] if idle[0] is source and kept and len(idle) > 1 else idle[0]
            if kept > min(reach[target][0], target.past):
                self._share(source, target, kept)
            else:
                source = target
        length, rest = reach[source]
        tokens = source.tokens[:length] + wanted[rest:]
        kept = self._rewind(target, min(length, target.past, len(tokens) - 1))
        target.tokens, target.past, target.answer = tokens, kept, answer
        answer.prompt_tokens, answer.cached_tokens = len(tokens), kept
        return target

    def _usable(self, slot: Slot, wanted: array[int]) -> tuple[int, int]:
        """How far a slot's tokens say what is wanted: (how many of its tokens, of the wanted ones)."""
        here, there = self._vocabulary.splice(slot.tokens, wanted)
        if here + len(wanted) - there > max(len(wanted), self._context_length * 7 // 8):
            return 0, 0  # the slot's wording takes so many more tokens that the answer would not fit
        return here, there

    def _share(self, source: Slot, target: Slot, length: int) -> None:
        lib.llama_memory_seq_rm(self._memory, target.index, -1, -1)
        lib.llama_memory_seq_cp(self._memory, source.index, target.index, 0, length)
        target.past = length

    def _rewind(self, slot: Slot, length: int) -> int:
        """Cut a slot's cache to ``length`` tokens; returns what is really left: all or nothing."""
        if length < slot.past and not lib.llama_memory_seq_rm(self._memory, slot.index, length, -1):
            length = 0
        first = lib.llama_memory_seq_pos_min(self._memory, slot.index)
        if length and first > max(0, length - self._sliding_window):
            length = 0  # the window has moved on: what is needed before this point is gone
        if not length:
            lib.llama_memory_seq_rm(self._memory, slot.index, -1, -1)
        return length

    def roll_back(self, slot: Slot) -> None:
        """Undo what a broken-off step may have put into the cache."""
        if not lib.llama_memory_seq_rm(self._memory, slot.index, slot.past, -1):
            self.forget(slot)

    def forget(self, slot: Slot) -> None:
        """Empty a slot's cache; what its request has so far is read again."""
        lib.llama_memory_seq_rm(self._memory, slot.index, -1, -1)
        slot.past = 0
        if slot.answer is None:
            slot.tokens = array("i")

    def put(self, slot: Slot, tokens: array[int]) -> None:
        """Note that a slot's cache now holds just these tokens."""
        slot.tokens, slot.past, slot.used = tokens, len(tokens), time.perf_counter()


class Batch:
    """The input of one decode step, allocated once. Filled through memory views: no Python loop over a prompt."""

    def __init__(self, size: int, slots: int) -> None:
        self._native = lib.llama_batch_init(size, 0, 1)
        self._tokens = _view(self._native.token, ctypes.c_int32, size, "i")
        self._positions = _view(self._native.pos, ctypes.c_int32, size, "i")
        self._outputs = _view(self._native.logits, ctypes.c_int8, size, "b")
        _view(self._native.n_seq_id, ctypes.c_int32, size, "i")[:] = array("i", [1]) * size
        self._sequences = _view(self._native.seq_id, ctypes.c_void_p, size, "Q")
        self._own_sequences = bytes(self._sequences.cast("B"))  # llama_batch_free frees these
        self._ids = [(ctypes.c_int32 * 1)(i) for i in range(slots)]
        self._id_addresses = [ctypes.addressof(cell) for cell in self._ids]
        self.size = 0

    def clear(self) -> None:
        """Make it empty."""
        self.size = 0

    def add_one(self, slot: int, token: int, position: int) -> int:
        """Add a token whose output is wanted; returns the output's index."""
        at = self.size
        self._tokens[at] = token
        self._positions[at] = position
        self._sequences[at] = self._id_addresses[slot]
        self._outputs[at] = 1
        self.size = at + 1
        return at

    def add(self, slot: int, tokens: array[int], position: int, *, output: bool) -> int:
        """Add a piece of a prompt; with ``output`` its last token's output is wanted. Returns the last one's index."""
        at, count = self.size, len(tokens)
        end = at + count
        self._tokens[at:end] = memoryview(tokens)
        self._positions[at:end] = memoryview(array("i", range(position, position + count)))
        self._sequences[at:end] = memoryview(array("Q", [self._id_addresses[slot]]) * count)
        self._outputs[at:end] = memoryview(array("b", bytes(count)))
        self._outputs[end - 1] = output
        self.size = end
        return end - 1

    def decode(self, context: Any) -> int:
        """Run llama.cpp over the batch; returns its code, 0 for success."""
        self._native.n_tokens = self.size
        return int(lib.llama_decode(context, self._native))

    def close(self) -> None:
        """Give the memory back."""
        self._sequences.cast("B")[:] = self._own_sequences
        lib.llama_batch_free(self._native)


def _view(pointer: Any, kind: Any, size: int, form: str) -> memoryview:
    whole = ctypes.cast(pointer, ctypes.POINTER(kind * size)).contents
    return memoryview(whole).cast("B").cast(form)  # type: ignore[call-overload,no-any-return]


def in_turn(slots: Sequence[Slot]) -> list[Slot]:
    """The slots in the order in which their requests came."""
    return sorted(slots, key=lambda slot: slot.answer.submitted if slot.answer else 0.0)
