"""``slmdesk network``: what may be reached, the list of connections, and the connection test."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from slmdesk.desk import Desk
from slmdesk.services.network import Connection, NetworkState, Step

STATES = {
    "offline": "nothing leaves this computer",
    "local": "also addresses you named",
    "online": "also allowed hosts",
}
STEPS = {
    "name": "name",
    "connect": "connection",
    "proxy": "proxy",
    "tls": "certificate",
    "answer": "answer",
}


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``network`` and what it can do."""
    p = commands.add_parser(
        "network",
        parents=[common],
        help="what may be reached, and what was",
        description="What may leave this computer, and what did. A new profile is offline.",
    )
    subs = p.add_subparsers(title="what to do", metavar="ACTION", required=True)

    def sub(name: str, text: str, run: Any) -> argparse.ArgumentParser:
        q: argparse.ArgumentParser = subs.add_parser(name, parents=[common], help=text, description=text)
        q.set_defaults(command=run)
        return q

    sub("status", "Show the state, the allowed hosts and the totals.", status).add_argument(
        "--json", action="store_true"
    )
    for name, meaning in STATES.items():
        sub(name, f"Go {name}: {meaning}.", set_state).set_defaults(state=name)
    ledger_ = sub("ledger", "Show the list of connections, the newest first.", ledger)
    ledger_.add_argument("--json", action="store_true")
    ledger_.add_argument("--limit", type=_count, default=50, metavar="N", help="at most so many lines (0: all)")
    ledger_.add_argument("--search", default="", metavar="TEXT", help="only lines with this in host, part or purpose")
    ledger_.add_argument("--blocked", action="store_true", help="only what was not made")
    ledger_.add_argument("--export", type=Path, metavar="FILE", help="write all lines to a .csv or .json file instead")
    ledger_.add_argument("--wipe", action="store_true", help="forget all lines instead")
    allow = sub("consent", "Allow a host while the state is online.", consent)
    allow.add_argument("host", metavar="HOST")
    allow.add_argument("--withdraw", action="store_true", help="do not allow it any more")
    local = sub("name", "Name an address of your own network, for the states local and online.", name_local)
    local.add_argument("host", metavar="HOST")
    local.add_argument("--remove", action="store_true", help="take it off again")
    test = sub("test", "Go the way to a host step by step and say where it ends.", test_connection)
    test.add_argument(
        "host", nargs="?", default="", metavar="HOST", help="a host or address (Hugging Face if left out)"
    )
    test.add_argument("--json", action="store_true")
    sub("hosts", "List what a company's firewall has to let through.", hosts).add_argument(
        "--json", action="store_true"
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("it must be 0 or more")
    return number


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d")


async def status(args: argparse.Namespace) -> int:
    """The state, the hosts, the totals."""
    async with Desk.opened(args.profile) as desk:
        state, allowed, named = desk.network.state, desk.network.consents(), desk.network.named()
        lines, blocked, up, down = await desk.network.totals()
        proxy = desk.settings.get("proxy_mode")
    if args.json:
        totals = {"lines": lines, "blocked": blocked, "up": up, "down": down}
        kinds = {"allowed": [asdict(h) for h in allowed], "local": [asdict(h) for h in named]}
        print(json.dumps({"state": state.value, **kinds, "proxy": proxy, "ledger": totals}, ensure_ascii=False))
        return 0
    print(f"State      {state.value}: {STATES[state.value]}")
    print(f"Proxy      {proxy}")
    for kind, known in (("Allowed", allowed), ("Local", named)):
        for host in known:
            used = f", last used {_day(host.used)}" if host.used else ""
            print(f"{kind:<10} {host.host}, since {_day(host.added)}{used}")
    print(f"Ledger     {lines} lines, {blocked} blocked, {up:,} bytes sent, {down:,} received")
    return 0


async def set_state(args: argparse.Namespace) -> int:
    """Choose the state."""
    async with Desk.opened(args.profile) as desk:
        await desk.network.set_state(NetworkState(args.state))
    print(f"The state is {args.state}: {STATES[args.state]}.")
    return 0


async def consent(args: argparse.Namespace) -> int:
    """Allow a host, or not any more."""
    async with Desk.opened(args.profile) as desk:
        await (desk.network.withdraw(args.host) if args.withdraw else desk.network.consent(args.host))
        state = desk.network.state
    if args.withdraw:
        print(f"{args.host} is not allowed any more.")
        return 0
    print(f"{args.host} is allowed.")
    if state is not NetworkState.ONLINE:
        print(f"The state is {state.value}; `slmdesk network online` makes it count.", file=sys.stderr)
    return 0


async def name_local(args: argparse.Namespace) -> int:
    """Name a local address, or take it off."""
    async with Desk.opened(args.profile) as desk:
        await (desk.network.unname_local(args.host) if args.remove else desk.network.name_local(args.host))
    print(f"{args.host} is {'not named any more' if args.remove else 'named as an address of your own network'}.")
    return 0


async def ledger(args: argparse.Namespace) -> int:
    """The list of connections."""
    async with Desk.opened(args.profile) as desk:
        if args.wipe:
            await desk.network.wipe()
            print("The list of connections is empty now.")
            return 0
        if args.export is not None:
            count = await desk.network.export(args.export)
            print(f"Wrote {count} lines to {args.export}.")
            return 0
        lines = await desk.network.lines(limit=args.limit or -1, text=args.search, blocked=args.blocked or None)
    if args.json:
        print(json.dumps([asdict(line) for line in lines], ensure_ascii=False))
        return 0
    for line in lines:
        print(_line(line))
    if not lines:
        print("No connection is in the list.", file=sys.stderr)
    return 0


def _line(line: Connection) -> str:
    when = datetime.fromtimestamp(line.when).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    state = ("failed " if line.reason == "failed" else "made   ") if line.allowed else "blocked"
    port = f":{line.port}" if line.port else ""
    moved = f"  {line.up:,} up, {line.down:,} down" if line.up or line.down else ""
    return f"{when}  {state}  {line.host}{port}  {line.part}: {line.purpose}{moved}"


async def test_connection(args: argparse.Namespace) -> int:
    """Each step as it is gone; 1 where the way ends early."""
    on_step = None if args.json else _print_step
    async with Desk.opened(args.profile) as desk:
        steps = await desk.network.test_connection(args.host, on_step)
    if args.json:
        print(json.dumps([asdict(step) for step in steps], ensure_ascii=False))
    return 0 if steps and steps[-1].ok else 1


def _print_step(step: Step) -> None:
    print(f"{'ok    ' if step.ok else 'FAILED'}  {STEPS[step.name]:<11}  {step.detail}  ({step.seconds * 1000:.0f} ms)")


async def hosts(args: argparse.Namespace) -> int:
    """The list for a firewall."""
    async with Desk.opened(args.profile) as desk:
        found = desk.network.firewall_hosts()
    if args.json:
        print(json.dumps([{"host": h, "port": p, "purpose": why} for h, p, why in found], ensure_ascii=False))
        return 0
    for host, port, purpose in found:
        print(f"{host:<24} {port:<5} {purpose}")
    return 0
