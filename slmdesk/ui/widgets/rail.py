"""The rail on the left edge: one button with icon and word for each pane."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.controls import shortcut_text

WIDTH = 72


class RailButton(QAbstractButton):
    """A pane's button: the icon above its word, on a soft ground while its pane is shown."""

    def __init__(self, icon_name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._theme = Theme()
        self._hover = False
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(60), self._theme.px(52))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = False
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        ground = "selected" if self.isChecked() else "hover" if self._hover and self.isEnabled() else ""
        painter.setPen(theme.color("accent") if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(ground) if ground else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, theme.radius("control"), theme.radius("control"))
        if not self.isEnabled():
            color = theme.blend("text2", "surface", 0.6)
        else:
            color = theme.color("accent" if self.isChecked() else "text2")
        size = theme.px(20)
        icons.paint(painter, self._icon_name, QRectF((self.width() - size) / 2, theme.px(8), size, size), color)
        font = theme.font("small")
        font.setPixelSize(theme.px(11))
        if self.isChecked():
            font.setWeight(font.Weight.DemiBold)
        room, wanted = self.width() - 4, QFontMetrics(font).horizontalAdvance(self.text())
        if wanted > room:  # a long word of another language
            font.setPixelSize(max(8, font.pixelSize() * room // wanted))
        painter.setFont(font)
        painter.setPen(color)
        word = QRectF(0, theme.px(30), self.width(), theme.px(18))
        painter.drawText(word, Qt.AlignmentFlag.AlignCenter, self.text())


class Rail(QWidget):
    """The pane buttons, the settings at the bottom. ``selected`` carries the key of the pane to show."""

    selected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "surface")
        self.setProperty("edge", "right")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Panes"))
        self.setFixedWidth(WIDTH)
        self._buttons: dict[str, RailButton] = {}
        self._group = QButtonGroup(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(6, 12, 6, 12)
        self._layout.setSpacing(4)
        self._layout.addStretch(1)

    def add(self, key: str, text: str, icon_name: str, *, shortcut: str = "", why_not: str = "") -> None:
        """Append a pane's button; with ``why_not`` it is shown but cannot be pressed, and says why.

        The button of the key ``settings`` goes to the bottom.
        """
        button = RailButton(icon_name, text, self)
        self._buttons[key] = button
        self._group.addButton(button)
        tip = f"{text} ({shortcut_text(shortcut)})" if shortcut else text
        if why_not:
            button.setEnabled(False)
            button.setAccessibleDescription(why_not)
            tip = f"{text}: {why_not}"
        button.setToolTip(tip)
        button.clicked.connect(lambda: self.selected.emit(key))
        if key == "settings":
            self._layout.addWidget(button)
        else:
            self._layout.insertWidget(self._layout.count() - 1 - self._after_stretch(), button)

    def _after_stretch(self) -> int:
        return 1 if "settings" in self._buttons else 0

    def set_current(self, key: str) -> None:
        """Mark the pane that is shown."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.setFixedWidth(max(WIDTH, theme.px(WIDTH)))
        for button in self._buttons.values():
            button.set_theme(theme)
