"""The library view: what is on this machine and can be loaded now."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.models import Model, ParameterClass
from slmdesk.core.progress import Progress
from slmdesk.ui import format as fmt
from slmdesk.ui.file_dialogs import ask_folder
from slmdesk.ui.panes.models.view import Host, ModelsServices, ModelsView
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, TextButton, label, restyle, row


class ModelRow(QFrame):
    """One model: what it is, where it lies, and what can be done with it."""

    load_requested = Signal(str)
    unload_requested = Signal(str)
    cancel_requested = Signal(str)
    chat_requested = Signal(str)

    def __init__(self, model: Model, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.model = model
        self.setAccessibleName(model.name)
        name = label(model.name, "strong")
        self.state = label()
        self.state.setProperty("kind", "pill")
        badge = label(self.tr("Starter: tiny, for trying out") if model.starter else _class_words(model))
        badge.setProperty("kind", "pill")
        badge.setVisible(bool(badge.text()))
        self.load = TextButton(self.tr("Load"))
        self.chat = TextButton(self.tr("Chat"), kind="primary")
        for button in (self.load, self.chat):
            button.setAccessibleName(f"{button.text()}: {model.name}")
        facts = label(model.problem or _facts(model), "small", wrap=bool(model.problem))
        if model.problem:
            facts.setProperty("tone", "bad")
        place = ElidedLabel(str(model.path), middle=True)
        place.setProperty("kind", "small")
        texts = QVBoxLayout()
        texts.setSpacing(3)
        head = row(name, badge, self.state, 1)
        texts.addLayout(head)
        texts.addWidget(facts)
        texts.addWidget(place)
        layout = row(margins=(16, 12, 14, 12), spacing=12)
        layout.addLayout(texts, 1)
        layout.addWidget(self.load)
        layout.addWidget(self.chat)
        self.setLayout(layout)
        for button in (self.load, self.chat):
            button.setHidden(bool(model.problem))
        self._loaded = False
        self._loading = False
        self.load.clicked.connect(self._on_load)
        self.chat.clicked.connect(lambda: self.chat_requested.emit(model.id))
        self.show_state(loaded=False, fraction=None)

    def show_state(self, *, loaded: bool, fraction: float | None, memory_bytes: int = 0) -> None:
        """Whether it is in memory, or how far its load is."""
        self._loaded, self._loading = loaded, fraction is not None
        if fraction is not None:
            words, tone, button = self.tr("Loading {0} %").format(round(fraction * 100)), "accent", self.tr("Cancel")
        elif loaded:
            memory = f" · {fmt.memory_size(memory_bytes)}" if memory_bytes else ""
            words, tone, button = self.tr("Loaded") + memory, "good", self.tr("Unload")
        else:
            words, tone, button = "", "", self.tr("Load")
        self.state.setText(words)
        self.state.setVisible(bool(words))
        self.state.setProperty("tone", tone)
        restyle(self.state)
        self.load.setText(button)

    def _on_load(self) -> None:
        signal = (
            self.cancel_requested if self._loading else self.unload_requested if self._loaded else self.load_requested
        )
        signal.emit(self.model.id)


class LibraryView(ModelsView):
    """What is on this machine."""

    key = "library"

    def __init__(self, services: ModelsServices, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(services, host, parent)
        self._library = library = services.library
        self._loaded = loaded_models = services.loaded_models
        self._choices = services.choices
        self._folder = services.folder
        self._rows: dict[str, ModelRow] = {}
        self._fractions: dict[str, float] = {}
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.refresh_button = TextButton(self.tr("Look again"), icon_name="refresh")
        self.add_button = TextButton(self.tr("Add a folder"), kind="primary", icon_name="plus", color="accent_text")
        self.title_actions = [self.refresh_button, self.add_button]
        self.intro = label(kind="secondary", wrap=True)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self.empty = label(self.tr("There are no models in these folders yet."), "secondary")
        self._fill()
        self.add_button.clicked.connect(self._ask_folder)
        self.refresh_button.clicked.connect(lambda: self.run(self._read(refresh=True)))
        library.changed.connect(lambda: self.run(self._read()))
        loaded_models.changed.connect(self._show_states)
        loaded_models.loading.connect(self._on_loading)
        loaded_models.load_ended.connect(self._on_load_ended)

    def _fill(self) -> None:
        self.open_folder = TextButton(self.tr("Open model folder"), kind="ghost", icon_name="folder")
        self.open_folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder))))
        inner = QWidget()
        inner.setMaximumWidth(1028)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(24, 20, 24, 24)
        layout.setSpacing(12)
        self.intro.setText(
            self.tr(
                "Models on this computer. Put .gguf files into the model folder, or add a folder that holds some. "
                "Finding and downloading models comes in a later version."
            )
        )
        layout.addWidget(self.intro)
        layout.addLayout(row(self.open_folder, 1))
        layout.addWidget(self.empty)
        layout.addLayout(self._list)
        layout.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName(self.tr("Models"))
        area.setWidgetResizable(True)
        area.setWidget(inner)
        self.content.addWidget(area, 1)

    async def start(self) -> None:
        """Read the library."""
        await self._read()

    async def _read(self, *, refresh: bool = False) -> None:
        models = await self._library.models(refresh=refresh)
        for old in self._rows.values():
            old.deleteLater()
        self._rows = {}
        for model in models:
            line = ModelRow(model)
            line.load_requested.connect(lambda model_id: self.run(self._load(model_id)))
            line.unload_requested.connect(lambda model_id: self.run(self._loaded.unload(model_id)))
            line.cancel_requested.connect(self._loaded.cancel_load)
            line.chat_requested.connect(self.chat_requested)
            self._list.addWidget(line)
            self._rows[model.id] = line
        self.empty.setVisible(not models)
        self._show_states()

    async def _load(self, model_id: str, *, anyway: bool = False) -> None:
        model = self._library.get(model_id)
        if model is None:
            return
        options: LoadOptions = self._choices.load_options(None, model)
        if anyway:
            from dataclasses import replace

            options = replace(options, ignore_memory=True)
        try:
            await self._loaded.ensure(model, options)
        except NotEnoughMemory as error:
            again = lambda: self.run(self._load(model_id, anyway=True))  # noqa: E731
            self.host.show_error(error, self.tr("Load anyway"), again)

    def _ask_folder(self) -> None:
        ask_folder(self, self.tr("Add a folder"), lambda path: self.run(self._library.add_folder(path)))

    def _on_loading(self, model_id: str, progress: Progress) -> None:
        self._fractions[model_id] = progress.fraction or 0.0
        self._show_states()

    def _on_load_ended(self, model_id: str) -> None:
        self._fractions.pop(model_id, None)
        self._show_states()

    def _show_states(self) -> None:
        memory = {entry.model.id: entry.memory_bytes for entry in self._loaded.list()}
        for model_id, line in self._rows.items():
            line.show_state(
                loaded=model_id in memory, fraction=self._fractions.get(model_id), memory_bytes=memory.get(model_id, 0)
            )  # fmt: skip

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        for button in (self.refresh_button, self.add_button, self.open_folder):
            button.set_theme(theme)


def _class_words(model: Model) -> str:
    if not model.parameters or model.parameter_class is ParameterClass.BELOW:
        return ""
    return model.parameter_class.value


def _facts(model: Model) -> str:
    words = QCoreApplication.translate("ModelRow", "context {0}")
    context = words.format(fmt.count(model.context_length)) if model.context_length else ""
    size = fmt.disk_size(model.size) if model.size else ""
    parts = (fmt.parameters(model.parameters), model.quantization, size, context, model.architecture, model.runtime)
    return " · ".join(part for part in parts if part)
