"""Which model, options and system prompt a conversation is answered with."""

from __future__ import annotations

from typing import Any

from slmdesk.core.chat import Conversation, LoadOptions, Message, Role, SamplingOptions
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.models import Model
from slmdesk.services.library import Library
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.services.presets import DEFAULT_ID, Presets
from slmdesk.services.settings import Settings

STARTER_PRESET = "precise"


class Choices:
    """Reads a conversation's own choices, its preset and the settings, in this order."""

    def __init__(self, library: Library, loaded: LoadedModels, presets: Presets, settings: Settings) -> None:
        self._library = library
        self._loaded = loaded
        self._presets = presets
        self._settings = settings

    async def model(self, conversation: Conversation | None) -> Model:
        """The conversation's model, else the one used last, else the starter. Raises SlmdeskError if there is none."""
        await self._library.models()
        wanted = conversation.model_id if conversation else ""
        for model_id in (wanted, self._settings.get("last_model")):
            found = self._library.get(model_id) if model_id else None
            if found is not None and not found.problem:
                return found
        own = self._library.get(wanted) if wanted else None
        if own is not None:
            raise SlmdeskError(f"{own.name} cannot be used now. {own.problem}", "Choose another one above the chat.")
        if wanted:
            raise SlmdeskError(
                "The model of this chat is no longer on this machine.", "Choose another one above the chat."
            )
        starter = self._library.starter
        if starter is None:
            raise SlmdeskError("There is no model on this machine.", "Add a folder with .gguf files in Models.")
        return starter

    def load_options(self, conversation: Conversation | None, model: Model) -> LoadOptions:
        """What the conversation or the model's own saved options say; a model in memory stays as it was loaded."""
        own: dict[str, Any] = dict(conversation.load) if conversation else {}
        if not own:
            current = self._loaded.options(model.id)
            if current is not None:
                return current
            saved = self._settings.get_state("load_options") or {}
            own = dict(saved.get(model.id, {}))
        defaults = {"threads": self._settings.get("threads"), "context_length": self._settings.get("default_context")}
        return LoadOptions.from_dict({**defaults, **own})

    def preset_id(self, conversation: Conversation, model: Model | None = None) -> str:
        """The conversation's preset, else the one for new chats; the starter, being tiny, is asked for precision."""
        default = str(self._settings.get("default_preset"))
        if model is not None and model.starter and default == DEFAULT_ID:
            default = STARTER_PRESET
        return conversation.preset_id or default

    async def sampling(self, conversation: Conversation, model: Model | None = None) -> SamplingOptions:
        """The preset's options with the conversation's own changes on top."""
        preset = await self._presets.get(self.preset_id(conversation, model))
        return SamplingOptions.from_dict({**preset.sampling, **conversation.sampling})

    async def system_prompt(self, conversation: Conversation) -> str:
        """The conversation's system prompt, else its preset's."""
        if conversation.system_prompt:
            return conversation.system_prompt
        return (await self._presets.get(self.preset_id(conversation))).system_prompt

    async def prompt(self, conversation: Conversation, path: list[Message]) -> list[Message]:
        """What a model gets: the system prompt, then the path; an answer without any text is left out."""
        system = await self.system_prompt(conversation)
        head = [Message(Role.SYSTEM, system)] if system else []
        return head + [m for m in path if m.role is not Role.ASSISTANT or m.text]
