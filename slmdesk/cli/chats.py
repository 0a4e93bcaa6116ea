"""``slmdesk chats``: what the profile holds."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from slmdesk.core.chat import Conversation, Role
from slmdesk.core.errors import SlmdeskError
from slmdesk.desk import Desk


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``chats`` with its subcommands."""
    chats = commands.add_parser("chats", parents=[common], help="list, show, search, export and import chats")
    subs = chats.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def sub(name: str, text: str, run: Any) -> argparse.ArgumentParser:
        p: argparse.ArgumentParser = subs.add_parser(name, parents=[common], help=text, description=text)
        p.set_defaults(command=run)
        return p

    p = sub("list", "List the chats, newest first.", list_chats)
    p.add_argument("--bin", action="store_true", help="the deleted ones instead")
    p.add_argument("--json", action="store_true")
    p = sub("show", "Print one chat.", show)
    p.add_argument("chat", metavar="ID", help="the id, or its first characters")
    p.add_argument("--json", action="store_true")
    p = sub("search", "Find words in titles and messages.", search)
    p.add_argument("text", metavar="TEXT")
    p.add_argument("--json", action="store_true")
    p = sub("export", "Write chats to a file.", export)
    p.add_argument("file", type=Path, metavar="FILE")
    p.add_argument("--chat", action="append", metavar="ID", help="only this chat (may be repeated); default: all")
    p.add_argument("--format", choices=["markdown", "json", "html"], help="default: by the file's ending")
    p = sub("import", "Read chats from a file: ours, ChatGPT's, Open WebUI's or LM Studio's.", import_)
    p.add_argument("file", type=Path, metavar="FILE")
    for name, text, run in (
        ("delete", "Move a chat to the bin.", delete),
        ("restore", "Take a chat out of the bin.", restore),
    ):
        sub(name, text, run).add_argument("chat", metavar="ID")


async def _find(desk: Desk, prefix: str, *, deleted: bool = False) -> Conversation:
    found = [c for c in await desk.conversations.list(deleted=deleted) if c.id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    where = "in the bin" if deleted else "in this profile"
    if not found:
        raise SlmdeskError(f"There is no chat {prefix!r} {where}.", "`slmdesk chats list` shows them.")
    raise SlmdeskError(f"{len(found)} chats begin with {prefix!r}.", "Give more characters of the id.")


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, default=str))


async def list_chats(args: argparse.Namespace) -> int:
    """One line a chat: id, when, title."""
    async with Desk.opened(args.profile) as desk:
        chats = await desk.conversations.list(deleted=args.bin)
    if args.json:
        _print_json([asdict(c) for c in chats])
        return 0
    for c in chats:
        pin = "* " if c.pinned else ""
        print(f"{c.id[:8]}  {_when(c.updated)}  {pin}{c.title or 'Untitled'}")
    if not chats:
        print("No chats.", file=sys.stderr)
    return 0


async def show(args: argparse.Namespace) -> int:
    """The shown branch of one chat."""
    async with Desk.opened(args.profile) as desk:
        conversation = await _find(desk, args.chat)
        conversation, tree = await desk.conversations.open(conversation.id)
    if args.json:
        _print_json({**asdict(conversation), "messages": [asdict(m) for m in tree]})
        return 0
    print(f"# {conversation.title or 'Untitled'}\n")
    for m in tree.path():
        who = "You" if m.role is Role.USER else (m.model or "Assistant")
        print(f"{who}:\n{m.text}\n")
    return 0


async def search(args: argparse.Namespace) -> int:
    """One line a hit."""
    async with Desk.opened(args.profile) as desk:
        hits = await desk.conversations.search(args.text)
    if args.json:
        _print_json([asdict(h) for h in hits])
        return 0
    on, off = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    for h in hits:
        snippet = " ".join(h.snippet.replace("\x02", on).replace("\x03", off).split())
        print(f"{h.conversation_id[:8]}  {h.title or 'Untitled'}: {snippet}")
    if not hits:
        print("Nothing found.", file=sys.stderr)
    return 0


FORMATS = {".md": "markdown", ".markdown": "markdown", ".json": "json", ".html": "html", ".htm": "html"}


async def export(args: argparse.Namespace) -> int:
    """Write chats to a file."""
    format_ = args.format or FORMATS.get(args.file.suffix.lower())
    if format_ is None:
        raise SlmdeskError(f"The ending of {args.file.name} does not name a format.", "Use .md, .json or .html.")
    async with Desk.opened(args.profile) as desk:
        ids = [(await _find(desk, prefix)).id for prefix in args.chat] if args.chat else None
        count = await desk.transfer.export(ids, format_, args.file)
    print(f"Wrote {count} {'chat' if count == 1 else 'chats'} to {args.file}.")
    return 0


async def import_(args: argparse.Namespace) -> int:
    """Read chats from a file; what could not be read is listed."""
    async with Desk.opened(args.profile) as desk:
        report = await desk.transfer.import_file(args.file)
    print(f"Imported {report.imported} {'chat' if report.imported == 1 else 'chats'}, {report.messages} messages.")
    for problem in report.problems:
        print(f"- {problem}", file=sys.stderr)
    return 0


async def delete(args: argparse.Namespace) -> int:
    """Move a chat to the bin."""
    async with Desk.opened(args.profile) as desk:
        conversation = await _find(desk, args.chat)
        await desk.conversations.delete(conversation.id)
    print(
        f"Moved to the bin: {conversation.title or 'Untitled'}. "
        f"`slmdesk chats restore {conversation.id[:8]}` undoes it."
    )
    return 0


async def restore(args: argparse.Namespace) -> int:
    """Take a chat out of the bin."""
    async with Desk.opened(args.profile) as desk:
        conversation = await _find(desk, args.chat, deleted=True)
        await desk.conversations.restore(conversation.id)
    print(f"Restored: {conversation.title or 'Untitled'}.")
    return 0
