from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from slmdesk.core.fit import Fit, FitLevel
from slmdesk.core.memory import MemoryEstimate
from slmdesk.core.models import Ability, ModelFormat
from slmdesk.core.remote import Download, DownloadState, PlannedFile, RemoteFile, RemoteGroup, RemoteModel
from slmdesk.core.remote_groups import groups_of
from slmdesk.ui.panes.models.discover_fit import best_here
from slmdesk.ui.theme import Theme, ThemeSource
from slmdesk.ui.widgets.controls import TextButton, plain_tip
from slmdesk.ui.widgets.models.discover_cards import CARD_ROLE, CardList, ResultCard
from slmdesk.ui.widgets.models.discover_comparison import Comparison
from slmdesk.ui.widgets.models.discover_filters import FilterBar, Filters
from slmdesk.ui.widgets.models.download_words import amount_words, speed_words, state_words, summary_words, time_left
from slmdesk.ui.widgets.models.remote_card import CardView
from slmdesk.ui.widgets.models.remote_card_text import LONGEST, readable
from slmdesk.ui.widgets.models.remote_getting import GetState, Getting
from slmdesk.ui.widgets.models.remote_rows import GroupLine, GroupList
from slmdesk.ui.widgets.models.remote_token_dialog import TokenDialog
from slmdesk.ui.widgets.models.remote_words import card_of, comparison_of, shelf_of, short_count
from slmdesk.ui.widgets.models.words import NONE, Remark
from tests.ui.conftest import settle, until

CARD = """---
license: apache-2.0
---
<div align="center">
    <a href="https://chat.example/x"><img alt="Chat" src="https://img.example/x.svg"/></a>
    <a href="https://blog.example">Blog</a>
</div>

# Title <!-- not for people -->

[![License](https://img.example/l)](https://example.org/licence) ![a chart](chart.png) [here](./LICENSE)

It thinks in <think>...</think>, see <b>docs</b>.

```html
<b>kept</b> <!-- kept too -->
```
<script>alert("never")</script>
"""


def model(name: str = "Qwen3-1.7B", **more: object) -> RemoteModel:
    base = RemoteModel(
        "hf", f"hf:org/{name}", name, "org", parameters=1_700_000_000, licence="apache-2.0", context_length=32_768,
        formats=frozenset({ModelFormat.GGUF}), abilities=frozenset({Ability.TOOLS}), downloads=12_345,
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


# --- a stranger's card


def test_a_card_becomes_plain_markdown() -> None:
    text = readable(CARD)
    assert "license: apache-2.0" not in text
    assert "[Blog](https://blog.example)" in text
    assert "img.example" not in text
    assert "chart.png" not in text
    assert "*(a chart)*" in text
    assert "[License](https://example.org/licence)" in text
    assert "not for people" not in text
    assert "alert" not in text
    assert "<think>...</think>" in text
    assert "**docs**" in text
    assert "<b>kept</b> <!-- kept too -->" in text


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="<>/ab!-[]()\"'` =\n", max_size=400))
def test_any_card_can_be_read(text: str) -> None:
    readable(text)


