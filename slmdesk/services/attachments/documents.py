"""The text of PDF and DOCX files, read with limits on time, pages and unpacked size: such files may be hostile."""

from __future__ import annotations

import logging
import time
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from slmdesk.core.errors import SlmdeskError

MOST_UNPACKED = 100_000_000
"""Bytes that a DOCX may unpack to."""

_MOST_MEMBERS = 10_000
_MOST_PAGES = 5_000
SECONDS = 20.0
"""After this long a document is cut, with a note; checked between pages and paragraphs."""

_HOSTILE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OSError, ArithmeticError, EOFError)
"""What a document library raises on a file that breaks its expectations."""


def pdf(name: str, data: bytes, most: int) -> tuple[str, list[str]]:
    """The text of a PDF page by page, and notes. Raises SlmdeskError for one that is encrypted or damaged."""
    import pypdf
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings are about the file, and may quote it
    deadline = time.monotonic() + SECONDS
    texts: list[str] = []
    length = 0
    try:
        reader = pypdf.PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise SlmdeskError(f"{name} is protected with a password.", "Save a copy without a password.")
        pages = min(len(reader.pages), _MOST_PAGES)
        for number in range(pages):
            texts.append(_page_text(reader.pages[number]))
            length += len(texts[-1])
            if length > most or time.monotonic() > deadline:
                break
    except SlmdeskError:
        raise
    except DependencyError as error:
        raise SlmdeskError(
            f"{name} is encrypted in a way that cannot be read here.", "Save a copy without encryption.", str(error)
        ) from error
    except (PyPdfError, *_HOSTILE) as error:
        raise _damaged(name, error) from error
    return "\n\n".join(t for t in texts if t.strip()), _pdf_notes(texts, len(reader.pages))


def _page_text(page: Any) -> str:
    try:
        return str(page.extract_text())
    except _HOSTILE:
        return ""  # noted as a page without text


def _pdf_notes(texts: Sequence[str], pages: int) -> list[str]:
    notes = []
    empty = [n for n, t in enumerate(texts, 1) if not t.strip()]
    if empty and len(empty) < len(texts):
        notes.append(f"{_ranges(empty)} of {pages} hold no text")
    if len(texts) < pages:
        notes.append(f"only the first {len(texts)} of {pages} pages were read")
    return notes


def _ranges(numbers: Sequence[int]) -> str:
    """Such as "pages 1-3, 7"."""
    parts: list[tuple[int, int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1] = (parts[-1][0], number)
        else:
            parts.append((number, number))
    shown = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts[:8])
    return f"pages {shown}{' and others' if len(parts) > 8 else ''}"


def docx(name: str, data: bytes, most: int) -> tuple[str, list[str]]:
    """The text of a DOCX, headings and lists marked and tables as rows, and notes. Raises SlmdeskError."""
    import docx as library

    _check_archive(name, data)
    deadline = time.monotonic() + SECONDS
    lines: list[str] = []
    length = 0
    cut = False
    try:
        document = library.Document(BytesIO(data))
        for block in document.iter_inner_content():
            for line in _block(block):
                lines.append(line)
                length += len(line)
            if length > most or time.monotonic() > deadline:
                cut = True
                break
    except (SyntaxError, *_HOSTILE) as error:  # lxml's errors are syntax errors
        raise _damaged(name, error) from error
    return "\n".join(lines), ["only its beginning was read"] if cut and length <= most else []


def _check_archive(name: str, data: bytes) -> None:
    """Refuse an archive that is no DOCX, or that would unpack to far more than a document holds."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, *_HOSTILE) as error:
        raise _damaged(name, error) from error
    if not any(m.filename == "word/document.xml" for m in members):
        raise SlmdeskError(
            f"{name} is an archive or an Office file of another kind, so it has no text to attach.",
            "Unpack it, or save it as PDF or DOCX.",
        )
    if any(m.flag_bits & 1 for m in members):
        raise SlmdeskError(f"{name} is protected with a password.", "Save a copy without a password.")
    if len(members) > _MOST_MEMBERS or sum(m.file_size for m in members) > MOST_UNPACKED:
        raise SlmdeskError(
            f"{name} would unpack to more than {MOST_UNPACKED / 1e6:.0f} MB, so it was not opened.",
            "Save it without pictures, or copy the part you ask about into a text file.",
        )


def _block(block: Any) -> Iterator[str]:
    """The lines of a paragraph or a table."""
    if hasattr(block, "rows"):
        for row in block.rows:
            cells = list({id(c._tc): c for c in row.cells}.values())  # a merged cell is listed once for each column
            yield "| " + " | ".join(" ".join(c.text.split()) for c in cells) + " |"
        yield ""
        return
    style = str(getattr(block.style, "name", "") or "")
    content = str(block.text)
    if not content.strip():
        yield ""
    elif style.startswith("Heading ") and style[8:].isdigit():
        yield f"{'#' * min(6, int(style[8:]))} {content}"
    elif style.startswith("List"):
        yield f"- {content}"
    else:
        yield content


def _damaged(name: str, error: BaseException) -> SlmdeskError:
    return SlmdeskError(
        f"{name} is damaged and cannot be read.",
        "Open it in the program it came from and save it again.",
        f"{type(error).__name__}: {error}",
    )
