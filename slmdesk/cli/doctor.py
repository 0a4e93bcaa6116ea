"""``slmdesk doctor``: what is installed, what works, and how to get what is missing."""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import platform
import sys
from dataclasses import asdict
from typing import Any

from slmdesk import __version__
from slmdesk.desk import Desk

PACKAGES = (
    "PySide6-Essentials",
    "llama-cpp-python",
    "apsw-sqlite3mc",
    "qasync",
    "keyring",
    "ollama",
    "huggingface-hub",
    "onnxruntime",
    "onnxruntime-directml",
)
OPTIONAL = {"onnxruntime", "onnxruntime-directml"}


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``doctor``."""
    p = commands.add_parser(
        "doctor",
        parents=[common],
        help="what is installed, what works, what is missing",
        description="Check the installation.",
    )
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=run)


async def run(args: argparse.Namespace) -> int:
    """Print the report; 1 when the main job, chatting with a local model, cannot work here."""
    async with Desk.opened(args.profile) as desk:
        report = await examine(desk)
    if args.json:
        print(json.dumps(report, ensure_ascii=False, default=str))
    else:
        _print(report)
    return 0 if report["ok"] else 1


async def examine(desk: Desk) -> dict[str, Any]:
    """The whole report as plain values."""
    runtimes = {r.name: await r.status() for r in desk.runtimes}
    versions = {name: _version(name) for name in PACKAGES}
    keyring, hint = await asyncio.to_thread(_keyring)
    starter = await _starter(desk)
    missing = [
        f"{name}: install it with the extra 'onnx'" if name in OPTIONAL else f"{name}: run `make setup`"
        for name, version in versions.items()
        if version is None and _wanted(name)
    ]
    missing += [f"{name}: {s.message} {s.hint}" for name, s in runtimes.items() if not s.ready]
    missing += [f"keyring: {hint}"] if hint else []
    return {
        "ok": all(s.ready for s in runtimes.values()) and starter,
        "slmdesk": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "profile": str(desk.profile.path),
        "packages": versions,
        "engines": {name: asdict(status) for name, status in runtimes.items()},
        "starter": starter,
        "keyring": keyring,
        "encrypted": desk.encrypted,
        "network": desk.network.state.value,
        "display": _display(),
        "missing": missing,
    }


async def _starter(desk: Desk) -> bool:
    await desk.library.models()
    return desk.library.starter is not None


def _wanted(name: str) -> bool:
    return name != ("onnxruntime" if sys.platform == "win32" else "onnxruntime-directml")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _keyring() -> tuple[str, str]:
    """The keyring's name, and what to do where there is none."""
    import keyring
    from keyring.backends import fail

    backend = keyring.get_keyring()
    name = f"{type(backend).__module__}.{type(backend).__name__}"
    if isinstance(backend, fail.Keyring):
        return "none", "the system offers none, so the database cannot be encrypted; on Linux install GNOME Keyring"
    return name, ""


def _display() -> bool:
    from slmdesk.cli import has_display

    return has_display()


def _print(report: dict[str, Any]) -> None:
    yes = {True: "yes", False: "no"}
    print(f"SLMDesk {report['slmdesk']}, Python {report['python']}, {report['system']}")
    print(f"Profile   {report['profile']}{' (encrypted)' if report['encrypted'] else ''}")
    for name, engine in report["engines"].items():
        state = "ready" if engine["ready"] else f"not ready: {engine['message']}"
        print(f"Engine    {name} {engine['version']}: {state}")
        for device in engine["devices"]:
            print(f"          - {device}")
        for what, denied in engine["confined"]:
            print(f"          {'denied' if denied else 'NOT DENIED by this system'}: {what}")
    print(f"Starter   {yes[report['starter']]}")
    print(f"Keyring   {report['keyring']}")
    print(f"Network   {report['network']}")
    print(f"Display   {yes[report['display']]}")
    for name, version in report["packages"].items():
        if version:
            print(f"Package   {name} {version}")
    for line in report["missing"]:
        print(f"Missing   {line}")
    print("All is well." if report["ok"] else "Something is missing; see above.")