@pytest.mark.parametrize("part", ["<!--", "<a ", "<a href='", "![", "[![", "<", "```\n", "<img alt='", "\n \n", "[ "])
def test_a_hostile_card_costs_no_time(part: str) -> None:
    began = time.perf_counter()
    readable(part * (LONGEST // len(part)))
    assert time.perf_counter() - began < 2.0


async def test_the_card_is_shown_without_its_pictures_and_links_are_only_told(qtbot: QtBot) -> None:
    view = CardView()
    qtbot.addWidget(view)
    view.set_theme(Theme())
    view.resize(600, 400)
    view.show()
    view.set_card(CARD)
    await settle(0.1)
    texts = [box.box.text for _, _, _, box, _ in view.page.boxes(0, 4000)]
    assert "Title" in [t.strip() for t in texts]
    assert view.verticalScrollBar().value() == 0
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert "docs" in view.selected_text()
    with qtbot.waitSignal(view.copied, timeout=500):
        QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    view.set_card("")
    assert not view.page.items


# --- cards


@pytest.fixture
def cards(qtbot: QtBot, source: ThemeSource) -> CardList:
    view = CardList()
    qtbot.addWidget(view)
    view.set_theme(Theme())
    view.resize(960, 500)
    view.show()
    view.set_cards([card_of(model(f"Model {n}"), Remark("Fits", "good", "Needs little")) for n in range(6)])
    return view


def test_a_card_says_everything(cards: CardList) -> None:
    spoken = cards.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    for words in ("Model 0", "Small", "Fits", "1.7 B parameters", "apache-2.0", "Tools", "12 k downloads"):
        assert words in spoken
    assert "32" in spoken


def test_cards_work_by_keyboard(cards: CardList, qtbot: QtBot) -> None:
    cards.setFocus()
    with qtbot.waitSignal(cards.opened) as told:
        QTest.keyClick(cards, Qt.Key.Key_Return)
    assert told.args == ["hf:org/Model 0"]
    QTest.keyClick(cards, Qt.Key.Key_Space)
    assert list(cards.compared) == ["hf:org/Model 0"]
    QTest.keyClick(cards, Qt.Key.Key_Space)
    assert list(cards.compared) == []
    QTest.keyClick(cards, Qt.Key.Key_Right)
    assert cards.currentIndex().row() == 1


def test_a_click_opens_and_one_into_the_box_compares(cards: CardList, qtbot: QtBot) -> None:
    rect = cards.visualRect(cards.model().index(1, 0))
    with qtbot.waitSignal(cards.opened):
        QTest.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=rect.topLeft() + QPoint(30, 20))
    with qtbot.assertNotEmitted(cards.opened):
        box = rect.bottomRight() - QPoint(60, 38)
        QTest.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=box)
    assert cards.compared == ("hf:org/Model 1",)


def test_at_most_four_are_compared_and_they_stay_when_the_words_change(cards: CardList) -> None:
    for place in range(5):
        cards.toggle_compared(place)
    assert cards.compared == tuple(f"hf:org/Model {n}" for n in range(1, 5))
    cards.set_cards([card_of(model(f"Model {n}"), NONE) for n in range(6)])
    assert [c.compared for c in cards.cards] == [False, True, True, True, True, False]
    cards.clear_compared()
    assert not any(c.compared for c in cards.cards)


def test_cards_are_in_columns_as_wide_as_there_is_room(cards: CardList) -> None:
    cards.doItemsLayout()
    first, second = (cards.visualRect(cards.model().index(n, 0)) for n in (0, 1))
    assert first.top() == second.top()
    cards.resize(500, 500)
    cards.doItemsLayout()
    first, second = (cards.visualRect(cards.model().index(n, 0)) for n in (0, 1))
    assert second.top() > first.top()


def test_a_card_draws_in_both_themes(cards: CardList) -> None:
    long = ResultCard("r", "N" * 300, Remark("Small", "accent"), Remark("Too big", "bad"), "f" * 300, "s" * 300)
    cards.set_cards([long, card_of(model(gated=True, active_parameters=300_000_000))])
    for name in ("light", "dark"):
        cards.set_theme(Theme(name, 1.5))
        assert not cards.grab().isNull()
    assert isinstance(cards.model().index(0, 0).data(CARD_ROLE), ResultCard)


def test_a_strangers_words_stay_in_their_line(cards: CardList) -> None:
    nasty = "a\nb\u202egnp\x00<b>" + "x" * 5_000
    card = card_of(model(nasty, summary=nasty, licence=nasty, publisher=nasty, family=nasty, tags=(nasty,)))
    for words in (card.name, card.facts, card.summary, *(chip.words for chip in card.chips)):
        assert words.isprintable()
        assert len(words) <= 300
    cards.set_cards([card])
    assert not cards.grab().isNull()


