"""``slmdesk storage``: what is stored where, and how to be rid of it."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slmdesk.core.errors import ProfileInUse, SlmdeskError
from slmdesk.desk import Desk
from slmdesk.instance import Instance
from slmdesk.services.profile import Profile

EVERYTHING = "everything"


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``storage`` and ``storage wipe``."""
    p = commands.add_parser(
        "storage",
        parents=[common],
        help="what is stored where, and wiping it",
        description="What this profile keeps, where, and how much. `storage wipe` removes a kind of it for good.",
    )
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=show)
    subs = p.add_subparsers(metavar="ACTION")
    report_ = subs.add_parser("report", parents=[common], help="write a privacy report")
    report_.add_argument("file", type=Path, metavar="FILE", help="a .md or .json file")
    report_.set_defaults(command=report)
    wipe_ = subs.add_parser("wipe", parents=[common], help="remove a kind of data for good")
    wipe_.add_argument(
        "what", nargs="+", metavar="WHAT", help=f"kinds as `slmdesk storage` names them, or {EVERYTHING}"
    )
    wipe_.add_argument("--models", action="store_true", help=f"with {EVERYTHING}: the downloaded models as well")
    wipe_.add_argument("--yes", action="store_true", help="do not ask")
    wipe_.set_defaults(command=wipe)


async def show(args: argparse.Namespace) -> int:
    """One line a kind."""
    async with Desk.opened(args.profile) as desk:
        places = await desk.data_map.places()
    if args.json:
        print(json.dumps([asdict(place) for place in places], ensure_ascii=False))
        return 0
    for place in places:
        size = "" if place.bytes is None else f"{place.bytes:,} bytes"
        mark = "*" if place.wipeable else " "
        print(f"{mark} {place.key:<13} {size:>20}  {place.where}")
    print("* `slmdesk storage wipe KIND` removes these for good; `wipe everything` the whole profile.", file=sys.stderr)
    return 0


async def report(args: argparse.Namespace) -> int:
    """What is kept where, what may leave, and what did."""
    async with Desk.opened(args.profile) as desk:
        await desk.privacy_report.write(args.file)
    print(f"Wrote {args.file}.")
    return 0


async def wipe(args: argparse.Namespace) -> int:
    """Remove kinds of data, after a yes."""
    if not args.yes and not _agreed(args.what):
        print("Nothing was removed.", file=sys.stderr)
        return 1
    profile = Profile.locate(args.profile)
    instance = Instance(profile.path)
    profile.check_writable()
    if not instance.hold():
        raise ProfileInUse("SLMDesk is open with this profile.", "Close its window, or wipe from its settings.")
    try:
        async with Desk.opened(args.profile) as desk:
            for key in args.what:
                if key == EVERYTHING:
                    desk.data_map.erase_at_close(models=args.models)
                else:
                    await desk.data_map.wipe(key)
    finally:
        instance.release()
    print(f"Removed: {', '.join(args.what)}.")
    return 0


def _agreed(what: list[str]) -> bool:
    if not sys.stdin.isatty():
        raise SlmdeskError("Removing data needs a yes.", "Add --yes.")
    print(f"Remove {', '.join(what)} for good? There is no way back. [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
