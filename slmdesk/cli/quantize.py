"""``slmdesk quantize``, ``measure`` and ``imatrix``: make a model smaller, and see what that costs."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from slmdesk.core.decision import Gate, Row
from slmdesk.core.errors import QuantizationError, SlmdeskError
from slmdesk.core.memory import in_gib
from slmdesk.core.progress import Progress
from slmdesk.core.quantization import Recipe, Speed, type_named
from slmdesk.desk import Desk
from slmdesk.services.quantizer import CHUNKS, CONTEXT, Made, Measured, Quantizer, target_name


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``quantize``, ``measure`` and ``imatrix``."""
    _declare_quantize(commands, common)
    text = "Compare a quantized model with the file it was made from, on your own text."
    p = commands.add_parser("measure", parents=[common], help="what quantizing has cost a model", description=text)
    p.add_argument("model", metavar="MODEL", help="a GGUF file, or a model's name")
    p.add_argument("--against", metavar="BASE", required=True, help="the file it was made from, best F16 or BF16")
    p.add_argument("--text", type=Path, required=True, metavar="FILE", help="a plain text of some pages")
    _measuring(p)
    p.set_defaults(command=measure)
    text = "Compute how much each weight matters on a text (llama.cpp's GGUF format)."
    p = commands.add_parser("imatrix", parents=[common], help="compute an importance matrix", description=text)
    p.add_argument("model", metavar="MODEL", help="a GGUF file, or a model's name; best F16 or BF16")
    p.add_argument("--text", type=Path, required=True, metavar="FILE", help="text like that the model is to be good at")
    p.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the file to write")
    p.add_argument("--chunks", type=_count, default=0, help=f"how many chunks of {CONTEXT} tokens (default: all)")
    p.add_argument("--threads", type=_count, default=0)
    p.add_argument("--json", action="store_true")
    p.set_defaults(command=imatrix)


def _declare_quantize(commands: Any, common: argparse.ArgumentParser) -> None:
    text = "Write a model in one or several smaller types, and measure each if a text is given."
    p = commands.add_parser("quantize", parents=[common], help="make a model smaller", description=text)
    p.add_argument("model", nargs="?", metavar="SRC", help="a GGUF file, best F16 or BF16, or a model's name")
    p.add_argument("--type", metavar="TYPES", help="types, separated by commas, such as Q4_K_M,Q8_0")
    p.add_argument("--list", action="store_true", help="list the types that this installation offers")
    p.add_argument("--predict", action="store_true", help="only tell the sizes, write nothing")
    p.add_argument("--imatrix", type=Path, metavar="FILE", help="an importance matrix, or a text to make one from")
    p.add_argument("--out", type=Path, metavar="DIR", help="where to write (default: the source's folder)")
    p.add_argument("--output-type", default="", metavar="TYPE", help="the type of the output tensor")
    p.add_argument("--embedding-type", default="", metavar="TYPE", help="the type of the token embedding")
    p.add_argument("--override", action="append", default=[], metavar="PATTERN=TYPE", help="the type of some tensors")
    p.add_argument("--pure", action="store_true", help="all tensors in one type, without the usual mix")
    p.add_argument("--requantize", action="store_true", help="allow a source that is quantized already; costs quality")
    p.add_argument("--measure", type=Path, metavar="TEXT", help="measure each result on this text")
    p.add_argument(
        "--gate",
        nargs="?",
        const="",
        metavar="LIMITS",
        help="exit with 1 unless every result passes; default same-top=95,smaller=50,faster=2",
    )
    _measuring(p)
    p.set_defaults(command=quantize)


def _measuring(p: argparse.ArgumentParser) -> None:
    p.add_argument("--chunks", type=_count, default=CHUNKS, help=f"chunks of text to measure (default {CHUNKS})")
    p.add_argument("--ctx", type=_count, default=CONTEXT, help=f"tokens of a chunk (default {CONTEXT})")
    p.add_argument("--threads", type=_count, default=0)
    p.add_argument("--speed", action="store_true", help="measure the speed too")
    p.add_argument("--json", action="store_true", help="one JSON object for each result")


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("a number of 0 or more is expected")
    return value


@dataclass(slots=True)
class _Result:
    """One line of the table."""

    made: Made
    measured: Measured | None
    gate: dict[str, bool | None]


