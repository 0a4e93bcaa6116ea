"""Step 1: the model that is to be made smaller."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from slmdesk.core.models import Model
from slmdesk.ui import format as fmt
from slmdesk.ui.panes.quantize.words import DASH, FLOATS, QuantizeServices, can_be_source
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, row
from slmdesk.ui.widgets.quantize.table import PlainTable


class SourcePage(QWidget):
    """The models of the library that can be quantized. ``chosen`` carries the model."""

    chosen = Signal(object)
    find_requested = Signal()

    def __init__(self, services: QuantizeServices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._models: list[Model] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search models"))
        self.search.setAccessibleName(self.tr("Search models"))
        self.search.setMaximumWidth(320)
        self.quantized = QCheckBox(self.tr("Also models that are quantized already"))
        self.warning = label(
            self.tr(
                "A quantized source has lost some of its precision; quantizing it again loses more than it needs to, "
                "and the figures only tell what was lost since."
            ),
            "secondary",
            wrap=True,
        )
        columns = (self.tr("Model"), self.tr("Type"), self.tr("Parameters"), self.tr("Size"), self.tr("Where"))
        self.table = PlainTable(self.tr("Models to quantize"), columns, wide=0, left=(0, 1, 4))
        self.nothing = label("", "secondary", wrap=True)
        self.find_model = TextButton(self.tr("Find a model"))
        self.next = TextButton(self.tr("Choose recipes"), kind="primary")
        self._lay_out()
        self.search.textChanged.connect(lambda _text: self.show_models())
        self.quantized.toggled.connect(lambda _on: self.show_models())
        self.table.itemSelectionChanged.connect(self._on_selection)
        self.table.itemActivated.connect(lambda _item: self._choose())
        self.table.itemDoubleClicked.connect(lambda _item: self._choose())
        self.next.clicked.connect(self._choose)
        self.find_model.clicked.connect(self.find_requested)
        services.library.changed.connect(self.show_models)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(10)
        words = self.tr("Which model is to be made smaller? Best is its unquantized file: F16, BF16 or F32.")
        layout.addWidget(label(words, wrap=True))
        layout.addLayout(row(self.search, self.quantized, 1, spacing=16))
        layout.addWidget(self.warning)
        layout.addWidget(self.table, 1)
        layout.addLayout(row(self.nothing, self.find_model, 1))
        layout.addLayout(row(1, self.next))

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.table.set_theme(theme)

    def show_models(self) -> None:
        """List what the library has now; what was selected stays so."""
        before = self.model
        words = self.search.text().casefold().split()
        every = [m for m in self._services.library.entries() if can_be_source(m) and not m.offline]
        wanted = every if self.quantized.isChecked() else [m for m in every if m.quantization in FLOATS]
        named = [m for m in wanted if all(word in m.name.casefold() for word in words)]
        self._models = sorted(named, key=lambda m: (m.starter, m.name.casefold()))
        self.warning.setVisible(self.quantized.isChecked())
        self.table.setRowCount(len(self._models))
        for line, model in enumerate(self._models):
            cells = (
                model.name, model.quantization or DASH, fmt.parameters(model.parameters) or DASH,
                fmt.disk_size(model.size), str(model.path.parent),
            )  # fmt: skip
            for column, text in enumerate(cells):
                self.table.write(line, column, text, str(model.path) if column in {0, 4} else "")
        self.nothing.setText(self._no_models(every))
        self.find_model.setVisible(not self._models)
        self._select(before)
        self._on_selection()

    def _no_models(self, every: list[Model]) -> str:
        if self._models:
            return ""
        if every and not self.search.text():
            return self.tr("No unquantized model is here. Get the F16 or BF16 file of one, or allow quantized ones.")
        return self.tr("No model is called so.") if every else self.tr("No GGUF model is here yet.")

    def _select(self, wanted: Model | None) -> None:
        ids = [model.id for model in self._models]
        if ids:
            self.table.selectRow(ids.index(wanted.id) if wanted is not None and wanted.id in ids else 0)

    @property
    def model(self) -> Model | None:
        """The model that is selected."""
        line = self.table.currentRow()
        return self._models[line] if 0 <= line < len(self._models) and self.table.selectedItems() else None

    def choose(self, model_id: str) -> None:
        """Select a model of the library and go on with it."""
        model = self._services.library.get(model_id)
        if model is None or not can_be_source(model):
            return
        if model.quantization not in FLOATS:
            self.quantized.setChecked(True)
        self.search.clear()
        self.show_models()
        self._select(model)
        self._choose()

    def _on_selection(self) -> None:
        self.next.setEnabled(self.model is not None)

    def _choose(self) -> None:
        if self.model is not None:
            self.chosen.emit(self.model)

    def shown(self) -> None:
        """The page has come to the front."""
        self.show_models()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
