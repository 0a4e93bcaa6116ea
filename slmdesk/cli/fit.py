"""``slmdesk fit`` and ``slmdesk advise``: whether a model will run here and how fast, and which one to take."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from slmdesk.cli.models import on_stderr
from slmdesk.core.advisor import PRIORITIES, USES, ClassRow
from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.fit import Fit, FitLevel
from slmdesk.core.hardware import Machine
from slmdesk.core.memory import breakdown, in_gib
from slmdesk.core.models import Model
from slmdesk.core.remote import RemoteDetails
from slmdesk.core.shape import ModelShape
from slmdesk.core.shape_config import shape_of_config
from slmdesk.desk import Desk
from slmdesk.services.advisor import Advice
from slmdesk.services.fit import Fits
from slmdesk.storage.measurements import Measurement

KV_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``fit`` and ``advise``."""
    text = (
        "Tell whether a model will run on this machine, how well, and what helps where it does not. REF may also name "
        "a model that is not here yet, such as hf:owner/repo."
    )
    p = commands.add_parser("fit", parents=[common], help="will a model run here, and how fast", description=text)
    p.add_argument("model", metavar="REF|FILE", nargs="?", help="a model's name, id, path or reference")
    p.add_argument("--ctx", type=_count, default=0, metavar="TOKENS", help="length of the context")
    p.add_argument("--kv", choices=KV_TYPES, help="type of the KV cache")
    p.add_argument("--slots", type=_count, default=1, metavar="N", help="answers at the same time")
    p.add_argument("--deployments", action="store_true", help="for development, production and the edge as well")
    p.add_argument("--loads", action="store_true", help="what loads took, beside what was predicted")
    p.add_argument("--measure", action="store_true", help="measure this machine's speed first (a few seconds)")
    p.add_argument("--machine", action="store_true", help="tell what this machine is, each figure with its source")
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=fit)
    text = "Recommend models for a use on this machine, each with the reasons, and tell what this machine can run."
    p = commands.add_parser("advise", parents=[common], help="which model to take here", description=text)
    p.add_argument("--use", choices=[key for key, _ in USES], default="chat", help="what it is wanted for")
    p.add_argument("--priority", choices=[key for key, _ in PRIORITIES], default="balanced", help="what matters most")
    p.add_argument("--classes", action="store_true", help="only what this machine can run, by size class")
    p.add_argument("--limit", type=_count, default=5, metavar="N", help="how many models")
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=advise)


def _count(text: str) -> int:
    number = int(text.replace(",", "").replace("_", ""))
    if not 0 <= number < 1 << 31:
        raise argparse.ArgumentTypeError(f"{text} is not a possible number")
    return number


async def fit(args: argparse.Namespace) -> int:
    """Print the judgement; 1 where the model does not fit at all."""
    if args.model is None and not (args.machine or args.measure or args.loads):
        raise SlmdeskError("Which model?", "Give a name, a path, or a reference such as hf:owner/repo.")
    options = LoadOptions(context_length=args.ctx, slots=max(1, args.slots))
    if args.kv:
        options = replace(options, cache_type_k=args.kv, cache_type_v=args.kv)
    async with Desk.opened(args.profile) as desk:
        await desk.fits.detect()
        if args.measure:
            await desk.fits.measure_machine(on_stderr("Measuring"))
        told: dict[str, Any] = {}
        if args.machine or args.measure:
            told["machine"] = machine_json(desk.fits)
        if args.loads:
            told["loads"] = [asdict(load) for load in desk.fits.measurements()]
        found = await _judged(desk, args.model, options, ways=args.deployments) if args.model else []
    told["fits"] = [{"name": name, **fit_json(judged)} for name, judged in found]
    if args.json:
        print(json.dumps(told if len(told) > 1 else told["fits"], ensure_ascii=False))
    else:
        if "machine" in told:
            _print_machine(desk.fits)
        if "loads" in told:
            _print_loads(desk.fits.measurements())
        for name, judged in found:
            _print(name, judged)
    return 1 if found and all(judged.level is FitLevel.TOO_BIG for _, judged in found) else 0


