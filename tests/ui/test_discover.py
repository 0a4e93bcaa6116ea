from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from slmdesk.core.network import NetworkState
from slmdesk.core.remote import DownloadState
from slmdesk.desk import Desk
from slmdesk.ui.panes.models import ModelsPane, ModelsServices
from slmdesk.ui.panes.models.discover import DiscoverView
from slmdesk.ui.panes.models.downloads import DownloadsView
from slmdesk.ui.theme import ThemeSource
from slmdesk.ui.widgets.controls import Popover
from slmdesk.ui.widgets.link_dialog import LinkDialog
from slmdesk.ui.widgets.models.remote_token_dialog import TokenDialog
from tests.hub_server import HubServer, hub_server
from tests.ui.conftest import settle, until

REPO = "org/Tiny-GGUF"
CARD = "---\nlicense: mit\n---\n# Tiny\n\nA [link](https://example.org/more) and ![a picture](https://example.org/p.png).\n"


@pytest.fixture
def hub(starter: Path) -> Iterator[HubServer]:
    """A hub with one repository that holds a real model under three names, and one that is gated."""
    with hub_server() as server:
        facts = {"gguf": {"total": 5_000_000, "architecture": "llama", "context_length": 1024}}
        files = {f"tiny-{label}.gguf": starter for label in ("Q2_K", "Q4_K_M", "Q8_0")}
        server.repo(REPO, {**files, "README.md": CARD.encode(), "pytorch_model.bin": b"x" * 2000}, facts=facts)
        server.repo("org/Closed-GGUF", {"closed-Q4_K_M.gguf": starter}, gated=True, members={"hf_good"})
        server.tokens |= {"hf_good", "hf_other"}
        yield server


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = await Desk.open(tmp_path / "desk")
    yield desk
    await desk.close()


@pytest.fixture
async def pane(desk: Desk, qtbot: QtBot, source: ThemeSource) -> AsyncIterator[ModelsPane]:
    pane = ModelsPane(
        ModelsServices(
            library=desk.library, loaded_models=desk.loaded_models, choices=desk.chat.choices, jobs=desk.jobs,
            network=desk.network, settings=desk.settings, folder=desk.profile.models, fits=desk.fits,
            downloads=desk.downloads, bundles=desk.bundles, sources=desk.sources, secrets=desk.secrets,
        )
    )  # fmt: skip
    qtbot.addWidget(pane)
    pane.set_theme(source.theme)
    pane.resize(1208, 740)
    pane.show()
    yield pane
    await pane.close_down()


class Strays(QObject):
    """Widgets that were shown as windows of their own: a flash on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's own name)
        meant = isinstance(watched, (ModelsPane, QDialog, Popover, QMenu))
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow() and not meant:
            self.seen.append(repr(watched))
        return False


def discover(pane: ModelsPane) -> DiscoverView:
    view = pane.show_view("discover")
    assert isinstance(view, DiscoverView)
    return view


async def searched(pane: ModelsPane, text: str = "") -> DiscoverView:
    """The view with what the hub finds for ``text``."""
    view = discover(pane)
    view.choose_source("hf")
    await until(lambda: view.list.cards, 20)
    if text:
        view.bar.search.setText(text)
        QTest.keyClick(view.bar.search, Qt.Key.Key_Return)
        await until(lambda: text in view.list.cards[0].name and not view.notice.isVisible(), 20)
    return view


async def opened(pane: ModelsPane, ref: str = f"hf:{REPO}") -> DiscoverView:
    """A model's page, read whole."""
    view = await searched(pane)
    view.list.opened.emit(ref)
    await until(lambda: view.page.details is not None and view.page.details.model.ref == ref, 20)
    return view


