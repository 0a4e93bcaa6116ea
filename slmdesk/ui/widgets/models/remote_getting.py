"""How far a quantization is on its way to this machine, as its row shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from slmdesk.core.remote import Download, DownloadState
from slmdesk.ui.widgets.models.download_words import fraction_of
from slmdesk.ui.widgets.models.remote_words import tr


class Getting(Enum):
    """Whether it is elsewhere, coming, or here."""

    NO = "no"
    COMING = "coming"
    HERE = "here"


@dataclass(frozen=True, slots=True)
class GetState:
    """``fraction`` is 0..1 while it comes, ``words`` what its button says then."""

    getting: Getting = Getting.NO
    fraction: float | None = None
    words: str = ""


NOT_HERE = GetState()


def state_of(download: Download | None, *, here: bool) -> GetState:
    """The state of a quantization: ``here`` in the library, or on its way in a download."""
    if here:
        return GetState(Getting.HERE)
    if download is None:
        return NOT_HERE
    fraction = fraction_of(download)
    words = {
        DownloadState.QUEUED: tr("Queued"),
        DownloadState.RUNNING: f"{round(fraction * 100)} %",
        DownloadState.PAUSED: tr("Paused"),
        DownloadState.WAITING: tr("Waiting"),
        DownloadState.VERIFYING: tr("Verifying"),
        DownloadState.FAILED: tr("Failed"),
        DownloadState.DONE: tr("Downloaded"),
    }[download.state]
    moving = download.state not in (DownloadState.DONE, DownloadState.FAILED)
    return GetState(Getting.COMING, fraction if moving else None, words)
