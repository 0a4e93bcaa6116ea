"""The chat list, wired to the conversations: search, folders, bin, export and import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from slmdesk.core.errors import StorageError
from slmdesk.core.progress import Report
from slmdesk.services.transfer import FORMATS, ImportReport
from slmdesk.ui.file_dialogs import ask_files, ask_save
from slmdesk.ui.widgets.name_dialog import ask_yes

if TYPE_CHECKING:
    from slmdesk.ui.panes.chat.pane import ChatPane


class Listing(QObject):
    """Keeps the list equal to what is in the database."""

    def __init__(self, pane: ChatPane) -> None:
        super().__init__(pane)
        self._pane = pane
        self._list = pane.chat_list
        self._session = pane.session
        self._services = pane.session.services
        self._search = ""
        self._busy: set[str] = set()
        self._wait = QTimer(self)  # many changes in a row are one new list
        self._wait.setSingleShot(True)
        self._wait.setInterval(30)
        self._wait.timeout.connect(lambda: pane.run(self.refresh()))
        # Methods, not lambdas: the services outlive the window, and an answer may end after it.
        self._services.conversations.changed.connect(self._on_changed)
        self._services.chat.started.connect(self._on_started)
        self._services.chat.finished.connect(self._on_finished)
        self._wire()

    def _wire(self) -> None:
        chats, run, view = self._services.conversations, self._pane.run, self._list
        view.new_requested.connect(lambda: run(self._pane.new_chat()))
        view.opened.connect(lambda cid, mid: run(self._pane.open_chat(cid, mid)))
        view.search_changed.connect(lambda text: run(self._on_search(text)))
        view.rename_requested.connect(lambda cid, title: run(chats.update(cid, title=title)))
        view.pin_requested.connect(lambda cid, pinned: run(chats.update(cid, pinned=pinned)))
        view.folder_requested.connect(lambda cid, folder: run(chats.update(cid, folder=folder)))
        view.delete_requested.connect(lambda cid: run(self._delete(cid)))
        view.restore_requested.connect(lambda cid: run(chats.restore(cid)))
        view.purge_requested.connect(self._ask_purge)
        view.empty_bin_requested.connect(self._ask_empty)
        view.bin_shown.connect(lambda _shown: run(self.refresh()))
        view.export_requested.connect(self._ask_export)
        view.import_requested.connect(self._ask_import)

    async def refresh(self) -> None:
        """Read the list again."""
        in_bin = self._list.in_bin
        found = await self._services.conversations.list(deleted=in_bin)
        if in_bin == self._list.in_bin:
            self._list.set_conversations(found)
            self._list.set_current(self._session.id)
        if self._search:
            await self._on_search(self._search)

    def _on_changed(self) -> None:
        if not self._wait.isActive():
            self._wait.start()

    def _on_started(self, conversation_id: str, _answer_id: str) -> None:
        self._busy.add(conversation_id)
        self._list.set_busy(self._busy)

    def _on_finished(self, conversation_id: str, _answer: object) -> None:
        self._busy.discard(conversation_id)
        self._list.set_busy(self._busy)

    async def _on_search(self, text: str) -> None:
        self._search = text
        if text:
            hits = await self._services.conversations.search(text)
            if text == self._search:
                self._list.set_hits(hits)

    async def _delete(self, conversation_id: str) -> None:
        services = self._services
        head = await services.conversations.get(conversation_id)
        await services.chat.forget(conversation_id)
        await services.conversations.delete(conversation_id)
        if conversation_id == self._session.id:
            await self._pane.new_chat()

        async def undo() -> None:
            await services.conversations.restore(conversation_id)
            await self._pane.open_chat(conversation_id)

        name = head.title or self.tr("New chat")
        self._pane.undo_bar.say(self.tr("“{0}” is in the bin").format(name), lambda: self._pane.run(undo()))

    def _ask_purge(self, conversation_id: str) -> None:
        ask_yes(
            self._pane, self.tr("Delete this chat forever?"), self.tr("It cannot be brought back."),
            self.tr("Delete forever"), lambda: self._pane.run(self._services.conversations.purge(conversation_id)),
            danger=True,
        )  # fmt: skip

    def _ask_empty(self) -> None:
        ask_yes(
            self._pane, self.tr("Empty the bin?"), self.tr("The chats in it cannot be brought back."),
            self.tr("Empty bin"), lambda: self._pane.run(self._services.conversations.empty_bin()), danger=True,
        )  # fmt: skip

    # --- export and import --------------------------------------------------------------------------------------

    def _ask_export(self, ids: list[str], kind: str) -> None:
        suffix = FORMATS[kind][1].lstrip(".")
        name = self.tr("chats") if not ids else self._name_of(ids[0])
        ask_save(
            self._pane, self.tr("Export"), f"{name}.{suffix}", suffix, f"{FORMATS[kind][0]} (*.{suffix})",
            lambda path: self._pane.run(self._export(ids, kind, path)),
        )  # fmt: skip

    def _name_of(self, conversation_id: str) -> str:
        for row in self._list.model.rows:
            if row.conversation is not None and row.conversation.id == conversation_id:
                clean = "".join(c if c.isalnum() or c in " -_" else " " for c in row.text)
                return " ".join(clean.split())[:60] or self.tr("chat")
        return self.tr("chat")

    async def _export(self, ids: list[str], kind: str, path: Path) -> None:
        transfer = self._services.transfer

        async def work(report: Report) -> int:
            return await transfer.export(ids or None, kind, path, report)

        job = self._services.jobs.start(self.tr("Export to {0}").format(path.name), work)
        count = await job.wait()
        words = self.tr("1 chat exported to {1}") if count == 1 else self.tr("{0} chats exported to {1}")
        self._pane.undo_bar.say(words.format(count, path.name))

    def _ask_import(self) -> None:
        kinds = self.tr("Exported chats (*.json *.zip);;All (*)")
        ask_files(self._pane, self.tr("Import chats"), kinds, lambda paths: self._pane.run(self._import(paths)))

    async def _import(self, paths: list[Path]) -> None:
        transfer = self._services.transfer
        for path in paths:

            async def work(report: Report, path: Path = path) -> ImportReport:
                return await transfer.import_file(path, report)

            job = self._services.jobs.start(self.tr("Import {0}").format(path.name), work)
            report: ImportReport = await job.wait()
            words = self.tr("1 chat imported") if report.imported == 1 else self.tr("{0} chats imported")
            here = self.tr(", {1} were here already") if report.skipped else ""
            self._pane.undo_bar.say((words + here).format(report.imported, report.skipped))
            if report.problems:
                self._pane.show_error(
                    StorageError(
                        self.tr("Some chats in {0} could not be imported: {1} of them.").format(
                            path.name, len(report.problems)
                        ),
                        self.tr("The others are in the list. Nothing else was changed."),
                        "\n".join(report.problems),
                    )
                )
