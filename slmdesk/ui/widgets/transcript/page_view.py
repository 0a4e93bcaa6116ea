"""The page in a scroll area: lays out what comes into view in short slices, paints it, and knows the mouse."""

from __future__ import annotations

import time
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.markdown.code import Lexers
from slmdesk.ui.widgets.markdown.maths import Formulas
from slmdesk.ui.widgets.markdown.parse import warm_up
from slmdesk.ui.widgets.markdown.side import SideThread
from slmdesk.ui.widgets.transcript.box import Action, Target
from slmdesk.ui.widgets.transcript.code_box import CodeBox
from slmdesk.ui.widgets.transcript.item import Item
from slmdesk.ui.widgets.transcript.page import Anchor, Hit, Page
from slmdesk.ui.widgets.transcript.painting import PageMarks, paint_page
from slmdesk.ui.widgets.transcript.selection import Place, Selection, word_at
from slmdesk.ui.widgets.transcript.style import Style

SLICE = 0.006
"""Seconds that one slice of layout may take before events are looked at again."""
_NOTE_MS = 1_500


class PageView(QAbstractScrollArea):
    """A scrolling page of messages with selectable text."""

    link_activated = Signal(str)
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.side = SideThread(self)
        self.formulas = Formulas(self.side, self)
        self.lexers = Lexers(self.side, self)
        self.page = Page(Style(Theme(), self.formulas, self.lexers))
        self.needle = ""
        self.hit_slot = (-1, -1)
        self.current = -1
        self._follow = True
        self._moving = False
        self._warm = False
        self._selection: Selection | None = None
        self._pressed: Hit | None = None
        self._dragging = False
        self._mouse = QPointF()
        self._drag_timer = QTimer(self, interval=30)
        self._drag_timer.timeout.connect(self._drag_on)
        self._work = QTimer(self, singleShot=True, interval=0)
        self._work.timeout.connect(self.settle)
        self.formulas.ready.connect(self._formulas_ready)
        self.lexers.ready.connect(self._work.start)

    def set_theme(self, theme: Theme) -> None:
        """Lay out and paint in ``theme``."""
        self.clear_selection()
        self.page.restyle(Style(theme, self.formulas, self.lexers))
        self.verticalScrollBar().setSingleStep(theme.px(44))
        self.settle()

    def showEvent(self, event: QShowEvent) -> None:
        """Load what reads Markdown before the first answer needs it."""
        super().showEvent(event)
        if not self._warm:
            self._warm = True
            self.side.submit(warm_up, lambda _: None, 60.0)

    # --- layout in slices --------------------------------------------------------------------------------------

    @property
    def at_end(self) -> bool:
        """Whether the end of the page is in view, so that it is followed while it grows."""
        return self._follow

    def go_to_end(self) -> None:
        """Show the end, and stay with it."""
        self._follow = True
        self.settle()

    def item_changed(self, number: int) -> None:
        """A message has other content now: what is in view stays where it is."""
        anchor = self.page.anchor(self.verticalScrollBar().value())
        self.page.changed(number)
        self.settle(anchor)

    def settle(self, anchor: Anchor | None = None) -> None:
        """Lay out what is in view and a little around it, for at most one slice; the rest comes with the next.

        ``anchor`` is what stays where it is on the screen, without one what is at the top.
        """
        height = self.viewport().height()
        deadline = time.perf_counter() + SLICE
        value = self.verticalScrollBar().value()
        anchor = anchor or self.page.anchor(value)
        more = False
        while True:
            value = max(0, self.page.total - height) if self._follow else self.page.y_of(anchor)
            todo = self.page.next_to_lay_out(value, value + height, from_end=self._follow)
            if todo is None:
                todo = self.page.next_to_lay_out(value - height // 2, value + height * 3 // 2, from_end=self._follow)
            value = max(0, self.page.total - height) if self._follow else self.page.y_of(anchor)
            if todo is None:
                break
            self.page.lay_out(*todo)
            if time.perf_counter() > deadline:
                more = True
                break
        self._show_at(value)
        if more or self.page.color_code(value, value + height, deadline):
            self._work.start()

    def _show_at(self, value: int) -> None:
        """Put the scroll bar where the layout is now."""
        height = self.viewport().height()
        bar = self.verticalScrollBar()
        self._moving = True
        bar.setPageStep(height)
        bar.setRange(0, max(0, self.page.total - height))
        bar.setValue(value)
        self._moving = False
        self.place_children()
        self.viewport().update()

    def place_children(self) -> None:
        """Put the widgets that lie on the page where their messages are."""

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        """The person scrolled (or the page did): lay out what came into view."""
        if not self._moving:
            bar = self.verticalScrollBar()
            self._follow = bar.value() >= bar.maximum() - 2
            self.settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The column may have another width now."""
        super().resizeEvent(event)
        anchor = self.page.anchor(self.verticalScrollBar().value())
        before = self.page.column
        self.page.set_width(self.width())  # with the scroll bar, which lies in the margin: it moves no text
        if self.page.column != before:
            self.clear_selection()
            self._show_at(self.page.top(anchor.item) if self.page.items and not self._follow else 0)
        self.settle()

    def _formulas_ready(self) -> None:
        self.page.formulas_ready()
        self.settle()

    def wrap_listing(self, box: CodeBox, number: int, slot: int) -> None:
        """Wrap the lines of a listing, or let them run on."""
        box.wrap = not box.wrap
        self.page.items[number].slots[slot].exact = False
        self.item_changed(number)

    # --- painting ----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is in view."""
        painter = QPainter(self.viewport())
        value = self.verticalScrollBar().value()
        painter.fillRect(event.rect(), self.page.style.canvas)
        painter.translate(0, -value)
        area = QRectF(event.rect()).translated(0, value)
        focused = self.current if self.hasFocus() else -1
        paint_page(painter, self.page, area, PageMarks(self._selection, self.needle, self.hit_slot, focused))
        painter.end()

    # --- mouse -------------------------------------------------------------------------------------------------

    def hit(self, point: QPointF) -> Hit | None:
        """What is at a point of the viewport."""
        return self.page.hit(point.x(), point.y() + self.verticalScrollBar().value())

    def _target(self, point: QPointF) -> tuple[Hit, Target] | None:
        hit = self.hit(point)
        if hit is None or not hit.inside:
            return None
        target = hit.placed.box.target(hit.point)
        return (hit, target) if target else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection, or extend it with Shift."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        hit = self._pressed = self.hit(event.position())
        self._dragging = False
        if hit is None:
            return
        place = _place(hit)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        anchor = self._selection.anchor if shift and self._selection else place
        self._select(Selection(anchor, place))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the selection, or show what is under the mouse."""
        self._mouse = event.position()
        if event.buttons() & Qt.MouseButton.LeftButton and self._pressed is not None:
            self._dragging = True
            self._extend(event.position())
            outside = not (0 <= event.position().y() < self.viewport().height())
            if outside and not self._drag_timer.isActive():
                self._drag_timer.start()
            return
        found = self._target(event.position())
        hit = self.hit(event.position()) if found is None else None
        shape = Qt.CursorShape.ArrowCursor
        if found is not None:
            shape = Qt.CursorShape.PointingHandCursor
        elif hit is not None and hit.inside and hit.placed.box.text:
            shape = Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(shape)

    def _extend(self, point: QPointF) -> None:
        hit = self.hit(point)
        if hit is not None and self._selection is not None:
            self._select(Selection(self._selection.anchor, _place(hit)))

    def _drag_on(self) -> None:
        """The mouse is above or below the page while selecting: scroll on."""
        y, height = self._mouse.y(), self.viewport().height()
        if not self._dragging or 0 <= y < height:
            self._drag_timer.stop()
            return
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + round(y if y < 0 else y - height))
        self._extend(QPointF(self._mouse.x(), min(max(0.0, y), height - 1.0)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click that selected nothing does what it was on."""
        self._drag_timer.stop()
        clicked = event.button() == Qt.MouseButton.LeftButton and self._pressed is not None and not self.selected_text()
        self._pressed, self._dragging = None, False
        found = self._target(event.position()) if clicked else None
        if found is not None:
            self._do(*found)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select a word."""
        hit = self.hit(event.position())
        if hit is not None and hit.inside:
            text, (item, slot, place, at) = hit.placed.box.text, _place(hit)
            start, end = word_at(text, at)
            self._select(Selection((item, slot, place, start), (item, slot, place, end)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Sideways (or with Shift) scrolls the listing or table under the mouse."""
        delta = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 2
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        sideways = delta.x() or (delta.y() if shift else 0)
        if sideways and abs(sideways) >= abs(delta.y() if not shift else 0):
            hit = self.hit(event.position())
            if hit is not None and hit.placed.box.scroll_by(-sideways):
                self.viewport().update()
                event.accept()
                return
        super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tooltips show a link's address."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._target(QPointF(event.pos()))
            link = found is not None and found[1].action is Action.LINK
            QToolTip.showText(event.globalPos(), found[1].value if found and link else "", self.viewport())
            return True
        return super().viewportEvent(event)

    def _do(self, hit: Hit, target: Target) -> None:
        """Carry out what was clicked."""
        item = self.page.items[hit.item]
        match target.action:
            case Action.LINK:
                self.link_activated.emit(target.value)
            case Action.THINKING:
                self.toggle_thinking(item)
            case Action.COPY:
                self.copy_text(target.value)
                self._note_copied(hit.placed.box)
            case Action.WRAP:
                if isinstance(hit.placed.box, CodeBox):
                    self.wrap_listing(hit.placed.box, hit.item, hit.slot)

    def _note_copied(self, box: object) -> None:
        if isinstance(box, CodeBox):
            box.set_note(self.tr("Copied"))
            self.viewport().update()
            QTimer.singleShot(_NOTE_MS, self, partial(self._unnote, box))

    def _unnote(self, box: CodeBox) -> None:
        box.set_note("")
        self.viewport().update()

    def toggle_thinking(self, item: Item) -> None:
        """Fold or unfold what the model thought before an answer."""
        self.clear_selection()
        self._follow = False
        item.unfolded = not item.unfolded
        item.opened = False
        self.item_changed(self.page.numbers[item.id])

    # --- selection ---------------------------------------------------------------------------------------------

    def _select(self, selection: Selection | None) -> None:
        self._selection = selection
        self.viewport().update()

    def clear_selection(self) -> None:
        """Select nothing."""
        self._select(None)

    def selected_text(self) -> str:
        """The selected text."""
        if self._selection is None or self._selection.empty:
            return ""
        return self._selection.text(self.page)

    def select_message(self, number: int) -> None:
        """Select a whole message."""
        item = self.page.items[number]
        last = len(item.slots) - 1
        placed = item.slots[last].placed if last >= 0 else None
        place = len(placed) - 1 if placed else 0
        size = len(placed[-1].box.text) if placed else 0
        self._select(Selection((number, 0, 0, 0), (number, last, place, size)))

    def copy_text(self, text: str) -> None:
        """Put ``text`` on the clipboard and say so."""
        if text:
            QGuiApplication.clipboard().setText(text)
            self.copied.emit(text)

    def global_point(self, point: QPoint) -> QPoint:
        """A point of the viewport on the screen."""
        return self.viewport().mapToGlobal(point)


def _place(hit: Hit) -> Place:
    return hit.item, hit.slot, hit.place, hit.placed.box.position(hit.point)
