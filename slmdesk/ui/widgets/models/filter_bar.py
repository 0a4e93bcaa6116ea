"""The line above the table: search as you type, filters behind one button, and a chip for each that is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.controls import IconButton, Popover, TextButton, clearable, label, row, shortcut_text
from slmdesk.ui.widgets.flow import FlowLayout


@dataclass(frozen=True, slots=True)
class Filters:
    """What the table is narrowed to. Every field is the value's own text; an empty one lets everything through."""

    text: str = ""
    fit: str = ""
    parameter_class: str = ""
    family: str = ""
    quantization: str = ""
    ability: str = ""
    format: str = ""
    runtime: str = ""
    store: str = ""
    tag: str = ""

    @property
    def chosen(self) -> dict[str, str]:
        """The filters that are set, without the text."""
        return {key: value for key, value in asdict(self).items() if value and key != "text"}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Filters:
        """The filters of a kept state; unknown ones are ignored."""
        names = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in data.items() if k in names and isinstance(v, str)})


Choices = Mapping[str, Sequence[tuple[str, str]]]
"""Filter -> the values to choose from, with their words."""


class FilterBar(QWidget):
    """``changed`` tells that :attr:`filters` are others now."""

    changed = Signal()
    about_to_open = Signal()
    """The filters are going to be shown, so that their choices should be right."""
    down_requested = Signal()
    """The down key in the search field: a person wants to go to the first row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filters = Filters()
        self._choices: Choices = {}
        self._theme = Theme()
        self._popover: _FilterPopover | None = None
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search models"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.setToolTip(
            self.tr("Name, family, publisher, quantization, tag or note ({0})").format(shortcut_text("Ctrl+K"))
        )
        clearable(self.search)
        self.search.setMinimumWidth(180)
        self.search.setMaximumWidth(360)
        self._glass = QAction(self.search.placeholderText(), self.search)
        self.search.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self.button = TextButton(self.tr("Filter"), icon_name="filter")
        self.button.setToolTip(self.tr("Show only some models"))
        self.count = label(kind="secondary")
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips)
        self.columns = IconButton("more", self.tr("Columns and sorting"))
        self._line = row(self.search, self.button, 1, self.count, self.columns, spacing=8)
        self._line.setStretchFactor(self.search, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._line)
        layout.addWidget(self._chips)
        self._chips.hide()
        self.search.installEventFilter(self)
        self.search.textChanged.connect(lambda text: self._take(replace(self._filters, text=text.strip())))
        self.button.clicked.connect(self.open_filters)

    @property
    def filters(self) -> Filters:
        """What the person asks for now."""
        return self._filters

    def names(self) -> dict[str, str]:
        """The filters in the order in which they are offered."""
        return {
            "fit": self.tr("Runs here"), "parameter_class": self.tr("Class"), "family": self.tr("Family"),
            "quantization": self.tr("Quantization"), "ability": self.tr("Ability"), "format": self.tr("Format"),
            "runtime": self.tr("Runtime"), "store": self.tr("Where"), "tag": self.tr("Tag"),
        }  # fmt: skip

    def set_choices(self, choices: Choices) -> None:
        """The values that each filter can have."""
        self._choices = choices

    def choices(self) -> Choices:
        """The values that each filter can have."""
        return self._choices

    def set_filters(self, filters: Filters) -> None:
        """Set all filters at once."""
        self.search.setText(filters.text)
        self._take(filters)

    def set_filter(self, key: str, value: str) -> None:
        """Set one filter; an empty value takes it off."""
        self._take(replace(self._filters, **{key: value}))

    def clear(self) -> None:
        """Show everything again."""
        self.set_filters(Filters())

    def set_count(self, text: str) -> None:
        """What is shown, at the end of the line."""
        self.count.setText(text)

    def open_filters(self) -> None:
        """Open the filters below their button."""
        self.about_to_open.emit()
        self._popover = _FilterPopover(self)
        self._popover.open_at(self.button)

    def _take(self, filters: Filters) -> None:
        if filters == self._filters:
            return
        self._filters = filters
        self._show_chips()
        self.changed.emit()

    def _show_chips(self) -> None:
        chosen = self._filters.chosen
        self._flow.clear()
        names = self.names()
        for key, value in chosen.items():
            words = dict(self._choices.get(key, ())).get(value, value)
            chip = TextButton(f"{names[key]}: {words}", kind="chip", icon_name="close", after=True)
            chip.setAccessibleName(self.tr("Remove the filter {0}").format(chip.text()))
            chip.set_theme(self._theme)
            chip.clicked.connect(lambda _checked=False, k=key: self.set_filter(k, ""))
            self._flow.addWidget(chip)
        if chosen:
            clear = TextButton(self.tr("Show all"), kind="chip")
            clear.clicked.connect(self.clear)
            self._flow.addWidget(clear)
        self._chips.setVisible(bool(chosen))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.down_requested.emit()
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return False

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self._glass.setIcon(icons.icon("search", theme, "text2", 14))
        self.button.set_theme(theme)
        self.columns.set_theme(theme)
        for chip in self._chips.findChildren(TextButton):
            chip.set_theme(theme)


class _FilterPopover(Popover):
    """Every filter with the values that occur."""

    def __init__(self, bar: FilterBar) -> None:
        super().__init__(bar, bar.tr("Show only"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._bar = bar
        self._boxes: dict[str, QComboBox] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        chosen = bar.filters.chosen
        for place, (key, name) in enumerate(bar.names().items()):
            values = bar.choices().get(key, ())
            box = QComboBox()
            box.setMinimumWidth(210)
            box.setAccessibleName(name)
            box.addItem(self.tr("Any"), "")
            for value, words in values:
                box.addItem(words, value)
            box.setCurrentIndex(max(0, box.findData(chosen.get(key, ""))))
            box.setEnabled(bool(values))
            box.activated.connect(lambda _place, k=key, b=box: bar.set_filter(k, str(b.currentData())))
            title = label(name, "secondary")
            title.setBuddy(box)
            grid.addWidget(title, place, 0)
            grid.addWidget(box, place, 1)
            self._boxes[key] = box
        self.body.addLayout(grid)
        clear = TextButton(self.tr("Show all"))
        done = TextButton(self.tr("Done"), kind="primary")
        clear.clicked.connect(self._clear)
        done.clicked.connect(self.close)
        self.body.addLayout(row(clear, 1, done, margins=(0, 6, 0, 0)))

    def _clear(self) -> None:
        self._bar.set_filters(Filters(text=self._bar.filters.text))
        for box in self._boxes.values():
            box.setCurrentIndex(0)