async def advise(args: argparse.Namespace) -> int:
    """Print the recommended models with their reasons; 1 where none suits."""
    async with Desk.opened(args.profile) as desk:
        await desk.fits.detect()
        found = [] if args.classes else desk.advisor.advise(args.use, args.priority)[: args.limit]
        classes = desk.advisor.what_runs() if args.classes else []
    if args.json:
        told = [asdict(row) for row in classes] if args.classes else [advice_json(advice) for advice in found]
        print(json.dumps(told, ensure_ascii=False))
    elif args.classes:
        _print_classes(classes)
    else:
        _print_advice(found)
    return 0 if found or classes else 1


async def _judged(desk: Desk, wanted: str, options: LoadOptions, *, ways: bool) -> list[tuple[str, Fit]]:
    """The judgement on a model here, or on every quantization of one elsewhere."""
    source = wanted.partition(":")[0]
    if source in {entry.key for entry in desk.sources.all()}:
        return _remote(desk.fits, await desk.sources.details(wanted), options)
    model = await desk.library.find(wanted)
    thing = await _thing(desk, model)
    judged = desk.fits.fit(thing, options)
    if judged is None:
        raise SlmdeskError(f"Nothing is known of {model.name} to judge it by.", "Look at it with: slmdesk inspect")
    more = desk.fits.deployments(thing) if ways else []
    return [(model.name, judged), *((f"{model.name}, {way.name}", fit) for way, fit in more if fit is not None)]


async def _thing(desk: Desk, model: Model) -> Model | ModelShape:
    """What is judged: a model of the library, or the shape of a file elsewhere."""
    if model.problem:
        raise SlmdeskError(model.problem)
    if desk.library.shape(model.id) is None and model.path != Path():
        found = await desk.inspection.inspect(model.path)
        if found.problem:
            raise SlmdeskError(found.problem)
        if found.facts.shape is not None:
            return found.facts.shape
    return model


def _remote(fits: Fits, details: RemoteDetails, options: LoadOptions) -> list[tuple[str, Fit]]:
    """The judgement on each group of files that is a whole model."""
    model = details.model
    found = []
    for group in details.groups:
        shape = shape_of_config(details.config, group.quantization, group.weights_size) if details.config else None
        judged = fits.fit_remote(
            model.parameters,
            group.quantization,
            group.weights_size,
            active_parameters=model.active_parameters,
            context_length=model.context_length,
            shape=shape if shape is not None and shape.layers else None,
            options=options,
        )
        if judged is not None:
            found.append((f"{model.name} {group.quantization or group.key}", judged))
    return found


# --- what is told -----------------------------------------------------------------------------------------------


def fit_json(fit: Fit) -> dict[str, Any]:
    """A judgement as JSON; bytes and tokens per second."""
    return {
        "level": str(fit.level),
        "label": fit.label,
        "sentence": fit.sentence,
        "need": {**asdict(fit.need), "total": fit.need.total, "ram": fit.need.ram},
        "free": fit.free,
        "vram_free": fit.vram_free,
        "fitting_context": fit.fitting_context,
        "gpu_layers": fit.gpu_layers,
        "layers": fit.layers,
        "needs_unload": fit.needs_unload,
        "generation_tps": round(fit.generation_tps, 2),
        "prompt_tps": round(fit.prompt_tps, 2),
        "speed_measured": fit.speed_measured,
        "exact": fit.exact,
        "remedies": [{**asdict(remedy), "kind": str(remedy.kind)} for remedy in fit.remedies],
    }


def advice_json(advice: Advice) -> dict[str, Any]:
    """A recommendation as JSON."""
    return {
        "ref": f"catalog:{advice.entry.id}",
        "name": advice.entry.name,
        "parameters": advice.entry.parameters,
        "quantization": advice.variant.quantization,
        "size": advice.variant.size,
        "licence": advice.entry.licence,
        "runtime": advice.runtime,
        "model_id": advice.model_id,
        "score": round(advice.score, 2),
        "reasons": [asdict(reason) for reason in advice.reasons],
        "fit": fit_json(advice.fit),
    }


