"""Where a file's bytes are: the hub names the exact version and sends us on, often to another host, for a while."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from urllib.parse import quote

from slmdesk.core.errors import DownloadError, WrongContent
from slmdesk.core.repository import COMMIT, SHA256
from slmdesk.worker.hub.answers import error_of
from slmdesk.worker.hub.http import MAX_REDIRECTS, Client, Origin, redirected

_OID = re.compile(r"[0-9a-f]{40}\Z")
_MOST_EXPIRED = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file of a repository as it was published: what has to come, and where it is asked for."""

    endpoint: str
    repo: str
    commit: str
    path: str
    size: int
    sha256: str = ""
    git_oid: str = ""

    @property
    def url(self) -> str:
        """The hub's address of the file."""
        version = quote(self.commit or "main", safe="")
        return f"{self.endpoint.rstrip('/')}/{self.repo}/resolve/{version}/{quote(self.path)}"

    @property
    def name(self) -> str:
        """How messages call it."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Place:
    """An address that has the bytes; ``token`` is empty unless it is the hub itself."""

    url: str
    token: str = ""


class Location:
    """The current place of a file; found once, and again when an address has expired."""

    def __init__(self, wanted: Wanted, token: str) -> None:
        self._wanted = wanted
        self._token = token
        self._lock = threading.Lock()
        self._place: Place | None = None
        self._expired = 0

    def get(self, client: Client) -> Place:
        """Where the bytes are. Raises what the hub answers, and WrongContent when it is another file by now."""
        with self._lock:
            if self._place is None:
                self._place = self._find(client)
            return self._place

    def expire(self, place: Place) -> bool:
        """The place did not let us in any more; False when that has happened too often."""
        with self._lock:
            if self._place == place:
                self._place = None
                self._expired += 1
            return self._expired <= _MOST_EXPIRED and not place.token

    def works(self) -> None:
        """Bytes came from it."""
        self._expired = 0

    def _find(self, client: Client) -> Place:
        first, _ = Origin.of(self._wanted.endpoint)
        url = self._wanted.url
        for _ in range(MAX_REDIRECTS):
            own = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            answer = client.open("HEAD", url, {"Accept-Encoding": "identity", **own})
            answer.text(1 << 16)
            headers = answer.headers
            if answer.status in (405, 501):  # a mirror that knows GET only
                return Place(url, self._token)
            if answer.status >= 400:
                raise error_of(answer.status, headers, first.host, self._wanted.name, with_token=bool(self._token))
            self._check(headers, direct=answer.status < 300)
            if answer.status < 300:
                return Place(url, self._token)
            url = redirected(url, headers.get("location", ""))
            if Origin.of(url)[0] != first:
                return Place(url)
        raise DownloadError(f"{first.host} sent us in a circle.", "Try again later.", url[:200])

    def _check(self, headers: dict[str, str], *, direct: bool) -> None:
        """Whether the hub still speaks of the file that was chosen. Raises WrongContent."""
        wanted = self._wanted
        length = headers.get("x-linked-size") or (headers.get("content-length", "") if direct else "")
        if length.isdigit() and int(length) != wanted.size:
            raise _changed(wanted, f"{int(length)} bytes instead of {wanted.size}")
        etag = headers.get("x-linked-etag") or headers.get("etag", "")
        mark = etag.removeprefix("W/").strip('"').lower()
        published = wanted.sha256 if SHA256.match(mark) else wanted.git_oid if _OID.match(mark) else ""
        if published and mark != published:
            raise _changed(wanted, f"the digest {mark} instead of {published}")
        commit = headers.get("x-repo-commit", "").lower()
        if COMMIT.match(commit) and COMMIT.match(wanted.commit) and commit != wanted.commit:
            raise _changed(wanted, f"the commit {commit} instead of {wanted.commit}")


def _changed(wanted: Wanted, details: str) -> WrongContent:
    return WrongContent(
        f"{wanted.name} changed at its source since it was chosen.",
        "Look at the model again and choose the new version.",
        details,
    )
