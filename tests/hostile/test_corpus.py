"""Every file of the corpus goes through the real worker: nothing crashes, hangs, swells, or leaves a trace."""

from __future__ import annotations

import collections
import os
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from slmdesk.core.models import Verdict
from slmdesk.services.files import Files
from slmdesk.services.inspection import Inspected, Inspection
from tests.hostile.corpus import corpus
from tests.hostile.entry import Hostile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and names of Unix")

SECONDS = 1.0
MEGABYTES = 200


def fits(found: Inspected, outcome: str) -> bool:
    match outcome:
        case "refused":
            return found.verdict is Verdict.REFUSED
        case "unusable":
            return bool(found.problem) and found.verdict is Verdict.LOOK
        case "look":
            return found.verdict is Verdict.LOOK
        case "bad":
            return found.verdict is not Verdict.SAFE
    return True


def peak_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@pytest.mark.timeout(600)  # some ten seconds of computing, on a busy machine a few minutes
async def test_the_whole_corpus(tmp_path: Path, profile_dir: Path) -> None:
    """One process reads them all; each in its own folder, which must be as it was afterwards."""
    entries = corpus()
    outcomes = collections.Counter(entry.outcome for entry in entries)
    assert len(entries) >= 300
    assert min(outcomes[kind] for kind in ("refused", "unusable", "look")) >= 30
    files = Files()
    try:
        wrong, seconds, pids = await _inspect_all(entries, files, tmp_path)
        assert not wrong, "\n".join(wrong)
        assert len(pids) == 1, "a file ended the worker"
        slowest = sorted(seconds.items(), key=lambda item: -item[1])
        print(f"{len(entries)} entries, {sum(seconds.values()):.1f} s, slowest {slowest[:12]}")
        assert [s for s in slowest if s[1] > SECONDS] == []
        if sys.platform == "linux":
            peak = peak_megabytes(pids.pop())
            print(f"peak {peak:.0f} MB")
            assert peak < MEGABYTES
        assert not profile_dir.exists()
    finally:
        await files.close()


async def _inspect_all(
    entries: list[Hostile], files: Files, home: Path
) -> tuple[list[str], dict[str, float], set[int]]:
    """What went wrong, the seconds that each entry took, and the worker processes that there were."""
    inspection = Inspection(files)
    wrong: list[str] = []
    seconds: dict[str, float] = {}
    pids = set()
    for number, entry in enumerate(entries):
        folder = home / f"{number}"
        folder.mkdir()
        path = entry.write(folder)
        before = _listing(folder)
        begun = _seconds(files)
        found = await inspection.inspect(path)
        seconds[entry.name] = _seconds(files) - begun
        wrong += _complaints(entry, found)
        if _listing(folder) != before:
            wrong.append(f"{entry.name}: something was written")
        assert files._worker is not None
        pids.add(files._worker.pid)
        _remove(folder)
    return wrong, seconds, pids


def _seconds(files: Files) -> float:
    """The time that the worker has computed for; unlike the clock it does not run while others keep the machine."""
    if files._worker is None or not hasattr(os, "sysconf"):
        return 0.0
    times = psutil.Process(files._worker.pid).cpu_times()
    return times.user + times.system


def _complaints(entry: Hostile, found: Inspected) -> list[str]:
    told = [f"{f.rule}: {f.message}" for f in found.findings]
    wrong = []
    if not fits(found, entry.outcome):
        wrong.append(f"{entry.name}: {entry.outcome} became {found.verdict}, problem {found.problem!r}, {told}")
    for finding in found.findings:
        text = finding.message + finding.hint
        if len(text) > 600 or any(not c.isprintable() for c in text):
            wrong.append(f"{entry.name}: the message is not fit to be shown: {text[:200]!r}")
        if not finding.message.endswith((".", "”.")) or "!" in finding.message.replace("”", ""):
            wrong.append(f"{entry.name}: not a sentence: {finding.message!r}")
    return wrong


def _listing(folder: Path) -> dict[str, Any]:
    found = {}
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            status = Path(place, name).lstat()
            found[str(Path(place, name))] = (status.st_size, status.st_mtime_ns, status.st_mode)
    return found


def _remove(folder: Path) -> None:
    for place, folders, names in os.walk(folder, topdown=False):
        for name in names:
            Path(place, name).unlink()
        for name in folders:
            inner = Path(place, name)
            inner.unlink() if inner.is_symlink() else inner.rmdir()
