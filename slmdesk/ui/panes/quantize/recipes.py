"""Step 2: which types to make, on which text to measure them, and how long that may take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QGridLayout, QTableWidgetItem, QVBoxLayout, QWidget

from slmdesk.core.models import Model
from slmdesk.core.quantization import QuantizationType, Recipe
from slmdesk.core.runs import RunOptions, RunRow
from slmdesk.services.quantizer import CONTEXT, Prediction
from slmdesk.services.run_work import BUILT_IN_TEXT
from slmdesk.ui import format as fmt
from slmdesk.ui.file_dialogs import ask_file
from slmdesk.ui.panes.quantize.words import (
    DASH,
    FLOATS,
    QuantizeServices,
    is_ternary,
    left_words,
    loss_words,
    model_line,
    precision_words,
)
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, row
from slmdesk.ui.widgets.quantize.table import PlainTable

TICKED = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M")
"""What is ticked at first."""
BUDGETS = (1, 3, 10, 30)
"""Minutes of measuring to choose from."""
_BYTES_PER_TOKEN = 4
_OVERHEAD = 1.4  # scoring beside reading
_MOST_CHUNKS = 512
_CHOICES = ("", "Q8_0", "Q6_K", "Q5_K", "Q4_K", "F16")

Run = Callable[[Coroutine[Any, Any, Any]], object]


class RecipesPage(QWidget):
    """The types as rows to tick with what is predicted of each; below it the text, the time and the options.

    ``run_requested``: the person pressed Run; :meth:`rows` and :meth:`options` tell what for.
    """

    run_requested = Signal()

    def __init__(self, services: QuantizeServices, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._run = run
        self._types: list[QuantizationType] = []
        self._predicted: dict[str, Prediction] = {}
        self._impossible: frozenset[str] = frozenset()
        self._asking: asyncio.Task[Any] | None = None
        self.model: Model | None = None
        self.text: Path | None = None
        self._build()
        self._lay_out()
        self._connect()
        self._show_text()

    def _build(self) -> None:
        columns = (
            self.tr("Type"), self.tr("Precision"), self.tr("Bits"), self.tr("Size"), self.tr("Memory"),
            self.tr("Expected loss"), self.tr("Good for"),
        )  # fmt: skip
        self.table = PlainTable(self.tr("Recipes"), columns, wide=6, left=(0, 1, 6))
        loss = self.table.horizontalHeaderItem(5)
        assert loss is not None
        self.loss_note = self.tr(
            "Public figures of llama.cpp: perplexity added to Llama 3 8B, whose F16 file has 6.23. Where none is "
            "published, the range between its neighbours. Your own model is measured in the run."
        )
        loss.setToolTip(self.loss_note)
        self.head = label("", "strong")
        self.summary = label("", "secondary")
        self.text_name = label("")
        self.choose_text = TextButton(self.tr("Choose a text"))
        self.built_in = TextButton(self.tr("Use the built-in text"), kind="link")
        self.measure = QCheckBox(self.tr("Measure quality"))
        self.speed = QCheckBox(self.tr("Measure speed"))
        self.matrix = QCheckBox(self.tr("Importance matrix from this text"))
        self.budget = QComboBox()
        self.budget.setAccessibleName(self.tr("Time for measuring"))
        for minutes in BUDGETS:
            self.budget.addItem(self.tr("About {0} min of measuring").format(minutes), minutes)
        self.budget.setCurrentIndex(1)
        self.amount = label("", "small")
        self.output, self.embedding = QComboBox(), QComboBox()
        for box, name in ((self.output, self.tr("Output tensor")), (self.embedding, self.tr("Embedding"))):
            box.setAccessibleName(name)
            for kind in _CHOICES:
                box.addItem(kind or self.tr("{0}: as usual").format(name), kind)
        self.pure = QCheckBox(self.tr("Pure (no mix of types)"))
        self.run_button = TextButton(self.tr("Run"), kind="primary")
        self.measure.setChecked(True)
        self.speed.setChecked(True)

    def _lay_out(self) -> None:
        card = QFrame()
        card.setProperty("kind", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(16, 10, 16, 10)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(6)
        grid.addWidget(label(self.tr("Text"), "secondary"), 0, 0)
        grid.addLayout(row(self.text_name, self.choose_text, self.built_in, 1), 0, 1)
        grid.addWidget(label(self.tr("Measuring"), "secondary"), 1, 0)
        grid.addLayout(row(self.measure, self.speed, self.budget, self.amount, 1, spacing=14), 1, 1)
        grid.addWidget(label(self.tr("Quantizing"), "secondary"), 2, 0)
        grid.addLayout(row(self.matrix, self.pure, self.output, self.embedding, 1, spacing=14), 2, 1)
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(10)
        layout.addWidget(self.head)
        layout.addWidget(self.table, 1)
        layout.addWidget(label(self.loss_note, "small", wrap=True))
        layout.addWidget(card)
        layout.addLayout(row(self.summary, 1, self.run_button))

    def _connect(self) -> None:
        self.table.itemChanged.connect(self._on_item)
        self.choose_text.clicked.connect(self._ask_text)
        self.built_in.clicked.connect(lambda: self.set_text(None))
        for box in (self.measure, self.speed, self.matrix):
            box.toggled.connect(lambda _on: self._show_amount())
        self.budget.activated.connect(lambda _place: self._show_amount())
        for choice in (self.output, self.embedding):
            choice.activated.connect(lambda _place: self.predict())
        self.pure.toggled.connect(lambda _on: self.predict())
        self.run_button.clicked.connect(self.run_requested)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.table.set_theme(theme)

    # ---- the rows --------------------------------------------------------------------------------------------------

    async def show_model(self, model: Model) -> None:
        """Show the types for a model. Raises RuntimeUnavailable."""
        same = self.model is not None and self.model.id == model.id
        ticked = self.ticked() if same else list(TICKED)
        self.model = model
        self.head.setText(f"{model.name}  ·  {model_line(model)}")
        self._types = [kind for kind in await self._services.quantizer.types() if kind.name != model.quantization]
        if not same:
            self._predicted, self._impossible = {}, frozenset()
        self._show_rows(ticked)
        self._show_amount()
        self.predict()

    def _show_rows(self, ticked: list[str]) -> None:
        assert self.model is not None
        self.table.blockSignals(True)  # noqa: FBT003 - Qt takes no names
        self.table.setRowCount(len(self._types))
        for line, kind in enumerate(self._types):
            reason = self._why_not(kind)
            item = self.table.write(line, 0, kind.name, reason)
            flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable
            item.setFlags(Qt.ItemFlag.ItemIsSelectable if reason else flags)
            on = kind.name in ticked and not reason
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.table.write(line, 1, precision_words(kind.precision))
            self.table.write(line, 5, loss_words(kind), self.loss_note)
            self.table.write(line, 6, reason or kind.purpose, reason or kind.purpose)
        self.table.blockSignals(False)  # noqa: FBT003 - Qt takes no names
        self._show_predictions()

    def _why_not(self, kind: QuantizationType) -> str:
        if kind.ternary and self.model is not None and not is_ternary(self.model):
            return self.tr("Only for models trained with -1, 0 and 1; this one would turn to noise")
        if kind.name in self._impossible:
            return self.tr("The installed llama.cpp cannot make it of this model")
        return ""

    def ticked(self) -> list[str]:
        """The names of the types that are ticked."""
        found = []
        for line, kind in enumerate(self._types):
            item = self.table.item(line, 0)
            if item is not None and item.checkState() is Qt.CheckState.Checked:
                found.append(kind.name)
        return found

    def tick(self, names: list[str]) -> None:
        """Tick exactly these types."""
        self._show_rows(names)
        self._show_amount()

    def _on_item(self, item: QTableWidgetItem) -> None:
        if item.column() == 0:
            self._show_amount()

    # ---- what is predicted -----------------------------------------------------------------------------------------

    def predict(self) -> None:
        """Ask the library how large each file will be; it writes none of them."""
        if self._asking is not None:
            self._asking.cancel()
        found = self._run(self._predict())
        self._asking = found if isinstance(found, asyncio.Task) else None

    async def _predict(self) -> None:
        model = self.model
        if model is None:
            return
        kinds = [kind for kind in self._types if not (kind.ternary and self._why_not(kind))]
        told = await self._services.quantizer.possible(model.path, [self._recipe(kind.name) for kind in kinds])
        if model is not self.model:
            return
        found = {kind.name: prediction for kind, prediction in zip(kinds, told, strict=True)}
        self._predicted = {name: prediction for name, prediction in found.items() if prediction is not None}
        impossible = frozenset(found) - frozenset(self._predicted)
        if impossible != self._impossible:
            self._impossible = impossible
            self._show_rows(self.ticked())
        self._show_predictions()
        self._show_amount()

    def _show_predictions(self) -> None:
        self.table.blockSignals(True)  # noqa: FBT003 - Qt takes no names
        for line, kind in enumerate(self._types):
            told = self._predicted.get(kind.name)
            self.table.write(line, 2, fmt.decimal(told.bits if told else kind.bits, 2))
            self.table.write(line, 3, fmt.disk_size(told.size) if told else DASH)
            memory = self._memory(kind.name)
            self.table.write(line, 4, fmt.memory_size(memory) if memory else DASH, self._fit_words(kind.name))
        self.table.blockSignals(False)  # noqa: FBT003 - Qt takes no names

    def _fit(self, name: str) -> Any:
        """How the file will fit this machine; None where nothing is known."""
        told, fits, model = self._predicted.get(name), self._services.fits, self.model
        if told is None or fits is None or model is None:
            return None
        shape = self._services.library.shape(model.id)
        if shape is not None:
            shape = replace(shape, weights_bytes=told.size)
        return fits.fit_remote(model.parameters, name, told.size, shape=shape, context_length=model.context_length)

    def _memory(self, name: str) -> int:
        fit = self._fit(name)
        return int(fit.need.total) if fit is not None else 0

    def _fit_words(self, name: str) -> str:
        fit = self._fit(name)
        return f"{fit.label}. {fit.sentence}" if fit is not None else ""

    # ---- the text and the time -------------------------------------------------------------------------------------

    def set_text(self, path: Path | None) -> None:
        """Measure on this text; None takes the built-in one."""
        self.text = path
        self._show_text()
        self._show_amount()

    def _ask_text(self) -> None:
        kinds = self.tr("Texts (*.txt *.md *.csv *.py *.json);;All files (*)")
        ask_file(self, self.tr("Choose a text"), kinds, self.set_text)

    def _show_text(self) -> None:
        name = self.text.name if self.text else self.tr("The built-in text (63 kB: prose, dialogues, code, numbers)")
        self.text_name.setText(name)
        self.text_name.setToolTip("" if self.text is None else str(self.text))
        self.built_in.setVisible(self.text is not None)

    def _needs_matrix(self) -> list[str]:
        """The ticked types that are nothing without a matrix."""
        told = self._predicted
        return [
            kind.name
            for kind in self._types
            if kind.name in self.ticked()
            and (kind.needs_matrix or (kind.name in told and told[kind.name].needs_matrix))
        ]

    def chunks(self) -> int:
        """How much text is read with each file, by the time that it may take."""
        path = self.text or BUILT_IN_TEXT
        try:
            tokens = path.stat().st_size / _BYTES_PER_TOKEN
        except OSError:
            tokens = 0.0
        most = int(tokens / self._context())
        rate = self._rate()
        if rate:
            seconds = 60.0 * float(self.budget.currentData() or 1)
            most = min(most, int(seconds * rate / _OVERHEAD / (len(self.ticked()) + 1) / self._context()))
        return max(2, min(_MOST_CHUNKS, most))

    def _context(self) -> int:
        return min(CONTEXT, self.model.context_length or CONTEXT) if self.model is not None else CONTEXT

    def _rate(self) -> float:
        """Tokens a second that the source reads, as predicted; 0 where that is not known."""
        fits = self._services.fits
        fit = fits.fit(self.model) if fits is not None and self.model is not None else None
        return float(fit.prompt_tps) if fit is not None else 0.0

    def _show_amount(self) -> None:
        need = self._needs_matrix()
        self.matrix.setEnabled(not need)
        if need:
            self.matrix.setChecked(True)
        self.matrix.setToolTip(self.tr("{0} needs it").format(", ".join(need)) if need else "")
        measures, ticked = self.measure.isChecked(), self.ticked()
        for widget in (self.budget, self.speed):
            widget.setEnabled(measures)
        chunks, context = self.chunks(), self._context()
        self.amount.setText(self.tr("{0} × {1} tokens for each file").format(chunks, context) if measures else "")
        sizes = [self._predicted[name].size for name in ticked if name in self._predicted]
        words = self.tr("{0} recipes").format(len(ticked))
        if sizes:
            words += ", " + self.tr("{0} on disk").format(fmt.disk_size(sum(sizes)))
        rate = self._rate()
        if measures and rate and ticked:
            seconds = (len(ticked) + 1) * chunks * context * _OVERHEAD / rate
            words += ", " + self.tr("measuring {0}").format(left_words(seconds).replace(self.tr(" left"), ""))
        self.summary.setText(words)
        self.run_button.setEnabled(bool(ticked))

    # ---- what was chosen -------------------------------------------------------------------------------------------

    def _recipe(self, name: str) -> Recipe:
        return Recipe(
            name,
            str(self.output.currentData() or ""),
            str(self.embedding.currentData() or ""),
            pure=self.pure.isChecked(),
            requantize=self.model is not None and self.model.quantization not in FLOATS,
        )

    def rows(self) -> list[RunRow]:
        """The rows of the run, the largest first."""
        found = []
        for name in self.ticked():
            told = self._predicted.get(name)
            size = told.size if told is not None else 0
            found.append(RunRow(self._recipe(name), predicted_size=size, predicted_memory=self._memory(name)))
        return found

    def options(self) -> RunOptions:
        """How the run is to work."""
        measures, chunks = self.measure.isChecked(), self.chunks()
        speed = measures and self.speed.isChecked()
        return RunOptions(measures, speed, self.matrix.isChecked(), chunks, max(16, chunks), self._context())

    def shown(self) -> None:
        """The page has come to the front."""
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
