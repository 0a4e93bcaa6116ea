"""The transcript of a chat: all its messages, the answer that is being written, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from slmdesk.core.chat import Role
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton
from slmdesk.ui.widgets.transcript.editor import MessageEditor
from slmdesk.ui.widgets.transcript.empty import EmptyState
from slmdesk.ui.widgets.transcript.message import TranscriptMessage, spoken
from slmdesk.ui.widgets.transcript.navigation import NavigableView
from slmdesk.ui.widgets.transcript.stream import StreamBuffer

_ROUND = 34
"""The size of the round button; its corners in the style sheet are half of it."""


class Transcript(NavigableView):
    """A chat's messages as a page. It takes values and emits what the person wants; ids are message ids."""

    edit_submitted = Signal(str, str)
    regenerate_requested = Signal(str)
    regenerate_with_requested = Signal(str, QPoint)
    continue_requested = Signal(str)
    branch_requested = Signal(str)
    sibling_requested = Signal(str, int)
    delete_requested = Signal(str)
    example_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Chat"))
        self._buffer = StreamBuffer(self._flush, self)
        for row in self.rows.values():
            row.triggered.connect(self._triggered)
        self._recount = QTimer(self, singleShot=True, interval=0)
        self._recount.timeout.connect(self._count_dropped)
        self._editor: MessageEditor | None = None
        self._empty = EmptyState(self.viewport())
        self._empty.example_chosen.connect(self.example_chosen)
        self._jump = IconButton("chevron-down", self.tr("Go to the end"), self.viewport())
        self._jump.setProperty("kind", "round")
        self._jump.clicked.connect(self.go_to_end)
        self._jump.hide()

    def set_theme(self, theme: Theme) -> None:
        """Lay out and paint in ``theme``."""
        for row in self.rows.values():
            row.set_theme(theme)
        self._empty.set_theme(theme)
        self._jump.set_theme(theme)
        self._jump.setFixedSize(_ROUND, _ROUND)
        super().set_theme(theme)

    # --- messages ----------------------------------------------------------------------------------------------

    def set_messages(self, messages: Sequence[TranscriptMessage]) -> None:
        """Show ``messages``, oldest first. A chat that was not shown before is opened at its end."""
        same = bool(self.page.items and messages) and self.page.items[0].id == messages[0].message.id
        anchor = self.page.anchor(self.verticalScrollBar().value())
        self._buffer.flush()
        self._close_editor()
        self.clear_selection()
        self.page.set_messages(messages)
        self.current = self.hovered = -1
        if not same:
            self._follow = True
        elif not self._follow:
            self._show_at(self.page.y_of(anchor))
        self.settle()

    def append(self, shown: TranscriptMessage) -> None:
        """Add a message at the end; a person's own is scrolled to."""
        self.page.append(shown)
        if shown.message.role is Role.USER:
            self._follow = True
        self.settle()

    def update_message(self, shown: TranscriptMessage) -> None:
        """Show another state of a message that is there already."""
        number = self.page.numbers.get(shown.message.id)
        if number is None:
            return
        item = self.page.items[number]
        self._buffer.flush()
        dropped = item.shown.dropped
        if item.adopt(shown):
            if shown.dropped != dropped:
                self._recount.start()
            self._work.start()
            return
        self.clear_selection()
        item.shown, item.text, item.thinking = shown, shown.message.text, shown.message.thinking
        item.opened = False
        self.item_changed(number)

    def set_dropped(self, count: int) -> None:
        """The first ``count`` messages were left out of what the model read, because the context was full."""
        anchor = self.page.anchor(self.verticalScrollBar().value())
        self.page.set_dropped(count)
        self.settle(anchor)

    def set_show_thinking(self, shown: bool) -> None:
        """Whether the thinking of messages that come from now on is unfolded at first; a click still folds it."""
        self.page.unfolds = shown

    def _count_dropped(self) -> None:
        anchor = self.page.anchor(self.verticalScrollBar().value())
        self.page.count_dropped()
        self.settle(anchor)

    def remove(self, message_id: str) -> None:
        """Take a message off the page."""
        self.clear_selection()
        self.current = self.hovered = -1
        if self._editor is not None and self._editor.message_id == message_id:
            self._close_editor()
        self.page.remove(message_id)
        self.settle()

    @property
    def longest_flush_ms(self) -> float:
        """The longest time that bringing the page up to date took while streaming, in milliseconds."""
        return self._buffer.longest_ms

    def message_ids(self) -> list[str]:
        """The ids of the messages that are shown, oldest first."""
        return [item.id for item in self.page.items]

    # --- streaming ---------------------------------------------------------------------------------------------

    def begin_stream(self, shown: TranscriptMessage) -> None:
        """An answer begins (or goes on, when the message is there already)."""
        number = self.page.numbers.get(shown.message.id)
        item = self.page.append(shown) if number is None else self.page.items[number]
        item.shown, item.text, item.thinking = shown, shown.message.text, shown.message.thinking
        item.live, item.opened, item.reading = True, False, None
        self.item_changed(self.page.numbers[item.id])

    def append_text(self, message_id: str, text: str) -> None:
        """More of an answer. Only noted here; the page is brought up to date at its own pace."""
        self._buffer.add(message_id, text=text)

    def append_thinking(self, message_id: str, text: str) -> None:
        """More of what the model thinks before it answers."""
        self._buffer.add(message_id, thinking=text)

    def set_reading(self, message_id: str, fraction: float, eta_s: float | None = None) -> None:
        """How far the prompt is read, 0 to 1, and about how many seconds are left."""
        number = self.page.numbers.get(message_id)
        if number is not None and not self.page.items[number].text:
            item = self.page.items[number]
            item.reading = (fraction, eta_s)
            item.opened = False
            self.item_changed(number)

    def _flush(self, message_id: str, text: str, thinking: str) -> None:
        number = self.page.numbers.get(message_id)
        if number is None:
            return
        item, style, column = self.page.items[number], self.page.style, self.page.column
        if item.reading is not None or (not item.text and not item.thinking):
            item.reading, item.opened = None, False
        self._keep_selection_off(number, len(item.slots) - 1 if item.opened and item.text else 0)
        if thinking:
            item.append_thinking(thinking, style, column)
        if text:
            if item.thinking and not item.text:
                item.opened = False
            item.append(text, style, column)
        self.item_changed(number)

    def _keep_selection_off(self, number: int, slot: int) -> None:
        """Give up a selection that reaches into slots that are about to change."""
        if self._selection is not None and max(self._selection.anchor, self._selection.cursor)[:2] >= (number, slot):
            self.clear_selection()

    def end_stream(self, shown: TranscriptMessage) -> None:
        """The answer is complete, as ``shown`` has it: its last block is laid out and its figures appear."""
        self._buffer.flush()
        number = self.page.numbers.get(shown.message.id)
        if number is None:
            return
        item = self.page.items[number]
        self._keep_selection_off(number, max(0, len(item.slots) - 1))
        item.finish(shown, self.page.style, self.page.column)
        self.item_changed(number)
        self.announce(spoken(shown, live=False))

    # --- the widgets on the page -------------------------------------------------------------------------------

    def set_empty_state(self, title: str, examples: Sequence[str], note: str = "") -> None:
        """What to show where there are no messages yet."""
        self._empty.set_content(title, examples, note)
        self.place_children()

    def place_children(self) -> None:
        """Put the rows, the editor, the empty state and the jump button where they belong."""
        view, page = self.viewport(), self.page
        empty = not page.items
        self._empty.setVisible(empty)
        if empty:
            width = min(560, view.width() - 32)
            self._empty.setGeometry((view.width() - width) // 2, 0, width, view.height())
        bar = self.verticalScrollBar()
        away = not empty and bar.value() < bar.maximum() - 60
        self._jump.setVisible(away)
        self._jump.move(view.width() // 2 - self._jump.width() // 2, view.height() - self._jump.height() - 12)
        self._jump.raise_()
        last = len(page.items) - 1
        focused = self.current if self.hasFocus() or self.rows["focus"].has_focus() else -1
        self._place_row("last", last)
        self._place_row("focus", focused if focused != last else -1)
        self._place_row("hover", self.hovered if self.hovered not in (last, focused) else -1)
        self._place_editor()

    def _place_row(self, name: str, number: int) -> None:
        row = self.rows[name]
        page = self.page
        if not 0 <= number < len(page.items) or page.items[number].editor_height or not page.items[number].opened:
            row.hide()
            return
        item = page.items[number]
        if item.live:
            row.hide()
            return
        top = page.top(number) + page.heights[number] - page.style.actions_height - self.verticalScrollBar().value()
        if not -page.style.actions_height < top < self.viewport().height():
            row.hide()
            return
        row.bind(item.shown, live=item.live, last=number == len(page.items) - 1)
        row.place(round(page.left) - 6, top, round(page.column) + 6, page.style.actions_height)
        row.show()

    def _triggered(self, name: str, message_id: str) -> None:
        """A button of a row was pressed."""
        number = self.page.numbers.get(message_id)
        if number is None:
            return
        row = next(row for row in self.rows.values() if row.message_id == message_id and row.isVisible())
        match name:
            case "copy":
                self.copy_text(self.page.items[number].text)
            case "edit":
                self.edit(message_id)
            case "regenerate":
                self.regenerate_requested.emit(message_id)
            case "regenerate_with":
                self.regenerate_with_requested.emit(message_id, row.menu_point("regenerate_with"))
            case "continue":
                self.continue_requested.emit(message_id)
            case "branch":
                self.branch_requested.emit(message_id)
            case "previous" | "next":
                self.sibling_requested.emit(message_id, -1 if name == "previous" else 1)
            case "delete":
                self.delete_requested.emit(message_id)

    # --- editing in place --------------------------------------------------------------------------------------

    def edit(self, message_id: str) -> None:
        """Let the person edit a message where it stands."""
        number = self.page.numbers.get(message_id)
        if number is None or self.page.items[number].live:
            return
        self._close_editor()
        self.clear_selection()
        item = self.page.items[number]
        if not item.opened:
            item.open(self.page.style, self.page.column)
        editor = self._editor = MessageEditor(item.shown.message, self.page.style.theme, self.viewport())
        editor.resize(round(self.page.column), 200)
        editor.submitted.connect(self._edited)
        editor.cancelled.connect(self._cancel_edit)
        editor.resized.connect(self._fit_editor)
        editor.show()
        self._fit_editor()
        self.scroll_to(message_id)
        editor.text_box.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fit_editor(self) -> None:
        if self._editor is None:
            return
        number = self.page.numbers.get(self._editor.message_id)
        height = self._editor.wanted_height()
        if number is not None and self.page.items[number].editor_height != height:
            self.page.items[number].editor_height = height
            self.item_changed(number)

    def _place_editor(self) -> None:
        if self._editor is None:
            return
        number = self.page.numbers.get(self._editor.message_id)
        if number is None:
            return
        page, item = self.page, self.page.items[number]
        top = page.top(number) + item.content_top(page.style) - self.verticalScrollBar().value()
        self._editor.setGeometry(round(page.left), top, round(page.column), item.editor_height)

    def _edited(self, message_id: str, text: str) -> None:
        self._close_editor()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edit_submitted.emit(message_id, text)

    def _cancel_edit(self) -> None:
        self._close_editor()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.settle()

    def _close_editor(self) -> None:
        editor, self._editor = self._editor, None
        if editor is None:
            return
        editor.hide()
        editor.deleteLater()
        number = self.page.numbers.get(editor.message_id)
        if number is not None:
            self.page.items[number].editor_height = 0
            self.page.changed(number)
