"""The program killed in the middle, and two windows on one profile."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from slmdesk.desk import Desk
from slmdesk.instance import Instance

LOST_AT_MOST_S = 0.25


@pytest.mark.parametrize("seconds", [0.35, 0.9, 1.3])
async def test_a_kill_while_streaming_loses_at_most_a_quarter_of_a_second(seconds: float, profile_dir: Path) -> None:
    command = [sys.executable, "-m", "tests.e2e.streamer", str(profile_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(seconds)
        killed = time.time()
        child.kill()
        pieces = [line.split() for line in [first, *child.stdout.read().splitlines()] if len(line.split()) == 2]
    must_be_there = sum(int(length) for when, length in pieces if float(when) <= killed - LOST_AT_MOST_S)
    desk = await Desk.open(profile_dir, owner=True)
    try:
        (conversation,) = await desk.conversations.list()
        _, tree = await desk.conversations.open(conversation.id)
    finally:
        await desk.close()
    question, answer = tree.path()
    assert question.text == "go"
    assert len(answer.text) >= must_be_there > 0
    assert answer.finish_reason == "error"
    assert "ended while this was written" in answer.error


def test_a_second_start_raises_the_first_window(qtbot: QtBot, tmp_path: Path) -> None:
    first = Instance(tmp_path)
    assert first.claim()
    code = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication\n"
        "app = QCoreApplication([]); from slmdesk.instance import Instance\n"
        "second = Instance(Path(sys.argv[1])); print(second.claim(), second.raise_other())"
    )
    with qtbot.waitSignal(first.raise_requested, timeout=10_000):
        child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    out, _ = child.communicate(timeout=10)
    assert out.split() == ["False", "True"]
    first.release()
    again = Instance(tmp_path)
    assert again.claim(), "a released profile can be taken again"
    again.release()


def test_the_lock_of_a_killed_window_is_taken_over(qtbot: QtBot, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from PySide6.QtCore import QCoreApplication\n"
        "app = QCoreApplication([]); from slmdesk.instance import Instance\n"
        "i = Instance(Path(sys.argv[1])); print(i.claim(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "True"
        mine = Instance(tmp_path)
        assert not mine.claim()
        child.kill()
        child.wait()
    assert mine.claim()
    mine.release()
