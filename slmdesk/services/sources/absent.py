"""Sources whose runtime is not on this machine: they are shown, and say what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from slmdesk.core.errors import RuntimeUnavailable
from slmdesk.core.remote import DownloadPlan, RemoteDetails, RemoteModel, SearchQuery, SourceStatus


class AbsentSource:
    """The place of a source until its runtime registers the real one."""

    def __init__(self, key: str, name: str, runtime: str, hint: str) -> None:
        self.key = key
        self.name = name
        self._message = f"{runtime} was not found on this machine, so its models cannot be listed."
        self._hint = hint

    def status(self) -> SourceStatus:
        """Never ready: its runtime is missing."""
        return SourceStatus(ready=False, missing="runtime", message=self._message, hint=self._hint)

    async def search(self, query: SearchQuery) -> list[RemoteModel]:  # noqa: ARG002
        """Raises RuntimeUnavailable."""
        raise self._missing()

    async def details(self, ref: str, revision: str = "") -> RemoteDetails:  # noqa: ARG002
        """Raises RuntimeUnavailable."""
        raise self._missing()

    async def plan(self, ref: str, files: Sequence[str] = (), revision: str = "") -> DownloadPlan:  # noqa: ARG002
        """Raises RuntimeUnavailable."""
        raise self._missing()

    def _missing(self) -> RuntimeUnavailable:
        return RuntimeUnavailable(self._message, self._hint)
