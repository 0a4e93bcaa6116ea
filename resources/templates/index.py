"""Writes ``known.json``: the chat templates that the template inspector compares a model's own with.

    python resources/templates/index.py FILE_OR_FOLDER ...

takes .jinja files, and the templates inside GGUF files. Only digests are kept, of each template, of each of its pieces
and of each text in it, so that no maker's text is copied. Run it again with more templates whenever a family appears;
those that are known already stay.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from slmdesk.core.families import family_of
from slmdesk.core.template_check import pieces_of, short_digest, speaks, template_digest
from slmdesk.worker.files.gguf_files import read_one
from slmdesk.worker.files.template_reading import read_template

KNOWN = Path(__file__).with_name("known.json")


def templates(paths: list[str]) -> Iterator[tuple[str, str]]:
    """Names and sources."""
    for given in map(Path, paths):
        files = sorted(given.rglob("*")) if given.is_dir() else [given]
        for file in files:
            if file.suffix == ".jinja":
                yield file.stem, file.read_text(encoding="utf-8")
            elif file.suffix == ".gguf":
                header = read_one(file)
                if header.chat_template:
                    yield file.stem.removeprefix("ggml-vocab-"), header.chat_template


def main(paths: list[str]) -> int:
    """Add the templates to the list."""
    known = json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.is_file() else {"templates": [], "texts": []}
    found = {entry["digest"]: entry for entry in known["templates"]}
    texts = set(known["texts"])
    for name, source in templates(paths):
        reading = read_template(source)
        if reading.problem:
            print(f"{name}: {reading.problem}", file=sys.stderr)
            continue
        digest = template_digest(source)
        pieces = sorted({short_digest(piece) for piece in pieces_of(source)})
        found.setdefault(digest, {"name": name, "family": family_of("", name), "digest": digest, "pieces": pieces})
        texts.update(short_digest(text) for text in reading.texts if speaks(text))
    entries = sorted(found.values(), key=lambda entry: str(entry["name"]).casefold())
    KNOWN.write_text(json.dumps({"templates": entries, "texts": sorted(texts)}, indent=1) + "\n", encoding="utf-8")
    print(f"{len(entries)} templates, {len(texts)} texts.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
