"""``slmdesk library``: the places that are searched for models, copies of the same model, and the bin."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from slmdesk.cli.models import as_json, counted, on_stderr
from slmdesk.core.errors import SlmdeskError
from slmdesk.desk import Desk
from slmdesk.services.library import DuplicateGroup
from slmdesk.services.library.places import absolute
from slmdesk.ui import format as fmt


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``library`` with its subcommands."""
    library = commands.add_parser("library", parents=[common], help="folders with models, copies of models, the bin")
    subs = library.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def sub(name: str, text: str, run: Any) -> argparse.ArgumentParser:
        p: argparse.ArgumentParser = subs.add_parser(name, parents=[common], help=text, description=text)
        p.set_defaults(command=run)
        return p

    p = sub("places", "List the folders that are searched, with what was found there.", places)
    p.add_argument("--json", action="store_true")
    p = sub("add", "Search another folder for models, or add one model file. Nothing is copied.", add)
    p.add_argument("path", metavar="PATH")
    p.add_argument("--own", action="store_true", help="the folder is yours: models in it may be deleted and linked")
    p = sub("remove", "Search a folder no longer. Nothing in it is deleted.", remove)
    p.add_argument("path", metavar="PATH")
    for name, text in (("on", "Search another program's folder again."), ("off", "Leave a folder out of the search.")):
        p = sub(name, text, switch)
        p.add_argument("path", metavar="PATH")
        p.set_defaults(on=name == "on")
    p = sub("scan", "Look for new, changed and missing models in all places.", scan)
    p.add_argument("--json", action="store_true")
    p = sub("duplicates", "List models that lie in several places, after comparing their contents.", duplicates)
    p.add_argument("--link", metavar="PATH", help="let your other copies share the bytes of this one (hard links)")
    p.add_argument("--json", action="store_true")
    p = sub("delete", "Move a model's files to the bin of their folder.", delete)
    p.add_argument("model", metavar="MODEL", help="a model's name, id or path")
    p.add_argument("--copy", metavar="PATH", help="only this copy")
    p = sub("undo", "Take a model out of the bin.", undo)
    p.add_argument("token", metavar="ID", help="as `slmdesk library bin` shows it, or its first characters")
    p = sub("bin", "List the deleted models that can still be taken back.", show_bin)
    p.add_argument("--empty", action="store_true", help="delete them for good")
    p.add_argument("--json", action="store_true")


async def places(args: argparse.Namespace) -> int:
    """One line a place."""
    async with Desk.opened(args.profile) as desk:
        await desk.library.scan(on_stderr("Looking for models"))
        found = desk.library.places()
    if args.json:
        print(json.dumps([{**asdict(p), "path": str(p.path)} for p in found], ensure_ascii=False))
        return 0
    for p in found:
        state = "off" if not p.enabled else "away" if p.offline else f"{counted(p.models)}, {fmt.disk_size(p.bytes)}"
        print(f"{p.path}  {p.store_name}{', yours' if p.owned else ''}: {state}")
    return 0


async def add(args: argparse.Namespace) -> int:
    """Search one more place, and say what is in it."""
    path = absolute(args.path)
    async with Desk.opened(args.profile) as desk:
        await desk.library.add_place(path, owned=args.own)
        place = next((p for p in desk.library.places() if p.path == path), None)
    print(f"Added {path}: {counted(place.models if place is not None else 0)}.")
    return 0


async def remove(args: argparse.Namespace) -> int:
    """Search a place no longer."""
    path = absolute(args.path)
    async with Desk.opened(args.profile) as desk:
        await desk.library.remove_place(path)
    print(f"{path} is not searched any more. Nothing in it was changed.")
    return 0


async def switch(args: argparse.Namespace) -> int:
    """Switch a place on or off."""
    path = absolute(args.path)
    async with Desk.opened(args.profile) as desk:
        await desk.library.set_place(path, enabled=args.on)
    print(f"{path} is {'searched' if args.on else 'not searched'}.")
    return 0


