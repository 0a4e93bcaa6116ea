"""The downloads view: what is on its way to this machine, what has come, and what there are newer versions of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.errors import NetworkBlocked
from slmdesk.core.remote import Download, DownloadState, Update
from slmdesk.ui import format as fmt
from slmdesk.ui.file_dialogs import ask_folder
from slmdesk.ui.panes.models.discover_access import Leave
from slmdesk.ui.panes.models.view import Host, ModelsServices, ModelsView
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton, TextButton, label, row
from slmdesk.ui.widgets.models.discover_notice import Notice
from slmdesk.ui.widgets.models.download_limits import Limit, LimitsPanel
from slmdesk.ui.widgets.models.download_row import DownloadRow, UpdateRow
from slmdesk.ui.widgets.models.download_words import summary_words
from slmdesk.ui.widgets.name_dialog import ask_yes

LIMITS = ("download_limit_kbps", "download_parallel", "download_connections", "disk_reserve_gb")
"""The settings that the panel of limits shows."""
_PER_STEP = 4
_ASK_FROM = 50_000_000


class DownloadsView(ModelsView):
    """The queue. It is kept in the database, so it is the same after a restart."""

    key = "downloads"

    def __init__(self, services: ModelsServices, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(services, host, parent)
        assert services.downloads is not None
        self._downloads = services.downloads
        self.leave = Leave(services, host, self)
        self.rows: dict[str, DownloadRow] = {}
        self._here: dict[Path, str] = {}
        self._updates: list[Update] = []
        self._update_rows: list[UpdateRow] = []
        self.check = TextButton(self.tr("Look for updates"), icon_name="refresh")
        self.bring = IconButton("import", self.tr("Import a bundle: a model that was exported on another machine"))
        self.limits = IconButton("settings", self.tr("Limits: speed, number, and room on the disk"))
        self.title_actions = [self.check, self.limits]
        if services.bundles is not None:
            self.title_actions.insert(1, self.bring)
        self._build()
        self._step = QTimer(self)
        self._step.setInterval(0)
        self._step.timeout.connect(self._build_some)
        self._connect()

    def _build(self) -> None:
        self.summary = label(kind="secondary")
        self.pause_all = TextButton(self.tr("Pause all"), kind="ghost")
        self.resume_all = TextButton(self.tr("Resume all"), kind="ghost")
        self.clear = TextButton(self.tr("Clear finished"), kind="ghost")
        self.notice = Notice(self)
        self.notice.hide()
        self.empty = Notice(self, icon_name="download")
        self.empty.say(
            self.tr("No downloads yet"),
            self.tr("What you download shows up here with its progress. It goes on after a restart."),
            action=self.tr("Discover models"), on_action=lambda: self.host.show_view("discover"), icon_name="download",
        )  # fmt: skip
        inner = QWidget()
        inner.setMaximumWidth(1028)
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(24, 14, 24, 24)
        self._column.setSpacing(10)
        self._column.addLayout(row(self.summary, 1, self.pause_all, self.resume_all, self.clear))
        self._column.addWidget(self.notice)
        self._column.addWidget(self.empty)
        self._for_updates = QVBoxLayout()
        self._list = QVBoxLayout()
        for part in (self._for_updates, self._list):
            part.setSpacing(10)
            self._column.addLayout(part)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName(self.tr("Downloads"))
        area.setWidgetResizable(True)
        holder = QWidget()
        sides = row(spacing=0)
        sides.addWidget(inner, 1000)
        sides.addStretch(1)
        holder.setLayout(sides)
        area.setWidget(holder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def _connect(self) -> None:
        self.check.clicked.connect(lambda: self.run(self._look_for_updates()))
        self.bring.clicked.connect(self._ask_bundle)
        self.limits.clicked.connect(self._open_limits)
        self.clear.clicked.connect(lambda: self.run(self._clear()))
        self.pause_all.clicked.connect(lambda: self.run(self._downloads.pause_all()))
        self.resume_all.clicked.connect(lambda: self.run(self._downloads.resume_all()))
        self._downloads.changed.connect(self._show)
        self._downloads.progressed.connect(self._on_progress)
        self.services.library.changed.connect(self._show)

    async def start(self) -> None:
        """Show the queue."""
        self._show()

    def shown(self) -> None:
        """The view has come to the front."""
        self.limits.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        self.check.set_theme(theme)
        self.bring.set_theme(theme)
        self.limits.set_theme(theme)
        for said in (self.notice, self.empty):
            said.set_theme(theme)
        for line in self.rows.values():
            line.set_theme(theme)

    # --- the queue ----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Show every download: what is under way first, then what has come, the newest on top."""
        downloads = self._downloads.list()
        known = {d.id for d in downloads}
        self._look_here(downloads)
        for gone in [i for i in self.rows if i not in known]:
            old = self.rows.pop(gone)
            old.hide()
            old.deleteLater()
        for download in downloads:
            if download.id in self.rows:
                self._show_one(download)
        if known - self.rows.keys():
            self._build_some()
        self._show_around(downloads)

    def _build_some(self) -> None:
        """Make the next few rows, so that a long list never holds up the window."""
        ordered = self._ordered()
        missing = [d for d in ordered if d.id not in self.rows]
        for download in missing[:_PER_STEP]:
            made = DownloadRow(download)
            made.set_theme(self.theme)
            made.requested.connect(self._on_requested)
            self.rows[download.id] = made
            self._show_one(download)
        shown = [self.rows[d.id] for d in ordered if d.id in self.rows]
        if [self._list.indexOf(line) for line in shown] != list(range(len(shown))):
            for line in shown:
                self._list.removeWidget(line)
            for line in shown:
                self._list.addWidget(line)
        if len(missing) > _PER_STEP:
            self._step.start()
        else:
            self._step.stop()

    def _ordered(self) -> list[Download]:
        return sorted(self._downloads.list(), key=lambda d: (d.state is DownloadState.DONE, -d.added))

    def _show_one(self, download: Download) -> None:
        chat = download.state is DownloadState.DONE and bool(self._model_of(download))
        self.rows[download.id].show_download(download, chat=chat)

    def _on_progress(self, download_id: str) -> None:
        download = self._downloads.get(download_id)
        if download is not None and download_id in self.rows:
            self._show_one(download)
            self.summary.setText(summary_words(self._downloads.list()))

    def _show_around(self, downloads: list[Download]) -> None:
        active = sum(d.state.active for d in downloads)
        self.summary.setText(summary_words(downloads))
        self.summary.setVisible(bool(downloads))
        self.pause_all.setVisible(active > 0)
        self.resume_all.setVisible(any(d.state is DownloadState.PAUSED for d in downloads))
        self.clear.setVisible(any(d.state is DownloadState.DONE for d in downloads))
        self.empty.setVisible(not downloads and not self._updates)
        self.badge_changed.emit(str(active) if active else "")

    def _model_of(self, download: Download) -> str:
        """The model of the library that a finished download became; empty where it is none that can be loaded."""
        return next((self._here[path] for path in download.paths if path in self._here), "")

    def _look_here(self, downloads: list[Download]) -> None:
        """Find the models of the library that finished downloads became, in one go over what may be a long list."""
        wanted = {path for d in downloads if d.state is DownloadState.DONE for path in d.paths}
        self._here = {
            home.path: model.id
            for model in (self.services.library.entries() if wanted else ())
            for home in model.homes
            if home.path in wanted and model.runtime and not model.problem
        }

    # --- what can be done with one ------------------------------------------------------------------------------

    def _on_requested(self, download_id: str, action: str) -> None:
        download = self._downloads.get(download_id)
        if download is None:
            return
        simple = {
            "pause": self._downloads.pause, "resume": self._downloads.resume, "retry": self._downloads.retry,
            "remove": self._downloads.remove,
        }  # fmt: skip
        if action in simple:
            self.run(simple[action](download_id))
        elif action == "cancel":
            self._cancel(download)
        elif action == "chat":
            self.chat_requested.emit(self._model_of(download))
        elif action == "reveal":
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(download.paths[0].parent)))
        elif action == "export":
            self._ask_export(download)
        elif action == "token":
            self.leave.ask_token(lambda: self.run(self._downloads.retry(download_id)))
        elif action == "allow":
            self._ask_leave(download)

    def _cancel(self, download: Download) -> None:
        """Cancel; asks first where much would be lost."""

        def gone() -> None:
            self.run(self._downloads.cancel(download.id))

        if download.done < _ASK_FROM:
            gone()
            return
        text = self.tr("The {0} that have come are deleted. To go on later, choose Pause instead.")
        ask_yes(
            self, self.tr("Cancel the download of {0}?").format(download.title),
            text.format(fmt.disk_size(download.done)), self.tr("Cancel the download"), gone, danger=True,
        )  # fmt: skip

    def _ask_leave(self, download: Download) -> None:
        purpose = self.tr("Downloading {0}").format(download.title)

        def go_on() -> None:
            self.notice.hide()
            failed = download.state is DownloadState.FAILED
            self.run(self._downloads.retry(download.id) if failed else self._downloads.resume(download.id))

        if download.host:
            self.leave.ask(self.notice, download.host, purpose, go_on)
        else:
            go_on()

    async def _clear(self) -> None:
        for download in self._downloads.list():
            if download.state is DownloadState.DONE:
                await self._downloads.remove(download.id)

    # --- updates ------------------------------------------------------------------------------------------------

    async def _look_for_updates(self) -> None:
        """Ask the sources, when the person wants to know; never by itself."""
        purpose = self.tr("Looking for updates")
        self.notice.say(purpose, busy=True)
        try:
            self._updates = await self._downloads.updates()
        except NetworkBlocked as blocked:
            self.leave.ask_for(self.notice, blocked, purpose, lambda: self.run(self._look_for_updates()))
            return
        except BaseException:
            self.notice.hide()
            raise
        self.notice.hide()
        self._show_updates()
        if not self._updates:
            self.host.say(self.tr("Everything you downloaded is up to date"))

    def _show_updates(self) -> None:
        for old in self._update_rows:
            old.hide()
            old.deleteLater()
        self._update_rows = []
        for update in self._updates:
            size = fmt.disk_size(update.plan.size)
            facts = self.tr("{0}. The version you have stays until the new one is verified.").format(size)
            made = UpdateRow(update.title, facts)
            made.wanted.connect(lambda wanted=update: self.run(self._update(wanted)))
            self._for_updates.addWidget(made)
            self._update_rows.append(made)
        self._show_around(self._downloads.list())

    async def _update(self, update: Update) -> None:
        await self._downloads.add(update.plan)
        self._updates = [u for u in self._updates if u is not update]
        self._show_updates()

    # --- limits and bundles -------------------------------------------------------------------------------------

    def _open_limits(self) -> None:
        settings = self.services.settings
        found = [
            Limit(s.key, s.label, s.help, int(settings.get(s.key)), s.minimum, s.maximum, s.step, s.unit, s.zero)
            for s in settings.declarations()
            if s.key in LIMITS
        ]
        panel = LimitsPanel(found, self)
        panel.edited.connect(lambda key, value: self.run(settings.set(key, value)))
        panel.open_at(self.limits)

    def _ask_bundle(self) -> None:
        bundles, jobs = self.services.bundles, self.services.jobs

        def take(folder: Path) -> None:
            if bundles is None:
                return
            jobs.start(self.tr("Import the bundle {0}").format(folder.name), lambda r: bundles.import_(folder, r))

        ask_folder(self, self.tr("The folder of the bundle"), take)

    def _ask_export(self, download: Download) -> None:
        model = self.services.library.get(self._model_of(download))
        bundles, jobs = self.services.bundles, self.services.jobs
        if model is None or bundles is None:
            return

        def put(folder: Path) -> None:
            jobs.start(self.tr("Export {0}").format(model.name), lambda report: bundles.export(model, folder, report))

        ask_folder(self, self.tr("Where the bundle is to lie"), put)

    def save_state(self) -> dict[str, Any]:
        """Nothing: the queue is in the database."""
        return {}
