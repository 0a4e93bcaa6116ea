from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from slmdesk.core.network import NetworkState
from slmdesk.core.remote import Download, DownloadState
from slmdesk.desk import Desk
from slmdesk.ui.panes.models import ModelsPane, ModelsServices
from slmdesk.ui.panes.models.downloads import LIMITS, DownloadsView
from slmdesk.ui.theme import ThemeSource
from slmdesk.ui.widgets.models.download_limits import LimitsPanel
from slmdesk.ui.widgets.models.download_row import ACTIONS, DownloadRow
from tests.hub_server import HubServer, hub_server
from tests.ui.conftest import until

REPO = "org/Tiny-GGUF"


@pytest.fixture
def hub(starter: Path) -> Iterator[HubServer]:
    with hub_server() as server:
        server.repo(REPO, {"tiny-Q4_K_M.gguf": starter})
        yield server


async def opened_desk(folder: Path, hub: HubServer) -> Desk:
    desk = await Desk.open(folder / "desk")
    await desk.settings.set("hub_mirror", hub.url)
    await desk.network.set_state(NetworkState.ONLINE)
    return desk


def pane_of(desk: Desk, qtbot: QtBot, source: ThemeSource) -> ModelsPane:
    pane = ModelsPane(
        ModelsServices(
            library=desk.library, loaded_models=desk.loaded_models, choices=desk.chat.choices, jobs=desk.jobs,
            network=desk.network, settings=desk.settings, folder=desk.profile.models, fits=desk.fits,
            downloads=desk.downloads, bundles=desk.bundles, sources=desk.sources, secrets=desk.secrets,
        )
    )  # fmt: skip
    qtbot.addWidget(pane)
    pane.set_theme(source.theme)
    pane.resize(1000, 700)
    pane.show()
    return pane


@pytest.fixture
async def desk(tmp_path: Path, hub: HubServer) -> AsyncIterator[Desk]:
    desk = await opened_desk(tmp_path, hub)
    yield desk
    await desk.close()


@pytest.fixture
async def view(desk: Desk, qtbot: QtBot, source: ThemeSource) -> AsyncIterator[DownloadsView]:
    pane = pane_of(desk, qtbot, source)
    found = pane.show_view("downloads")
    assert isinstance(found, DownloadsView)
    yield found
    await pane.close_down()


async def begin(desk: Desk) -> Download:
    return await desk.downloads.add(await desk.sources.plan(f"hf:{REPO}:Q4_K_M"))


async def row_of(view: DownloadsView, download: Download) -> DownloadRow:
    await until(lambda: download.id in view.rows)
    return view.rows[download.id]


def state(desk: Desk, download: Download) -> DownloadState:
    found = desk.downloads.get(download.id)
    assert found is not None
    return found.state


async def test_an_empty_list_says_what_belongs_there(view: DownloadsView) -> None:
    await until(view.empty.isVisible)
    assert view.empty.title.text() == "No downloads yet"
    assert not view.summary.isVisible()
    view.empty.action.click()


async def test_pause_resume_and_to_the_end(view: DownloadsView, desk: Desk, hub: HubServer) -> None:
    hub.fault("slow", "tiny", after=2_000_000, times=99)
    download = await begin(desk)
    row = await row_of(view, download)
    await until(lambda: state(desk, download) is DownloadState.RUNNING and row.bar.value() > 0, 20)
    assert row.buttons["pause"].isVisible()
    assert not row.buttons["resume"].isVisible()
    assert view.pause_all.isVisible()
    row.buttons["pause"].click()
    await until(lambda: row.buttons["resume"].isVisible(), 10)
    assert "Paused" in row.state.text()
    assert "Paused" in row.accessibleName()
    hub.faults.clear()
    row.buttons["resume"].click()
    await until(lambda: state(desk, download) is DownloadState.DONE, 30)
    await until(lambda: row.buttons["chat"].isVisible(), 10)
    assert not row.bar.isVisible()
    view.clear.click()
    await until(lambda: not view.rows)
    assert download.paths[0].exists()


async def test_cancel_removes_what_has_come(view: DownloadsView, desk: Desk, hub: HubServer) -> None:
    hub.fault("slow", "tiny", after=2_000_000, times=99)
    download = await begin(desk)
    row = await row_of(view, download)
    await until(lambda: row.bar.value() > 0, 20)
    row.buttons["cancel"].click()
    await until(lambda: not view.rows, 10)
    assert not list(desk.downloads.folder.rglob("*.part*"))


async def test_a_failure_says_why_and_can_be_tried_again(view: DownloadsView, desk: Desk, hub: HubServer) -> None:
    plan = await desk.sources.plan(f"hf:{REPO}:Q4_K_M")
    del hub.repos[REPO].versions[-1].files["tiny-Q4_K_M.gguf"]
    download = await desk.downloads.add(plan)
    row = await row_of(view, download)
    await until(lambda: state(desk, download) is DownloadState.FAILED, 30)
    await until(row.error.isVisible)
    assert row.error.text()
    assert row.buttons["retry"].isVisible()
    assert row.error.text() in row.accessibleDescription()


