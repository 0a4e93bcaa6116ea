"""``slmdesk search``, ``pull`` and ``bundle``: find models elsewhere, fetch them, carry them to another machine."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slmdesk.core.errors import DiskFull, DownloadError, NetworkBlocked, SlmdeskError
from slmdesk.core.models import ModelFormat
from slmdesk.core.progress import Progress
from slmdesk.core.remote import Download, DownloadState, RemoteModel, SearchQuery
from slmdesk.desk import Desk

SOURCES = ("catalog", "hf", "ollama", "foundry")
FORMATS = ("gguf", "onnx", "mlx", "safetensors")
SORTS = ("trending", "downloads", "likes", "updated", "created")
_LOOK_EVERY = 0.1


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``search``, ``pull`` and ``bundle``."""
    p = commands.add_parser(
        "search",
        parents=[common],
        help="look for models: the catalog, Hugging Face",
        description="Look for models. Without --source: in the catalog, and on Hugging Face if it may be reached.",
    )
    p.add_argument("query", metavar="QUERY", nargs="?", default="")
    p.add_argument("--source", choices=SOURCES)
    p.add_argument("--format", action="append", choices=FORMATS, help="only this one (may be repeated)")
    p.add_argument("--publisher", default="", metavar="NAME")
    p.add_argument("--licence", "--license", default="", metavar="NAME", help="for example apache-2.0")
    p.add_argument("--task", default="", metavar="NAME", help="for example text-generation")
    p.add_argument("--min", type=_billions, default=0, metavar="B", help="at least so many billion parameters")
    p.add_argument("--max", type=_billions, default=0, metavar="B", help="at most so many billion parameters")
    p.add_argument("--no-gated", action="store_true", help="only those that need no token")
    p.add_argument("--sort", choices=SORTS, default="trending")
    p.add_argument("--limit", type=_limit, default=20, metavar="N")
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=search)

    p = commands.add_parser(
        "pull",
        parents=[common],
        help="fetch a model",
        description="Fetch a model and verify it. Ctrl+C pauses; the same command goes on where it ended.",
    )
    p.add_argument(
        "ref", metavar="REF", help="hf:owner/repo[/file.gguf], hf:owner/repo:Q4_K_M, catalog:ID, ollama:NAME"
    )
    p.add_argument("--revision", default="", metavar="REV", help="a branch, tag or commit")
    p.add_argument("--include", action="append", default=[], metavar="WHAT", help="a quantization, file or pattern")
    p.add_argument("--folder", type=Path, metavar="DIR", help="the models folder that it goes into")
    p.add_argument("--dry-run", action="store_true", help="only say what would be fetched")
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=pull)

    bundle = commands.add_parser("bundle", parents=[common], help="carry a model to a machine without internet")
    subs = bundle.add_subparsers(title="what to do", metavar="ACTION", required=True)
    text = "Write a model with checksums and licence into a folder of its own."
    p = subs.add_parser("export", parents=[common], help=text, description=text)
    p.add_argument("model", metavar="MODEL")
    p.add_argument("folder", type=Path, metavar="DIR", help="where the bundle's folder is made")
    p.set_defaults(command=export)
    text = "Check a bundle and take its model into the library."
    p = subs.add_parser("import", parents=[common], help=text, description=text)
    p.add_argument("folder", type=Path, metavar="DIR", help="the bundle's folder")
    p.set_defaults(command=import_)


def _billions(text: str) -> int:
    try:
        value = float(text.upper().removesuffix("B"))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of billions, such as 0.6 or 8")
    return round(value * 1e9)


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= 200:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 200")
    return int(text)


async def search(args: argparse.Namespace) -> int:
    """One line a model: its reference, size, licence, popularity."""
    query = SearchQuery(
        text=args.query,
        formats=frozenset(ModelFormat(f) for f in args.format or ()),
        publisher=args.publisher,
        licence=args.licence,
        task=args.task,
        minimum_parameters=args.min,
        maximum_parameters=args.max,
        gated=False if args.no_gated else None,
        sort=args.sort,
        limit=args.limit,
    )
    async with Desk.opened(args.profile) as desk:
        if args.source:
            found = await desk.sources.search(query, args.source)
        else:
            found = await _everywhere(desk, query)
    if args.json:
        print(json.dumps([_values(m) for m in found], ensure_ascii=False))
        return 0
    for line in _table(found):
        print(line)
    if not found:
        print("Nothing found.", file=sys.stderr)
    return 0


async def _everywhere(desk: Desk, query: SearchQuery) -> list[RemoteModel]:
    """What the catalog has, then what Hugging Face has if it may be asked."""
    found = await desk.sources.search(query, "catalog")
    status = desk.sources.get("hf").status()
    if not status.ready:
        host = status.hosts[0] if status.hosts else ""
        online = "`slmdesk network online`, then " if status.missing == "network" else ""
        print(f"Only the catalog was searched. {status.message}", file=sys.stderr)
        print(f"To search Hugging Face too: {online}`slmdesk network consent {host}`.", file=sys.stderr)
        return found
    return found + await desk.sources.search(query, "hf")


def _values(model: RemoteModel) -> dict[str, Any]:
    sorted_sets = {"formats": sorted(model.formats), "abilities": sorted(model.abilities)}
    size_class = model.parameter_class.value if model.parameters else ""
    return {**asdict(model), **sorted_sets, "class": size_class}


