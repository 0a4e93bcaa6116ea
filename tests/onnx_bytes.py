"""ONNX files written byte by byte: just enough of Protocol Buffers for right ones and wrong ones."""

from __future__ import annotations

FLOAT, UINT8, INT64, FLOAT16 = 1, 2, 7, 10


def varint(value: int) -> bytes:
    """A number as Protocol Buffers write it."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    """A field with a number."""
    return varint(field << 3) + varint(value)


def block(field: int, data: bytes | str) -> bytes:
    """A field with a length: a text or another message."""
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def entry(key: str, value: str) -> bytes:
    return block(13, block(1, key) + block(2, value))


def tensor(
    name: str,
    shape: tuple[int, ...] = (2, 2),
    kind: int = FLOAT,
    *,
    raw: bytes = b"",
    location: str | None = None,
    offset: str = "",
    length: str = "",
    more: bytes = b"",
) -> bytes:
    """A TensorProto; with ``location`` its data lies in another file."""
    out = b"".join(number(1, n) for n in shape) + number(2, kind) + block(8, name)
    if raw:
        out += block(9, raw)
    if location is not None:
        out += entry("location", location)
        out += entry("offset", offset) if offset else b""
        out += entry("length", length) if length else b""
        out += number(14, 1)
    return out + more


def node(operator: str, inputs: tuple[str, ...] = (), attributes: bytes = b"") -> bytes:
    return b"".join(block(1, i) for i in inputs) + block(2, "out") + block(4, operator) + attributes


def attribute(name: str, *, i: int | None = None, t: bytes | None = None, g: bytes | None = None) -> bytes:
    out = block(1, name)
    if i is not None:
        out += number(3, i)
    if t is not None:
        out += block(5, t)
    if g is not None:
        out += block(6, g)
    return block(5, out)


def graph(*tensors: bytes, nodes: tuple[bytes, ...] = ()) -> bytes:
    return b"".join(block(1, n) for n in nodes) + block(2, "graph") + b"".join(block(5, t) for t in tensors)


def model(graph_bytes: bytes, producer: str = "test") -> bytes:
    return number(1, 8) + block(2, producer) + block(3, "1") + block(7, graph_bytes) + block(8, number(2, 17))