async def test_the_list_survives_a_restart(tmp_path: Path, hub: HubServer, qtbot: QtBot, source: ThemeSource) -> None:
    hub.fault("slow", "tiny", after=1_000_000, times=99)
    first = await opened_desk(tmp_path, hub)
    download = await begin(first)
    await until(lambda: (d := first.downloads.get(download.id)) is not None and d.done > 0, 20)
    await first.close()
    hub.faults.clear()
    second = await opened_desk(tmp_path, hub)
    try:
        pane = pane_of(second, qtbot, source)
        view = pane.show_view("downloads")
        assert isinstance(view, DownloadsView)
        row = await row_of(view, download)
        await second.downloads.start()
        await until(lambda: state(second, download) is DownloadState.DONE, 30)
        await until(lambda: row.mark.text() == "Done")
        await pane.close_down()
    finally:
        await second.close()


async def test_updates_are_asked_for_and_shown(view: DownloadsView, desk: Desk, hub: HubServer) -> None:
    download = await begin(desk)
    await until(lambda: state(desk, download) is DownloadState.DONE, 30)
    view.check.click()
    await until(lambda: not view.notice.isVisible() and view.check.isVisible(), 20)
    assert not view._update_rows
    hub.repo(REPO, {"tiny-Q4_K_M.gguf": b"GGUF" + b"new" * 2000})
    view.check.click()
    await until(lambda: view._update_rows, 20)
    assert "stays until" in view._update_rows[0].findChildren(type(view.summary))[-1].text()
    view._update_rows[0].button.click()
    await until(lambda: len(desk.downloads.list()) == 2, 10)
    assert desk.downloads.list()[-1].update


async def test_looking_for_updates_offline_asks_for_leave(view: DownloadsView, desk: Desk, hub: HubServer) -> None:
    download = await begin(desk)
    await until(lambda: state(desk, download) is DownloadState.DONE, 30)
    await desk.settings.reset("hub_mirror")
    await desk.network.set_state(NetworkState.OFFLINE)
    asked = len(hub.requests)
    view.check.click()
    await until(lambda: view.notice.action.isVisible(), 10)
    assert view.notice.action.text() == "Go online and allow huggingface.co"
    assert len(hub.requests) == asked


@pytest.mark.parametrize("offline", [False, True])
async def test_a_download_that_needs_leave_asks_for_it(
    view: DownloadsView, desk: Desk, hub: HubServer, *, offline: bool
) -> None:
    plan = await desk.sources.plan(f"hf:{REPO}:Q4_K_M")
    await desk.settings.reset("hub_mirror")  # from here on it needs huggingface.co
    if offline:
        await desk.network.set_state(NetworkState.OFFLINE)
    download = await desk.downloads.add(plan)
    row = await row_of(view, download)
    await until(row.buttons["allow"].isVisible, 20)
    assert state(desk, download) is (DownloadState.WAITING if offline else DownloadState.FAILED)
    asked = len(hub.requests)
    row.buttons["allow"].click()
    await until(view.notice.isVisible)
    words = "Go online and allow huggingface.co" if offline else "Allow huggingface.co"
    assert view.notice.action.text() == words
    assert len(hub.requests) == asked
    await desk.settings.set("hub_mirror", hub.url)
    view.notice.action.click()
    await until(lambda: state(desk, download) is DownloadState.DONE, 30)
    await until(lambda: not view.notice.isVisible())


async def test_limits_are_kept(view: DownloadsView, desk: Desk) -> None:
    view.limits.click()
    panel = view.findChild(LimitsPanel)
    assert panel is not None
    assert set(panel.boxes) == set(LIMITS)
    panel.boxes["download_parallel"].setValue(1)
    await until(lambda: desk.settings.get("download_parallel") == 1)
    assert all(box.accessibleName() for box in panel.boxes.values())
    panel.close()


async def test_a_bundle_goes_out_and_comes_in(view: DownloadsView, desk: Desk, hub: HubServer, tmp_path: Path) -> None:
    download = await begin(desk)
    row = await row_of(view, download)
    await until(lambda: row.buttons["export"].isVisible(), 30)
    row.buttons["export"].click()
    dialog = view.findChild(QFileDialog)
    assert dialog is not None
    target = tmp_path / "out"
    target.mkdir()
    dialog.filesSelected.emit([str(target)])
    dialog.close()
    await until(lambda: list(target.glob("*/SHA256SUMS")) and not desk.jobs.running, 20)
    bundle = next(target.iterdir())
    await desk.downloads.remove(download.id)
    download.paths[0].unlink()
    view._ask_bundle()
    dialog = [d for d in view.findChildren(QFileDialog) if d.isVisible()][-1]
    dialog.filesSelected.emit([str(bundle)])
    dialog.close()
    await until(lambda: list(desk.downloads.folder.rglob("*.gguf")) and not desk.jobs.running, 20)


def test_every_action_has_a_button_with_a_name(qtbot: QtBot, tmp_path: Path) -> None:
    download = Download("1", "Tiny", "hf", "hf:org/x", "org/x", "main", "c", (), tmp_path, DownloadState.FAILED)
    row = DownloadRow(download)
    qtbot.addWidget(row)
    assert set(row.buttons) == set(ACTIONS)
    assert all("Tiny" in button.accessibleName() for button in row.buttons.values())
    for action, button in row.buttons.items():
        with qtbot.waitSignal(row.requested, timeout=500) as told:
            button.click()
        assert told.args == ["1", action]


async def test_much_is_not_thrown_away_without_a_question(view: DownloadsView, desk: Desk, hub: HubServer) -> None:
    hub.fault("slow", "tiny", after=1_000_000, times=99)
    download = await begin(desk)
    await row_of(view, download)
    view._cancel(replace(download, done=80_000_000))
    dialog = view.findChild(QDialog)
    assert dialog is not None
    dialog.reject()
    assert desk.downloads.get(download.id) is not None
