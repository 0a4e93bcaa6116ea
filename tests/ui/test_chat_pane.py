from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QMenu
from pytestqt.qtbot import QtBot

from slmdesk.core.chat import Attachment, Role, Timings
from slmdesk.core.errors import ContextFull, LoadError, NotEnoughMemory, WorkerCrashed
from slmdesk.ui.format import count
from slmdesk.ui.panes.chat import ChatPane
from slmdesk.ui.widgets.link_dialog import LinkDialog
from slmdesk.ui.widgets.transcript.editor import MessageEditor
from tests.ui.conftest import Room, settle, until


async def ask(pane: ChatPane, text: str) -> None:
    """Type and send as a person does, and wait for the end of the answer."""
    before = len(pane.session.tree)
    pane.composer.box.setFocus()
    QTest.keyClicks(pane.composer.box, text)
    QTest.keyClick(pane.composer.box, Qt.Key.Key_Return)
    await until(lambda: len(pane.session.tree) >= before + 2)
    await pane.session.services.chat.wait(pane.session.id)
    await settle()


def shown(pane: ChatPane) -> list[str]:
    return pane.transcript.message_ids()


async def test_a_new_chat_offers_questions_and_loads_the_starter(pane: ChatPane, room: Room) -> None:
    assert [m.name for m, _ in room.runtime.loads] == ["Starter"]
    assert pane.starter_hint.isVisible()
    assert pane.picker.button.name == "Starter"
    pane.transcript.example_chosen.emit("What can SLMDesk do?")
    await until(lambda: len(pane.session.tree) == 2)
    await room.chat.wait(pane.session.id)
    assert pane.session.tree.path()[0].text == "What can SLMDesk do?"
    await until(lambda: not pane.starter_hint.isVisible())


async def test_a_typed_question_is_answered_kept_and_named(pane: ChatPane, room: Room) -> None:
    await ask(pane, "hello out there")
    user, answer = pane.session.tree.path()
    assert answer.text.replace(" ", "") == "helloouthere".replace("outhere", "outthere")
    assert shown(pane) == [user.id, answer.id]
    assert pane.composer.text == ""
    await until(lambda: pane.title.text() == "hello out there")
    await until(lambda: [r.text for r in pane.chat_list.model.rows] == ["Today", "hello out there"])
    assert (await room.conversations.open(pane.session.id))[1].path()[1].text == answer.text


async def test_send_becomes_stop_and_a_second_message_waits(pane: ChatPane, room: Room) -> None:
    gate = asyncio.Event()
    room.runtime.loaded[0].gate = gate
    pane.composer.set_text("first")
    pane.composer.submit()
    await until(lambda: pane.composer.send.text() == "Stop")
    pane.composer.set_text("second")
    pane.composer.submit()
    await until(lambda: pane.composer.queued.text() == "1 queued")
    QTest.keyClick(pane.composer.box, Qt.Key.Key_Escape)
    await until(lambda: pane.composer.send.text() == "Send")
    assert pane.composer.text == "second", "what waited is not lost"
    await room.chat.wait(pane.session.id)
    await until(lambda: pane.composer.queued.isHidden())
    assert pane.session.tree.path()[-1].finish_reason == "cancelled"


async def test_regenerating_keeps_both_answers(pane: ChatPane, room: Room) -> None:
    await ask(pane, "again")
    first = pane.session.tree.path()[-1].id
    QTest.keyClick(pane, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: pane.session.tree.path()[-1].id != first)
    await room.chat.wait(pane.session.id)
    await settle()
    second = pane.session.tree.path()[-1].id
    assert shown(pane)[-1] == second
    pane.transcript.sibling_requested.emit(second, -1)
    await until(lambda: shown(pane)[-1] == first)
    assert pane.session.tree.siblings(first)[1] == [first, second]


async def test_an_edited_message_is_a_branch(pane: ChatPane, room: Room) -> None:
    await ask(pane, "one")
    user = pane.session.tree.path()[0].id
    pane.transcript.edit_submitted.emit(user, "two")
    await until(lambda: pane.session.tree.path()[0].text == "two" and len(pane.session.tree.path()) == 2)
    await room.chat.wait(pane.session.id)
    await settle()
    assert shown(pane) == [m.id for m in pane.session.tree.path()]
    assert len(pane.session.tree) == 4


