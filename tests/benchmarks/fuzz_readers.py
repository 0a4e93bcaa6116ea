"""A fuzz of the readers of model files: ``python -m tests.benchmarks.fuzz_readers [INPUTS] [SEED]`` (a million).

Inputs are sound and hostile files, changed at random: bytes, counts, pieces of other inputs. An input that makes a
reader do something that none before it did (another refusal, another shape of result) joins the pool, so the fuzz
follows what the readers do. Anything but a result or a LoadError is a crash. Prints one line of figures.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from slmdesk.core.errors import LoadError
from slmdesk.core.facts import ModelFacts
from slmdesk.core.facts_gguf import facts_of_header, shown_metadata
from slmdesk.core.gguf import read_header
from slmdesk.core.onnx import read_graph
from slmdesk.core.safetensors import read_index, read_safetensors_header
from slmdesk.core.safety import check_gguf
from slmdesk.core.template_check import KnownTemplates, check_template
from slmdesk.worker.files.template_reading import read_template
from tests.gguf_bytes import Builder, small
from tests.hostile.templates import TEMPLATES
from tests.onnx_bytes import attribute, graph, model, node, tensor

Reader = Callable[[bytes], object]
MAX_INPUT = 6_000
POOL = 4_000
_ODD = (
    0,
    1,
    2,
    7,
    8,
    9,
    31,
    32,
    64,
    127,
    128,
    255,
    256,
    1024,
    65_535,
    1 << 20,
    1 << 31,
    (1 << 32) - 1,
    1 << 62,
    1 << 63,
)


def gguf(data: bytes) -> object:
    """A header, its facts, its findings, and the way there and back through JSON."""
    header = read_header(io.BytesIO(data), len(data), arrays=len(data) % 2 == 0)
    facts = facts_of_header(header)
    assert ModelFacts.from_dict(json.loads(json.dumps(facts.to_dict()))).parameters == facts.parameters
    json.dumps(shown_metadata(header))
    return [f.rule for f in check_gguf(header)], facts.kind, header.version, header.byte_order


def safetensors(data: bytes) -> object:
    """A header."""
    header = read_safetensors_header(io.BytesIO(data), len(data))
    return min(len(header.tensors), 3), len(header.metadata) > 0


def index(data: bytes) -> object:
    """The files of an index."""
    return min(len(read_index(data)), 3)


def onnx(data: bytes) -> object:
    """A graph."""
    found = read_graph(io.BytesIO(data), len(data))
    return min(found.tensors, 3), min(len(found.external), 3), sorted(found.types)


def template(data: bytes) -> object:
    """A chat template."""
    source = data.decode("utf-8", "replace")
    return sorted({f.rule for f in check_template(source, read_template(source), KnownTemplates())})


@dataclass
class Target:
    """One reader with its pool of inputs and what it has been seen to do."""

    read: Reader
    pool: list[bytes]
    share: float
    seen: set[str] = field(default_factory=set)


def targets() -> list[Target]:
    """The readers, each with sound inputs to begin with and its share of all inputs."""
    text = json.dumps(
        {"__metadata__": {"format": "pt"}, "w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
    )
    whole = struct.pack("<Q", len(text)) + text.encode() + bytes(16)
    branch = attribute("then_branch", g=graph(tensor("v", location="v.bin", offset="4", length="16")))
    nets = [
        model(
            graph(tensor("w", (2, 2), raw=bytes(16)), tensor("x", location="x.data"), nodes=(node("If", (), branch),))
        )
    ]
    sources = [t.encode("utf-8", "replace")[:MAX_INPUT] for _, t, _ in TEMPLATES if len(t) < 2000]
    builder = (
        Builder().text("general.architecture", "llama").texts("tokenizer.ggml.tokens", [f"t{i}" for i in range(40)])
    )
    builder.raw("tokenizer.ggml.scores", 9, struct.pack("<IQ40f", 6, 40, *([0.5] * 40))).tensor(
        "blk.0.ffn_up_exps.weight", (32, 2), 2
    )
    builder.data = bytes(64)
    ggufs = [small(v, o) for v in (1, 2, 3) for o in "<>"] + [builder.build()]
    indexed = [json.dumps({"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}).encode()]
    return [
        Target(gguf, ggufs, 0.45),
        Target(safetensors, [whole], 0.2),
        Target(onnx, nets, 0.2),
        Target(index, indexed, 0.05),
        Target(template, sources, 0.1),
    ]


def changed(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A copy with one to eight changes."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(8):
            case 0 if out:
                out[at % len(out)] = chance.randrange(256)
            case 1 if out:
                out[at % len(out)] ^= 1 << chance.randrange(8)
            case 2:
                width = chance.choice("BHIQ")
                size = struct.calcsize(width)
                out[at : at + size] = struct.pack(chance.choice("<>") + width, chance.choice(_ODD) % (1 << 8 * size))
            case 3:
                del out[at : at + chance.choice((1, 4, 8, 40))]
            case 4:
                out[at:at] = chance.randbytes(chance.choice((1, 4, 8, 16)))
            case 5:
                begin = chance.randrange(len(other) + 1)
                out[at:at] = other[begin : begin + chance.choice((4, 16, 64))]
            case 6:
                begin = chance.randrange(len(out) + 1)
                out[at:at] = out[begin : begin + chance.choice((8, 32, 128))]
            case _:
                out = out[:at] if chance.random() < 0.2 else out
    return bytes(out[:MAX_INPUT])


def run(inputs: int, seed: int) -> int:
    """Fuzz and print the figures; 1 if anything crashed."""
    chance = random.Random(seed)
    readers = targets()
    counts: Counter[str] = Counter()
    slowest: tuple[float, str] = (0.0, "")
    crashes: list[str] = []
    began = time.monotonic()
    for number in range(inputs):
        target = chance.choices(readers, [t.share for t in readers])[0]
        data = changed(chance.choice(target.pool), chance.choice(target.pool), chance)
        started = time.process_time()
        try:
            did = f"read {target.read(data)}"
            counts["read"] += 1
        except LoadError as error:
            did = error.kind + re.sub(r"[\d,]+|'.*?'|“.*?”|the (?:tensor|entry) \S+", "#", error.message)[:120]
            counts[error.kind] += 1
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            did = f"{type(error).__name__}: {error}"
            crashes.append(f"{target.read.__name__} {did[:200]} {data.hex()[:4000]}")
        taken = time.process_time() - started
        if taken > slowest[0]:
            slowest = (taken, f"{target.read.__name__} {hashlib.sha256(data).hexdigest()[:12]}")
        if did not in target.seen and len(target.pool) < POOL:
            target.seen.add(did)
            target.pool.append(data)
        if number % 100_000 == 0:
            print(
                f"{number:,} inputs, {len(crashes)} crashes, {time.monotonic() - began:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    behaviours = sum(len(t.seen) for t in readers)
    print(
        f"{inputs:,} inputs, seed {seed}, {time.monotonic() - began:.0f} s: {dict(counts)}, {len(crashes)} crashes, "
        f"{behaviours} behaviours, slowest {slowest[0] * 1000:.0f} ms ({slowest[1]}), peak memory {_peak():.0f} MB"
    )
    for crash in crashes[:20]:
        print(crash)
    return 1 if crashes else 0


def _peak() -> float:
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0.0
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
