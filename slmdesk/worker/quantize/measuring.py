"""The measuring operations of the engine ``quantize``, each as a generator of steps."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import psutil
from numpy.typing import NDArray

from slmdesk.core.errors import QuantizationError
from slmdesk.worker.llama_cpp.native import Log
from slmdesk.worker.llama_cpp.vocabulary import MAX_TEXT
from slmdesk.worker.quantize import matrix
from slmdesk.worker.quantize.evaluating import Reader
from slmdesk.worker.quantize.scoring import Comparison, keep, kept_width, losses, perplexity_of
from slmdesk.worker.quantize.text import BYTES_PER_TOKEN, chunked, read_text

Steps = Iterator[dict[str, Any]]

MAGIC = b"_logits_"
SAVE_EVERY = 60.0
"""Seconds after which an unfinished importance matrix is saved, so that it can be gone on with."""
_LEAST_CHUNKS = 2  # as the perplexity tool asks
_MOST_VOCABULARY = 1 << 21
_MOST_LENGTH = 1 << 20


def keep_logits(args: dict[str, Any], log: Log) -> Steps:
    """Read a text with the source model and keep its predictions for the second half of each chunk."""
    length, target = int(args["length"]), Path(args["target"])
    with closing(_reader(args, log, length, outputs=length // 2)) as reader:
        yield {"progress": 0.0}
        chunks = _chunks(args, reader, length, _LEAST_CHUNKS)
        kept = np.empty((length - 1 - length // 2, kept_width(reader.vocabulary.size)), np.uint16)
        found = []
        with target.open("wb") as file:
            file.write(MAGIC + struct.pack("<iii", length, reader.vocabulary.size, len(chunks)))
            file.write(chunks.astype("<i4").tobytes())
            clock = _Clock(len(chunks))
            for number, chunk in enumerate(chunks, 1):
                logits, tokens = _second_half(reader, chunk)
                found.append(keep(logits, tokens, kept))
                file.write(kept.data)
                yield clock.at(number)
        value, error = perplexity_of(found)
        yield {"done": {"perplexity": value, "perplexity_error": error, "chunks": len(chunks), "bytes": _size(target)}}


def compare(args: dict[str, Any], log: Log) -> Steps:
    """Read the text of a kept file with another model and compare their predictions."""
    with Path(args["base"]).open("rb") as file:
        length, vocabulary, chunks = _head(file, Path(args["base"]).name)
        started = time.monotonic()
        with closing(_reader(args, log, length, outputs=length // 2)) as reader:
            load_s = time.monotonic() - started
            if reader.vocabulary.size != vocabulary:
                raise QuantizationError(
                    f"{reader.path.name} has {reader.vocabulary.size:,} tokens and the source {vocabulary:,}: they are "
                    "not the same model.",
                    "Compare a model with the file it was made from.",
                )
            rows = length - 1 - length // 2
            comparison, clock = Comparison(), _Clock(len(chunks))
            buffer = np.empty((rows, kept_width(vocabulary)), np.uint16)
            for number, chunk in enumerate(chunks, 1):
                logits, tokens = _second_half(reader, chunk)
                if file.readinto(buffer.data.cast("B")) != buffer.nbytes:
                    raise QuantizationError("The source's kept predictions are cut short.", "Measure the source again.")
                comparison.add(logits, buffer, tokens)
                quality = comparison.quality(length, number)
                yield {**clock.at(number), "data": {"quality": quality}}
            yield {"done": {"quality": quality, "load_s": load_s, "peak_bytes": _peak()}}


def perplexity_only(args: dict[str, Any], log: Log) -> Steps:
    """Perplexity of one model alone, where there is nothing to compare with."""
    length = int(args["length"])
    with closing(_reader(args, log, length, outputs=length // 2)) as reader:
        chunks = _chunks(args, reader, length, _LEAST_CHUNKS)
        found, clock = [], _Clock(len(chunks))
        for number, chunk in enumerate(chunks, 1):
            found.append(losses(*_second_half(reader, chunk)))
            yield clock.at(number)
        value, error = perplexity_of(found)
        yield {"done": {"perplexity": value, "perplexity_error": error, "chunks": len(chunks)}}


def matrix_of(args: dict[str, Any], log: Log) -> Steps:
    """The importance matrix of a model on a text, saved now and then so that it can be gone on with."""
    length, target = int(args["length"]), Path(args["target"])
    collector = matrix.Collector()
    done, datasets = 0, [str(args.get("dataset") or Path(args["text"]).name)]
    if args.get("begin"):
        earlier = matrix.load(Path(args["begin"]))
        if earlier.chunk_length != length:
            raise QuantizationError("The unfinished matrix was made with another context.", "Begin anew.")
        collector.entries, done = dict(earlier.entries), earlier.chunks

    def save(chunks: int) -> None:
        part = target.with_name(target.name + ".writing")
        matrix.save(part, collector.entries, datasets=datasets, chunks=chunks, chunk_length=length)
        part.replace(target)

    with closing(_reader(args, log, length, outputs=length, watch=collector.callback)) as reader:
        chunks = _chunks(args, reader, length, 1)
        clock, saved = _Clock(len(chunks), done), time.monotonic()
        for number, chunk in enumerate(chunks[done:], done + 1):
            reader.read(chunk, range(length))  # without outputs the last layer would not be computed
            collector.check()
            fields = clock.at(number)
            if time.monotonic() - saved > SAVE_EVERY and number < len(chunks):
                save(number)
                saved = time.monotonic()
                fields["data"] = {"saved": number}
            yield fields
        save(len(chunks))
        yield {"done": {"chunks": len(chunks), "entries": len(collector.entries)}}


def speed(args: dict[str, Any], log: Log) -> Steps:
    """Tokens a second: reading 512 and writing 128, each several times after a warm-up."""
    repetitions = max(1, int(args.get("repetitions", 3)))
    prompt, written = int(args.get("prompt", 512)), int(args.get("written", 128))
    started = time.monotonic()
    with closing(_reader(args, log, max(prompt, written) + 32, outputs=1)) as reader:
        load_s = time.monotonic() - started
        rng = np.random.default_rng(1)
        reading, writing = [], []
        for turn in range(repetitions + 1):
            tokens = rng.integers(0, reader.vocabulary.size, prompt, np.int32)
            first = reader.time_reading(tokens)
            second = reader.time_writing(int(tokens[0]), written if turn else 8)
            if turn:  # the first is the warm-up
                reading.append(prompt / first)
                writing.append(written / second)
            yield {"progress": (turn + 1) / (repetitions + 1)}
        yield {
            "done": {
                "pp512": float(np.mean(reading)),
                "pp512_deviation": float(np.std(reading)),
                "tg128": float(np.mean(writing)),
                "tg128_deviation": float(np.std(writing)),
                "load_s": load_s,
                "peak_bytes": _peak(),
            }
        }


class _Clock:
    """Progress and the time that is left."""

    def __init__(self, total: int, done: int = 0) -> None:
        self._total, self._before, self._started = total, done, time.monotonic()

    def at(self, done: int) -> dict[str, Any]:
        each = (time.monotonic() - self._started) / max(1, done - self._before)
        return {"progress": done / self._total, "eta_s": each * (self._total - done)}


def _reader(args: dict[str, Any], log: Log, length: int, **options: Any) -> Reader:
    if not 16 <= length <= _MOST_LENGTH:
        raise QuantizationError(f"A context of {length:,} tokens cannot be measured with.", "Take 512.")
    threads, layers = int(args.get("threads", 0)), int(args.get("gpu_layers", 0))
    return Reader(Path(args["source"]), length, log, threads=threads, gpu_layers=layers, **options)


def _chunks(args: dict[str, Any], reader: Reader, length: int, least: int) -> NDArray[np.int32]:
    most = int(args.get("chunks", 0))
    text = read_text(Path(args["text"]), min(MAX_TEXT, most * length * BYTES_PER_TOKEN) or MAX_TEXT)
    return chunked(reader.vocabulary, text, length, most, least=least)


def _second_half(reader: Reader, chunk: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Logits of the positions that have some context before them, and the tokens that really follow."""
    first = len(chunk) // 2
    logits = reader.read(chunk, range(first, len(chunk)))
    return logits[: len(chunk) - 1 - first], chunk[first + 1 :]


