"""The small parts that the other widgets are made of: buttons with icons, a label that elides, a popover."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons

_GAP = 3


def shortcut_text(shortcut: str) -> str:
    """A shortcut in the words of this system: ``Ctrl+N``."""
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


def plain_tip(text: str) -> str:
    """A tooltip that shows ``text`` as it is: words of a model's file are never taken for markup."""
    if "<" not in text:
        return text
    return f"<span style='white-space: pre-wrap'>{html.escape(text)}</span>"


def restyle(widget: QWidget) -> None:
    """Have the style sheet look at a widget's changed properties."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


class IconButton(QToolButton):
    """A flat button that shows only an icon; its name is spoken, and shown as tooltip with its shortcut."""

    def __init__(self, icon_name: str, name: str, parent: QWidget | None = None, *, shortcut: str = "") -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self.setProperty("kind", "ghost")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_name(name, shortcut)

    def set_name(self, name: str, shortcut: str = "") -> None:
        """What the button does, in a few words."""
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({shortcut_text(shortcut)})" if shortcut else name)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.setIcon(icons.icon(self._icon_name, theme, "text2"))
        self.setIconSize(QSize(theme.px(16), theme.px(16)))


class TextButton(QPushButton):
    """A button with words, and an icon before or after them where that helps."""

    def __init__(
        self, text: str, parent: QWidget | None = None, *, kind: str = "", icon_name: str = "", color: str = "text2",
        after: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(text, parent)
        self._icon_name = icon_name
        self._color = color
        self._after = after
        self.setAutoDefault(False)
        if kind:
            self.setProperty("kind", kind)
        if after:
            self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        if kind != "primary":
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_icon(self, icon_name: str, theme: Theme) -> None:
        """Show another icon."""
        self._icon_name = icon_name
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        if self._icon_name:
            # Qt leaves hardly any room between an icon and its word: the icon brings some.
            before, after = (_GAP, 0) if self._after else (0, _GAP)
            self.setIcon(icons.icon(self._icon_name, theme, self._color, 14, before=before, after=after))
            self.setIconSize(QSize(theme.px(14) + _GAP, theme.px(14)))


class ElidedLabel(QLabel):
    """One line of text that ends in an ellipsis where the space does, with the whole text as tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None, *, middle: bool = False) -> None:
        super().__init__(text, parent)
        self._mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        shown = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        self.setToolTip(plain_tip(self.text()) if shown != self.text() else "")
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        if len(shown) > 1 or shown == self.text():  # an ellipsis alone says nothing
            painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)


class Popover(QFrame):
    """A small panel beside the thing that was clicked; Escape and a click elsewhere close it."""

    closed = Signal()

    def __init__(self, parent: QWidget, title: str = "") -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("kind", "popover")
        self.setAccessibleName(title)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 12, 16, 14)
        self.body.setSpacing(8)
        if title:
            heading = QLabel(title, self)
            heading.setProperty("kind", "strong")
            self.body.addWidget(heading)

    def open_at(self, anchor: QWidget, *, above: bool = False) -> None:
        """Show it under (or above) ``anchor``, kept inside the window."""
        self.adjustSize()
        window = anchor.window()
        edge = window.mapToGlobal(QPoint(window.width(), 0)).x() - self.width() - 8
        left_edge = window.mapToGlobal(QPoint(0, 0)).x() + 8
        corner = anchor.mapToGlobal(QPoint(0, -self.height() - 6 if above else anchor.height() + 6))
        self.move(max(left_edge, min(corner.x(), edge)), corner.y())
        self.show()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Hide:
            self.closed.emit()
        return super().event(event)


def make_mono(box: QPlainTextEdit) -> QPlainTextEdit:
    """Show a text field's text in the fixed-width font."""
    box.setProperty("kind", "mono")
    box.setFont(Theme().font("mono_small"))  # the style sheet gives the size, this the font's features
    return box


def clearable(field: QLineEdit) -> QLineEdit:
    """Give a field the small cross that empties it, with a name to be spoken."""
    field.setClearButtonEnabled(True)
    for button in field.findChildren(QToolButton):
        if not button.text():
            button.setAccessibleName(field.tr("Clear"))
    return field


def rule(parent: QWidget | None = None) -> QFrame:
    """A thin horizontal line."""
    line = QFrame(parent)
    line.setProperty("kind", "rule")
    return line


def label(text: str = "", kind: str = "", *, wrap: bool = False, parent: QWidget | None = None) -> QLabel:
    """A plain-text label of a kind that the style sheet knows: secondary, strong, title, display, small, bad."""
    result = QLabel(text, parent)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setWordWrap(wrap)
    if kind:
        result.setProperty("kind", kind)
    return result


def row(*items: QWidget | int, margins: tuple[int, int, int, int] = (0, 0, 0, 0), spacing: int = 8) -> QHBoxLayout:
    """Widgets side by side; a number is a stretch of that weight."""
    layout = QHBoxLayout()
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for item in items:
        if isinstance(item, int):
            layout.addStretch(item)
        else:
            layout.addWidget(item)
    return layout
