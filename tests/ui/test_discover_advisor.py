from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from slmdesk.core.models import Ability
from slmdesk.core.shape import ModelShape
from slmdesk.desk import Desk
from slmdesk.services.advisor import Advisor
from slmdesk.ui.panes.models import ModelsPane, ModelsServices
from slmdesk.ui.panes.models.advisor import AdvisorPage
from slmdesk.ui.panes.models.discover import DiscoverView
from slmdesk.ui.theme import ThemeSource
from tests.ui.conftest import until


@dataclass(frozen=True)
class Version:
    quantization: str
    size: int


@dataclass(frozen=True)
class Entry:
    id: str
    name: str
    parameters: int
    variants: Sequence[Version]
    strengths: Sequence[str] = ()
    abilities: Collection[Ability] = frozenset()
    active_parameters: int = 0
    context_length: int = 32_768
    licence: str = "mit"

    def shape(self) -> ModelShape | None:
        return None


def entry(name: str, billions: float, *strengths: str, abilities: Collection[Ability] = ()) -> Entry:
    size = round(billions * 1e9)
    versions = [Version("Q4_K_M", round(size * 0.6)), Version("Q8_0", round(size * 1.06))]
    return Entry(name.casefold(), name, size, versions, strengths, frozenset(abilities))


ENTRIES = (
    entry("Qwen3-0.6B", 0.6, "chat"),
    entry("Phi-4-mini", 3.8, "code", "reasoning"),
    entry("Seer-0.4B", 0.4, "vision", abilities=[Ability.VISION]),
    entry("Giant-900B", 900.0, "chat"),
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = await Desk.open(tmp_path / "desk")
    yield desk
    await desk.close()


@pytest.fixture
async def view(desk: Desk, qtbot: QtBot, source: ThemeSource) -> AsyncIterator[DiscoverView]:
    advisor = Advisor(desk.fits, lambda: ENTRIES, desk.library.entries, lambda: {"llama.cpp"})
    pane = ModelsPane(
        ModelsServices(
            library=desk.library, loaded_models=desk.loaded_models, choices=desk.chat.choices, jobs=desk.jobs,
            network=desk.network, settings=desk.settings, folder=desk.profile.models, fits=desk.fits,
            downloads=desk.downloads, bundles=desk.bundles, sources=desk.sources, secrets=desk.secrets,
            advisor=advisor,
        )
    )  # fmt: skip
    qtbot.addWidget(pane)
    pane.set_theme(source.theme)
    pane.resize(1000, 700)
    pane.show()
    found = pane.show_view("discover")
    assert isinstance(found, DiscoverView)
    yield found
    await pane.close_down()


async def asked(view: DiscoverView, use: str = "") -> AdvisorPage:
    """The advisor's page with its answer for a use."""
    view.advise.click()
    page = view.advisor
    assert view.stack.currentWidget() is page
    if use:
        before = list(page.rows)
        page.use.setCurrentIndex(page.use.findData(use))
        page.use.activated.emit(page.use.currentIndex())
        await until(lambda: page.rows and page.rows != before, 20)
    else:
        await until(lambda: page.rows, 20)
    return page


async def test_the_advice_is_ranked_with_reasons(view: DiscoverView) -> None:
    page = await asked(view)
    names = [row.line.name for row in page.rows]
    assert "Giant-900B" not in names  # it fits nowhere
    assert "Seer-0.4B" in names
    assert [row.line.place for row in page.rows] == list(range(1, len(names) + 1))
    for row in page.rows:
        assert row.line.reasons
        assert all(rule and sentence for rule, sentence in row.line.reasons)
        assert row.line.fit.words
        assert row.line.name in row.accessibleName()
    assert "This machine" in page.machine.text()
    assert "memory free" in page.machine.text()


async def test_the_first_shows_all_its_reasons_the_others_on_demand(view: DiscoverView) -> None:
    page = await asked(view)
    first, second = page.rows[0], page.rows[1]
    assert all(not words.isHidden() for words in first.reasons)
    assert first.why.isHidden()
    assert sum(not words.isHidden() for words in second.reasons) == 2
    second.why.click()
    assert all(not words.isHidden() for words in second.reasons)
    assert second.why.isHidden()


async def test_another_use_gives_another_answer(view: DiscoverView) -> None:
    page = await asked(view)
    page = await asked(view, "vision")
    assert [row.line.name for row in page.rows] == ["Seer-0.4B"]


async def test_nothing_for_a_use_is_said(view: DiscoverView) -> None:
    page = await asked(view)
    page.use.setCurrentIndex(page.use.findData("embeddings"))
    page.use.activated.emit(page.use.currentIndex())
    await until(page.notice.isVisible, 20)
    assert not page.rows


async def test_get_it_and_details_carry_the_reference(view: DiscoverView, qtbot: QtBot) -> None:
    page = await asked(view)
    page.get_requested.disconnect()
    page.model_requested.disconnect()
    first = page.rows[0]
    with qtbot.waitSignal(page.get_requested, timeout=500) as told:
        first.button.click()
    assert told.args == [first.line.ref, first.line.quantization]
    assert first.line.ref.startswith("catalog:")
    with qtbot.waitSignal(page.model_requested, timeout=500):
        first.more.click()


async def test_the_class_card_shows_what_runs(view: DiscoverView) -> None:
    page = await asked(view)
    await until(page.classes.isVisible, 10)
    texts = [part.text() for part in page.classes.findChildren(type(page.classes.title))]
    for words in ("Micro", "Small", "Medium", "Q4_K_M"):
        assert words in texts
    assert any("GiB" in text for text in texts)


async def test_back_leads_to_the_results(view: DiscoverView) -> None:
    page = await asked(view)
    page.back.click()
    assert view.stack.currentWidget() is not page
