"""A run as a report that others can read: CSV, JSON (which can be imported again), Markdown and HTML."""

from __future__ import annotations

import csv
import html
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from slmdesk.core.decision import Gate, Row, Weights, front, recommend
from slmdesk.core.errors import ImportFailed
from slmdesk.core.hardware import Machine
from slmdesk.core.memory import in_gib
from slmdesk.core.runs import Run, RunRow, RunState

FORMAT, VERSION = "slmdesk-run", 1
LARGEST = 16 << 20
"""Bytes of the largest report that is read."""
_MOST_ROWS = 200

COLUMNS: tuple[tuple[str, Callable[[Run, RunRow], Any]], ...] = (
    ("recipe", lambda _run, row: row.label),
    ("state", lambda _run, row: str(row.state)),
    ("bytes", lambda _run, row: row.size or None),
    ("predicted_bytes", lambda _run, row: row.predicted_size or None),
    ("smaller", lambda run, row: run.judged_row(row).smaller if row.size else None),
    ("predicted_memory_bytes", lambda _run, row: row.predicted_memory or None),
    ("peak_memory_bytes", lambda _run, row: row.speed.peak_bytes if row.speed else None),
    ("perplexity", lambda _run, row: row.quality.perplexity if row.quality else None),
    ("perplexity_error", lambda _run, row: row.quality.perplexity_error if row.quality else None),
    ("kl_mean", lambda _run, row: row.quality.kl_mean if row.quality else None),
    ("kl_median", lambda _run, row: row.quality.kl_median if row.quality else None),
    ("kl_99", lambda _run, row: row.quality.kl_99 if row.quality else None),
    ("kl_max", lambda _run, row: row.quality.kl_max if row.quality else None),
    ("same_top", lambda _run, row: row.quality.same_top if row.quality else None),
    ("shift_mean", lambda _run, row: row.quality.shift_mean if row.quality else None),
    ("pp512", lambda _run, row: row.speed.pp512 if row.speed else None),
    ("tg128", lambda _run, row: row.speed.tg128 if row.speed else None),
    ("load_s", lambda _run, row: row.speed.load_s if row.speed else None),
    ("quantizing_s", lambda _run, row: row.seconds or None),
    ("error", lambda _run, row: row.error or None),
)
"""The columns of the CSV report, each with its value; None becomes an empty field."""


def described(machine: Machine) -> dict[str, str]:
    """A machine in a few words, without anything that tells whose it is."""
    found = {
        "processor": machine.cpu,
        "cores": f"{machine.cores} cores" if machine.cores else "",
        "memory": in_gib(machine.ram) if machine.ram else "",
        "graphics": ", ".join(f"{gpu.name} ({in_gib(gpu.vram)})" for gpu in machine.gpus),
        "system": " ".join(filter(None, (machine.system, machine.architecture))),
    }
    return {key: value for key, value in found.items() if value}


def to_csv(run: Run) -> str:
    """One line for each recipe; plain numbers in bytes, nats, shares and tokens a second."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(name for name, _ in COLUMNS)
    writer.writerows([_cell(value(run, row)) for _, value in COLUMNS] for row in run.rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    """A field that no table program takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def to_json(run: Run) -> str:
    """Everything; :func:`from_json` reads it again. Paths of this machine are left out."""
    names = {"source": run.source_name, "text": run.text_name if run.text else "", "matrix": "", "rows": ()}
    plain = replace(run, **names).to_dict()  # type: ignore[arg-type]
    plain["rows"] = [{**row.to_dict(), "path": "", "recipe": _recipe(row)} for row in run.rows]
    return json.dumps({"format": FORMAT, "version": VERSION, "run": plain}, ensure_ascii=False, indent=2)


def _recipe(row: RunRow) -> dict[str, Any]:
    return {**row.recipe.to_dict(), "matrix": "matrix" if row.recipe.matrix else ""}


def from_json(text: str, run_id: str) -> Run:
    """A run from its report, under a new id. Raises ImportFailed."""

    def refuse(_name: str) -> float:
        raise ValueError("not a number")

    try:
        outer = json.loads(text, parse_constant=refuse)
        if not isinstance(outer, Mapping) or outer.get("format") != FORMAT or outer.get("version") != VERSION:
            raise ValueError("another format")
        run = Run.from_dict(outer["run"])
        if not 0 < len(run.rows) <= _MOST_ROWS:
            raise ValueError("no rows")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ImportFailed(
            "This is not a report of a quantizer run.",
            "Choose a JSON report that SLMDesk exported from its Quantize pane.",
            str(error),
        ) from error
    rows = tuple(replace(row, path="", kept=False) for row in run.rows)
    state = run.state if not run.state.active else RunState.PAUSED
    return replace(run, id=run_id, rows=rows, state=state, imported=True)


