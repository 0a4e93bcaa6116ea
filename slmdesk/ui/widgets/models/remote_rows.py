"""The quantizations of a model as rows under three headings: what each takes, whether it fits, and how to get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from slmdesk.core.models import ModelFormat
from slmdesk.core.remote import RemoteGroup
from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, TextButton, label, plain_tip, restyle, row, rule
from slmdesk.ui.widgets.models.remote_getting import NOT_HERE, GetState, Getting
from slmdesk.ui.widgets.models.remote_words import group_name, part_words, shelf_name, shelf_of, tr
from slmdesk.ui.widgets.models.words import NONE, Remark, bits, format_name

_PER_STEP = 3
SHELVES = ("small", "balanced", "large", "other")


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A quantization as a row shows it; ``problem`` says why it cannot be fetched, empty where it can."""

    key: str
    shelf: str
    name: str
    facts: str
    fit: Remark = NONE
    recommended: bool = False
    problem: str = ""


def line_of(group: RemoteGroup, fit: Remark, *, recommended: bool, exact: bool = True) -> GroupLine:
    """A quantization as its row; sizes that are not ``exact`` say so."""
    size = fmt.disk_size(group.size)
    facts = (
        size if exact else tr("about {0}").format(size),
        tr("{0} bits").format(bits(group.bits_per_weight)) if group.bits_per_weight else "",
        format_name(group.format) if group.format is not ModelFormat.GGUF else "",
        part_words(group),
    )
    return GroupLine(
        key=group.key, shelf=shelf_of(group), name=group_name(group), facts=" · ".join(f for f in facts if f),
        fit=fit, recommended=recommended, problem=group.problem,
    )  # fmt: skip


def pill(remark: Remark) -> QLabel:
    """A remark as a small coloured label."""
    result = label(remark.words, "pill")
    result.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    _put(result, remark)
    if not remark.words:  # shown it is with its parent; alone it would be a window
        result.hide()
    return result


def set_pill(target: QLabel, remark: Remark) -> None:
    """Show another remark on a pill; an empty one hides it."""
    _put(target, remark)
    target.setVisible(bool(remark.words))
    restyle(target)


def _put(target: QLabel, remark: Remark) -> None:
    target.setText(remark.words)
    target.setToolTip(plain_tip(remark.tip))
    target.setAccessibleName(remark.words)
    target.setAccessibleDescription(remark.tip)
    target.setProperty("tone", remark.tone)


class GroupRow(QFrame):
    """One quantization."""

    get_requested = Signal(str)
    chat_requested = Signal(str)
    progress_requested = Signal(str)

    def __init__(self, line: GroupLine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = line
        self.setAccessibleName(f"{line.name}, {line.facts}")
        self.fit = pill(line.fit)
        self.button = TextButton(self.tr("Download"), kind="primary" if line.recommended else "")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.hide()
        head = row(label(line.name, "strong"), spacing=8)
        if line.recommended:
            head.addWidget(pill(Remark(self.tr("Recommended"), "accent", self.tr("What SLMDesk would take here"))))
        head.addStretch(1)
        texts = QVBoxLayout()
        texts.setSpacing(3)
        texts.addLayout(head)
        if line.problem:
            texts.addWidget(label(line.problem, "small", wrap=True))
        else:
            facts = ElidedLabel(line.facts)
            facts.setProperty("kind", "small")
            second = row(self.fit, spacing=8)
            second.addWidget(facts, 1)
            texts.addLayout(second)
        layout = row(margins=(0, 6, 0, 6), spacing=10)
        layout.addLayout(texts, 1)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(layout)
        whole.addWidget(self.bar)
        whole.addWidget(rule())
        self.button.setHidden(bool(line.problem))
        self._state = NOT_HERE
        self.button.clicked.connect(self._on_button)
        self.show_state(NOT_HERE)

    def show_state(self, state: GetState) -> None:
        """Show whether it is here, coming, or can be fetched."""
        self._state = state
        words = {
            Getting.NO: self.tr("Download"),
            Getting.COMING: state.words or self.tr("Downloading"),
            Getting.HERE: self.tr("Chat"),
        }[state.getting]
        self.button.setText(words)
        main = self.line.recommended and state.getting is not Getting.COMING
        self.button.setProperty("kind", "primary" if main else "")
        restyle(self.button)
        self.button.setAccessibleName(f"{words}: {self.line.name}")
        tips = {
            Getting.COMING: self.tr("Show it among the downloads"),
            Getting.HERE: self.tr("This model is on this machine"),
        }
        self.button.setToolTip(tips.get(state.getting, ""))
        self.bar.setVisible(state.fraction is not None)
        self.bar.setValue(round((state.fraction or 0.0) * 1000))

    def _on_button(self) -> None:
        signal = {
            Getting.NO: self.get_requested, Getting.COMING: self.progress_requested, Getting.HERE: self.chat_requested,
        }[self._state.getting]  # fmt: skip
        signal.emit(self.line.key)


class GroupList(QWidget):
    """All quantizations of a model. The rows are made a few at a time, so that the window never waits for them."""

    get_requested = Signal(str)
    chat_requested = Signal(str)
    progress_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Quantizations"))
        self.rows: dict[str, GroupRow] = {}
        self._theme = Theme()
        self._waiting: list[GroupLine] = []
        self._states: Mapping[str, GetState] = {}
        self._parts: list[QWidget] = []
        self._shelf = ""
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._step = QTimer(self)
        self._step.setInterval(0)
        self._step.timeout.connect(self._build_some)

    def set_lines(self, lines: Sequence[GroupLine]) -> None:
        """Show these quantizations, under their headings in the order small, balanced, large, other."""
        for part in self._parts:
            part.hide()
            part.deleteLater()
        self._parts, self.rows, self._shelf = [], {}, ""
        self._waiting = sorted(lines, key=lambda line: SHELVES.index(line.shelf))
        self._build_some()
        if self._waiting:
            self._step.start()

    def set_states(self, states: Mapping[str, GetState]) -> None:
        """Which of them are here or coming, by key."""
        self._states = states
        for key, line in self.rows.items():
            line.show_state(states.get(key, NOT_HERE))

    def set_fits(self, fits: Mapping[str, Remark]) -> None:
        """The fit of each, by key: memory is free at one moment and not at another."""
        for key, line in self.rows.items():
            set_pill(line.fit, fits.get(key, NONE))

    def _build_some(self) -> None:
        for line in self._waiting[:_PER_STEP]:
            if line.shelf != self._shelf:
                self._shelf = line.shelf
                self._heading(line.shelf)
            made = GroupRow(line, self)
            made.show_state(self._states.get(line.key, NOT_HERE))
            for name in ("get_requested", "chat_requested", "progress_requested"):
                getattr(made, name).connect(getattr(self, name))
            self._layout.addWidget(made)
            self._parts.append(made)
            self.rows[line.key] = made
        del self._waiting[:_PER_STEP]
        if not self._waiting:
            self._step.stop()

    def _heading(self, shelf: str) -> None:
        name, meaning = shelf_name(shelf)
        said = ElidedLabel(meaning)
        said.setProperty("kind", "small")
        said.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        line = QWidget(self)
        line.setLayout(row(label(name, "smallstrong"), said, margins=(0, 12, 0, 2), spacing=8))
        self._layout.addWidget(line)
        self._parts.append(line)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
