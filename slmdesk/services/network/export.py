"""The ledger as a file that a person (or their company) can keep."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.network import Connection

_COLUMNS = ("when", "part", "host", "port", "purpose", "allowed", "reason", "up", "down")


def write_ledger(path: Path, lines: Sequence[Connection]) -> None:
    """Write lines as CSV, or as JSON where the file's name ends in .json; whole or not at all. Raises SlmdeskError."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            if path.suffix.lower() == ".json":
                json.dump([_row(line) for line in lines], file, ensure_ascii=False, indent=1)
            else:
                table = csv.DictWriter(file, _COLUMNS)
                table.writeheader()
                table.writerows({key: _cell(value) for key, value in _row(line).items()} for line in lines)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SlmdeskError(f"{path} cannot be written: {error.strerror or error}.", "Choose another place.") from error


def _row(line: Connection) -> dict[str, object]:
    values = asdict(line)
    values["when"] = datetime.fromtimestamp(line.when, UTC).isoformat(timespec="milliseconds")
    return {name: values[name] for name in _COLUMNS}


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula; a purpose may hold the name of a stranger's model."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
