"""What a hub's refusals mean to a person."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from slmdesk.core.errors import DownloadError, NeedsApproval, NeedsToken, NotAtSource, SourceUnreachable
from slmdesk.worker.hub.answers import error_of, retry_after
from slmdesk.worker.hub.http import Origin, redirected


@pytest.mark.parametrize(
    ("status", "code", "with_token", "kind"),
    [
        (401, "GatedRepo", False, NeedsToken),
        (403, "GatedRepo", True, NeedsApproval),
        (401, "RepoNotFound", False, NotAtSource),
        (404, "RepoNotFound", True, NotAtSource),
        (404, "RevisionNotFound", False, NotAtSource),
        (404, "EntryNotFound", False, NotAtSource),
        (401, "", True, NeedsToken),
        (403, "", False, NeedsToken),
        (403, "", True, NeedsApproval),
        (429, "", False, SourceUnreachable),
        (500, "", False, SourceUnreachable),
        (503, "", True, SourceUnreachable),
        (418, "", True, DownloadError),
    ],
)
def test_kinds(status: int, code: str, with_token: bool, kind: type[DownloadError]) -> None:
    error = error_of(status, {"x-error-code": code}, "hub.example", "owner/model", with_token=with_token)
    assert type(error) is kind
    assert error.message
    assert error.hint
    assert "hub.example answered" in error.details


def test_how_long_to_wait() -> None:
    assert retry_after({"retry-after": "7"}) == 7
    assert retry_after({"retry-after": "9" * 30}) == 900
    assert 50 < retry_after({"retry-after": formatdate(time.time() + 60, usegmt=True)}) <= 60
    assert retry_after({"retry-after": "soon"}) == 0
    assert retry_after({"ratelimit": '"api";r=0;t=55'}) == 55
    assert retry_after({"ratelimit": '"api";r=5;t=55'}) == 0


def test_redirects() -> None:
    assert redirected("https://a.example/x", "/y") == "https://a.example/y"
    with pytest.raises(DownloadError, match="without encryption"):
        redirected("https://a.example/x", "http://a.example/x")
    for bad in ("file:///etc/passwd", "ftp://a/b", "gopher://x", "https://a.example:99999/x"):
        with pytest.raises(DownloadError):
            redirected("https://a.example/x", bad)
    with pytest.raises(DownloadError):
        Origin.of("https://a.example/x y\r\nEvil: 1")
