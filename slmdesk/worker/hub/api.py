"""What a Hugging Face hub tells of its models, asked through its own library and put into plain values.

The library's requests go through :class:`Client` like all others: its transport is replaced by ours, which knows the
thread's client. So its connections need the same permit, and it can send nothing of its own accord.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from slmdesk.core.errors import DownloadError, SlmdeskError
from slmdesk.core.repository import COMMIT, SHA256, check_repo, check_revision
from slmdesk.worker.hub.answers import error_of
from slmdesk.worker.hub.http import USER_AGENT, Client, Origin

ENDPOINT = "https://huggingface.co"
LONGEST_CARD = 400_000
"""Bytes of a model card that are shown."""
_MOST_FILES = 5000
_SORTS = {
    "trending": "trending_score",
    "downloads": "downloads",
    "likes": "likes",
    "updated": "last_modified",
    "created": "created_at",
}
_LISTED = [
    *("author", "downloads", "likes", "lastModified", "gated", "pipeline_tag", "tags", "library_name"),
    *("safetensors", "gguf", "private"),
]


class HubApi:
    """The hub's own library, with its connections replaced by ours. One for the process, used by any thread."""

    def __init__(self) -> None:
        self._current = threading.local()
        self._lock = threading.Lock()
        self._ready = False

    @contextmanager
    def using(self, client: Client, token: str) -> Iterator[Any]:
        """The library's HfApi for this thread, under the client's permit."""
        import huggingface_hub

        with self._lock:
            if not self._ready:
                self._take_over()
                self._ready = True
        self._current.client = client
        endpoint = (client.permit.endpoint or ENDPOINT).rstrip("/")
        try:
            yield huggingface_hub.HfApi(endpoint=endpoint, token=token or False)
        finally:
            self._current.client = None

    def _take_over(self) -> None:
        import httpx2
        import huggingface_hub

        current = self._current

        class Ours(httpx2.BaseTransport):
            """Hands the library's requests to the thread's client."""

            def handle_request(self, request: httpx2.Request) -> httpx2.Response:
                headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
                if "authorization" in request.headers:
                    headers["Authorization"] = request.headers["authorization"]
                answer = current.client.open(request.method, str(request.url), headers, request.read() or None)
                kept = [(k, v) for k, v in answer.headers.items() if k not in ("transfer-encoding", "content-length")]
                return httpx2.Response(answer.status, headers=kept, content=answer.text(), request=request)

        huggingface_hub.set_client_factory(
            lambda: httpx2.Client(transport=Ours(), trust_env=False, follow_redirects=True)
        )


@contextmanager
def _told(client: Client, what: str, token: str) -> Iterator[None]:
    """The library's errors as ours."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    host = Origin.of(client.permit.endpoint or ENDPOINT)[0].host
    try:
        yield
    except SlmdeskError:
        raise
    except HfHubHTTPError as error:
        headers = {k.lower(): v for k, v in error.response.headers.items()}
        raise error_of(error.response.status_code, headers, host, what, with_token=bool(token)) from error
    except HFValidationError as error:
        raise DownloadError(f"{what} is not a name that {host} could have.", "Check the name.", str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DownloadError(
            f"{host} answered something that is not of its protocol.", "Is it a Hugging Face mirror?", repr(error)
        ) from error


def search(hub: HubApi, client: Client, query: Mapping[str, Any], token: str) -> list[dict[str, Any]]:
    """Models by a query's fields (those of SearchQuery); with several formats each is asked for alone."""
    formats = list(query.get("formats") or [""])
    limit = max(1, min(200, int(query.get("limit", 30))))
    found: dict[str, dict[str, Any]] = {}
    with hub.using(client, token) as api, _told(client, "this search", token):
        lists = [list(api.list_models(**_asked(query, kind, limit))) for kind in formats]
    for rank in range(limit):
        for listed in lists:
            if rank < len(listed):
                found.setdefault(listed[rank].id, model_values(listed[rank]))
    return list(found.values())[:limit]


def _asked(query: Mapping[str, Any], kind: str, limit: int) -> dict[str, Any]:
    tags = [kind] if kind else []
    if query.get("licence"):
        tags.append(f"license:{query['licence']}")
    sizes = [
        f"{word}:{int(query[key]) / 1e9:g}B"
        for word, key in (("min", "minimum_parameters"), ("max", "maximum_parameters"))
        if query.get(key)
    ]
    return {
        "search": query.get("text") or None,
        "author": query.get("publisher") or None,
        "filter": tags or None,
        "pipeline_tag": query.get("task") or None,
        "num_parameters": ",".join(sizes) or None,
        "gated": query.get("gated"),
        "sort": _SORTS.get(str(query.get("sort")), "trending_score"),
        "limit": limit,
        "expand": _LISTED,
    }


