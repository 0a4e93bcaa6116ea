"""The GGUF header reader: files that writers write, and files that nobody should have written."""

from __future__ import annotations

import ctypes
import io
import random
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from slmdesk.core.errors import LoadError, UnsafeModelFile
from slmdesk.core.ggml import FILE_TYPES, TENSOR_TYPES
from slmdesk.core.gguf import read_header
from slmdesk.core.gguf_header import Header, SkippedArray
from tests.gguf_bytes import Builder, small


def read(data: bytes, **options: Any) -> Header:
    return read_header(io.BytesIO(data), len(data), name="m.gguf", **options)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_version_in_both_byte_orders(version: int, order: str) -> None:
    header = read(small(version, order))
    assert header.version == version
    assert header.byte_order == ("little" if order == "<" else "big")
    assert header.architecture == "llama"
    assert header.name == "Tiny"
    assert header.metadata["x.tags"] == ("a", "b")
    assert header.metadata["x.bool"] is True
    assert header.metadata["x.float"] == 0.5
    assert header.parameters == 96
    assert header.quantization == "F16"
    assert header.head_counts == header.kv_head_counts == (4, 4)
    assert header.key_length == header.value_length == 8
    assert [t.type.name for t in header.tensors] == ["F16", "Q8_0"]
    assert header.weights_bytes == 128 + 34
    assert header.split is None


def test_the_starter_model(starter: Path) -> None:
    with starter.open("rb") as stream:
        header = read_header(stream, starter.stat().st_size)
    reader = gguf.GGUFReader(starter)
    assert {t.name: (t.type.name, t.elements, header.data_offset + t.offset) for t in header.tensors} == {
        t.name: (t.tensor_type.name, t.n_elements, t.data_offset) for t in reader.tensors
    }
    assert header.quantization == "F16"
    assert header.vocabulary > 1000
    assert "{%" in header.chat_template