def _head(file: BinaryIO, name: str) -> tuple[int, int, NDArray[np.int32]]:
    """Chunk length, vocabulary and tokens of a kept file. Raises QuantizationError."""
    start = file.read(len(MAGIC) + 12)
    if len(start) < len(MAGIC) + 12 or not start.startswith(MAGIC):
        raise QuantizationError(f"{name} does not hold a model's predictions.", "Measure the source again.")
    length, vocabulary, count = struct.unpack("<iii", start[len(MAGIC) :])
    if not (16 <= length <= _MOST_LENGTH and 0 < vocabulary <= _MOST_VOCABULARY and 0 < count < 1 << 24):
        raise QuantizationError(f"{name} is damaged.", "Measure the source again.")
    tokens = np.frombuffer(file.read(4 * length * count), "<i4")
    if len(tokens) != length * count or tokens.min() < 0 or tokens.max() >= vocabulary:
        raise QuantizationError(f"{name} is damaged.", "Measure the source again.")
    return length, vocabulary, tokens.reshape(count, length).astype(np.int32)


def _size(path: Path) -> int:
    return path.stat().st_size


def _peak() -> int:
    """The most memory that this process held, in bytes, as far as the system tells; else what it holds now."""
    info = psutil.Process().memory_info()
    peak = getattr(info, "peak_wset", 0)
    if not peak:
        try:
            import resource
        except ImportError:
            return int(info.rss)
        import sys

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return int(peak)