def model_values(info: Any) -> dict[str, Any]:
    """A model's facts as JSON values, whatever the hub left out."""
    tags = [t for t in (info.tags or []) if isinstance(t, str)][:200]
    gguf = info.gguf if isinstance(getattr(info, "gguf", None), dict) else {}
    tensors = getattr(info, "safetensors", None)
    total = gguf.get("total") or (getattr(tensors, "total", 0) if tensors else 0)
    template = gguf.get("chat_template")
    return {
        "id": str(info.id),
        "author": str(info.author or info.id.split("/")[0]),
        "parameters": total if isinstance(total, int) else 0,
        "architecture": str(gguf.get("architecture") or ""),
        "context_length": gguf.get("context_length") if isinstance(gguf.get("context_length"), int) else 0,
        "template": template[:20_000] if isinstance(template, str) else "",
        "task": str(info.pipeline_tag or ""),
        "library": str(getattr(info, "library_name", "") or ""),
        "gated": bool(info.gated),
        "private": bool(info.private),
        "downloads": int(info.downloads or 0),
        "likes": int(info.likes or 0),
        "updated": _seconds(info.last_modified),
        "tags": tags,
    }


def _seconds(moment: Any) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else 0.0


def details(hub: HubApi, client: Client, repo: str, revision: str, token: str) -> dict[str, Any]:
    """One repository at one version: its facts, files with sizes and digests, card, versions, and who may read it."""
    check_repo(repo)
    if revision:
        check_revision(revision)
    with hub.using(client, token) as api, _told(client, repo, token):
        info = api.model_info(repo, revision=revision or None, expand=[*_LISTED, "sha", "cardData", "config"])
        commit = str(info.sha or "").lower()
        if not COMMIT.match(commit):
            raise ValueError(f"no commit: {commit[:60]!r}")
        files = [
            _file(f) for f in _at_most(api.list_repo_tree(repo, recursive=True, revision=commit)) if hasattr(f, "size")
        ]
        refs = api.list_repo_refs(repo)
    values = model_values(info)
    card = info.card_data.to_dict() if info.card_data is not None else {}
    values.update(
        commit=commit,
        files=files,
        revisions=[
            *({"name": b.name, "commit": b.target_commit, "kind": "branch"} for b in refs.branches[:100]),
            *({"name": t.name, "commit": t.target_commit, "kind": "tag"} for t in refs.tags[:100]),
        ],
        licence_link=str(card.get("license_link") or "")[:300],
        licence_name=str(card.get("license_name") or "")[:100],
        access=_access(client, repo, token, gated=bool(info.gated)),
        card="",
        config=info.config if isinstance(info.config, dict) else {},
    )
    names = {f["path"] for f in files}
    if "README.md" in names:
        values["card"] = _small_file(client, repo, commit, "README.md", token).decode("utf-8", "replace")
    if "config.json" in names and values["access"] in ("open", "granted"):
        values["config"] = _json_of(_small_file(client, repo, commit, "config.json", token)) or values["config"]
    return values


def _at_most(items: Any) -> list[Any]:
    found = []
    for item in items:
        found.append(item)
        if len(found) > _MOST_FILES:
            raise DownloadError(f"The repository has more than {_MOST_FILES:,} files.", "Choose a smaller one.")
    return found


def _file(entry: Any) -> dict[str, Any]:
    """A file of the tree: what git lists, with the real size and digest of a large one."""
    digest = str(entry.lfs.sha256).lower() if entry.lfs is not None else ""
    size = entry.lfs.size if entry.lfs is not None else entry.size
    oid = str(entry.blob_id or "").lower()
    if type(size) is not int or not 0 <= size < 1 << 50 or (digest and not SHA256.match(digest)):
        raise ValueError(f"a size or digest out of range: {entry.path[:80]!r}")
    return {"path": str(entry.path), "size": size, "sha256": digest, "git_oid": "" if digest else oid}


def _access(client: Client, repo: str, token: str, *, gated: bool) -> str:
    """Whether this token may read the repository: the hub is asked only where it is gated."""
    if not gated:
        return "open"
    if not token:
        return "locked"
    endpoint = (client.permit.endpoint or ENDPOINT).rstrip("/")
    answer = client.follow("GET", f"{endpoint}/api/models/{repo}/auth-check", {}, token=token)
    answer.text(1 << 16)
    return {200: "granted", 401: "locked"}.get(answer.status, "approval")


def _small_file(client: Client, repo: str, commit: str, path: str, token: str) -> bytes:
    """A small text of the repository, cut where it is too long; empty where it cannot be had."""
    endpoint = (client.permit.endpoint or ENDPOINT).rstrip("/")
    headers = {"Accept-Encoding": "identity", "Range": f"bytes=0-{LONGEST_CARD - 1}"}
    answer = client.follow("GET", f"{endpoint}/{repo}/resolve/{commit}/{path}", headers, token=token)
    if answer.status not in (200, 206):
        answer.link.close()
        return b""
    pieces = bytearray()
    buffer = memoryview(bytearray(1 << 16))
    while len(pieces) < LONGEST_CARD and (count := answer.readinto(buffer)):
        pieces += buffer[:count]
    answer.link.close()
    return bytes(pieces[:LONGEST_CARD])


def _json_of(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
