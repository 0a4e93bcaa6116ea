"""The library view: every model on this machine, to search, to sort, to look at closely, to load and to tidy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from slmdesk.core.models import Model
from slmdesk.core.progress import Progress
from slmdesk.ui import format as fmt
from slmdesk.ui.file_dialogs import ask_files, ask_folder
from slmdesk.ui.panes.models.changes import Changes
from slmdesk.ui.panes.models.chosen import Chosen
from slmdesk.ui.panes.models.filtering import choices_of, query_of
from slmdesk.ui.panes.models.levels import Levels
from slmdesk.ui.panes.models.loads import Loads
from slmdesk.ui.panes.models.siblings import sibling
from slmdesk.ui.panes.models.upkeep import Upkeep
from slmdesk.ui.panes.models.view import Host, ModelsServices, ModelsView
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton
from slmdesk.ui.widgets.models.details import ModelDetails, model_menu
from slmdesk.ui.widgets.models.filter_bar import FilterBar, Filters
from slmdesk.ui.widgets.models.lines import EmptyHint, NoticeLine, ScanLine
from slmdesk.ui.widgets.models.table import ModelTable
from slmdesk.ui.widgets.models.trouble import MemoryTrouble

REFRESH_MS = 120
"""How long changes of the library are gathered before the table shows them, at least."""
REFRESH_SHARE = 20
"""After showing them the view rests for so many times as long."""
DETAILS_WIDTH = 380
COMPACT_BELOW = 860
"""Pixels at 100 %: where the view is narrower, its lesser buttons show their icons alone."""


class LibraryView(ModelsView):
    """The table with its filters; beside it the details of the chosen model."""

    key = "library"

    def __init__(self, services: ModelsServices, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(services, host, parent)
        self._library = services.library
        self._fits = services.fits
        self._details_width = DETAILS_WIDTH
        self._stale = True
        self.trouble = MemoryTrouble()
        self.loads = Loads(services, host, self.trouble, self._sibling, self)
        self.levels = Levels(services.fits, host, self.loads.options, self)
        self.changes = Changes(services, host, self)
        self.bar = FilterBar()
        self.notice = NoticeLine(self.tr("Show"))
        self.table = ModelTable(self.levels)
        self.empty = EmptyHint()
        self.scan_line = ScanLine()
        self.details: ModelDetails | None = None
        self.chosen: Chosen | None = None
        self._build_actions()
        self._build()
        self.upkeep = Upkeep(services, host, self.changes, self.pages, self.notice, self)
        self._refresh_soon = QTimer(self)
        self._refresh_soon.setSingleShot(True)
        self._refresh_soon.setInterval(REFRESH_MS)
        self._refresh_soon.timeout.connect(self.refresh)
        self._connect()

    # --- how it is made -----------------------------------------------------------------------------------------

    def _build_actions(self) -> None:
        self.places_button = TextButton(self.tr("Places"), icon_name="folder")
        self.places_button.setToolTip(self.tr("Where models are looked for"))
        self.refresh_button = TextButton(self.tr("Look again"), icon_name="refresh")
        self.refresh_button.setToolTip(self.tr("Look through all places for new models"))
        self.add_button = TextButton(self.tr("Add"), kind="primary", icon_name="plus", color="accent_text")
        self._words = {button: button.text() for button in (self.places_button, self.refresh_button)}
        for button, text in self._words.items():
            button.setAccessibleName(text)
        self.title_actions = [self.places_button, self.refresh_button, self.add_button]

    def _build(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(24, 14, 24, 10)
        head.setSpacing(8)
        for widget in (self.trouble, self.bar, self.notice):
            head.addWidget(widget)
        self._rows = QStackedWidget()
        self._rows.addWidget(self.table)
        self._rows.addWidget(self.empty)
        rows = QWidget()
        rows_layout = QVBoxLayout(rows)
        rows_layout.setContentsMargins(14, 0, 0, 0)
        rows_layout.addWidget(self._rows)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(rows)
        listing = QWidget()
        layout = QVBoxLayout(listing)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self.scan_line)
        self.pages = QStackedWidget()
        self.pages.addWidget(listing)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)

    def _connect(self) -> None:
        self.bar.changed.connect(self._show_models)
        self.levels.completed.connect(self._show_models)
        self.bar.about_to_open.connect(self._set_choices)
        self.bar.changed.connect(self.state_changed)
        self.bar.down_requested.connect(self._to_table)
        self.bar.columns.clicked.connect(lambda: _popup(self.table.column_menu(), self.bar.columns))
        self.notice.dismissed.connect(self.state_changed)
        self.table.chosen.connect(self._on_chosen)
        self.table.opened.connect(self._open)
        self.table.menu_requested.connect(self._open_menu)
        self.table.delete_requested.connect(self.changes.delete)
        self.table.rename_requested.connect(self.changes.ask_name)
        self.table.layout_changed.connect(self.state_changed)
        self.empty.first_requested.connect(self._on_first)
        self.empty.second_requested.connect(self.ask_folder)
        self.splitter.splitterMoved.connect(self._on_split)
        self.places_button.clicked.connect(self.upkeep.show_places)
        self.upkeep.add_requested.connect(self.ask_folder)
        self.refresh_button.clicked.connect(self.changes.scan)
        self.add_button.clicked.connect(self._open_add_menu)
        self.loads.changed.connect(self._show_states)
        self.loads.smaller_wanted.connect(self._on_smaller)
        self.changes.removed.connect(self._on_removed)
        self._library.changed.connect(self._on_library)
        self._library.scan_progress.connect(self._on_scan)
        if self._fits is not None:
            self._fits.changed.connect(self._forget_fits)
        for keys in ("Ctrl+K", "Ctrl+F"):
            shortcut = QShortcut(QKeySequence(keys), self, self._to_search)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # --- what it shows ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Show what the library knows; a first look through the places goes on behind it."""
        await self._library.models()
        self.refresh()

    def shown(self) -> None:
        if self._stale:
            self.refresh()
        if self.pages.currentIndex() == 0:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_library(self) -> None:
        self._stale = True
        if self.isVisible():
            self._refresh_soon.start()

    def refresh(self) -> None:
        """Show what the library knows now, and what belongs around the table."""
        begun = time.monotonic()
        self._refresh_soon.stop()
        self._stale = False
        self.table.items.folders = [place.path for place in self._library.places() if place.store == "folder"]
        self._show_models()
        self.upkeep.refresh()
        self.run(self.upkeep.show_notice())
        if self.chosen is not None:
            self.chosen.refresh()
        self._refresh_soon.setInterval(max(REFRESH_MS, round((time.monotonic() - begun) * 1000 * REFRESH_SHARE)))

    def _show_models(self) -> None:
        """Show the models that the filters ask for."""
        filters = self.bar.filters
        everything = self._library.entries()
        if filters.fit:
            self.levels.ready(everything)
        query = query_of(filters, self.levels.runs_as)
        found = self._library.search(filters.text, **query) if filters != Filters() else everything
        self.table.set_models(found)
        self.table.items.set_states(self.loads.states())
        self._show_count(found, everything)
        self._rows.setCurrentIndex(0 if found else 1)
        if not found:
            self._show_empty(everything)

    def _set_choices(self) -> None:
        self.bar.set_choices(choices_of(self._library.entries(), judged=self._fits is not None))

    def _show_count(self, found: Sequence[Model], everything: Sequence[Model]) -> None:
        size = fmt.disk_size(sum(m.size for m in found))
        shown, total = fmt.count(len(found)), fmt.count(len(everything))
        if len(found) == len(everything):
            text = self.tr("1 model · {0}").format(size) if len(found) == 1 else self.tr("{0} models · {1}").format(
                shown, size
            )  # fmt: skip
        else:
            text = self.tr("{0} of {1} models · {2}").format(shown, total, size)
        self.bar.set_count(text if everything else "")

    def _show_empty(self, everything: Sequence[Model]) -> None:
        if everything:
            self.empty.say(
                self.tr("No model matches"), self.tr("Search for something else, or take the filters off."),
                self.tr("Show all"),
            )  # fmt: skip
        else:
            self.empty.say(
                self.tr("No models yet"),
                self.tr("Drop a model file or a folder here, add a folder that holds some, or download one."),
                self.tr("Find a model"), self.tr("Add a folder"),
            )  # fmt: skip

    def _on_first(self) -> None:
        if self._library.entries():
            self.bar.clear()
        else:
            self.host.show_view("discover")

    def _on_scan(self, progress: Progress | None) -> None:
        self.refresh_button.setEnabled(progress is None)
        if progress is None:
            self.scan_line.hide()
        else:
            self.scan_line.show_progress(progress.done, progress.total)

    def _show_states(self) -> None:
        states = self.loads.states()
        self.table.items.set_states(states)
        if self.chosen is not None:
            self.chosen.show_states(states)

    def _forget_fits(self) -> None:
        self.levels.forget()
        self.table.items.forget_fits()
        if self.chosen is not None:
            self.chosen.refresh_fit()

    # --- the chosen model ---------------------------------------------------------------------------------------

    def show_model(self, model_id: str) -> None:
        """Choose a model and show its details; filters that hide it are taken off."""
        self.pages.setCurrentIndex(0)
        if not self.table.choose(model_id):
            self.bar.clear()
            self.refresh()
            self.table.choose(model_id)

    def _on_chosen(self, model_id: str) -> None:
        if not model_id:
            if self.details is not None:
                self.details.hide()
            if self.chosen is not None:
                self.chosen.show_model("")
            return
        if self.chosen is None:
            self._build_details()
        assert self.details is not None
        assert self.chosen is not None
        if self.details.isHidden():
            self.details.show()
            self.splitter.setSizes([max(1, self.width() - self._details_width), self._details_width])
        self.chosen.show_model(model_id)
        self.chosen.show_states(self.loads.states())

    def _build_details(self) -> None:
        self.details = ModelDetails()
        self.details.setProperty("edge", "left")
        self.details.set_theme(self.theme)
        self.details.hide()
        self.splitter.addWidget(self.details)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.chosen = Chosen(self.services, self.host, self.details, self.loads, self.levels, self.changes, self)
        self.chosen.chat_requested.connect(self.chat_requested)
        self.chosen.closed.connect(self.table.clear_choice)
        self.chosen.model_requested.connect(self.show_model)

    def _on_split(self) -> None:
        if self.details is not None and not self.details.isHidden():
            self._details_width = self.details.width()
            self.state_changed.emit()

    def _open(self, model_id: str) -> None:
        model = self._library.get(model_id)
        if model is not None and not model.problem and not model.offline:
            self.chat_requested.emit(model_id)

    def _open_menu(self, model_id: str, at: QPoint) -> None:
        model = self._library.get(model_id)
        if model is None or self.chosen is None:
            return
        entries = [*self.chosen.first_actions(model), *self.chosen.actions(model)]
        model_menu(self, entries, self.chosen.act).popup(at)

    def _on_removed(self, model_id: str) -> None:
        if self.table.current == model_id:
            self.table.clear_choice()

    def _sibling(self, model: Model, quantization: str) -> Model | None:
        return sibling(model, quantization, self._library.entries())

    def _on_smaller(self, model_id: str, _quantization: str) -> None:
        model = self._library.get(model_id)
        view = self.host.show_view("discover")
        look_for = getattr(view, "search_for", None)
        if model is not None and look_for is not None:
            look_for(model.name)

    # --- getting around -----------------------------------------------------------------------------------------

    def _to_search(self) -> None:
        self.pages.setCurrentIndex(0)
        self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.selectAll()

    def _to_table(self) -> None:
        if self.table.items.rowCount():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
            if not self.table.current:
                self.table.selectRow(0)

    def _open_add_menu(self) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("Add a folder")).triggered.connect(self.ask_folder)
        menu.addAction(self.tr("Add model files")).triggered.connect(self.ask_files)
        if self.services.bundles is not None:
            menu.addAction(self.tr("Import a bundle")).triggered.connect(self.changes.ask_bundle)
        menu.addSeparator()
        menu.addAction(self.tr("Open my models folder")).triggered.connect(
            lambda: self.changes.reveal(self.services.folder)
        )
        menu.aboutToHide.connect(menu.deleteLater)
        _popup(menu, self.add_button)

    def ask_folder(self) -> None:
        """Ask for a folder and look for models in it from now on."""
        ask_folder(self, self.tr("Add a folder"), lambda path: self.changes.add([path]))

    def ask_files(self) -> None:
        """Ask for model files to add."""
        kinds = self.tr("Models") + " (*.gguf *.safetensors *.onnx)"
        ask_files(self, self.tr("Add model files"), kinds, self.changes.add)

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Add files and folders that were dropped on the window."""
        self.changes.add(list(paths))

    # --- what is remembered -------------------------------------------------------------------------------------

    def save_state(self) -> dict[str, Any]:
        """Columns, sorting, filters and the width of the details."""
        return {
            "table": self.table.save_state(),
            "filters": self.bar.filters.chosen,
            "details": self._details_width,
            "dismissed": self.upkeep.dismissed,
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`save_state` gave."""
        if isinstance(state.get("table"), dict):
            self.table.restore_state(state["table"])
        if isinstance(state.get("filters"), dict):
            self._set_choices()
            self.bar.set_filters(Filters.from_dict(state["filters"]))
        self.upkeep.dismissed = str(state.get("dismissed", ""))
        if isinstance(state.get("details"), int):
            self._details_width = max(300, min(700, state["details"]))

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        for button in (self.places_button, self.refresh_button, self.add_button):
            button.set_theme(theme)
        for part in (self.bar, self.notice, self.table, self.trouble, self.empty, self.upkeep):
            part.set_theme(theme)
        if self.details is not None:
            self.details.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        roomy = self.width() >= self.theme.px(COMPACT_BELOW)
        for button, text in self._words.items():
            button.setText(text if roomy else "")

    async def close_down(self) -> None:
        """Keep a note that is being typed."""
        if self.details is not None:
            self.details.notes.keep()
        await self.changes.settled()


def _popup(menu: QMenu, anchor: QWidget) -> None:
    """Open a menu below the button that was clicked, kept inside the window."""
    edge = anchor.window().mapToGlobal(QPoint(anchor.window().width() - 8, 0)).x() - menu.sizeHint().width()
    corner = anchor.mapToGlobal(QPoint(0, anchor.height() + 4))
    menu.popup(QPoint(min(corner.x(), edge), corner.y()))
