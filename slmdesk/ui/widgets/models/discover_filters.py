"""What a person looks for: the search field, and the choices that narrow a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from slmdesk.core.models import ModelFormat, ParameterClass
from slmdesk.core.remote import SearchQuery
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton
from slmdesk.ui.widgets.models.discover_flow import Flow
from slmdesk.ui.widgets.models.words import class_name, class_range, format_name

TYPING_MS = 200
_RANGES = {
    ParameterClass.MICRO: (0, 1_499_999_999),
    ParameterClass.SMALL: (1_500_000_000, 13_999_999_999),
    ParameterClass.MEDIUM: (14_000_000_000, 30_000_000_000),
    ParameterClass.LLM: (30_000_000_001, 0),
}
_FORMATS = (ModelFormat.GGUF, ModelFormat.ONNX, ModelFormat.MLX, ModelFormat.SAFETENSORS)
_LICENCES = (
    ("apache-2.0", "Apache 2.0"), ("mit", "MIT"), ("bsd-3-clause", "BSD 3-Clause"), ("cc-by-4.0", "CC BY 4.0"),
    ("gemma", "Gemma"), ("llama3.1", "Llama 3.1"), ("llama3.2", "Llama 3.2"), ("llama3.3", "Llama 3.3"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """The choices as they stand. Empty texts ask for nothing; ``access`` is "", "open" or "gated"."""

    text: str = ""
    format: str = ModelFormat.GGUF.value
    size: str = ""
    licence: str = ""
    task: str = ""
    access: str = ""
    sort: str = "trending"
    fits: bool = False

    def query(self, limit: int) -> SearchQuery:
        """The same as a question to a source (``fits`` is answered here, not there)."""
        least, most = _RANGES[ParameterClass(self.size)] if self.size else (0, 0)
        return SearchQuery(
            text=self.text,
            formats=frozenset({ModelFormat(self.format)}) if self.format else frozenset(),
            licence=self.licence,
            task=self.task,
            minimum_parameters=least,
            maximum_parameters=most,
            gated={"open": False, "gated": True}.get(self.access),
            sort=self.sort,
            limit=limit,
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Filters:
        """What :meth:`to_dict` gave; what is not understood counts as not chosen."""
        known: dict[str, Any] = {f.name: f.default for f in fields(cls)}
        return cls(**{k: v for k, v in data.items() if k in known and type(v) is type(known[k])})


class _Choice(QComboBox):
    """A box of choices that may shrink and does not turn under the wheel."""

    def __init__(self, name: str, choices: Sequence[tuple[str, str]], tips: Sequence[str] = ()) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMinimumContentsLength(5)
        for value, words in choices:
            self.addItem(words, value)
        for place, tip in enumerate(tips):
            if tip:
                self.setItemData(place, tip, 3)  # Qt.ItemDataRole.ToolTipRole

    @property
    def value(self) -> str:
        return str(self.currentData() or "")

    def show_value(self, value: str) -> None:
        with QSignalBlocker(self):
            self.setCurrentIndex(max(0, self.findData(value)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class FilterBar(QWidget):
    """The search field and the filters.

    ``submitted``: the person asked to search (Enter, the button, a filter). ``typed``: the text changed and has
    rested for a moment; a source on the network is not asked for that, because every letter would leave the machine.
    """

    submitted = Signal()
    typed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search models"))
        self.search.setAccessibleName(self.tr("Search models"))
        self.search.setClearButtonEnabled(True)
        for clear in self.search.findChildren(QToolButton):
            clear.setAccessibleName(self.tr("Clear the search"))
        self.search.setMaxLength(200)
        self.button = TextButton(self.tr("Search"), kind="primary", icon_name="search", color="accent_text")
        self.fits = QCheckBox(self.tr("Only what fits"))
        self.fits.setToolTip(self.tr("Hide models that this machine has no memory for"))
        self.boxes = self._boxes()
        self.top = QHBoxLayout()
        self.top.setSpacing(8)
        self.top.addWidget(self.search, 1)
        self.top.addWidget(self.button)
        choices = Flow()
        for widget in (*self.boxes.values(), self.fits):
            choices.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(self.top)
        layout.addLayout(choices)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(TYPING_MS)
        self._rest.timeout.connect(self.typed)
        self.search.textEdited.connect(lambda _text: self._rest.start())
        self.search.textChanged.connect(lambda text: None if text else self._rest.start())
        self.search.returnPressed.connect(self._submit)
        self.button.clicked.connect(self._submit)
        self.fits.clicked.connect(self._submit)
        for box in self.boxes.values():
            box.activated.connect(lambda _place: self._submit())
        self.show_filters(Filters())

    def _boxes(self) -> dict[str, _Choice]:
        tr = self.tr
        sizes = [ParameterClass.MICRO, ParameterClass.SMALL, ParameterClass.MEDIUM, ParameterClass.LLM]
        return {
            "format": _Choice(
                tr("Format"), [("", tr("Any format")), *((f.value, format_name(f)) for f in _FORMATS)]
            ),
            "size": _Choice(
                tr("Size"),
                [("", tr("Any size")), *((s.value, class_name(s)) for s in sizes)],
                ["", *(class_range(s) for s in sizes)],
            ),
            "licence": _Choice(tr("Licence"), [("", tr("Any licence")), *_LICENCES]),
            "task": _Choice(
                tr("Task"),
                [
                    ("", tr("Any task")), ("text-generation", tr("Text and chat")),
                    ("image-text-to-text", tr("Pictures and text")), ("feature-extraction", tr("Embeddings")),
                ],
            ),
            "access": _Choice(
                tr("Access"), [("", tr("Open and gated")), ("open", tr("Open")), ("gated", tr("Gated"))],
                ["", tr("Anyone can download them"), tr("Their publisher asks who downloads them")],
            ),
            "sort": _Choice(
                tr("Order"),
                [
                    ("trending", tr("Trending")), ("downloads", tr("Most downloads")), ("likes", tr("Most likes")),
                    ("updated", tr("Last updated")), ("created", tr("Newest")),
                ],
            ),
        }  # fmt: skip

    def _submit(self) -> None:
        self._rest.stop()
        self.submitted.emit()

    @property
    def filters(self) -> Filters:
        """The choices as they stand."""
        return Filters(
            text=self.search.text().strip(), fits=self.fits.isChecked(),
            **{key: box.value for key, box in self.boxes.items() if not box.isHidden()},
        )  # fmt: skip

    def show_filters(self, filters: Filters) -> None:
        """Show these choices without searching."""
        with QSignalBlocker(self.search):
            self.search.setText(filters.text)
        self.fits.setChecked(filters.fits)
        for key, box in self.boxes.items():
            box.show_value(str(getattr(filters, key)))

    def set_remote(self, *, remote: bool) -> None:
        """Offer what a source on the network can do; the curated list has one order and few licences."""
        for key in ("task", "access", "sort"):
            self.boxes[key].setVisible(remote)
        self.button.setVisible(remote)

    def set_usable(self, *, usable: bool) -> None:
        """Whether there is anything to search; a source whose runtime is missing has nothing."""
        for widget in (self.search, self.button, self.fits, *self.boxes.values()):
            widget.setEnabled(usable)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.button.set_theme(theme)
