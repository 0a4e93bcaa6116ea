from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from slmdesk.core.chat import Attachment, Message, Role, Timings
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.markdown.parse import parse
from slmdesk.ui.widgets.transcript import Transcript, TranscriptMessage
from slmdesk.ui.widgets.transcript.box import Action
from slmdesk.ui.widgets.transcript.code_box import CodeBox
from slmdesk.ui.widgets.transcript.heights import Heights
from slmdesk.ui.widgets.transcript.message import duration, figures, figures_in_full, finish_words, reading_words
from slmdesk.ui.widgets.transcript.selection import Selection
from slmdesk.ui.widgets.transcript.slot import Part
from slmdesk.ui.widgets.transcript.table_box import TableBox

ANSWER = """Take **Q4_K_M** and read [this](https://example.org/q4) or [that](file:///etc/passwd).

| Type | Size |
|---|--:|
| Q8_0 | 4.3 GB |

- one
- two

```python
def f(x):
    return x
```

The end.
"""
FIGURES = Timings(900, 300, 212, 310.0, 240.0, 24.6, 2_100.0)


def user(text: str, **more: object) -> TranscriptMessage:
    return TranscriptMessage(Message(Role.USER, text, **more))  # type: ignore[arg-type]


def answer(
    text: str = ANSWER, *, index: int = 0, count: int = 1, dropped: bool = False, **more: object
) -> TranscriptMessage:
    more.setdefault("finish_reason", "stop")
    return TranscriptMessage(Message(Role.ASSISTANT, text, **more), index, count, dropped)  # type: ignore[arg-type]


def chat(pairs: int) -> list[TranscriptMessage]:
    return [m for n in range(pairs) for m in (user(f"Question {n}"), answer(f"Answer {n}.\n\n{ANSWER}"))]


def rest(view: Transcript, qtbot: QtBot) -> None:
    """Wait until everything in view is laid out."""
    qtbot.waitUntil(lambda: not view._work.isActive() and view.side._thread is None, timeout=10_000)
    qtbot.wait(30)
    qtbot.waitUntil(lambda: not view._work.isActive(), timeout=10_000)


@pytest.fixture
def view(qtbot: QtBot) -> Transcript:
    made = Transcript()
    qtbot.addWidget(made)
    made.set_theme(Theme())
    made.resize(810, 700)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    rest(made, qtbot)
    return made


def box_with(view: Transcript, text: str) -> tuple[int, int, int, QPointF]:
    """Where a text is: item, slot, place in the slot, and the box's corner in the viewport."""
    value = view.verticalScrollBar().value()
    for number, slot, place, placed, corner in view.page.boxes(value, value + view.viewport().height()):
        if text in placed.box.text:
            return number, slot, place, corner - QPointF(0, value)
    raise AssertionError(f"{text!r} is not in view")


def box_of(view: Transcript, number: int, slot: int) -> Any:
    """The first box of a slot."""
    placed = view.page.items[number].slots[slot].placed
    assert placed
    return placed[0].box


def click(view: Transcript, qtbot: QtBot, point: QPointF) -> None:
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point.toPoint())


def target_point(view: Transcript, action: Action, value: str = "") -> QPointF:
    """Somewhere in the viewport where a click would do ``action``."""
    for y in range(0, view.viewport().height(), 4):
        for x in range(0, view.viewport().width(), 4):
            found = view._target(QPointF(x, y))
            if found and found[1].action is action and value in found[1].value:
                return QPointF(x, y)
    raise AssertionError(f"nothing there to {action}")


# --- heights -----------------------------------------------------------------------------------------------------


def test_heights_agree_with_plain_sums() -> None:
    picks = random.Random(1)
    plain = [picks.randint(1, 90) for _ in range(37)]
    heights = Heights(plain)
    for _ in range(300):
        if picks.random() < 0.3:
            plain.append(picks.randint(1, 90))
            heights.append(plain[-1])
        else:
            at = picks.randrange(len(plain))
            plain[at] = picks.randint(1, 90)
            heights.set(at, plain[at])
        n = picks.randrange(len(plain))
        assert heights.top(n) == sum(plain[:n])
        assert heights.total == sum(plain)
        assert heights.find(sum(plain[:n])) == n
        assert heights.find(sum(plain[: n + 1]) - 1) == n
    assert heights.find(-5) == 0
    assert heights.find(10**9) == len(plain) - 1
    assert Heights().find(3) == -1


