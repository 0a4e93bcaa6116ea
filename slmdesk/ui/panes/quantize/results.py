"""Step 4: the picture and the table of what was made, the gates, the recommendation, and what to do with each file."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QHeaderView, QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.decision import Row, front, recommend
from slmdesk.core.run_report import measured_on, passing, with_error
from slmdesk.core.runs import Run, RunRow
from slmdesk.ui import format as fmt
from slmdesk.ui.panes.quantize.deciding import Deciding
from slmdesk.ui.panes.quantize.words import DASH, row_state, row_tip
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, TextButton, label, row
from slmdesk.ui.widgets.quantize.chart import Bubble, BubbleChart
from slmdesk.ui.widgets.quantize.table import PlainTable

_ACTIONS = 8
_PADDING = 14  # what the style sheet takes of a cell at each side


class ResultsPage(QWidget):
    """One run's results. The signals carry the number of a row of the run."""

    keep_requested = Signal(int)
    chat_requested = Signal(int)
    discard_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self._lines: list[int] = []  # the row of the run that a line of the table shows; -1 is the source
        self._shown: tuple[object, ...] = ()
        self.chart = BubbleChart()
        self.deciding = Deciding()
        self.title = ElidedLabel()
        self.title.setProperty("kind", "strong")
        self.facts = {key: ElidedLabel() for key in ("on", "matrix", "base", "machine")}
        self.recommended = label("", wrap=True)
        columns = (
            self.tr("Recipe"), self.tr("Size"), self.tr("Memory"), self.tr("Perplexity"), self.tr("KL"),
            self.tr("Same top"), self.tr("tok/s"), self.tr("Gates"), "",
        )  # fmt: skip
        self.table = PlainTable(self.tr("Results"), columns, wide=0, left=(0, 7, _ACTIONS))
        self._tell_columns()
        self._lay_out()
        self.chart.chosen.connect(self.select)
        self.table.itemSelectionChanged.connect(self._on_selection)
        self.deciding.changed.connect(self._judge)

    def _tell_columns(self) -> None:
        tips = {
            2: self.tr("The most memory that measuring the speed took; predicted where it was not measured"),
            3: self.tr("How surprised the model is by the text, with its standard error; lower is better"),
            4: self.tr("KL divergence from the source in nats, mean over the tokens; lower is better"),
            5: self.tr("How often the most likely next token is the source's"),
            6: self.tr("Tokens a second, writing 128 of them"),
            7: self.tr("Same top token, size, speed: passed or not"),
        }
        for column, tip in tips.items():
            item = self.table.horizontalHeaderItem(column)
            if item is not None:
                item.setToolTip(tip)

    def _lay_out(self) -> None:
        picture, decision = QFrame(), QFrame()
        for card in (picture, decision):
            card.setProperty("kind", "card")
        left = QVBoxLayout(picture)
        left.setContentsMargins(12, 10, 8, 6)
        note = label(self.tr("bubble: writing speed · dashed: Pareto front"), "small")
        left.addLayout(row(label(self.tr("Size against loss"), "strong"), 1, note))
        left.addWidget(self.chart, 1)
        right = QVBoxLayout(decision)
        right.setContentsMargins(16, 10, 16, 10)
        right.setSpacing(5)
        right.addWidget(self.title)
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        names = (
            ("on", self.tr("Measured on")), ("matrix", self.tr("Matrix")), ("base", self.tr("Source")),
            ("machine", self.tr("Machine")),
        )  # fmt: skip
        for line, (key, name) in enumerate(names):
            grid.addWidget(label(name, "small"), line, 0)
            grid.addWidget(self.facts[key], line, 1)
        grid.setColumnStretch(1, 1)
        right.addLayout(grid)
        right.addWidget(self.recommended)
        right.addStretch(1)
        right.addWidget(self.deciding)
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(picture, 11)
        top.addWidget(decision, 10)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(24, 14, 24, 14)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(self.tr("Results"))
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.table.set_theme(theme)
        self.chart.set_theme(theme)
        self._fit_actions()

    # ---- the run ---------------------------------------------------------------------------------------------------

    def show_run(self, run: Run) -> None:
        """Show a run as it is now; what was selected stays so."""
        selected = self.selected
        self._run = run
        parts = [
            run.source_name,
            run.source_type,
            fmt.parameters(run.source_parameters),
            fmt.disk_size(run.source_size),
        ]
        self.title.setText(" · ".join(part for part in parts if part))
        self.facts["on"].setText(measured_on(run))
        words = self.tr("{0}, {1} chunks").format(run.text_name, run.matrix_chunks)
        self.facts["matrix"].setText(words if run.matrix_chunks else self.tr("none"))
        self.facts["base"].setText(self._base_words(run))
        self.facts["machine"].setText(", ".join(run.machine.values()) or self.tr("not known"))
        self._show_rows(run)
        self._judge()
        if selected >= 0:
            self.select(selected)

    def _base_words(self, run: Run) -> str:
        parts = [f"{run.source_type or DASH}"]
        if run.base_perplexity:
            value = with_error(run.base_perplexity, run.base_perplexity_error)
            parts.append(self.tr("perplexity {0}").format(value))
        return ", ".join(parts)

    def _show_rows(self, run: Run) -> None:
        self._lines = [-1, *range(len(run.rows))]
        self.table.setRowCount(len(self._lines))
        base = run.base_speed
        cells = (
            self.tr("{0} (source)").format(run.source_type or DASH), fmt.disk_size(run.source_size),
            fmt.memory_size(base.peak_bytes) if base else DASH,
            with_error(run.base_perplexity, run.base_perplexity_error) if run.base_perplexity else DASH,
            DASH, DASH, fmt.decimal(base.tg128, 1) if base else DASH, "",
        )  # fmt: skip
        for column, text in enumerate(cells):
            self.table.write(0, column, text)
        for line, item in enumerate(run.rows, 1):
            self._show_row(line, run, item)
        state = tuple((r.path, r.kept, r.discarded, r.state, run.state.active) for r in run.rows)
        if self._shown != (run.id, state):  # buttons are made again only where they are others
            self._shown = (run.id, state)
            for line, item in enumerate(run.rows, 1):
                self.table.setCellWidget(line, _ACTIONS, self._actions(line - 1, run, item))
            self.table.removeCellWidget(0, _ACTIONS)
            self._fit_actions()
        self.table.fit_height(2000)  # the page scrolls, not the table in it

    def _show_row(self, line: int, run: Run, item: RunRow) -> None:
        q, s, tip = item.quality, item.speed, row_tip(run, item)
        if s is not None:
            memory = fmt.memory_size(s.peak_bytes)
        else:
            memory = f"~{fmt.memory_size(item.predicted_memory)}" if item.predicted_memory else DASH
        cells = (
            item.label,
            fmt.disk_size(item.size) if item.size else row_state(item.state),
            memory,
            with_error(q.perplexity, q.perplexity_error) if q else DASH,
            f"{q.kl_mean:.5f}" if q else DASH,
            f"{q.same_top:.1%}" if q else DASH,
            fmt.decimal(s.tg128, 1) if s else DASH,
        )
        for column, text in enumerate(cells):
            self.table.write(line, column, text, tip)

    def _fit_actions(self) -> None:
        """Make the last column as wide as its buttons."""
        widest = 0
        for line in range(1, self.table.rowCount()):
            holder = self.table.cellWidget(line, _ACTIONS)
            if holder is not None:
                for part in holder.findChildren(QWidget):
                    part.ensurePolished()  # its font and margins are the style sheet's only then
                widest = max(widest, holder.sizeHint().width())
        self.table.horizontalHeader().setSectionResizeMode(_ACTIONS, QHeaderView.ResizeMode.Fixed)
        self.table.setColumnWidth(_ACTIONS, widest + 2 * _PADDING)

    def _actions(self, number: int, run: Run, item: RunRow) -> QWidget:
        holder, line = QWidget(), row(margins=(4, 0, 4, 0), spacing=2)
        holder.setLayout(line)
        if run.imported:
            words = self.tr("elsewhere")
        elif item.discarded:
            words = self.tr("discarded")
        else:
            words = self.tr("in the library") if item.kept else ""
        if words:
            line.addWidget(label(words, "small"))
        if item.path:
            wanted = [] if item.kept else [(self.tr("Keep"), self.keep_requested)]
            wanted.append((self.tr("Chat"), self.chat_requested))
            wanted += [] if item.kept or run.state.active else [(self.tr("Discard"), self.discard_requested)]
            for name, signal in wanted:
                button = TextButton(name, kind="link")
                button.setAccessibleName(f"{name}: {item.label}")
                button.clicked.connect(partial(signal.emit, number))
                line.addWidget(button)
        return holder

    # ---- deciding --------------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        run = self._run
        if run is None:
            return
        gate = self.deciding.gate
        judged = {number: run.judged_row(item) for number, item in enumerate(run.rows) if item.size}
        for line, number in enumerate(self._lines):
            words, tip = self._marks(gate.judge(judged[number])) if number in judged else ("", "")
            item = self.table.write(line, 7, words, tip)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, tip.replace("\n", ", "))
        self.recommended.setText(self._recommendation(run, list(judged.values())))
        self._draw(run, judged)

    def _recommendation(self, run: Run, judged: list[Row]) -> str:
        passed = recommend(passing(run, self.deciding.gate), self.deciding.weights)
        if passed is not None:
            return self.tr("Recommended: {0}").format(passed.sentence)
        found = recommend(judged, self.deciding.weights)
        if found is None:
            return self.tr("A recommendation appears with the first measured file.")
        return self.tr("No file passes all gates. By the weights alone, {0}").format(found.sentence)

    def _marks(self, found: dict[str, bool | None]) -> tuple[str, str]:
        names = {
            "same_top": self.tr("same top token"), "smaller": self.tr("smaller"), "faster": self.tr("speed"),
        }  # fmt: skip
        marks = {True: "✓", False: "✗", None: "?"}
        words = {True: self.tr("passed"), False: self.tr("failed"), None: self.tr("not measured")}
        lines = [f"{marks[passed]} {names[name]}: {words[passed]}" for name, passed in found.items()]
        return " ".join(marks[passed] for passed in found.values()), "\n".join(lines)

    def _draw(self, run: Run, judged: dict[int, Row]) -> None:
        best = {id(found) for found in front(list(judged.values()))}
        self.chart.set_bubbles(
            [
                Bubble(n, j.name, j.size, j.kl, j.tps or 0.0, id(j) in best, row_tip(run, run.rows[n]))
                for n, j in judged.items()
                if j.kl is not None
            ]
        )

    # ---- choosing --------------------------------------------------------------------------------------------------

    @property
    def selected(self) -> int:
        """The number of the row that is selected; -1 for none, or the source."""
        line = self.table.currentRow()
        return self._lines[line] if 0 <= line < len(self._lines) and self.table.selectedItems() else -1

    def select(self, number: int) -> None:
        """Select a row of the run, in the table and in the picture."""
        if number in self._lines:
            self.table.selectRow(self._lines.index(number))
            self.chart.set_current(number)

    def _on_selection(self) -> None:
        self.chart.set_current(self.selected)
