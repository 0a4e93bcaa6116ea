"""Kinds of files that hold no text for a model, and what to say about them."""

from __future__ import annotations

from pathlib import Path

from slmdesk.core.errors import SlmdeskError

_PICTURE = ("a picture", "Pictures cannot be attached yet. Describe it, or attach the text it shows.")
_SOUND = ("a sound or video file", "Attach its words as text.")
_ARCHIVE = ("an archive", "Unpack it, and attach the file you ask about.")
_PROGRAM = ("a program or other binary data", "Attach its source, or a text about it.")
_OLD_OFFICE = ("an old or password-protected Office file", "Save it as .docx without a password, or as PDF.")
_OFFICE = ("an Office file that cannot be read yet", "Save it as PDF, CSV or text.")
_MODEL = ("a language model", "Open it in Models.")

_SUFFIXES = {
    _PICTURE: ".png .jpg .jpeg .gif .bmp .webp .tif .tiff .heic .ico .avif .psd",
    _SOUND: ".mp3 .wav .flac .ogg .m4a .aac .mp4 .mov .mkv .avi .webm",
    _ARCHIVE: ".zip .gz .tgz .bz2 .xz .zst .7z .rar .tar .jar .whl .epub",
    _PROGRAM: ".exe .dll .so .dylib .bin .o .a .class .pyc .wasm .iso .dmg .db .sqlite",
    _OFFICE: ".xlsx .pptx .odt .ods .odp .xlsm .pages .numbers .key",
    _OLD_OFFICE: ".doc .xls .ppt",
    _MODEL: ".gguf .safetensors .onnx .pt .pth",
}
_BY_SUFFIX = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}

_BY_START = (
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_OFFICE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
    (b"\x7fELF", _PROGRAM),
    (b"SQLite format 3\x00", _PROGRAM),
    (b"GGUF", _MODEL),
)


def refusal(path: Path, data: bytes) -> SlmdeskError | None:
    """The error for a file whose first bytes, or whose name, say that it holds no text; None for any other."""
    kind = next((k for start, k in _BY_START if data.startswith(start)), None)
    kind = kind or _BY_SUFFIX.get(path.suffix.lower())
    if kind is None:
        return None
    what, hint = kind
    return SlmdeskError(f"{path.name} is {what}, so it has no text to attach.", hint)