def test_a_tooltip_shows_html_as_text() -> None:
    assert "<img" not in plain_tip('<img src="file:///etc/passwd">')


# --- filters


def test_filters_become_a_query(qtbot: QtBot) -> None:
    bar = FilterBar()
    qtbot.addWidget(bar)
    assert bar.filters == Filters()
    bar.show_filters(Filters(text="qwen", format="onnx", size="Small", licence="mit", access="gated", sort="likes"))
    query = bar.filters.query(60)
    assert query.text == "qwen"
    assert query.formats == frozenset({ModelFormat.ONNX})
    assert (query.minimum_parameters, query.maximum_parameters) == (1_500_000_000, 13_999_999_999)
    assert (query.licence, query.gated, query.sort, query.limit) == ("mit", True, "likes", 60)
    bar.show_filters(Filters.from_dict({"format": "nonsense", "size": 3, "unknown": 1}))
    assert bar.filters.format == ""
    assert bar.filters.size == ""


def test_typing_alone_does_not_submit(qtbot: QtBot) -> None:
    bar = FilterBar()
    qtbot.addWidget(bar)
    bar.show()
    with qtbot.assertNotEmitted(bar.submitted), qtbot.waitSignal(bar.typed, timeout=2000):
        QTest.keyClicks(bar.search, "qwen")
    with qtbot.waitSignal(bar.submitted, timeout=500):
        QTest.keyClick(bar.search, Qt.Key.Key_Return)
    for box in bar.boxes.values():
        assert box.accessibleName()


# --- quantizations


async def test_quantizations_stand_under_their_headings(qtbot: QtBot) -> None:
    rows = GroupList()
    qtbot.addWidget(rows)
    lines = [GroupLine(f"k{n}", "large" if n % 2 else "small", f"Q{n}", "1 GB") for n in range(9)]
    rows.set_lines([*lines, GroupLine("p", "other", "pickle", "", problem="It can run programs.")])
    await until(lambda: len(rows.rows) == 10)
    assert [k for k, r in rows.rows.items() if r.line.shelf == "small"] == [f"k{n}" for n in range(0, 9, 2)]
    assert list(rows.rows)[:5] == [f"k{n}" for n in range(0, 9, 2)]
    assert rows.rows["p"].button.isHidden()
    rows.set_states({"k0": GetState(Getting.COMING, 0.5, "50 %"), "k1": GetState(Getting.HERE)})
    with qtbot.waitSignal(rows.progress_requested):
        rows.rows["k0"].button.click()
    with qtbot.waitSignal(rows.chat_requested):
        rows.rows["k1"].button.click()
    with qtbot.waitSignal(rows.get_requested) as told:
        rows.rows["k2"].button.click()
    assert told.args == ["k2"]
    assert rows.rows["k0"].button.accessibleName() == "50 %: Q0"


def fit(level: FitLevel) -> Fit:
    return Fit(level, MemoryEstimate(1, 1, 1, 1), 1)


@pytest.mark.parametrize(
    ("levels", "best"),
    [
        ("FFFF", "Q4_K_M"),
        ("FFFT", "Q4_K_M"),
        ("FFLL", "Q3_K_M"),
        ("LLTT", "Q3_K_M"),
        ("LSSS", "Q2_K"),
        ("SSSS", "Q4_K_M"),
        ("SSTT", "Q3_K_M"),
        ("TTTT", ""),
    ],
)
def test_what_to_take_follows_what_fits(levels: str, best: str) -> None:
    names = ("Q2_K", "Q3_K_M", "Q4_K_M", "Q8_0")
    groups = groups_of([RemoteFile(f"m-{name}.gguf", 1_000 * (n + 1), "a" * 64) for n, name in enumerate(names)])
    of = {"F": FitLevel.FITS, "L": FitLevel.LESS_CONTEXT, "S": FitLevel.SLOW, "T": FitLevel.TOO_BIG}
    fits = {name: fit(of[mark]) for name, mark in zip(names, levels, strict=True)}
    chosen = best_here(groups, fits, {ModelFormat.GGUF})
    assert (chosen.key if chosen else "") == best
    assert best_here(groups, fits, {ModelFormat.ONNX}) is None


