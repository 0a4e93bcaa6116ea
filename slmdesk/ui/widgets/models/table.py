"""The table of models: rows to choose from, columns to sort by, to move, to widen and to hide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QItemSelection, QModelIndex, QPoint, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from slmdesk.core.models import Model
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.models.delegate import ModelDelegate
from slmdesk.ui.widgets.models.items import FitWords, ModelItems

NARROWEST = 48


class ModelTable(QTableView):
    """The library's rows. The name takes what room is left; where there is too little, the columns that matter least
    are left out, until a person chooses the columns.
    """

    chosen = Signal(str)
    """The model that the details are wanted of, by its id; empty when none is."""
    opened = Signal(str)
    """A model that was double-clicked, or Return was pressed on."""
    menu_requested = Signal(str, QPoint)
    delete_requested = Signal(str)
    rename_requested = Signal(str)
    layout_changed = Signal()
    """Columns or their order changed."""

    def __init__(self, fits: FitWords, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.items = ModelItems(fits, self)
        self.delegate = ModelDelegate(self, self.items)
        self._theme = Theme()
        self._widths = {column.key: column.width for column in self.items.columns}
        self._wanted = {column.key for column in self.items.columns if column.wanted}
        self._own_choice = False
        self._laying_out = False
        self._current = ""
        self.setModel(self.items)
        self.setItemDelegate(self.delegate)
        self._dress()
        header = self.horizontalHeader()
        header.sectionResized.connect(self._on_resized)
        header.sectionMoved.connect(lambda *_: self._on_changed())
        header.sortIndicatorChanged.connect(lambda *_: self._on_changed())
        header.customContextMenuRequested.connect(self._open_column_menu)
        self.doubleClicked.connect(lambda index: self._emit(self.opened, index.row()))
        self._layout_soon = QTimer(self)
        self._layout_soon.setSingleShot(True)
        self._layout_soon.timeout.connect(self._lay_out)
        self._lay_out()

    def _dress(self) -> None:
        self.setAccessibleName(self.tr("Models on this machine"))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(False)
        header.setMinimumSectionSize(NARROWEST)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        header.setToolTip(self.tr("Click to sort, drag to move, right-click to choose columns"))
        self.setSortingEnabled(True)

    # --- rows ---------------------------------------------------------------------------------------------------

    def set_models(self, models: Sequence[Model]) -> None:
        """Show these models; the chosen one stays chosen where it is among them."""
        if self.items.update_models(models):
            return
        bar = self.verticalScrollBar()
        before = bar.value()
        with QSignalBlocker(self.selectionModel()):
            self.items.set_models(models)
        self.executeDelayedItemsLayout()  # else a first painting finds it, and everything is painted twice
        bar.setValue(before)
        place = self.items.place_of(self._current)
        if place >= 0:
            self._select(place)
        elif self._current:
            self._current = ""
            self.chosen.emit("")

    @property
    def current(self) -> str:
        """The id of the chosen model, or an empty text."""
        return self._current

    def choose(self, model_id: str) -> bool:
        """Choose a model and bring its row into sight; False where no row shows it."""
        place = self.items.place_of(model_id)
        if place < 0:
            return False
        self._select(place)
        self.scrollTo(self.items.index(place, 0))
        self._note_current(model_id)
        return True

    def clear_choice(self) -> None:
        """Choose no model."""
        self.clearSelection()
        self.setCurrentIndex(QModelIndex())
        self._note_current("")

    def _select(self, place: int) -> None:
        with QSignalBlocker(self.selectionModel()):
            self.selectRow(place)
        self.viewport().update()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        rows = self.selectionModel().selectedRows()
        model = self.items.model(rows[0].row()) if rows else None
        self._note_current(model.id if model is not None else "")

    def _note_current(self, model_id: str) -> None:
        if model_id != self._current:
            self._current = model_id
            self.chosen.emit(model_id)

    def _emit(self, signal: Any, place: int) -> None:
        model = self.items.model(place)
        if model is not None:
            signal.emit(model.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place = self.currentIndex().row()
        wanted = {
            Qt.Key.Key_Return: self.opened, Qt.Key.Key_Enter: self.opened, Qt.Key.Key_F2: self.rename_requested,
            Qt.Key.Key_Delete: self.delete_requested,
        }.get(Qt.Key(event.key()))  # fmt: skip
        if wanted is not None and place >= 0:
            self._emit(wanted, place)
        elif event.key() == Qt.Key.Key_Escape and self._current:
            self.clear_choice()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if keyboard else self.indexAt(event.pos())
        model = self.items.model(index.row()) if index.isValid() else None
        if model is None:
            return
        self.choose(model.id)
        corner = self.visualRect(index).bottomLeft() if keyboard else event.pos()
        self.menu_requested.emit(model.id, self.viewport().mapToGlobal(corner))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, place: int) -> None:
        if place != self.delegate.hovered:
            self.delegate.hovered = place
            self.viewport().update()

    # --- columns ------------------------------------------------------------------------------------------------

    def _on_resized(self, section: int, _before: int, width: int) -> None:
        if not self._laying_out and section and width:
            self._widths[self.items.columns[section].key] = round(width / self._theme.scale)
            self._layout_soon.start(0)
            self._on_changed()

    def _on_changed(self) -> None:
        if not self._laying_out:
            self.layout_changed.emit()

    def _shown_keys(self) -> set[str]:
        """The columns that there is room for; all wanted ones where a person chose them."""
        if self._own_choice:
            return self._wanted | {"name"}
        room = self.viewport().width()
        shown: set[str] = set()
        for column in sorted(self.items.columns, key=lambda c: c.rank):
            if column.key in self._wanted or column.key == "name":
                room -= self._theme.px(self._widths[column.key])
                if room < 0 and shown:
                    break
                shown.add(column.key)
        return shown

    def _lay_out(self) -> None:
        """Give every column its width and the name what is left."""
        header, theme = self.horizontalHeader(), self._theme
        shown = self._shown_keys()
        self._laying_out = True
        self.delegate.whole_names = "quantization" not in shown
        rest = self.viewport().width()
        for place, column in enumerate(self.items.columns):
            header.setSectionHidden(place, column.key not in shown)
            if place and column.key in shown:
                width = max(NARROWEST, theme.px(self._widths[column.key]))
                header.resizeSection(place, width)
                rest -= width
        header.resizeSection(0, max(theme.px(self.items.columns[0].width), rest))
        self._laying_out = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _open_column_menu(self, at: QPoint) -> None:
        self.column_menu().popup(self.horizontalHeader().mapToGlobal(at))

    def column_menu(self) -> QMenu:
        """Which columns are shown, and what the rows are sorted by."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add_sorting(menu.addMenu(self.tr("Sort by")))
        menu.addSeparator()
        shown = {c.key for place, c in enumerate(self.items.columns) if not self.isColumnHidden(place)}
        for column in self.items.columns[1:]:
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(column.key in shown)
            action.triggered.connect(lambda on, key=column.key: self.set_column(key, shown=on))
        menu.addSeparator()
        menu.addAction(self.tr("Usual columns")).triggered.connect(self.reset_columns)
        return menu

    def _add_sorting(self, menu: QMenu) -> None:
        header = self.horizontalHeader()
        down = header.sortIndicatorOrder()
        for place, column in enumerate(self.items.columns):
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(place == header.sortIndicatorSection())
            action.triggered.connect(lambda _on=False, p=place: self.sortByColumn(p, down))
        menu.addSeparator()
        action = menu.addAction(self.tr("Descending"))
        action.setCheckable(True)
        action.setChecked(down == Qt.SortOrder.DescendingOrder)
        orders = (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder)
        action.triggered.connect(lambda on: self.sortByColumn(header.sortIndicatorSection(), orders[on]))

    def set_column(self, key: str, *, shown: bool) -> None:
        """Show or hide a column; from then on the choice of columns is the person's own."""
        if not self._own_choice:
            self._wanted = self._shown_keys()
            self._own_choice = True
        (self._wanted.add if shown else self._wanted.discard)(key)
        self._lay_out()
        self.layout_changed.emit()

    def reset_columns(self) -> None:
        """Back to the columns, widths and order of the first start."""
        self._widths = {column.key: column.width for column in self.items.columns}
        self._wanted = {column.key for column in self.items.columns if column.wanted}
        self._own_choice = False
        self._order([column.key for column in self.items.columns])
        self._lay_out()
        self.layout_changed.emit()

    def _order(self, keys: Sequence[str]) -> None:
        header = self.horizontalHeader()
        known = {column.key: place for place, column in enumerate(self.items.columns)}
        self._laying_out = True
        for target, key in enumerate(key for key in keys if key in known):
            header.moveSection(header.visualIndex(known[key]), target)
        self._laying_out = False

    def save_state(self) -> dict[str, Any]:
        """Columns, their order and widths, and what the rows are sorted by, as JSON values."""
        header = self.horizontalHeader()
        sections = range(len(self.items.columns))
        return {
            "order": [self.items.columns[header.logicalIndex(place)].key for place in sections],
            "widths": dict(self._widths),
            "columns": sorted(self._wanted) if self._own_choice else None,
            "sort": self.items.columns[header.sortIndicatorSection()].key,
            "descending": header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder,
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`save_state` gave; what is not of this version is ignored."""
        keys = [column.key for column in self.items.columns]
        widths = state.get("widths")
        if isinstance(widths, dict):
            known = {k: w for k, w in widths.items() if k in keys and isinstance(w, int)}
            self._widths |= {key: max(NARROWEST, min(800, width)) for key, width in known.items()}
        if isinstance(state.get("columns"), list):
            self._wanted, self._own_choice = {k for k in state["columns"] if k in keys}, True
        order = state.get("order")
        if isinstance(order, list) and order[:1] == ["name"]:
            self._order([key for key in order if isinstance(key, str)])
        if state.get("sort") in keys:
            down = Qt.SortOrder.DescendingOrder if state.get("descending") else Qt.SortOrder.AscendingOrder
            self.sortByColumn(keys.index(str(state["sort"])), down)
        self._lay_out()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.delegate.set_theme(theme)
        self.verticalHeader().setDefaultSectionSize(theme.px(36))
        self._lay_out()
        self.viewport().update()