async def test_from_the_search_to_the_chat(pane: ModelsPane, desk: Desk, hub: HubServer, qtbot: QtBot) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    view = await searched(pane, "Tiny")
    card = view.list.cards[0]
    assert card.badge.words == "Below SLM"
    assert card.fit.words == "Fits"
    QTest.keyClick(view.list, Qt.Key.Key_Return)
    page = view.page
    await until(lambda: len(page.groups.rows) == 4, 20)
    rows = page.groups.rows
    assert list(rows) == ["Q2_K", "Q4_K_M", "Q8_0", "pickle"]
    assert [r.line.recommended for r in rows.values()] == [False, True, False, False]
    assert rows["Q4_K_M"].fit.text() == "Fits"
    assert "Needs" in rows["Q4_K_M"].fit.toolTip()
    assert rows["pickle"].button.isHidden()
    assert "Python pickle" in rows["pickle"].line.problem
    hub.fault("slow", "tiny-Q4_K_M", after=6_000_000, times=9)
    rows["Q4_K_M"].button.click()
    await until(lambda: desk.downloads.list())
    download_id = desk.downloads.list()[0].id
    await until(lambda: pane.switch.buttons["downloads"].text().endswith("1"))
    await until(lambda: (d := desk.downloads.get(download_id)) and d.state is DownloadState.DONE, 30)
    path = desk.downloads.folder / REPO / "tiny-Q4_K_M.gguf"
    assert (
        path.stat().st_size == (Path(__file__).parents[2] / "resources/starter/slmdesk-starter-f16.gguf").stat().st_size
    )
    await until(lambda: rows["Q4_K_M"].button.text() == "Chat", 20)
    with qtbot.waitSignal(pane.chat_requested, timeout=1000) as told:
        rows["Q4_K_M"].button.click()
    model = desk.library.get(told.args[0])
    assert model is not None
    assert path in [home.path for home in model.homes]
    downloads = pane.show_view("downloads")
    assert isinstance(downloads, DownloadsView)
    await until(lambda: download_id in downloads.rows)
    await until(lambda: downloads.rows[download_id].buttons["chat"].isVisible())
    assert "On this machine" in [chip.words for chip in view.list.cards[0].chips]
    assert downloads.rows[download_id].state.text().endswith("Downloaded and verified")
    assert pane.switch.buttons["downloads"].text() == "Downloads"


async def test_offline_nothing_leaves_before_the_click(pane: ModelsPane, desk: Desk, hub: HubServer) -> None:
    view = discover(pane)
    view.choose_source("hf")
    await until(view.notice.isVisible)
    assert view.notice.title.text() == "SLMDesk is offline"
    assert "huggingface.co" in view.notice.text.text()
    assert view.notice.action.text() == "Go online and allow huggingface.co"
    await settle(0.2)
    assert not hub.requests
    assert not [line for line in desk.network.ledger if line.allowed]
    assert desk.network.state.value == NetworkState.OFFLINE.value
    await desk.settings.set("hub_mirror", hub.url)
    view.notice.action.click()
    await until(lambda: view.list.cards, 20)
    assert desk.network.state.value == NetworkState.ONLINE.value
    assert "huggingface.co" in [known.host for known in desk.network.consents()]
    assert "online now" in pane.undo_bar.text.text()


async def test_a_gated_repository_asks_for_a_token_and_says_where_it_is_kept(
    pane: ModelsPane, desk: Desk, hub: HubServer
) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    view = await opened(pane, "hf:org/Closed-GGUF")
    page = view.page
    await until(page.notice.isVisible)
    assert page.gated.text() == "Gated"
    assert page.notice.action.text() == "Enter a token"
    page.notice.action.click()
    await until(lambda: pane.findChild(TokenDialog))
    dialog = pane.findChild(TokenDialog)
    assert dialog is not None
    dialog.field.setText("hf_other")
    dialog.save.click()
    await until(lambda: "not been let in" in page.notice.title.text(), 20)
    assert "kept until SLMDesk is closed" in pane.undo_bar.text.text()
    await desk.secrets.set("huggingface", "hf_good")
    await page.open(page.model)  # type: ignore[arg-type]
    await until(lambda: not page.notice.isVisible(), 20)