def machine_json(fits: Fits) -> dict[str, Any]:
    """The machine as JSON, with its measured speed."""
    return {**asdict(fits.machine), "speed": fits.speed.to_dict(), "speed_measured": fits.measured}


def _print(name: str, fit: Fit) -> None:
    print(f"{name}: {fit.label}")
    print(f"  {fit.sentence}")
    print(f"  {breakdown(fit.need)}")
    if not fit.exact:
        print("  The header is not known, so these are estimates after models of this size.")
    if not fit.speed_measured:
        print("  The speed is a guess: measure this machine with --measure.")
    for remedy in fit.remedies:
        print(f"  - {remedy.label}")


def _print_advice(found: Sequence[Advice]) -> None:
    for number, advice in enumerate(found, 1):
        here = " (on this machine)" if advice.model_id else ""
        size, label = f"{advice.variant.size / 1e9:.1f} GB", advice.variant.quantization
        print(f"{number}. {advice.entry.name} {label}, {size}, {advice.runtime}{here}")
        for reason in advice.reasons:
            print(f"   - {reason.sentence} [{reason.rule}]")
        print(f"   {advice.fit.label}; get it with: slmdesk pull catalog:{advice.entry.id}:{label}")
    if not found:
        print("No model of the collection suits this use on this machine.", file=sys.stderr)


def _print_classes(rows: Sequence[ClassRow]) -> None:
    for row in rows:
        print(f"{row.parameter_class.value} ({row.range} parameters), such as {', '.join(row.examples)}")
        for quantization, need, level in row.needs:
            print(f"   {quantization:<7} {in_gib(need):>9}  {level}")


def _print_loads(loads: Sequence[Measurement]) -> None:
    for load in loads:
        off = f"{load.predicted / load.measured - 1:+.1%}" if load.measured else ""
        speed = f"  {load.generation_tps:.1f} tok/s" if load.generation_tps else ""
        told = f" (predicted {load.predicted_tps:.1f})" if load.predicted_tps and speed else ""
        print(f"{load.name}: predicted {in_gib(load.predicted)}, measured {in_gib(load.measured)} ({off}){speed}{told}")
    if not loads:
        print("No load was measured yet.", file=sys.stderr)


def _print_machine(fits: Fits) -> None:
    machine: Machine = fits.machine
    rows = [
        ("processor", machine.cpu, "cpu"),
        ("cores", f"{machine.cores} ({machine.threads} threads)", "cores"),
        ("instructions", ", ".join(machine.instructions), "instructions"),
        ("memory", f"{in_gib(machine.ram)}, {in_gib(machine.ram_free)} free", "ram"),
    ]
    for what, value, key in rows:
        source = machine.sources.get(key)
        print(f"{what:<13} {value or 'not known'}" + (f"  [{source.where}, {source.confidence}]" if source else ""))
    for gpu in machine.gpus:
        size = f", {in_gib(gpu.vram)}, {in_gib(gpu.vram_free)} free" if gpu.vram else ""
        shared = ", shares the machine's memory" if gpu.unified else ""
        note = f". {gpu.usable}" if gpu.usable else ""
        print(f"{'graphics':<13} {gpu.name}{size}{shared}{note}  [{gpu.source.where}, {gpu.source.confidence}]")
    if not machine.gpus:
        print(f"{'graphics':<13} none found")
    for ability in machine.capabilities:
        print(f"{ability.name:<13} {'yes' if ability.available else 'no'}: {ability.reason}")
    for disk in machine.disks:
        kind = f" ({disk.kind})" if disk.kind else ""
        print(f"{'drive':<13} {disk.path}{kind}: {disk.free / 1e9:,.0f} GB of {disk.total / 1e9:,.0f} GB free")
    speed = fits.speed
    how = "measured" if fits.measured else "guessed"
    bandwidth = f"{speed.bandwidth / 1e9:.0f} GB/s from memory"
    print(f"{'speed':<13} {bandwidth}, {speed.threads} threads on {speed.device}  [{how}]")
    sys.stdout.flush()
