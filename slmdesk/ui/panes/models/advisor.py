"""The advisor: for a use and what matters most, the models to take on this machine, each with the reasons."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.advisor import PRIORITIES, USES, ClassRow
from slmdesk.core.fit import FitLevel
from slmdesk.services.advisor import Advice
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
        self._asking: asyncio.Task[Any] | None = None
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
        self.use = self._choice(self.tr("What for"), USES, self._uses())
        self.priority = self._choice(self.tr("What matters most"), PRIORITIES, self._priorities())
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

    @staticmethod
    def _choice(name: str, known: Sequence[tuple[str, str]], words: dict[str, str]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for key, english in known:
            box.addItem(words.get(key, english), key)
        return box

    def _uses(self) -> dict[str, str]:
        return {
            "chat": self.tr("Everyday questions and writing"),
            "code": self.tr("Programming"),
            "documents": self.tr("Long documents"),
            "reasoning": self.tr("Reasoning and mathematics"),
            "languages": self.tr("Several languages"),
            "tools": self.tr("Calling tools"),
            "vision": self.tr("Looking at pictures"),
            "embeddings": self.tr("Searching by meaning"),
            "small": self.tr("Smallest devices"),
        }

    def _priorities(self) -> dict[str, str]:
        return {
            "balanced": self.tr("A balance"),
            "quality": self.tr("Quality"),
            "speed": self.tr("Speed"),
            "memory": self.tr("Little memory"),
        }

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
        if self._asking is not None:
            self._asking.cancel()
        self._asking = self._host.run(self._show_advice())

    async def _show_advice(self) -> None:
        advisor = self._services.advisor
        if advisor is None:
            return
        use, priority = str(self.use.currentData() or "chat"), str(self.priority.currentData() or "balanced")
        # In a thread: it judges every version of every model, which takes longer than the window may stand still.
        found = await asyncio.to_thread(advisor.advise, use, priority)
        classes = await asyncio.to_thread(advisor.what_runs)
        lines = [_line(place, advice) for place, advice in enumerate(found[:SHOWN], 1)]
        if lines != [made.line for made in self.rows]:
            self._show_lines(lines)
        if found:
            self.notice.hide()
        else:
            self.notice.say(
                self.tr("No model of the curated list does this on this machine"),
                self.tr("Free some memory, or choose something else that matters."),
            )
        self._show_machine()
        self._show_classes(classes)

    def _show_lines(self, lines: Sequence[AdviceLine]) -> None:
        for old in self.rows:
            old.hide()
            old.deleteLater()
        self.rows = []
        for line in lines:
            made = AdviceRow(line)
            made.get_requested.connect(self.get_requested)
            made.open_requested.connect(self.model_requested)
            made.chat_requested.connect(self.chat_requested)
            self._list.addWidget(made)
            self.rows.append(made)

    def _show_machine(self) -> None:
        fits = self._services.fits
        self.measure.setVisible(fits is not None)
        if fits is None:
            return
        machine = fits.machine
        memory = self.tr("{0} of {1} memory free")
        parts = [
            machine.cpu,
            self.tr("{0} cores").format(machine.cores) if machine.cores else "",
            memory.format(fmt.memory_size(machine.ram_free), fmt.memory_size(machine.ram)),
            *(f"{gpu.name} {fmt.memory_size(gpu.vram)}" for gpu in machine.usable_gpus),
            self.tr("speed measured {0}").format(day(fits.speed.made))
            if fits.measured
            else self.tr("speed not measured yet"),
        ]
        self.machine.setText(self.tr("This machine: {0}").format(" · ".join(p for p in parts if p)))
        self.measure.setText(self.tr("Measure again") if fits.measured else self.tr("Measure its speed"))

    def _show_classes(self, rows: Sequence[ClassRow]) -> None:
        self.classes.setVisible(bool(rows))
        heads = [quantization for quantization, _, _ in rows[0].needs] if rows else []
        self.classes.set_lines(
            heads, [_class_line(entry) for entry in rows],
            self.tr("Memory that a typical model of each class needs, beside what is free now."),
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


def _line(place: int, advice: Advice) -> AdviceLine:
    entry, variant = advice.entry, advice.variant
    facts = (
        size_words(entry.parameters, entry.active_parameters), fmt.disk_size(variant.size),
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


def _class_line(entry: ClassRow) -> ClassLine:
    cells = [
        Remark(fmt.memory_size(need), _TONES[level], f"{quantization}: {fit_label(level)}")
        for quantization, need, level in entry.needs
    ]
    return ClassLine(class_name(entry.parameter_class), entry.range, cells, ", ".join(entry.examples))
