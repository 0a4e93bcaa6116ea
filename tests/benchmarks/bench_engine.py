"""The llama.cpp engine against the bare library: ``python -m tests.benchmarks engine``.

A random model of a real shape (24 layers x 896, 152k tokens, Q4_0, 350 MB) is made once per run in the system's folder
for temporary files; ``SLMDESK_BENCH_FOLDER`` names a folder to keep it in. Baselines are measured in the same run, by
turns with what is compared, so that other load on the machine meets both; the medians are compared.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing, nullcontext
from pathlib import Path
from typing import Any

from slmdesk.core.chat import LoadOptions, Message, Role, SamplingOptions, Timings
from slmdesk.core.models import Model
from slmdesk.runtimes.llama_cpp import LlamaCpp, LlamaCppModel
from tests.benchmarks.random_gguf import HALF_BILLION, SPECIAL, quantize, write_model
from tests.benchmarks.row import Row

THREADS = os.cpu_count() or 2
LOADS, ROUNDS = 4, 3
ANSWER = 64
"""Tokens of an answer."""
FIRST_SPECIAL = HALF_BILLION.vocabulary - len(SPECIAL)
ENDLESS = tuple((FIRST_SPECIAL + i, -1e9) for i in range(len(SPECIAL)))
PLAIN = SamplingOptions(seed=1, max_tokens=ANSWER, logit_bias=ENDLESS)


class Bare:
    """The least that makes tokens with llama.cpp: decode one, sample one, in a loop."""

    def __init__(self, path: Path) -> None:
        from slmdesk.worker.llama_cpp.native import lib

        self._lib = lib
        quiet = lib.llama_log_callback(lambda *_: None)
        lib.llama_log_set(quiet, None)
        self._keep = quiet
        lib.llama_backend_init()
        self._model = lib.llama_model_load_from_file(os.fsencode(path), lib.llama_model_default_params())
        params = lib.llama_context_default_params()
        params.n_ctx, params.n_threads, params.n_threads_batch = 1024, THREADS, THREADS
        params.n_outputs_max = params.n_seq_max = 1
        self._context = lib.llama_init_from_model(self._model, params)
        self._vocabulary = lib.llama_model_get_vocab(self._model)

    def speed(self, count: int) -> float:
        """Tokens per second over ``count`` tokens after a short prompt."""
        lib, context = self._lib, self._context
        lib.llama_memory_clear(lib.llama_get_memory(context), 1)
        chain = self._chain()
        prompt = (ctypes.c_int32 * 16)(*range(300, 316))
        lib.llama_decode(context, lib.llama_batch_get_one(prompt, 16))
        token = (ctypes.c_int32 * 1)(lib.llama_sampler_sample(chain, context, -1))
        start = time.perf_counter()
        for _ in range(count):
            lib.llama_decode(context, lib.llama_batch_get_one(token, 1))
            token[0] = lib.llama_sampler_sample(chain, context, -1)
        elapsed = time.perf_counter() - start
        lib.llama_sampler_free(chain)
        return count / elapsed

    def _chain(self) -> Any:
        """The samplers that the engine uses for the same options."""
        lib = self._lib
        chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        biases = (lib.llama_logit_bias * len(ENDLESS))(*ENDLESS)
        for part in (
            lib.llama_sampler_init_logit_bias(lib.llama_vocab_n_tokens(self._vocabulary), len(ENDLESS), biases),
            lib.llama_sampler_init_top_k(PLAIN.top_k),
            lib.llama_sampler_init_top_p(PLAIN.top_p, 1),
            lib.llama_sampler_init_min_p(PLAIN.min_p, 1),
            lib.llama_sampler_init_temp(PLAIN.temperature),
            lib.llama_sampler_init_dist(1),
        ):
            lib.llama_sampler_chain_add(chain, part)
        return chain

    def close(self) -> None:
        self._lib.llama_free(self._context)
        self._lib.llama_model_free(self._model)


async def _ask(loaded: LlamaCppModel, messages: Sequence[Message], options: SamplingOptions) -> tuple[str, Timings]:
    text = ""
    timings = Timings()
    async with aclosing(loaded.chat(messages, options)) as chunks:
        async for chunk in chunks:
            text += chunk.text
            timings = chunk.timings or timings
    return text, timings


async def _stream_speed(loaded: LlamaCppModel, seed: int) -> float:
    """Tokens per second as the window sees them: from the first piece of text to the end."""
    first = 0.0
    options = SamplingOptions(seed=seed, max_tokens=ANSWER + 1, logit_bias=ENDLESS)
    async with aclosing(loaded.chat([Message(Role.USER, "Tell me something.")], options)) as chunks:
        async for chunk in chunks:
            if chunk.text and not first:
                first = time.perf_counter()
    return ANSWER / (time.perf_counter() - first)


async def _generation(model: Model, load: Any) -> Row:
    """Both are loaded anew several times: where a process's memory happens to lie makes some percent of difference."""
    ours, theirs = [], []
    for seed in range(LOADS):
        bare = await asyncio.to_thread(Bare, model.path)
        loaded = await load(slots=1, context_length=1024)
        for _ in range(ROUNDS):
            theirs.append(bare.speed(ANSWER))
            ours.append(await _stream_speed(loaded, seed))
        bare.close()
        await loaded.unload()
    stream, loop = statistics.median(ours), statistics.median(theirs)
    what = "generation seen by the window / bare decode-and-sample loop"
    return Row(what, f"{stream / loop:.3f} ({stream:.1f} / {loop:.1f} tok/s)", ">= 0.97", stream / loop >= 0.97)