_HEAD = ("Recipe", "Size", "Smaller", "Memory", "Perplexity", "KL divergence", "Same top token", "Writes", "Gates")


def table(run: Run, gate: Gate) -> list[tuple[str, ...]]:
    """The results in words, the source first; a missing figure is a dash."""
    base = run.base_speed
    lines: list[tuple[str, ...]] = [
        (
            run.source_type or "source", _mb(run.source_size), "", in_gib(base.peak_bytes) if base else "–",
            with_error(run.base_perplexity, run.base_perplexity_error) if run.base_perplexity else "–", "–", "–",
            _tps(base.tg128, base.tg128_deviation) if base else "–", "",
        )
    ]  # fmt: skip
    for row in run.rows:
        judged, q, s = run.judged_row(row), row.quality, row.speed
        if not row.size:
            lines.append((row.label, str(row.state), *("–",) * 6, row.error))
            continue
        marks = gate.judge(judged).values()
        words = "not measured" if None in marks else "passed" if all(marks) else "failed"
        lines.append(
            (
                row.label, _mb(row.size), f"{judged.smaller:.0%}",
                in_gib(s.peak_bytes) if s else f"{in_gib(row.predicted_memory)} predicted",
                with_error(q.perplexity, q.perplexity_error) if q else "–",
                f"{q.kl_mean:.5f}" if q else "–", f"{q.same_top:.1%}" if q else "–",
                _tps(s.tg128, s.tg128_deviation) if s else "–", words,
            )
        )  # fmt: skip
    return lines


def facts(run: Run, gate: Gate, weights: Weights) -> list[tuple[str, str]]:
    """What stands above the table: source, text, matrix, gates, recommendation, machine, tools."""
    made = datetime.fromtimestamp(run.created, UTC).strftime("%Y-%m-%d %H:%M UTC") if run.created else ""
    lines = [
        ("Source", f"{run.source_name}, {run.source_type or 'unknown type'}, {_mb(run.source_size)}"),
        ("SHA-256", run.source_digest),
        ("Measured on", measured_on(run)),
        ("Importance matrix", f"{run.text_name}, {run.matrix_chunks} chunks" if run.matrix_chunks else "none"),
        ("Gates", gate_words(gate)),
        ("Recommended", _recommended(run, gate, weights)),
        ("Machine", ", ".join(run.machine.values())),
        ("Made with", ", ".join(f"{key} {value}" for key, value in run.tools.items())),
        ("Made", made),
    ]
    return [(name, value) for name, value in lines if value]


def passing(run: Run, gate: Gate) -> list[Row]:
    """The rows that pass every gate."""
    return [row for row in run.judged() if all(gate.judge(row).values())]


def _recommended(run: Run, gate: Gate, weights: Weights) -> str:
    """The best of those that pass the gates, or of all where none does; and which of the two it is."""
    passed = recommend(passing(run, gate), weights)
    if passed is not None:
        return passed.sentence
    found = recommend(run.judged(), weights)
    return f"No file passes all gates. By the weights alone: {found.sentence}" if found else "nothing was measured"


def with_error(value: float, error: float) -> str:
    """A perplexity and its standard error, with as many digits as make sense."""
    digits = 3 if value < 100 else 1 if value < 10_000 else 0
    return f"{value:,.{digits}f} ± {error:,.{digits}f}"


def measured_on(run: Run) -> str:
    """The text and how much of it was really read."""
    read = next((row.quality for row in run.rows if row.quality), None)
    if read is None:
        return "nothing yet" if run.options.measure else "not measured"
    return f"{run.text_name}, {read.chunks} × {read.context_length} tokens"


def gate_words(gate: Gate) -> str:
    """The gates in words."""
    words = [
        f"same top token ≥ {gate.same_top:.0%}" if gate.same_top is not None else "",
        f"≥ {gate.smaller:.0%} smaller" if gate.smaller is not None else "",
        f"≥ {gate.faster:g}× speed" if gate.faster is not None else "",
    ]
    return ", ".join(filter(None, words)) or "none"


