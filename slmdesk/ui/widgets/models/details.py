"""Everything about the chosen model, beside the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.facts import ModelFacts
from slmdesk.core.models import Model, Verdict
from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton, TextButton, label, restyle, row, rule
from slmdesk.ui.widgets.flow import FlowLayout
from slmdesk.ui.widgets.inspector.fold import Fold
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.fit_card import FitCard
from slmdesk.ui.widgets.models.homes import HomeList
from slmdesk.ui.widgets.models.items import LoadState
from slmdesk.ui.widgets.models.metadata import MetadataList
from slmdesk.ui.widgets.models.notes import NotesBox
from slmdesk.ui.widgets.models.quantizations import QuantizationRows
from slmdesk.ui.widgets.models.safety_card import SafetyCard


@dataclass(frozen=True, slots=True)
class Action:
    """One entry of the panel's menu: its key, its words, and why it cannot be chosen now (empty: it can)."""

    key: str
    text: str
    why_not: str = ""


class ModelDetails(QScrollArea):
    """``action_requested`` carries the key of what a person wants done: load, unload, cancel, chat, close, or one of
    the menu's actions.
    """

    action_requested = Signal(str)
    model_requested = Signal(str)
    """Another quantization of the same model, by its id."""
    metadata_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Details of the model"))
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._theme = Theme()
        self._state = LoadState()
        self._actions: Sequence[Action] = ()
        self._build_head()
        self.fit = FitCard()
        self.facts = FactGrid()
        self.quantizations = QuantizationRows()
        self.quantizations_title = label(self.tr("Other quantizations here"), "strong")
        self.safety = SafetyCard()
        self.homes = HomeList()
        self.homes_title = label(kind="strong")
        self.notes = NotesBox()
        self.metadata = MetadataList()
        self.all_fields = Fold(self.tr("All fields of the header"), lambda: self.metadata)
        self._assemble()
        self.quantizations.chosen.connect(self.model_requested)
        self.all_fields.toggled.connect(lambda on: self.metadata_requested.emit() if on else None)

    def _build_head(self) -> None:
        self.name = label(kind="title", wrap=True)
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.by = label(kind="secondary", wrap=True)
        self.close_button = IconButton("close", self.tr("Close the details"))
        self.badges = QWidget()
        self._badges = FlowLayout(self.badges, spacing=4)
        self.problem = label(kind="bad", wrap=True)
        self.chat = TextButton(self.tr("Chat"), kind="primary")
        self.load = TextButton(self.tr("Load"))
        self.state = label()
        self.state.setProperty("kind", "pill")
        self.more = IconButton("more", self.tr("More actions"))
        self.close_button.clicked.connect(lambda: self.action_requested.emit("close"))
        self.chat.clicked.connect(lambda: self.action_requested.emit("chat"))
        self.load.clicked.connect(self._on_load)
        self.more.clicked.connect(self._open_menu)

    def _assemble(self) -> None:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(16, 14, 16, 20)
        layout.setSpacing(12)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.name)
        texts.addWidget(self.by)
        head = row(spacing=4)
        head.addLayout(texts, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(head)
        layout.addWidget(self.badges)
        layout.addWidget(self.problem)
        layout.addLayout(row(self.chat, self.load, self.state, 1, self.more))
        for widget in (
            self.fit, self.quantizations_title, self.quantizations, self.facts, self.safety, self.homes_title,
            self.homes, rule(), self.notes, rule(), self.all_fields,
        ):  # fmt: skip
            layout.addWidget(widget)
        layout.addStretch(1)
        self.setWidget(inner)

    # --- what it shows ------------------------------------------------------------------------------------------

    def show_model(self, model: Model) -> None:
        """Show what the library knows of a model at once."""
        self.name.setText(words.short_name(model))
        self.by.setText(" · ".join(part for part in (model.publisher, model.family) if part))
        self.by.setVisible(bool(self.by.text()))
        self._show_badges(model)
        self.problem.setText(model.problem)
        self.problem.setVisible(bool(model.problem))
        self.facts.show_facts(model, None)
        self.homes.set_homes(model.homes)
        several = len(model.homes) > 1
        self.homes_title.setText(self.tr("In {0} places").format(len(model.homes)) if several else self.tr("Where"))
        self.homes_title.setVisible(bool(model.homes))
        self.notes.show_notes(model.tags, model.note)
        runs = not model.problem and not model.offline
        self.chat.setVisible(runs)
        self.load.setVisible(runs)
        self.chat.setAccessibleName(self.tr("Chat with {0}").format(model.name))

    def _show_badges(self, model: Model) -> None:
        self._badges.clear()
        if model.verdict is not Verdict.SAFE:
            remark = words.verdict_remark(model.verdict)
            self._add_badge(remark.words, remark.tip, remark.tone)
        class_words = words.class_of(model)
        texts = [
            (class_words, words.class_range(model.parameter_class) if class_words else ""),
            (model.quantization, self.tr("Quantization")),
            (words.format_name(model.format), self.tr("Format")),
            (self.tr("Starter: tiny, for trying out") if model.starter else "", ""),
            *((words.ability_name(a), words.ability_help(a)) for a in sorted(model.abilities)),
        ]
        for text, tip in texts:
            if text:
                self._add_badge(text, tip)

    def _add_badge(self, text: str, tip: str, tone: str = "") -> None:
        badge = label(text)
        badge.setProperty("kind", "pill")
        badge.setProperty("tone", tone)
        badge.setToolTip(tip)
        self._badges.addWidget(badge)

    def show_quantizations(self, rows: Sequence[tuple[Model, words.Remark]]) -> None:
        """Show which other quantizations of the same model are on this machine."""
        self.quantizations.set_rows(rows)
        self.quantizations_title.setVisible(bool(rows))
        self.quantizations.setVisible(bool(rows))

    def show_state(self, state: LoadState) -> None:
        """Whether the model is in memory, or how far its load is."""
        self._state = state
        if state.fraction is not None:
            remark = words.Remark(self.tr("Loading {0} %").format(round(state.fraction * 100)), "accent")
            button = self.tr("Cancel")
        elif state.loaded:
            memory = f" · {fmt.memory_size(state.memory)}" if state.memory else ""
            remark, button = words.Remark(self.tr("Loaded") + memory, "good"), self.tr("Unload")
        else:
            remark, button = words.NONE, self.tr("Load")
        self.state.setText(remark.words)
        self.state.setProperty("tone", remark.tone)
        self.state.setVisible(bool(remark.words))
        restyle(self.state)
        self.load.setText(button)

    def set_actions(self, actions: Sequence[Action]) -> None:
        """What the menu offers."""
        self._actions = actions

    def _on_load(self) -> None:
        key = "cancel" if self._state.fraction is not None else "unload" if self._state.loaded else "load"
        self.action_requested.emit(key)

    def _open_menu(self) -> None:
        menu = model_menu(self, self._actions, self.action_requested.emit)
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height() + 2)))

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        for part in (
            self.close_button, self.more, self.fit, self.quantizations, self.safety, self.homes, self.notes,
            self.metadata, self.all_fields,
        ):  # fmt: skip
            part.set_theme(theme)
        self.setMinimumWidth(theme.px(320))


