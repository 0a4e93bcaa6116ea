"""What a file really is when it is not the model file that its name promises, told by its first bytes."""

from __future__ import annotations

_STARTS = (
    (b"GGUF", "a GGUF model"),
    (b"version https://git-lfs", "a Git LFS pointer (the model itself was not downloaded)"),
    (b"PK\x03\x04", "a zip archive, perhaps a PyTorch checkpoint"),
    (b"\x80\x02", "a Python pickle, which can run programs when it is opened"),
    (b"\x80\x03", "a Python pickle, which can run programs when it is opened"),
    (b"\x80\x04", "a Python pickle, which can run programs when it is opened"),
    (b"\x80\x05", "a Python pickle, which can run programs when it is opened"),
    (b"lmgg", "a GGML model of 2023, older than GGUF"),
    (b"fmgg", "a GGML model of 2023, older than GGUF"),
    (b"tjgg", "a GGML model of 2023, older than GGUF"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
)

START_BYTES = 64
"""How many of a file's first bytes :func:`kind_of` wants to see."""


def kind_of(start: bytes, size: int) -> str:
    """What the file is, as words that follow "is" ("a zip archive"), or an empty string when it is not recognised."""
    for mark, kind in _STARTS:
        if start.startswith(mark):
            return kind
    text = start.lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "a web page, most likely an error page that was saved instead of the model"
    length = int.from_bytes(start[:8], "little")
    if start[8:9] == b"{" and 2 <= length <= size - 8:
        return "a safetensors file"
    if text.startswith((b"{", b"[")):
        return "a JSON text"
    return ""
