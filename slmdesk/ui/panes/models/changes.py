"""What a person changes in the library: names, tags, notes, places, and files that go to the bin and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.models import Model
from slmdesk.core.progress import Report
from slmdesk.ui import format as fmt
from slmdesk.ui.file_dialogs import ask_folder
from slmdesk.ui.panes.models.view import Host, ModelsServices
from slmdesk.ui.widgets.name_dialog import ask_name


class Changes(QObject):
    """Each change says what was done, with a way back where there is one; trouble comes into the pane's banner."""

    removed = Signal(str)
    """A model that is no longer there, by its id."""
    added = Signal(list)
    """Ids of the models in what was added."""

    def __init__(self, services: ModelsServices, host: Host, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._library = services.library
        self._host = host
        self._window = window
        self._keeping: set[asyncio.Task[Any]] = set()

    # --- what a person calls it ---------------------------------------------------------------------------------

    def ask_name(self, model_id: str) -> None:
        """Ask for another name; the file keeps its own."""
        model = self._library.get(model_id)
        if model is not None:
            ask_name(
                self._window, self.tr("Rename the model"), self.tr("Name in SLMDesk (the file keeps its own)"),
                model.name, lambda name: self._host.run(self._library.rename(model_id, name)),
            )  # fmt: skip

    def set_tags(self, model_id: str, tags: Sequence[str]) -> None:
        """Keep a model's tags."""
        self._keep(self._library.set_tags(model_id, tags))

    def set_note(self, model_id: str, text: str) -> None:
        """Keep a model's note."""
        self._keep(self._library.set_note(model_id, text))

    def _keep(self, work: Coroutine[Any, Any, Any]) -> None:
        task = self._host.run(work)
        if task is not None:
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    async def settled(self) -> None:
        """Wait until everything is kept."""
        if self._keeping:
            await asyncio.wait(tuple(self._keeping))

    # --- where it lies ------------------------------------------------------------------------------------------

    def reveal(self, path: Path) -> None:
        """Show a file's folder, or a folder, in the system's own file browser."""
        folder = path if path.is_dir() else path.parent
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._host.show_error(
                SlmdeskError(self.tr("{0} could not be shown.").format(folder), self.tr("Open it by hand."))
            )

    def copy_path(self, path: Path) -> None:
        """Put a path into the clipboard."""
        QGuiApplication.clipboard().setText(str(path))
        self._host.say(self.tr("Path copied"))

    def scan(self) -> None:
        """Look through all places now."""
        self._host.run(self._scan())

    async def _scan(self) -> None:
        before = len(self._library.entries())
        await self._library.scan()
        fresh = len(self._library.entries()) - before
        if fresh > 0:
            self._host.say(
                self.tr("1 new model") if fresh == 1 else self.tr("{0} new models").format(fmt.count(fresh))
            )  # fmt: skip
        else:
            self._host.say(self.tr("No new models"))

    def add(self, paths: Sequence[Path]) -> None:
        """Add files and folders to the library; they stay where they are."""
        self._host.run(self._add(list(paths)))

    async def _add(self, paths: list[Path]) -> None:
        found = await self._library.add_paths(paths)
        one, many = self.tr("1 model in the library now"), self.tr("{0} models in the library now")
        self._host.say(one if len(found) == 1 else many.format(fmt.count(len(found))))
        self.added.emit(found)

    # --- deleting -----------------------------------------------------------------------------------------------

    def delete(self, model_id: str, home: Path | None = None) -> None:
        """Move a model's files to the bin, and offer to undo it."""
        self._host.run(self._delete(model_id, home))

    async def _delete(self, model_id: str, home: Path | None) -> None:
        try:
            deleted = await self._library.delete(model_id, home)
        except SlmdeskError as error:
            if self._services.loaded_models.get(model_id) is None or not self._library.uses(model_id):
                raise
            again = lambda: self._host.run(self._unload_and_delete(model_id, home))  # noqa: E731
            self._host.show_error(error, self.tr("Unload and delete"), again)
            return
        if self._library.get(model_id) is None:
            self.removed.emit(model_id)
        words = self.tr("{0} is in the bin, {1}").format(deleted.name, fmt.disk_size(deleted.bytes))
        self._host.say(words, lambda: self._host.run(self._library.undo(deleted.token)))

    async def _unload_and_delete(self, model_id: str, home: Path | None) -> None:
        await self._services.loaded_models.unload(model_id)
        await self._delete(model_id, home)

    # --- bundles ------------------------------------------------------------------------------------------------

    def ask_export(self, model: Model) -> None:
        """Ask for a folder, and write the model there with its checksums and licence."""
        bundles = self._services.bundles
        assert bundles is not None

        def work(folder: Path) -> None:
            async def export(report: Report) -> Any:
                return await bundles.export(model, folder, report)

            self._services.jobs.start(self.tr("Export {0}").format(model.name), export)
            self._host.say(self.tr("Exporting {0}").format(model.name))

        ask_folder(self._window, self.tr("Folder for the bundle"), work)

    def ask_bundle(self) -> None:
        """Ask for a bundle's folder, and take its model over once its checksums are right."""
        bundles = self._services.bundles
        assert bundles is not None

        def work(folder: Path) -> None:
            async def import_(report: Report) -> Any:
                return await bundles.import_(folder, report)

            self._services.jobs.start(self.tr("Import {0}").format(folder.name), import_)
            self._host.say(self.tr("Importing {0}").format(folder.name))

        ask_folder(self._window, self.tr("Folder with a bundle"), work)
