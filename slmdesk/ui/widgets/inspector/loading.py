"""The load options as fields, with the memory they cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from slmdesk.core.chat import LoadOptions
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton
from slmdesk.ui.widgets.inspector.fields import ChoiceField, Scale, SliderField, SwitchField, TextField
from slmdesk.ui.widgets.inspector.fold import Fold
from slmdesk.ui.widgets.memory_bar import MemoryCard, MemoryNeed

CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")
_CONTEXTS = (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144)


class LoadForm(QWidget):
    """Shows :class:`LoadOptions`. ``edited`` carries a field's name and its new value."""

    edited = Signal(str, object)
    reload_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = LoadOptions()
        self._show: dict[str, Callable[[Any], None]] = {}
        self._devices: list[tuple[str, str]] = []
        self._device: ChoiceField | None = None
        self._context = self._slider(
            "context_length",
            self.tr("Context length"),
            self._context_scale(0),
            self.tr("How many tokens of a chat the model can see at once. More costs memory."),
        )
        self._gpu = self._slider(
            "gpu_layers",
            self.tr("GPU layers"),
            self._gpu_scale(0),
            self.tr("How many layers go to the graphics card. All is fastest if they fit."),
        )
        cache = self._choice(
            "cache_type_k",
            self.tr("KV cache"),
            [(t, t.upper()) for t in CACHE_TYPES],
            self.tr("How the chat's memory is stored. Q8_0 halves it with hardly any loss."),
        )
        cache.edited.connect(lambda value: self.edited.emit("cache_type_v", value))
        self.more = Fold(self.tr("More load options"), self._build_more)
        self.reload = TextButton(self.tr("Reload to apply"), kind="primary")
        self.reload.hide()
        self.reload.clicked.connect(self.reload_requested)
        self.memory = MemoryCard()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self._context, self._gpu, cache, self.more, self.reload, self.memory):
            layout.addWidget(widget)

    def set_options(self, options: LoadOptions) -> None:
        """Show these options."""
        self._options = options
        for name, show in self._show.items():
            show(getattr(options, name))

    def set_limits(self, train_context: int, layers: int) -> None:
        """What the model allows: the context it was trained for, and its layers; 0 where it is not known."""
        self._context.set_scale(self._context_scale(train_context))
        self._gpu.set_scale(self._gpu_scale(layers))

    def set_devices(self, devices: Sequence[tuple[str, str]]) -> None:
        """What the engine can compute on: names with their descriptions."""
        self._devices = [(name, f"{name}: {words}" if words else name) for name, words in devices]
        if self._device is not None:
            self._device.offer(self._devices)

    def set_reload_needed(self, needed: bool) -> None:
        """Whether the model in memory was loaded with other options."""
        self.reload.setVisible(needed)

    def set_memory(self, need: MemoryNeed | None) -> None:
        """The memory that these options cost."""
        self.memory.set_need(need)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.more.set_theme(theme)
        self.memory.set_theme(theme)

    # --- fields -------------------------------------------------------------------------------------------------

    def _context_scale(self, train_context: int) -> Scale:
        top = train_context or _CONTEXTS[-1]
        stops = (0, *(c for c in _CONTEXTS if c < top), top)
        return Scale(0, top, 1, 0, stops=stops, words={0: self.tr("Automatic")})

    def _gpu_scale(self, layers: int) -> Scale:
        top = layers or 128
        return Scale(0, top, 1, 0, stops=(*range(top + 1), -1), words={-1: self.tr("All"), 0: self.tr("None")})

    def _slider(self, name: str, words: str, scale: Scale, help_text: str = "") -> SliderField:
        field = SliderField(words, scale, help_text)
        field.edited.connect(lambda value: self.edited.emit(name, round(value)))
        self._show[name] = field.set_value
        field.set_value(getattr(self._options, name))
        return field

    def _choice(self, name: str, words: str, choices: list[tuple[str, str]], help_text: str = "") -> ChoiceField:
        field = ChoiceField(words, choices, help_text)
        field.edited.connect(lambda value: self.edited.emit(name, value))
        self._show[name] = field.set_value
        field.set_value(getattr(self._options, name))
        return field

    def _switch(self, name: str, words: str, help_text: str) -> SwitchField:
        field = SwitchField(words, help_text)
        field.edited.connect(lambda value: self.edited.emit(name, value))
        self._show[name] = field.set_value
        field.set_value(getattr(self._options, name))
        return field

    def _build_more(self) -> QWidget:
        auto: dict[float, str] = {0: self.tr("Automatic")}
        flash = [("auto", self.tr("Automatic")), ("on", self.tr("On")), ("off", self.tr("Off"))]
        template = TextField(self.tr("Chat template"), self.tr("Jinja; empty takes the model's own"), 4, mono=True)
        template.edited.connect(lambda text: self.edited.emit("chat_template", text))
        self._show["chat_template"] = lambda value: None if template.box.hasFocus() else template.set_value(value)
        template.set_value(self._options.chat_template)
        powers = (32, 64, 128, 256, 512, 1024, 2048, 4096)
        batch = Scale(32, 4096, 1, 0, stops=powers)
        self._device = self._choice(
            "device",
            self.tr("Device"),
            [("", self.tr("Automatic")), *self._devices],
            self.tr("Where the model computes. Automatic takes the fastest that the engine knows."),
        )
        fields: list[QWidget] = [
            self._device,
            self._choice(
                "cache_type_v",
                self.tr("KV cache, values"),
                [(t, t.upper()) for t in CACHE_TYPES],
                self.tr("A quantized value cache needs flash attention."),
            ),
            self._choice(
                "flash_attention", self.tr("Flash attention"), flash, self.tr("Needs less memory for a long context.")
            ),
            self._slider(
                "threads",
                self.tr("Threads"),
                Scale(0, 64, 1, 0, words=auto),
                self.tr("Processor threads while answering."),
            ),
            self._slider(
                "batch_threads",
                self.tr("Threads for reading"),
                Scale(0, 64, 1, 0, words=auto),
                self.tr("Processor threads while a prompt is read."),
            ),
            self._slider(
                "batch_size", self.tr("Batch"), batch, self.tr("Tokens of a prompt that are handed over at once.")
            ),
            self._slider(
                "ubatch_size",
                self.tr("Physical batch"),
                batch,
                self.tr("Tokens computed at once. Less costs less memory."),
            ),
            self._slider(
                "slots",
                self.tr("Slots"),
                Scale(1, 16, 1, 0),
                self.tr("How many answers can be written at the same time. Each has a context of its own."),
            ),
            self._switch(
                "mmap", self.tr("Map the file into memory"), self.tr("Loads faster, and shares the file's pages.")
            ),
            self._switch(
                "mlock", self.tr("Keep in memory"), self.tr("Stops the system from moving the model to disk.")
            ),
            template,
        ]
        panel = QWidget()
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for field in fields:
            layout.addWidget(field)
        return panel
