"""The reader of safetensors headers."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import pytest

from slmdesk.core.errors import LoadError, UnsafeModelFile
from slmdesk.core.safetensors import SafetensorsHeader, read_index, read_safetensors_header


def written(entries: Any, data: bytes = b"", *, text: bytes | None = None, length: int | None = None) -> bytes:
    text = json.dumps(entries).encode() if text is None else text
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def one(dtype: str = "F32", shape: Any = (2, 2), offsets: Any = (0, 16), name: str = "w") -> dict[str, Any]:
    return {name: {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


def read(data: bytes) -> SafetensorsHeader:
    return read_safetensors_header(io.BytesIO(data), len(data), name="m.safetensors")


def test_a_file_is_read() -> None:
    entries = {
        "__metadata__": {"format": "pt"},
        **one(),
        **one("F4", (3,), (16, 18), "packed"),
        **one("BOOL", (), (18, 19), "b"),
    }
    header = read(written(entries, bytes(19)))
    assert header.metadata == {"format": "pt"}
    assert [(t.name, t.dtype, t.elements, t.size) for t in header.tensors] == [
        ("w", "F32", 4, 16),
        ("packed", "F4", 3, 2),
        ("b", "BOOL", 1, 1),
    ]
    assert len(header.digest) == 64


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"GGUF" + bytes(100), "it is a GGUF model"),
        (b"PK\x03\x04" + bytes(100), "it is a zip archive"),
        (b"12345678", "not a safetensors file"),
        (written(one(), bytes(15)), "1 bytes early"),
        (written(one(), b"")[:30], "incomplete"),
        (written(one("F7")), "number format that SLMDesk does not know"),
    ],
)
def test_other_files_are_named(data: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message) as caught:
        read(data)
    assert not isinstance(caught.value, UnsafeModelFile)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (written(one(), length=1 << 40), "claims"),
        (written(None, text=b"{" + b"[" * 3000), "header"),
        (written(None, text=b'{"a":'), "header"),
        (written(None, text=b'{"a":1,"a":2}'), "twice"),
        (written({"w": 1}), "not described"),
        (written({"__metadata__": {"a": 1}}), "list of texts"),
        (written({"__metadata__": []}), "list of texts"),
        (written(one(shape=(2, 3)), bytes(16)), "not as long"),
        (written(one(shape=(1 << 40, 1 << 40)), bytes(16)), "not as long"),
        (written(one(shape=(-2, -2)), bytes(16)), "impossible shape"),
        (written(one(shape=(2.0, 2)), bytes(16)), "impossible shape"),
        (written(one(shape=(True, 4)), bytes(16)), "impossible shape"),
        (written(one(shape="22"), bytes(16)), "impossible shape"),
        (written(one(shape=[1] * 40 + [4]), bytes(16)), "impossible shape"),
        (written(one(offsets=(16, 0)), bytes(16)), "not as long"),
        (written(one(offsets=(0,)), bytes(16)), "impossible shape"),
        (written(one(offsets=(0, 1 << 63)), bytes(16)), "impossible shape"),
        (written({**one(), **one(offsets=(8, 24), name="v")}, bytes(24)), "within another"),
        (written({**one(), **one(offsets=(32, 48), name="v")}, bytes(48)), "gap"),
        (written(one(), bytes(17)), "belong to none"),
        (written(None, text=b'{"w":' + b"[1," * 500_000 + b"1" + b"]" * 500_000 + b"}"), "more tensors"),
        (written(None, text=b'{"w":[' + b"1," * 1_200_000 + b"1]}"), "more tensors"),
    ],
)
def test_what_no_writer_would_write(data: bytes, reason: str) -> None:
    with pytest.raises(UnsafeModelFile, match=reason):
        read(data)


def test_an_index_names_files_and_nothing_else() -> None:
    told = json.dumps(
        {"weight_map": {"a": "m-00002.safetensors", "b": "m-00001.safetensors", "c": "m-00001.safetensors"}}
    )
    assert read_index(told.encode()) == ("m-00001.safetensors", "m-00002.safetensors")
    for name in ("../x", "/etc/passwd", "a/b", "a\\b", "c:x", "..", "", "a\0"):
        with pytest.raises(UnsafeModelFile, match="it names the file"):
            read_index(json.dumps({"weight_map": {"a": name}}).encode())
    for text in (b"", b"[]", b'{"weight_map": 3}', b"{" * 5000):
        with pytest.raises(LoadError, match="does not tell"):
            read_index(text)
