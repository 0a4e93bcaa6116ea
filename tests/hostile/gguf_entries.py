"""The GGUF files of the hostile corpus."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

from tests.gguf_bytes import Builder, small
from tests.hostile.entry import Hostile, Write, one_file

HUGE = 2**63


def gguf_entries() -> Iterator[Hostile]:
    """All of them."""
    for group in (gguf, gguf_texts, gguf_vocabulary, gguf_large, gguf_split, gguf_damaged):
        yield from group()


def gguf(marks: tuple[str, ...] = ("<", ">")) -> Iterator[Hostile]:
    """Structures, in both byte orders and two versions."""
    for order in marks:
        for version in (1, 3):
            for label, builder, outcome in _structures(version, order):
                builder.data = bytes(64)
                name = f"gguf {'little' if order == '<' else 'big'} v{version} {label}"
                yield Hostile(name, one_file("m.gguf", builder.build()), outcome)


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


def gguf_texts() -> Iterator[Hostile]:
    for label, text in (
        ("escape codes", "\x1b[2J\x1b[31mTrusted"),
        ("a null", "a\0b"),
        ("right to left", "Qwen \u202egpj.exe"),
        ("no width", "Qw\u200ben"),
        ("tag characters", "Qwen" + "".join(chr(0xE0000 + ord(c)) for c in "ignore this")),
    ):
        yield Hostile(f"name with {label}", one_file("m.gguf", Builder().text("general.name", text).build()), "look")
    builder = Builder().text("general.\u200bname", "x")
    yield Hostile("a key with hidden characters", one_file("m.gguf", builder.build()), "look")
    broken = Builder().raw("general.name", 8, struct.pack("<Q", 4) + b"\xff\xfe\xc0\x80")
    yield Hostile("a value that is no text", one_file("m.gguf", broken.build()), "any")
    for number_ in (2**31, 2**63 - 1, 2**64 - 1):
        builder = Builder().text("general.architecture", "x").add("x.context_length", "u64", number_)
        yield Hostile(f"a context of {number_}", one_file("m.gguf", builder.build()), "any")
    many = Builder().text("general.architecture", "x" * 60_000).text("general.name", "n" * 900_000)
    yield Hostile("a name of 900,000 characters", one_file("m.gguf", many.build()), "any")


def gguf_vocabulary() -> Iterator[Hostile]:
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
        yield Hostile(f"vocabulary with {label}", one_file("m.gguf", builder.build()), "refused")
    for token in ("<0x-1>", "<0xZZ>", "<0x+f>", "<0x 1>"):
        builder = Builder().text("tokenizer.ggml.model", "plamo2")
        builder.texts("tokenizer.ggml.tokens", [*(f"<0x{i:02X}>" for i in range(1500 % 256)), *["x"] * 1200, token])
        yield Hostile(f"byte token {token}", one_file("m.gguf", builder.build()), "refused")
    builder = vocabulary().add("tokenizer.ggml.eos_token_id", "u32", 10**9)
    yield Hostile("an end token that is none", one_file("m.gguf", builder.build()), "look")
    for key, value in (("image_min_pixels", 46340**2), ("image_size", 10**6), ("patch_size", 0), ("image_size", 0)):
        builder = Builder().text("general.architecture", "clip").add(f"clip.vision.{key}", "u32", value)
        yield Hostile(f"projector {key} {value}", one_file("mmproj.gguf", builder.build()), "refused")


def gguf_large() -> Iterator[Hostile]:
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


def gguf_split() -> Iterator[Hostile]:
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
    yield Hostile("parts without number", one_file("m.gguf", part(0, 2)), "unusable")
    yield Hostile("65,535 parts", one_file("m-00001-of-65535.gguf", part(0, 65_535)), "unusable")


def gguf_damaged() -> Iterator[Hostile]:
    whole = small()
    for length in (1, 4, 7, 8, 15, 23, 24, 43, 44, 60, 100, 200, len(whole) - 1):
        yield Hostile(f"gguf cut to {length} bytes", one_file("m.gguf", whole[:length]), "unusable")
    for seed in range(12):
        chance = random.Random(seed)
        counts = struct.pack("<IQQ", 3, chance.randrange(3), chance.randrange(1, 3))
        data = b"GGUF" + counts + struct.pack("<Q", chance.choice([1, 2, 3])) + chance.randbytes(64)
        yield Hostile(f"43 bytes, number {seed}", one_file("m.gguf", data[:43]), "bad")
    for seed in range(60):
        chance = random.Random(1000 + seed)
        changed = bytearray(small(chance.choice([1, 2, 3]), chance.choice("<>")))
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(4, len(changed))] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
        yield Hostile(f"gguf with bytes changed, number {seed}", one_file("m.gguf", bytes(changed)), "any")
