"""What a download says of itself: how far it is, how fast, how long still, and what it waits for."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from slmdesk.core.remote import Download, DownloadState
from slmdesk.ui import format as fmt


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Downloads", text)


def speed_words(bytes_per_second: float) -> str:
    """``12.3 MB/s``, ``340 kB/s``."""
    locale = QLocale()
    if bytes_per_second >= 999_500:
        return f"{locale.toString(bytes_per_second / 1e6, 'f', 1)} MB/s"
    return f"{locale.toString(round(bytes_per_second / 1e3))} kB/s"


def time_left(seconds: float) -> str:
    """``40 s left``, ``3 min left``, ``2 h 10 min left``; rounded, because it is a guess."""
    if seconds < 1:
        return tr("almost done")
    if seconds < 90:
        return tr("{0} s left").format(round(seconds) if seconds < 10 else round(seconds / 5) * 5)
    minutes = round(seconds / 60)
    if minutes < 90:
        return tr("{0} min left").format(minutes)
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return tr("{0} h {1} min left").format(hours, rest // 5 * 5)
    return tr("{0} days left").format(round(hours / 24))


def amount_words(download: Download) -> str:
    """``1.2 GB of 2.5 GB``; only the whole once all is here."""
    if download.state is DownloadState.DONE or not download.total:
        return fmt.disk_size(download.total or download.done)
    return tr("{0} of {1}").format(fmt.disk_size(download.done), fmt.disk_size(download.total))


def state_words(download: Download) -> str:
    """One line about a download, without its error."""
    match download.state:
        case DownloadState.RUNNING:
            parts = [amount_words(download)]
            if download.speed_bps > 0:
                parts.append(speed_words(download.speed_bps))
                if download.eta_s is not None:
                    parts.append(time_left(download.eta_s))
            parts.append(download.message)
            return " · ".join(p for p in parts if p)
        case DownloadState.QUEUED:
            words = tr("Queued")
        case DownloadState.PAUSED:
            words = tr("Paused")
        case DownloadState.WAITING:
            words = download.message or tr("Waiting")
        case DownloadState.VERIFYING:
            words = tr("Verifying")
        case DownloadState.FAILED:
            words = tr("Failed")
        case DownloadState.DONE:
            words = (
                tr("Downloaded and verified")
                if all(f.sha256 or f.git_oid for f in download.files)
                else (tr("Downloaded; its source publishes no checksum"))
            )
    if download.state is not DownloadState.WAITING and download.message:
        words = f"{words} · {download.message}"
    return f"{amount_words(download)} · {words}"


def fraction_of(download: Download) -> float:
    """Between 0 and 1."""
    return min(1.0, download.done / download.total) if download.total else 0.0


def summary_words(downloads: list[Download]) -> str:
    """How many are under way and how fast they are together."""
    active = [d for d in downloads if d.state.active]
    if not active:
        return tr("Nothing is being downloaded")
    words = tr("1 download under way") if len(active) == 1 else tr("{0} downloads under way").format(len(active))
    speed = sum(d.speed_bps for d in active)
    return f"{words} · {speed_words(speed)}" if speed > 0 else words
