"""The discover view: models that are somewhere else, found, judged for this machine, and fetched."""

from __future__ import annotations

import asyncio
import os
import time
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from slmdesk.core.errors import NetworkBlocked, SlmdeskError
from slmdesk.core.fit import FitLevel
from slmdesk.core.models import ModelFormat
from slmdesk.core.remote import RemoteModel
from slmdesk.ui.panes.models.advisor import AdvisorPage
from slmdesk.ui.panes.models.discover_access import Leave
from slmdesk.ui.panes.models.discover_page import ModelPage
from slmdesk.ui.panes.models.view import Host, ModelsServices, ModelsView
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, row
from slmdesk.ui.widgets.models.discover_cards import MARGIN, CardList
from slmdesk.ui.widgets.models.discover_comparison import Comparison
from slmdesk.ui.widgets.models.discover_filters import FilterBar, Filters
from slmdesk.ui.widgets.models.discover_notice import Notice
from slmdesk.ui.widgets.models.remote_words import card_of, comparison_of
from slmdesk.ui.widgets.models.words import NONE, Remark, fit_remark
from slmdesk.ui.widgets.segments import Segments

PAGE = 30
"""How many models a search asks for at a time."""
WHOLE = 1000
"""The same of the curated list, which is here."""
CURATED = "catalog"
_SLICE_S = 0.004

Behind = TypeVar("Behind", ModelPage, AdvisorPage, Comparison)
"""A page that the results lead to."""


