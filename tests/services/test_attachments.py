from __future__ import annotations

import os
import random
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import docx
import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from slmdesk.core.chat import Attachment
from slmdesk.core.errors import SlmdeskError
from slmdesk.services import attachments
from slmdesk.services.attachments import Attachments, documents


async def read(path: Path, data: bytes | None = None) -> Attachment:
    if data is not None:
        path.write_bytes(data)
    return await Attachments().read(path)


def pdf(pages: list[str], password: str = "") -> bytes:
    writer = pypdf.PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        page = writer.add_blank_page(300, 300)
        if text:
            stream = DecodedStreamObject()
            stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
            page[NameObject("/Contents")] = writer._add_object(stream)
            page[NameObject("/Resources")] = DictionaryObject(
                {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
            )
    if password:
        writer.encrypt(password, algorithm="AES-256")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def word(**extra: bytes) -> bytes:
    document = docx.Document()
    document.add_heading("A heading", 2)
    document.add_paragraph("Some text with ünïcode.")
    document.add_paragraph("an item", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for number, cell in enumerate(c for row in table.rows for c in row.cells):
        cell.text = f"cell {number}"
    table.cell(1, 0).merge(table.cell(1, 1))
    out = BytesIO()
    document.save(out)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, data in extra.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "text", "note"),
    [
        ("æble 你好\r\nline\rend".encode(), "æble 你好\nline\nend", ""),
        ("æble".encode("utf-8-sig"), "æble", ""),
        ("æble 你好".encode("utf-16"), "æble 你好", ""),
        ("plain words".encode("utf-16-le"), "plain words", ""),
        ("plain words".encode("utf-16-be"), "plain words", ""),
        ("æble".encode("utf-32"), "æble", ""),
        ("“smørrebrød”".encode("cp1252"), "“smørrebrød”", "Windows-1252"),
        (b"a\x1b[31mcoloured\x1b[0m log\n", "a\x1b[31mcoloured\x1b[0m log\n", ""),
    ],
)
async def test_the_encoding_is_found(tmp_path: Path, data: bytes, text: str, note: str) -> None:
    attachment = await read(tmp_path / "notes.txt", data)
    assert (attachment.name, attachment.text) == ("notes.txt", text)
    assert note in attachment.note
    assert bool(note) == bool(attachment.note)


@pytest.mark.parametrize("name", ["a.md", "a.py", "a.csv", "a.json", "a.log", "Makefile", "a.unknown", "a.TXT"])
async def test_any_text_file_is_read(tmp_path: Path, name: str) -> None:
    assert (await read(tmp_path / name, b"x = 1\n")).text == "x = 1\n"


async def test_long_text_is_cut_and_noted(tmp_path: Path) -> None:
    attachment = await read(tmp_path / "long.txt", b"word " * 300_000)
    assert len(attachment.text) == attachments.MOST_CHARACTERS
    assert attachment.note == "only the first 1,000,000 characters were read"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("large.txt", b"x" * 10_000_001, "too large: 10.0 MB"),
        ("empty.txt", b"", "holds no text"),
        ("blank.txt", b" \n\t ", "holds no text"),
        ("photo.png", b"anything", "a picture"),
        ("photo.txt", b"\x89PNG\r\n\x1a\n....", "a picture"),
        ("song.mp3", b"ID3", "a sound or video"),
        ("data.zip", b"PK\x03\x04...", "an archive"),
        ("sheet.xlsx", b"PK\x03\x04...", "an Office file"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or password-protected Office"),
        ("locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or password-protected Office"),
        ("weights", b"GGUF\x03\x00", "a language model"),
        ("random.dat", bytes(random.Random(1).randbytes(5000)), "binary data"),
        ("broken.pdf", b"%PDF-1.7\nnothing else", "damaged"),
        ("broken.docx", b"PK\x03\x04 nothing else", "damaged"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    with pytest.raises(SlmdeskError, match=message) as caught:
        await read(tmp_path / name, data)
    assert name in caught.value.message
    assert caught.value.hint


async def test_folders_missing_files_and_pipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SlmdeskError, match="not a file"):
        await read(tmp_path)
    with pytest.raises(SlmdeskError, match="cannot be read"):
        await read(tmp_path / "missing.txt")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(SlmdeskError, match="not a file"):
            await read(tmp_path / "pipe")


async def test_a_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    attachment = await read(tmp_path / "paper.pdf", pdf(["First page", "", "", "Fourth page"]))
    assert attachment.text == "First page\n\nFourth page"
    assert attachment.note == "pages 2-3 of 4 hold no text"
    with pytest.raises(SlmdeskError, match="holds no text") as caught:
        await read(tmp_path / "scan.pdf", pdf(["", ""]))
    assert "scan" in caught.value.hint


async def test_a_pdf_with_a_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SlmdeskError, match="password"):
        await read(tmp_path / "secret.pdf", pdf(["Secret"], "hunter2"))


async def test_a_slow_or_long_pdf_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "SECONDS", 0.0)
    attachment = await read(tmp_path / "paper.pdf", pdf(["One", "Two", "Three"]))
    assert attachment.text == "One"
    assert attachment.note == "only the first 1 of 3 pages were read"


async def test_a_pdf_cut_anywhere_is_read_or_refused(tmp_path: Path) -> None:
    data = pdf(["First page", "Second page"])
    for end in range(8, len(data), len(data) // 40):
        with suppress(SlmdeskError):  # anything else fails the test
            assert (await read(tmp_path / "cut.pdf", data[:end])).text


async def test_a_docx_keeps_headings_lists_and_tables(tmp_path: Path) -> None:
    attachment = await read(tmp_path / "report.docx", word())
    assert attachment.text.splitlines()[:5] == [
        "## A heading",
        "Some text with ünïcode.",
        "- an item",
        "| cell 0 | cell 1 |",
        "| cell 2 cell 3 |",
    ]
    assert attachment.note == ""


async def test_a_docx_that_would_burst_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = word(**{"word/media/zeros.bin": b"\x00" * (documents.MOST_UNPACKED + 1)})
    assert len(bomb) < 1_000_000
    monkeypatch.setattr(docx, "Document", None)
    with pytest.raises(SlmdeskError, match="unpack to more than 100 MB"):
        await read(tmp_path / "bomb.docx", bomb)


async def test_a_docx_cannot_read_other_files(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret")
    source = zipfile.ZipFile(BytesIO(word()))
    out = BytesIO()
    with source, zipfile.ZipFile(out, "w") as archive:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "word/document.xml":
                entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">'
                bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(12))
                data = data.replace(b"?>", f"?>{entity}{bomb}]>".encode(), 1).replace(b"Some text", b"&x;&e11;")
            archive.writestr(item, data)
    text = ""
    with suppress(SlmdeskError):
        text = (await read(tmp_path / "hostile.docx", out.getvalue())).text
    assert "the secret" not in text
    assert "lol" not in text


async def test_a_damaged_docx_is_refused(tmp_path: Path) -> None:
    data = word()
    for end in range(100, len(data), len(data) // 20):
        with pytest.raises(SlmdeskError):
            await read(tmp_path / "cut.docx", data[:end])
