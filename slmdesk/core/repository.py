"""Names in a repository: which are safe to write to a disk, and how a person names a model in one text.

They come from a stranger's server, so a name that could leave its folder, or mean something else on another system,
is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from slmdesk.core.errors import DownloadError, SlmdeskError

REPO = re.compile(r"(?=[^/]*[A-Za-z0-9])[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}\Z")
REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}\Z")
COMMIT = re.compile(r"[0-9a-f]{40}\Z")
SHA256 = re.compile(r"[0-9a-f]{64}\Z")

LONGEST_PATH = 400
LONGEST_NAME = 180
"""Characters of one name: with our own endings still within the 255 bytes that file systems take."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)", re.IGNORECASE)


def path_problem(path: str) -> str:
    """Why a name from a server cannot be a file's path below a folder of ours; empty where it can."""
    if not path or len(path) > LONGEST_PATH:
        return "it is empty" if not path else f"it is longer than {LONGEST_PATH} characters"
    if _FORBIDDEN.search(path):
        return "it holds characters that file names cannot have on every system"
    try:
        path.encode()
    except UnicodeEncodeError:
        return "it is not proper Unicode"
    for part in path.split("/"):
        if part in ("", ".", ".."):
            return "it leads out of its folder"
        if len(part.encode()) > LONGEST_NAME:
            return f"a part of it is longer than {LONGEST_NAME} bytes"
        if _DEVICES.match(part) or part[-1] in ". " or part[0] == " ":
            return "Windows cannot hold a file of that name"
    return ""


def check_paths(paths: Iterable[str]) -> None:
    """Raises DownloadError for a name that could leave its folder, and for two that are one on some systems."""
    seen: dict[str, str] = {}
    for path in paths:
        problem = path_problem(path)
        if problem:
            raise DownloadError(
                f"The file name {shown(path)} was refused: {problem}.",
                "Nothing was written. Look at the repository's page, or choose another one.",
            )
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            raise DownloadError(
                f"The names {shown(other)} and {shown(path)} are the same file on Windows and macOS.",
                "Choose only one of them.",
            )


def shown(name: str) -> str:
    """A stranger's name as it can stand in a sentence: short, quoted, control characters escaped."""
    return repr(name if len(name) <= 80 else name[:77] + "...")


def check_repo(repo: str) -> str:
    """``repo`` itself. Raises DownloadError where it cannot be the name of a repository."""
    if REPO.match(repo) and ".." not in repo and "--" not in repo and not repo.endswith((".git", ".", "-")):
        return repo
    raise DownloadError(f"{shown(repo)} is not the name of a repository.", "It looks like owner/name.")


def check_revision(revision: str) -> str:
    """``revision`` itself. Raises DownloadError where it cannot be a branch, tag or commit."""
    if REVISION.match(revision) and ".." not in revision and "//" not in revision and not revision.endswith("/"):
        return revision
    raise DownloadError(f"{shown(revision)} is not the name of a revision.", "Give a branch, a tag or a commit.")


@dataclass(frozen=True, slots=True)
class Reference:
    """A model named in one text: ``hf:owner/repo/file.gguf@revision``, ``catalog:ID``, ``ollama:name:tag``.

    ``files`` holds the file, quantization or pattern that the text names, if any.
    """

    source: str
    name: str
    files: tuple[str, ...] = ()
    revision: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Raises SlmdeskError for a text that names nothing, with the forms that work."""
        source, colon, rest = text.strip().partition(":")
        if colon and source in ("ollama", "foundry") and rest:
            return cls(source, rest)
        if colon and source == "catalog" and rest:
            name, _, quantization = rest.partition(":")
            return cls("catalog", name, (quantization,) if quantization else ())
        path = rest if colon and source in ("hf", "huggingface") else text.strip()
        if path.startswith(("https://", "http://")):
            return cls._of_address(path)
        path = path.removeprefix("hf.co/").removeprefix("huggingface.co/")
        path, _, revision = path.partition("@")
        parts = path.split("/", 2)
        if len(parts) < 2:
            raise SlmdeskError(
                f"{shown(text)} does not name a model.",
                "Write hf:owner/repo, hf:owner/repo/file.gguf, hf:owner/repo:Q4_K_M, catalog:ID or ollama:name:tag.",
            )
        name, _, quantization = parts[1].partition(":")
        files = (parts[2],) if len(parts) == 3 and parts[2] else (quantization,) if quantization else ()
        return cls("hf", check_repo(f"{parts[0]}/{name}"), files, check_revision(revision) if revision else "")

    @classmethod
    def _of_address(cls, address: str) -> Reference:
        """From a page's address: https://host/owner/repo[/blob|resolve|tree/revision[/file]]."""
        parts = [unquote(p) for p in urlsplit(address).path.strip("/").split("/")]
        if len(parts) < 2:
            raise SlmdeskError(f"{shown(address)} is not the page of a model.", "It looks like .../owner/repo.")
        repo = check_repo("/".join(parts[:2]))
        if len(parts) > 3 and parts[2] in ("blob", "resolve", "tree", "raw"):
            file = "/".join(parts[4:])
            return cls("hf", repo, (file,) if file else (), check_revision(parts[3]) if parts[3] != "main" else "")
        return cls("hf", repo)
