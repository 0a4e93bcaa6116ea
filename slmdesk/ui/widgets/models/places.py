"""Where models are looked for: a person's own folders, and other programs' stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, IconButton, TextButton, label, row
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.lines import NoticeLine
from slmdesk.ui.widgets.models.page import SubPage


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place as the page shows it: ``store`` as in a model's home; ``fixed`` ones cannot be removed."""

    path: Path
    store: str
    owned: bool = False
    enabled: bool = True
    offline: bool = False
    models: int = 0
    bytes: int = 0
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class BinLine:
    """What waits in the bin: models, and the bytes that emptying it frees."""

    models: int
    bytes: int


class PlacesPage(SubPage):
    """One card per place. Signals carry the place's path, and what it is to be."""

    add_requested = Signal()
    reveal_requested = Signal(object)
    remove_requested = Signal(object)
    enable_requested = Signal(object, bool)
    own_requested = Signal(object, bool)
    empty_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Places"))
        self._theme = Theme()
        self.add = TextButton(self.tr("Add a folder"), icon_name="plus")
        self.add.clicked.connect(self.add_requested)
        self.fill_head(self.tr("Where models are looked for"), self.add)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self.cards: dict[Path, PlaceCard] = {}
        inner = QWidget()
        inner.setMaximumWidth(860)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(24, 4, 24, 24)
        layout.setSpacing(12)
        layout.addWidget(
            label(
                self.tr(
                    "Models of other programs are used where they lie: nothing is copied, and nothing in their "
                    "folders is ever changed."
                ),
                "secondary",
                wrap=True,
            )
        )
        layout.addLayout(self._list)
        self.bin = NoticeLine(self.tr("Empty the bin"))
        self.bin.acted.connect(self.empty_requested)
        layout.addWidget(self.bin)
        layout.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName(self.accessibleName())
        area.setWidgetResizable(True)
        area.setWidget(inner)
        self.body.addWidget(area, 1)

    def set_places(self, places: Sequence[PlaceLine]) -> None:
        """Show these places."""
        if [line.path for line in places] != list(self.cards):
            for old in self.cards.values():
                old.hide()
                old.deleteLater()
            self.cards = {line.path: self._card(line) for line in places}
        for line in places:
            self.cards[line.path].show_place(line)

    def set_bin(self, line: BinLine) -> None:
        """Show what waits in the bin; nothing hides the line."""
        one, many = self.tr("1 deleted model is in the bin, {1}."), self.tr("{0} deleted models are in the bin, {1}.")
        words_ = (one if line.models == 1 else many).format(fmt.count(line.models), fmt.disk_size(line.bytes))
        self.bin.say(words_ if line.models else "")

    def _card(self, line: PlaceLine) -> PlaceCard:
        card = PlaceCard(line.path)
        card.set_theme(self._theme)
        card.enabled.clicked.connect(lambda on, p=line.path: self.enable_requested.emit(p, on))
        card.owned.clicked.connect(lambda on, p=line.path: self.own_requested.emit(p, on))
        card.reveal.clicked.connect(lambda _checked=False, p=line.path: self.reveal_requested.emit(p))
        card.remove.clicked.connect(lambda _checked=False, p=line.path: self.remove_requested.emit(p))
        self._list.addWidget(card)
        return card

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        self._theme = theme
        self.add.set_theme(theme)
        for card in self.cards.values():
            card.set_theme(theme)


class PlaceCard(QFrame):
    """One place: whose it is, what lies there, and what SLMDesk may do with it."""

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.name = label(kind="strong")
        self.state = label()
        self.state.setProperty("kind", "pill")
        self.facts = label(kind="secondary")
        self.path = ElidedLabel(str(path), middle=True)
        self.path.setProperty("kind", "small")
        self.enabled = QCheckBox(self.tr("Look for models here"))
        self.owned = QCheckBox(self.tr("My own: models here may be deleted and linked"))
        self.reveal = IconButton("folder", self.tr("Open {0}").format(path))
        self.remove = IconButton("close", self.tr("Remove {0} from the list; nothing is deleted").format(path))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 10, 10)
        layout.setSpacing(4)
        head = row(self.name, self.state, 1, self.facts, self.reveal, self.remove)
        head.setAlignment(self.state, Qt.AlignmentFlag.AlignVCenter)
        layout.addLayout(head)
        layout.addWidget(self.path)
        layout.addLayout(row(self.enabled, self.owned, 1, spacing=20))

    def show_place(self, line: PlaceLine) -> None:
        """Show a place."""
        added = line.store == "folder"
        name = line.path.name or str(line.path) if added else words.store_name(line.store)
        self.name.setText(name)
        self.setAccessibleName(name)
        self.state.setText(self.tr("Location offline") if line.offline else "")
        self.state.setVisible(line.offline)
        if line.models:
            facts = self.tr("{0} models · {1}") if line.models != 1 else self.tr("{0} model · {1}")
            self.facts.setText(facts.format(fmt.count(line.models), fmt.disk_size(line.bytes)))
        else:
            self.facts.setText(self.tr("No models") if line.enabled and not line.offline else "")
        self.enabled.setChecked(line.enabled)
        self.enabled.setVisible(line.store != "own")
        self.enabled.setAccessibleName(f"{self.enabled.text()}: {name}")
        self.owned.setChecked(line.owned)
        self.owned.setVisible(added)
        self.owned.setAccessibleName(f"{self.owned.text()}: {name}")
        self.reveal.setEnabled(not line.offline)
        self.remove.setVisible(not line.fixed)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.reveal.set_theme(theme)
        self.remove.set_theme(theme)
