from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from slmdesk.core.chat import Conversation, SearchHit
from slmdesk.ui.theme import Theme, ThemeSource
from slmdesk.ui.widgets.chat_list import ChatList, menus
from slmdesk.ui.widgets.chat_list.delegate import snippet_parts
from slmdesk.ui.widgets.chat_list.rows import RowKind, chat_rows, day_group

NOW = datetime(2026, 3, 15, 12, 0).astimezone()


def chat(title: str, days: float = 0, **fields: object) -> Conversation:
    return Conversation(title, updated=(NOW - timedelta(days=days)).timestamp(), **fields)  # type: ignore[arg-type]


@pytest.fixture
def view(qtbot: QtBot, source: ThemeSource) -> ChatList:
    view = ChatList()
    qtbot.addWidget(view)
    view.set_theme(Theme())
    view.resize(240, 600)
    view.show()
    return view


def texts(view: ChatList) -> list[str]:
    return [row.text for row in view.model.rows]


def test_chats_are_grouped_as_a_person_looks_for_them() -> None:
    rows = chat_rows(
        [
            chat("old", 400), chat("today"), chat("yesterday", 1), chat("week", 5), chat("february", 30),
            chat("pinned", 90, pinned=True), chat("in a folder", 2, folder="Work"),
        ],
        NOW,
    )  # fmt: skip
    assert [r.text for r in rows] == [
        "Pinned", "pinned", "Work", "in a folder", "Today", "today", "Yesterday", "yesterday",
        "Previous 7 days", "week", "February", "february", "February 2025", "old",
    ]  # fmt: skip


def test_a_folded_folder_hides_its_chats() -> None:
    rows = chat_rows([chat("a", folder="Work"), chat("b")], NOW, {"Work"})
    assert (rows[0].kind, rows[0].text) == (RowKind.FOLDER, "Work")
    assert [r.text for r in rows] == ["Work", "Today", "b"]


@pytest.mark.parametrize(("days", "group"), [(0, "Today"), (1, "Yesterday"), (7, "Previous 7 days"), (8, "March")])
def test_days_have_names(days: int, group: str) -> None:
    name, start = day_group((NOW - timedelta(days=days)).timestamp(), NOW)
    assert name == group
    assert start <= (NOW - timedelta(days=days)).timestamp()


def test_a_moment_ahead_of_the_clock_is_today() -> None:
    assert day_group((NOW + timedelta(days=3)).timestamp(), NOW)[0] == "Today"


def test_a_click_opens_a_chat_or_folds_a_folder(view: ChatList, qtbot: QtBot) -> None:
    one = Conversation("one", folder="Work")
    view.set_conversations([one])
    opened: list[tuple[str, str]] = []
    view.opened.connect(lambda i, m: opened.append((i, m)))
    view.view.clicked.emit(view.model.index(1))
    assert opened == [(one.id, "")]
    view.view.clicked.emit(view.model.index(0))
    assert texts(view) == ["Work"]
    assert view.folded == ["Work"]


def test_the_keyboard_opens_renames_and_deletes(view: ChatList, qtbot: QtBot) -> None:
    one = Conversation("one")
    view.set_conversations([one])
    seen: list[tuple[str, ...]] = []
    view.opened.connect(lambda i, _m: seen.append(("open", i)))
    view.delete_requested.connect(lambda i: seen.append(("delete", i)))
    view.rename_requested.connect(lambda i, t: seen.append(("rename", i, t)))
    view.view.setFocus()
    view.view.setCurrentIndex(view.model.index(1))
    QTest.keyClick(view.view, Qt.Key.Key_Return)
    QTest.keyClick(view.view, Qt.Key.Key_Delete)
    view.rename(one.id)
    editor = view.view.findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    editor.setText("  better  ")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert seen == [("open", one.id), ("delete", one.id), ("rename", one.id, "better")]


def test_headers_cannot_be_chosen(view: ChatList) -> None:
    view.set_conversations([Conversation("one")])
    assert view.model.flags(view.model.index(0)) == Qt.ItemFlag.NoItemFlags


def test_hits_replace_the_list_until_the_search_ends(view: ChatList, qtbot: QtBot) -> None:
    view.set_conversations([Conversation("one")])
    before = texts(view)
    asked: list[str] = []
    view.search_changed.connect(asked.append)
    view.search.setText("zeb")
    qtbot.waitUntil(lambda: asked == ["zeb"])
    view.set_hits([SearchHit("c", "A title", "m", "a \x02zeb\x03ra", 0.0)])
    assert texts(view) == ["1 hit", "A title"]
    view.view.grab()
    QTest.keyClick(view.search, Qt.Key.Key_Escape)
    assert texts(view) == before
    view.set_hits([])
    assert texts(view) == before, "hits that come late must not replace the chats"


def test_a_snippet_shows_the_words_found() -> None:
    assert snippet_parts("a \x02b\x03 c\nd") == [("a ", False), ("b", True), (" c d", False)]
    long = "x" * 100 + " \x02found\x03 it"
    parts = snippet_parts(long)
    assert parts[0][0].startswith("…")
    assert ("found", True) in parts
    assert snippet_parts("no marks") == [("no marks", False)]


def test_the_bin_shows_its_own_commands(view: ChatList) -> None:
    shown: list[bool] = []
    view.bin_shown.connect(shown.append)
    view.bin_button.click()
    view.set_conversations([Conversation("gone", deleted=1.0)])
    assert shown == [True]
    assert texts(view) == ["gone"]
    assert view.empty_bin.isVisible()
    assert not view.new_button.isVisible()
    actions = [a.text() for a in menus.bin_menu(view, Conversation("gone")).actions()]
    assert actions[0] == "Restore"
    assert "Delete forever" in actions


def test_the_menu_moves_pins_and_exports(view: ChatList) -> None:
    one = Conversation("one", folder="Work")
    view.set_conversations([one, Conversation("two", folder="Home")])
    seen: list[object] = []
    view.pin_requested.connect(lambda i, p: seen.append((i, p)))
    view.folder_requested.connect(lambda i, f: seen.append((i, f)))
    view.export_requested.connect(lambda ids, kind: seen.append((ids, kind)))
    menu = menus.chat_menu(view, one)
    actions = {a.text(): a for m in [menu, *menu.findChildren(type(menu))] for a in m.actions()}
    assert not actions["Work"].isEnabled()
    for name in ("Pin", "Home", "No folder", "Markdown"):
        actions[name].trigger()
    assert seen == [(one.id, True), (one.id, "Home"), (one.id, ""), ([one.id], "markdown")]


def test_thousands_of_chats_are_shown_at_once(view: ChatList) -> None:
    chats = [Conversation(f"chat {n}", updated=time.time() - n * 3600) for n in range(5000)]
    began = time.perf_counter()
    view.set_conversations(chats)
    view.view.grab()
    took = time.perf_counter() - began
    assert len(view.model.rows) > 5000
    assert took < 1.0


def test_a_changed_title_moves_nothing(view: ChatList) -> None:
    one, two = Conversation("one"), Conversation("two")
    view.set_conversations([one, two])
    resets: list[None] = []
    view.model.modelReset.connect(lambda: resets.append(None))
    view.set_conversations([replace(one, title="other"), two])
    assert resets == []
    assert "other" in texts(view)
