"""The hostile corpus: some four hundred files and folders that nobody should have made, each with what it must become.

``refused`` files were built to do harm; ``unusable`` ones are cut short, foreign or gone; ``look`` ones can be read and
are suspicious. ``any`` is for random damage, which may also leave a sound file.
"""

from __future__ import annotations

import io
import json
import os
import random
import socket
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.gguf_bytes import Builder, small
from tests.hostile.templates import TEMPLATES
from tests.onnx_bytes import FLOAT, attribute, block, graph, model, node, number, tensor, varint

HUGE = 2**63
Write = Callable[[Path], Path]


@dataclass(frozen=True, slots=True)
class Hostile:
    """One entry: ``write`` makes it in an empty folder and returns the path to look at."""

    name: str
    write: Write
    outcome: str


def corpus() -> list[Hostile]:
    """All of it, always the same."""
    groups = (
        _gguf, _gguf_texts, _gguf_vocabulary, _gguf_large, _gguf_split, _gguf_damaged, _safetensors, _indexes, _onnx,
        _onnx_links, _onnx_damaged, _pickles, _names, _no_files, _others, _templates,
    )  # fmt: skip
    found = [entry for group in groups for entry in group()]
    assert len({entry.name for entry in found}) == len(found)
    return found


def _file(name: str, data: bytes) -> Write:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return write


def _gguf(marks: tuple[str, ...] = ("<", ">")) -> Iterator[Hostile]:
    """Structures, in both byte orders and two versions."""
    for order in marks:
        for version in (1, 3):
            for label, builder, outcome in _structures(version, order):
                builder.data = bytes(64)
                name = f"gguf {'little' if order == '<' else 'big'} v{version} {label}"
                yield Hostile(name, _file("m.gguf", builder.build()), outcome)


