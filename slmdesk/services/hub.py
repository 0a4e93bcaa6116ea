"""The hub workers: the processes that may reach other machines, each confined to one folder to write in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, ClassVar, Protocol

from slmdesk.core.errors import NetworkBlocked, WorkerCrashed
from slmdesk.core.network import Connection, NetworkState, Permit
from slmdesk.runtimes.process import Worker
from slmdesk.services.network import Network

ENGINE = "hub"
SITE = "huggingface"
TOKEN = "huggingface"  # noqa: S105  (the name under which the token is kept)
_NOWHERE = Path()
_MOST_HOSTS = 6
"""Storage hosts that a hub may send us on to before that counts as going astray."""


class TokenStore(Protocol):
    """Whoever keeps tokens."""

    async def get(self, name: str) -> str:
        """The token, empty if there is none."""


class Hub:
    """Asks model hubs and fetches files, in worker processes that start when they are needed.

    One worker asks questions and writes nowhere; one for each models folder fetches into it. Every question names
    what it is for: ``Network`` permits it or not, and each connection comes back to its ledger. When the network is not
    online any more all of them are ended.
    """

    PATIENCE: ClassVar[Mapping[str, float]] = {"stall": 20.0, "pause": 0.5}
    """Seconds without a byte after which a connection is given up, and before it is tried again."""

    def __init__(self, network: Network, tokens: TokenStore) -> None:
        self._network = network
        self._tokens = tokens
        self._workers: dict[Path, Worker] = {}
        self._networked: set[Path] = set()
        self._starting = asyncio.Lock()
        self._limit = 0.0
        self._closed = False
        self._ending: set[asyncio.Task[None]] = set()
        network.state_changed.connect(self._on_state)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that Hugging Face, or its mirror, needs; the one that a person agrees to first."""
        return self._network.site(SITE).hosts

    async def ask(self, op: str, purpose: str, **args: Any) -> dict[str, Any]:
        """The answer to a question ("search", "model"). Raises NetworkBlocked, DownloadError."""
        async with aclosing(self._permitted(_NOWHERE, "hub", op, purpose, args)) as values:
            async for value in values:
                if "result" in value:
                    result: dict[str, Any] = value["result"]
                    return result
        raise WorkerCrashed("The question was dropped.", "Ask again.")

    async def fetch(self, root: Path, purpose: str, **args: Any) -> AsyncGenerator[dict[str, Any], None]:
        """Fetch a file below ``root``: what the worker tells on the way, and {"result": ...} at the end.

        Raises NetworkBlocked, DownloadError, WorkerCrashed. Closing the generator ends the fetch.
        """
        async with aclosing(self._permitted(root, "downloads", "fetch", purpose, {**self.PATIENCE, **args})) as values:
            async for value in values:
                yield value

    async def do(self, root: Path, op: str, **args: Any) -> dict[str, Any]:
        """Work on files below ``root`` that needs no network: finish, sync, discard, orphans, hash."""
        worker = await self._worker(root, network=False)
        return await worker.call(op, **args)

    async def set_limit(self, bytes_per_second: float) -> None:
        """Limit the speed of all fetches together (0: no limit); it holds at once, also for those under way."""
        self._limit = bytes_per_second
        workers = [w for root, w in self._workers.items() if root != _NOWHERE and w.alive]
        for worker in workers:
            await worker.call("limit", bps=self._limit / len(workers))

    async def _permitted(
        self, root: Path, part: str, op: str, purpose: str, args: dict[str, Any]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Ask under a permit; where the hub sends us on to a host that is not in it, that one is asked leave for."""
        hosts = list(self.hosts)
        while True:
            permit = await self._network.permit(part, purpose, hosts)
            token = await self._tokens.get(TOKEN)
            worker = await self._worker(root, network=True)
            try:
                async with aclosing(self._followed(worker, part, op, permit, token, args)) as values:
                    async for value in values:
                        yield value
            except NetworkBlocked as error:
                host = error.details
                if not host or host in hosts or len(hosts) >= len(self.hosts) + _MOST_HOSTS:
                    raise
                hosts.append(host)
            else:
                return

    async def _followed(
        self, worker: Worker, part: str, op: str, permit: Permit, token: str, args: dict[str, Any]
    ) -> AsyncGenerator[dict[str, Any], None]:
        endpoint = permit.endpoint or self._network.site(SITE).endpoint
        own: dict[str, Any] = {"endpoint": endpoint, "token": token, "permit": permit.args()}
        async with aclosing(worker.request(op, **args, **own)) as events:
            async for event in events:
                if event.data is not None:
                    line = event.data.get("connection")
                    if isinstance(line, dict):
                        self._network.record(Connection.from_report(part, time.time(), line))
                    else:
                        yield event.data
                if event.done is not None:
                    yield {"result": event.done}

    async def _worker(self, root: Path, *, network: bool) -> Worker:
        """The worker that writes in ``root``, started if need be; one without network serves only file work."""
        async with self._starting:
            if self._closed:
                raise WorkerCrashed("SLMDesk is closing.")
            worker = self._workers.get(root)
            if worker is not None and (not worker.alive or (network and root not in self._networked)):
                await worker.close()
                worker = None
            if worker is None:
                writable = [] if root == _NOWHERE else [root]
                if writable:
                    await asyncio.to_thread(root.mkdir, parents=True, exist_ok=True)
                worker = await Worker.start(ENGINE, allow_network=network, writable=writable)
                self._workers[root] = worker
                (self._networked.add if network else self._networked.discard)(root)
                if self._limit and root != _NOWHERE:
                    await worker.call("limit", bps=self._limit)
            return worker

    def _on_state(self, state: NetworkState) -> None:
        if state is not NetworkState.ONLINE:
            task = asyncio.ensure_future(self._end(tuple(self._networked)))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _end(self, roots: Sequence[Path]) -> None:
        async with self._starting:
            for root in roots:
                worker = self._workers.pop(root, None)
                self._networked.discard(root)
                if worker is not None:
                    await worker.close()

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        await self._end(tuple(self._workers))
        if self._ending:
            await asyncio.gather(*self._ending)
