"""The chat pane: the list of chats, the transcript, the composer and the inspector, wired to the services."""

from __future__ import annotations

from slmdesk.ui.panes.chat.pane import ChatPane
from slmdesk.ui.panes.chat.session import ChatServices

__all__ = ["ChatPane", "ChatServices"]
