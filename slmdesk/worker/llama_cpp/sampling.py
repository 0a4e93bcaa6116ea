"""Choosing the next token: the options of a request as a chain of llama.cpp's C samplers, with a grammar beside it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import tempfile
from array import array
from collections.abc import Callable, Iterator
from typing import IO, Any

from slmdesk.core.chat import SamplingOptions
from slmdesk.core.errors import GenerationError
from slmdesk.worker.llama_cpp.native import lib
from slmdesk.worker.llama_cpp.schemas import grammar_of
from slmdesk.worker.llama_cpp.vocabulary import Vocabulary

DRY_BREAKERS = (b"\n", b":", b'"', b"*")
"""llama.cpp's own default: what ends a repetition for the DRY sampler."""
MAX_GRAMMAR = 256 * 1024
"""Characters of a grammar or of a JSON schema."""
MIROSTAT_M = 100
"""The paper's number of tokens that mirostat 1 estimates from."""


class Sampler:
    """The sampler of one request; the same seed and the same logits give the same tokens.

    Raises GenerationError for a grammar, a JSON schema or a bias that cannot be used. ``context_length`` is what -1 in
    ``repeat_last_n`` and ``dry_penalty_last_n`` means.
    """

    def __init__(self, vocabulary: Vocabulary, options: SamplingOptions, context_length: int) -> None:
        self.seed = secrets.randbits(32) if options.seed is None else options.seed & 0xFFFFFFFF
        self._vocabulary = vocabulary
        self._memory = 0
        """How many tokens of the prompt the chain wants to know."""
        grammar = _grammar_text(options)
        self._grammar = _grammar(vocabulary, grammar) if grammar else None
        self._candidates = _Candidates(vocabulary.size) if grammar else None
        self._chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        try:
            for part in self._parts(options, context_length):
                lib.llama_sampler_chain_add(self._chain, part)
        except BaseException:
            self.close()
            raise

    def _parts(self, options: SamplingOptions, context_length: int) -> Iterator[Any]:
        """The chain in llama.cpp's order."""
        if options.logit_bias:
            yield self._bias(options.logit_bias)
        yield from self._repetition(options, context_length)
        if options.temperature <= 0:
            yield lib.llama_sampler_init_greedy()
            return
        if options.mirostat:
            yield lib.llama_sampler_init_temp(options.temperature)
            tau, eta = options.mirostat_tau, options.mirostat_eta
            if options.mirostat == 1:
                yield lib.llama_sampler_init_mirostat(self._vocabulary.size, self.seed, tau, eta, MIROSTAT_M)
            else:
                yield lib.llama_sampler_init_mirostat_v2(self.seed, tau, eta)
            return
        yield from self._narrowing(options)
        yield lib.llama_sampler_init_temp(options.temperature)
        yield lib.llama_sampler_init_dist(self.seed)

    def _bias(self, biases: tuple[tuple[int, float], ...]) -> Any:
        array_type = lib.llama_logit_bias * len(biases)
        wanted = array_type()
        for entry, (token, bias) in zip(wanted, biases, strict=True):
            if not 0 <= int(token) < self._vocabulary.size:
                raise GenerationError(
                    f"The logit bias names token {token}, but the model has {self._vocabulary.size} tokens.",
                    "Remove it from the sampling options.",
                )
            entry.token, entry.bias = int(token), float(bias)
        return lib.llama_sampler_init_logit_bias(self._vocabulary.size, len(biases), wanted)

    def _repetition(self, options: SamplingOptions, context_length: int) -> Iterator[Any]:
        last = _last(options.repeat_last_n, context_length)
        penalties = (max(options.repeat_penalty, 1e-3), options.frequency_penalty, options.presence_penalty)
        if last and penalties != (1.0, 0.0, 0.0):
            self._memory = max(self._memory, last)
            yield lib.llama_sampler_init_penalties(self._vocabulary.size, last, *penalties)
        last = _last(options.dry_penalty_last_n, context_length)
        if last and options.dry_multiplier > 0:
            self._memory = max(self._memory, last)
            breakers = (ctypes.c_char_p * len(DRY_BREAKERS))(*DRY_BREAKERS)
            yield lib.llama_sampler_init_dry(
                self._vocabulary.pointer,
                options.dry_multiplier,
                options.dry_base,
                options.dry_allowed_length,
                last,
                breakers,
                len(DRY_BREAKERS),
            )

    def _narrowing(self, options: SamplingOptions) -> Iterator[Any]:
        if options.top_k > 0:
            yield lib.llama_sampler_init_top_k(options.top_k)
        if options.typical_p < 1:
            yield lib.llama_sampler_init_typical(options.typical_p, 1)
        if options.top_p < 1:
            yield lib.llama_sampler_init_top_p(options.top_p, 1)
        if options.min_p > 0:
            yield lib.llama_sampler_init_min_p(options.min_p, 1)
        if options.xtc_probability > 0:
            yield lib.llama_sampler_init_xtc(options.xtc_probability, options.xtc_threshold, 1, self.seed)

    def prime(self, prompt: array[int]) -> None:
        """Let the repetition samplers know the end of the prompt."""
        for token in prompt[max(0, len(prompt) - self._memory) :] if self._memory else ():
            lib.llama_sampler_accept(self._chain, token)

    @property
    def sample(self) -> Callable[[Any, int], int]:
        """Chooses and accepts a token: called with the context and the index of the output in the last batch."""
        if self._grammar is not None:
            return self._sample_with_grammar
        chain, native = self._chain, lib.llama_sampler_sample
        return lambda context, index: native(chain, context, index)

    def _sample_with_grammar(self, context: Any, index: int) -> int:
        """As llama.cpp's own tools do: the grammar is asked about the chosen token, and about all only if it refuses.

        Asking about all tokens of a large vocabulary takes longer than a small model takes to decode.
        """
        candidates = self._candidates
        assert candidates is not None
        logits = lib.llama_get_logits_ith(context, index)
        candidates.fill(logits)
        lib.llama_sampler_apply(self._chain, candidates.reference)
        token = candidates.selected()
        if not self._allowed(token):
            candidates.fill(logits)
            lib.llama_sampler_apply(self._grammar, candidates.reference)
            lib.llama_sampler_apply(self._chain, candidates.reference)
            token = candidates.selected()
            if not self._allowed(token):  # accepting it would abort the process
                raise GenerationError(
                    "The grammar allows no text that this model can write here.", "Change the grammar or the schema."
                )
        lib.llama_sampler_accept(self._grammar, token)
        lib.llama_sampler_accept(self._chain, token)
        return token

    def _allowed(self, token: int) -> bool:
        single = lib.llama_token_data(token, 1.0, 0.0)
        one = lib.llama_token_data_array(ctypes.pointer(single), 1, -1, 0)
        lib.llama_sampler_apply(self._grammar, ctypes.byref(one))
        return float(single.logit) != -float("inf")

    def close(self) -> None:
        """Give the chain back."""
        if self._chain is not None:
            lib.llama_sampler_free(self._chain)
            self._chain = None
        if self._grammar is not None:
            lib.llama_sampler_free(self._grammar)
            self._grammar = None


