"""The terminal's face: arguments go to a Desk, and text or JSON comes back."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from slmdesk import __version__
from slmdesk.core.errors import NetworkBlocked, SlmdeskError

Command = Callable[[argparse.Namespace], Awaitable[int]]
EXAMPLE_QUESTION = "What can SLMDesk do?"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, 1 for expected trouble, 2 for wrong usage, 130 for Ctrl+C."""
    args = parser().parse_args(argv)
    command: Command | None = getattr(args, "command", None)
    try:
        if command is None:
            return _open_window(args)
        return asyncio.run(command(args))  # type: ignore[arg-type]
    except SlmdeskError as error:
        if args.debug:
            print(error.details, file=sys.stderr)
            raise
        print(f"slmdesk: {error.message}", file=sys.stderr)
        if hint := _hint(error):
            print(hint, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output is gone (`slmdesk chats list | head`): nothing is left to say.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if args.debug:
            raise
        print(f"slmdesk: {error.strerror or error}.", file=sys.stderr)
        return 1
    except Exception as error:
        if args.debug:
            raise
        print(f"slmdesk: a bug got in the way: {type(error).__name__}: {error}", file=sys.stderr)
        print("Run the command again with --debug to see where.", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    from slmdesk.cli import chat, chats, doctor, fit, hub, inspect, library, models, network, quantize, storage

    top = argparse.ArgumentParser(
        prog="slmdesk", description="Small language models on your own machine. Without a command the window opens."
    )
    top.add_argument("--version", action="version", version=f"slmdesk {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    _common(top, default=None)
    _common(common, default=argparse.SUPPRESS)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    for module in (chat, chats, models, library, hub, network, storage, doctor, inspect, fit, quantize):
        module.add_commands(commands, common)
    return top


def _common(target: argparse.ArgumentParser, default: str | None) -> None:
    target.add_argument(
        "--profile",
        type=Path,
        metavar="DIR",
        default=default,
        help="the folder with chats and settings (or SLMDESK_PROFILE)",
    )
    target.add_argument("--debug", action="store_true", default=default or False, help="show where an error comes from")


def _hint(error: SlmdeskError) -> str:
    """What to do next, in the terminal's terms."""
    if not isinstance(error, NetworkBlocked) or not error.host:
        return error.hint
    agree = f"`slmdesk network consent {error.host}`"
    return f"Allow it with {agree if error.reason == 'consent' else f'`slmdesk network online` and {agree}'}."


def has_display() -> bool:
    """Whether a window can be shown here."""
    if sys.platform in ("win32", "darwin"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in names)


def _open_window(args: argparse.Namespace) -> int:
    if has_display():
        from slmdesk import app

        return app.run(args.profile)
    from slmdesk.cli.chat import ask_once

    print("There is no display here, so the window cannot open. The starter model answers in the terminal instead.\n")
    print(f"> {EXAMPLE_QUESTION}\n")
    return asyncio.run(ask_once(args.profile, EXAMPLE_QUESTION))
