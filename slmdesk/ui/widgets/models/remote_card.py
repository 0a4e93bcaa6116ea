"""A repository's card on the screen: a stranger's Markdown, laid out like an answer in a chat."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from slmdesk.core.chat import Message, Role
from slmdesk.ui.widgets.models.remote_card_text import readable
from slmdesk.ui.widgets.transcript.message import TranscriptMessage
from slmdesk.ui.widgets.transcript.page_view import PageView


class CardView(PageView):
    """Scrolling text that can be selected and copied. ``link_activated`` carries an address; nothing is opened here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Model card"))

    def set_card(self, card: str) -> None:
        """Show a card from its beginning."""
        text = readable(card)
        self.clear_selection()
        self.page.set_messages([TranscriptMessage(Message(Role.ASSISTANT, text))] if text else [])
        self.setAccessibleDescription(text[:2_000])
        self._follow = False
        self.verticalScrollBar().setValue(0)
        self._show_at(0)
        self.settle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_text(self.selected_text())
        elif event.matches(QKeySequence.StandardKey.SelectAll) and self.page.items:
            self.select_message(0)
        else:
            super().keyPressEvent(event)
