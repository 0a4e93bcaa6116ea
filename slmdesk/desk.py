"""The whole application without a face: every service, built once and closed in reverse order."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from slmdesk import runtimes
from slmdesk.core.models import Model
from slmdesk.core.remote import Origin
from slmdesk.core.resources import resource
from slmdesk.core.run_report import described
from slmdesk.guard import Guard
from slmdesk.services.advisor import Advisor
from slmdesk.services.attachments import Attachments
from slmdesk.services.bundles import Bundles
from slmdesk.services.chat import Chat
from slmdesk.services.chat.choices import Choices
from slmdesk.services.conversations import Conversations
from slmdesk.services.data_map import DataMap
from slmdesk.services.downloads import Downloads
from slmdesk.services.encryption import Encryption, open_database
from slmdesk.services.files import Files
from slmdesk.services.fit import Fits
from slmdesk.services.hardware import Hardware
from slmdesk.services.hub import Hub
from slmdesk.services.inspection import Inspection
from slmdesk.services.jobs import Jobs
from slmdesk.services.library import Index, Library, Places, installed_stores
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.services.network import Network
from slmdesk.services.presets import Presets
from slmdesk.services.privacy_report import PrivacyReport
from slmdesk.services.profile import Profile, stop_logging
from slmdesk.services.quantizer import Quantizer
from slmdesk.services.runs import Runs
from slmdesk.services.secrets import Secrets
from slmdesk.services.settings import Settings
from slmdesk.services.sources import HuggingFaceSource, Sources, absent_sources
from slmdesk.services.sources.catalog import CatalogSource, load_catalog
from slmdesk.services.transfer import Transfer
from slmdesk.services.verification import Verification
from slmdesk.storage.conversations import ConversationStore
from slmdesk.storage.database import Database
from slmdesk.storage.downloads import DownloadStore
from slmdesk.storage.measurements import MeasurementStore
from slmdesk.storage.models import ModelStore
from slmdesk.storage.network import NetworkStore
from slmdesk.storage.runs import RunStore
from slmdesk.storage.settings import SettingsStore

log = logging.getLogger(__name__)

STARTER = resource("starter", "slmdesk-starter-f16.gguf")


class Desk:
    """Every service of the application. Make one with :meth:`open`; a face needs nothing else."""

    def __init__(self, profile: Profile, database: Database, settings: Settings, log_handler: logging.Handler) -> None:
        self.profile = profile
        self.settings = settings
        self.encryption = Encryption(database)
        self._database = database
        self._log_handler = log_handler
        self.presets = Presets(SettingsStore(database))
        self.conversations = Conversations(ConversationStore(database))
        self.transfer = Transfer(self.conversations)
        self.attachments = Attachments()
        self.jobs = Jobs()
        self.secrets = Secrets(profile.path, settings)
        self.network = Network(settings, NetworkStore(database), self.secrets)
        self.guard = Guard(self.network.may_connect, self.network.note_refused)
        self.hardware = Hardware(self.network)
        self.data_map = DataMap(profile, database, self.conversations, self.network, self.secrets)
        self.privacy_report = PrivacyReport(self.data_map, self.network, self.secrets, self.encryption, settings)
        self.encryption.changed.connect(self._forget_states)
        self.runtimes = runtimes.runtimes([STARTER], profile.state_cache, profile.state_key())
        self.loaded_models = LoadedModels(self.runtimes)
        self.files = Files()
        self.inspection = Inspection(self.files)
        self.quantizer = Quantizer(self.inspection, profile.path / "cache" / "quantize")
        store = ModelStore(database)
        places = Places(settings, store, own=profile.models, builtin=[STARTER], installed=installed_stores())
        self.library = Library(self.runtimes, settings, STARTER, Index(store, places, self.files))
        self.library.users.append(self._loaded_now)
        self._origins = DownloadStore(database)
        self.hub = Hub(self.network, self.secrets)
        hugging_face = HuggingFaceSource(self.hub, self.network)
        self.catalog = load_catalog(profile.path / "catalog")
        self.sources = Sources((CatalogSource(self.catalog, hugging_face), hugging_face, *absent_sources()))
        self.downloads = Downloads(
            self.hub, self.sources, self.network, settings, self._origins, profile.models, self._take_in
        )
        self.bundles = Bundles(lambda: self.downloads.folder, self.downloads.origin, self._take_in)
        self.verification = Verification(self.files, self.loaded_models, store, self._published)
        drives = (profile.path, profile.models)
        self.fits = Fits(self.loaded_models, MeasurementStore(database), settings, self.library.shape, drives)
        self.fits.models = self.library.entries
        self.advisor = Advisor(
            self.fits,
            lambda: self.catalog.entries,
            self.library.entries,
            lambda: {runtime.name for runtime in self.runtimes},
        )
        self.runs = Runs(
            self.quantizer,
            self.files,
            RunStore(database),
            self.jobs,
            profile.path / "cache" / "quantize" / "runs",
            lambda: self.downloads.folder,
            self._keep,
            lambda: described(self.fits.machine),
        )
        choices = Choices(self.library, self.loaded_models, self.presets, settings)
        self.chat = Chat(
            self.conversations,
            self.loaded_models,
            choices,
            on_use=self.library.note_use,
            keep_state=lambda: bool(settings.get("keep_state")) and not database.encrypted,
        )

    @classmethod
    async def open(cls, profile: Profile | Path | None = None, *, owner: bool = False) -> Desk:
        """Open a profile with everything in it. Raises StorageError.

        The window is the ``owner``: it alone mends what an earlier end left unfinished, while the terminal may read
        and write beside it.
        """
        place = profile if isinstance(profile, Profile) else Profile.locate(profile)
        place.check_writable()
        handler = place.start_logging()
        try:
            database = await open_database(place.database)
            try:
                settings = Settings(SettingsStore(database))
                await settings.load()
                desk = cls(place, database, settings, handler)
                desk.guard.install()
                await desk.network.load()
                await desk.library.open()
                await desk.downloads.load()
                await desk.fits.start(owner=owner)
                await desk.runs.load(owner=owner)
                if owner:
                    desk.hardware.sampled.connect(desk.fits.watch)
                    await desk.conversations.recover()
                    desk.chat.kept_state.prune_soon()
            except BaseException:
                await database.close()
                raise
        except BaseException:
            stop_logging(handler)
            raise
        return desk

    @classmethod
    @asynccontextmanager
    async def opened(cls, profile: Profile | Path | None = None) -> AsyncIterator[Desk]:
        """The desk for the length of a ``with`` block."""
        desk = await cls.open(profile)
        try:
            yield desk
        finally:
            await desk.close()

    def _loaded_now(self, model: Model) -> list[str]:
        """How a model is being used now, in sentences."""
        paths = {model.path, *(home.path for home in model.homes)}
        loaded = any(entry.model.path in paths for entry in self.loaded_models.list())
        return ["It is in memory."] if loaded or self.loaded_models.is_loading(model.id) else []

    async def _take_in(self, paths: Sequence[Path], origins: Sequence[Origin] = ()) -> None:
        """New files that are whole: the library lists them, from now on also their folder where it did not."""
        if origins:
            await self.downloads.origins.put(origins)
        folder = self.downloads.folder
        if any(not path.is_relative_to(self.profile.models) for path in paths):
            await self.library.add_place(folder, owned=True)
        await self.library.scan()
        known = await self._origins.origins()
        for path in paths:
            if path in known and known[path].sha256:
                await self.library.note_digest(path, known[path].sha256)

    async def _keep(self, path: Path, note: str) -> str:
        """A file that was made here becomes one of the library's, with a note of its origin; its model's id."""
        await self._take_in([path])
        model_id = (await self.library.add_paths([path]))[0]
        await self.library.set_note(model_id, note)
        return model_id

    async def _published(self, path: Path) -> tuple[str, str]:
        """The digest under which a file was downloaded, and from where."""
        origin = (await self._origins.origins()).get(path)
        return (origin.sha256, origin.source) if origin is not None else ("", "")

    def _forget_states(self) -> None:
        """Kept chat states are not encrypted, so none may stay beside an encrypted database."""
        if self._database.encrypted:
            for path in self.profile.state_cache.glob("*"):
                path.unlink(missing_ok=True)

    @property
    def encrypted(self) -> bool:
        """Whether the profile's database is encrypted."""
        return self._database.encrypted

    async def close(self) -> None:
        """Stop and save everything, in the reverse order of building."""
        for name, close in (
            ("chat", self.chat.close),
            ("runs", self.runs.close),
            ("jobs", self.jobs.close),
            ("downloads", self.downloads.close),
            ("hub", self.hub.close),
            ("hardware", self.hardware.close),
            ("library", self.library.close),
            ("files", self.files.close),
            ("models", self.loaded_models.close),
            ("fits", self.fits.close),
            ("network", self.network.close),
            ("data map", self.data_map.close),
            ("database", self._database.close),
        ):
            try:
                await close()
            except Exception:
                log.exception("closing %s failed", name)
        self.guard.stand_down()
        stop_logging(self._log_handler)
        await self.data_map.erase()
