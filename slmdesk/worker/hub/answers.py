"""What a hub's answer means to a person: the status codes and error headers of the Hugging Face protocol as errors.

The protocol: ``X-Error-Code`` is GatedRepo, RepoNotFound, RevisionNotFound or EntryNotFound; ``X-Error-Message`` a
sentence; a missing repository is 401 to somebody without a token, so that private ones cannot be guessed.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping

from slmdesk.core.errors import DownloadError, NeedsApproval, NeedsToken, NotAtSource, SlmdeskError, SourceUnreachable

_LONGEST_WAIT = 900.0
_RATE = re.compile(r'"\w+"\s*;\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d{1,6})')


def error_of(status: int, headers: Mapping[str, str], host: str, what: str, *, with_token: bool) -> SlmdeskError:
    """The error for a status of 400 and above; ``what`` names what was asked for. Header names are in lower case."""
    code, said = headers.get("x-error-code", ""), headers.get("x-error-message", "")[:300]
    details = f"{host} answered {status} {code} {said}".strip()
    if status in (401, 403) and code != "RepoNotFound" and not (status == 401 and not with_token and not code):
        return _denied(status, code, said, host, what, details, with_token=with_token)
    if status in (401, 404, 410, 451):
        return _missing(code, host, what, details, with_token=with_token)
    if status == 429 or status >= 500 or status == 408:
        return _later(status, headers, host, details)
    return DownloadError(f"{host} refused to hand out {what} ({status}).", said or "Try again later.", details)


def _denied(status: int, code: str, said: str, host: str, what: str, details: str, *, with_token: bool) -> SlmdeskError:
    page = f"Open its page on {host}, agree to its terms there, and try again."
    if code == "GatedRepo" and with_token and status == 403:
        return NeedsApproval(f"Access to {what} has not been granted to your account.", page, details)
    if code == "GatedRepo":
        return NeedsToken(f"{what} is gated: {host} asks who you are.", f"Set a token. {page}", details)
    if status == 401:
        return NeedsToken(f"{host} did not accept the token.", "Set a new token in Settings.", details)
    if "disabled" in said.lower():
        return NotAtSource(f"{host} has disabled {what}.", "Choose another model.", details)
    if not with_token:
        return NeedsToken(f"{host} does not hand out {what} without a token.", "Set a token in Settings.", details)
    return NeedsApproval(f"{host} does not let your account read {what}.", said or page, details)


def _missing(code: str, host: str, what: str, details: str, *, with_token: bool) -> SlmdeskError:
    if code == "RevisionNotFound":
        return NotAtSource(f"{what} has no such revision.", "Choose one of its branches or tags.", details)
    if code == "EntryNotFound":
        return NotAtSource(f"{what} is not there any more.", "Look at the model again: its files changed.", details)
    private = "" if with_token else " A private one needs a token (Settings)."
    return NotAtSource(f"{host} has no {what}.", f"Check the name.{private}", details)


def _later(status: int, headers: Mapping[str, str], host: str, details: str) -> SourceUnreachable:
    wait = retry_after(headers)
    if status == 429:
        message = f"{host} has had too many requests from here."
        hint = f"It asks to wait {wait:.0f} seconds." if wait else "Try again in some minutes, or set a token."
    else:
        message, hint = f"{host} has a problem of its own ({status}).", "Try again later."
    error = SourceUnreachable(message, hint, details)
    error.retry_after, error.answered = wait, True
    return error


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that a server asks to wait, in either of the two forms of Retry-After; 0 where it does not."""
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return min(float(value[:6]), _LONGEST_WAIT)
    if value:
        try:
            moment = email.utils.parsedate_to_datetime(value).timestamp()
        except (TypeError, ValueError):
            return 0.0
        return min(max(0.0, moment - time.time()), _LONGEST_WAIT)
    found = _RATE.search(headers.get("ratelimit", ""))
    return min(float(found[1]), _LONGEST_WAIT) if found else 0.0
