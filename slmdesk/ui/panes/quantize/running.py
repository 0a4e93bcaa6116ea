"""Step 3: the run at work, recipe by recipe."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from slmdesk.core.runs import RowState, Run, RunRow, RunState
from slmdesk.services.runs import RunProgress
from slmdesk.ui import format as fmt
from slmdesk.ui.panes.quantize.words import DASH, left_words, row_state, row_tip, run_state, seconds_words, step_words
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, row
from slmdesk.ui.widgets.quantize.table import PlainTable


class RunningPage(QWidget):
    """Progress of the whole and of each recipe, with Pause, Continue and Cancel; results as they come."""

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()
    results_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = label("", "strong")
        self.state = label("", "secondary", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the run"))
        self.step = label("", "secondary")
        self.left = label("", "secondary")
        columns = (
            self.tr("Recipe"), self.tr("State"), self.tr("Predicted"), self.tr("Size"), self.tr("Time"),
            self.tr("KL divergence"), self.tr("Same top token"), self.tr("tok/s"), self.tr("Remark"),
        )  # fmt: skip
        self.table = PlainTable(self.tr("Recipes of this run"), columns, wide=8, left=(0, 1, 8))
        self.pause = TextButton(self.tr("Pause"))
        self.pause.setToolTip(self.tr("Ends the step that is under way; it begins again when you continue"))
        self.resume = TextButton(self.tr("Continue"), kind="primary")
        self.cancel = TextButton(self.tr("Cancel"))
        self.results = TextButton(self.tr("Show the results"), kind="primary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(10)
        layout.addLayout(row(self.title, 1, self.pause, self.resume, self.cancel, self.results))
        layout.addWidget(self.state)
        layout.addWidget(self.bar)
        layout.addLayout(row(self.step, 1, self.left))
        layout.addWidget(self.table, 1)
        for button, signal in (
            (self.pause, self.pause_requested),
            (self.resume, self.resume_requested),
            (self.cancel, self.cancel_requested),
            (self.results, self.results_requested),
        ):
            button.clicked.connect(signal)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.table.set_theme(theme)

    def show_run(self, run: Run) -> None:
        """Show a run as it is now."""
        self.title.setText(f"{run.source_name}  ·  {run.source_type}  ·  {fmt.disk_size(run.source_size)}")
        words = self.tr("The run is {0}.").format(run_state(run))
        self.state.setText(" ".join(filter(None, (words, run.error, run.hint))))
        working = run.state.active
        self.pause.setVisible(working)
        self.cancel.setVisible(working or run.state is RunState.PAUSED)
        self.resume.setVisible(run.state in {RunState.PAUSED, RunState.CANCELLED, RunState.FAILED} and not run.imported)
        self.results.setVisible(any(r.size for r in run.rows))
        if not working:
            ended = sum(r.ended for r in run.rows)
            self.bar.setValue(round(1000 * ended / max(1, len(run.rows))))
            self.step.setText("")
            self.left.setText("")
        self.table.setRowCount(len(run.rows))
        for line, item in enumerate(run.rows):
            self._show_row(line, run, item)

    def _show_row(self, line: int, run: Run, item: RunRow) -> None:
        q, s, tip = item.quality, item.speed, row_tip(run, item)
        remark = f"{item.error} {item.hint}".strip()
        if item.state is RowState.FAILED and item.size:
            remark = self.tr("The file is there, but could not be measured. {0}").format(remark)
        cells = (
            item.label,
            row_state(item.state),
            fmt.disk_size(item.predicted_size) if item.predicted_size else DASH,
            fmt.disk_size(item.size) if item.size else DASH,
            seconds_words(item.seconds) if item.seconds else DASH,
            f"{q.kl_mean:.5f}" if q else DASH,
            f"{q.same_top:.1%}" if q else DASH,
            fmt.decimal(s.tg128, 1) if s else DASH,
            remark,
        )
        for column, text in enumerate(cells):
            self.table.write(line, column, text, tip)

    def show_progress(self, progress: RunProgress, run: Run) -> None:
        """Show how far it is."""
        self.bar.setValue(round(1000 * progress.fraction))
        item = run.rows[progress.number] if 0 <= progress.number < len(run.rows) else None
        self.step.setText(step_words(progress.step, item))
        self.left.setText(left_words(progress.eta_s))