async def _slots(load: Any) -> Row:
    loaded = await load(slots=8, context_length=512)
    questions = [[Message(Role.USER, f"Question number {i}: what is it")] for i in range(8)]
    options = SamplingOptions(seed=1, max_tokens=48, logit_bias=ENDLESS)
    ratios = []
    for _ in range(3):
        start = time.perf_counter()
        for question in questions:
            await _ask(loaded, question, options)
        one_by_one = time.perf_counter() - start
        start = time.perf_counter()
        await asyncio.gather(*(_ask(loaded, question, options) for question in questions))
        ratios.append(one_by_one / (time.perf_counter() - start))
    await loaded.unload()
    ratio = statistics.median(ratios)
    return Row("8 requests at once / one after the other", f"{ratio:.2f}", ">= 1.4", ratio >= 1.4)


async def _turns(load: Any) -> Row:
    loaded = await load(slots=1, context_length=2048)
    messages = [Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "First question")]
    known, again = 0, 0
    for turn in range(5):
        text, timings = await _ask(loaded, messages, SamplingOptions(seed=turn, max_tokens=32, logit_bias=LETTERS))
        again = max(again, known - timings.cached_tokens)
        known = timings.prompt_tokens + timings.completion_tokens - 1
        messages += [Message(Role.ASSISTANT, text), Message(Role.USER, f"Question number {turn}")]
    await loaded.unload()
    return Row("known prompt tokens read again on turns 2 to 5", str(again), "0", again == 0)


LETTERS = tuple((token, -1e9) for token in (*range(32), *range(127, 256))) + ENDLESS
"""Bytes that are no text of their own are left out, so that an answer survives being text."""


async def _reopening(load: Any) -> Row:
    messages = [Message(Role.USER, "word " * 1300 + "and then?")]
    short = SamplingOptions(seed=1, max_tokens=8, logit_bias=LETTERS)
    loaded = await load(slots=1, context_length=8192)
    text, cold = await _ask(loaded, messages, short)
    messages.append(Message(Role.ASSISTANT, text))
    start = time.perf_counter()
    size = await loaded.save_state("bench", messages)
    saving = time.perf_counter() - start
    await loaded.unload()
    messages.append(Message(Role.USER, "And now?"))
    loaded = await load(slots=1, context_length=8192)
    start = time.perf_counter()
    await loaded.restore_state("bench")
    restoring = time.perf_counter() - start
    _, warm = await _ask(loaded, messages, short)
    await loaded.unload()
    reopened, anew = restoring + warm.ttft_ms / 1000, cold.ttft_ms / 1000
    ratio = reopened / anew
    figures = (
        f"{ratio:.4f} ({cold.prompt_tokens} tokens: {reopened:.2f} s / {anew:.1f} s; "
        f"{size / 1e6:.0f} MB saved in {saving:.2f} s)"
    )
    return Row("reopening a chat after a restart, time to first token / cold", figures, "<= 0.15", ratio <= 0.15)


async def _measure(folder: Path) -> list[Row]:
    path = folder / "random-0.5b-q4_0.gguf"
    if not path.exists():
        whole = write_model(folder / "random-0.5b-f16.gguf", HALF_BILLION)
        quantize(whole, path)
        whole.unlink()
    model = Model("bench", "Random 0.5B", "llama.cpp", path, size=path.stat().st_size)
    with tempfile.TemporaryDirectory() as states:
        runtime = LlamaCpp([folder], Path(states), bytes(range(32)))
        async with AsyncExitStack() as stack:

            async def load(**options: Any) -> LlamaCppModel:
                loaded = await runtime.load(model, LoadOptions(threads=THREADS, **options))
                stack.push_async_callback(loaded.unload)
                return loaded

            rows = []
            for measured in (_generation(model, load), _slots(load), _turns(load), _reopening(load)):
                rows.append(await measured)
                print(rows[-1], file=sys.stderr, flush=True)
            return rows


def run() -> list[Row]:
    """Measure; takes a few minutes on two cores."""
    kept = os.environ.get("SLMDESK_BENCH_FOLDER")
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))