# --- the page ----------------------------------------------------------------------------------------------------


def test_a_long_chat_opens_at_its_end_and_lays_out_only_what_is_seen(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages(chat(1_000))
    rest(view, qtbot)
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 100_000
    assert view.at_end
    assert sum(1 for i in view.page.items if i.opened) < 20
    assert view.page.items[1_999].slots[-1].exact


def test_the_view_does_not_jump_while_heights_become_exact(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages(chat(300))
    rest(view, qtbot)
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    rest(view, qtbot)
    anchor = view.page.anchor(bar.value() + 100)
    before = view.page.y_of(anchor) - bar.value()
    for number in range(anchor.item):
        kept = view.page.anchor(bar.value())
        view.page.changed(number)
        view._show_at(view.page.y_of(kept))
        for slot in range(len(view.page.items[number].slots)):
            kept = view.page.anchor(bar.value())
            view.page.lay_out(number, slot)
            view._show_at(view.page.y_of(kept))
    assert view.page.y_of(anchor) - bar.value() == before


def test_everything_can_be_scrolled_through(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages(chat(40))
    rest(view, qtbot)
    bar = view.verticalScrollBar()
    bar.setValue(0)
    rest(view, qtbot)
    seen: set[str] = set()
    for _ in range(200):
        value = bar.value()
        boxes = view.page.boxes(value, value + view.viewport().height())
        seen |= {placed.box.text for _, _, _, placed, _ in boxes}
        if value == bar.maximum():
            break
        QTest.keyClick(view, Qt.Key.Key_PageDown)
        rest(view, qtbot)
    assert {f"Question {n}" for n in range(40)} <= seen
    assert {f"Answer {n}." for n in range(40)} <= seen
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert bar.value() == 0
    assert not view.at_end
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.at_end


def test_a_person_s_message_is_a_bubble_on_the_right(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([user("Short"), user("word " * 200)])
    rest(view, qtbot)
    page = view.page
    assert page.items[0].bubble_width(page.style, page.column) < 60
    assert page.items[1].bubble_width(page.style, page.column) > page.column * 0.6
    right = box_with(view, "Short")[3].x() + page.items[0].bubble_width(page.style, page.column)
    assert right == pytest.approx(page.left + page.column - page.style.pad, abs=2)


def test_text_columns_stop_at_760(view: Transcript, qtbot: QtBot) -> None:
    view.resize(1_800, 700)
    assert view.page.column == 760
    assert view.page.left == pytest.approx((view.page.width - 760) / 2, abs=1)


def test_width_and_font_size_lay_out_anew(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages(chat(5))
    rest(view, qtbot)
    wide = view.page.total
    view.resize(420, 700)
    rest(view, qtbot)
    assert view.page.total > wide
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    narrow = view.page.total
    view.set_theme(Theme("dark", 1.5))
    rest(view, qtbot)
    assert view.page.total > narrow * 1.2
    assert view.viewport().grab().toImage().pixelColor(2, 300) == Theme("dark").color("canvas")


def test_a_message_of_a_megabyte_opens_in_slices(view: Transcript, qtbot: QtBot) -> None:
    text = "".join(f"Paragraph {n} with some words.\n\n- item {n}\n\n" for n in range(20_000))
    view.set_messages([user("Long?"), answer(text)])
    view.verticalScrollBar().setValue(0)
    rest(view, qtbot)
    assert len(view.page.items[1].slots) < 3_000
    assert any(slot.part is Part.REST for slot in view.page.items[1].slots)
    view.go_to_end()
    rest(view, qtbot)
    assert box_with(view, "item 19999")


def test_a_listing_of_many_lines_is_quick_and_exact(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([answer("```python\n" + "x = 1\n" * 20_000 + "```\n")])
    rest(view, qtbot)
    box = box_of(view, 0, 0)
    assert isinstance(box, CodeBox)
    assert box.height > 20_000 * view.page.style.mono_line
    assert len(box._layouts) < 500


def test_list_numbers_go_on_over_segments(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([answer("4. a\n1. b\n1. c\n\ntext\n\n1. d\n")])
    rest(view, qtbot)
    markers = [p.marker for slot in view.page.items[0].slots for p in slot.placed or () if p.marker]
    assert markers == ["4.", "5.", "6.", "1."]


def test_wide_tables_scroll_sideways(view: Transcript, qtbot: QtBot) -> None:
    head = "| " + " | ".join(f"A long column name {n}" for n in range(12)) + " |\n" + "|---" * 12 + "|\n"
    view.set_messages([answer(head + "| x " * 12 + "|\n")])
    rest(view, qtbot)
    box = box_of(view, 0, 0)
    assert isinstance(box, TableBox)
    assert box.scroll_by(50)
    assert "A long column name 11" in box.text


# --- streaming ---------------------------------------------------------------------------------------------------


def stream(view: Transcript, qtbot: QtBot, text: str, seed: int = 1, **more: object) -> TranscriptMessage:
    message = Message(Role.ASSISTANT, "")
    view.begin_stream(TranscriptMessage(message))
    picks, at = random.Random(seed), 0
    while at < len(text):
        size = picks.randint(1, 12)
        view.append_text(message.id, text[at : at + size])
        at += size
        if picks.random() < 0.3:
            view._buffer.flush()
    view._buffer.flush()
    more.setdefault("finish_reason", "stop")
    done = TranscriptMessage(replace(message, text=text, timings=FIGURES, **more))  # type: ignore[arg-type]
    view.end_stream(done)
    rest(view, qtbot)
    return done


@pytest.mark.parametrize("seed", range(4))
def test_a_streamed_answer_looks_like_one_that_was_opened(view: Transcript, qtbot: QtBot, seed: int) -> None:
    text = ANSWER + "\n1. a\n2. b\n\n> quote\n\n```\nunclosed listing\n  and more"
    view.set_messages([user("Go")])
    done = stream(view, qtbot, text, seed)
    streamed = view.viewport().grab().toImage()
    view.set_messages([])
    view.set_messages([user("Go"), done])
    rest(view, qtbot)
    assert view.viewport().grab().toImage() == streamed


def test_closed_blocks_are_parsed_once(view: Transcript, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def counting(text: str, references: dict[str, object] | None = None) -> object:
        parsed.append(text)
        return parse(text, references)

    monkeypatch.setattr("slmdesk.ui.widgets.transcript.item.parse", counting)
    stream(view, qtbot, "".join(f"Paragraph {n}.\n\n" for n in range(60)))
    assert len(parsed) == len(set(parsed))


def test_the_open_block_is_plain_text_and_appending_only_notes(view: Transcript, qtbot: QtBot) -> None:
    message = Message(Role.ASSISTANT, "")
    view.begin_stream(TranscriptMessage(message))
    view.append_text(message.id, "Closed **bold**.\n\nOpen **bol")
    assert view.page.items[0].text == ""
    qtbot.waitUntil(lambda: view.page.items[0].text != "")
    rest(view, qtbot)
    assert box_with(view, "Closed bold.")
    assert box_with(view, "Open **bol")
    view.append_text(message.id, "d** and\n\n```py\nx = ")
    view._buffer.flush()
    rest(view, qtbot)
    assert box_with(view, "Open bold and")
    assert view.page.items[0].slots[-1].part is Part.TAIL
    assert isinstance(box_of(view, 0, -1), CodeBox)


def test_the_end_is_followed_only_by_who_is_there(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages(chat(10))
    rest(view, qtbot)
    bar = view.verticalScrollBar()
    stream(view, qtbot, ANSWER)
    assert bar.value() == bar.maximum()
    bar.setValue(bar.maximum() - 400)
    rest(view, qtbot)
    here = bar.value()
    stream(view, qtbot, ANSWER)
    assert bar.value() == here
    assert view._jump.isVisible()
    QTest.mouseClick(view._jump, Qt.MouseButton.LeftButton)
    rest(view, qtbot)
    assert bar.value() == bar.maximum()
    assert not view._jump.isVisible()
    bar.setValue(0)
    view.append(user("A new question"))
    assert view.at_end


def test_thinking_is_folded_and_timed(view: Transcript, qtbot: QtBot) -> None:
    message = Message(Role.ASSISTANT, "")
    view.begin_stream(TranscriptMessage(message))
    rest(view, qtbot)
    assert [slot.part for slot in view.page.items[0].slots] == [Part.STATUS, Part.TAIL]
    view.append_thinking(message.id, "Let me ")
    view.append_thinking(message.id, "see.")
    view._buffer.flush()
    rest(view, qtbot)
    fold = box_of(view, 0, 0)
    assert fold.words == "Thinking…"
    view.append_text(message.id, "Yes.")
    view._buffer.flush()
    rest(view, qtbot)
    fold = box_of(view, 0, 0)
    assert fold.words.startswith("Thought for ")
    view.end_stream(answer("Yes.", id=message.id, thinking="Let me see.", timings=FIGURES))
    rest(view, qtbot)
    fold = box_of(view, 0, 0)
    assert fold.words == "Thought for 2.1 s"
    click(view, qtbot, target_point(view, Action.THINKING))
    rest(view, qtbot)
    assert box_with(view, "Let me see.")
    view.set_current(0)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert not view.page.items[0].unfolded


def test_reading_a_long_prompt_is_shown(view: Transcript, qtbot: QtBot) -> None:
    message = Message(Role.ASSISTANT, "")
    view.begin_stream(TranscriptMessage(message))
    view.set_reading(message.id, 0.62, 4.2)
    rest(view, qtbot)
    status = box_of(view, 0, 0)
    assert status.words == "Reading prompt 62 %, about 4 s"
    view.append_text(message.id, "Now.")
    view._buffer.flush()
    assert all(slot.part is not Part.STATUS for slot in view.page.items[0].slots)


def test_what_is_selected_above_the_open_block_stays_selected(view: Transcript, qtbot: QtBot) -> None:
    message = Message(Role.ASSISTANT, "")
    view.begin_stream(TranscriptMessage(message))
    view.append_text(message.id, "Closed words.\n\nOpen")
    view._buffer.flush()
    rest(view, qtbot)
    point = box_with(view, "Closed words")[3].toPoint() + QPoint(5, 10)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    view.append_text(message.id, " more.\n\nNext")
    view._buffer.flush()
    assert view.selected_text() == "Closed"
    view.select_message(0)
    view.append_text(message.id, " more.")
    view._buffer.flush()
    assert view.selected_text() == ""


def test_new_figures_do_not_lay_an_answer_out_anew(view: Transcript, qtbot: QtBot) -> None:
    question, reply = user("Go"), answer(thinking="So.")
    view.set_messages([question, reply])
    rest(view, qtbot)
    kept = view.page.items[1].slots[-1].placed
    again = TranscriptMessage(replace(reply.message, timings=FIGURES), 1, 2)
    view.set_messages([question, again])
    rest(view, qtbot)
    assert view.page.items[1].slots[-1].placed is kept
    assert box_of(view, 1, 0).words == "Thought for 2.1 s"
    view.update_message(replace(again, count=3))
    rest(view, qtbot)
    assert view.page.items[1].slots[-1].placed is kept
    assert view.rows["last"]._versions.text() == "2/3"


def test_text_from_the_right_stands_on_the_right(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([answer("שלום עולם\n\nleft")])
    rest(view, qtbot)
    boxes = [box_of(view, 0, slot) for slot in (0, 1)]
    assert boxes[0].rects(0, 3)[0].left() > 400
    assert boxes[1].rects(0, 3)[0].left() < 5


def test_the_list_may_change_while_an_answer_is_written(view: Transcript, qtbot: QtBot) -> None:
    question, message = user("Go"), Message(Role.ASSISTANT, "")
    view.set_messages([question])
    view.begin_stream(TranscriptMessage(message))
    view.append_text(message.id, "Half of")
    view.set_messages([question, TranscriptMessage(replace(message, text="Ha"), 1, 2)])
    view.append_text(message.id, " it")
    view._buffer.flush()
    assert view.page.items[1].text == "Half of it"
    view.append_text("gone", "text of a message that is not shown")
    view._buffer.flush()


def test_an_error_and_a_cancelled_answer(view: Transcript, qtbot: QtBot) -> None:
    stream(view, qtbot, "So far", error="The worker ended. The reply so far stays.", finish_reason="error")
    assert box_with(view, "The reply so far stays.")
    assert figures(answer("x", finish_reason="cancelled").message) == ["stopped by you"]


# --- what the view says ------------------------------------------------------------------------------------------


def test_words_for_figures() -> None:
    assert duration(310) == "310 ms"
    assert duration(2_140) == "2.1 s"
    assert duration(65_000) == "65.0 s"
    assert duration(150_000) == "2 min 30 s"
    shown = " · ".join(figures(answer(timings=FIGURES, finish_reason="length").message))
    assert shown == "212 tokens · 24.6 tok/s · first token 310 ms · prompt 240 tok/s · stopped at the token limit"
    assert figures(answer().message) == []
    assert finish_words("stop") == ""
    assert reading_words(0.5, None) == "Reading prompt 50 %"
    assert "300 of them from the cache" in figures_in_full(answer(timings=FIGURES).message)


def test_messages_left_out_are_marked(view: Transcript, qtbot: QtBot) -> None:
    old = [replace(user("Old"), dropped=True), answer("Old too.", dropped=True)]
    view.set_messages([*old, user("Kept"), answer("Yes.")])
    rest(view, qtbot)
    marks = [slot.words for i in view.page.items for slot in i.slots if slot.part is Part.MARK]
    assert marks == ["Not sent: the context was full"]
    assert view.page.items[2].slots[0].part is Part.MARK


def test_what_was_left_out_can_change_at_once(view: Transcript, qtbot: QtBot) -> None:
    shown = chat(50)
    view.set_messages(shown)
    rest(view, qtbot)
    view.set_dropped(98)
    rest(view, qtbot)
    assert view.page.dropped == 98
    assert [n for n, i in enumerate(view.page.items) if i.marked] == [98]
    assert view.page.items[98].slots[0].part is Part.MARK
    for number in (98, 99):
        view.update_message(replace(shown[number], dropped=True))
    view.update_message(replace(shown[0], dropped=True))
    rest(view, qtbot)
    assert view.page.dropped == 1
    assert [n for n, i in enumerate(view.page.items) if i.marked] == [1]
    view.remove(shown[0].message.id)
    assert view.page.dropped == 0
    assert not any(i.marked for i in view.page.items)


def test_attachments_are_chips(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([user("Read", attachments=(Attachment("a.pdf", "text", 1_200), Attachment("b.md", "x", 3)))])
    rest(view, qtbot)
    chips = box_of(view, 0, 0)
    assert chips._labels == ["a.pdf · 1,200 tokens", "b.md · 3 tokens"] or "1200" in chips._labels[0]


def test_the_empty_state_offers_examples(view: Transcript, qtbot: QtBot) -> None:
    view.set_empty_state("What would you like to know?", ["One?", "Two & three?"], "A note.")
    assert view._empty.isVisible()
    with qtbot.waitSignal(view.example_chosen) as chosen:
        QTest.mouseClick(view._empty.examples()[1], Qt.MouseButton.LeftButton)
    assert chosen.args == ["Two & three?"]
    view.append(user("Now"))
    assert not view._empty.isVisible()


# --- actions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "signal", "more"),
    [
        ("regenerate", "regenerate_requested", []),
        ("continue", "continue_requested", []),
        ("branch", "branch_requested", []),
        ("delete", "delete_requested", []),
        ("previous", "sibling_requested", [-1]),
        ("next", "sibling_requested", [1]),
    ],
)
def test_the_last_answer_s_actions(view: Transcript, qtbot: QtBot, name: str, signal: str, more: list[object]) -> None:
    last = answer(index=1, count=3, timings=FIGURES)
    view.set_messages([user("Go"), last])
    rest(view, qtbot)
    row = view.rows["last"]
    assert row.isVisible()
    with qtbot.waitSignal(getattr(view, signal)) as sent:
        QTest.mouseClick(row.button(name), Qt.MouseButton.LeftButton)
    assert sent.args == [last.message.id, *more]


def test_another_model_can_be_asked(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([answer()])
    rest(view, qtbot)
    with qtbot.waitSignal(view.regenerate_with_requested) as sent:
        QTest.mouseClick(view.rows["last"].button("regenerate_with"), Qt.MouseButton.LeftButton)
    assert sent.args is not None
    assert isinstance(sent.args[1], QPoint)


def test_hovering_shows_the_actions_of_a_message(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([user("Go"), answer()])
    rest(view, qtbot)
    assert not view.rows["hover"].isVisible()
    QTest.mouseMove(view.viewport(), box_with(view, "Go")[3].toPoint() + QPoint(4, 4))
    row = view.rows["hover"]
    assert row.isVisible()
    shown = [name for name in row._buttons if not row.button(name).isHidden()]
    assert shown == ["copy", "edit", "branch", "delete"]
    assert row.button("delete").accessibleName() == "Delete"


def test_there_are_no_actions_while_an_answer_is_written(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([user("Go")])
    view.begin_stream(TranscriptMessage(Message(Role.ASSISTANT, "")))
    rest(view, qtbot)
    assert not view.rows["last"].isVisible()


def test_copying_an_answer_gives_its_markdown(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([answer()])
    rest(view, qtbot)
    with qtbot.waitSignal(view.copied):
        QTest.mouseClick(view.rows["last"].button("copy"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == ANSWER


def submit_enter(qtbot: QtBot, box: QWidget) -> None:
    QTest.keyClick(box, Qt.Key.Key_Return)


def submit_control_enter(qtbot: QtBot, box: QWidget) -> None:
    QTest.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize(
    ("shown", "submit"),
    [(user("Old"), submit_enter), (user("Old"), submit_control_enter), (answer("Old"), submit_control_enter)],
)
def test_editing_in_place(
    view: Transcript, qtbot: QtBot, shown: TranscriptMessage, submit: Callable[[QtBot, QWidget], None]
) -> None:
    view.set_messages([*chat(3), shown])
    view.edit(shown.message.id)
    rest(view, qtbot)
    assert view._editor is not None
    box = view._editor.text_box
    assert box.toPlainText() == "Old"
    tall = view.page.heights[6]
    box.setPlainText("New\nand\nlonger\n" * 3)
    assert view.page.heights[6] > tall
    box.setPlainText("New")
    with qtbot.waitSignal(view.edit_submitted) as sent:
        submit(qtbot, box)
    assert sent.args == [shown.message.id, "New"]
    assert view._editor is None


def test_an_edit_can_be_given_up_and_is_never_empty(view: Transcript, qtbot: QtBot) -> None:
    question = user("Old")
    view.set_messages([question])
    view.edit(question.message.id)
    assert view._editor is not None
    view._editor.text_box.setPlainText("  ")
    with qtbot.assertNotEmitted(view.edit_submitted):
        QTest.keyClick(view._editor.text_box, Qt.Key.Key_Return)
        QTest.keyClick(view._editor.text_box, Qt.Key.Key_Escape)
    assert view.page.items[0].editor_height == 0


def test_update_and_remove(view: Transcript, qtbot: QtBot) -> None:
    question, reply = user("Go"), answer("Old")
    view.set_messages([question, reply])
    rest(view, qtbot)
    view.update_message(replace(reply, message=replace(reply.message, text="New")))
    rest(view, qtbot)
    assert box_with(view, "New")
    view.remove(question.message.id)
    rest(view, qtbot)
    assert view.message_ids() == [reply.message.id]
    view.remove(reply.message.id)
    assert view._empty.isVisible()


# --- links, listings, selection ----------------------------------------------------------------------------------


def test_a_link_only_says_that_it_was_clicked(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([answer()])
    rest(view, qtbot)
    with qtbot.waitSignal(view.link_activated) as sent:
        click(view, qtbot, target_point(view, Action.LINK))
    assert sent.args == ["https://example.org/q4"]
    with pytest.raises(AssertionError, match="nothing there"):
        target_point(view, Action.LINK, "file:")


def test_a_listing_can_be_copied_and_wrapped(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([answer("```python\n\tx = '" + "long " * 60 + "'\n```")])
    rest(view, qtbot)
    box = box_of(view, 0, 0)
    assert isinstance(box, CodeBox)
    assert box.colored
    assert box.scroll_by(100)
    with qtbot.waitSignal(view.copied):
        click(view, qtbot, target_point(view, Action.COPY))
    assert QGuiApplication.clipboard().text().startswith("\tx = 'long")
    assert box.note == "Copied"
    flat = box.height
    click(view, qtbot, target_point(view, Action.WRAP))
    rest(view, qtbot)
    assert box.height > flat
    assert not box.scroll_by(100)


def test_text_is_selected_across_blocks_and_messages(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([user("Question here"), answer()])
    rest(view, qtbot)
    start, end = box_with(view, "Question here")[3], box_with(view, "The end.")[3]
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start.toPoint() + QPoint(0, 5))
    QTest.mouseMove(view.viewport(), end.toPoint() + QPoint(500, 8))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end.toPoint() + QPoint(500, 8))
    text = view.selected_text()
    assert text.startswith("Question here\n\nTake Q4_K_M and read this or [that](file:///etc/passwd).")
    assert "Q8_0\t4.3 GB" in text
    assert "• one" in text
    assert "def f(x):\n    return x" in text
    assert text.endswith("The end.")
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == text
    click(view, qtbot, QPointF(2, 2))
    assert view.selected_text() == ""


def test_a_double_click_selects_a_word(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([answer("Some words here")])
    rest(view, qtbot)
    point = box_with(view, "Some words")[3].toPoint() + QPoint(55, 10)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert view.selected_text() == "words"


def test_a_selection_over_what_was_never_laid_out(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages(chat(60))
    rest(view, qtbot)
    view._select(Selection((0, 0, 0, 0), (119, 99, 0, 0)))
    text = view.selected_text()
    assert all(f"Question {n}" in text for n in range(60))
    assert "Answer 0." in text


# --- keyboard and screen readers ---------------------------------------------------------------------------------


_OFFSCREEN = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def framed(qtbot: QtBot) -> Iterator[tuple[QLineEdit, Transcript, QLineEdit]]:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    first, made, last = QLineEdit(window), Transcript(window), QLineEdit(window)
    for widget in (first, made, last):
        layout.addWidget(widget)
    made.set_theme(Theme())
    window.resize(810, 800)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    yield first, made, last
    window.close()


@_OFFSCREEN
def test_tab_goes_through_messages_and_actions(framed: tuple[QLineEdit, Transcript, QLineEdit], qtbot: QtBot) -> None:
    first, view, last = framed
    view.set_messages([user("Go"), answer(model="Tiny", index=1, count=2)])
    rest(view, qtbot)
    first.setFocus()

    def tab() -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Tab)

    tab()
    assert view.hasFocus()
    assert view.current == 1
    assert view.accessibleName().startswith("Tiny: Take **Q4_K_M**")
    assert "Version 2 of 2." in view.accessibleName()
    with qtbot.waitSignal(view.sibling_requested) as sent:
        QTest.keyClick(view, Qt.Key.Key_Left)
    assert sent.args is not None
    assert sent.args[1] == -1
    QTest.keyClick(view, Qt.Key.Key_Backtab)
    assert view.current == 0
    tab()
    assert view.rows["focus"].button("copy").hasFocus()
    QTest.keyClick(view.rows["focus"].button("copy"), Qt.Key.Key_Right)
    assert view.rows["focus"].button("edit").hasFocus()
    tab()
    assert view.current == 1
    tab()
    assert view.rows["last"].button("copy").hasFocus()
    tab()
    assert last.hasFocus()
    assert view.current == -1


def test_finding_text(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages(chat(100))
    rest(view, qtbot)
    assert view.find_text("QUESTION 7") == 11
    assert view.find_next() == 0
    rest(view, qtbot)
    assert box_with(view, "Question 7")
    assert view.find_previous() == 10
    rest(view, qtbot)
    assert box_with(view, "Question 79")
    assert view.find_text("the end.") == 100
    view.find_next()
    rest(view, qtbot)
    assert box_with(view, "The end.")[0] == 1
    assert view.find_text("") == 0
    assert view.find_next() == -1


@_OFFSCREEN
def test_the_context_menu(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([answer()])
    rest(view, qtbot)
    view.select_message(0)
    point = target_point(view, Action.LINK).toPoint()
    view.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, view.mapToGlobal(point)))
    menu = view.findChildren(QMenu)[-1]
    names = [action.text() for action in menu.actions()]
    assert names == [
        "Copy",
        "Copy the link's address",
        "Copy the whole message",
        "Select the whole message",
        "Copy the listing (python)",
        "Wrap the lines (python)",
    ]
    menu.actions()[-1].trigger()
    assert any(getattr(p.box, "wrap", False) for s in view.page.items[0].slots for p in s.placed or ())
    menu.actions()[-2].trigger()
    assert QGuiApplication.clipboard().text() == "def f(x):\n    return x"
    menu.close()


# --- characters outside the basic plane -----------------------------------------------------------------------------


def test_styles_and_places_hold_after_an_emoji(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([user("Go"), answer("😀👩 plain **strong** and [link](https://example.org) end")])
    rest(view, qtbot)
    item, slot, _, _ = box_with(view, "strong")
    box = box_of(view, item, slot)
    weights = {}
    for part in box._layout.formats():
        text = box.text.encode("utf-16-le")[2 * part.start : 2 * (part.start + part.length)].decode("utf-16-le")
        weights[text] = part.format.fontWeight()
    assert list(weights) == ["😀👩 plain ", "strong", " and ", "link", " end"]
    assert weights["strong"] > weights[" end"]
    start = box.text.index("link")
    (rect,) = box.rects(start, start + 4)
    assert box.position(rect.center() - QPointF(rect.width() / 2, 0)) == start
    assert box.target(rect.center()) is not None
    assert box.target(QPointF(rect.right() + 8, rect.center().y())) is None


def test_a_listing_keeps_its_places_after_an_emoji(view: Transcript, qtbot: QtBot) -> None:
    view.set_messages([user("Go"), answer("```python\nx = '😀😀'  # note\n```")])
    rest(view, qtbot)
    item, slot, _, _ = box_with(view, "note")
    box = box_of(view, item, slot)
    assert isinstance(box, CodeBox)
    assert box.position(QPointF(10_000, box.height - 20)) == len(box.text)
    qtbot.waitUntil(lambda: box.colored)
    last = max(box._formats(0), key=lambda part: part.start)
    units = box.text.encode("utf-16-le")
    assert units[2 * last.start : 2 * (last.start + last.length)].decode("utf-16-le") == "# note"


def test_nothing_is_waited_for_in_an_answer_that_has_ended(view: Transcript, qtbot: QtBot) -> None:
    begun = answer("", finish_reason="")
    view.set_messages([user("Go")])
    view.begin_stream(begun)
    rest(view, qtbot)
    parts = [slot.part for slot in view.page.items[1].slots]
    assert Part.STATUS in parts
    view.end_stream(answer("", id=begun.message.id, finish_reason="cancelled"))
    rest(view, qtbot)
    assert Part.STATUS not in [slot.part for slot in view.page.items[1].slots]


def test_versions_say_which_model_wrote_them(view: Transcript, qtbot: QtBot) -> None:
    reply = answer("Yes.", model="Phi-4-mini", timings=FIGURES)
    view.set_messages([user("Go"), reply])
    rest(view, qtbot)
    assert not view.rows["last"]._figures.text().startswith("Phi-4-mini")
    view.update_message(replace(reply, index=1, count=2))
    rest(view, qtbot)
    assert view.rows["last"]._figures.text().startswith("Phi-4-mini · 212 tokens")
