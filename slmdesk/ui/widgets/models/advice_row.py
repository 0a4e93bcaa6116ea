"""One recommendation of the advisor: which model, in which quantization, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from slmdesk.ui.widgets.controls import TextButton, label, row
from slmdesk.ui.widgets.models.remote_rows import pill
from slmdesk.ui.widgets.models.words import NONE, Remark

FEW = 2
"""How many reasons a recommendation after the first shows until a person wants all."""


@dataclass(frozen=True, slots=True)
class AdviceLine:
    """A recommendation in words. ``reasons`` are pairs of a rule's name and the sentence it says here.

    ``model_id`` is set where this machine has the model; ``ref`` and ``quantization`` name what to fetch.
    """

    place: int
    ref: str
    name: str
    quantization: str
    facts: str
    badge: Remark = NONE
    fit: Remark = NONE
    reasons: Sequence[tuple[str, str]] = ()
    model_id: str = ""


class AdviceRow(QFrame):
    """A recommendation as a card; the first one is the one to take."""

    get_requested = Signal(str, str)
    """The reference and the quantization that are wanted."""
    open_requested = Signal(str)
    chat_requested = Signal(str)

    def __init__(self, line: AdviceLine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.line = line
        self.setAccessibleName(f"{line.place}. {line.name} {line.quantization}, {line.fit.words}")
        self.setAccessibleDescription(" ".join(sentence for _, sentence in line.reasons))
        number = label(str(line.place), "title")
        number.setFixedWidth(24)
        self.button = TextButton(
            self.tr("Chat") if line.model_id else self.tr("Get it"), kind="primary" if line.place == 1 else ""
        )
        self.button.setAccessibleName(f"{self.button.text()}: {line.name}")
        self.more = TextButton(self.tr("Details"), kind="ghost")
        self.more.setAccessibleName(self.tr("Details of {0}").format(line.name))
        head = row(label(line.name, "strong"), pill(line.badge), label(line.quantization, "secondary"), 1, spacing=8)
        head.addWidget(pill(line.fit))
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addLayout(head)
        texts.addWidget(label(line.facts, "small", wrap=True))
        self.reasons = [label(f"• {sentence}", wrap=True) for _, sentence in line.reasons]
        for words, (rule, _) in zip(self.reasons, line.reasons, strict=True):
            words.setToolTip(self.tr("Rule: {0}").format(rule))
            texts.addWidget(words)
        self.why = TextButton(self.tr("All reasons"), kind="ghost")
        self.why.setAccessibleName(self.tr("All reasons for {0}").format(line.name))
        self.why.clicked.connect(lambda: self.show_reasons(len(self.reasons)))
        texts.addLayout(row(self.button, self.more, self.why, 1, margins=(0, 6, 0, 0)))
        layout = row(margins=(16, 12, 14, 12), spacing=8)
        layout.addWidget(number, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        self.setLayout(layout)
        self.show_reasons(len(self.reasons) if line.place == 1 else FEW)
        self.more.setVisible(bool(line.ref))
        self.button.clicked.connect(self._on_button)
        self.more.clicked.connect(lambda: self.open_requested.emit(line.ref))

    def show_reasons(self, count: int) -> None:
        """Show the first ``count`` reasons; the button for all is there as long as some are not shown."""
        for number, words in enumerate(self.reasons):
            words.setVisible(number < count)
        self.why.setVisible(count < len(self.reasons))

    def _on_button(self) -> None:
        if self.line.model_id:
            self.chat_requested.emit(self.line.model_id)
        else:
            self.get_requested.emit(self.line.ref, self.line.quantization)