async def test_the_card_has_no_pictures_and_a_link_is_only_shown(pane: ModelsPane, desk: Desk, hub: HubServer) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    view = await opened(pane)
    texts = " ".join(item.text for item in view.page.card.page.items)
    assert "a picture" in texts
    assert "p.png" not in texts
    view.page.card.link_activated.emit("https://example.org/more")
    dialog = pane.findChild(LinkDialog)
    assert dialog is not None
    assert "example.org" in dialog.address.toPlainText()
    dialog.reject()


async def test_another_version_can_be_chosen(pane: ModelsPane, desk: Desk, hub: HubServer) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    repo = hub.repos[REPO]
    repo.tags["v1"] = repo.versions[0].commit
    hub.repo(REPO, {"tiny-Q6_K.gguf": b"GGUF" + b"x" * 3000})
    view = await opened(pane)
    await until(lambda: "Q6_K" in view.page.groups.rows)
    box: QComboBox = view.page.versions
    box.setCurrentIndex(box.findData("v1"))
    box.activated.emit(box.currentIndex())
    await until(lambda: view.page.details is not None and view.page.details.revision == "v1", 20)
    await until(lambda: view.page.groups.rows and "Q6_K" not in view.page.groups.rows)


async def test_a_source_found_again_is_asked_only_by_the_person(pane: ModelsPane, desk: Desk, hub: HubServer) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    pane.restore_state({"view": "library", "views": {"discover": {"source": "hf", "filters": {"size": "Small"}}}})
    view = discover(pane)
    await until(view.notice.isVisible)
    await settle(0.2)
    assert view.source == "hf"
    assert view.bar.filters.size == "Small"
    assert not hub.requests
    QTest.keyClicks(view.bar.search, "tiny")
    await settle(0.4)
    assert not hub.requests  # no letter leaves before Enter
    view.bar.boxes["size"].setCurrentIndex(0)
    view.bar.button.click()
    await until(lambda: view.list.cards, 20)


async def test_the_curated_list_needs_no_network_until_something_is_fetched(
    pane: ModelsPane, desk: Desk, hub: HubServer, starter: Path
) -> None:
    view = discover(pane)
    await until(lambda: len(view.list.cards) > 10)
    assert view.source == "catalog"
    await until(lambda: all(card.fit.words for card in view.list.cards), 20)
    QTest.keyClicks(view.bar.search, "qwen3 0.6")
    await until(lambda: 0 < len(view.list.cards) < 5)
    assert "Qwen3 0.6B" in [card.name for card in view.list.cards]
    view.list.opened.emit("catalog:qwen3-0.6b")
    await until(lambda: "Q4_K_M" in view.page.groups.rows)
    row = view.page.groups.rows["Q4_K_M"]
    assert row.line.facts.startswith("about ")
    assert row.fit.text() == "Fits"
    row.button.click()
    await until(lambda: view.page.notice.action.text() == "Go online and allow huggingface.co")
    await settle(0.2)
    assert not hub.requests
    assert not desk.downloads.list()
    entry = desk.catalog.get("qwen3-0.6b")
    assert entry is not None
    hub.repo(entry.repos["gguf"], {"Qwen3-0.6B-Q4_K_M.gguf": starter})
    await desk.settings.set("hub_mirror", hub.url)
    view.page.notice.action.click()
    await until(lambda: desk.downloads.list(), 30)
    assert desk.downloads.list()[0].files[0].path == "Qwen3-0.6B-Q4_K_M.gguf"
    assert desk.downloads.list()[0].files[0].sha256
    await until(lambda: desk.downloads.list()[0].state is DownloadState.DONE, 30)


async def test_get_it_leads_through_the_page_to_the_download(
    pane: ModelsPane, desk: Desk, hub: HubServer, starter: Path
) -> None:
    view = discover(pane)
    view.get_model("catalog:qwen3-0.6b", "Q8_0")
    await until(lambda: view.page.notice.action.text() == "Go online and allow huggingface.co", 10)
    assert not hub.requests
    entry = desk.catalog.get("qwen3-0.6b")
    assert entry is not None
    hub.repo(entry.repos["gguf"], {"Qwen3-0.6B-Q8_0.gguf": starter, "Qwen3-0.6B-Q4_K_M.gguf": starter})
    await desk.settings.set("hub_mirror", hub.url)
    view.page.notice.action.click()
    await until(lambda: desk.downloads.list(), 30)
    assert [f.path for f in desk.downloads.list()[0].files] == ["Qwen3-0.6B-Q8_0.gguf"]