def _table(models: Sequence[RemoteModel]) -> list[str]:
    rows = [
        (
            m.ref,
            f"{m.parameters / 1e9:.1f} B" if m.parameters else "",
            m.licence[:24],
            ", ".join(sorted(m.formats)),
            f"{m.downloads:,} downloads" if m.downloads else "",
            "gated" if m.gated else "",
        )
        for m in models
    ]
    widths = [max(len(r[n]) for r in rows) for n in range(6)] if rows else []
    return ["  ".join(cell.ljust(width) for cell, width in zip(r, widths, strict=True)).rstrip() for r in rows]


async def pull(args: argparse.Namespace) -> int:
    """Fetch to the end; the files' paths on stdout, progress on stderr."""
    async with Desk.opened(args.profile) as desk:
        plan = await desk.sources.plan(args.ref, args.include, args.revision)
        if args.dry_run:
            _say_plan(plan, as_json=args.json)
            return 0
        download = await desk.downloads.add(plan, args.folder)
        line = _Line()
        try:
            done = await _to_the_end(desk, download.id, line)
        except asyncio.CancelledError:
            await desk.downloads.pause(download.id)
            line.end("Paused. The same command goes on from here.")
            raise
        if done.state is not DownloadState.DONE:
            line.end("")
            raise _trouble(done)
        line.end(f"{done.title}: {done.total / 1e6:,.1f} MB, verified.")
        await desk.downloads.remove(done.id)
        await desk.downloads.settle()
    if args.json:
        print(json.dumps({**asdict(done), "paths": [str(p) for p in done.paths]}, default=str, ensure_ascii=False))
    else:
        for path in done.paths:
            print(path)
    return 0


def _say_plan(plan: Any, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**asdict(plan), "size": plan.size}, ensure_ascii=False))
        return
    print(f"{plan.title}: {plan.size / 1e6:,.1f} MB from {plan.repo} at {plan.commit[:12] or plan.revision}")
    for file in plan.files:
        print(f"  {file.path}  {file.size / 1e6:,.1f} MB")


async def _to_the_end(desk: Desk, download_id: str, line: _Line) -> Download:
    """Show how far it is until it is done, has failed, or waits for something that only a person can give."""
    while True:
        download = desk.downloads.get(download_id)
        if download is None:
            raise DownloadError("The download was taken off the list.")
        if not download.state.active:
            return await desk.downloads.wait(download_id)
        if download.state is DownloadState.WAITING and download.error_kind in ("NetworkBlocked", "DiskFull"):
            await desk.downloads.pause(download_id)
            line.end("")
            raise _trouble(download)
        line.show(download)
        await asyncio.sleep(_LOOK_EVERY)


def _trouble(download: Download) -> SlmdeskError:
    message = download.error or download.message or "The download was stopped."
    if download.error_kind == "NetworkBlocked":
        reason = "offline" if download.state is DownloadState.WAITING else "consent"
        return NetworkBlocked(message, download.hint, host=download.host, reason=reason)
    if download.error_kind == "DiskFull":
        return DiskFull(message, "" if "Free" in message else "Free some space, then give the same command again.")
    return DownloadError(message, download.hint)


class _Line:
    """Progress on stderr: one line that is written over on a terminal, else one for every tenth and every wait."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = ""
        self._tenth = -1
        self._at = 0.0

    def show(self, download: Download) -> None:
        share = download.done / download.total if download.total else 1.0
        text = f"{share:4.0%}  {download.done / 1e6:,.1f} of {download.total / 1e6:,.1f} MB"
        if download.state is DownloadState.VERIFYING:
            text += "  verifying"
        elif download.message:
            text += f"  waiting: {download.message}"
        elif download.speed_bps:
            text += f"  {download.speed_bps / 1e6:,.1f} MB/s"
            text += f"  {_duration(download.eta_s)} left" if download.eta_s is not None else ""
        if self._terminal and time.monotonic() - self._at > 0.2:
            self._at = time.monotonic()
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
            self._shown = text
        elif not self._terminal and (int(share * 10) != self._tenth or (download.message and text != self._shown)):
            self._tenth, self._shown = int(share * 10), text
            print(text, file=sys.stderr, flush=True)

    def end(self, text: str) -> None:
        if self._terminal and self._shown:
            print("\r\033[K", end="", file=sys.stderr)
        if text:
            print(text, file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


async def export(args: argparse.Namespace) -> int:
    """Write a bundle; its folder on stdout."""
    async with Desk.opened(args.profile) as desk:
        model = await desk.library.find(args.model)
        print(await desk.bundles.export(model, args.folder, _percent()))
    return 0


async def import_(args: argparse.Namespace) -> int:
    """Take a bundle in; the new paths on stdout."""
    async with Desk.opened(args.profile) as desk:
        for path in await desk.bundles.import_(args.folder, _percent()):
            print(path)
    return 0


def _percent() -> Any:
    """A report that writes a line for every tenth."""
    shown: list[int] = [0]

    def report(progress: Progress) -> None:
        tenth = int((progress.fraction or 0.0) * 10)
        if tenth > shown[0]:
            shown[0] = tenth
            print(f"{tenth * 10} %", file=sys.stderr, flush=True)

    return report
