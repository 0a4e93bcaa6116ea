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
from collections.abc import Iterator
from pathlib import Path

from tests.gguf_bytes import Builder, small
from tests.hostile.entry import Hostile, Write, one_file, one_folder
from tests.hostile.gguf_entries import gguf_entries
from tests.hostile.templates import TEMPLATES
from tests.onnx_bytes import FLOAT, attribute, block, graph, model, node, number, tensor, varint


def corpus() -> list[Hostile]:
    """All of it, always the same."""
    groups = (
        gguf_entries, _safetensors, _indexes, _onnx, _onnx_links, _onnx_damaged, _pickles, _names, _no_files, _others,
        _templates,
    )  # fmt: skip
    found = [entry for group in groups for entry in group()]
    assert len({entry.name for entry in found}) == len(found)
    return found


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
        yield Hostile(f"safetensors: {label}", one_file("model.safetensors", data), outcome)
    whole = _tensors(entry(), bytes(16))
    for seed in range(30):
        chance = random.Random(seed)
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield Hostile(
            f"safetensors with bytes changed, number {seed}", one_file("model.safetensors", bytes(changed)), "any"
        )


def _indexes() -> Iterator[Hostile]:
    whole = _tensors(b"{}")
    for label, name in (
        ("above", "../other.safetensors"), ("absolute", "/etc/passwd"), ("drive", "C:x"), ("backslash", "a\\b"),
        ("null", "a\0b"), ("nothing", ""), ("itself", ".."), ("below", "x/y.safetensors"),
    ):  # fmt: skip
        index = json.dumps({"weight_map": {"w": name}})
        write = one_folder(model__safetensors=whole, model__safetensors__index__json=index)
        yield Hostile(f"an index that names a file {label}", write, "refused")
    for label, text in (
        ("gone", json.dumps({"weight_map": {"w": "gone.safetensors"}})),
        ("no map", "{}"),
        ("a list", "[]"),
        ("brackets", "[" * 100_000),
        ("3,000 files", json.dumps({"weight_map": {str(i): f"{i}.safetensors" for i in range(3000)}})),
    ):
        write = one_folder(model__safetensors=whole, model__safetensors__index__json=text)
        yield Hostile(f"an index with {label}", write, "unusable")
    for label, text in (
        ("brackets", "[" * 100_000),
        ("huge numbers", json.dumps({"model_type": "llama", "num_hidden_layers": 10**300, "hidden_size": -5})),
        ("odd kinds", json.dumps({"model_type": 5, "architectures": {"a": 1}, "text_config": [], "vocab_size": "x"})),
        ("a million values", "[" + "1," * 1_000_000 + "1]"),
        ("nothing", ""),
    ):
        write = one_folder(model__safetensors=whole, config__json=text)
        yield Hostile(f"a configuration with {label}", write, "any")


