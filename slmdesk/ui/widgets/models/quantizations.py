"""Quantizations of one model as rows: type, size, bits, and whether each runs here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from slmdesk.core.models import Model
from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.fit_card import Pill


class QuantizationRows(QWidget):
    """``chosen`` carries the id of the model whose row was clicked."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(3, 1)
        self.buttons: list[TextButton] = []

    def set_rows(self, rows: Sequence[tuple[Model, words.Remark]]) -> None:
        """Show these models with their fit pills."""
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.buttons = []
        for place, (model, remark) in enumerate(rows):
            button = TextButton(model.quantization or model.name, kind="link")
            button.setToolTip(self.tr("Show this one"))
            button.setAccessibleName(self.tr("Show {0} {1}").format(model.name, model.quantization))
            button.clicked.connect(lambda _checked=False, i=model.id: self.chosen.emit(i))
            pill = Pill()
            pill.set_remark(remark)
            bits = words.bits(model.bits_per_weight)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            self._grid.addWidget(button, place, 0, Qt.AlignmentFlag.AlignLeft)
            self._grid.addWidget(label(fmt.disk_size(model.size), "small"), place, 1, right)
            self._grid.addWidget(label(self.tr("{0} bits").format(bits) if bits else "", "small"), place, 2, right)
            self._grid.addWidget(pill, place, 3)
            self.buttons.append(button)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._grid.setVerticalSpacing(theme.px(4))
