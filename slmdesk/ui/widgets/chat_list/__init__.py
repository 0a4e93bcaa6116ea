"""The list of chats at the left of the chat pane, with search and bin."""

from __future__ import annotations

from slmdesk.ui.widgets.chat_list.chat_list import ChatList

__all__ = ["ChatList"]
