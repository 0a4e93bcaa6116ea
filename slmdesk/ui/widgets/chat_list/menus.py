"""The menus of the chat list."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from slmdesk.core.chat import Conversation
from slmdesk.ui.widgets.name_dialog import ask_name

if TYPE_CHECKING:
    from slmdesk.ui.widgets.chat_list.chat_list import ChatList

FORMATS = (("markdown", "Markdown"), ("json", "JSON"), ("html", "HTML"))


def _menu(owner: ChatList) -> QMenu:
    menu = QMenu(owner)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu


def chat_menu(owner: ChatList, chat: Conversation) -> QMenu:
    """What can be done with a chat."""
    menu = _menu(owner)
    menu.addAction(owner.tr("Rename"), lambda: owner.rename(chat.id))
    pin = owner.tr("Unpin") if chat.pinned else owner.tr("Pin")
    menu.addAction(pin, lambda: owner.pin_requested.emit(chat.id, not chat.pinned))
    folders = menu.addMenu(owner.tr("Move to folder"))
    for name in owner.folders:
        action = folders.addAction(name, partial(owner.folder_requested.emit, chat.id, name))
        action.setEnabled(name != chat.folder)
    if owner.folders:
        folders.addSeparator()
    if chat.folder:
        folders.addAction(owner.tr("No folder"), lambda: owner.folder_requested.emit(chat.id, ""))
    folders.addAction(owner.tr("New folder…"), lambda: _ask_folder(owner, chat))
    export = menu.addMenu(owner.tr("Export"))
    for key, name in FORMATS:
        export.addAction(name, partial(owner.export_requested.emit, [chat.id], key))
    menu.addSeparator()
    menu.addAction(owner.tr("Delete"), lambda: owner.delete_requested.emit(chat.id))
    return menu


def _ask_folder(owner: ChatList, chat: Conversation) -> None:
    ask_name(
        owner, owner.tr("New folder"), owner.tr("Name of the folder"), "",
        lambda name: owner.folder_requested.emit(chat.id, name),
    )  # fmt: skip


def bin_menu(owner: ChatList, chat: Conversation) -> QMenu:
    """What can be done with a deleted chat."""
    menu = _menu(owner)
    menu.addAction(owner.tr("Restore"), lambda: owner.restore_requested.emit(chat.id))
    menu.addSeparator()
    menu.addAction(owner.tr("Delete forever"), lambda: owner.purge_requested.emit(chat.id))
    return menu


def more_menu(owner: ChatList) -> QMenu:
    """What can be done with all chats."""
    menu = _menu(owner)
    menu.addAction(owner.tr("Import chats…"), owner.import_requested.emit)
    export = menu.addMenu(owner.tr("Export all chats"))
    for key, name in FORMATS:
        export.addAction(name, partial(owner.export_requested.emit, [], key))
    return menu
