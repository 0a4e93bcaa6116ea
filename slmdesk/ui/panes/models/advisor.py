"""The advisor: for a use and what matters most, the models to take on this machine, each with the reasons."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.fit import FitLevel
from slmdesk.ui import format as fmt
from slmdesk.ui.panes.models.view import Host, ModelsServices
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, row
from slmdesk.ui.widgets.models.advice_row import AdviceLine, AdviceRow
from slmdesk.ui.widgets.models.class_card import ClassCard, ClassLine
from slmdesk.ui.widgets.models.discover_notice import Notice
from slmdesk.ui.widgets.models.remote_words import class_remark, context_words, size_words
from slmdesk.ui.widgets.models.words import Remark, class_name, day, fit_label, fit_remark

SHOWN = 6
"""How many recommendations are shown."""
_TONES = {FitLevel.FITS: "good", FitLevel.LESS_CONTEXT: "warn", FitLevel.SLOW: "warn", FitLevel.TOO_BIG: "bad"}


class AdvisorPage(QWidget):
    """Two questions, a ranked list with reasons, and the card of what this machine can run."""

    back_requested = Signal()
    chat_requested = Signal(str)
    model_requested = Signal(str)
    get_requested = Signal(str, str)

    def __init__(self, services: ModelsServices, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._host = host
        self.rows: list[AdviceRow] = []
        self._build()
        self.back.clicked.connect(self.back_requested)
        for keys in ("Esc", "Alt+Left"):
            shortcut = QShortcut(QKeySequence(keys), self, self.back_requested.emit)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        for box in (self.use, self.priority):
            box.activated.connect(lambda _place: self.show_advice())
        self.measure.clicked.connect(lambda: self._host.run(self._measure()))
        if services.fits is not None:
            services.fits.changed.connect(self._on_changed)
        services.library.changed.connect(self._on_changed)

    def _build(self) -> None:
        self.back = TextButton(self.tr("Back"), kind="ghost", icon_name="chevron-left")
        bar = QWidget()
        bar.setProperty("edge", "bottom")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setLayout(row(self.back, label(self.tr("Help me choose"), "title"), 1, margins=(16, 10, 24, 10)))
        self.use = self._choice(self.tr("What for"), "USES")
        self.priority = self._choice(self.tr("What matters most"), "PRIORITIES")
        use_name, priority_name = label(self.tr("What for")), label(self.tr("What matters most"))
        use_name.setBuddy(self.use)
        priority_name.setBuddy(self.priority)
        self.machine = label(kind="secondary", wrap=True)
        self.measure = TextButton(self.tr("Measure its speed"))
        self.measure.setToolTip(self.tr("Takes a few seconds; the speeds told here are guesses before"))
        self.notice = Notice()
        self.notice.hide()
        self.classes = ClassCard()
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        inner = QWidget()
        inner.setMaximumWidth(1028)
        column = QVBoxLayout(inner)
        column.setContentsMargins(24, 16, 24, 24)
        column.setSpacing(12)
        column.addLayout(row(use_name, self.use, 16, priority_name, self.priority, 100, spacing=8))
        machine_line = row(spacing=12)
        machine_line.addWidget(self.machine, 1)
        machine_line.addWidget(self.measure)
        column.addLayout(machine_line)
        column.addWidget(self.notice)
        column.addLayout(self._list)
        column.addSpacing(6)
        column.addWidget(self.classes)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(self.tr("Help me choose"))
        holder = QWidget()
        sides = row(spacing=0)
        sides.addWidget(inner, 1000)
        sides.addStretch(1)
        holder.setLayout(sides)
        area.setWidget(holder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(area, 1)

    def _choice(self, name: str, attribute: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for key, words in getattr(self._services.advisor, attribute, ()):
            box.addItem(words, key)
        return box

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.back.set_theme(theme)
        self.notice.set_theme(theme)

    def shown(self) -> None:
        """The page has come to the front."""
        self.use.setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_advice()

    def _on_changed(self) -> None:
        if self.isVisible():
            self.show_advice()

    # --- the answer ---------------------------------------------------------------------------------------------

    def show_advice(self) -> None:
        """Ask the advisor again; it looks only at this machine."""
        advisor = self._services.advisor
        if advisor is None:
            return
        found = advisor.advise(str(self.use.currentData() or "chat"), str(self.priority.currentData() or "balanced"))
        for old in self.rows:
            old.hide()
            old.deleteLater()
        self.rows = []
        for place, advice in enumerate(found[:SHOWN], 1):
            made = AdviceRow(_line(place, advice))
            made.get_requested.connect(self.get_requested)
            made.open_requested.connect(self.model_requested)
            made.chat_requested.connect(self.chat_requested)
            self._list.addWidget(made)
            self.rows.append(made)
        if found:
            self.notice.hide()
        else:
            self.notice.say(
                self.tr("No model of the curated list does this on this machine"),
                self.tr("Free some memory, or choose something else that matters."),
            )
        self._show_machine()

    def _show_machine(self) -> None:
        fits = self._services.fits
        if fits is not None:
            machine = fits.machine
            parts = [
                machine.cpu,
                self.tr("{0} cores").format(machine.cores) if machine.cores else "",
                self.tr("{0} of {1} memory free").format(
                    fmt.memory_size(machine.ram_free), fmt.memory_size(machine.ram)
                ),
                *(f"{gpu.name} {fmt.memory_size(gpu.vram)}" for gpu in machine.usable_gpus),
            ]  # fmt: skip
            made = fits.speed.made
            parts.append(self.tr("speed measured {0}").format(day(made)) if made else self.tr("speed not measured yet"))
            self.machine.setText(self.tr("This machine: {0}").format(" · ".join(p for p in parts if p)))
            self.measure.setText(self.tr("Measure again") if made else self.tr("Measure its speed"))
        self.measure.setVisible(fits is not None)
        rows = self._services.advisor.what_runs()
        heads = [quantization for quantization, _, _ in rows[0].needs] if rows else []
        self.classes.setVisible(bool(rows))
        self.classes.set_lines(
            heads, [_class_line(entry) for entry in rows],
            self.tr("Memory that a typical model of each class needs, with a short context, beside what is free now."),
        )  # fmt: skip

    async def _measure(self) -> None:
        fits = self._services.fits
        if fits is None:
            return
        self.measure.setEnabled(False)
        try:
            await self._services.jobs.start(self.tr("Measure the speed of this machine"), fits.measure_machine).wait()
        finally:
            self.measure.setEnabled(True)


def _line(place: int, advice: Any) -> AdviceLine:
    entry, variant = advice.entry, advice.variant
    facts = (
        entry.publisher, size_words(entry.parameters, entry.active_parameters), fmt.disk_size(variant.size),
        context_words(entry.context_length), entry.licence, advice.runtime,
    )  # fmt: skip
    return AdviceLine(
        place=place,
        ref=f"catalog:{entry.id}",
        name=entry.name,
        quantization=variant.quantization,
        facts=" · ".join(f for f in facts if f),
        badge=class_remark(entry.parameters),
        fit=fit_remark(advice.fit),
        reasons=[(reason.rule, reason.sentence) for reason in advice.reasons],
        model_id=advice.model_id,
    )


def _class_line(entry: Any) -> ClassLine:
    cells = [
        Remark(fmt.memory_size(need), _TONES[level], f"{quantization}: {fit_label(level)}")
        for quantization, need, level in entry.needs
    ]
    return ClassLine(class_name(entry.parameter_class), entry.range, cells, ", ".join(entry.examples))
