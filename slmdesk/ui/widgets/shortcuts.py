"""The list of keyboard shortcuts."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from slmdesk.ui.widgets.controls import TextButton, label, row, shortcut_text


def shortcut_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every shortcut of the window: a group's name, then keys and what they do."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Shortcuts", text)

    return [
        (tr("Window"), [
            ("Ctrl+1", tr("Chat")),
            ("Ctrl+3", tr("Models")),
            ("Ctrl+,", tr("Settings")),
            ("Ctrl+/", tr("This list (also F1)")),
        ]),
        (tr("Chats"), [
            ("Ctrl+N", tr("New chat")),
            ("Ctrl+K", tr("Search chats")),
            ("Ctrl+B", tr("Show or hide the list of chats")),
            ("Ctrl+I", tr("Show or hide the inspector")),
            ("Ctrl+L", tr("Choose a model")),
            ("Ctrl+F", tr("Find in this chat")),
        ]),
        (tr("Writing"), [
            ("Return", tr("Send")),
            ("Shift+Return", tr("New line")),
            ("Up", tr("Edit your last message, in an empty box")),
            ("Ctrl+R", tr("Answer again")),
            ("Esc", tr("Stop the answer")),
        ]),
        (tr("Models"), [
            ("Ctrl+K", tr("Search models")),
            ("Return", tr("Chat with the model")),
            ("F2", tr("Rename")),
            ("Del", tr("Move to the bin")),
        ]),
        (tr("List of chats"), [
            ("Return", tr("Open")),
            ("F2", tr("Rename")),
            ("Del", tr("Move to the bin")),
        ]),
    ]  # fmt: skip


def shortcut_table(parent: QWidget | None = None) -> QWidget:
    """The shortcuts as two columns."""
    table = QWidget(parent)
    grid = QGridLayout(table)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    place = 0
    for title, rows in shortcut_groups():
        grid.addWidget(label(title, "strong"), place, 0, 1, 2)
        grid.setRowMinimumHeight(place, 30)
        place += 1
        for keys, words in rows:
            key = label(shortcut_text(keys))
            key.setProperty("kind", "pill")
            grid.addWidget(key, place, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(label(words), place, 1)
            place += 1
    return table


class ShortcutsDialog(QDialog):
    """The shortcuts in a window of their own that can stay open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        close = TextButton(self.tr("Close"), kind="primary")
        close.setDefault(True)
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 18, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Keyboard shortcuts"), "title"))
        layout.addWidget(shortcut_table())
        layout.addLayout(row(1, close))
        self.setMinimumWidth(420)