@pytest.mark.parametrize(
    ("bits", "shelf"), [(0, "other"), (3.0, "small"), (4.66, "balanced"), (5.7, "balanced"), (6.56, "large")]
)
def test_the_shelf_follows_the_bits(bits: float, shelf: str) -> None:
    assert shelf_of(RemoteGroup("k", ModelFormat.GGUF, (), bits_per_weight=bits)) == shelf


def test_models_side_by_side(qtbot: QtBot) -> None:
    pair = [model("A"), model("B", licence="mit", parameters=4_000_000_000)]
    rows = comparison_of(pair, [Remark("Fits", "good", "tip"), Remark("Too big", "bad", "tip")])
    assert ("Licence", ["apache-2.0", "mit"]) in rows
    assert not any(name == "Likes" for name, _ in rows)
    view = Comparison()
    qtbot.addWidget(view)
    view.set_models(pair, rows)
    with qtbot.waitSignal(view.back_requested, timeout=500):
        view.back.click()
    with qtbot.waitSignal(view.open_requested, timeout=500) as told:
        view.findChildren(TextButton)[2].click()
    assert told.args == ["hf:org/B"]


# --- the token


def test_the_token_is_not_readable_and_leaves_the_field(qtbot: QtBot) -> None:
    dialog = TokenDialog("huggingface.co", "mirror.example", "keyring")
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.field.echoMode() == dialog.field.EchoMode.Password
    assert not dialog.forget.isHidden()
    dialog.field.setText("hf_abc")
    with qtbot.waitSignal(dialog.given) as told:
        dialog.save.click()
    assert told.args == ["hf_abc"]


# --- words


def download(state: DownloadState, **more: object) -> Download:
    files = (PlannedFile("a.gguf", 2_500_000_000, "a" * 64),)
    base = Download(
        "1", "Model", "hf", "hf:org/x", "org/x", "main", "c", files, Path("/models"), state, total=2_500_000_000
    )
    return replace(base, **more)  # type: ignore[arg-type]


def test_what_a_download_says() -> None:
    running = download(DownloadState.RUNNING, done=1_200_000_000, speed_bps=23_400_000.0, eta_s=57.0)
    assert state_words(running) == "1.2 GB of 2.5 GB · 23.4 MB/s · 55 s left"
    assert state_words(download(DownloadState.WAITING, message="The disk is full")).endswith("The disk is full")
    assert state_words(download(DownloadState.DONE, done=2_500_000_000)) == "2.5 GB · Downloaded and verified"
    assert "no checksum" in state_words(download(DownloadState.DONE, files=(PlannedFile("a", 1),)))
    for state in DownloadState:
        assert state_words(download(state))
    assert amount_words(download(DownloadState.QUEUED, total=0)) == "0.0 MB"
    assert summary_words([running, running]) == "2 downloads under way · 46.8 MB/s"
    assert summary_words([]) == "Nothing is being downloaded"


def test_times_and_counts_are_rounded_to_what_a_person_needs() -> None:
    assert [time_left(s) for s in (0.4, 7, 42, 125, 7_300, 400_000)] == [
        "almost done", "7 s left", "40 s left", "2 min left", "2 h 0 min left", "5 days left",
    ]  # fmt: skip
    assert [short_count(n) for n in (980, 1_234, 45_678, 999_600, 2_345_678)] == [
        "980",
        "1.2 k",
        "46 k",
        "1.0 M",
        "2.3 M",
    ]
    assert speed_words(340_000) == "340 kB/s"
