"""``slmdesk models``: what is on this machine, searched, filtered and sorted."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from slmdesk.core.fit import FitLevel
from slmdesk.core.models import Ability, Model, ModelFormat, ParameterClass
from slmdesk.core.progress import Progress, Report
from slmdesk.desk import Desk
from slmdesk.services.library.search import SORTS
from slmdesk.services.library.stores import NAMES
from slmdesk.ui import format as fmt

CLASSES = {"below": ParameterClass.BELOW, **{c.value.lower(): c for c in ParameterClass if c.value[0].isupper()}}
_RUNS = (FitLevel.FITS, FitLevel.LESS_CONTEXT)


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``models``."""
    p = commands.add_parser(
        "models",
        parents=[common],
        help="list the models on this machine",
        description="List the models on this machine, over all folders and other programs' stores.",
    )
    p.add_argument("text", nargs="*", metavar="WORD", help="only models in whose names, tags or notes all words occur")
    p.add_argument("--fits", action="store_true", help="only models that fit into the memory that is free now")
    p.add_argument("--family", default="", help="such as Qwen3")
    p.add_argument("--class", dest="size_class", choices=list(CLASSES), help="by the number of parameters")
    p.add_argument("--format", choices=[str(f) for f in ModelFormat])
    p.add_argument("--quantization", default="", metavar="TYPE", help="such as Q4_K_M")
    p.add_argument("--runtime", default="", help="such as llama.cpp")
    p.add_argument("--ability", choices=[str(a) for a in Ability])
    p.add_argument("--store", choices=list(NAMES), default="", help="whose folder it lies in")
    p.add_argument("--tag", default="")
    p.add_argument("--sort", choices=list(SORTS), default="name")
    p.add_argument("--descending", action="store_true")
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=models)


async def models(args: argparse.Namespace) -> int:
    """One line a model."""
    async with Desk.opened(args.profile) as desk:
        await desk.library.scan(on_stderr("Looking for models"))
        if args.fits or args.json:
            await desk.fits.start()
        levels = {m.id: desk.fits.level(m) for m in desk.library.entries()} if args.fits or args.json else {}
        found = desk.library.search(
            " ".join(args.text),
            family=args.family,
            parameter_class=CLASSES.get(args.size_class),
            format=ModelFormat(args.format) if args.format else None,
            quantization=args.quantization,
            runtime=args.runtime,
            ability=Ability(args.ability) if args.ability else None,
            fits=(lambda m: not m.problem and levels.get(m.id) in _RUNS) if args.fits else None,
            store=args.store,
            tag=args.tag,
            sort=args.sort,
            descending=args.descending,
        )
    if args.json:
        print(json.dumps([{**as_json(m), "fit": str(levels.get(m.id) or "")} for m in found], ensure_ascii=False))
        return 0
    _print(found)
    if not found:
        print("No models.", file=sys.stderr)
    return 0


def as_json(model: Model) -> dict[str, Any]:
    """A model as JSON: its fields, its class, its homes."""
    told = asdict(model)
    told["path"] = str(model.path)
    told["abilities"] = sorted(model.abilities)
    told["homes"] = [{**asdict(home), "path": str(home.path)} for home in model.homes]
    told["class"] = model.parameter_class.value if model.parameters else ""
    return {**told, "offline": model.offline}


def _print(found: Sequence[Model]) -> None:
    width = min(50, max((len(m.name) for m in found), default=0))
    for m in found:
        size = fmt.disk_size(m.size)
        if m.problem:
            print(f"{m.name:<{width}}  {size:>9}  cannot be loaded: {m.problem}")
            continue
        label = "  (comes with SLMDesk: tiny, for trying out)" if m.starter else ""
        places = f"  in {len(m.homes)} places" if len(m.homes) > 1 else ""
        facts = f"{fmt.parameters(m.parameters):>8}  {m.quantization:<8}  {size:>9}"
        print(f"{m.name:<{width}}  {facts}  {m.runtime}{places}{label}")


def counted(number: int) -> str:
    """Models in words: "1 model", "12 models"."""
    return "1 model" if number == 1 else f"{number:,} models"


def on_stderr(words: str) -> Report | None:
    """Progress as one line that grows, where somebody looks at it."""
    if not sys.stderr.isatty():
        return None

    def report(progress: Progress) -> None:
        if progress.fraction is not None:
            end = "\r" if progress.fraction < 1 else "\n"
            print(f"{words}: {progress.fraction:4.0%}", end=end, file=sys.stderr, flush=True)

    return report