class DiscoverView(ModelsView):
    """Sources, search and cards; a model's page; the advisor; and models side by side."""

    key = "discover"

    def __init__(self, services: ModelsServices, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(services, host, parent)
        assert services.sources is not None
        self._places = services.sources
        self.source = CURATED
        self.leave = Leave(services, host, self)
        self._found: list[RemoteModel] = []
        self._shown: list[RemoteModel] = []
        self._here: set[str] = set()
        self._fits: dict[str, tuple[Remark, FitLevel | None]] = {}
        self._judging: asyncio.Task[Any] | None = None
        self._made: list[ModelPage | AdvisorPage | Comparison] = []
        self._asked: Filters | None = None
        self._limit = PAGE
        self._searching: asyncio.Task[Any] | None = None
        self._started = False
        self.advise = TextButton(self.tr("Help me choose"), icon_name="sparkle")
        self.advise.setToolTip(self.tr("The best models for what you want to do, on this machine"))
        if services.advisor is not None:
            self.title_actions = [self.advise]
        self._build()
        self.stack = QStackedWidget()
        self.stack.addWidget(self._results)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self._connect()

    def _build(self) -> None:
        self.sources = Segments(self.tr("Where to look"))
        short = {CURATED: self.tr("Curated"), "foundry": "Foundry Local"}
        for source in self._places.all():
            self.sources.add(source.key, short.get(source.key, source.name))
            self.sources.buttons[source.key].setToolTip(source.name if source.key in short else "")
        if self.source not in self.sources.buttons:
            self.source = next(iter(self.sources.buttons))
        self.bar = FilterBar()
        self.bar.top.insertWidget(0, self.sources)
        self.notice = Notice()
        self.list = CardList()
        self.count = label(kind="secondary")
        self.more = TextButton(self.tr("Show more"))
        self.compare = TextButton(self.tr("Compare"))
        self.uncompare = TextButton(self.tr("Choose none"), kind="ghost")
        foot = QWidget()
        foot.setProperty("edge", "top")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        foot.setLayout(row(self.count, self.more, 1, self.uncompare, self.compare, margins=(24, 7, 24, 7), spacing=12))
        self._foot = foot
        self._results = QWidget()
        column = QVBoxLayout(self._results)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        upper = QVBoxLayout()
        upper.setContentsMargins(24, 14, 24, 0)
        upper.setSpacing(12)
        upper.addWidget(self.bar)
        upper.addWidget(self.notice)
        lower = row(self.list, margins=(24, 12, MARGIN, 0))
        column.addLayout(upper)
        column.addLayout(lower, 1)
        column.addStretch(0)
        column.addWidget(foot)
        self.notice.hide()

    def _connect(self) -> None:
        self.sources.chosen.connect(self.choose_source)
        self.bar.submitted.connect(self.search)
        self.bar.typed.connect(self._on_typed)
        self.list.opened.connect(self.open_model)
        self.list.compared_changed.connect(self._on_compared)
        self.more.clicked.connect(self._on_more)
        self.compare.clicked.connect(self._on_compare)
        self.uncompare.clicked.connect(self.list.clear_compared)
        self.advise.clicked.connect(self.show_advisor)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._focus_search)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.services.network.changed.connect(self._on_network)
        if self.services.fits is not None:
            self.services.fits.changed.connect(self._judge_again)
        self.services.library.changed.connect(self._look_here)
        self._on_compared(())

    # --- the pages behind the results, each made when it is first wanted -------------------------------------------

    @cached_property
    def page(self) -> ModelPage:
        """The page of one model."""
        made = ModelPage(self.services, self.host)
        made.chat_requested.connect(self.chat_requested)
        made.downloads_requested.connect(lambda: self.host.show_view("downloads"))
        return self._behind(made)

    @cached_property
    def advisor(self) -> AdvisorPage:
        """The advisor."""
        made = AdvisorPage(self.services, self.host)
        made.chat_requested.connect(self.chat_requested)
        made.model_requested.connect(self.open_model)
        made.get_requested.connect(self.get_model)
        return self._behind(made)

    @cached_property
    def comparison(self) -> Comparison:
        """Models side by side."""
        made = Comparison()
        made.open_requested.connect(self.open_model)
        return self._behind(made)

    def _behind(self, made: Behind) -> Behind:
        made.back_requested.connect(self.show_results)
        made.set_theme(self.theme)
        self._made.append(made)
        self.stack.addWidget(made)
        return made

    # --- being shown --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Show the curated list, which needs no network. Another source is asked only when the person does so."""
        self._started = True
        self._look_here()
        self.choose_source(self.source, ask=self.source == CURATED)

    def shown(self) -> None:
        """The view has come to the front."""
        if self.stack.currentWidget() is self._results:
            self.bar.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        for widget in (self.bar, self.notice, self.list, self.advise, *self._made):
            widget.set_theme(theme)
        self._foot.setFixedHeight(theme.control_height + 14)  # also while it has no buttons

    def save_state(self) -> dict[str, Any]:
        """The source and the filters; not what was searched for, which is the person's own."""
        kept = self.bar.filters.to_dict()
        kept.pop("text")
        return {"source": self.source, "filters": kept}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`save_state` gave."""
        if state.get("source") in self.sources.buttons:
            self.source = str(state["source"])
        if isinstance(state.get("filters"), dict):
            self.bar.show_filters(Filters.from_dict(state["filters"]))

    def show_results(self) -> None:
        """Go back to the search and its results."""
        self.stack.setCurrentWidget(self._results)
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_advisor(self) -> None:
        """Go to the advisor."""
        self.stack.setCurrentWidget(self.advisor)
        self.advisor.shown()

    def get_model(self, ref: str, quantization: str) -> None:
        """Go to a model's page and download one of its quantizations."""
        self.open_model(ref, get=quantization)

    def open_model(self, ref: str, *, get: str = "") -> None:
        """Go to a model's page, by its reference ("hf:owner/repo", "catalog:id"); ``get``: what to download there."""
        known = next((m for m in self._found if m.ref == ref), None)
        source, _, rest = ref.partition(":")
        model = known or RemoteModel(source=source, ref=ref, name=rest.rsplit("/", 1)[-1])
        self.stack.setCurrentWidget(self.page)
        self.page.back.setFocus(Qt.FocusReason.OtherFocusReason)
        self.run(self.page.open(model, get=get))

    def search_for(self, text: str, source: str = CURATED) -> None:
        """Look for something, as if a person had typed it."""
        self.bar.search.setText(text)
        self.choose_source(source)
        self.show_results()

    def _focus_search(self) -> None:
        self.show_results()
        self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.selectAll()

    # --- searching ----------------------------------------------------------------------------------------------

    def choose_source(self, key: str, *, ask: bool = True) -> None:
        """Look in another place; without ``ask`` only once the person searches there."""
        self.source = key
        self.sources.set_current(key)
        self.bar.set_remote(remote=key == "hf")
        self._show_found([])
        self.list.clear_compared()
        if ask:
            self.search()
        else:
            name = self._places.get(key).name
            text = self.tr("Type what you look for, or press Search to see what is popular there.")
            self.notice.say(self.tr("Search {0}").format(name), text, icon_name="search")
        self.state_changed.emit()

    def search(self) -> None:
        """Ask the chosen source for what the filters say."""
        self._limit = WHOLE if self.source == CURATED else PAGE
        self._ask()
        self.state_changed.emit()

    def _on_typed(self) -> None:
        if self.source == CURATED:
            self.search()

    def _on_more(self) -> None:
        self._limit += PAGE
        self._ask()

    def _ask(self) -> None:
        if self._searching is not None:
            self._searching.cancel()
        self._searching = self.run(self._search())

    async def _search(self) -> None:
        source = self._places.get(self.source)
        purpose = self.tr("Searching {0}").format(source.name)
        status = source.status()
        self.bar.set_usable(usable=status.missing != "runtime")
        if not status.ready:
            self._show_found([])
            self.leave.ask_status(self.notice, status, purpose, self.search)
            return
        if self.source != CURATED:
            self.notice.say(purpose, busy=True)
        filters = self.bar.filters
        try:
            found = await source.search(filters.query(self._limit))
        except NetworkBlocked as blocked:
            self._show_found([])
            self.leave.ask_for(self.notice, blocked, purpose, self.search)
        except SlmdeskError as error:
            self._show_found([])
            self.notice.say(
                error.message, error.hint, action=self.tr("Try again"), on_action=self.search, icon_name="alert"
            )  # fmt: skip
        else:
            self.notice.hide()
            self._show_found(found)

    def _on_network(self) -> None:
        """Leave was given elsewhere, such as in the status bar: go on with what waited for it."""
        if not self._started or not self.isVisible():
            return
        waiting = self.notice.isVisible() and not self._found and self.source == "hf"
        idle = self._searching is None or self._searching.done()
        if waiting and idle and self._places.get(self.source).status().ready:
            self.search()

    # --- the cards ----------------------------------------------------------------------------------------------

    def _show_found(self, found: list[RemoteModel]) -> None:
        self._found = list(found)
        self._fits = {model.ref: self._fits[model.ref] for model in found if model.ref in self._fits}
        self._show_cards()
        if len(self._fits) < len(found):
            self._judge_again()
        elif not self._shown and not self.notice.isVisible() and self._started:
            self._say_nothing_found()

    def _say_nothing_found(self) -> None:
        if self._found:
            self.notice.say(
                self.tr("None of the {0} models found fits this machine").format(len(self._found)),
                self.tr("Untick Only what fits to see them."),
            )
        elif self._searching is not None:
            self.notice.say(
                self.tr("Nothing found"), self.tr("Try fewer words, or other filters."), icon_name="search"
            )  # fmt: skip

    def _judge_again(self) -> None:
        if self._judging is not None:
            self._judging.cancel()
        self._judging = self.run(self._judge())

    async def _judge(self) -> None:
        """See how each model fits, in short slices, so that the window never waits."""
        until = time.perf_counter() + _SLICE_S
        for model in tuple(self._found):
            self._fits[model.ref] = self._fit(model)
            if time.perf_counter() > until:
                await asyncio.sleep(0)
                until = time.perf_counter() + _SLICE_S
        self._show_cards()
        if self._found and not self._shown and not self.notice.isVisible():
            self._say_nothing_found()

    def _show_cards(self) -> None:
        fits = [(model, *self._fits.get(model.ref, (NONE, None))) for model in self._found]
        if self.bar.filters.fits:
            fits = [entry for entry in fits if entry[2] in (None, FitLevel.FITS, FitLevel.LESS_CONTEXT)]
        self._shown = [model for model, _, _ in fits]
        self.list.set_cards(
            [card_of(model, remark, here=model.ref.partition(":")[2] in self._here) for model, remark, _ in fits]
        )
        self.list.setVisible(bool(fits))
        number = len(fits)
        self.count.setText(self.tr("1 model") if number == 1 else self.tr("{0} models").format(number))
        self.more.setVisible(len(self._found) >= self._limit)
        self._foot.setVisible(bool(fits))

    def _look_here(self) -> None:
        """Find the repositories ("owner/name") that something in the downloads folder came from."""
        downloads = self.services.downloads
        root = f"{downloads.folder if downloads is not None else self.services.folder}{os.sep}"
        paths = (str(home.path) for model in self.services.library.entries() for home in model.homes)
        below = (Path(path[len(root) :]).parts for path in paths if path.startswith(root))
        self._here = {"/".join(parts[:2]).partition("@")[0] for parts in below if len(parts) > 2}
        self._show_cards()

    def _fit(self, model: RemoteModel) -> tuple[Remark, FitLevel | None]:
        """How a middling quantization of a model fits here, as far as its size is known."""
        runnable = not model.formats or ModelFormat.GGUF in model.formats
        if self.services.fits is None or not model.parameters or not runnable:
            return NONE, None
        fit = self.services.fits.fit_remote(
            model.parameters, "Q4_K_M", 0, active_parameters=model.active_parameters,
            context_length=model.context_length,
        )  # fmt: skip
        return (fit_remark(fit), fit.level) if fit is not None else (NONE, None)

    def _on_compared(self, refs: tuple[str, ...]) -> None:
        self.compare.setText(self.tr("Compare {0}").format(len(refs)) if refs else self.tr("Compare"))
        self.compare.setVisible(bool(refs))
        self.compare.setEnabled(len(refs) > 1)
        self.compare.setToolTip("" if len(refs) > 1 else self.tr("Choose at least two models"))
        self.uncompare.setVisible(bool(refs))

    def _on_compare(self) -> None:
        chosen = [m for ref in self.list.compared for m in self._found if m.ref == ref]
        self.comparison.set_models(
            chosen, comparison_of(chosen, [self._fits.get(m.ref, (NONE, None))[0] for m in chosen])
        )
        self.stack.setCurrentWidget(self.comparison)
        self.comparison.back.setFocus(Qt.FocusReason.OtherFocusReason)

    async def close_down(self) -> None:
        """Stop what is under way."""
        for task in (self._searching, self._judging):
            if task is not None:
                task.cancel()
