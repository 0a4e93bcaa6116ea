"""``slmdesk inspect`` and ``slmdesk verify``: what a model file is, whether it is safe, and whether it is whole."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.facts import ModelFacts
from slmdesk.core.models import ParameterClass, Verdict
from slmdesk.core.progress import Progress
from slmdesk.desk import Desk
from slmdesk.services.files import Files
from slmdesk.services.inspection import Inspected, Inspection
from slmdesk.services.verification import Stamp

_WORDS = {Verdict.SAFE: "note", Verdict.LOOK: "look at this", Verdict.REFUSED: "refused"}
_MARKS = {True: "ok", False: "FAILED", None: "-"}


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``inspect`` and ``verify``."""
    text = "Tell what a model file or folder is, and whether it is safe. Nothing of it is run or loaded."
    p = commands.add_parser(
        "inspect", parents=[common], help="what a model file is, and whether it is safe", description=text
    )
    p.add_argument("file", type=Path, metavar="FILE", help="a GGUF, safetensors or ONNX file, or a model's folder")
    p.add_argument("--metadata", action="store_true", help="also every metadata field")
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=inspect)
    text = "Check a model's digest, load it, and let it say one sentence. The outcome is kept with its date."
    p = commands.add_parser(
        "verify", parents=[common], help="check a model's digest, load it, let it speak", description=text
    )
    p.add_argument("model", metavar="MODEL", help="a model's name, id or path")
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=verify)


async def inspect(args: argparse.Namespace) -> int:
    """Print the facts and the findings; 1 for a model that is refused or cannot be used."""
    path = args.file.expanduser()
    if not path.exists():
        raise SlmdeskError(f"There is no file {path}.", "Check the path.")
    files = Files()
    try:
        found = await Inspection(files).inspect(path.absolute())
    finally:
        await files.close()
    if args.json:
        print(json.dumps(_as_json(found), ensure_ascii=False))
    else:
        _print(found, metadata=args.metadata)
    return 1 if found.problem or found.verdict is Verdict.REFUSED else 0


def _as_json(found: Inspected) -> dict[str, Any]:
    facts = found.facts.to_dict()
    return {
        "path": str(found.path),
        "verdict": str(found.verdict),
        "problem": found.problem,
        "class": str(ParameterClass.of(found.facts.parameters)) if found.facts.parameters else "",
        "facts": facts,
        "findings": [finding.to_dict() for finding in found.findings],
        "metadata": dict(found.metadata),
    }


def _print(found: Inspected, *, metadata: bool) -> None:
    facts = found.facts
    for name, value in _lines(facts):
        if value:
            print(f"{name:<15}{_plain(value)}")
    print(f"{'Safety':<15}{found.verdict}")
    for finding in found.findings:
        print(f"  {_WORDS[finding.verdict]}: {_plain(finding.message)}")
        if finding.hint and finding.verdict is not Verdict.SAFE:
            print(f"    {_plain(finding.hint)}")
        if finding.details and finding.verdict is Verdict.REFUSED:
            print(f"    {_plain(finding.details)}")
    if found.problem and not any(found.problem.startswith(f.message) for f in found.findings):
        print(f"{'Problem':<15}{_plain(found.problem)}")
    if metadata:
        print()
        for key, value in found.metadata.items():
            print(f"{_plain(key)}: {_plain(value)}")


def _lines(facts: ModelFacts) -> list[tuple[str, str]]:
    parameters = _count(facts.parameters)
    if facts.parameters:
        parameters += f" ({ParameterClass.of(facts.parameters)})"
    if facts.active_parameters and facts.active_parameters < facts.parameters:
        parameters += f", {_count(facts.active_parameters)} active"
    quantization = facts.quantization
    if facts.bits_per_weight:
        quantization += f", {facts.bits_per_weight:.2f} bits per weight"
    types = ", ".join(f"{name} {_count(count)}" for name, count in facts.tensor_types.items())
    return [
        ("Name", facts.name or (Path(facts.files[0]).stem if facts.files else "")),
        (
            "Format",
            f"{facts.format} ({facts.version})" if facts.version else str(facts.format) * bool(facts.parameters),
        ),
        ("Kind", "" if facts.kind == "model" else str(facts.kind)),
        ("Family", facts.family),
        ("Publisher", facts.publisher),
        ("Architecture", facts.architecture),
        ("Parameters", parameters),
        ("Quantization", quantization),
        ("Tensors", types),
        ("Context", f"{facts.context_length:,} tokens" if facts.context_length else ""),
        ("Layers", f"{facts.layers} x {facts.embedding_length:,}" if facts.layers else ""),
        ("Heads", f"{facts.heads}, {facts.kv_heads} for keys and values" if facts.heads else ""),
        ("Tokenizer", f"{facts.tokenizer or 'not named'}, {facts.vocabulary:,} tokens" if facts.vocabulary else ""),
        ("Template", f"{len(facts.template):,} characters" if facts.template else ""),
        ("Abilities", ", ".join(sorted(facts.abilities))),
        ("Licence", " ".join(t for t in (facts.licence, facts.licence_link) if t)),
        ("Size", f"{facts.size / 1e9:.2f} GB" if facts.size >= 1e9 else f"{facts.size / 1e6:.1f} MB"),
        ("Files", f"{len(facts.files)}" if len(facts.files) > 1 else ""),
    ]


def _count(number: int) -> str:
    if not number:
        return ""
    return f"{number / 1e9:.2f} B" if number >= 1e8 else f"{number / 1e6:.2f} M"


def _plain(text: str) -> str:
    """A text from a file as a terminal may get it: on one line, and without anything that steers it."""
    return "".join(c if c.isprintable() else " " for c in text)


async def verify(args: argparse.Namespace) -> int:
    """Print each step as it ends; 1 when one failed."""
    async with Desk.opened(args.profile) as desk:
        model = await desk.library.find(args.model)
        stamp = await desk.verification.verify(model, _tell if sys.stderr.isatty() else None)
    if args.json:
        print(json.dumps(stamp.to_dict(), ensure_ascii=False))
    else:
        _print_stamp(model.name, stamp)
    return 0 if stamp.ok else 1


def _tell(progress: Progress) -> None:
    print(f"\r{(progress.fraction or 0):4.0%} {progress.text:<10}", end="", file=sys.stderr, flush=True)
    if progress.fraction == 1.0:
        print("\r" + " " * 20 + "\r", end="", file=sys.stderr, flush=True)


def _print_stamp(name: str, stamp: Stamp) -> None:
    for step in stamp.steps:
        print(f"{step.name:<10}{_MARKS[step.ok]:<8}{_plain(step.message)}")
    when = datetime.fromtimestamp(stamp.made).astimezone().strftime("%Y-%m-%d %H:%M")
    print(f"{_plain(name)} {'verified' if stamp.ok else 'failed'}, {when}")
    if stamp.digest:
        print(f"sha256 {stamp.digest}")
