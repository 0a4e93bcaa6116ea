"""Runs the benchmarks and prints one table: ``python -m tests.benchmarks [NAME ...]``.

Each ``bench_*.py`` beside this file has ``run() -> list[Row]``. A figure is a ratio against a baseline of the same
run wherever one can be had; none ever fails a build.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from tests.benchmarks.row import Row


def main(names: list[str]) -> int:
    """Run those named, or all."""
    here = Path(__file__).parent
    known = sorted(p.stem.removeprefix("bench_") for p in here.glob("bench_*.py"))
    unknown = set(names) - set(known)
    if unknown:
        print(f"No benchmark {', '.join(sorted(unknown))}. There are: {', '.join(known)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names or known:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"tests.benchmarks.bench_{name}").run()
    print("\n| what | measured | target | met |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.measured} | {row.target} | {'yes' if row.met else 'no'} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
