"""Every field that a model's header holds, as a list that can be searched and copied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QMenu, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import clearable, label, plain_tip

LONGEST_LINE = 300
LONGEST_TIP = 2000


class MetadataList(QWidget):
    """Name and value of every field."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = label(kind="small", wrap=True)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search the fields"))
        self.search.setAccessibleName(self.search.placeholderText())
        clearable(self.search)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(self.tr("Fields of the header"))
        self.tree.setHeaderLabels([self.tr("Field"), self.tr("Value")])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.state, self.search, self.tree):
            layout.addWidget(widget)
        self.search.textChanged.connect(self._narrow)
        self.tree.customContextMenuRequested.connect(self._open_menu)
        self.show_reading()

    def show_reading(self) -> None:
        """Say that the fields are being read."""
        self._say(self.tr("Reading the header"))

    def show_problem(self, text: str) -> None:
        """Say why there are no fields."""
        self._say(text)

    def show_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Show these fields."""
        if not metadata:
            self._say(self.tr("The files hold no such fields."))
            return
        self.state.hide()
        self.tree.clear()
        self.tree.addTopLevelItems([_item(key, value) for key, value in sorted(metadata.items())])
        self.search.show()
        self.tree.show()
        self._narrow(self.search.text())

    def _say(self, text: str) -> None:
        self.state.setText(text)
        self.state.show()
        self.search.hide()
        self.tree.hide()
        self.tree.clear()

    def _narrow(self, text: str) -> None:
        words = text.casefold().split()
        for place in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(place)
            if item is not None:
                line = f"{item.text(0)} {item.text(1)}".casefold()
                item.setHidden(not all(word in line for word in words))

    def _open_menu(self, at: QPoint) -> None:
        item = self.tree.itemAt(at)
        if item is None:
            return
        menu = QMenu(self)
        value = str(item.data(1, Qt.ItemDataRole.UserRole))
        menu.addAction(self.tr("Copy value")).triggered.connect(lambda: QGuiApplication.clipboard().setText(value))
        name = item.text(0)
        menu.addAction(self.tr("Copy name")).triggered.connect(lambda: QGuiApplication.clipboard().setText(name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.tree.setMinimumHeight(theme.px(260))
        self.tree.setColumnWidth(0, theme.px(164))
        self.tree.setFont(theme.font("small"))


def _item(key: str, value: Any) -> QTreeWidgetItem:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    line = " ".join(text[: LONGEST_LINE * 2].split())[:LONGEST_LINE]
    item = QTreeWidgetItem([key, line])
    item.setData(1, Qt.ItemDataRole.UserRole, text)
    item.setToolTip(0, plain_tip(key))
    if len(text) > 30:
        item.setToolTip(1, plain_tip(text[:LONGEST_TIP]))
    return item