async def scan(args: argparse.Namespace) -> int:
    """Look through all places; 0 also where something could not be read, which is named."""
    async with Desk.opened(args.profile) as desk:
        result = await desk.library.scan(on_stderr("Looking for models"))
    if args.json:
        print(json.dumps(asdict(result), ensure_ascii=False))
        return 0
    print(f"{counted(result.found)}: {result.added} new, {result.changed} changed, {result.removed} gone.")
    for path in result.unreadable:
        print(f"Cannot be read: {path}", file=sys.stderr)
    return 0


async def duplicates(args: argparse.Namespace) -> int:
    """One paragraph for each model in several places."""
    async with Desk.opened(args.profile) as desk:
        library = desk.library
        await library.scan(on_stderr("Looking for models"))
        await library.confirm(on_stderr("Comparing"))
        if args.link:
            keep = absolute(args.link)
            group = next((g for g in library.duplicates() if keep in {h.path for h in g.homes}), None)
            if group is None:
                raise SlmdeskError(f"There is no copy of {keep}.", "`slmdesk library duplicates` shows the copies.")
            won = await library.hard_link(group, keep, on_stderr("Reading both"))
            print(f"Won {fmt.disk_size(won)}.")
            return 0
        found = [g for g in library.duplicates() if g.confirmed]
    if args.json:
        print(json.dumps([_as_json(g) for g in found], ensure_ascii=False))
        return 0
    for group in found:
        own = "" if group.own_bytes else ", with the programs that the copies belong to"
        print(f"{group.model.name}: {fmt.disk_size(group.bytes_to_win)} to win{own}")
        for home in group.homes:
            print(f"  {home.path}{'  (yours)' if home.owned else ''}")
    if not found:
        print("No model lies in several places.", file=sys.stderr)
    return 0


def _as_json(group: DuplicateGroup) -> dict[str, Any]:
    homes = [{**asdict(home), "path": str(home.path)} for home in group.homes]
    return {
        "model": as_json(group.model),
        "homes": homes,
        "bytes_to_win": group.bytes_to_win,
        "own_bytes": group.own_bytes,
    }


async def delete(args: argparse.Namespace) -> int:
    """Move a model to the bin."""
    async with Desk.opened(args.profile) as desk:
        model = await desk.library.find(args.model)
        copy = absolute(args.copy or args.model)  # a path names its copy
        chosen = copy if args.copy or copy in {home.path for home in model.homes} else None
        deleted = await desk.library.delete(model.id, chosen)
    print(
        f"Moved to the bin: {deleted.name}. Emptying the bin frees {fmt.disk_size(deleted.bytes)}. "
        f"`slmdesk library undo {deleted.token[:8]}` takes it back."
    )
    return 0


async def undo(args: argparse.Namespace) -> int:
    """Take a model out of the bin."""
    async with Desk.opened(args.profile) as desk:
        found = [b for b in await desk.library.bin() if b.token.startswith(args.token)]
        if len(found) != 1:
            count = "No" if not found else str(len(found))
            raise SlmdeskError(f"{count} models in the bin begin with {args.token!r}.", "`slmdesk library bin` lists.")
        await desk.library.undo(found[0].token)
    print(f"Back again: {found[0].path}")
    return 0


async def show_bin(args: argparse.Namespace) -> int:
    """What is in the bin, or the bytes freed by emptying it."""
    async with Desk.opened(args.profile) as desk:
        if args.empty:
            print(f"Freed {fmt.disk_size(await desk.library.empty_bin())}.")
            return 0
        found = await desk.library.bin()
    if args.json:
        told = [{**asdict(b), "path": str(b.path), "place": str(b.place), "folder": str(b.folder)} for b in found]
        print(json.dumps(told, ensure_ascii=False))
        return 0
    for b in found:
        when = datetime.fromtimestamp(b.deleted).astimezone().strftime("%Y-%m-%d %H:%M")
        print(f"{b.token[:8]}  {when}  {fmt.disk_size(b.size):>9}  {Path(b.path)}")
    if not found:
        print("The bin is empty.", file=sys.stderr)
    return 0
