"""The walk through ONNX files, and what an ONNX folder may name."""

from __future__ import annotations

import io

import pytest

from slmdesk.core.errors import LoadError, UnsafeModelFile
from slmdesk.core.onnx import OnnxGraph, read_graph
from slmdesk.core.onnx_folder import check_genai, check_location
from tests.onnx_bytes import FLOAT16, INT64, UINT8, attribute, block, graph, model, node, number, tensor, varint


def read(data: bytes) -> OnnxGraph:
    return read_graph(io.BytesIO(data), len(data), name="m.onnx")


def test_weights_are_counted_and_packed_ones_unpacked() -> None:
    quantized = node(
        "MatMulNBits", ("x", "q", "s"), attribute("K", i=64) + attribute("N", i=128) + attribute("bits", i=4)
    )
    found = read(
        model(
            graph(
                tensor("w", (64, 128), FLOAT16, raw=bytes(64 * 128 * 2)),
                tensor("q", (128, 2, 16), UINT8, raw=bytes(128 * 32)),
                tensor("s", (256,), raw=bytes(1024)),
                tensor("shape", (2,), INT64, raw=bytes(16)),
                nodes=(node("MatMul", ("x", "w")), quantized),
            )
        )
    )
    assert found.types == {"F16": 8192, "INT4": 8192}
    assert found.producer == "test 1"
    assert not found.external


def test_data_elsewhere_is_found_wherever_a_tensor_can_be() -> None:
    inner = graph(tensor("deep", location="deep.bin"))
    branch = node("If", (), attribute("then_branch", g=inner))
    constant = node("Constant", (), attribute("value", t=tensor("constant", location="constant.bin")))
    sparse = block(15, block(1, tensor("values", location="sparse.bin")))
    function = block(25, block(7, node("Constant", (), attribute("value", t=tensor("f", location="function.bin")))))
    training = block(20, block(1, graph(tensor("t", location="training.bin"))))
    top = graph(tensor("w", location="w.bin", offset="4096", length="16"), nodes=(branch, constant))
    found = read(model(top + sparse) + function + training)
    assert {e.location for e in found.external} == {
        *("w.bin", "deep.bin", "constant.bin", "sparse.bin", "function.bin", "training.bin")
    }
    assert next(e.end for e in found.external if e.location == "w.bin") == 4112
    assert next(e.end for e in found.external if e.location == "deep.bin") == 16  # four floats


def test_a_graph_in_two_pieces_is_read_whole() -> None:
    data = model(graph(tensor("a", location="a.bin"))) + block(7, graph(tensor("b", location="b.bin")))
    assert [e.location for e in read(data).external] == ["a.bin", "b.bin"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"GGUF" + bytes(100), "a GGUF model"),
        (b"PK\x03\x04" + bytes(100), "a zip archive"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"once upon a time there was a model", "not an ONNX model"),
        (b"\x00\x00\x00\x00", "not an ONNX model"),
        (number(1, 8), "not an ONNX model"),
        (model(graph(tensor("w", (2, 2), raw=bytes(16))))[:-40], "incomplete"),
    ],
)
def test_other_files_are_named(data: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message) as caught:
        read(data)
    assert not isinstance(caught.value, UnsafeModelFile)


def nested(depth: int) -> bytes:
    inner = graph(tensor("w"))
    for _ in range(depth):
        inner = graph(nodes=(node("If", (), attribute("then_branch", g=inner)),))
    return model(inner)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (nested(40), "too deep"),
        (model(graph(tensor("w", (1 << 40, 1 << 40)))), "impossible shape"),
        (model(graph(tensor("w", (-1,)))), "impossible shape"),
        (model(graph(tensor("w", tuple([1] * 40)))), "too many dimensions"),
        (model(graph(tensor("w", more=number(14, 1)))), "does not say where"),
        (model(graph(tensor("w", location="a") + block(13, block(1, "location") + block(2, "b")))), "twice"),
        (model(graph(tensor("w", location="a", offset="-1"))), "as its offset"),
        (model(graph(tensor("w", location="a", length="9" * 30))), "as its length"),
        (model(graph(tensor("w", location="a" * 5000))), "5,000 characters"),
        (block(7, block(5, varint(1 << 3 | 2) + varint(1 << 40))) + bytes(100), "longer than the part"),
        (block(7, varint(1 << 3 | 3)), "do not fit together"),
        (block(7, b"\xff" * 12), "do not fit together"),
        (model(b"".join(block(1, b"") for _ in range(700_000))), "more parts"),
    ],
)
def test_what_no_writer_would_write(data: bytes, reason: str) -> None:
    with pytest.raises(UnsafeModelFile, match=reason):
        read(data)


@pytest.mark.parametrize(
    "location",
    [
        *("/etc/passwd", "../weights.bin", "a/../../b", "..", "C:\\weights", "c:weights", "\\\\host\\share", "~/x", ""),
        *("a\\..\\b", "weights\0.bin", "a\nb", "*/_ORT_MEM_ADDR_/*", "CON", "a/nul.bin", "x:stream", "file:///etc/x"),
    ],
)
def test_names_outside_the_folder_are_refused(location: str) -> None:
    finding = check_location(location)
    assert finding is not None
    assert finding.rule in {"onnx.outside", "onnx.address"}


@pytest.mark.parametrize("location", ["model.onnx.data", "data/weights.bin", "a..b", "..data", "console.bin", "æ.bin"])
def test_names_within_the_folder_are_taken(location: str) -> None:
    assert check_location(location) is None


def test_a_configuration_that_loads_a_library_is_refused() -> None:
    config = {"model": {"decoder": {"session_options": {"custom_ops_library": "evil.dll"}, "filename": "model.onnx"}}}
    assert [f.rule for f in check_genai(config)] == ["onnx.library"]
    assert [f.rule for f in check_genai({"a": [{"filename": "../../x.onnx"}]})] == ["onnx.outside"]
    assert [f.rule for f in check_genai({"a": ["x"] * 30_000})] == ["onnx.config"]
    assert not list(check_genai({"model": {"decoder": {"filename": "decoder.onnx"}, "type": "phi3"}}))
