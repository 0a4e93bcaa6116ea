"""Pairs of a name and a value, one below the other: what is known of a model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from slmdesk.ui.widgets.controls import label


class FactList(QWidget):
    """Facts in two columns; values can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._made: list[QWidget] = []

    def set_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show these pairs."""
        for widget in self._made:
            widget.hide()
            widget.deleteLater()
        self._made = []
        for place, (name, value) in enumerate(facts):
            left, right = label(name, "secondary"), label(value, wrap=True)
            right.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            right.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            right.setAccessibleName(f"{name}: {value}")
            self._grid.addWidget(left, place, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(right, place, 1)
            self._made += [left, right]