def to_markdown(run: Run, gate: Gate, weights: Weights) -> str:
    """The facts and the table."""
    lines = [f"# {_md(run.source_name)}: quantized and measured", ""]
    lines += [f"- **{name}**: {_md(value)}" for name, value in facts(run, gate, weights)]
    lines += ["", _md_row(_HEAD), "|" + "---|" * len(_HEAD)]
    lines += [_md_row(line) for line in table(run, gate)]
    return "\n".join(lines) + "\n\nPerplexity ± standard error; KL divergence in nats, mean over the tokens.\n"


def _md(text: str) -> str:
    return "".join(f"\\{c}" if c in "|<>*_`[]#\\" else c for c in text.replace("\n", " "))


def _md_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_md(cell) for cell in cells) + " |"


def to_html(run: Run, gate: Gate, weights: Weights) -> str:
    """One page that needs no other file, with the picture of size against divergence."""
    e = html.escape
    lines = "".join(f"<tr><th>{e(name)}</th><td>{e(value)}</td></tr>" for name, value in facts(run, gate, weights))
    head = "".join(f"<th>{e(name)}</th>" for name in _HEAD)
    body = "".join("<tr>" + "".join(f"<td>{e(c)}</td>" for c in line) + "</tr>" for line in table(run, gate))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{e(run.source_name)}</title><style>{_CSS}</style><h1>{e(run.source_name)}</h1>"
        f'<table class="facts">{lines}</table>{_svg(run)}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        "</table><p>Perplexity ± standard error; KL divergence in nats, mean over the tokens.</p></html>\n"
    )


_CSS = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#1d1c1a}"
    "table{border-collapse:collapse;width:100%;margin:1.5em 0}th,td{text-align:left;padding:.35em .6em;"
    "border-bottom:1px solid #ddd}thead th{font-weight:600}.facts th{width:11em;font-weight:400;color:#666}"
)
_WIDE, _HIGH, _LEFT, _LOW = 760, 320, 70, 40


def _svg(run: Run) -> str:
    """Size against KL divergence on a log scale, the Pareto front dashed."""
    rows = [row for row in run.judged() if row.kl is not None]
    if not rows:
        return ""
    logs = [math.log10(max(row.kl or 0.0, 1e-6)) for row in rows]
    low, high = math.floor(min(logs)), math.ceil(max(logs)) + (math.ceil(max(logs)) == math.floor(min(logs)))
    least, most = min(row.size for row in rows) * 0.9, max(row.size for row in rows) * 1.1

    def place(size: float, log: float) -> tuple[float, float]:
        x = _LEFT + (size - least) / (most - least) * (_WIDE - _LEFT - 90)
        return x, 16 + (high - log) / (high - low) * (_HIGH - 16 - _LOW)

    found = {id(row): place(row.size, log) for row, log in zip(rows, logs, strict=True)}
    lines = "".join(
        f'<line x1="{_LEFT}" x2="{_WIDE}" y1="{place(least, p)[1]:.1f}" y2="{place(least, p)[1]:.1f}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 8}" y="{place(least, p)[1] + 4:.1f}" text-anchor="end">{10.0**p:g}</text>'
        for p in range(low, high + 1)
    )
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (found[id(row)] for row in front(rows)))
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#5b5bd6"/><text x="{x + 8:.1f}" y="{y - 6:.1f}">'
        f"{html.escape(row.name)}</text>"
        for row, (x, y) in ((row, found[id(row)]) for row in rows)
    )
    axis = f'<text x="{_LEFT}" y="{_HIGH - 8}">{_mb(int(least))}</text>'
    axis += f'<text x="{_WIDE - 90}" y="{_HIGH - 8}">{_mb(int(most))}</text>'
    return (
        f'<svg viewBox="0 0 {_WIDE} {_HIGH}" font-size="12" role="img" aria-label="Size against KL divergence">'
        f'{lines}<polyline points="{points}" fill="none" stroke="#5b5bd6" stroke-dasharray="4 3"/>{dots}{axis}</svg>'
    )


def _mb(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1_000_000_000 else f"{size / 1e6:.1f} MB"


def _tps(mean: float, deviation: float) -> str:
    return f"{mean:.1f} ± {deviation:.1f} tok/s"
