"""The download queue, and where the files that came through it are from."""

from __future__ import annotations

from slmdesk.services.downloads.downloads import Downloads
from slmdesk.services.downloads.origins import Origins

__all__ = ["Downloads", "Origins"]
