"""The inspector's fields: a name with a slider, a choice, a switch, or a text, all telling ``edited`` a new value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QSlider, QVBoxLayout, QWidget

from slmdesk.ui import format as fmt
from slmdesk.ui.widgets.controls import label, make_mono, restyle, row

TEXT_WAIT_MS = 400


@dataclass(frozen=True, slots=True)
class Scale:
    """The values a slider can take: ``minimum`` to ``maximum`` by ``step``, or exactly ``stops``.

    ``digits`` is how many decimals are shown; ``words`` names special values, such as 0 "Automatic".
    """

    minimum: float = 0.0
    maximum: float = 1.0
    step: float = 0.01
    digits: int = 2
    stops: tuple[float, ...] = ()
    words: Mapping[float, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many positions the slider has after the first."""
        return len(self.stops) - 1 if self.stops else round((self.maximum - self.minimum) / self.step)

    def value(self, position: int) -> float:
        """The value at a slider's position."""
        if self.stops:
            return self.stops[max(0, min(position, len(self.stops) - 1))]
        return round(self.minimum + position * self.step, 6)

    def position(self, value: float) -> int:
        """The slider's position nearest to a value."""
        if self.stops:
            return min(range(len(self.stops)), key=lambda i: abs(self.stops[i] - value))
        return round((value - self.minimum) / self.step)

    def text(self, value: float) -> str:
        """A value as the person reads it."""
        if value in self.words:
            return self.words[value]
        return fmt.decimal(value, self.digits) if self.digits else fmt.count(round(value))

    def parse(self, text: str) -> float | None:
        """The value that a person typed, kept inside the limits; None where it is not a number."""
        wanted = text.strip().casefold()
        for value, words in self.words.items():
            if words.casefold() == wanted:
                return value
        # A fraction may be typed with a point or a comma; in a whole number both only part the groups.
        plain = "".join(wanted.split())
        plain = plain.replace(",", ".") if self.digits else plain.replace(",", "").replace(".", "")
        try:
            number = float(plain)
        except ValueError:
            return None
        low = min(self.minimum, *self.stops) if self.stops else self.minimum
        high = max(self.maximum, *self.stops) if self.stops else self.maximum
        number = max(low, min(high, number))
        return number if self.digits else float(round(number))


class _CalmSlider(QSlider):
    """A slider that leaves the wheel to the list it stands in."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class SliderField(QWidget):
    """A number that can be dragged or typed."""

    edited = Signal(float)

    def __init__(self, name: str, scale: Scale, help_text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = scale
        self._value = scale.minimum
        self.number = QLineEdit()
        self.number.setProperty("kind", "number")
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setMinimumWidth(40)
        self.number.setAccessibleName(name)
        self.slider = _CalmSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(name)
        self.slider.setRange(0, scale.count)
        self.setToolTip(help_text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = row(label(name), spacing=4)
        head.addWidget(self.number, 1)
        layout.addLayout(head)
        layout.addWidget(self.slider)
        self.slider.valueChanged.connect(self._on_slider)
        self.number.editingFinished.connect(self._on_typed)
        self.set_value(self._value)

    @property
    def value(self) -> float:
        """The number."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a number without telling ``edited``."""
        self._value = value
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._scale.position(value))
        self.number.setText(self._scale.text(value))

    def set_scale(self, scale: Scale) -> None:
        """Other limits; the number stays."""
        if scale == self._scale:
            return
        self._scale = scale
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, scale.count)
        self.set_value(self._value)

    def _on_slider(self, position: int) -> None:
        self._value = self._scale.value(position)
        self.number.setText(self._scale.text(self._value))
        self.edited.emit(self._value)

    def _on_typed(self) -> None:
        value = self._scale.parse(self.number.text())
        if value is None or value == self._value:
            self.number.setText(self._scale.text(self._value))
            return
        self.set_value(value)
        self.edited.emit(value)


class _CalmCombo(QComboBox):
    """A choice that leaves the wheel to the list it stands in."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceField(QWidget):
    """One of a few values. ``choices`` are pairs of value and words."""

    edited = Signal(str)

    def __init__(
        self, name: str, choices: Sequence[tuple[str, str]], help_text: str = "", parent: QWidget | None = None
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.box = _CalmCombo()
        self.box.setAccessibleName(name)
        for value, words in choices:
            self.box.addItem(words, value)
        self.setToolTip(help_text)
        title = label(name)
        title.setBuddy(self.box)  # some systems name a box of choices by its label alone
        self.setLayout(row(title, 1, self.box))
        self.box.activated.connect(lambda _place: self.edited.emit(self.value))

    @property
    def value(self) -> str:
        """The value chosen."""
        return str(self.box.currentData() or "")

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """Also offer these values; those that are there stay."""
        for value, words in choices:
            if self.box.findData(value) < 0:
                self.box.addItem(words, value)

    def set_value(self, value: str) -> None:
        """Show a value without telling ``edited``; one that is not listed is added."""
        place = self.box.findData(value)
        if place < 0:
            self.box.addItem(value, value)
            place = self.box.count() - 1
        self.box.setCurrentIndex(place)


class SwitchField(QCheckBox):
    """On or off."""

    edited = Signal(bool)

    def __init__(self, name: str, help_text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setToolTip(help_text)
        self.clicked.connect(self.edited)

    @property
    def value(self) -> bool:
        """Whether it is on."""
        return self.isChecked()

    def set_value(self, value: bool) -> None:
        """Show a value without telling ``edited``."""
        self.setChecked(value)


class TextField(QWidget):
    """A text of some lines; ``edited`` comes when the typing pauses. ``problem`` says what is wrong with it."""

    edited = Signal(str)

    def __init__(
        self, name: str, placeholder: str = "", lines: int = 3, *, mono: bool = False, parent: QWidget | None = None
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.box = QPlainTextEdit()
        self.box.setPlaceholderText(placeholder)
        self.box.setAccessibleName(name)
        self.box.setTabChangesFocus(True)
        if mono:
            make_mono(self.box)
        self.box.setFixedHeight(lines * self.box.fontMetrics().lineSpacing() + 24)
        self.note = label(kind="bad", wrap=True)
        self.note.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        if name:
            layout.addWidget(label(name))
        layout.addWidget(self.box)
        layout.addWidget(self.note)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(TEXT_WAIT_MS)
        self._wait.timeout.connect(lambda: self.edited.emit(self.value))
        self.box.textChanged.connect(self._wait.start)

    @property
    def value(self) -> str:
        """The text."""
        return self.box.toPlainText()

    def set_value(self, value: str) -> None:
        """Show a text without telling ``edited``; the caret stays where the text is the same."""
        if value != self.value:
            with QSignalBlocker(self.box):
                self.box.setPlainText(value)
        self._wait.stop()

    def flush(self) -> None:
        """Tell ``edited`` now if there is something to tell."""
        if self._wait.isActive():
            self._wait.stop()
            self.edited.emit(self.value)

    def set_problem(self, text: str) -> None:
        """Say what is wrong with the text; empty if nothing is."""
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.box.setProperty("invalid", "true" if text else "false")
        restyle(self.box)