def model_menu(parent: QWidget, actions: Sequence[Action], on_chosen: Callable[[str], object]) -> QMenu:
    """The menu of what can be done with a model; ``on_chosen`` gets the key."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for entry in actions:
        if not entry.key:
            menu.addSeparator()
            continue
        action = menu.addAction(entry.text)
        action.setEnabled(not entry.why_not)
        action.setToolTip(entry.why_not)
        action.triggered.connect(lambda _checked=False, key=entry.key: on_chosen(key))
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


class FactGrid(QWidget):
    """What a model is, as names and values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self.values: dict[str, str] = {}
        self._lines: list[tuple[QLabel, QLabel]] = []

    def show_facts(self, model: Model, facts: ModelFacts | None) -> None:
        """Show the model's figures; ``facts`` adds what only the file's header tells."""
        self.values = {name: value for name, value in self._rows(model, facts) if value}
        while len(self._lines) < len(self.values):
            self._add_line()
        for place, (title, text) in enumerate(self._lines):
            title.setVisible(place < len(self.values))
            text.setVisible(place < len(self.values))
        for (title, text), (name, value) in zip(self._lines, self.values.items(), strict=False):
            title.setText(name)
            text.setText(value)
            text.setAccessibleName(f"{name}: {value}")

    def _add_line(self) -> None:
        """One more name and value; they are used again for the next model, because making them takes time."""
        title, text = label(kind="secondary"), label(wrap=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        place = len(self._lines)
        self._grid.addWidget(title, place, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(text, place, 1, Qt.AlignmentFlag.AlignTop)
        self._lines.append((title, text))

    def _rows(self, model: Model, facts: ModelFacts | None) -> list[tuple[str, str]]:
        bits = words.bits(model.bits_per_weight)
        quantization = model.quantization
        if bits:
            quantization = self.tr("{0}, {1} bits per weight").format(quantization, bits).lstrip(", ")
        context = self.tr("{0} tokens").format(fmt.count(model.context_length)) if model.context_length else ""
        found = [
            (self.tr("Parameters"), words.parameters_of(model)),
            (self.tr("Context"), context),
            (self.tr("Quantization"), quantization),
            (self.tr("Size"), fmt.disk_size(model.size) if model.size else ""),
            (self.tr("Licence"), model.licence),
            (self.tr("Abilities"), words.abilities_of(model.abilities)),
            (self.tr("Architecture"), model.architecture),
        ]
        if facts is not None:
            found += self._header_rows(facts)
        found += [(self.tr("Runtime"), model.runtime), (self.tr("Added"), words.day(model.added))]
        return found

    def _header_rows(self, facts: ModelFacts) -> list[tuple[str, str]]:
        heads = fmt.count(facts.heads) if facts.heads else ""
        if heads and 0 < facts.kv_heads < facts.heads:
            heads = self.tr("{0}, {1} for keys and values").format(heads, fmt.count(facts.kv_heads))
        vocabulary = self.tr("{0} tokens").format(fmt.count(facts.vocabulary)) if facts.vocabulary else ""
        tokenizer = ", ".join(part for part in (facts.tokenizer, vocabulary) if part)
        return [
            (self.tr("Layers"), fmt.count(facts.layers) if facts.layers else ""),
            (self.tr("Attention heads"), heads),
            (self.tr("Width"), fmt.count(facts.embedding_length) if facts.embedding_length else ""),
            (self.tr("Tokenizer"), tokenizer),
            (self.tr("Number formats"), _number_formats(facts.tensor_types)),
            (self.tr("Format"), facts.version),
            (self.tr("Files"), fmt.count(len(facts.files)) if len(facts.files) > 1 else ""),
        ]


def _number_formats(counts: dict[str, int]) -> str:
    """The share of the weights in each number format, the most first."""
    total = sum(counts.values())
    if not total:
        return ""
    shares = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {fmt.decimal(100 * n / total, 1)} %" for name, n in shares if n / total >= 0.0005)
