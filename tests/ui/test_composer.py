from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from slmdesk.core.chat import Attachment
from slmdesk.ui.theme import Theme, ThemeSource
from slmdesk.ui.widgets.composer import MAX_LINES, Composer
from slmdesk.ui.widgets.controls import IconButton


@pytest.fixture
def composer(qtbot: QtBot, source: ThemeSource) -> Composer:
    composer = Composer()
    qtbot.addWidget(composer)
    composer.set_theme(Theme())
    composer.resize(500, 200)
    composer.show()
    return composer


def test_enter_sends_and_shift_enter_writes_a_line(composer: Composer) -> None:
    sent: list[tuple[str, tuple[Attachment, ...]]] = []
    composer.submitted.connect(lambda text, files: sent.append((text, files)))
    QTest.keyClicks(composer.box, "one")
    QTest.keyClick(composer.box, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(composer.box, "two")
    assert composer.text == "one\ntwo"
    QTest.keyClick(composer.box, Qt.Key.Key_Enter)
    assert sent == [("one\ntwo", ())]
    assert composer.text == ""


def test_nothing_is_sent_while_there_is_nothing(composer: Composer, qtbot: QtBot) -> None:
    assert not composer.send.isEnabled()
    with qtbot.assertNotEmitted(composer.submitted):
        QTest.keyClicks(composer.box, "   ")
        QTest.keyClick(composer.box, Qt.Key.Key_Return)


def test_it_grows_to_eight_lines(composer: Composer) -> None:
    heights = []
    for lines in (1, 2, 8, 9, 40):
        composer.set_text("\n".join("x" * 3 for _ in range(lines)))
        heights.append(composer.box.height())
    one, two, eight, nine, forty = heights
    assert one < two < eight
    assert eight == nine == forty
    assert eight >= MAX_LINES * composer.box.fontMetrics().lineSpacing()


def test_a_long_line_wraps_and_counts_as_lines(composer: Composer) -> None:
    composer.set_text("word " * 60)
    assert composer.box.height() > 2 * composer.box.fontMetrics().lineSpacing()


def test_up_in_an_empty_box_edits_the_last_message(composer: Composer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(composer.edit_last_requested, timeout=500):
        QTest.keyClick(composer.box, Qt.Key.Key_Up)
    composer.set_text("text")
    with qtbot.assertNotEmitted(composer.edit_last_requested):
        QTest.keyClick(composer.box, Qt.Key.Key_Up)


def test_while_streaming_the_button_stops(composer: Composer, qtbot: QtBot) -> None:
    composer.set_streaming(True)
    assert composer.send.text() == "Stop"
    with qtbot.waitSignal(composer.stop_requested, timeout=500):
        composer.send.click()
    composer.set_text("queued words")
    with qtbot.waitSignal(composer.submitted, timeout=500):
        QTest.keyClick(composer.box, Qt.Key.Key_Return)
    composer.set_queued(1)
    assert composer.queued.text() == "1 queued"
    composer.set_streaming(False)
    assert composer.send.text() == "Send"


def test_files_can_be_pasted_and_taken_off(composer: Composer, tmp_path: Path) -> None:
    seen: list[list[Path]] = []
    composer.files_dropped.connect(seen.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.txt")), QUrl("https://example.org/b.txt")])
    composer.box.insertFromMimeData(data)
    assert seen == [[tmp_path / "a.txt"]]
    composer.add_attachment(Attachment("a.txt", "text", tokens=12, note="cut"))
    composer.add_attachment(Attachment("b.txt", "text"))
    assert composer.send.isEnabled()
    composer.chips.findChildren(IconButton)[0].click()
    assert [a.name for a in composer.attachments] == ["b.txt"]
    composer.submit()
    assert composer.attachments == ()


def test_pasted_text_is_plain(composer: Composer) -> None:
    data = QMimeData()
    data.setHtml("<b>bold</b>")
    data.setText("bold")
    composer.box.insertFromMimeData(data)
    assert composer.text == "bold"


def test_the_token_count_is_empty_without_a_model(composer: Composer) -> None:
    composer.set_tokens(1)
    assert composer.tokens.text() == "1 token"
    composer.set_tokens(None)
    assert composer.tokens.text() == ""


def test_the_foot_says_less_where_the_card_is_narrow(qtbot: QtBot, source: ThemeSource) -> None:
    place = QWidget()  # a pane may be narrower than the card would like
    qtbot.addWidget(place)
    composer = Composer(place)
    composer.set_theme(Theme())
    composer.set_preset("Balanced")
    composer.set_tokens(1200)
    composer.resize(700, 200)
    place.show()
    assert (composer.attach.text(), composer.preset.text()) == ("Attach", "Preset: Balanced")
    for width, seen in ((370, True), (290, False)):
        composer.resize(width, 200)
        assert composer.attach.text() == ""
        assert composer.attach.accessibleName() == "Attach"
        assert composer.preset.isVisible() is seen
        QApplication.processEvents()
        for part in (composer.attach, composer.tokens, composer.send):
            assert part.width() >= part.sizeHint().width()
    composer.resize(700, 200)
    assert (composer.attach.text(), composer.preset.text()) == ("Attach", "Preset: Balanced")