def _onnx() -> Iterator[Hostile]:
    def refers(location: str, offset: str = "", length: str = "") -> bytes:
        return model(graph(tensor("w", location=location, offset=offset, length=length)))

    for location in (
        "/etc/passwd", "../../../../etc/passwd", "a/../../x", "C:\\Windows\\x", "\\\\host\\share\\x", "~/.ssh/id_rsa",
        "file:///etc/passwd", "*/_ORT_MEM_ADDR_/*", "", "a\nb", "\x1b[2J", "CON", "nul.txt", "..", "./../x", "a\0",
    ):  # fmt: skip
        write = one_folder(model__onnx=refers(location))
        yield Hostile(f"onnx data at {location!r}", write, "refused")
    deep = model(graph(nodes=(node("If", (), attribute("then_branch", g=graph(tensor("w", location="/etc/hosts")))),)))
    yield Hostile("onnx data outside, in a branch", one_folder(model__onnx=deep), "refused")
    constant = attribute("value", t=tensor("w", location="../x"))
    function = model(graph()) + block(25, block(7, node("Constant", (), constant)))
    yield Hostile("onnx data outside, in a function", one_folder(model__onnx=function), "refused")
    yield Hostile("onnx data missing", one_folder(model__onnx=refers("gone.data")), "unusable")
    yield Hostile(
        "onnx data too short", one_folder(model__onnx=refers("d.data", length="4096"), d__data=bytes(10)), "unusable"
    )
    far = refers("d.data", offset="9" * 18, length="16")
    yield Hostile("onnx data at an absurd offset", one_folder(model__onnx=far, d__data=bytes(10)), "unusable")
    yield Hostile(
        "onnx offset below nothing", one_folder(model__onnx=refers("d.data", offset="-4"), d__data=bytes(10)), "refused"
    )
    twice = model(graph(tensor("w", location="a.data") + block(13, block(1, "location") + block(2, "/etc/passwd"))))
    yield Hostile("onnx data at two places", one_folder(model__onnx=twice, a__data=bytes(16)), "refused")
    for label, config in (
        ("a library", {"model": {"decoder": {"session_options": {"custom_ops_library": "./evil.so"}}}}),
        ("a library by name", {"model": {"x": "payload.dll"}}),
        ("a file above", {"model": {"decoder": {"filename": "../../other/model.onnx"}}}),
        ("an absolute file", {"model": {"vision": {"filename": "/etc/passwd"}}}),
        ("too much", {"model": ["x"] * 50_000}),
    ):
        write = one_folder(model__onnx=model(graph(tensor("w"))), genai_config__json=json.dumps(config))
        yield Hostile(f"a GenAI configuration with {label}", write, "refused")
    brackets = one_folder(model__onnx=model(graph(tensor("w"))), genai_config__json='{"a":' * 50_000)
    yield Hostile("a GenAI configuration of brackets", brackets, "unusable")
    only = one_folder(genai_config__json='{"model": {"type": "phi3"}}')
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
        yield Hostile(f"onnx: {label}", one_folder(model__onnx=data), outcome)
    whole = model(graph(tensor("w", (2, 2), raw=bytes(16)), nodes=(node("MatMul", ("x", "w")),)))
    for seed in range(30):
        chance = random.Random(seed)
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield Hostile(f"onnx with bytes changed, number {seed}", one_folder(model__onnx=bytes(changed)), "any")


def _pickles() -> Iterator[Hostile]:
    """What would leave a file called ``pwned`` if anything opened it."""
    program = b"cos\nsystem\n(S'touch pwned'\ntR."
    for name in ("model.pkl", "model.pt", "model.pth", "model.ckpt", "pytorch_model.bin", "model.pickle"):
        yield Hostile(f"a pickle as {name}", one_file(name, b"\x80\x04" + program), "refused")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x04" + program)
        archive.writestr("archive/data/0", bytes(30_000_000))
        archive.writestr("../../escaped", b"x")
    for name in ("model.pt", "pytorch_model.bin", "model.ckpt"):
        yield Hostile(f"a zip bomb as {name}", one_file(name, bomb.getvalue()), "refused")
    yield Hostile("a zip bomb as gguf", one_file("m.gguf", bomb.getvalue()), "unusable")
    yield Hostile("a zip bomb as safetensors", one_file("m.safetensors", bomb.getvalue()), "unusable")
    yield Hostile("a zip bomb as onnx", one_file("m.onnx", bomb.getvalue()), "unusable")
    yield Hostile("a pickle as gguf", one_file("m.gguf", b"\x80\x04" + program), "unusable")
    yield Hostile(
        "a folder with a pickle", one_folder(pytorch_model__bin=b"\x80\x02" + program, config__json="{}"), "refused"
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
        return one_file("m.gguf", content)(folder).parent / tail

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
            yield Hostile(f"{label} as {ending}", one_file(f"m.{ending}", data), "unusable")


def _templates() -> Iterator[Hostile]:
    for label, template, outcome in TEMPLATES:
        builder = Builder().text("general.architecture", "llama").text("tokenizer.chat_template", template)
        yield Hostile(f"template: {label}", one_file("m.gguf", builder.build()), outcome)
