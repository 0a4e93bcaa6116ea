"""The gates a file must pass, and what matters how much: both for a person to set."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QSlider, QSpinBox, QWidget

from slmdesk.core.decision import Gate, Weights
from slmdesk.ui.widgets.controls import label

_MOST = 5


class Deciding(QWidget):
    """Three gates (0 turns one off) and three weights. ``changed``: one of them is different."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.same_top = self._number(self.tr("Gate: same top token at least"), 100, " %", 95)
        self.smaller = self._number(self.tr("Gate: smaller by at least"), 99, " %", 50)
        self.faster = QDoubleSpinBox()
        self.faster.setDecimals(1)
        self.faster.setSingleStep(0.1)
        self._set_up(self.faster, self.tr("Gate: at least so many times the source's speed"), " ×")
        self.faster.setRange(0, 20)
        self.faster.setValue(2.0)
        self.faster.valueChanged.connect(lambda _value: self.changed.emit())
        default = Weights()
        self.quality = self._slider(self.tr("Weight of quality"), default.quality)
        self.speed = self._slider(self.tr("Weight of speed"), default.speed)
        self.memory = self._slider(self.tr("Weight of memory"), default.memory)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        lines = (
            (self.tr("Same top token ≥"), self.same_top, self.tr("Quality"), self.quality),
            (self.tr("Smaller by ≥"), self.smaller, self.tr("Speed"), self.speed),
            (self.tr("Speed ≥"), self.faster, self.tr("Memory"), self.memory),
        )
        for line, (gate, number, weight, slider) in enumerate(lines):
            grid.addWidget(label(gate, "secondary"), line, 0)
            grid.addWidget(number, line, 1)
            grid.addWidget(label(weight, "secondary"), line, 2)
            grid.addWidget(slider, line, 3)
        grid.setColumnStretch(3, 1)

    def _number(self, name: str, most: int, suffix: str, value: int) -> QSpinBox:
        box = QSpinBox()
        self._set_up(box, name, suffix)
        box.setRange(0, most)
        box.setValue(value)
        box.valueChanged.connect(lambda _value: self.changed.emit())
        return box

    def _set_up(self, box: QSpinBox | QDoubleSpinBox, name: str, suffix: str) -> None:
        box.setAccessibleName(name)
        box.setSuffix(suffix)
        box.setSpecialValueText(self.tr("off"))

    def _slider(self, name: str, value: float) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setAccessibleName(name)
        slider.setRange(0, _MOST)
        slider.setPageStep(1)
        slider.setMinimumWidth(70)
        slider.setValue(round(value))
        slider.valueChanged.connect(lambda _value: self.changed.emit())
        return slider

    @property
    def gate(self) -> Gate:
        """The gates as they are set."""
        return Gate(
            self.same_top.value() / 100 or None,
            self.smaller.value() / 100 or None,
            round(self.faster.value(), 1) or None,
        )

    @property
    def weights(self) -> Weights:
        """The weights as they are set."""
        return Weights(float(self.quality.value()), float(self.speed.value()), float(self.memory.value()))

    def save_state(self) -> dict[str, Any]:
        """Gates and weights as they are set."""
        return {name: box.value() for name, box in self._boxes().items()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`save_state` gave."""
        for name, box in self._boxes().items():
            value = state.get(name)
            if isinstance(box, QDoubleSpinBox):
                box.setValue(value if isinstance(value, float) else box.value())
            elif isinstance(value, int):
                box.setValue(value)

    def _boxes(self) -> dict[str, QSpinBox | QDoubleSpinBox | QSlider]:
        return {
            "same_top": self.same_top, "smaller": self.smaller, "faster": self.faster, "quality": self.quality,
            "speed": self.speed, "memory": self.memory,
        }  # fmt: skip
