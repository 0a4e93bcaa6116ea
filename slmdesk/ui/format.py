"""Numbers as a person reads them, by the locale: sizes on disk in GB/MB, memory in GiB/MiB, counts, moments."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QLocale


def disk_size(size: int) -> str:
    """Bytes on disk as download pages show them, in powers of ten: ``2.5 GB``, ``9.6 MB``."""
    locale = QLocale()
    if size >= 1_000_000_000:
        return f"{locale.toString(size / 1e9, 'f', 1)} GB"
    return f"{locale.toString(size / 1e6, 'f', 1 if size < 100_000_000 else 0)} MB"


def bytes_moved(size: int) -> str:
    """Bytes that were sent or received, in powers of ten: ``640 B``, ``12.3 kB``, ``4.2 MB``."""
    if size >= 1_000_000:
        return disk_size(size)
    return f"{QLocale().toString(size / 1e3, 'f', 1)} kB" if size >= 1_000 else f"{size} B"


def day(seconds: float) -> str:
    """The date of a moment in seconds since 1970, short, as this place writes it."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(round(seconds)).date(), QLocale.FormatType.ShortFormat)


def memory_size(size: float, *, unit: bool = True) -> str:
    """Bytes of memory in powers of two: ``1.6 GiB``, ``412 MiB``. Without ``unit`` always the number of GiB."""
    locale = QLocale()
    if not unit:
        return locale.toString(size / 2**30, "f", 1)
    if size >= 2**30:
        return f"{locale.toString(size / 2**30, 'f', 1)} GiB"
    return f"{locale.toString(round(size / 2**20))} MiB"


def count(number: int) -> str:
    """A whole number with the locale's group separators: ``8,192``."""
    return QLocale().toString(number)


def decimal(number: float, digits: int) -> str:
    """A number with at most ``digits`` decimals, at least one where there are any to show: ``0.8``, ``0.95``."""
    locale = QLocale()
    point = locale.decimalPoint()
    text = locale.toString(float(number), "f", digits)
    if digits > 1:
        text = text.rstrip("0")
        text = f"{text}0" if text.endswith(point) else text
    return text


def parameters(number: int) -> str:
    """A count of parameters: ``1.7 B``, ``4.9 M``; empty where it is not known."""
    locale = QLocale()
    if number <= 0:
        return ""
    if number >= 1_000_000_000:
        return f"{locale.toString(number / 1e9, 'f', 1)} B"
    return f"{locale.toString(number / 1e6, 'f', 1)} M"
