"""What the next answer is made with: model, preset, sampling and load options, wired to the services."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from slmdesk.core.chat import LoadOptions, Preset, SamplingOptions, new_id
from slmdesk.core.errors import ContextFull, NotEnoughMemory, SlmdeskError
from slmdesk.core.fit import Remedy, RemedyKind
from slmdesk.core.models import Model
from slmdesk.core.progress import Progress
from slmdesk.runtimes.base import CanCountTokens, LoadedModel
from slmdesk.ui import format as fmt
from slmdesk.ui.panes.chat.memory import MemoryForecast
from slmdesk.ui.widgets.model_picker import ModelChoice

if TYPE_CHECKING:
    from slmdesk.ui.panes.chat.pane import ChatPane

EDIT_WAIT_MS = 250
PREVIEW_WAIT_MS = 300


class Setup(QObject):
    """Shows the open chat's choices in the picker, the inspector and the context meter, and keeps every edit."""

    def __init__(self, pane: ChatPane) -> None:
        super().__init__(pane)
        self._pane = pane
        self._session = pane.session
        self._services = pane.session.services
        self._inspector = pane.inspector
        self._picker = pane.picker
        self.models: list[Model] = []
        self.model: Model | None = None
        """The model that will answer in the open chat."""
        self._presets: list[Preset] = []
        self._edits: dict[str, Any] = {}
        self._forecast = MemoryForecast(self._session.services.fits)
        self._edit_wait = self._timer(EDIT_WAIT_MS, lambda: pane.run(self.flush()))
        self._preview_wait = self._timer(PREVIEW_WAIT_MS, lambda: pane.run(self._measure()))
        self._wire()

    def _timer(self, milliseconds: int, act: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(act)
        return timer

    def _wire(self) -> None:
        run, services, inspector, picker = self._pane.run, self._services, self._inspector, self._picker
        picker.chosen.connect(lambda model_id: run(self.choose(model_id)))
        picker.cancel_requested.connect(self._cancel_load)
        picker.more_requested.connect(self._pane.models_requested)
        picker.about_to_open.connect(self._fill_picker)
        services.library.changed.connect(lambda: run(self.read_models()))
        services.presets.changed.connect(lambda: run(self.show_head()))
        if services.fits is not None:
            services.fits.changed.connect(self._on_fits_changed)
        services.loaded_models.loading.connect(self._on_loading)
        services.loaded_models.load_ended.connect(self._on_load_ended)
        services.loaded_models.changed.connect(lambda: run(self.show_head()))
        inspector.preset_chosen.connect(lambda i: run(self._session.update(preset_id=i, sampling={}, system_prompt="")))
        inspector.preset_saved.connect(lambda name: run(self._save_preset(name)))
        inspector.preset_deleted.connect(lambda preset_id: run(services.presets.delete(preset_id)))
        inspector.system_prompt_edited.connect(lambda text: self._edit(system_prompt=text))
        inspector.sampling_edited.connect(self._on_sampling)
        inspector.load_edited.connect(self._on_load_option)
        inspector.reload_requested.connect(lambda: run(self._reload()))
        inspector.preview_requested.connect(self.note_prompt_changed)

    # --- showing ------------------------------------------------------------------------------------------------

    async def read_models(self) -> None:
        """Read the list of models again."""
        self.models = [m for m in await self._services.library.models() if not m.problem]
        await self.show_head()

    async def show_head(self) -> None:
        """Show the open chat's choices."""
        head, choices = self._session.head, self._services.chat.choices
        self._presets = await self._services.presets.list()
        try:
            model: Model | None = await choices.model(head)
        except SlmdeskError:
            model = None  # sending tells why
        sampling = await choices.sampling(head, self.model)
        if head is not self._session.head:
            return
        self.model = model
        preset = self._preset()
        changed = bool(head.sampling or head.system_prompt)
        self._inspector.set_presets(self._presets, preset.id if preset else "", changed=changed)
        self._inspector.set_system_prompt(head.system_prompt)
        self._inspector.set_sampling(sampling)
        self._picker.set_current(self._choice(model) if model else None)
        if model is None or not self._services.loaded_models.is_loading(model.id):
            self._picker.set_loading(None)
        self._pane.composer.set_preset(preset.name if preset else "")
        self._pane.composer.set_model_name(model.name if model else "")
        self._pane.empty_changed()
        self._show_load()
        self.note_prompt_changed()

    def _show_load(self) -> None:
        model = self.model
        if model is None:
            self._inspector.load.set_memory(None)
            return
        options = self._services.chat.choices.load_options(self._session.head, model)
        current = self._services.loaded_models.options(model.id)
        self._inspector.load.set_options(options)
        self._inspector.load.set_reload_needed(current is not None and current != options)
        entry = next((e for e in self._services.loaded_models.list() if e.model.id == model.id), None)
        measured = entry.memory_bytes if entry is not None and entry.options == options else 0
        info = getattr(self._services.loaded_models.get(model.id), "info", {})
        self._inspector.load.set_devices(
            [(d["name"], d["description"]) for d in info.get("devices", ()) if isinstance(d, dict)]
        )
        self._inspector.load.set_limits(*self._forecast.limits(model))
        self._inspector.load.set_memory(self._forecast.need(model, options, measured))

    def _on_fits_changed(self) -> None:
        """The memory that is free is another now; while a model is put into it, that is no news."""
        if self.model is None or not self._services.loaded_models.is_loading(self.model.id):
            self._show_load()

    def _preset(self) -> Preset | None:
        wanted = self._services.chat.choices.preset_id(self._session.head, self.model)
        first = next(iter(self._presets), None)  # for a chat whose preset was deleted, as Presets.get has it
        return next((p for p in self._presets if p.id == wanted), first)

    def _choice(self, model: Model) -> ModelChoice:
        loaded = self._services.loaded_models.get(model.id) is not None
        fit, tone = self._forecast.pill(model, self._services.chat.choices.load_options(None, model))
        return ModelChoice(
            model.id, model.name,
            detail=" · ".join(part for part in (model.quantization, model.runtime) if part),
            size=fmt.disk_size(model.size) if model.size else "",
            pill=self.tr("Loaded") if loaded else fit, tone="good" if loaded else tone,
            note=self.tr("Starter: tiny, for trying out") if model.starter else "",
            loaded=loaded,
        )  # fmt: skip

    def _fill_picker(self) -> None:
        recent = self._services.library.recent()
        place = {model_id: number for number, model_id in enumerate(recent)}
        ordered = sorted(self.models, key=lambda m: place.get(m.id, len(place)))
        self._picker.set_choices([self._choice(m) for m in ordered])

    # --- the model ----------------------------------------------------------------------------------------------

    def loaded(self) -> LoadedModel | None:
        """The model of the open chat, if it is in memory."""
        return self._services.loaded_models.get(self.model.id) if self.model is not None else None

    def counter(self) -> CanCountTokens | None:
        """The loaded model as one that counts tokens, where it can."""
        loaded: Any = self.loaded()
        return loaded if isinstance(loaded, CanCountTokens) else None

    async def choose(self, model_id: str) -> None:
        """Let another model answer in the open chat, and load it."""
        model = self._services.library.get(model_id)
        if model is None:
            return
        await self._session.update(model_id=model.id, load={})
        await self._services.settings.set("last_model", model.id)
        await self.show_head()
        await self.load()

    async def load(self, *, anyway: bool = False) -> None:
        """Put the open chat's model into memory; where it does not fit, the banner offers to try all the same."""
        model = self.model
        if model is None:
            return
        if anyway:
            await self._session.update(load={**self._session.head.load, "ignore_memory": True})
        options = self._services.chat.choices.load_options(self._session.head, model)
        self._pane.banner.dismiss()
        try:
            await self._services.loaded_models.ensure(model, options)
        except NotEnoughMemory as error:
            self._pane.show_error(
                error,
                self.tr("Load anyway"),
                lambda: self._pane.run(self.load(anyway=True)),
                lambda remedy: self._pane.run(self.help(remedy)),
            )
        except SlmdeskError as error:
            self._pane.show_error(error, self.tr("Try again"), self.load_again)

    def load_again(self) -> None:
        """Load the open chat's model, after its process ended."""
        self._pane.run(self.load())

    async def load_anyway(self) -> None:
        """Load the open chat's model although the estimate says that it does not fit."""
        await self.load(anyway=True)

    async def help(self, remedy: Remedy) -> None:
        """Do what a remedy for too little memory says, and load."""
        model = self.model
        if model is None:
            return
        if remedy.kind is RemedyKind.SMALLER:
            other = next((m for m in self.models if m.id == remedy.model_id), None)
            if other is None:
                self._pane.models_requested.emit()
            else:
                await self.choose(other.id)
            return
        if remedy.kind is RemedyKind.UNLOAD:
            await self._services.loaded_models.unload(remedy.model_id)
        else:
            neutral = asdict(LoadOptions())
            options = asdict(self._services.chat.choices.load_options(self._session.head, model))
            own = {name: value for name, value in options.items() if value != neutral[name]}
            await self._session.update(load={**own, **remedy.options})
        await self.load()

    async def _reload(self) -> None:
        await self.flush()
        if self.model is not None:
            saved = dict(self._services.settings.get_state("load_options") or {})
            kept = {k: v for k, v in self._session.head.load.items() if k != "ignore_memory"}
            await self._services.settings.set_state("load_options", {**saved, self.model.id: kept})
            await self.load()

    def _cancel_load(self) -> None:
        if self.model is not None:
            self._services.loaded_models.cancel_load(self.model.id)

    def _on_loading(self, model_id: str, progress: Progress) -> None:
        if self.model is not None and model_id == self.model.id:
            self._picker.set_loading(progress.fraction or 0.0)

    def _on_load_ended(self, model_id: str) -> None:
        if self.model is not None and model_id == self.model.id:
            self._picker.set_loading(None)

    # --- edits --------------------------------------------------------------------------------------------------

    def _edit(self, **fields: Any) -> None:
        """Collect edits of a slider that is being dragged; they are kept when it rests."""
        self._edits.update(fields)
        self._edit_wait.start()

    async def flush(self) -> None:
        """Keep the edits that still wait."""
        self._edit_wait.stop()
        edits, self._edits = self._edits, {}
        if edits:
            await self._session.update(**edits)

    def _on_sampling(self, name: str, value: object) -> None:
        preset = self._preset()
        base = preset.options() if preset else SamplingOptions()
        sampling = dict(self._edits.get("sampling", self._session.head.sampling))
        sampling[name] = value
        if getattr(base, name) == value:
            del sampling[name]
        if name == "json_schema" and value:
            sampling.pop("grammar", None)
        elif name == "grammar" and value:
            sampling.pop("json_schema", None)
        self._edit(sampling=sampling)

    def _on_load_option(self, name: str, value: object) -> None:
        if self.model is None:
            return
        head = replace(self._session.head, load=self._edits.get("load", self._session.head.load))
        options = self._services.chat.choices.load_options(head, self.model)
        neutral = asdict(LoadOptions())
        load = {k: v for k, v in asdict(options).items() if v != neutral[k]}
        self._edit(load={**load, name: value})

    async def _save_preset(self, name: str) -> None:
        await self.flush()
        choices, head = self._services.chat.choices, self._session.head
        sampling = asdict(await choices.sampling(head, self.model))
        preset = await self._services.presets.save(
            Preset(new_id(), name, await choices.system_prompt(head), sampling)
        )  # fmt: skip
        await self._session.update(preset_id=preset.id, sampling={}, system_prompt="")

    # --- the context --------------------------------------------------------------------------------------------

    def note_prompt_changed(self) -> None:
        """What would be sent is another text now: measure it again in a moment."""
        self._preview_wait.start()

    async def _measure(self) -> None:
        loaded, session = self.loaded(), self._session
        if loaded is None or not session.saved:
            self._pane.meter.set_usage(0, loaded.context_length if loaded is not None else 0)
            nothing = self.tr("Load a model to see what would be sent to it.")
            self._inspector.set_preview({}, self.tr("Nothing was said yet.") if loaded is not None else nothing)
            return
        if self._services.chat.streaming(session.id) is not None:
            return  # the end of the answer asks again
        composer, chat_id = self._pane.composer, session.id
        try:
            preview = await self._services.chat.preview(chat_id, composer.text.strip(), composer.attachments)
        except ContextFull:
            if chat_id == session.id:  # even the last message alone is too long
                self._pane.meter.set_usage(loaded.context_length, loaded.context_length)
            return
        except SlmdeskError:
            return  # what is wrong with the prompt is told when it is sent
        if chat_id != session.id or not preview:
            return
        self._pane.meter.set_usage(
            int(preview["prompt_tokens"]), int(preview["context_length"]),
            int(preview["dropped_messages"]), int(preview["dropped_tokens"]),
        )  # fmt: skip
        if self._inspector.shows_preview:
            self._inspector.set_preview(preview)