async def test_an_answer_is_continued_in_place(pane: ChatPane, room: Room) -> None:
    await ask(pane, "go on")
    ids, before = shown(pane), pane.session.tree.path()[-1].text
    pane.transcript.continue_requested.emit(ids[-1])
    await until(lambda: room.chat.streaming(pane.session.id) or len(room.runtime.loaded[0].requests) == 2)
    await room.chat.wait(pane.session.id)
    await settle()
    assert shown(pane) == ids
    assert pane.session.tree.path()[-1].text.startswith(before)
    assert room.runtime.loaded[0].requests[-1][2], "the model was asked to write on"


async def test_the_header_has_the_menu_of_the_chat(pane: ChatPane) -> None:
    assert pane.chat_button.isHidden()
    await ask(pane, "named")
    await until(pane.chat_button.isVisible)
    pane.chat_button.click()
    await settle(0.02)
    menu = next(m for m in pane.findChildren(QMenu) if m.isVisible())
    assert [a.text() for a in menu.actions()][:2] == ["Rename", "Pin"]
    menu.close()


async def test_what_the_model_could_not_see_is_marked(pane: ChatPane, room: Room) -> None:
    await ask(pane, "first")
    await ask(pane, "second")
    answer = replace(pane.session.tree.path()[-1], timings=Timings(dropped_messages=2, dropped_tokens=50))
    pane.session.tree.update(answer)
    room.chat.finished.emit(pane.session.id, answer)
    assert pane.transcript.page.dropped == 2


async def test_thinking_is_unfolded_where_the_person_wants_it(pane: ChatPane, room: Room) -> None:
    room.runtime.loaded[0].thinking = ["hm "]
    await ask(pane, "fold")
    await room.settings.set("show_thinking", value=True)
    await ask(pane, "unfold")
    _, folded, _, unfolded = pane.transcript.page.items
    assert (folded.unfolded, unfolded.unfolded) == (False, True)
    pane.transcript.grab()


async def test_a_deleted_message_comes_back(pane: ChatPane) -> None:
    await ask(pane, "keep me")
    ids = shown(pane)
    pane.transcript.delete_requested.emit(ids[0])
    await until(lambda: pane.undo_bar.isVisible() and shown(pane) == [])
    await until(lambda: pane.meter.text().startswith("Context 0 /"))
    pane.undo_bar.undo.click()
    await until(lambda: shown(pane) == ids)
    await until(lambda: not pane.meter.text().startswith("Context 0 /"))


