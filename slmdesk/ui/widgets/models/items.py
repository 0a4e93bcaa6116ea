"""The models of the library as Qt's table reads them: thousands of rows, of which only those in sight are worded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from slmdesk.core.models import Model, ModelFormat, Verdict
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.columns import Column, columns
from slmdesk.ui.widgets.models.words import Remark

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class LoadState:
    """Whether a model is in memory (``loaded``, with its bytes) or on its way there (``fraction``, 0..1)."""

    loaded: bool = False
    fraction: float | None = None
    memory: int = 0


NOT_LOADED = LoadState()


class FitWords(Protocol):
    """Whoever knows how models fit this machine."""

    def remark(self, model: Model) -> Remark:
        """The fit pill of a model, at once; its tip may be left out."""

    def tip(self, model: Model) -> str:
        """What the pill's tooltip says, with the numbers."""

    def order(self, models: Sequence[Model]) -> Sequence[int] | None:
        """Each model's place in the order of fitting; None where that takes longer than a glance."""


class ModelItems(QAbstractTableModel):
    """One row per model, sorted by any column.

    ``fits`` tells how models fit; it is asked for the rows in sight only, and each answer is kept until
    :meth:`forget_fits`.
    """

    def __init__(self, fits: FitWords, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folders: Sequence[Path] = ()
        """The folders that a person added; the column "Where" names them."""
        self.columns: tuple[Column, ...] = columns(lambda model: words.where(model, self.folders))
        self._keys: dict[str, tuple[Model, str]] = {}
        self._fits = fits
        self._given: Sequence[Model] = ()
        self._models: list[Model] = []
        self._rows: dict[str, int] = {}
        self._remarks: dict[str, Remark] = {}
        self._states: Mapping[str, LoadState] = {}
        self._sort_column = 0
        self._descending = False

    # --- what it shows ------------------------------------------------------------------------------------------

    def set_models(self, models: Sequence[Model]) -> None:
        """Show these models, in the order that was chosen last."""
        self.beginResetModel()
        self._given = models
        self._models = self._sorted(models)
        self._rows = {model.id: place for place, model in enumerate(self._models)}
        self.endResetModel()

    def update_models(self, models: Sequence[Model]) -> bool:
        """Take over changed properties where the rows stay the same; False where they do not (then nothing is done)."""
        if len(models) != len(self._models):
            return False
        ordered = self._sorted(models)
        pairs = list(zip(ordered, self._models, strict=True))
        if any(now is not before and now.id != before.id for now, before in pairs):
            return False
        changed = [place for place, (now, before) in enumerate(pairs) if now is not before and now != before]
        self._given, self._models = models, ordered
        for place in changed:
            self._remarks.pop(ordered[place].id, None)
        if changed:
            self._tell(changed[0], changed[-1])
        return True

    def set_states(self, states: Mapping[str, LoadState]) -> None:
        """Which models are in memory or being loaded."""
        touched = {i for i in (*states, *self._states) if states.get(i) != self._states.get(i)}
        self._states = dict(states)
        for model_id in touched:
            if (place := self._rows.get(model_id)) is not None:
                self._tell(place, place)

    def forget_fits(self) -> None:
        """Ask anew how the models fit: memory is free that was not, or the other way round."""
        self._remarks.clear()
        if self._models:
            self._tell(0, len(self._models) - 1)

    def model(self, place: int) -> Model | None:
        """The model in a row."""
        return self._models[place] if 0 <= place < len(self._models) else None

    def place_of(self, model_id: str) -> int:
        """The row of a model, or -1."""
        return self._rows.get(model_id, -1)

    def state(self, model: Model) -> LoadState:
        """Whether a model is in memory."""
        return self._states.get(model.id, NOT_LOADED)

    def remark(self, model: Model) -> Remark:
        """The pill of a model: what keeps it from running, else how it fits."""
        if model.offline:
            return Remark(self.tr("Location offline"), "", self.tr("The drive or folder it lies on is away."))
        if model.problem:
            return self._obstacle(model)
        if model.verdict is Verdict.REFUSED:
            return words.verdict_remark(model.verdict)
        if model.id not in self._remarks:
            self._remarks[model.id] = self._fits.remark(model)
        return self._remarks[model.id]

    def _obstacle(self, model: Model) -> Remark:
        """Why a model cannot be loaded at all; that its format has no runtime here is no fault of the file."""
        if model.verdict is Verdict.REFUSED:
            return Remark(words.verdict_remark(model.verdict).words, "bad", model.problem)
        if model.format is not ModelFormat.GGUF and model.verdict is Verdict.SAFE:
            return Remark(self.tr("Not runnable here"), "", model.problem)
        return Remark(self.tr("Cannot be loaded"), "bad", model.problem)

    def _tell(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    # --- sorting ------------------------------------------------------------------------------------------------

    def _sorted(self, models: Sequence[Model]) -> list[Model]:
        """In order; what is equal otherwise goes by name, and the starter stands last."""
        by_name = sorted(models, key=self._name_key)
        column = self.columns[self._sort_column]
        if column.key == "name":
            return by_name[::-1] if self._descending else by_name
        if column.key != "fit":
            return sorted(by_name, key=column.sort_key, reverse=self._descending)
        order = self._fits.order(by_name)
        if order is None:
            return by_name
        places = sorted(range(len(by_name)), key=order.__getitem__, reverse=self._descending)
        return [by_name[place] for place in places]

    def _name_key(self, model: Model) -> str:
        """What a model is sorted by name with; made once, because thousands are sorted at every keystroke."""
        known = self._keys.get(model.id)
        if known is None or known[0] is not model:
            key = f"{'~' if model.starter else ' '}{self.columns[0].sort_key(model)}\0{model.size:015d}"
            known = self._keys[model.id] = (model, key)
        return known[1]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        descending = order == Qt.SortOrder.DescendingOrder
        if not 0 <= column < len(self.columns) or (column, descending) == (self._sort_column, self._descending):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [(self._models[i.row()].id, i.column()) for i in before]
        self._sort_column, self._descending = column, descending
        self._models = self._sorted(self._given)
        self._rows = {model.id: place for place, model in enumerate(self._models)}
        self.changePersistentIndexList(before, [self.index(self._rows[i], c) for i, c in kept])
        self.layoutChanged.emit()

    # --- what Qt reads ------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._models)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:  # fmt: skip
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        model = self.model(index.row())
        if model is None:
            return None
        column = self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            text = self.remark(model).words if column.key == "fit" else column.text(model)
            return text if role == Qt.ItemDataRole.DisplayRole else f"{column.title}: {text or self.tr('not known')}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(model, column)
        return None

    def _tip(self, model: Model, column: Column) -> str:
        if column.key == "fit":
            remark = self.remark(model)
            return remark.tip or (self._fits.tip(model) if remark.words else "")
        if column.key == "parameters":
            return words.parameters_of(model)
        if column.key == "class" and model.parameters:
            return words.class_range(model.parameter_class)
        if column.key == "where":
            return "\n".join(str(home.path) for home in model.homes) or str(model.path)
        if column.key == "abilities":
            known = sorted(model.abilities)
            return "\n".join(f"{words.ability_name(a)}: {words.ability_help(a)}" for a in known)
        if column.key == "name" and model.verdict is Verdict.LOOK:
            return f"{model.name}\n{words.verdict_remark(model.verdict).tip}"
        return ""
