"""The ledger of connections: what was reached, when, by whom and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QDateTime, QLocale, Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, label

SHOWN = 12


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One line of the ledger; ``when`` in seconds since 1970."""

    when: float
    address: str
    who: str
    why: str
    allowed: bool


class ConnectionList(QWidget):
    """What the network state means, and the newest lines of the ledger."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = label(wrap=True)
        self.count = label(kind="small")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(3, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.words)
        layout.addWidget(self.count)
        layout.addLayout(self._grid)

    def show_state(self, state: str, rows: Sequence[ConnectionRow]) -> None:
        """``state`` is offline, local or online; ``rows`` the whole ledger, oldest first."""
        meaning = {
            "offline": self.tr("Offline: SLMDesk makes no connection at all. Models run on this computer."),
            "local": self.tr("Local only: SLMDesk talks to programs on this computer, and to nothing else."),
            "online": self.tr("Online: SLMDesk connects where you ask it to."),
        }
        self.words.setText(meaning.get(state, state))
        if rows:
            self.count.setText(self.tr("{0} connections since the start, the newest first:").format(len(rows)))
        else:
            self.count.setText(self.tr("No connection was made since the start."))
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for place, line in enumerate(reversed(rows[-SHOWN:])):
            self._add(place, line)

    def _add(self, place: int, line: ConnectionRow) -> None:
        moment = QDateTime.fromSecsSinceEpoch(round(line.when)).time()
        when = QLocale().toString(moment, QLocale.FormatType.ShortFormat)
        address = ElidedLabel(line.address, middle=True)
        address.setMinimumWidth(160)
        allowed = label(self.tr("made") if line.allowed else self.tr("blocked"), "small" if line.allowed else "bad")
        cells = (label(when, "small"), address, allowed, ElidedLabel(f"{line.who}: {line.why}"))
        for column, cell in enumerate(cells):
            self._grid.addWidget(cell, place, column, Qt.AlignmentFlag.AlignVCenter)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.setFixedWidth(theme.px(440))