async def test_the_meter_is_full_when_one_message_alone_is_too_long(
    pane: ChatPane, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def preview(*_: object) -> dict[str, object]:
        raise ContextFull("The last message is too long.")

    await ask(pane, "short")
    loaded = room.runtime.loaded[0]
    monkeypatch.setattr(loaded, "preview", preview)
    pane.setup.note_prompt_changed()
    full = "Context {0} / {0}".format(count(loaded.context_length))
    await until(lambda: pane.meter.text() == full)


async def test_branching_opens_a_new_chat_with_the_path(pane: ChatPane, room: Room) -> None:
    await ask(pane, "root")
    old = pane.session.id
    pane.transcript.branch_requested.emit(shown(pane)[0])
    await until(lambda: pane.session.id != old)
    assert [m.text for m in pane.session.tree.path()] == ["root"]
    assert len(await room.conversations.list()) == 2


async def test_another_model_can_answer_again(pane: ChatPane, room: Room) -> None:
    await ask(pane, "compare")
    await pane.setup.read_models()
    pane.transcript.regenerate_with_requested.emit(shown(pane)[-1], QPoint(10, 10))
    await settle()
    menu = next(m for m in pane.findChildren(QMenu) if m.isVisible())
    other = next(a for a in menu.actions() if a.text().startswith("Other"))
    other.trigger()
    menu.close()
    await until(lambda: any(m.model == "Other" for m in pane.session.tree))
    await room.chat.wait(pane.session.id)


async def test_a_draft_survives_switching_and_a_restart(pane: ChatPane, room: Room, qtbot: QtBot) -> None:
    await ask(pane, "first chat")
    first = pane.session.id
    pane.composer.set_text("half a thought")
    await pane.new_chat()
    assert pane.composer.text == ""
    await pane.open_chat(first)
    assert pane.composer.text == "half a thought"
    pane.composer.set_text("a longer thought")
    await pane.close_down()
    again = room.chat_pane()
    qtbot.addWidget(again)
    again.restore_state(pane.save_state())
    await again.start()
    assert again.session.id == first
    assert again.composer.text == "a longer thought"
    await again.close_down()


async def test_a_new_chat_left_empty_is_not_kept(pane: ChatPane, room: Room) -> None:
    await pane.new_chat()
    pane.composer.set_text("x")
    await pane.talk.keep_draft()
    assert len(await room.conversations.list()) == 1
    pane.composer.set_text("")
    await pane.new_chat()
    assert await room.conversations.list() == []


async def test_deleting_the_open_chat_can_be_undone(pane: ChatPane, room: Room) -> None:
    await ask(pane, "precious")
    chat_id = pane.session.id
    pane.chat_list.delete_requested.emit(chat_id)
    await until(lambda: pane.session.id != chat_id)
    assert await room.conversations.list() == []
    pane.undo_bar.undo.click()
    await until(lambda: pane.session.id == chat_id)
    assert len(await room.conversations.list()) == 1


async def test_search_finds_and_opens_the_message(pane: ChatPane) -> None:
    await ask(pane, "the zebra question")
    chat_id = pane.session.id
    await pane.new_chat()
    pane.chat_list.start_search()
    pane.chat_list.search.setText("zebra")
    await until(lambda: any(r.hit for r in pane.chat_list.model.rows))
    hit = next(r.hit for r in pane.chat_list.model.rows if r.hit and r.hit.message_id)
    assert "\x02zebra\x03" in hit.snippet
    pane.chat_list.opened.emit(hit.conversation_id, hit.message_id)
    await until(lambda: pane.session.id == chat_id)


async def test_a_crash_offers_to_load_again(pane: ChatPane, room: Room) -> None:
    room.runtime.loaded[0].error = WorkerCrashed("The engine ended.", "Load the model again.", "signal 11")
    room.runtime.loaded[0].fail_after = 1
    await ask(pane, "one two three")
    await until(pane.banner.isVisible)
    assert pane.banner.message.text() == "The engine ended."
    assert pane.banner.action.text() == "Load again"
    assert pane.session.tree.path()[-1].finish_reason == "error"
    pane.banner.action.click()
    await until(lambda: len(room.runtime.loaded) == 2)
    await settle()
    assert not pane.banner.isVisible()
    await ask(pane, "and now")
    assert pane.session.tree.path()[-1].finish_reason == "stop"


async def test_too_little_memory_offers_to_load_anyway(pane: ChatPane, room: Room) -> None:
    room.runtime.load_error = NotEnoughMemory("Not enough memory to load Other.", "Try Q4_K_M.")
    await pane.setup.choose("fake:Other")
    assert pane.banner.action.text() == "Load anyway"
    room.runtime.load_error = None
    pane.banner.action.click()
    await until(lambda: room.loaded.get("fake:Other") is not None)
    assert room.runtime.loads[-1][1].ignore_memory


async def test_a_failed_load_says_why_and_the_text_is_kept(pane: ChatPane, room: Room) -> None:
    room.runtime.load_error = LoadError("The file is truncated.", "Download it again.")
    await pane.setup.choose("fake:Other")
    assert "truncated" in pane.banner.message.text()
    assert pane.picker.button.fraction is None


async def test_sampling_edits_are_kept_as_differences(pane: ChatPane, room: Room) -> None:
    await ask(pane, "x")
    pane.inspector.sampling.edited.emit("temperature", 0.1)
    pane.inspector.sampling.edited.emit("top_k", 7)
    await until(lambda: pane.session.head.sampling == {"temperature": 0.1, "top_k": 7})
    await ask(pane, "y")
    _, options, _ = room.runtime.loaded[0].requests[-1]
    assert (options.temperature, options.top_k) == (0.1, 7)
    pane.inspector.sampling.edited.emit("temperature", 0.2)
    await until(lambda: pane.session.head.sampling == {"top_k": 7})
    await until(lambda: pane.inspector.preset.text() == "Precise, changed")


async def test_a_preset_can_be_chosen_saved_and_deleted(pane: ChatPane, room: Room) -> None:
    pane.inspector.preset_chosen.emit("precise")
    await until(lambda: pane.composer.preset.text() == "Preset: Precise")
    pane.inspector.sampling.edited.emit("temperature", 0.33)
    pane.inspector.preset_saved.emit("Mine")
    await until(lambda: pane.composer.preset.text() == "Preset: Mine")
    mine = next(p for p in await room.presets.list() if p.name == "Mine")
    assert mine.options().temperature == 0.33
    assert pane.session.head.sampling == {}
    pane.inspector.preset_deleted.emit(mine.id)
    await until(lambda: pane.composer.preset.text() == "Preset: Balanced")


async def test_load_options_are_applied_by_reloading(pane: ChatPane, room: Room) -> None:
    assert pane.inspector.load.reload.isHidden()
    pane.inspector.load.edited.emit("context_length", 2048)
    await until(lambda: not pane.inspector.load.reload.isHidden())
    pane.inspector.load.reload.click()
    await until(lambda: room.runtime.loads[-1][1].context_length == 2048)
    await until(lambda: pane.inspector.load.reload.isHidden())
    assert room.settings.get_state("load_options")["fake:Starter"]["context_length"] == 2048


async def test_links_are_opened_only_after_a_yes(pane: ChatPane, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        "slmdesk.ui.panes.chat.talk.QDesktopServices.openUrl", lambda url: opened.append(url.toString())
    )
    pane.transcript.link_activated.emit("https://example.org/a?b=c")
    dialog = pane.findChild(QDialog)
    assert isinstance(dialog, LinkDialog)
    assert dialog.address.toPlainText() == "https://example.org/a?b=c"
    assert opened == []
    dialog.open_button.click()
    assert opened == ["https://example.org/a?b=c"]


async def test_files_are_attached_with_their_cost(pane: ChatPane, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("some words to read")
    pane.composer.files_dropped.emit([note])
    await until(lambda: len(pane.composer.attachments) == 1)
    attachment = pane.composer.attachments[0]
    assert (attachment.name, attachment.text) == ("note.txt", "some words to read")
    await ask(pane, "what does it say")
    assert pane.session.tree.path()[0].attachments[0].name == "note.txt"
    pane.composer.files_dropped.emit([tmp_path / "missing.txt", note])
    await until(pane.banner.isVisible)
    assert [a.name for a in pane.composer.attachments] == ["note.txt"], "one bad file does not keep the others out"


async def test_export_and_import_round_trip(pane: ChatPane, room: Room, tmp_path: Path) -> None:
    await ask(pane, "travel with me")
    target = tmp_path / "out.json"
    await pane.list_side._export([pane.session.id], "json", target)
    assert target.stat().st_size > 0
    assert "exported" in pane.undo_bar.text.text()
    await pane.list_side._import([target])
    await until(lambda: "imported" in pane.undo_bar.text.text())


async def test_the_panels_fold_away_and_are_remembered(pane: ChatPane, room: Room, qtbot: QtBot) -> None:
    QTest.keyClick(pane.composer.box, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(pane.composer.box, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert pane.chat_list.isHidden()
    assert pane.inspector.isHidden()
    again = room.chat_pane()
    qtbot.addWidget(again)
    again.restore_state(pane.save_state())
    assert again.chat_list.isHidden()
    assert again.inspector.isHidden()
    await again.close_down()


async def test_search_has_its_key_even_while_writing(pane: ChatPane) -> None:
    pane.activateWindow()
    pane.composer.box.setFocus()
    pane.composer.set_text("some text")
    QTest.keyClick(pane.composer.box, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert pane.chat_list.search.hasFocus()
    assert pane.composer.text == "some text"


async def test_the_last_message_is_edited_with_up(pane: ChatPane) -> None:
    await ask(pane, "tpyo")
    QTest.keyClick(pane.composer.box, Qt.Key.Key_Up)
    await settle()
    assert pane.session.tree.path()[0].role is Role.USER
    assert pane.transcript.findChild(MessageEditor) is not None


async def test_attachments_stay_with_the_draft_of_their_chat(pane: ChatPane, room: Room) -> None:
    await ask(pane, "first")
    first = pane.session.id
    pane.composer.add_attachment(Attachment("notes.txt", "some words"))
    await pane.new_chat()
    assert list(pane.composer.attachments) == []
    await pane.open_chat(first)
    assert [a.name for a in pane.composer.attachments] == ["notes.txt"]
    await pane.talk.send("with a file", tuple(pane.composer.attachments))
    pane.composer.set_attachments(())
    await room.chat.wait(first)
    await pane.new_chat()
    await pane.open_chat(first)
    assert list(pane.composer.attachments) == []
