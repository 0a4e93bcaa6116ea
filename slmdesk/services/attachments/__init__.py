"""Files a person attaches to a message: their text, read with limits and told plainly where it cannot be."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

from slmdesk.core.chat import Attachment
from slmdesk.core.errors import SlmdeskError
from slmdesk.services.attachments import documents, text
from slmdesk.services.attachments.refusal import refusal

MOST_BYTES = 10_000_000
"""Of a file on disk."""

MOST_CHARACTERS = 1_000_000
"""Of the text that is kept; what follows is left out and noted."""

SUFFIXES = (
    *(".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html", ".yaml", ".yml", ".toml", ".ini"),
    *(".log", ".tex", ".srt", ".pdf", ".docx", ".py", ".js", ".ts", ".c", ".h", ".cpp", ".hpp", ".cs", ".java", ".kt"),
    *(".go", ".rs", ".rb", ".php", ".swift", ".sh", ".ps1", ".bat", ".sql", ".css", ".r", ".lua", ".m", ".qml"),
)
"""What a file dialog offers first; any other file that holds text can be read too."""


class Attachments:
    """Reads files into attachments."""

    async def read(self, path: Path) -> Attachment:
        """The text of a file (plain text and source code of any kind, PDF, DOCX), read in a thread.

        The attachment's ``note`` says what was left out or guessed; its ``tokens`` are left to whoever can count.
        Raises SlmdeskError: the file is missing, too large, holds no text, is encrypted, or is of a kind that cannot
        be read.
        """
        return await asyncio.to_thread(_read, path)


def _read(path: Path) -> Attachment:
    data = _bytes(path)
    refused = refusal(path, data)
    if refused:
        raise refused
    if data.startswith(b"%PDF-"):
        content, notes = documents.pdf(path.name, data, MOST_CHARACTERS)
    elif data.startswith(b"PK\x03\x04"):
        content, notes = documents.docx(path.name, data, MOST_CHARACTERS)
    else:
        content, notes = text.decoded(path.name, data)
    content = content.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if len(content) > MOST_CHARACTERS:
        content = content[:MOST_CHARACTERS]
        notes = [*notes, f"only the first {MOST_CHARACTERS:,} characters were read"]
    if not content.strip():
        raise SlmdeskError(
            f"{path.name} holds no text.", "If it is a scan or a picture, its words must be recognised first."
        )
    return Attachment(path.name, content, note="; ".join(notes))


def _bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SlmdeskError(f"{path.name} is not a file.", "Choose a single file.")
        if status.st_size > MOST_BYTES:
            raise SlmdeskError(
                f"{path.name} is too large: {status.st_size / 1e6:,.1f} MB, and at most {MOST_BYTES / 1e6:.0f} MB can "
                "be attached.",
                "Cut it into parts, and attach the part you ask about.",
            )
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise SlmdeskError(
            f"{path.name} cannot be read: {error.strerror or error}.", "Check the file and try again.", repr(error)
        ) from error
