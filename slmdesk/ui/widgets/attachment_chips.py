"""The files that will go with a message: a chip each, with its cost in tokens and a way to take it off."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QWidget

from slmdesk.core.chat import Attachment
from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import IconButton, label


class AttachmentChips(QScrollArea):
    """One line of chips that scrolls sideways when it is full; hidden while there are none."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attachments: list[Attachment] = []
        self._chips: list[QFrame] = []
        self._theme = Theme()
        self._inner = QWidget()
        self._row = QHBoxLayout(self._inner)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._row.addStretch(1)
        self.setWidget(self._inner)
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Attached files"))
        self.hide()

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """What is attached, in order."""
        return tuple(self._attachments)

    def set_attachments(self, attachments: Sequence[Attachment]) -> None:
        """Show these files."""
        self._attachments = list(attachments)
        for chip in self._chips:
            chip.deleteLater()
        self._chips = [self._chip(attachment) for attachment in self._attachments]
        for place, chip in enumerate(self._chips):
            self._row.insertWidget(place, chip)
        self.setVisible(bool(self._attachments))
        self.changed.emit()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.setFixedHeight(theme.px(26) + 8)
        for button in self._inner.findChildren(IconButton):
            button.set_theme(theme)

    def _chip(self, attachment: Attachment) -> QFrame:
        chip = QFrame()
        chip.setProperty("kind", "chipframe")
        name = label(attachment.name)
        name.setProperty("kind", "smallstrong")
        cost = label(self.tr("{0} tokens").format(fmt.count(attachment.tokens)) if attachment.tokens else "", "small")
        off = IconButton("close", self.tr("Remove {0}").format(attachment.name))
        off.set_theme(self._theme)
        off.setIconSize(QSize(12, 12))
        off.clicked.connect(lambda: self._remove(attachment))
        layout = QHBoxLayout(chip)
        layout.setContentsMargins(8, 2, 4, 2)
        layout.setSpacing(6)
        for widget in (name, cost, off):
            layout.addWidget(widget)
        if attachment.note:
            chip.setToolTip(attachment.note)
            layout.insertWidget(1, label("!", "bad"))
        return chip

    def _remove(self, attachment: Attachment) -> None:
        self.set_attachments([a for a in self._attachments if a is not attachment])
