"""A model's page: what its repository says of it, its quantizations with their fit, and the way to get one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QComboBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.errors import NeedsApproval, NeedsToken, NetworkBlocked, SlmdeskError
from slmdesk.core.fit import Fit
from slmdesk.core.models import ModelFormat
from slmdesk.core.remote import Access, Download, DownloadState, RemoteDetails, RemoteGroup, RemoteModel
from slmdesk.core.remote_groups import plan_of
from slmdesk.ui.panes.models.discover_access import Leave
from slmdesk.ui.panes.models.discover_fit import best_here, fits_of
from slmdesk.ui.panes.models.view import Host, ModelsServices
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, TextButton, label, row
from slmdesk.ui.widgets.models.discover_notice import Notice
from slmdesk.ui.widgets.models.remote_card import CardView
from slmdesk.ui.widgets.models.remote_facts import FactList
from slmdesk.ui.widgets.models.remote_getting import NOT_HERE, GetState, state_of
from slmdesk.ui.widgets.models.remote_rows import GroupList, line_of, pill, set_pill
from slmdesk.ui.widgets.models.remote_words import class_remark, facts_of, one_line
from slmdesk.ui.widgets.models.words import NONE, Remark, fit_remark, format_name

_SIDE = 456


class ModelPage(QWidget):
    """One repository. ``back_requested`` asks for the list again, ``chat_requested`` for a chat with a model here."""

    back_requested = Signal()
    chat_requested = Signal(str)
    downloads_requested = Signal()

    def __init__(self, services: ModelsServices, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert services.sources is not None
        assert services.downloads is not None
        self._services = services
        self._sources = services.sources
        self._downloads = services.downloads
        self._host = host
        self._leave = Leave(services, host, self)
        self._theme = Theme()
        self.model: RemoteModel | None = None
        self.details: RemoteDetails | None = None
        self._fits: dict[str, Fit] = {}
        self._opened = 0
        self._here: dict[Path, str] = {}
        self._places: dict[str, list[Path]] = {}
        self._build()
        for keys in ("Esc", "Alt+Left"):
            back = QShortcut(QKeySequence(keys), self, self.back_requested.emit)
            back.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        services.library.changed.connect(self._look_here)
        services.downloads.changed.connect(self._look_here)
        services.downloads.progressed.connect(lambda _id: self._show_states())
        if services.fits is not None:
            services.fits.changed.connect(self._show_fits)

    # --- the widgets --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.back = TextButton(self.tr("Back"), kind="ghost", icon_name="chevron-left")
        self.name = ElidedLabel()
        self.name.setProperty("kind", "title")
        self.badge = pill(NONE)
        self.gated = pill(NONE)
        self.copy = TextButton(self.tr("Copy name"), kind="ghost")
        self.copy.setToolTip(self.tr("The name to give to slmdesk pull in a terminal"))
        self.web = TextButton(self.tr("Open its page"), kind="ghost", icon_name="globe")
        head = row(self.back, self.name, self.badge, self.gated, 1, margins=(16, 10, 24, 10), spacing=8)
        head.addWidget(self.copy)
        head.addWidget(self.web)
        self.notice = Notice()
        self.versions = QComboBox()
        self.versions.setAccessibleName(self.tr("Version"))
        self.versions.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.versions.setMinimumContentsLength(18)
        version_name = label(self.tr("Version"), "secondary")
        version_name.setBuddy(self.versions)
        self._version_line = QWidget()
        self._version_line.setLayout(row(version_name, self.versions, 1))
        self.groups = GroupList()
        self.facts = FactList()
        self.about = label(self.tr("About this model"), "strong")
        self.card = CardView()
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(24, 16, 20, 24)
        column.setSpacing(8)
        for widget in (self.notice, self._version_line, self.groups):
            column.addWidget(widget)
        column.addSpacing(16)
        column.addWidget(self.about)
        column.addWidget(self.facts)
        column.addStretch(1)
        self.side = QScrollArea()
        self.side.setWidgetResizable(True)
        self.side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.side.setAccessibleName(self.tr("Files and facts"))
        self.side.setWidget(side)
        right = QFrame()
        right.setProperty("edge", "left")
        self.no_card = label(kind="secondary", wrap=True)
        self.no_card.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.no_card.setMargin(24)
        right.setLayout(row(self.card, self.no_card))
        bar = QWidget()
        bar.setProperty("edge", "bottom")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setLayout(head)
        body = row(self.side, spacing=0)
        body.addWidget(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addLayout(body, 1)
        self._connect()

    def _connect(self) -> None:
        self.back.clicked.connect(self.back_requested)
        self.copy.clicked.connect(self._on_copy)
        self.web.clicked.connect(lambda: self._leave.open_link(self.model.url) if self.model else None)
        self.versions.activated.connect(self._on_version)
        self.card.link_activated.connect(self._leave.open_link)
        self.card.copied.connect(lambda _text: self._host.say(self.tr("Copied")))
        self.groups.get_requested.connect(lambda key: self._host.run(self._get(key)))
        self.groups.progress_requested.connect(lambda _key: self.downloads_requested.emit())
        self.groups.chat_requested.connect(self._on_chat)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        for widget in (self.back, self.copy, self.web, self.notice, self.groups, self.card):
            widget.set_theme(theme)
        self._fit_side()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_side()

    def _fit_side(self) -> None:
        self.side.setFixedWidth(min(self._theme.px(_SIDE), round(self.width() * 0.54)))

    # --- opening ------------------------------------------------------------------------------------------------

    async def open(self, model: RemoteModel, revision: str = "", *, get: str = "") -> None:
        """Show a model: what the search told at once, the rest when its source has answered.

        ``get``: a quantization to download as soon as the page is there.
        """
        self._opened += 1
        mine = self._opened
        if self.model is None or self.model.ref != model.ref:
            self._forget()
            self._show_about(RemoteDetails(model=model, repo=""))
        self.model = model
        self._show_head(model)
        self.notice.say(self.tr("Reading {0}").format(model.name), busy=True)
        details = await self._read(model, revision, get)
        parts = (self._show, self._show_about, self._show_card_of)
        for part in parts if details is not None else ():
            if mine != self._opened or details is None:  # another page was opened meanwhile
                return
            part(details)
            await asyncio.sleep(0)  # the window may draw in between
        wanted = next((g for g in details.groups if get and get in (g.quantization, g.key)), None) if details else None
        if wanted is not None and mine == self._opened and self._state(wanted) == NOT_HERE:
            await self._get(wanted.key)

    async def _read(self, model: RemoteModel, revision: str, get: str) -> RemoteDetails | None:
        """What its source tells; None where it could not be asked, which is then said on the page."""
        mine = self._opened
        again = lambda: self._host.run(self.open(model, revision, get=get))  # noqa: E731
        try:
            return await self._sources.details(model.ref, revision)
        except SlmdeskError as error:
            if mine == self._opened:
                self._tell(error, self.tr("Reading a model's page"), again)
            return None

    def _tell(self, error: SlmdeskError, purpose: str, again: Callable[[], object]) -> None:
        if isinstance(error, NetworkBlocked):
            self._leave.ask_for(self.notice, error, purpose, again)
        elif isinstance(error, (NeedsToken, NeedsApproval)):
            self._show_access(Access.APPROVAL if isinstance(error, NeedsApproval) else Access.LOCKED, again)
        else:
            self.notice.say(
                error.message, error.hint, action=self.tr("Try again"), on_action=again, icon_name="alert"
            )  # fmt: skip

    def _forget(self) -> None:
        self.details = None
        self._fits = {}
        self._show_card("", "")
        self.groups.set_lines(())
        self._version_line.hide()

    def _show_head(self, model: RemoteModel) -> None:
        self.name.setText(one_line(model.name, 200))
        set_pill(self.badge, class_remark(model.parameters))
        set_pill(self.gated, Remark(self.tr("Gated"), "warn") if model.gated else NONE)
        self.web.setVisible(bool(model.url))

    def _show(self, details: RemoteDetails) -> None:
        self.details, self.model = details, details.model
        self._show_head(details.model)
        self.notice.hide()
        if details.access in (Access.LOCKED, Access.APPROVAL):
            model, revision = details.model, details.revision
            self._show_access(details.access, lambda: self._host.run(self.open(model, revision)))
        self._show_versions(details)
        self._fits = fits_of(self._services.fits, details)
        self._places = {g.key: self._places_of(g) for g in details.groups}
        best = best_here(details.groups, self._fits, self._runnable())
        exact = bool(details.commit)  # without one it is the catalog's own reckoning
        self.groups.set_lines([line_of(g, self._remark(g), recommended=g is best, exact=exact) for g in details.groups])
        if not details.groups:
            self.notice.say(
                self.tr("There is nothing here that SLMDesk can use"),
                self.tr("Look for its GGUF version: the search shows those when GGUF is chosen as the format."),
            )
        self._look_here()

    def _show_about(self, details: RemoteDetails) -> None:
        self.about.setVisible(bool(facts := facts_of(details)))
        self.facts.set_facts(facts)

    def _show_card_of(self, details: RemoteDetails) -> None:
        closed = details.access in (Access.LOCKED, Access.APPROVAL)
        why = self.tr("Its card is shown when you may download it.") if closed else self.tr("It has no card.")
        self._show_card(details.card, why)

    def _show_card(self, card: str, why_not: str) -> None:
        self.card.set_card(card)
        self.card.setVisible(bool(card.strip()))
        self.no_card.setText(why_not)
        self.no_card.setVisible(not card.strip())

    def _show_access(self, access: Access, again: Callable[[], object]) -> None:
        """What a gated repository asks for."""
        model = self.model
        assert model is not None
        on_token = lambda: self._leave.ask_token(again)  # noqa: E731
        page = lambda: self._leave.open_link(model.url)  # noqa: E731
        if access is Access.APPROVAL:
            self.notice.say(
                self.tr("Your account has not been let in yet"),
                self.tr("The token is good. Ask for access on the model's page, then try again."),
                action=self.tr("Open its page"), on_action=page, other=self.tr("Another token"), on_other=on_token,
                icon_name="lock",
            )  # fmt: skip
            return
        self.notice.say(
            self.tr("Its publisher asks who downloads it"),
            self.tr("Agree to the terms on the model's page with your account, then give SLMDesk a token of it."),
            action=self.tr("Enter a token"), on_action=on_token, other=self.tr("Open its page"), on_other=page,
            icon_name="lock",
        )  # fmt: skip

    def _show_versions(self, details: RemoteDetails) -> None:
        self.versions.clear()
        names = [(r.name, r.title or r.name) for r in details.revisions]
        if details.revision and details.revision not in (n for n, _ in names):
            names.insert(0, (details.revision, details.revision))
        for name, words in names:
            self.versions.addItem(words, name)
        self.versions.setCurrentIndex(max(0, self.versions.findData(details.revision)))
        self._version_line.setVisible(len(names) > 1)

    def _on_version(self, _place: int) -> None:
        wanted = str(self.versions.currentData() or "")
        if self.model is not None and self.details is not None and wanted != self.details.revision:
            self._host.run(self.open(self.model, wanted))

    # --- the quantizations --------------------------------------------------------------------------------------

    def _remark(self, group: RemoteGroup) -> Remark:
        if group.key in self._fits:
            return fit_remark(self._fits[group.key])
        if group.format not in self._runnable() and not group.problem:
            words = self.tr("No program here can run {0} models yet; it can be kept and shown.")
            return Remark(self.tr("Does not run here"), "warn", words.format(format_name(group.format)))
        return NONE

    def _runnable(self) -> frozenset[ModelFormat]:
        """The formats that a program here can run."""
        found = {f for runtime in self._services.loaded_models.runtimes for f in runtime.formats}
        return frozenset(found) or frozenset({ModelFormat.GGUF})

    def _show_fits(self) -> None:
        if self.details is not None and self.isVisible():
            self._fits = fits_of(self._services.fits, self.details)
            self.groups.set_fits({g.key: self._remark(g) for g in self.details.groups})

    # --- getting one --------------------------------------------------------------------------------------------

    def _group(self, key: str) -> RemoteGroup | None:
        return next((g for g in self.details.groups if g.key == key), None) if self.details else None

    async def _get(self, key: str) -> None:
        """Put a quantization into the queue; asks for leave or a token first where that is missing."""
        group, details = self._group(key), self.details
        if group is None or details is None:
            return
        purpose = self.tr("Downloading {0}").format(details.model.name)
        catalog = details.model.source == "catalog"  # it only names repositories, whose files have to be read first

        def reopen() -> None:
            self._host.run(self.open(details.model, details.revision, get=key))

        def again() -> None:
            self._host.run(self.open(details.model, get=key) if catalog else self._get(key))

        status = self._sources.get("hf" if catalog else details.model.source).status()
        if not status.ready:
            self._leave.ask_status(self.notice, status, purpose, again)
            self.side.ensureWidgetVisible(self.notice)
            return
        if details.access in (Access.LOCKED, Access.APPROVAL):
            self._show_access(details.access, reopen)
            self.side.ensureWidgetVisible(self.notice)
            return
        if catalog:
            reopen()
            return
        try:
            await self._downloads.add(plan_of(details, group.files))
        except (NetworkBlocked, NeedsToken, NeedsApproval) as error:
            self._tell(error, purpose, again)
            return
        self.notice.hide()
        self._look_here()

    def _on_chat(self, key: str) -> None:
        found = next((self._here[p] for p in self._places.get(key, ()) if p in self._here), "")
        if found:
            self.chat_requested.emit(found)

    def _places_of(self, group: RemoteGroup) -> list[Path]:
        """Where the files of a group lie when they are here."""
        if self.details is None or group.problem:
            return []
        try:
            plan = plan_of(self.details, group.files)
        except SlmdeskError:
            return []
        root = self._downloads.folder
        return [root / plan.folder / f.path for f in plan.files]

    def _look_here(self) -> None:
        """Look which files of this repository are on this machine."""
        if self.details is None:
            return
        wanted = {path for paths in self._places.values() for path in paths}
        self._here = {
            home.path: model.id
            for model in self._services.library.entries()
            for home in model.homes
            if home.path in wanted and model.runtime and not model.problem
        }
        self._show_states()

    def _show_states(self) -> None:
        if self.details is None:
            return
        self.groups.set_states({g.key: self._state(g) for g in self.details.groups})

    def _state(self, group: RemoteGroup) -> GetState:
        here = any(path in self._here for path in self._places[group.key])
        return state_of(self._download_of(group), here=here)

    def _download_of(self, group: RemoteGroup) -> Download | None:
        """The newest download of a group's first file from this repository."""
        details = self.details
        if details is None or not group.files:
            return None
        first = group.files[0].path
        matching = [
            d for d in self._downloads.list() if d.repo == details.repo and any(f.path == first for f in d.files)
        ]
        last: Download | None = matching[-1] if matching else None
        if last is not None and last.state is DownloadState.DONE and not all(p.exists() for p in last.paths):
            return None
        return last

    def _on_copy(self) -> None:
        if self.model is not None:
            QGuiApplication.clipboard().setText(self.model.ref)
            self._host.say(self.tr("Copied {0}").format(self.model.ref))
