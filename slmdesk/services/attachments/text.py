"""Plain text files: which encoding they are in."""

from __future__ import annotations

import codecs

from slmdesk.core.errors import SlmdeskError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 65_536
_ODD_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v\b\x1b"))


def decoded(name: str, data: bytes) -> tuple[str, list[str]]:
    """The text in ``data`` and notes about a guess. Raises SlmdeskError for bytes that are no text.

    A byte order mark decides; else UTF-8 if it fits; else UTF-16 where every second byte is mostly zero; else
    Windows-1252, which fits almost anything and is therefore noted.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), []
    wide = _wide(data)
    if wide:
        return data.decode(wide, "replace"), []
    sample = data[:_SAMPLE]
    if len(sample) - len(sample.translate(None, _ODD_CONTROLS)) > len(sample) // 100:
        raise SlmdeskError(f"{name} holds binary data, not text.", "Attach a text, PDF or DOCX file.")
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), ["it is not in UTF-8 and was read as Windows-1252"]


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: text of the Latin alphabet has a zero in every second place."""
    sample = data[:_SAMPLE]
    half = len(sample) // 2
    if half < 2:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > half * 0.4 and even < half * 0.02:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.02:
        return "utf-16-be"
    return ""