def test_a_file_of_the_gguf_package(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    writer = gguf.GGUFWriter(path, "qwen2", endianess=gguf.GGUFEndian.BIG)
    writer.add_block_count(3)
    writer.add_head_count([4, 0, 8])
    writer.add_head_count_kv([2, 0, 4])
    writer.add_file_type(1024 + 15)
    writer.add_uint16("split.no", 1)
    writer.add_uint16("split.count", 3)
    writer.add_custom_alignment(64)
    writer.add_tensor("a", np.ones((3, 64), np.float32))
    writer.add_tensor("b", np.ones((5,), np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    header = read(path.read_bytes())
    assert header.alignment == 64
    assert header.byte_order == "big"
    assert header.head_counts == (4, 0, 8)
    assert header.kv_head_counts == (2, 0, 4)
    assert header.quantization == "Q4_K_M"
    assert header.dominant_type == "F32"
    assert header.split == (2, 3)
    assert header.tensors[0].shape == (64, 3)


def vocabulary(count: int) -> bytes:
    builder = Builder().text("general.architecture", "llama")
    builder.texts("tokenizer.ggml.tokens", [f"token{n}" for n in range(count)])
    builder.texts("tokenizer.ggml.merges", [f"tok en{n}" for n in range(count)])
    items = struct.pack(f"<{count}f", *([0.5] * count))
    builder.raw("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, count) + items)
    return builder.text("last", "entry").build()


def test_long_arrays_are_walked_over_quickly() -> None:
    data = vocabulary(32_000)
    best = 1.0
    for _ in range(8):
        started = time.perf_counter()
        header = read(data)
        best = min(best, time.perf_counter() - started)
    assert best < 0.06
    assert header.vocabulary == 32_000
    assert header.metadata["tokenizer.ggml.scores"] == SkippedArray(32_000)
    assert header.text("last") == "entry"
    whole = read(data, arrays=True)
    assert whole.metadata["tokenizer.ggml.tokens"][31_999] == "token31999"
    assert whole.metadata["tokenizer.ggml.scores"][0] == 0.5


def test_a_string_longer_than_the_window_within_a_skipped_array() -> None:
    builder = Builder().texts("a", ["x" * 3_000_000, *["y"] * 2000]).text("last", "entry")
    assert read(builder.build()).text("last") == "entry"


def test_tensor_types_are_those_of_the_engine() -> None:
    llama_cpp = pytest.importorskip("llama_cpp")
    library = next(Path(llama_cpp.__path__[0]).glob("lib/*ggml-base*"))
    ggml = ctypes.CDLL(str(library))
    ggml.ggml_type_name.restype = ctypes.c_char_p
    ggml.ggml_type_size.restype = ctypes.c_size_t
    ggml.ggml_blck_size.restype = ctypes.c_int64
    for number, kind in TENSOR_TYPES.items():
        assert ggml.ggml_type_name(number).decode().lower() == kind.name.lower()
        assert (ggml.ggml_blck_size(number), ggml.ggml_type_size(number)) == (kind.block, kind.block_bytes)
    for value in gguf.LlamaFileType:
        if value.name != "GUESSED":
            assert value.name.removeprefix("MOSTLY_").removeprefix("ALL_") == FILE_TYPES[value.value]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "m.gguf is empty."),
        (b"PK\x03\x04" + bytes(100), "a zip archive"),
        (b"\x80\x02}q\x00" + bytes(100), "a Python pickle"),
        (struct.pack("<Q", 40) + b'{"__metadata__":{}}' + bytes(100), "a safetensors file"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b"tjgg" + bytes(100), "a GGML model of 2023"),
        (b'{"error": "not found"}', "a JSON text"),
        (b"once upon a time", "is not a GGUF model."),
        (b"GGU", "is not a GGUF model."),
        (b"GGUF", "incomplete"),
        (b"GGUF" + struct.pack("<I", 4) + bytes(100), "GGUF version 4"),
        (b"GGUF" + struct.pack("<I", 0) + bytes(100), "GGUF version 0"),
    ],
)
def test_other_files_are_named(data: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message) as caught:
        read(data)
    assert not isinstance(caught.value, UnsafeModelFile)
    assert caught.value.hint


def test_a_file_cut_short_says_by_how_much() -> None:
    with pytest.raises(LoadError, match=r"m.gguf is incomplete: the file ends 100 bytes early\."):
        read(small()[:-100])


def test_a_file_that_shrank_after_it_was_measured() -> None:
    data = small()
    with pytest.raises(LoadError, match="incomplete"):
        read_header(io.BytesIO(data[:50]), len(data))


HUGE = 2**63


def with_counts(tensors: int, entries: int) -> Builder:
    builder = Builder()
    builder.counts = (tensors, entries)
    return builder


@pytest.mark.parametrize(
    ("builder", "reason"),
    [
        (with_counts(HUGE, 0), "more parts"),
        (with_counts(0, HUGE), "more parts"),
        (Builder().raw("a", 8, struct.pack("<Q", HUGE)), "length"),
        (Builder().raw("a", 9, struct.pack("<IQ", 8, HUGE)), "length"),
        (Builder().raw("a", 9, struct.pack("<IQ", 4, HUGE)), "length"),
        (Builder().raw("a", 9, struct.pack("<IQ", 9, 1) + bytes(64)), "list"),
        (Builder().raw("a", 13, b"\0" * 8), "type 13"),
        (Builder().add("a", "u8", 1).add("a", "u8", 1), "twice"),
        (Builder().raw(b"\xff\xfe", 0, b"\0"), "not text"),
        (Builder().raw("k" * 70_000, 0, b"\0"), "70,000 bytes"),
        (Builder().add("general.alignment", "u32", 0), "power of two"),
        (Builder().add("general.alignment", "u32", 48), "power of two"),
        (Builder().add("general.alignment", "u32", 1 << 21), "power of two"),
        (Builder().text("general.alignment", "32"), "power of two"),
        (Builder().tensor("t", (0, 4)), "impossible shape"),
        (Builder().tensor("t", (2**40, 2**40)), "impossible shape"),
        (Builder().tensor("t", (33,), 8), "impossible shape"),
        (Builder().tensor("t", (1, 1, 1, 1, 1)), "5 dimensions"),
        (Builder().tensor("t", ()), "0 dimensions"),
        (Builder().tensor("t", (8,)).tensor("t", (8,), 0, 32), "twice"),
        (Builder().tensor("t", (8,)).tensor("u", (8,), 0, 0), "within another"),
        (Builder().tensor("t", (9,)).tensor("u", (8,), 0, 32), "within another"),
        (Builder().tensor("t", (8,), 0, 8), "not aligned"),
        (Builder().tensor("t", (8,), 0, 2**62), "where no file reaches"),
    ],
)
def test_what_no_writer_would_write(builder: Builder, reason: str) -> None:
    builder.data = bytes(64)
    with pytest.raises(UnsafeModelFile, match=reason):
        read(builder.build())


def test_an_unknown_number_format() -> None:
    with pytest.raises(LoadError, match="number format that SLMDesk does not know"):
        read(Builder().tensor("t", (32,), 77).build())


def test_odd_values_do_not_break_the_answers() -> None:
    builder = Builder().text("general.architecture", "x").add("x.block_count", "u64", 2**60)
    builder.text("x.context_length", "many").add("x.attention.head_count", "u32", 0)
    header = read(builder.build())
    assert header.context_length == 0
    assert header.block_count == 4096
    assert header.key_length == 0
    assert header.quantization == ""
    assert header.bits_per_weight == 0


@pytest.mark.parametrize("order", ["<", ">"])
def test_cut_anywhere_it_ends_in_an_error(order: str) -> None:
    data = small(order=order)
    for length in range(len(data)):
        with pytest.raises(LoadError):
            read(data[:length])


def outcome(data: bytes) -> str:
    try:
        read(data)
    except LoadError:
        return "refused"
    return "read"


def test_flipped_bytes_end_in_an_error_or_a_header() -> None:
    chance = random.Random(20)
    base = [small(), small(1, ">"), vocabulary(1500)]
    seen = set()
    tracemalloc.start()
    started = time.monotonic()
    for _ in range(2000):
        data = bytearray(chance.choice(base))
        limit = len(data) if len(data) < 2000 else 200
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(4, limit)] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
        seen.add(outcome(bytes(data)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == {"refused", "read"}
    assert peak < 16 << 20
    assert time.monotonic() - started < 20


def test_random_bytes_after_the_magic() -> None:
    chance = random.Random(4)
    for _ in range(500):
        head = b"GGUF" + struct.pack("<IQQ", 3, chance.randrange(5), chance.randrange(1, 5))
        assert outcome(head + chance.randbytes(300)) == "refused"
