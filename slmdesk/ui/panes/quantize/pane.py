"""The Quantize pane's frame: the four steps, the history of runs, and what the pages ask for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from slmdesk.core.errors import NotEnoughMemory, SlmdeskError
from slmdesk.core.fit import FitLevel
from slmdesk.core.models import Model
from slmdesk.core.runs import Run
from slmdesk.services.run_work import RunProgress
from slmdesk.ui import format as fmt
from slmdesk.ui.file_dialogs import ask_file, ask_save
from slmdesk.ui.pane import Pane
from slmdesk.ui.panes.quantize.recipes import RecipesPage
from slmdesk.ui.panes.quantize.results import ResultsPage
from slmdesk.ui.panes.quantize.running import RunningPage
from slmdesk.ui.panes.quantize.source import SourcePage
from slmdesk.ui.panes.quantize.words import QuantizeServices, is_ternary, run_state
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton
from slmdesk.ui.widgets.segments import Segments
from slmdesk.ui.widgets.undo_bar import UndoBar

SOURCE, RECIPES, RUN, RESULTS = "source", "recipes", "run", "results"
_IN_HISTORY = 30


class QuantizePane(Pane):
    """Source, Recipes, Run, Results in one flow. ``chat_requested`` carries a model's id."""

    key = "quantize"
    chat_requested = Signal(str)
    models_requested = Signal()

    def __init__(self, services: QuantizeServices, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Quantize"), parent)
        self._services = services
        self._run_id = ""
        self._current = SOURCE
        self.source, self.running, self.results = SourcePage(services), RunningPage(), ResultsPage()
        self.recipes = RecipesPage(services, self.run)
        self.pages: dict[str, QWidget] = {
            SOURCE: self.source, RECIPES: self.recipes, RUN: self.running, RESULTS: self.results,
        }  # fmt: skip
        self.steps = Segments(self.tr("Steps"))
        names = (self.tr("Source"), self.tr("Recipes"), self.tr("Run"), self.tr("Results"))
        self.stack = QStackedWidget()
        for number, (key, name) in enumerate(zip(self.pages, names, strict=True), 1):
            self.steps.add(key, f"{number}  {name}")
            self.stack.addWidget(self.pages[key])
        self.history = TextButton(self.tr("History"), kind="ghost", icon_name="chevron-down", after=True)
        self.export = TextButton(self.tr("Export"), icon_name="chevron-down", after=True)
        self.new = TextButton(self.tr("New run"), kind="primary")
        self.title_row.insertSpacing(1, 20)
        self.title_row.insertWidget(2, self.steps)
        for button in (self.history, self.export, self.new):
            self.title_row.addWidget(button)
        self.content.addWidget(self.stack, 1)
        self.undo_bar = UndoBar(self)
        self._history_menu, self._export_menu = QMenu(self), QMenu(self)
        self._fill_export()
        self._connect()
        self.show_step(SOURCE)

    def _connect(self) -> None:
        runs = self._services.runs
        self.steps.chosen.connect(self.show_step)
        self.source.chosen.connect(lambda model: self.run(self._choose(model)))
        self.source.find_requested.connect(self.models_requested)
        self.recipes.run_requested.connect(lambda: self.run(self._start()))
        self.running.pause_requested.connect(lambda: self.run(runs.pause(self._run_id)))
        self.running.resume_requested.connect(lambda: self.run(runs.resume(self._run_id, again=True)))
        self.running.cancel_requested.connect(lambda: self.run(runs.cancel(self._run_id)))
        self.running.results_requested.connect(lambda: self.show_step(RESULTS))
        self.results.keep_requested.connect(lambda number: self.run(self._keep(number)))
        self.results.chat_requested.connect(lambda number: self.run(self._chat(number)))
        self.results.discard_requested.connect(lambda number: self.run(self._discard(number)))
        self.results.deciding.changed.connect(self.state_changed)
        self.new.clicked.connect(lambda: self.show_step(SOURCE))
        self._history_menu.aboutToShow.connect(self._fill_history)
        self.history.setMenu(self._history_menu)
        self.export.setMenu(self._export_menu)
        runs.changed.connect(self._on_changed)
        runs.progressed.connect(self._on_progress)

    # ---- the steps -------------------------------------------------------------------------------------------------

    @property
    def current_run(self) -> Run | None:
        """The run that is shown."""
        return self._services.runs.get(self._run_id)

    @property
    def step(self) -> str:
        """The step in front."""
        return self._current

    def show_step(self, key: str) -> None:
        """Bring a step to the front; one that has nothing to show yet is left out."""
        self._enable_steps()
        if not self.steps.buttons[key].isEnabled():
            key = SOURCE
        self._current = key
        self.steps.set_current(key)
        self.stack.setCurrentWidget(self.pages[key])
        page = self.pages[key]
        if isinstance(page, SourcePage | RecipesPage) and self.isVisible():
            page.shown()
        self.state_changed.emit()

    def _enable_steps(self) -> None:
        run = self.current_run
        self.steps.buttons[RECIPES].setEnabled(self.recipes.model is not None)
        self.steps.buttons[RUN].setEnabled(run is not None)
        self.steps.buttons[RESULTS].setEnabled(run is not None)
        self.export.setEnabled(run is not None)

    async def start(self) -> None:
        """Show the run that was shown last, or the sources."""
        self.source.show_models()
        runs = self._services.runs.list()
        if self.current_run is None and runs:
            self._run_id = runs[0].id
        self._on_changed()
        working = self.current_run is not None and self.current_run.state.active
        self.show_step(RUN if working else self._current)

    def shown(self) -> None:
        """The pane has come to the front."""
        self.show_step(self._current)

    def choose(self, model_id: str) -> None:
        """Take a model of the library as the source."""
        self.show_step(SOURCE)
        self.source.choose(model_id)

    async def _choose(self, model: Model) -> None:
        await self.recipes.show_model(model)
        self._enable_steps()
        self.show_step(RECIPES)

    async def _start(self) -> None:
        model = self.recipes.model
        if model is None:
            return
        self.banner.dismiss()
        options = self.recipes.options()
        if options.measure or options.matrix:
            self._check_memory(model)
        self.recipes.run_button.setEnabled(False)
        try:
            run = await self._services.runs.start(
                model.path, self.recipes.rows(), options, text=self.recipes.text, name=model.name,
                source_type=model.quantization, parameters=model.parameters, ternary=is_ternary(model),
            )  # fmt: skip
        finally:
            self.recipes.run_button.setEnabled(True)
        self._run_id = run.id
        self._on_changed()
        self.show_step(RUN)

    def _check_memory(self, model: Model) -> None:
        """Refuse to measure with a source that does not fit. Raises NotEnoughMemory."""
        fit = self._services.fits.fit(model) if self._services.fits is not None else None
        if fit is not None and fit.level is FitLevel.TOO_BIG:
            words = self.tr("Not enough memory to measure with {0}: it needs {1}, {2} are free.")
            raise NotEnoughMemory(
                words.format(model.name, fmt.memory_size(fit.need.total), fmt.memory_size(max(0, fit.free))),
                self.tr("Unload other models, or untick measuring and the importance matrix."),
            )

    # ---- news ------------------------------------------------------------------------------------------------------

    def _on_changed(self) -> None:
        self._enable_steps()
        run = self.current_run
        if run is None:
            if self._current in {RUN, RESULTS}:
                self.show_step(SOURCE)
            return
        self.running.show_run(run)
        self.results.show_run(run)
        progress = self._services.runs.progress(run.id)
        if progress is not None and run.state.active:
            self.running.show_progress(progress, run)

    def _on_progress(self, progress: RunProgress) -> None:
        run = self.current_run
        if run is not None and progress.run_id == run.id:
            self.running.show_progress(progress, run)

    # ---- what to do with a result ----------------------------------------------------------------------------------

    async def _keep(self, number: int) -> None:
        await self._services.runs.keep(self._run_id, number)
        run = self.current_run
        if run is not None:
            self.undo_bar.say(self.tr("{0} is in the library").format(run.rows[number].label))

    async def _chat(self, number: int) -> None:
        """A model is chatted with from the library, so it is kept first."""
        self.chat_requested.emit(await self._services.runs.keep(self._run_id, number))

    async def _discard(self, number: int) -> None:
        freed = await self._services.runs.discard(self._run_id, number)
        self.undo_bar.say(self.tr("Discarded; {0} are free again").format(fmt.disk_size(freed)))

    # ---- history and reports ---------------------------------------------------------------------------------------

    def _fill_history(self) -> None:
        menu = self._history_menu
        menu.clear()
        runs = self._services.runs.list()
        for run in runs[:_IN_HISTORY]:
            words = f"{fmt.day(run.created)}  {run.source_name}, "
            words += self.tr("{0} recipes, {1}").format(len(run.rows), run_state(run))
            action = menu.addAction(words.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(run.id == self._run_id)
            action.triggered.connect(lambda _on, run_id=run.id: self.show_run(run_id))
        if runs:
            menu.addSeparator()
        menu.addAction(self.tr("Import a run from a report"), self._ask_import)
        forget = menu.addAction(self.tr("Delete this run and its files"), lambda: self.run(self._remove()))
        forget.setEnabled(self.current_run is not None)

    def show_run(self, run_id: str) -> None:
        """Show a run of the history."""
        self._run_id = run_id
        self._on_changed()
        run = self.current_run
        measured = run is not None and any(row.size for row in run.rows) and not run.state.active
        self.show_step(RESULTS if measured else RUN)

    async def _remove(self) -> None:
        freed = await self._services.runs.remove(self._run_id)
        runs = self._services.runs.list()
        self._run_id = runs[0].id if runs else ""
        self._on_changed()
        self.undo_bar.say(self.tr("Deleted; {0} are free again").format(fmt.disk_size(freed)))

    def _ask_import(self) -> None:
        kinds = self.tr("Reports (*.json)")
        ask_file(self, self.tr("Import a run"), kinds, lambda path: self.run(self._import(path)))

    async def _import(self, path: Path) -> None:
        run = await self._services.runs.import_(path)
        self.show_run(run.id)

    def _fill_export(self) -> None:
        menu = self._export_menu
        for suffix, words in (
            ("html", self.tr("Page with picture (HTML)")),
            ("md", self.tr("Markdown")),
            ("csv", self.tr("Table (CSV)")),
            ("json", self.tr("Everything (JSON), to import elsewhere")),
            ("png", self.tr("Only the picture (PNG)")),
        ):
            menu.addAction(words, partial(self._ask_export, suffix))

    def _ask_export(self, suffix: str) -> None:
        run = self.current_run
        if run is not None:
            name = f"{Path(run.source).stem or run.source_name}-quantized.{suffix}"
            kinds = f"{suffix.upper()} (*.{suffix})"
            ask_save(self, self.tr("Export the report"), name, suffix, kinds, lambda p: self.run(self.export_to(p)))

    async def export_to(self, path: Path) -> None:
        """Write the shown run's report, or its picture. Raises SlmdeskError."""
        if path.suffix.lower() == ".png":
            if not self.results.chart.grab().save(str(path)):
                raise SlmdeskError(f"{path} cannot be written.", "Choose another place.")
        else:
            deciding = self.results.deciding
            await self._services.runs.export(self._run_id, path, deciding.gate, deciding.weights)
        self.undo_bar.say(self.tr("Written to {0}").format(path.name))

    # ---- state -----------------------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        for part in (self.history, self.export, self.source, self.recipes, self.running, self.results):
            part.set_theme(theme)

    def save_state(self) -> dict[str, Any]:
        """The run and the step that are shown, the gates and the weights."""
        return {"run": self._run_id, "step": self._current, "deciding": self.results.deciding.save_state()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`save_state` gave."""
        self._run_id = str(state.get("run") or "")
        deciding = state.get("deciding")
        if isinstance(deciding, dict):
            self.results.deciding.restore_state(deciding)
        if state.get("step") in {RUN, RESULTS}:
            self._current = str(state["step"])
