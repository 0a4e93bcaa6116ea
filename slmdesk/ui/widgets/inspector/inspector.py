"""The inspector: everything that decides how the next answer is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.chat import Preset, SamplingOptions
from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, make_mono, row
from slmdesk.ui.widgets.inspector.fields import TextField
from slmdesk.ui.widgets.inspector.fold import Fold
from slmdesk.ui.widgets.inspector.loading import LoadForm
from slmdesk.ui.widgets.inspector.sampling import SamplingForm
from slmdesk.ui.widgets.name_dialog import ask_name


class Inspector(QScrollArea):
    """Shows values as they are given and tells every edit; it keeps nothing itself."""

    preset_chosen = Signal(str)
    preset_saved = Signal(str)
    """The name under which the current system prompt and sampling are to be kept."""
    preset_deleted = Signal(str)
    system_prompt_edited = Signal(str)
    sampling_edited = Signal(str, object)
    load_edited = Signal(str, object)
    reload_requested = Signal()
    preview_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presets: Sequence[Preset] = ()
        self._preset_id = ""
        self._changed = False
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Inspector"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.preset = TextButton("", icon_name="chevron-down", after=True)
        self.system = TextField("", "", 3)
        self.system.box.setAccessibleName(self.tr("System prompt"))
        self.sampling = SamplingForm()
        self.load = LoadForm()
        self.rendered = Fold(self.tr("Rendered prompt"), self._build_rendered)
        self._prompt: QPlainTextEdit | None = None
        self._prompt_note = label(kind="small", wrap=True)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(10)
        layout.addLayout(row(label(self.tr("Preset"), "strong"), 1, self.preset))
        layout.addSpacing(4)
        layout.addWidget(label(self.tr("System prompt"), "strong"))
        layout.addWidget(self.system)
        layout.addSpacing(4)
        layout.addWidget(label(self.tr("Sampling"), "strong"))
        layout.addWidget(self.sampling)
        layout.addSpacing(4)
        layout.addWidget(label(self.tr("Load"), "strong"))
        layout.addWidget(self.load)
        layout.addWidget(self.rendered)
        layout.addStretch(1)
        self.setWidget(inner)
        self.preset.clicked.connect(lambda: self.open_presets(self.preset))
        self.system.edited.connect(self.system_prompt_edited)
        self.sampling.edited.connect(self.sampling_edited)
        self.load.edited.connect(self.load_edited)
        self.load.reload_requested.connect(self.reload_requested)
        self.rendered.toggled.connect(lambda open_: self.preview_requested.emit() if open_ else None)

    # --- values -------------------------------------------------------------------------------------------------

    def set_presets(self, presets: Sequence[Preset], current_id: str, *, changed: bool) -> None:
        """The presets there are, the one in use, and whether the chat's own values differ from it."""
        self._presets, self._preset_id, self._changed = presets, current_id, changed
        current = next((p for p in presets if p.id == current_id), None)
        name = current.name if current else self.tr("None")
        self.preset.setText(self.tr("{0}, changed").format(name) if changed else name)
        self.preset.setAccessibleName(self.tr("Preset: {0}").format(self.preset.text()))
        placeholder = current.system_prompt if current and current.system_prompt else self.tr("None")
        self.system.box.setPlaceholderText(placeholder)

    def set_system_prompt(self, text: str) -> None:
        """Show the chat's own system prompt; empty means the preset's."""
        if not self.system.box.hasFocus():
            self.system.set_value(text)

    def set_sampling(self, options: SamplingOptions) -> None:
        """Show these sampling options."""
        self.sampling.set_options(options)

    def set_preview(self, preview: dict[str, Any], why_not: str = "") -> None:
        """Show what would be sent, as ``Chat.preview`` gives it, or say why there is nothing to show."""
        if self._prompt is None:
            return
        self._prompt.setPlainText(str(preview.get("prompt", "")))
        if not preview:
            self._prompt_note.setText(why_not)
        else:
            self._prompt_note.setText(self.tr("{0} tokens").format(fmt.count(int(preview.get("prompt_tokens", 0)))))

    @property
    def shows_preview(self) -> bool:
        """Whether the rendered prompt is in sight."""
        return self.rendered.is_open

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.preset.set_theme(theme)
        self.sampling.set_theme(theme)
        self.load.set_theme(theme)
        self.rendered.set_theme(theme)

    def flush(self) -> None:
        """Tell edits that still wait for a pause in the typing."""
        self.system.flush()

    # --- intents ------------------------------------------------------------------------------------------------

    def open_presets(self, anchor: QWidget) -> QMenu:
        """Open the menu of presets under (or over) a button."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for preset in self._presets:
            action = menu.addAction(preset.name)
            action.setCheckable(True)
            action.setChecked(preset.id == self._preset_id)
            action.triggered.connect(lambda _checked=False, i=preset.id: self.preset_chosen.emit(i))
        menu.addSeparator()
        menu.addAction(self.tr("Save as…"), self._ask_preset_name)
        own = next((p for p in self._presets if p.id == self._preset_id and not p.built_in), None)
        if own is not None:
            menu.addAction(self.tr("Delete “{0}”").format(own.name), lambda: self.preset_deleted.emit(own.id))
        below = anchor.mapToGlobal(QPoint(0, anchor.height() + 2))
        above = anchor.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 2))
        fits = below.y() + menu.sizeHint().height() < self.window().mapToGlobal(QPoint(0, self.window().height())).y()
        menu.popup(below if fits else above)
        return menu

    def _ask_preset_name(self) -> None:
        ask_name(self, self.tr("Save preset"), self.tr("Name of the preset"), "", self.preset_saved.emit)

    def _build_rendered(self) -> QWidget:
        panel = QWidget()
        self._prompt = make_mono(QPlainTextEdit())
        self._prompt.setReadOnly(True)
        self._prompt.setFixedHeight(240)
        self._prompt.setAccessibleName(self.tr("Rendered prompt"))
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._prompt_note)
        layout.addWidget(self._prompt)
        return panel
