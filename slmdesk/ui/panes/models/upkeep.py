"""The pages beside the table: the places that are searched, and models that lie there more than once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from slmdesk.core.progress import Report
from slmdesk.services.library.duplicates import DuplicateGroup
from slmdesk.ui import format as fmt
from slmdesk.ui.panes.models.changes import Changes
from slmdesk.ui.panes.models.view import Host, ModelsServices
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.models.duplicates import DuplicateLine, DuplicatesPage
from slmdesk.ui.widgets.models.lines import NoticeLine
from slmdesk.ui.widgets.models.places import BinLine, PlaceLine, PlacesPage
from slmdesk.ui.widgets.name_dialog import ask_yes


class Upkeep(QObject):
    """Builds the pages when they are first asked for, and does what is asked for on them."""

    add_requested = Signal()

    def __init__(
        self, services: ModelsServices, host: Host, changes: Changes, pages: QStackedWidget, notice: NoticeLine,
        window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._library = services.library
        self._jobs = services.jobs
        self._host = host
        self._changes = changes
        self._pages = pages
        self._notice = notice
        self.dismissed = ""
        """The notice of duplicates that a person has read and does not want to see again."""
        notice.close_button.show()
        notice.acted.connect(self._on_notice)
        notice.dismissed.connect(self._on_dismissed)
        self._window = window
        self._theme = Theme()
        self._groups: dict[str, DuplicateGroup] = {}
        self.places: PlacesPage | None = None
        self.duplicates: DuplicatesPage | None = None

    def refresh(self) -> None:
        """Show the library's present state on the page in front."""
        if self.places is not None and self._pages.currentWidget() is self.places:
            self._fill_places(self.places)
        if self.duplicates is not None and self._pages.currentWidget() is self.duplicates:
            self._fill_duplicates(self.duplicates)

    async def show_notice(self) -> None:
        """Say above the table how much could be won back."""
        if self._only_starter():
            text = self.tr("Only the starter is here so far, a tiny model for trying out.")
            self._notice.say("" if text == self.dismissed else text, self.tr("Find a model"))
            return
        groups = [g for g in await asyncio.to_thread(self._library.duplicates) if g.bytes_to_win]
        sure = [g for g in groups if g.confirmed]
        text = ""
        if sure:
            one = self.tr("1 model lies here more than once. {0} can be won back.")
            many = self.tr("{1} models lie here more than once. {0} can be won back.")
            won = fmt.disk_size(sum(g.bytes_to_win for g in sure))
            text = (one if len(sure) == 1 else many).format(won, fmt.count(len(sure)))
        elif groups:
            text = self.tr("Some models look the same and may lie here more than once.")
        self._notice.say("" if text == self.dismissed else text, self.tr("Show"))

    def _only_starter(self) -> bool:
        models = self._library.entries()
        return bool(models) and all(model.starter for model in models)

    def _on_notice(self) -> None:
        if self._only_starter():
            self._host.show_view("discover")
        else:
            self.show_duplicates()

    def _on_dismissed(self) -> None:
        self.dismissed = self._notice.text.text()

    def _show(self, page: QWidget) -> None:
        if self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        self.refresh()
        page.setFocus()

    def _back(self) -> None:
        self._pages.setCurrentIndex(0)

    # --- places -------------------------------------------------------------------------------------------------

    def show_places(self) -> None:
        """Show where models are looked for."""
        if self.places is None:
            self.places = page = PlacesPage()
            page.set_theme(self._theme)
            page.back_requested.connect(self._back)
            page.add_requested.connect(self.add_requested)
            page.reveal_requested.connect(self._changes.reveal)
            page.remove_requested.connect(lambda path: self._run(self._library.remove_place(path)))
            page.enable_requested.connect(lambda path, on: self._run(self._library.set_place(path, enabled=on)))
            page.own_requested.connect(self._on_own)
            page.empty_requested.connect(self._ask_empty)
        self._show(self.places)

    def _fill_places(self, page: PlacesPage) -> None:
        page.set_places([
            PlaceLine(
                place.path, place.store, place.owned, place.enabled, place.offline, place.models, place.bytes,
                fixed=place.automatic or place.store == "own",
            )
            for place in self._library.places()
        ])  # fmt: skip
        self._host.run(self._fill_bin(page))

    async def _fill_bin(self, page: PlacesPage) -> None:
        items = await self._library.bin()
        page.set_bin(BinLine(len(items), sum(item.size for item in items)))

    def _run(self, work: Any) -> None:
        async def watch() -> None:
            try:
                await work
            finally:
                self.refresh()

        self._host.run(watch())

    def _on_own(self, path: Path, owned: bool) -> None:
        if not owned:
            self._run(self._library.set_place(path, owned=False))
            return
        dialog = ask_yes(
            self._window, self.tr("May SLMDesk change this folder?"),
            self.tr("Models in {0} can then be deleted and linked from here. Nothing is changed now.").format(path),
            self.tr("Yes, it is my own"), lambda: self._run(self._library.set_place(path, owned=True)),
        )  # fmt: skip
        dialog.rejected.connect(self.refresh)

    def _ask_empty(self) -> None:
        ask_yes(
            self._window, self.tr("Empty the bin?"),
            self.tr("The models in it are deleted for good and their space is free again."),
            self.tr("Empty the bin"), lambda: self._host.run(self._empty()), danger=True,
        )  # fmt: skip

    async def _empty(self) -> None:
        freed = await self._library.empty_bin()
        self._host.say(self.tr("{0} are free again").format(fmt.disk_size(freed)))
        self.refresh()

    # --- duplicates ---------------------------------------------------------------------------------------------

    def show_duplicates(self) -> None:
        """Show the models that lie here more than once."""
        if self.duplicates is None:
            self.duplicates = page = DuplicatesPage()
            page.set_theme(self._theme)
            page.back_requested.connect(self._back)
            page.reveal_requested.connect(self._changes.reveal)
            page.link_requested.connect(self._ask_link)
            page.delete_requested.connect(self._on_delete)
            page.compare_requested.connect(self._compare)
        self._show(self.duplicates)

    def _fill_duplicates(self, page: DuplicatesPage) -> None:
        groups = [g for g in self._library.duplicates() if g.bytes_to_win or not g.confirmed]
        self._groups = {" ".join(sorted(str(h.path) for h in group.homes)): group for group in groups}
        page.set_groups([
            DuplicateLine(
                key, group.model.name, group.homes, group.bytes_to_win, sure=group.confirmed,
                linked=frozenset(home.path for home in group.linked),
            )
            for key, group in self._groups.items()
        ])  # fmt: skip

    def _compare(self) -> None:
        self._jobs.start(self.tr("Comparing copies of models"), self._library.confirm)
        self._host.say(self.tr("Comparing in the background"))

    def _ask_link(self, key: str, keep: Path) -> None:
        group = self._groups.get(key)
        if group is None:
            return
        others = [str(h.path) for h in group.homes if h.owned and h.path != keep]
        ask_yes(
            self._window, self.tr("Let the copies share their bytes?"),
            self.tr(
                "All copies stay where they are and can be used as before, but lie on the disk once. The files are "
                "compared again first. Replaced by a link:\n\n{0}"
            ).format("\n".join(others)),
            self.tr("Link"), lambda: self._link(group, keep),
        )  # fmt: skip

    def _link(self, group: DuplicateGroup, keep: Path) -> None:
        async def work(report: Report) -> int:
            return await self._library.hard_link(group, keep, report)

        job = self._jobs.start(self.tr("Link the copies of {0}").format(group.model.name), work)

        async def watch() -> None:
            won = await job.wait()
            self._host.say(self.tr("{0} won back").format(fmt.disk_size(won)))
            self.refresh()

        self._host.run(watch())

    def _on_delete(self, key: str, path: Path) -> None:
        group = self._groups.get(key)
        if group is not None:
            self._changes.delete(group.model.id, path)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        for page in (self.places, self.duplicates):
            if page is not None:
                page.set_theme(theme)
