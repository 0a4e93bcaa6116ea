"""Models that lie on the disk more than once, and how to win the space back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from slmdesk.core.models import Home
from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, TextButton, label, row
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.page import SubPage


@dataclass(frozen=True, slots=True)
class DuplicateLine:
    """The same weights in several places. ``sure``: their contents were compared; ``linked`` homes share their bytes
    already. ``key`` tells the groups apart.
    """

    key: str
    name: str
    homes: tuple[Home, ...]
    bytes_to_win: int
    sure: bool = True
    linked: frozenset[Path] = frozenset()


class DuplicatesPage(SubPage):
    """One card per model. Signals carry the group's key, and the path of a home."""

    link_requested = Signal(str, object)
    """Let the other copies share the bytes of the one at this path."""
    delete_requested = Signal(str, object)
    reveal_requested = Signal(object)
    compare_requested = Signal()
    """Read the likely copies, to know whether they are the same."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Duplicates"))
        self._theme = Theme()
        self.compare = TextButton(self.tr("Compare likely copies"), icon_name="refresh")
        self.compare.setToolTip(self.tr("Reads these files once, to know whether they are really the same."))
        self.compare.clicked.connect(self.compare_requested)
        self.fill_head(self.tr("Duplicates"), self.compare)
        self.summary = label(kind="secondary", wrap=True)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self.cards: dict[str, DuplicateCard] = {}
        self._lines: tuple[DuplicateLine, ...] = ()
        inner = QWidget()
        inner.setMaximumWidth(860)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(24, 4, 24, 24)
        layout.setSpacing(12)
        layout.addWidget(self.summary)
        layout.addLayout(self._list)
        layout.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName(self.accessibleName())
        area.setWidgetResizable(True)
        area.setWidget(inner)
        self.body.addWidget(area, 1)

    def set_groups(self, groups: Sequence[DuplicateLine]) -> None:
        """Show these groups, the one with the most to win first."""
        if tuple(groups) == self._lines and self.summary.text():
            return
        self._lines = tuple(groups)
        for old in self.cards.values():
            old.hide()
            old.deleteLater()
        self.cards = {line.key: self._card(line) for line in groups}
        self.compare.setVisible(any(not line.sure for line in groups))
        won = sum(line.bytes_to_win for line in groups if line.sure)
        if not groups:
            words_ = self.tr("Every model lies here only once.")
        elif won:
            words_ = self.tr(
                "{0} can be won back. A hard link keeps a model in both places, while its bytes are on the disk once."
            ).format(fmt.disk_size(won))
        else:
            words_ = self.tr("These look the same. Compare them to be sure.")
        self.summary.setText(words_)

    def _card(self, line: DuplicateLine) -> DuplicateCard:
        card = DuplicateCard(line, self)
        card.set_theme(self._theme)
        self._list.addWidget(card)
        return card

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        self._theme = theme
        self.compare.set_theme(theme)
        for card in self.cards.values():
            card.set_theme(theme)


class DuplicateCard(QFrame):
    """One model with all its copies."""

    def __init__(self, line: DuplicateLine, page: DuplicatesPage) -> None:
        super().__init__(page)
        self.setProperty("kind", "card")
        self.setAccessibleName(line.name)
        state = label()
        state.setProperty("kind", "pill")
        state.setProperty("tone", "warn" if line.sure else "")
        size = fmt.disk_size(line.bytes_to_win)
        state.setText(self.tr("{0} to win back").format(size) if line.sure else self.tr("Likely the same"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 12, 12)
        layout.setSpacing(8)
        layout.addLayout(row(label(line.name, "strong"), 1, state))
        self.buttons: list[TextButton] = []
        others_owned = {home.path: any(h.owned for h in line.homes if h.path != home.path) for home in line.homes}
        for home in line.homes:
            layout.addLayout(self._home(line, home, page, can_keep=line.sure and others_owned[home.path]))

    def _home(self, line: DuplicateLine, home: Home, page: DuplicatesPage, *, can_keep: bool) -> QVBoxLayout:
        facts = [
            fmt.disk_size(home.size) if home.size else "",
            "" if home.owned else self.tr("read-only"),
            self.tr("shares its bytes") if home.path in line.linked else "",
        ]
        texts = row(
            label(words.store_name(home.store)), label(" · ".join(f for f in facts if f), "small"), 1, spacing=8
        )  # fmt: skip
        if can_keep and home.path not in line.linked:
            keep = self._button(self.tr("Keep this one, link the others"), home)
            keep.clicked.connect(lambda: page.link_requested.emit(line.key, home.path))
            texts.addWidget(keep)
        if home.owned and line.sure:
            delete = self._button(self.tr("Delete"), home)
            delete.clicked.connect(lambda: page.delete_requested.emit(line.key, home.path))
            texts.addWidget(delete)
        show = self._button(self.tr("Show in folder"), home)
        show.clicked.connect(lambda: page.reveal_requested.emit(home.path))
        texts.addWidget(show)
        path = ElidedLabel(str(home.path), middle=True)
        path.setProperty("kind", "small")
        box = QVBoxLayout()
        box.setSpacing(0)
        box.addLayout(texts)
        box.addWidget(path)
        return box

    def _button(self, text: str, home: Home) -> TextButton:
        button = TextButton(text, kind="link")
        button.setAccessibleName(f"{text}: {home.path}")
        self.buttons.append(button)
        return button

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        for button in self.buttons:
            button.set_theme(theme)
