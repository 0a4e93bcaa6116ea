"""Whether a model runs here: the pill, what it needs as a bar, the speed, and what helps where it does not fit."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from slmdesk.core.fit import Fit, FitLevel, Remedy
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, plain_tip, restyle, row
from slmdesk.ui.widgets.flow import FlowLayout
from slmdesk.ui.widgets.memory_bar import MemoryBar
from slmdesk.ui.widgets.models import words


class Pill(QWidget):
    """A few words on a coloured ground, with more in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = label()
        self.text.setProperty("kind", "pill")
        layout = row(self.text, 1)
        layout.setAlignment(self.text, Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(layout)
        self.set_remark(words.NONE)

    def set_remark(self, remark: words.Remark) -> None:
        """Show a remark; one without words hides the pill."""
        self.text.setText(remark.words)
        self.text.setProperty("tone", remark.tone)
        self.text.setToolTip(plain_tip(remark.tip))
        self.text.setAccessibleDescription(remark.tip)
        restyle(self.text)
        self.setVisible(bool(remark.words))


class RemedyButtons(QWidget):
    """One button for each thing that would help; ``chosen`` carries the :class:`Remedy`."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(self)
        self.buttons: list[TextButton] = []

    def set_remedies(self, remedies: tuple[Remedy, ...]) -> None:
        """Offer these."""
        self._flow.clear()
        self.buttons = []
        for remedy in remedies:
            button = TextButton(words.remedy_words(remedy))
            button.clicked.connect(lambda _checked=False, r=remedy: self.chosen.emit(r))
            self._flow.addWidget(button)
            self.buttons.append(button)
        self.setVisible(bool(remedies))


class FitCard(QFrame):
    """``remedy_chosen`` carries what a person wants to do about a model that does not fit."""

    remedy_chosen = Signal(object)
    measure_requested = Signal()
    """The speed is a guess, and a person wants it measured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.guess = label(self.tr("The speed is a guess."), "small")
        self.measure = TextButton(self.tr("Measure this computer"), kind="link")
        self.measure.setToolTip(self.tr("Takes a few seconds, once."))
        self.measure.clicked.connect(self.measure_requested)
        self.pill = Pill()
        self.bar = MemoryBar()
        self.bar.setFixedHeight(8)
        self.text = label(kind="small", wrap=True)
        self.remedies = RemedyButtons()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(row(label(self.tr("Runs here"), "strong"), 1, self.pill))
        layout.addWidget(self.bar)
        layout.addWidget(self.text)
        layout.addLayout(row(self.guess, self.measure, 1))
        layout.addWidget(self.remedies)
        self.remedies.chosen.connect(self.remedy_chosen)

    def show_fit(self, fit: Fit | None, remark: words.Remark) -> None:
        """Show how a model fits, or with ``remark`` alone why that cannot be said."""
        self.pill.set_remark(remark)
        self.bar.setVisible(fit is not None)
        self.text.setText(words.fit_numbers(fit) if fit is not None else remark.tip)
        self.text.setVisible(bool(self.text.text()))
        guessed = fit is not None and bool(fit.generation_tps) and not fit.speed_measured
        self.guess.setVisible(guessed)
        self.measure.setVisible(guessed)
        helps = fit is not None and fit.level is not FitLevel.FITS
        self.remedies.set_remedies(fit.remedies if fit is not None and helps else ())
        if fit is not None:
            need = fit.need
            room = max(fit.free, fit.vram_free)
            self.bar.set_parts((need.weights, need.kv, need.compute + need.overhead), max(room, need.total))
        self.setAccessibleName(self.tr("Runs here: {0}").format(remark.words))
        self.setAccessibleDescription(self.text.text())

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.bar.set_theme(theme)
