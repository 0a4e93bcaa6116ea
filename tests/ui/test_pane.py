from __future__ import annotations

import asyncio
from typing import Any

from pytestqt.qtbot import QtBot

from slmdesk.core.errors import StorageError
from slmdesk.ui.crash_dialog import CrashDialog, crash_text
from slmdesk.ui.pane import Pane
from slmdesk.ui.theme import Theme, ThemeSource
from tests.ui.conftest import settle


async def _fail() -> None:
    raise StorageError("The disk is full.", "Free some space.", "errno 28")


def make(qtbot: QtBot) -> Pane:
    pane = Pane("A title")
    qtbot.addWidget(pane)
    pane.set_theme(Theme())
    pane.show()
    return pane


async def test_an_expected_error_goes_to_the_banner(qtbot: QtBot, source: ThemeSource) -> None:
    pane = make(qtbot)
    pane.run(_fail())
    await settle()
    assert pane.banner.isVisible()
    assert (pane.banner.message.text(), pane.banner.hint.text()) == ("The disk is full.", "Free some space.")
    assert pane.banner.details.isHidden()
    pane.banner.fold.click()
    assert pane.banner.details.toPlainText() == "errno 28"
    pane.banner.copy.click()
    pane.banner.close_button.click()
    assert not pane.banner.isVisible()


async def test_the_banner_has_one_click_that_helps(qtbot: QtBot, source: ThemeSource) -> None:
    pane = make(qtbot)
    done: list[str] = []
    pane.show_error(StorageError("No."), "Try again", lambda: done.append("again"))
    pane.banner.action.click()
    assert done == ["again"]
    assert not pane.banner.isVisible()
    pane.show_error(StorageError("No."))
    assert pane.banner.action.isHidden()


async def test_a_cancellation_is_silent(qtbot: QtBot, source: ThemeSource) -> None:
    pane = make(qtbot)
    task = pane.run(asyncio.sleep(10))
    assert task is not None
    task.cancel()
    await settle(0.02)
    assert not pane.banner.isVisible()


async def test_a_bug_reaches_the_loop(qtbot: QtBot, source: ThemeSource) -> None:
    seen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(context))

    async def bug() -> None:
        raise ZeroDivisionError

    pane = make(qtbot)
    pane.run(bug())
    await settle(0.02)
    assert isinstance(seen[0]["exception"], ZeroDivisionError)
    assert not pane.banner.isVisible()


async def test_closing_down_ends_what_runs_and_starts_nothing_more(qtbot: QtBot, source: ThemeSource) -> None:
    pane = make(qtbot)
    task = pane.run(asyncio.sleep(10))
    await pane.close_down()
    assert task is not None
    assert task.cancelled()
    assert pane.run(asyncio.sleep(0)) is None


def test_the_crash_dialog_collects_faults(qtbot: QtBot, source: ThemeSource) -> None:
    dialog = CrashDialog()
    qtbot.addWidget(dialog)
    dialog.show_error(ValueError("first"), "while sending")
    dialog.show_error(KeyError("second"))
    text = dialog.text.toPlainText()
    assert "ValueError: first" in text
    assert "while sending" in text
    assert "KeyError: 'second'" in text
    assert dialog.isVisible()
    dialog.copy.click()
    assert "SLMDesk" in crash_text(ValueError())