async def test_trouble_is_told_with_a_way_on(pane: ModelsPane, desk: Desk, hub: HubServer) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    hub.fault("status", "/api/models", status=404, times=50)
    view = discover(pane)
    view.choose_source("hf")
    await until(lambda: view.notice.action.isVisible(), 30)
    assert view.notice.action.text() == "Try again"
    hub.faults.clear()
    view.notice.action.click()
    await until(lambda: view.list.cards, 20)
    assert not view.notice.isVisible()


async def test_sources_without_a_runtime_say_what_is_missing(pane: ModelsPane) -> None:
    view = discover(pane)
    view.sources.buttons["ollama"].click()
    await until(lambda: "Ollama" in view.notice.title.text())
    assert not view.list.isVisible()
    view.sources.buttons["foundry"].click()
    await until(lambda: "Foundry Local" in view.notice.title.text())
    assert view.notice.text.text()


async def test_models_can_be_compared_and_the_view_is_found_again(pane: ModelsPane, desk: Desk, hub: HubServer) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    view = await searched(pane)
    view.list.toggle_compared(0)
    assert not view.compare.isEnabled()
    view.list.toggle_compared(1)
    view.compare.click()
    assert view.stack.currentWidget() is view.comparison
    view.comparison.back.click()
    assert view.stack.currentWidget() is not view.comparison
    state = view.save_state()
    assert state["source"] == "hf"
    assert "text" not in state["filters"]


async def test_nothing_flashes_up_as_a_window(pane: ModelsPane, desk: Desk, hub: HubServer, qapp: QApplication) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    strays = Strays()
    qapp.installEventFilter(strays)
    try:
        view = await opened(pane)
        await until(lambda: len(view.page.groups.rows) == 4)
        view.show_results()
        view.list.toggle_compared(0)
        view.list.toggle_compared(1)
        view.compare.click()
        view.page.groups.rows["Q2_K"].button.click()
        pane.show_view("downloads")
        await until(lambda: [d for d in desk.downloads.list() if d.state is DownloadState.DONE], 30)
        pane.show_view("library")
        await settle(0.2)
    finally:
        qapp.removeEventFilter(strays)
    assert not strays.seen


def nameless(view: QWidget) -> list[str]:
    """Visible widgets that take the keyboard and have no name for a screen reader."""
    return [
        repr(widget)
        for widget in view.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not (widget.accessibleName() or getattr(widget, "text", str)())
    ]


async def test_every_control_has_a_name(pane: ModelsPane, desk: Desk, hub: HubServer) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    view = await opened(pane)
    await until(lambda: len(view.page.groups.rows) == 4)
    assert not nameless(pane)
    view.show_results()
    assert not nameless(pane)
    view.list.toggle_compared(0)
    view.list.toggle_compared(1)
    view.compare.click()
    assert not nameless(pane)
    await desk.downloads.add(await desk.sources.plan(f"hf:{REPO}:Q2_K"))
    downloads = pane.show_view("downloads")
    assert isinstance(downloads, DownloadsView)
    await until(lambda: downloads.rows)
    assert not nameless(pane)


async def test_only_what_fits(pane: ModelsPane, desk: Desk, hub: HubServer, starter: Path) -> None:
    await desk.settings.set("hub_mirror", hub.url)
    huge = {"gguf": {"total": 9_000_000_000_000, "architecture": "llama", "context_length": 1024}}
    hub.repo("org/Huge-GGUF", {"huge-Q4_K_M.gguf": b"x" * 2000}, facts=huge)
    view = await searched(pane)
    assert "Huge-GGUF" in [card.name for card in view.list.cards]
    assert next(c for c in view.list.cards if c.name == "Huge-GGUF").fit.words == "Too big"
    view.bar.fits.click()
    await until(lambda: view.list.cards and "Huge-GGUF" not in [c.name for c in view.list.cards], 20)