async def quantize(args: argparse.Namespace) -> int:
    """Make the files; 1 where one failed or did not pass the gate."""
    async with Desk.opened(args.profile) as desk:
        quantizer = desk.quantizer
        if args.list:
            return await _list(quantizer, as_json=args.json)
        if not args.model or not args.type:
            raise QuantizationError(
                "SRC and --type are needed.", "For example: slmdesk quantize model.gguf --type Q4_K_M"
            )
        source = await _path(desk, args.model)
        recipes = _recipes(args)
        if args.predict:
            return await _predict(quantizer, source, recipes, as_json=args.json)
        gate = Gate.parse(args.gate) if args.gate is not None else None
        if gate is not None and args.measure is None:
            gate = Gate(None, gate.smaller, None)
        return await _make_all(quantizer, source, recipes, gate, args)


async def _make_all(
    quantizer: Quantizer, source: Path, recipes: Sequence[Recipe], gate: Gate | None, args: argparse.Namespace
) -> int:
    folder = (args.out or source.parent).expanduser().absolute()
    matrix = await _matrix(quantizer, source, args, folder) if args.imatrix else ""
    base_speed = None
    if args.measure is not None and (args.speed or (gate is not None and gate.faster)):
        base_speed = await quantizer.speed(source, _progress("Speed of the source"), threads=args.threads)
    failed = False
    for plain in recipes:
        recipe = replace(plain, matrix=matrix)
        target = folder / target_name(source, recipe)
        made = await quantizer.make(source, recipe, target, _progress(recipe.type))
        measured = None
        if args.measure is not None:
            measured = await quantizer.measure(
                target, source, args.measure, _progress(f"Measuring {recipe.type}"), chunks=args.chunks,
                context_length=args.ctx, threads=args.threads, with_speed=base_speed is not None,
            )  # fmt: skip
        row = _row(made, measured, source, base_speed)
        judged = gate.judge(row) if gate is not None else {}
        failed = failed or not all(judged.values())
        _print_result(_Result(made, measured, judged), row, as_json=args.json)
    return 1 if failed else 0


def _row(made: Made, measured: Measured | None, source: Path, base_speed: Speed | None) -> Row:
    quality, speed = (measured.quality, measured.speed) if measured else (None, None)
    return Row(
        made.recipe.label,
        made.size,
        source.stat().st_size,
        quality.same_top if quality else None,
        quality.kl_mean if quality else None,
        speed.tg128 if speed else None,
        base_speed.tg128 if base_speed else None,
    )


def _recipes(args: argparse.Namespace) -> list[Recipe]:
    overrides = []
    for text in args.override:
        pattern, mark, kind = text.rpartition("=")
        if not mark or not pattern:
            raise QuantizationError(f"{text!r} is not an override.", "Write it like ffn_down=Q6_K.")
        overrides.append((pattern, kind))
    return [
        Recipe(
            type_named(name).name, args.output_type, args.embedding_type, tuple(overrides), args.pure,
            requantize=args.requantize, threads=args.threads,
        )
        for name in args.type.split(",")
        if name.strip()
    ]  # fmt: skip


async def _path(desk: Desk, wanted: str) -> Path:
    path = await asyncio.to_thread(_existing, Path(wanted))
    return path or (await desk.library.find(wanted)).path


def _existing(path: Path) -> Path | None:
    path = path.expanduser()
    return path.absolute() if path.exists() else None


async def _matrix(quantizer: Quantizer, source: Path, args: argparse.Namespace, folder: Path) -> str:
    """The matrix file that is given, or one made now from the text that is given."""
    path, start = await asyncio.to_thread(_start, args.imatrix)
    if start == b"GGUF":
        return str(path)
    target = folder / f"{source.stem}.imatrix.gguf"
    await quantizer.matrix(source, path, target, _progress("Importance matrix"), threads=args.threads)
    return str(target)


def _start(path: Path) -> tuple[Path, bytes]:
    """An absolute path and the file's first bytes. Raises QuantizationError."""
    path = path.expanduser().absolute()
    if not path.is_file():
        raise QuantizationError(f"There is no file {path.name}.", "Give an importance matrix, or a text.")
    with path.open("rb") as file:
        return path, file.read(4)


async def _list(quantizer: Quantizer, *, as_json: bool) -> int:
    types = await quantizer.types()
    if as_json:
        print(json.dumps([{**asdict(kind), "precision": str(kind.precision)} for kind in types]))
        return 0
    print(f"{'Type':<11}{'Bits':>6}  {'Precision':<11}{'Loss':>8}  For")
    for kind in types:
        loss = f"{kind.loss:+.4f}" if kind.loss is not None else ""
        print(f"{kind.name:<11}{kind.bits:>6.2f}  {kind.precision:<11}{loss:>8}  {kind.purpose}")
    print("\nLoss: perplexity added to Llama 3 8B, as llama.cpp publishes it. Measure your own model with --measure.")
    return 0


