"""A hub on loopback that speaks the Hugging Face protocol, and fails in every way that a test asks for.

Written from the protocol as huggingface_hub's client uses it: ``/api/models``, ``/api/models/REPO[/revision/R]``,
``/tree/R``, ``/refs``, ``/auth-check``, and ``/REPO/resolve/R/PATH``, which answers small files itself and sends us to
a storage host ("localhost" here, while the hub is "127.0.0.1") with an address that expires for large ones.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Content = bytes | Path
BLOCK = 1 << 16


def content_size(content: Content) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(content)


def content_part(content: Content, start: int, end: int) -> Iterator[bytes]:
    if isinstance(content, bytes):
        for at in range(start, end, BLOCK):
            yield content[at : min(end, at + BLOCK)]
        return
    with content.open("rb") as file:
        file.seek(start)
        while start < end and (data := file.read(min(1 << 20, end - start))):
            start += len(data)
            yield data


def digest_of(content: Content) -> str:
    whole = hashlib.sha256()
    for block in content_part(content, 0, content_size(content)):
        whole.update(block)
    return whole.hexdigest()


def git_oid(content: Content) -> str:
    whole = hashlib.sha1(b"blob %d\0" % content_size(content))
    for block in content_part(content, 0, content_size(content)):
        whole.update(block)
    return whole.hexdigest()


@dataclass
class Version:
    """The files of one commit."""

    commit: str
    files: dict[str, Content]
    digests: dict[str, str] = field(default_factory=dict)


@dataclass
class Repo:
    """A repository with its versions, newest last."""

    name: str
    versions: list[Version] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    gated: bool = False
    private: bool = False
    members: set[str] = field(default_factory=set)
    """Tokens whose accounts were let in."""
    large: int = 1000
    """Bytes from which a file is stored apart (LFS)."""

    def commit(self, files: dict[str, Content]) -> str:
        base = dict(self.versions[-1].files) if self.versions else {}
        base.update(files)
        digests = {path: digest_of(c) for path, c in base.items()}
        mark = hashlib.sha1(repr((self.name, len(self.versions), sorted(digests.items()))).encode()).hexdigest()
        self.versions.append(Version(mark, base, digests))
        return mark

    def at(self, revision: str) -> Version | None:
        wanted = self.tags.get(revision, revision)
        if wanted == "main":
            return self.versions[-1]
        return next((v for v in self.versions if v.commit == wanted), None)

    def entry(self, version: Version, path: str) -> dict[str, Any]:
        content = version.files[path]
        size = content_size(content)
        found: dict[str, Any] = {
            "type": "file",
            "path": path,
            "size": size,
            "oid": git_oid(content) if size < 1 << 20 else "0" * 40,
        }
        if size >= self.large:
            found["lfs"] = {"oid": version.digests[path], "size": size, "pointerSize": 134}
        return found

    def described(self, version: Version) -> dict[str, Any]:
        owner = self.name.split("/")[0]
        base = {
            "_id": "0" * 24,
            "id": self.name,
            "modelId": self.name,
            "author": owner,
            "sha": version.commit,
            "private": self.private,
            "gated": "manual" if self.gated else False,
            "disabled": False,
            "downloads": 10,
            "likes": 3,
            "lastModified": "2026-10-01T10:00:00.000Z",
            "createdAt": "2026-01-01T10:00:00.000Z",
            "tags": ["gguf", "license:apache-2.0"],
            "pipeline_tag": "text-generation",
            "library_name": "gguf",
            "siblings": [{"rfilename": p} for p in version.files],
        }
        return {**base, **self.facts}


@dataclass
class Fault:
    """Something that goes wrong with requests whose path matches ``path``, the first ``times`` of them.

    ``kind``: "drop" after ``after`` bytes, "stall" there, "slow" (``after`` bytes a second), "corrupt" (the byte at
    ``after`` of the file), "truncate" (a shorter body than promised, in order), "status" with ``status`` and
    ``headers``, "redirect" to ``location``, "whole" (ranges are not understood), "headers" (they replace the true
    ones), "swap" (other content with another ETag).
    """

    kind: str
    path: str = "."
    times: int = 1
    after: int = 0
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    location: str = ""
    content: bytes = b""
    method: str = ""
    skip: int = 0


class HubServer:
    """The hub. ``url`` is its endpoint; ``requests`` what was asked of it, as (method, path, headers)."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.faults: list[Fault] = []
        self.tokens: set[str] = set()
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.sent = 0
        self.stored: dict[str, Content] = {}
        self.signature = 1
        self.released = threading.Event()
        self.lock = threading.Lock()
        self.on_request: Callable[[str], None] | None = None
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def repo(self, name: str, files: dict[str, Content], **options: Any) -> Repo:
        found = self.repos.setdefault(name, Repo(name))
        for key, value in options.items():
            setattr(found, key, value)
        found.commit(files)
        return found

    def fault(self, kind: str, path: str = ".", **options: Any) -> Fault:
        found = Fault(kind, path, **options)
        with self.lock:
            self.faults.append(found)
        return found

    def take(self, method: str, path: str, kinds: tuple[str, ...]) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                fits = fault.kind in kinds and fault.method in ("", method) and re.search(fault.path, path)
                if fits and fault.skip:
                    fault.skip -= 1
                elif fits and fault.times:
                    fault.times -= 1
                    return fault
        return None

    def asked(self, pattern: str) -> list[tuple[str, str, dict[str, str]]]:
        return [r for r in self.requests if re.search(pattern, f"{r[0]} {r[1]}")]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], hub: HubServer) -> None:
        self.hub = hub
        self.connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        for connection in tuple(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    wbufsize = 1 << 16

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        hub = self.server.hub
        parts = urlsplit(self.path)
        with hub.lock:
            hub.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        if hub.on_request is not None:
            hub.on_request(self.path)
        fault = hub.take(self.command, self.path, ("status", "redirect"))
        if fault is not None and fault.kind == "status":
            self._plain(fault.status, fault.content or b"no", fault.headers)
            return
        if fault is not None:
            self._plain(302, b"", {"Location": fault.location})
            return
        path = unquote(parts.path)
        if path.startswith("/storage/"):
            self._storage(path.removeprefix("/storage/"), parse_qs(parts.query))
        elif path.startswith("/api/models"):
            self._api(path.removeprefix("/api/models").strip("/"), parse_qs(parts.query))
        elif found := re.match(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(*found.groups())
        else:
            self._error(404, "RepoNotFound")

    # ---- answers ---------------------------------------------------------------------------------------------------

    def _plain(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self, value: Any, headers: dict[str, str] | None = None) -> None:
        self._plain(200, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _error(self, status: int, code: str, message: str = "") -> None:
        body = json.dumps({"error": message or code}).encode()
        self._plain(status, body, {"X-Error-Code": code, "X-Error-Message": message or code})

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _may(self, repo: Repo | None, *, files: bool) -> Repo | None:
        """The repository if it may be read; else the answer has been sent."""
        token = self._token()
        if token and token not in self.server.hub.tokens:
            self._plain(401, b"", {"X-Error-Message": "Invalid credentials in Authorization header"})
            return None
        if repo is None or (repo.private and token not in repo.members):
            self._error(404 if token else 401, "RepoNotFound", "Repository not found")
            return None
        if files and repo.gated and token not in repo.members:
            self._error(403 if token else 401, "GatedRepo", "Access to this model is restricted")
            return None
        return repo

    # ---- the API ---------------------------------------------------------------------------------------------------

    def _api(self, path: str, query: dict[str, list[str]]) -> None:
        if not path:
            self._search(query)
            return
        parts = path.split("/")
        repo = self._may(self.server.hub.repos.get("/".join(parts[:2])), files=False)
        if repo is None:
            return
        rest = parts[2:]
        revision = unquote("/".join(rest[1:])) if rest and rest[0] in ("revision", "tree") else "main"
        version = repo.at(revision)
        if version is None:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif not rest or rest[0] == "revision":
            self._json(repo.described(version))
        elif rest[0] == "tree":
            self._tree(repo, version)
        elif rest[0] == "refs":
            main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.versions[-1].commit}
            tags = [{"name": n, "ref": f"refs/tags/{n}", "targetCommit": c} for n, c in repo.tags.items()]
            self._json({"branches": [main], "converts": [], "tags": tags})
        elif rest[0] == "auth-check":
            if self._may(repo, files=True) is not None:
                self._plain(200, b"OK")
        else:
            self._error(404, "EntryNotFound")

    def _tree(self, repo: Repo, version: Version) -> None:
        self._json([repo.entry(version, path) for path in version.files])

    def _search(self, query: dict[str, list[str]]) -> None:
        hub = self.server.hub
        words = query.get("search", [""])[0].lower().split()
        found = []
        for repo in hub.repos.values():
            described = repo.described(repo.versions[-1])
            fits = all(w in repo.name.lower() for w in words) and all(
                tag in described["tags"] for tag in query.get("filter", [])
            )
            author = query.get("author", [""])[0]
            if fits and not repo.private and author in ("", described["author"]):
                found.append(described)
        start = int(query.get("cursor", ["0"])[0])
        size = min(int(query.get("limit", ["1000"])[0]), 2)  # small pages, so that the client has to turn them
        page, headers = found[start : start + size], {}
        if start + size < len(found):
            kept = "&".join(f"{k}={v}" for k, vs in query.items() if k != "cursor" for v in vs)
            headers["Link"] = f'<{hub.url}/api/models?{kept}&cursor={start + size}>; rel="next"'
        self._json(page, headers)

    # ---- files -----------------------------------------------------------------------------------------------------

    def _resolve(self, name: str, revision: str, path: str) -> None:
        hub = self.server.hub
        repo = self._may(hub.repos.get(name), files=True)
        if repo is None:
            return
        version = repo.at(revision)
        if version is None or path not in version.files:
            self._error(404, "RevisionNotFound" if version is None else "EntryNotFound")
            return
        content = version.files[path]
        headers = {"X-Repo-Commit": version.commit, "Accept-Ranges": "bytes"}
        if content_size(content) < repo.large:
            headers["ETag"] = f'"{git_oid(content)}"'
            self._content(path, content, headers)
            return
        digest = version.digests[path]
        hub.stored[digest] = content
        headers.update(
            {"X-Linked-Size": str(content_size(content)), "X-Linked-ETag": f'"{digest}"', "ETag": f'"{digest}"'}
        )
        fault = hub.take(self.command, self.path, ("headers",))
        headers.update(fault.headers if fault is not None else {})
        headers["Location"] = f"http://localhost:{hub.port}/storage/{digest}?signature={hub.signature}&name={path}"
        self._plain(302, b"Found", headers)

    def _storage(self, digest: str, query: dict[str, list[str]]) -> None:
        hub = self.server.hub
        if self.headers.get("Authorization"):
            self._plain(400, b"the token was sent to the storage host")
        elif query.get("signature") != [str(hub.signature)]:
            self._plain(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
        elif digest not in hub.stored:
            self._plain(404, b"")
        else:
            self._content(query["name"][0], hub.stored[digest], {"ETag": f'"{digest[:32]}"', "Accept-Ranges": "bytes"})

    def _content(self, path: str, content: Content, headers: dict[str, str]) -> None:
        hub = self.server.hub
        kinds = ("drop", "stall", "slow", "corrupt", "truncate", "whole", "swap", "lie")
        fault = hub.take(self.command, path, kinds) if self.command == "GET" else None
        kind = fault.kind if fault is not None else ""
        if fault is not None and kind == "swap":
            content, headers = fault.content, {**headers, "ETag": '"swapped"'}
        size = content_size(content)
        start, end, status = self._range(size, headers.get("ETag", ""), ignore=kind == "whole")
        headers = {**headers, "Content-Length": str(end - start), "Date": formatdate(usegmt=True)}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        if status == 416:
            self._plain(416, b"", {"Content-Range": f"bytes */{size}"})
            return
        if fault is not None and kind == "lie":
            headers.update(fault.headers)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self._send(content, start, end, fault)

    def _range(self, size: int, etag: str, *, ignore: bool) -> tuple[int, int, int]:
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if_range = self.headers.get("If-Range", "")
        if found is None or ignore or (if_range and if_range != etag):
            return 0, size, 200
        start, end = int(found[1]), min(size, int(found[2] or size - 1) + 1)
        return (start, end, 206) if start < size else (0, 0, 416)

    def _send(self, content: Content, start: int, end: int, fault: Fault | None) -> None:
        hub = self.server.hub
        kind = fault.kind if fault is not None else ""
        sent = 0
        if fault is None and isinstance(content, Path):
            self.wfile.flush()
            with content.open("rb") as file:
                count = self.connection.sendfile(file, start, end - start)
            with hub.lock:
                hub.sent += count
            return
        for block in content_part(content, start, end):
            data = block
            if fault is not None and kind in ("drop", "truncate", "stall") and sent + len(data) > fault.after:
                data = data[: fault.after - sent]
            if fault is not None and kind == "corrupt" and start + sent <= fault.after < start + sent + len(data):
                at = fault.after - start - sent
                data = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
            self.wfile.write(data)
            sent += len(data)
            with hub.lock:
                hub.sent += len(data)
            if kind in ("drop", "truncate", "stall") and fault is not None and sent >= fault.after:
                self.wfile.flush()
                if kind == "stall":
                    hub.released.wait(60)
                self.close_connection = True
                return
            if kind == "slow" and fault is not None:
                self.wfile.flush()
                time.sleep(len(data) / fault.after)
        self.wfile.flush()


@contextmanager
def hub_server() -> Iterator[HubServer]:
    server = HubServer()
    try:
        yield server
    finally:
        server.close()


def main() -> None:
    """``python -m tests.hub_server FILE``: a hub of one file, until stdin ends; says where it is."""
    path = Path(sys.argv[1])
    with hub_server() as hub:
        hub.repo("owner/model", {path.name: path})
        version = hub.repos["owner/model"].versions[-1]
        hub.stored[version.digests[path.name]] = path
        storage = f"{hub.url}/storage/{version.digests[path.name]}?signature=1&name={path.name}"
        print(json.dumps({"url": hub.url, "storage": storage}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