def _structures(version: int, order: str) -> Iterator[tuple[str, Builder, str]]:
    huge = 0xFFFF_FFFF if version == 1 else HUGE
    wide = "I" if version == 1 else "Q"

    def new() -> Builder:
        return Builder(version, order)

    def raw(kind: int, *parts: bytes) -> Builder:
        return new().raw("a", kind, b"".join(parts))

    def u32(value: int) -> bytes:
        return struct.pack(order + "I", value)

    def count(value: int) -> bytes:
        return struct.pack(order + wide, value)

    for label, counts in (("tensors", (huge, 0)), ("entries", (0, huge)), ("both", (huge, huge))):
        builder = new()
        builder.counts = counts
        yield f"too many {label}", builder, "refused"
    yield "a text too long", raw(8, count(huge)), "refused"
    yield "a list of texts too long", raw(9, u32(8), count(huge)), "refused"
    yield "a list of numbers too long", raw(9, u32(4), count(huge)), "refused"
    yield "a list of doubles that overflows", raw(9, u32(12), count(huge // 8 + 1)), "refused"
    yield "a list of lists", raw(9, u32(9), count(1), bytes(64)), "refused"
    yield "a list of nothing known", raw(9, u32(77), count(1), bytes(64)), "refused"
    yield "a type that does not exist", raw(13, bytes(8)), "refused"
    yield "an entry twice", new().add("a", "u8", 1).add("a", "u8", 1), "refused"
    yield "a name that is no text", new().raw(b"\xff\xfe", 0, b"\0"), "refused"
    yield "a name of 70,000 characters", new().raw("k" * 70_000, 0, b"\0"), "refused"
    for alignment in (0, 3, 48, 1 << 21, 1 << 31):
        yield f"alignment {alignment}", new().add("general.alignment", "u32", alignment), "refused"
    yield "alignment as text", new().text("general.alignment", "32"), "refused"
    yield "a tensor without width", new().tensor("t", (0, 4)), "refused"
    yield "a tensor that overflows", new().tensor("t", (2**31, 2**31, 2)), "refused"
    yield "a tensor of part of a block", new().tensor("t", (33,), 8), "refused"
    yield "five dimensions", new().tensor("t", (1, 1, 1, 1, 1)), "refused"
    yield "no dimension", new().tensor("t", ()), "refused"
    yield "a tensor twice", new().tensor("t", (8,)).tensor("t", (8,), 0, 32), "refused"
    yield "tensors in one place", new().tensor("t", (8,)).tensor("u", (8,), 0, 0), "refused"
    yield "tensors that overlap", new().tensor("t", (9,)).tensor("u", (8,), 0, 32), "refused"
    yield "a tensor not aligned", new().tensor("t", (8,), 0, 8), "refused"
    yield "a tensor beyond all files", new().tensor("t", (8,), 0, 2**62), "refused"
    yield "a tensor beyond this file", new().tensor("t", (8,), 0, 1 << 20), "unusable"
    yield "a number format of the future", new().tensor("t", (32,), 77), "unusable"
    for key, value in (("block_count", 0), ("block_count", 10**9), ("expert_count", 5000), ("embedding_length", 0)):
        builder = new().text("general.architecture", "llama").add(f"llama.{key}", "u32", value)
        yield f"{key} {value}", builder, "refused"
    builder = new().text("general.architecture", "llama").add("llama.expert_count", "u32", 4)
    yield "more experts used than there are", builder.add("llama.expert_used_count", "u32", 9), "refused"
    for label, told in (
        ("experts used of none", {"expert_used_count": 2}),
        ("no expert used", {"expert_count": 8}),
        ("more groups than experts", {"expert_count": 4, "expert_used_count": 2, "expert_group_count": 9}),
        ("groups that do not come out even", {"expert_count": 5, "expert_used_count": 2, "expert_group_count": 2}),
        ("only layers that look ahead", {"block_count": 2, "nextn_predict_layers": 2}),
    ):
        builder = new().text("general.architecture", "llama")
        for key, value in told.items():
            builder.add(f"llama.{key}", "u32", value)
        yield label, builder, "refused"
    yield "a packed normalisation", new().tensor("blk.0.attn_norm.weight", (32,), 2), "refused"
    for odd in (float("nan"), float("inf"), -1.0):
        builder = new().text("general.architecture", "llama")
        yield f"epsilon {odd}", builder.add("llama.attention.layer_norm_rms_epsilon", "f32", odd), "refused"
        builder = new().text("general.architecture", "llama")
        yield f"rope base {odd}", builder.add("llama.rope.freq_base", "f32", odd), "refused"


def _gguf_texts() -> Iterator[Hostile]:
    for label, text in (
        ("escape codes", "\x1b[2J\x1b[31mTrusted"),
        ("a null", "a\0b"),
        ("right to left", "Qwen \u202egpj.exe"),
        ("no width", "Qw\u200ben"),
        ("tag characters", "Qwen" + "".join(chr(0xE0000 + ord(c)) for c in "ignore this")),
    ):
        yield Hostile(f"name with {label}", _file("m.gguf", Builder().text("general.name", text).build()), "look")
    builder = Builder().text("general.\u200bname", "x")
    yield Hostile("a key with hidden characters", _file("m.gguf", builder.build()), "look")
    broken = Builder().raw("general.name", 8, struct.pack("<Q", 4) + b"\xff\xfe\xc0\x80")
    yield Hostile("a value that is no text", _file("m.gguf", broken.build()), "any")
    for number_ in (2**31, 2**63 - 1, 2**64 - 1):
        builder = Builder().text("general.architecture", "x").add("x.context_length", "u64", number_)
        yield Hostile(f"a context of {number_}", _file("m.gguf", builder.build()), "any")
    many = Builder().text("general.architecture", "x" * 60_000).text("general.name", "n" * 900_000)
    yield Hostile("a name of 900,000 characters", _file("m.gguf", many.build()), "any")


def _gguf_vocabulary() -> Iterator[Hostile]:
    def vocabulary(count: int = 300) -> Builder:
        return Builder().texts("tokenizer.ggml.tokens", [f"t{i}" for i in range(count)])

    def numbers(kind: int, code: str, count: int) -> bytes:
        return struct.pack("<IQ", kind, count) + struct.pack(f"<{count}{code}", *([1] * count))

    for label, builder in (
        ("short scores", vocabulary().raw("tokenizer.ggml.scores", 9, numbers(6, "f", 10))),
        ("scores as bytes", vocabulary().raw("tokenizer.ggml.scores", 9, numbers(0, "B", 300))),
        ("types as bytes", vocabulary().raw("tokenizer.ggml.token_type", 9, numbers(0, "B", 300))),
        ("short types", vocabulary(3000).raw("tokenizer.ggml.token_type", 9, numbers(5, "i", 2000))),
        ("tokens as numbers", Builder().raw("tokenizer.ggml.tokens", 9, numbers(4, "I", 300))),
    ):
        yield Hostile(f"vocabulary with {label}", _file("m.gguf", builder.build()), "refused")
    for token in ("<0x-1>", "<0xZZ>", "<0x+f>", "<0x 1>"):
        builder = Builder().text("tokenizer.ggml.model", "plamo2")
        builder.texts("tokenizer.ggml.tokens", [*(f"<0x{i:02X}>" for i in range(1500 % 256)), *["x"] * 1200, token])
        yield Hostile(f"byte token {token}", _file("m.gguf", builder.build()), "refused")
    builder = vocabulary().add("tokenizer.ggml.eos_token_id", "u32", 10**9)
    yield Hostile("an end token that is none", _file("m.gguf", builder.build()), "look")
    for key, value in (("image_min_pixels", 46340**2), ("image_size", 10**6), ("patch_size", 0), ("image_size", 0)):
        builder = Builder().text("general.architecture", "clip").add(f"clip.vision.{key}", "u32", value)
        yield Hostile(f"projector {key} {value}", _file("mmproj.gguf", builder.build()), "refused")


def _gguf_large() -> Iterator[Hostile]:
    """Files that want memory or time: most are holes, and take no room on the disk."""

    def sparse(head: bytes, size: int) -> Write:
        def write(folder: Path) -> Path:
            path = folder / "m.gguf"
            with path.open("wb") as stream:
                stream.write(head)
                stream.truncate(size)
            return path

        return write

    def head(entries: int, *parts: bytes) -> bytes:
        return b"GGUF" + struct.pack("<IQQ", 3, 0, entries) + b"".join(parts)

    key = struct.pack("<Q", 1) + b"a"
    tera = 1 << 40
    texts = head(1, key, struct.pack("<IIQ", 9, 8, (tera >> 3) - 100))
    yield Hostile("a terabyte of empty texts", sparse(texts, tera), "refused")
    yield Hostile(
        "five million empty texts", sparse(head(1, key, struct.pack("<IIQ", 9, 8, 4_999_999)), 1 << 26), "any"
    )
    yield Hostile("a text of 60 MB", sparse(head(1, key, struct.pack("<IQ", 8, 60_000_000)), 1 << 26), "any")
    yield Hostile("a text of a gigabyte", sparse(head(1, key, struct.pack("<IQ", 8, 1 << 30)), 1 << 31), "refused")
    yield Hostile(
        "a list of a billion numbers", sparse(head(1, key, struct.pack("<IIQ", 9, 12, 10**9)), 1 << 34), "any"
    )
    yield Hostile("100,000 empty entries", sparse(head(100_000), 1 << 24), "refused")
    kept = b"".join(
        struct.pack("<Q", 5) + b"%05d" % i + struct.pack("<IIQ", 9, 12, 1024) + bytes(8192) for i in range(6000)
    )
    yield Hostile("6,000 lists of 1,024 numbers", sparse(head(6000, kept), 1 << 26), "refused")
    wide = "😀".encode() + b"x" * 1_000_000
    strings = b"".join(struct.pack("<Q", 2) + b"%02d" % i + struct.pack("<IQ", 8, len(wide)) + wide for i in range(50))
    yield Hostile("50 wide texts of a megabyte", sparse(head(50, strings), 1 << 26), "refused")
    names = b"".join(
        struct.pack("<Q", 60_000) + b"%05d" % i + b"n" * 59_995 + struct.pack("<IQIQ", 1, 32, 0, 128 * i)
        for i in range(900)
    )
    data = b"GGUF" + struct.pack("<IQQ", 3, 900, 0) + names
    yield Hostile("900 tensors with names of 60,000 characters", sparse(data, 1 << 27), "any")
    tiny = b"".join(struct.pack("<Q5sIQIQ", 5, b"%05d" % i, 1, 8, 0, 32 * i) for i in range(60_000))
    yield Hostile("60,000 tensors", sparse(b"GGUF" + struct.pack("<IQQ", 3, 60_000, 0) + tiny, 1 << 24), "any")


def _gguf_split() -> Iterator[Hostile]:
    def part(index: int, count: int, name: str = "t", **more: int) -> bytes:
        builder = Builder().text("general.architecture", "llama").texts("tokenizer.ggml.tokens", ["a", "b"])
        builder.add("split.no", "u32", index).add("split.count", "u32", count)
        for key, value in more.items():
            builder.add(key.replace("_", "."), "u32", value)
        builder.tensor(name, (8,))
        builder.data = bytes(32)
        return builder.build()

    def files(**named: bytes) -> Write:
        def write(folder: Path) -> Path:
            for label, data in named.items():
                (folder / f"m-{label[1:]}.gguf").write_bytes(data)
            return folder / f"m-{next(iter(named))[1:]}.gguf"

        return write

    first, second = "p00001-of-00002", "p00002-of-00002"
    yield Hostile("a part missing", files(**{first: part(0, 2)}), "unusable")
    yield Hostile("the same part twice", files(**{first: part(0, 2), second: part(0, 2, "u")}), "refused")
    yield Hostile("a tensor in two parts", files(**{first: part(0, 2), second: part(1, 2)}), "refused")
    yield Hostile("a part of another model", files(**{first: part(0, 2), second: part(1, 7, "u")}), "refused")
    yield Hostile("a part that is no model", files(**{first: part(0, 2), second: b"x" * 100}), "unusable")
    yield Hostile(
        "a part built to do harm", files(**{first: part(0, 2), second: Builder().tensor("t", (0,)).build()}), "refused"
    )
    yield Hostile(
        "tensors missing", files(**{first: part(0, 2, split_tensors_count=50), second: part(1, 2, "u")}), "look"
    )
    yield Hostile("parts without number", _file("m.gguf", part(0, 2)), "unusable")
    yield Hostile("65,535 parts", _file("m-00001-of-65535.gguf", part(0, 65_535)), "unusable")


def _gguf_damaged() -> Iterator[Hostile]:
    whole = small()
    for length in (1, 4, 7, 8, 15, 23, 24, 43, 44, 60, 100, 200, len(whole) - 1):
        yield Hostile(f"gguf cut to {length} bytes", _file("m.gguf", whole[:length]), "unusable")
    for seed in range(12):
        chance = random.Random(seed)
        counts = struct.pack("<IQQ", 3, chance.randrange(3), chance.randrange(1, 3))
        data = b"GGUF" + counts + struct.pack("<Q", chance.choice([1, 2, 3])) + chance.randbytes(64)
        yield Hostile(f"43 bytes, number {seed}", _file("m.gguf", data[:43]), "bad")
    for seed in range(60):
        chance = random.Random(1000 + seed)
        changed = bytearray(small(chance.choice([1, 2, 3]), chance.choice("<>")))
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(4, len(changed))] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
        yield Hostile(f"gguf with bytes changed, number {seed}", _file("m.gguf", bytes(changed)), "any")


def _tensors(text: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _safetensors() -> Iterator[Hostile]:
    def entry(shape: object = (2, 2), offsets: object = (0, 16), dtype: object = "F32") -> bytes:
        return json.dumps({"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}).encode()

    cases: list[tuple[str, bytes, str]] = [
        ("length of an exabyte", _tensors(entry(), bytes(16), 1 << 60), "refused"),
        ("length of 90 MB", _tensors(entry(), bytes(16), 90 << 20), "refused"),
        ("length beyond the file", _tensors(entry(), bytes(16), 5000), "unusable"),
        ("no JSON", _tensors(b"{" + b"x" * 50), "refused"),
        ("JSON that is not text", _tensors(b'{"\xff\xfe": 1}'), "refused"),
        ("10,000 brackets", _tensors(b'{"a":' + b"[" * 10_000), "refused"),
        ("10,000 braces", _tensors(b'{"a":' * 10_000), "refused"),
        ("a number of 100,000 digits", _tensors(b'{"a":' + b"9" * 100_000 + b"}"), "refused"),
        ("ten million values", _tensors(b'{"a":[' + b"1," * 5_000_000 + b"1]}"), "refused"),
        ("a million names", _tensors(b"{" + b",".join(b'"%x":1' % i for i in range(1_000_001)) + b"}"), "refused"),
        ("200,000 tensors", _tensors(b"{" + b",".join(b'"%x":{}' % i for i in range(200_000)) + b"}"), "refused"),
        ("a name twice", _tensors(b'{"a":{},"a":{}}'), "refused"),
        ("a tensor that is a text", _tensors(b'{"a":"b"}'), "refused"),
        ("a description that is a list", _tensors(b'{"__metadata__":[1]}'), "refused"),
        ("only a description", _tensors(b'{"__metadata__":{}}', bytes(100)), "refused"),
        ("a type of the future", _tensors(entry(dtype="F2"), bytes(16)), "unusable"),
        ("a type that is a list", _tensors(entry(dtype=["F32"]), bytes(16)), "unusable"),
        ("bytes after the tensors", _tensors(entry(), bytes(5000)), "refused"),
        ("cut short", _tensors(entry(), bytes(10)), "unusable"),
    ]
    shapes: tuple[object, ...] = (
        (-1, -16),
        (1 << 40, 1 << 40),
        (2.5,),
        "22",
        None,
        [[2]],
        (0,),
        [1] * 99,
        (True,),
        {"a": 1},
    )
    cases += [(f"shape {shape!r:.40}", _tensors(entry(shape=shape), bytes(16)), "refused") for shape in shapes]
    places: tuple[object, ...] = (
        (16, 0),
        (-16, 0),
        (0, 1 << 70),
        (0,),
        (0, 8, 16),
        "0",
        None,
        (8, 24),
        (0, 15),
        (0.0, 16.0),
    )
    cases += [(f"offsets {place!r:.40}", _tensors(entry(offsets=place), bytes(16)), "refused") for place in places]
    for label, data, outcome in cases:
        yield Hostile(f"safetensors: {label}", _file("model.safetensors", data), outcome)
    whole = _tensors(entry(), bytes(16))
    for seed in range(30):
        chance = random.Random(seed)
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield Hostile(
            f"safetensors with bytes changed, number {seed}", _file("model.safetensors", bytes(changed)), "any"
        )


def _folder(**files: bytes | str) -> Write:
    def write(folder: Path) -> Path:
        for name, data in files.items():
            content = data.encode() if isinstance(data, str) else data
            (folder / name.replace("__", ".")).write_bytes(content)
        return folder

    return write


def _indexes() -> Iterator[Hostile]:
    whole = _tensors(b"{}")
    for label, name in (
        ("above", "../other.safetensors"), ("absolute", "/etc/passwd"), ("drive", "C:x"), ("backslash", "a\\b"),
        ("null", "a\0b"), ("nothing", ""), ("itself", ".."), ("below", "x/y.safetensors"),
    ):  # fmt: skip
        index = json.dumps({"weight_map": {"w": name}})
        write = _folder(model__safetensors=whole, model__safetensors__index__json=index)
        yield Hostile(f"an index that names a file {label}", write, "refused")
    for label, text in (
        ("gone", json.dumps({"weight_map": {"w": "gone.safetensors"}})),
        ("no map", "{}"),
        ("a list", "[]"),
        ("brackets", "[" * 100_000),
        ("3,000 files", json.dumps({"weight_map": {str(i): f"{i}.safetensors" for i in range(3000)}})),
    ):
        write = _folder(model__safetensors=whole, model__safetensors__index__json=text)
        yield Hostile(f"an index with {label}", write, "unusable")
    for label, text in (
        ("brackets", "[" * 100_000),
        ("huge numbers", json.dumps({"model_type": "llama", "num_hidden_layers": 10**300, "hidden_size": -5})),
        ("odd kinds", json.dumps({"model_type": 5, "architectures": {"a": 1}, "text_config": [], "vocab_size": "x"})),
        ("a million values", "[" + "1," * 1_000_000 + "1]"),
        ("nothing", ""),
    ):
        write = _folder(model__safetensors=whole, config__json=text)
        yield Hostile(f"a configuration with {label}", write, "any")


def _onnx() -> Iterator[Hostile]:
    def refers(location: str, offset: str = "", length: str = "") -> bytes:
        return model(graph(tensor("w", location=location, offset=offset, length=length)))

    for location in (
        "/etc/passwd", "../../../../etc/passwd", "a/../../x", "C:\\Windows\\x", "\\\\host\\share\\x", "~/.ssh/id_rsa",
        "file:///etc/passwd", "*/_ORT_MEM_ADDR_/*", "", "a\nb", "\x1b[2J", "CON", "nul.txt", "..", "./../x", "a\0",
    ):  # fmt: skip
        write = _folder(model__onnx=refers(location))
        yield Hostile(f"onnx data at {location!r}", write, "refused")
    deep = model(graph(nodes=(node("If", (), attribute("then_branch", g=graph(tensor("w", location="/etc/hosts")))),)))
    yield Hostile("onnx data outside, in a branch", _folder(model__onnx=deep), "refused")
    constant = attribute("value", t=tensor("w", location="../x"))
    function = model(graph()) + block(25, block(7, node("Constant", (), constant)))
    yield Hostile("onnx data outside, in a function", _folder(model__onnx=function), "refused")
    yield Hostile("onnx data missing", _folder(model__onnx=refers("gone.data")), "unusable")
    yield Hostile(
        "onnx data too short", _folder(model__onnx=refers("d.data", length="4096"), d__data=bytes(10)), "unusable"
    )
    far = refers("d.data", offset="9" * 18, length="16")
    yield Hostile("onnx data at an absurd offset", _folder(model__onnx=far, d__data=bytes(10)), "unusable")
    yield Hostile(
        "onnx offset below nothing", _folder(model__onnx=refers("d.data", offset="-4"), d__data=bytes(10)), "refused"
    )
    twice = model(graph(tensor("w", location="a.data") + block(13, block(1, "location") + block(2, "/etc/passwd"))))
    yield Hostile("onnx data at two places", _folder(model__onnx=twice, a__data=bytes(16)), "refused")
    for label, config in (
        ("a library", {"model": {"decoder": {"session_options": {"custom_ops_library": "./evil.so"}}}}),
        ("a library by name", {"model": {"x": "payload.dll"}}),
        ("a file above", {"model": {"decoder": {"filename": "../../other/model.onnx"}}}),
        ("an absolute file", {"model": {"vision": {"filename": "/etc/passwd"}}}),
        ("too much", {"model": ["x"] * 50_000}),
    ):
        write = _folder(model__onnx=model(graph(tensor("w"))), genai_config__json=json.dumps(config))
        yield Hostile(f"a GenAI configuration with {label}", write, "refused")
    brackets = _folder(model__onnx=model(graph(tensor("w"))), genai_config__json='{"a":' * 50_000)
    yield Hostile("a GenAI configuration of brackets", brackets, "unusable")
    only = _folder(genai_config__json='{"model": {"type": "phi3"}}')
    yield Hostile("a GenAI configuration alone", only, "unusable")


def _onnx_links() -> Iterator[Hostile]:
    data = model(graph(tensor("w", location="w.data")))
    below = model(graph(tensor("w", location="inner/w.data")))

    def linked(target: str, name: str, content: bytes) -> Write:
        def write(folder: Path) -> Path:
            (folder / "outside").mkdir()
            (folder / "outside" / "w.data").write_bytes(bytes(64))
            inner = folder / "model"
            inner.mkdir()
            (inner / "model.onnx").write_bytes(content)
            (inner / name).symlink_to(target)
            return inner

        return write

    yield Hostile("onnx data behind a link outside", linked("../outside/w.data", "w.data", data), "refused")
    yield Hostile("onnx data behind an absolute link", linked("/etc/passwd", "w.data", data), "refused")
    yield Hostile("onnx data behind a linked folder", linked("../outside", "inner", below), "refused")
    yield Hostile("onnx data behind a loop", linked("w.data", "w.data", data), "bad")
    yield Hostile("onnx data behind a dead link", linked("nowhere", "w.data", data), "unusable")

    def model_link(folder: Path) -> Path:
        (folder / "real.onnx").write_bytes(data)
        inner = folder / "model"
        inner.mkdir()
        (inner / "model.onnx").symlink_to("../real.onnx")
        (inner / "w.data").write_bytes(bytes(64))
        return inner

    yield Hostile("an onnx model behind a link outside", model_link, "refused")


def _onnx_damaged() -> Iterator[Hostile]:
    nested = graph(tensor("w"))
    for _ in range(100):
        nested = graph(nodes=(node("If", (), attribute("then_branch", g=nested)),))
    for label, data, outcome in (
        ("100 graphs in each other", model(nested), "refused"),
        ("a tensor that overflows", model(graph(tensor("w", (1 << 40, 1 << 40)))), "refused"),
        ("a tensor below nothing", model(graph(tensor("w", (-8, 2)))), "refused"),
        ("40 dimensions", model(graph(tensor("w", (1,) * 40))), "refused"),
        ("a length of an exabyte", block(7, varint(5 << 3 | 2) + varint(1 << 60)) + bytes(50), "bad"),
        ("a number without end", block(7, b"\xff" * 40), "bad"),
        ("a group", block(7, varint(1 << 3 | 3) * 10), "bad"),
        ("two million empty nodes", model(b"\x0a\x00" * 2_000_000), "refused"),
        ("two million empty fields", number(1, 8) + block(7, b"") + b"\x50\x00" * 2_000_000, "refused"),
        ("a name of 10 MB", model(graph(number(2, FLOAT) + block(8, b"n" * 10_000_000))), "refused"),
        ("nothing", b"", "unusable"),
        ("zeros", bytes(100), "unusable"),
    ):
        yield Hostile(f"onnx: {label}", _folder(model__onnx=data), outcome)
    whole = model(graph(tensor("w", (2, 2), raw=bytes(16)), nodes=(node("MatMul", ("x", "w")),)))
    for seed in range(30):
        chance = random.Random(seed)
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield Hostile(f"onnx with bytes changed, number {seed}", _folder(model__onnx=bytes(changed)), "any")


def _pickles() -> Iterator[Hostile]:
    """What would leave a file called ``pwned`` if anything opened it."""
    program = b"cos\nsystem\n(S'touch pwned'\ntR."
    for name in ("model.pkl", "model.pt", "model.pth", "model.ckpt", "pytorch_model.bin", "model.pickle"):
        yield Hostile(f"a pickle as {name}", _file(name, b"\x80\x04" + program), "refused")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x04" + program)
        archive.writestr("archive/data/0", bytes(30_000_000))
        archive.writestr("../../escaped", b"x")
    for name in ("model.pt", "pytorch_model.bin", "model.ckpt"):
        yield Hostile(f"a zip bomb as {name}", _file(name, bomb.getvalue()), "refused")
    yield Hostile("a zip bomb as gguf", _file("m.gguf", bomb.getvalue()), "unusable")
    yield Hostile("a zip bomb as safetensors", _file("m.safetensors", bomb.getvalue()), "unusable")
    yield Hostile("a zip bomb as onnx", _file("m.onnx", bomb.getvalue()), "unusable")
    yield Hostile("a pickle as gguf", _file("m.gguf", b"\x80\x04" + program), "unusable")
    yield Hostile(
        "a folder with a pickle", _folder(pytorch_model__bin=b"\x80\x02" + program, config__json="{}"), "refused"
    )


def _names() -> Iterator[Hostile]:
    """Sound files under names that are none, and paths that lead nowhere."""
    whole = small()

    def named(name: bytes) -> Write:
        def write(folder: Path) -> Path:
            path = folder / os.fsdecode(name)
            path.write_bytes(whole)
            return path

        return write

    for label, name in (
        ("a line break", b"m\nodel.gguf"), ("escape codes", b"\x1b[31mm.gguf"), ("a bell", b"\x07.gguf"),
        ("a leading dash", b"--help.gguf"), ("blanks", b" m .gguf"), ("quotes", b"'; rm -rf ~; '.gguf"),
        ("250 characters", b"n" * 245 + b".gguf"), ("no UTF-8", b"\xff\xfe\x80.gguf"), ("dots", b"....gguf"),
        ("right to left", "m\u202efugg.exe.gguf".encode()), ("a percent sign", b"%s%n%x.gguf"),
        ("markup", b"<b>m<b>.gguf"),
    ):  # fmt: skip
        yield Hostile(f"a name with {label}", named(name), "any")
    for label, tail in (
        ("4,000 characters", "n" * 4000 + ".gguf"),
        ("a null", "a\0b.gguf"),
        ("4,000 steps up", "../" * 1300 + "nowhere.gguf"),
        ("a file as a folder", "m.gguf/m.gguf"),
        ("a path of 100,000", "d/" * 50_000 + "m.gguf"),
    ):
        yield Hostile(f"a path with {label}", _beside(tail, whole), "unusable")


def _beside(tail: str, content: bytes) -> Write:
    """A path below the folder of a sound file."""

    def write(folder: Path) -> Path:
        return _file("m.gguf", content)(folder).parent / tail

    return write


def _no_files() -> Iterator[Hostile]:
    def pipe(folder: Path) -> Path:
        os.mkfifo(folder / "m.gguf")
        return folder / "m.gguf"

    def link(target: str) -> Write:
        def write(folder: Path) -> Path:
            (folder / "m.gguf").symlink_to(target)
            return folder / "m.gguf"

        return write

    def plug(folder: Path) -> Path:
        short = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX) as end:
                end.bind(f"/proc/self/fd/{short}/m.gguf")
        finally:
            os.close(short)
        return folder / "m.gguf"

    def crowd(folder: Path) -> Path:
        for i in range(2500):
            (folder / f"{i}.txt").touch()
        return folder

    def ended(folder: Path) -> Path:
        path = folder / "m.gguf"
        path.mkdir()
        return path

    def loop(folder: Path) -> Path:
        (folder / "inner").symlink_to(folder)
        return folder

    yield Hostile("a pipe", pipe, "unusable")
    yield Hostile("a socket", plug, "unusable")
    yield Hostile("a link to nothing", link("gone"), "unusable")
    yield Hostile("a link to itself", link("m.gguf"), "unusable")
    yield Hostile("a link to all zeros", link("/dev/zero"), "unusable")
    yield Hostile("a link to a terminal", link("/dev/tty"), "unusable")
    yield Hostile("a link to the memory of the process", link("/proc/self/mem"), "unusable")
    yield Hostile("an empty folder", lambda folder: folder, "unusable")
    yield Hostile("a folder of 2,500 files", crowd, "unusable")
    yield Hostile("a folder that holds itself", loop, "unusable")
    yield Hostile("a folder with an ending", ended, "unusable")


def _others() -> Iterator[Hostile]:
    for label, data in (
        ("nothing", b""), ("one byte", b"G"), ("a web page", b"<!DOCTYPE html><html>404"), ("JSON", b'{"error": 1}'),
        ("an LFS pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:0"),
        ("a program", b"\x7fELF" + bytes(99)),
        ("a Windows program", b"MZ" + bytes(99)),
        ("gzip", b"\x1f\x8b" + bytes(99)), ("7-Zip", b"7z\xbc\xaf" + bytes(99)),
        ("GGML", b"lmgg" + bytes(99)), ("HDF5", b"\x89HDF" + bytes(99)), ("noise", random.Random(3).randbytes(4096)),
        ("GGUF of the future", b"GGUF" + struct.pack("<I", 9) + bytes(99)),
        ("a lower-case magic", b"gguf" + bytes(99)),
    ):  # fmt: skip
        for ending in ("gguf", "safetensors", "onnx"):
            yield Hostile(f"{label} as {ending}", _file(f"m.{ending}", data), "unusable")


def _templates() -> Iterator[Hostile]:
    for label, template, outcome in TEMPLATES:
        builder = Builder().text("general.architecture", "llama").text("tokenizer.chat_template", template)
        yield Hostile(f"template: {label}", _file("m.gguf", builder.build()), outcome)
