"""The limits of all downloads in a small panel: speed, how many at once, connections, and room kept on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QGridLayout, QSpinBox, QWidget

from slmdesk.ui.widgets.controls import Popover, label


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: its setting's key, its words, its value and what it may be; ``zero`` is shown instead of 0."""

    key: str
    name: str
    help: str
    value: int
    minimum: int
    maximum: int
    step: int = 1
    unit: str = ""
    zero: str = ""


class _Number(QSpinBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class LimitsPanel(Popover):
    """``edited`` carries a limit's key and its new value."""

    edited = Signal(str, int)

    def __init__(self, limits: Sequence[Limit], parent: QWidget) -> None:
        super().__init__(parent, parent.tr("Limits for downloads"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.boxes: dict[str, QSpinBox] = {}
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        for place, limit in enumerate(limits):
            box = _Number()
            box.setRange(limit.minimum, limit.maximum)
            box.setSingleStep(limit.step)
            box.setGroupSeparatorShown(True)
            box.setKeyboardTracking(False)
            box.setAlignment(Qt.AlignmentFlag.AlignRight)
            box.setMinimumWidth(150)
            if limit.unit:
                box.setSuffix(f" {limit.unit}")
            if limit.zero:
                box.setSpecialValueText(limit.zero)
            box.setValue(limit.value)
            box.setAccessibleName(limit.name)
            box.setAccessibleDescription(limit.help)
            box.valueChanged.connect(lambda value, key=limit.key: self.edited.emit(key, value))
            name = label(limit.name)
            name.setBuddy(box)
            name.setToolTip(limit.help)
            box.setToolTip(limit.help)
            grid.addWidget(name, place, 0)
            grid.addWidget(box, place, 1)
            self.boxes[limit.key] = box
        self.body.addWidget(inner)