def _last(wanted: int, context_length: int) -> int:
    """How many tokens a sampler looks back on: no more than there can be, for it makes room for them all at once."""
    return context_length if wanted < 0 else min(wanted, context_length)


class _Candidates:
    """All tokens with their logits, as the samplers take them; filled without a Python loop."""

    def __init__(self, size: int) -> None:
        self._data = (lib.llama_token_data * size)()
        self._bytes = memoryview(self._data).cast("B")
        fresh = (lib.llama_token_data * size)()
        memoryview(fresh).cast("B").cast("i")[0::3] = memoryview(array("i", range(size)))
        self._fresh = bytes(fresh)  # ids, and zeros
        self._logits = self._bytes.cast("f")[1::3]
        self._size = size
        self._array = lib.llama_token_data_array()
        self.reference = ctypes.byref(self._array)

    def fill(self, logits: Any) -> None:
        self._bytes[:] = self._fresh
        source = ctypes.cast(logits, ctypes.POINTER(ctypes.c_float * self._size)).contents
        self._logits[:] = memoryview(source).cast("B").cast("f")
        self._array.data = ctypes.cast(self._data, lib.llama_token_data_p)
        self._array.size = self._size
        self._array.selected = -1
        self._array.sorted = False

    def selected(self) -> int:
        return int(self._array.data[self._array.selected].id)


def _grammar_text(options: SamplingOptions) -> str:
    if options.grammar and options.json_schema:
        raise GenerationError("A grammar and a JSON schema exclude each other.", "Remove one of them.")
    if max(len(options.grammar), len(options.json_schema)) > MAX_GRAMMAR:
        raise GenerationError(f"The grammar is longer than {MAX_GRAMMAR // 1024} KB.", "Use a shorter one.")
    return grammar_of(options.json_schema) if options.json_schema else options.grammar


def _grammar(vocabulary: Vocabulary, text: str) -> Any:
    if "\0" in text:  # it would end the text in C: a grammar of less, or of nothing, which allows everything
        raise GenerationError("The grammar is not valid.", "Remove the NUL character from it.")
    with _stderr() as written:
        grammar = lib.llama_sampler_init_grammar(vocabulary.pointer, text.encode(), b"root")
    if not grammar:
        raise GenerationError(
            "The grammar is not valid.",
            "It must be GBNF, with a rule named root that does not begin with itself.",
            "".join(written)[:2000],
        )
    return grammar


@contextlib.contextmanager
def _stderr() -> Iterator[list[str]]:
    """What native code prints to stderr meanwhile: llama.cpp tells a grammar's mistake nowhere else."""
    written: list[str] = []
    with _scratch_file() as file:
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield written
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            file.seek(0)
            written.append(file.read().decode(errors="replace"))


def _scratch_file() -> IO[bytes]:
    """A file that never has a name; in memory where the system has that, as a worker may be barred from the disk."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stderr"), "w+b")
    return tempfile.TemporaryFile()
