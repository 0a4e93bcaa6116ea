"""The keyboard on the page, the focus frame, the context menu, and finding text."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QContextMenuEvent,
    QCursor,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from slmdesk.ui.widgets.transcript.actions import ActionsRow
from slmdesk.ui.widgets.transcript.box import Action
from slmdesk.ui.widgets.transcript.code_box import CodeBox
from slmdesk.ui.widgets.transcript.message import spoken
from slmdesk.ui.widgets.transcript.page_view import PageView

_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class NavigableView(PageView):
    """A page that can be walked through by keyboard: Tab goes from message to actions to the next message."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hovered = -1
        self.rows = {name: ActionsRow(self.viewport()) for name in ("last", "focus", "hover")}
        self._hits: list[tuple[int, int]] = []
        self._hit_now = -1

    # --- where the keyboard is ---------------------------------------------------------------------------------

    def set_current(self, number: int) -> None:
        """Make a message the one that has the keyboard, show it, and say it to a screen reader."""
        self.current = number
        if 0 <= number < len(self.page.items):
            self.show_item(number)
            item = self.page.items[number]
            shown = replace(item.shown, dropped=number < self.page.dropped)
            self.setAccessibleName(spoken(shown, live=item.live))
            place = self.tr("Message {0} of {1}. Tab goes to what can be done with it.")
            self.setAccessibleDescription(place.format(number + 1, len(self.page.items)))
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.NameChanged))
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Focus))
        else:
            self.setAccessibleName(self.tr("Chat"))
            self.setAccessibleDescription("")
        self.place_children()
        self.viewport().update()

    def announce(self, text: str) -> None:
        """Have a screen reader say something that happened by itself."""
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def show_item(self, number: int) -> None:
        """Scroll as little as needed to show a message; of a tall one, its top."""
        bar, height = self.verticalScrollBar(), self.viewport().height()
        top, bottom = self.page.top(number), self.page.top(number) + self.page.heights[number]
        if top < bar.value() or bottom - top > height:
            if not (top <= bar.value() and bottom >= bar.value() + height):
                bar.setValue(top)
        elif bottom > bar.value() + height:
            bar.setValue(bottom - height)

    def scroll_to(self, message_id: str) -> None:
        """Show a message."""
        number = self.page.numbers.get(message_id)
        if number is not None:
            self.show_item(number)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming by Tab, the last message in view gets the focus frame."""
        super().focusInEvent(event)
        if event.reason() in _BY_TAB and self.page.items and self.current < 0:
            value = self.verticalScrollBar().value()
            self.set_current(self.page.visible(value, value + self.viewport().height() - 40)[-1])
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The frame goes with the keyboard, unless that went into the message's own row."""
        super().focusOutEvent(event)
        if not any(row.has_focus() for row in self.rows.values()) and event.reason() in _BY_TAB:
            self.set_current(-1)
        self.viewport().update()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab: message, its actions, next message; at the end, and with Shift at the beginning, out of the page."""
        row = next((row for row in self.rows.values() if row.has_focus()), None)
        if not self.page.items or not (row or self.hasFocus()):
            return super().focusNextPrevChild(forward)
        if row is not None:
            number = self.page.numbers.get(row.message_id, self.current)
            if forward and number + 1 >= len(self.page.items):
                return self._leave(forward=True)
            self.set_current(number + 1 if forward else number)
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        if forward:
            shown = self._row_of(self.current)
            if shown is not None:
                shown.focus_first()
                return True
            if self.current + 1 >= len(self.page.items):
                return self._leave(forward=True)
            self.set_current(self.current + 1)
            return True
        if self.current <= 0:
            return self._leave(forward=False)
        self.set_current(self.current - 1)
        return True

    def _row_of(self, number: int) -> ActionsRow | None:
        if not 0 <= number < len(self.page.items):
            return None
        wanted = self.page.items[number].id
        return next((row for row in self.rows.values() if row.message_id == wanted and not row.isHidden()), None)

    def _leave(self, *, forward: bool) -> bool:
        """Give the keyboard to the next widget that is not part of this one."""
        widget = self.nextInFocusChain() if forward else self.previousInFocusChain()
        while widget is not None and widget is not self:
            able = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
            if able and widget.isVisible() and widget.isEnabled() and not self.isAncestorOf(widget):
                self.set_current(-1)
                widget.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
                return True
            widget = widget.nextInFocusChain() if forward else widget.previousInFocusChain()
        return False

    # --- keys --------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scrolling, copying, folding thoughts, versions."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_text(self.selected_text())
            return
        if event.matches(QKeySequence.StandardKey.SelectAll) and self.page.items:
            self.select_message(self.current if self.current >= 0 else len(self.page.items) - 1)
            return
        if self._scroll_key(event.key()) or self._message_key(event.key()):
            return
        super().keyPressEvent(event)

    def _scroll_key(self, key: int) -> bool:
        bar = self.verticalScrollBar()
        page = max(40, bar.pageStep() - 40)
        wanted = {
            Qt.Key.Key_Up.value: bar.value() - bar.singleStep(),
            Qt.Key.Key_Down.value: bar.value() + bar.singleStep(),
            Qt.Key.Key_PageUp.value: bar.value() - page,
            Qt.Key.Key_PageDown.value: bar.value() + page,
            Qt.Key.Key_Space.value: bar.value() + page,
            Qt.Key.Key_Home.value: 0,
        }.get(key)
        if key == Qt.Key.Key_End.value:
            self.go_to_end()
        elif wanted is not None:
            bar.setValue(wanted)
        else:
            return False
        return True

    def _message_key(self, key: int) -> bool:
        """Keys that act on the message with the focus frame."""
        if not 0 <= self.current < len(self.page.items):
            return False
        item = self.page.items[self.current]
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and item.shown.count > 1 and not item.live:
            step = -1 if key == Qt.Key.Key_Left else 1
            if 0 <= item.shown.index + step < item.shown.count:
                self.rows["last"].triggered.emit("previous" if step < 0 else "next", item.id)
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item.thinking:
            self.toggle_thinking(item)
            return True
        return False

    # --- mouse over a message ----------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The message under the mouse shows its actions."""
        super().mouseMoveEvent(event)
        self._hover(event.position())

    def viewportEvent(self, event: QEvent) -> bool:
        """The mouse left the page, unless it only went onto a row of actions."""
        if event.type() == QEvent.Type.Leave and self.hovered >= 0:
            inside = self.viewport().rect().contains(self.viewport().mapFromGlobal(QCursor.pos()))
            if not inside or not any(row.underMouse() for row in self.rows.values()):
                self._set_hovered(-1)
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Another message is under the mouse now."""
        super().scrollContentsBy(dx, dy)
        if self.hovered >= 0:
            self._hover(QPointF(self.viewport().mapFromGlobal(QCursor.pos())))

    def _hover(self, point: QPointF) -> None:
        hit = self.hit(point)
        self._set_hovered(hit.item if hit else -1)

    def _set_hovered(self, number: int) -> None:
        if number != self.hovered:
            self.hovered = number
            self.place_children()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with what is under the mouse (or with the focused message)."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        point = QPointF(event.pos())
        hit = None if by_key else self.hit(point)
        number = self.current if by_key else (hit.item if hit else -1)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if selected := self.selected_text():
            menu.addAction(self.tr("Copy")).triggered.connect(lambda: self.copy_text(selected))
        if hit is not None and (target := hit.placed.box.target(hit.point)) and target.action is Action.LINK:
            menu.addAction(self.tr("Copy the link's address")).triggered.connect(lambda: self.copy_text(target.value))
        if 0 <= number < len(self.page.items):
            self._add_message_actions(menu, number)
        if menu.isEmpty():
            menu.deleteLater()
            return
        where = QPoint(round(self.page.left), 40) if by_key else event.pos()
        menu.popup(self.global_point(where))

    def _add_message_actions(self, menu: QMenu, number: int) -> None:
        item = self.page.items[number]
        menu.addAction(self.tr("Copy the whole message")).triggered.connect(lambda: self.copy_text(item.text))
        menu.addAction(self.tr("Select the whole message")).triggered.connect(lambda: self.select_message(number))
        for place, slot in enumerate(item.slots):
            for placed in slot.placed or ():
                if isinstance(placed.box, CodeBox) and len(menu.actions()) < 16:
                    self._add_listing_actions(menu, placed.box, number, place)

    def _add_listing_actions(self, menu: QMenu, box: CodeBox, number: int, slot: int) -> None:
        language = box.language or self.tr("text")
        copy = menu.addAction(self.tr("Copy the listing ({0})").format(language))
        copy.triggered.connect(lambda: self.copy_text(box.raw))
        wrap = menu.addAction(self.tr("Wrap the lines ({0})").format(language))
        wrap.setCheckable(True)
        wrap.setChecked(box.wrap)
        wrap.triggered.connect(lambda: self.wrap_listing(box, number, slot))

    # --- finding text ------------------------------------------------------------------------------------------

    def find_text(self, text: str) -> int:
        """Mark ``text`` everywhere, ignoring case; returns how often it occurs. An empty text ends the search."""
        self.needle = text.lower()
        self._hits, self._hit_now, self.hit_slot = [], -1, (-1, -1)
        if self.needle:
            for number, item in enumerate(self.page.items):
                lower, at = item.text.lower(), 0
                while (at := lower.find(self.needle, at)) >= 0:
                    self._hits.append((number, at))
                    at += len(self.needle)
        self.viewport().update()
        return len(self._hits)

    def find_next(self) -> int:
        """Show the next place of the text looked for; returns its number from 0, or -1."""
        return self._show_hit(1)

    def find_previous(self) -> int:
        """Show the place before; returns its number from 0, or -1."""
        return self._show_hit(-1)

    def _show_hit(self, step: int) -> int:
        if not self._hits:
            return -1
        if self._hit_now < 0:
            self._hit_now = 0 if step > 0 else len(self._hits) - 1
        else:
            self._hit_now = (self._hit_now + step) % len(self._hits)
        number, offset = self._hits[self._hit_now]
        if number < len(self.page.items):
            y = self.page.y_of_text(number, offset)
            slot = self.page.items[number].slot_of(offset)
            self.hit_slot = (number, -1 if slot is None else slot)
            self.verticalScrollBar().setValue(y - self.viewport().height() // 3)
            self.viewport().update()
        return self._hit_now