async def _predict(quantizer: Quantizer, source: Path, recipes: Sequence[Recipe], *, as_json: bool) -> int:
    found = await quantizer.predictions(source, recipes)
    if as_json:
        print(
            json.dumps(
                [{"type": p.recipe.type, "size": p.size, "bits": p.bits, "needs_matrix": p.needs_matrix} for p in found]
            )
        )
        return 0
    for p in found:
        note = "  needs an importance matrix" if p.needs_matrix else ""
        print(f"{p.recipe.label:<24}{p.size / 1e6:>10,.1f} MB{p.bits:>7.2f} bits{note}")
    return 0


def _print_result(result: _Result, row: Row, *, as_json: bool) -> None:
    made, measured = result.made, result.measured
    if as_json:
        out: dict[str, Any] = {
            "file": str(made.path), "type": made.recipe.type, "recipe": made.recipe.to_dict(), "size": made.size,
            "seconds": round(made.seconds, 3), "smaller": round(row.smaller, 4), "gate": result.gate,
        }  # fmt: skip
        print(json.dumps({**out, **(_figures(measured) if measured else {})}), flush=True)
        return
    print(f"{made.recipe.label}: {made.path.name}, {made.size / 1e6:,.1f} MB, {row.smaller:.0%} smaller")
    if measured:
        _print_measured(measured)
    if row.faster is not None:
        print(f"  {row.faster:.2f} times as fast as the source")
    for name, passed in result.gate.items():
        words = {True: "passed", False: "NOT passed", None: "not measured"}[passed]
        print(f"  gate {name.replace('_', ' ')}: {words}")


def _figures(measured: Measured) -> dict[str, Any]:
    return {
        "quality": measured.quality.to_dict(),
        "base_perplexity": measured.base_perplexity,
        "base_perplexity_error": measured.base_perplexity_error,
        "speed": measured.speed.to_dict() if measured.speed else None,
    }


def _print_measured(measured: Measured) -> None:
    q = measured.quality
    print(f"  perplexity      {q.perplexity:.4f} ± {q.perplexity_error:.4f} (source {measured.base_perplexity:.4f})")
    tail = f"median {q.kl_median:.5f}, 99 % {q.kl_99:.4f}, largest {q.kl_max:.3f}"
    print(f"  KL divergence   {q.kl_mean:.5f} ± {q.kl_error:.5f}, {tail}")
    print(f"  same top token  {q.same_top:.2%} ± {q.same_top_error:.2%}")
    print(f"  probability     {q.shift_mean:+.3%} on average, {q.shift_rms:.3%} root mean square")
    print(f"  on {q.tokens:,} tokens in {q.chunks} chunks of {q.context_length}")
    if (s := measured.speed) is not None:
        reading = f"reads {s.pp512:,.0f} ± {s.pp512_deviation:.0f} tok/s"
        writing = f"writes {s.tg128:,.1f} ± {s.tg128_deviation:.1f} tok/s"
        print(f"  speed           {reading}, {writing}, at most {in_gib(s.peak_bytes)}")


async def measure(args: argparse.Namespace) -> int:
    """Print how a model differs from its source."""
    async with Desk.opened(args.profile) as desk:
        source, base = await _path(desk, args.model), await _path(desk, args.against)
        measured = await desk.quantizer.measure(
            source, base, args.text, _progress("Measuring"), chunks=args.chunks, context_length=args.ctx,
            threads=args.threads, with_speed=args.speed,
        )  # fmt: skip
    if args.json:
        print(json.dumps({"model": str(source), "against": str(base), **_figures(measured)}))
    else:
        print(f"{source.name} against {base.name}")
        _print_measured(measured)
    return 0


async def imatrix(args: argparse.Namespace) -> int:
    """Write an importance matrix."""
    target: Path = args.output.expanduser().absolute()
    if await asyncio.to_thread(_existing, target):
        raise SlmdeskError(f"{target.name} is there already.", "Choose another name.")
    async with Desk.opened(args.profile) as desk:
        source = await _path(desk, args.model)
        chunks = await desk.quantizer.matrix(
            source, args.text, target, _progress("Importance matrix"), chunks=args.chunks, threads=args.threads
        )
    if args.json:
        print(json.dumps({"file": str(target), "chunks": chunks}))
    else:
        print(f"{target.name}: {chunks} chunks of {CONTEXT} tokens.")
    return 0


def _progress(title: str) -> Any:
    """Progress on one line of stderr where somebody looks at it."""
    if not sys.stderr.isatty():
        return None

    def report(progress: Progress) -> None:
        left = f", {progress.eta_s:.0f} s left" if progress.eta_s else ""
        share = progress.fraction or 0.0
        end = "\n" if share >= 1 else ""
        print(f"\r\033[K{title}: {share:.0%}{left}", end=end, file=sys.stderr, flush=True)

    return report
