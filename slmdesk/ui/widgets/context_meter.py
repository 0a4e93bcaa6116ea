"""How much of the model's context a chat fills, and what will be cut when it is full."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import Popover, label


class ContextMeter(QAbstractButton):
    """``Context 1,214 / 8,192`` with a thin bar; a click explains it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._used = 0
        self._total = 0
        self._dropped = (0, 0)
        self._theme = Theme()
        self._compact = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._explain)
        self.set_usage(0, 0)

    def set_usage(self, used: int, total: int, dropped_messages: int = 0, dropped_tokens: int = 0) -> None:
        """Tokens the next request fills, of how many; and what of the chat no longer fits. Total 0 hides the meter."""
        self._used, self._total, self._dropped = used, total, (dropped_messages, dropped_tokens)
        self.setText(self.tr("Context {0} / {1}").format(fmt.count(used), fmt.count(total)))
        self.setAccessibleName(self.text())
        self.setToolTip(self.tr("Tokens that the next request fills, of those the loaded model can see."))
        self.setVisible(total > 0)
        self.updateGeometry()
        self.update()

    def set_compact(self, compact: bool) -> None:
        """Show the bar alone, where there is no room for the words."""
        if compact != self._compact:
            self._compact = compact
            self.updateGeometry()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.setFont(theme.font("small"))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        if self._compact:
            return self.minimumSizeHint()
        width = self.fontMetrics().horizontalAdvance(self.text()) + 12 + self._theme.px(56) + 12
        return QSize(width, self._theme.px(26))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(56) + 12, self._theme.px(26))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        width = theme.px(56)
        words = self.rect().adjusted(6, 0, -width - 18, 0)
        fraction = min(1.0, self._used / self._total) if self._total else 0.0
        tone = "bad" if self._dropped[0] else "warn" if fraction > 0.85 else "accent"
        painter.setPen(theme.color("text2") if tone == "accent" else theme.color(tone))
        if words.width() >= self.fontMetrics().horizontalAdvance(self.text()):
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.text())
        track = QRectF(self.width() - width - 6, self.height() / 2 - 2, width, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("line"))
        painter.drawRoundedRect(track, 2, 2)
        if fraction > 0:
            track.setWidth(max(4.0, width * fraction))
            painter.setBrush(theme.color(tone))
            painter.drawRoundedRect(track, 2, 2)

    def explanation(self) -> str:
        """What the meter means now, in sentences."""
        left = max(0, self._total - self._used)
        parts = [
            self.tr("The loaded model can see {0} tokens at once. This chat fills {1} of them, {2} are free.").format(
                fmt.count(self._total), fmt.count(self._used), fmt.count(left)
            )
        ]
        messages, tokens = self._dropped
        if messages:
            what = (
                self.tr("The oldest message") if messages == 1 else self.tr("The {0} oldest messages").format(messages)
            )
            parts.append(
                self.tr("{0} ({1} tokens) no longer fit and will be left out of the next request.").format(
                    what, fmt.count(tokens)
                )
            )
        else:
            parts.append(
                self.tr("When it is full, the oldest turns are left out of the request. They stay in the chat.")
            )
        parts.append(self.tr("The system prompt and your last message are always kept."))
        return "\n\n".join(parts)

    def _explain(self) -> None:
        popover = Popover(self, self.tr("Context"))
        popover.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = label(self.explanation(), wrap=True)
        text.setFixedWidth(self._theme.px(320))
        popover.body.addWidget(text)
        popover.open_at(self)
