"""The memory that a model takes with the chosen load options: predicted parts in a bar, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLocale, QRectF, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import label, restyle, row


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes: what loading is predicted to take, what is free, and what was measured (0: not loaded).

    ``fitting_context`` is the longest context in tokens with which it would fit, 0 where none does.
    """

    weights: int
    kv_cache: int
    buffers: int
    available: int
    measured: int = 0
    fitting_context: int = 0

    @property
    def total(self) -> int:
        """All predicted parts together."""
        return self.weights + self.kv_cache + self.buffers


def verdict(need: MemoryNeed) -> tuple[str, str]:
    """Whether it fits into the memory that is free, as the pill's words and tone."""
    if need.total <= need.available:
        return QCoreApplication.translate("MemoryCard", "Fits"), "good"
    if need.fitting_context:
        return QCoreApplication.translate("MemoryCard", "Fits with less context"), "warn"
    return QCoreApplication.translate("MemoryCard", "Too big"), "bad"


class MemoryBar(QWidget):
    """Parts of a whole as one thin bar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: Sequence[float] = ()
        self._whole = 1.0
        self._theme = Theme()

    def set_parts(self, parts: Sequence[float], whole: float) -> None:
        """Show ``parts`` of ``whole``; a whole that is too small is widened to the parts."""
        self._parts, self._whole = tuple(parts), max(whole, sum(parts), 1.0)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0, (self.height() - 8) / 2, self.width(), 8)
        clip = QPainterPath()
        clip.addRoundedRect(box, 4, 4)
        painter.setClipPath(clip)
        painter.fillRect(box, self._theme.color("line"))
        left = 0.0
        for index, part in enumerate(self._parts):
            width = box.width() * part / self._whole
            painter.fillRect(QRectF(left, box.top(), width, box.height()), self._theme.series(index))
            left += width


class MemoryCard(QFrame):
    """The card in the inspector: a pill (Fits, Fits with less context, Too big), the bar, and the figures in GiB."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.pill = label()
        self.pill.setProperty("kind", "pill")
        self.bar = MemoryBar()
        self.text = label(kind="small", wrap=True)
        title = label(self.tr("Memory"), "strong")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(row(title, 1, self.pill))
        layout.addWidget(self.bar)
        layout.addWidget(self.text)
        self.set_need(None)

    def set_need(self, need: MemoryNeed | None) -> None:
        """Show a prediction; None where there is none to give."""
        self.pill.setVisible(need is not None)
        self.bar.setVisible(need is not None)
        if need is None:
            self.text.setText(self.tr("Choose a model to see what it needs."))
            return
        self.bar.set_parts((need.weights, need.kv_cache, need.buffers), need.total + need.available)
        words, tone = (self.tr("Loaded"), "good") if need.measured else verdict(need)
        self.pill.setText(words)
        self.pill.setProperty("tone", tone)
        restyle(self.pill)
        self.text.setText(_figures(self, need))
        self.setAccessibleName(self.tr("Memory: {0}").format(words))
        self.setAccessibleDescription(self.text.text())

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.bar.set_theme(theme)


def _figures(card: MemoryCard, need: MemoryNeed) -> str:
    """The parts and the sum in one unit, so that they can be compared at a glance."""
    large = max(need.total, need.measured) >= 2**30
    unit, size = ("GiB", 2**30) if large else ("MiB", 2**20)
    locale = QLocale()

    def figure(value: int) -> str:
        return locale.toString(value / size, "f", 2 if large else 0)

    first = card.tr("Weights {0} · KV {1} · buffers {2}").format(
        figure(need.weights), figure(need.kv_cache), figure(need.buffers)
    )
    if need.measured:
        words = card.tr("predicted {0}, measured {1} {2}")
        return f"{first}\n{words.format(figure(need.total), figure(need.measured), unit)}"
    return f"{first}\n{card.tr('predicted {0} {1}').format(figure(need.total), unit)}, " + card.tr("{0} free").format(
        fmt.memory_size(need.available)
    )
