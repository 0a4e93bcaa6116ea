"""The chat list: New chat, search, the grouped chats, and the bin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from slmdesk.core.chat import Conversation, SearchHit
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.chat_list import menus
from slmdesk.ui.widgets.chat_list.delegate import ChatDelegate
from slmdesk.ui.widgets.chat_list.rows import ChatItemModel, Row, RowKind, bin_rows, chat_rows, hit_rows
from slmdesk.ui.widgets.controls import IconButton, TextButton, label, row, shortcut_text

SEARCH_WAIT_MS = 120


class ChatList(QWidget):
    """Shows chats as they are given, and says by signals what a person wants done with them."""

    new_requested = Signal()
    opened = Signal(str, str)
    """A chat's id, and the message to scroll to (empty: none)."""
    search_changed = Signal(str)
    """The search text, a moment after it was typed; empty when the search ends."""
    rename_requested = Signal(str, str)
    pin_requested = Signal(str, bool)
    folder_requested = Signal(str, str)
    export_requested = Signal(list, str)
    """Ids (an empty list: all chats) and the format: markdown, json or html."""
    delete_requested = Signal(str)
    restore_requested = Signal(str)
    purge_requested = Signal(str)
    empty_bin_requested = Signal()
    import_requested = Signal()
    bin_shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Chats"))
        self._conversations: Sequence[Conversation] = ()
        self._folded: set[str] = set()
        self._in_bin = False
        self._folders: list[str] = []
        self._build()
        self._wire()

    def _build(self) -> None:
        self.new_button = TextButton(self.tr("New chat"), kind="left", icon_name="plus")
        self.new_button.setToolTip(f"{self.new_button.text()} ({shortcut_text('Ctrl+N')})")
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search chats"))
        self.search.setAccessibleName(self.search.placeholderText())
        self._hint = QLabel(shortcut_text("Ctrl+K"), self.search)
        self._hint.setProperty("kind", "small")
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._clear = IconButton("close", self.tr("End the search"), self.search)
        self._clear.hide()
        self.model = ChatItemModel(self)
        self.delegate = ChatDelegate(self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(self.delegate)
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setAccessibleName(self.accessibleName())
        self.bin_title = label(self.tr("Bin"), "strong")
        self.bin_note = label(self.tr("Chats in the bin are removed for good after 30 days."), "small", wrap=True)
        self.empty_bin = TextButton(self.tr("Empty bin"), kind="ghost")
        self.bin_button = TextButton(self.tr("Bin"), kind="ghost", icon_name="bin")
        self.bin_button.setCheckable(True)
        self.more = IconButton("more", self.tr("Import and export"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 12, 10, 8)
        layout.setSpacing(8)
        layout.addWidget(self.new_button)
        layout.addWidget(self.search)
        layout.addLayout(row(self.bin_title, 1, self.empty_bin, margins=(8, 0, 0, 0)))
        layout.addWidget(self.bin_note)
        layout.addWidget(self.view, 1)
        layout.addLayout(row(self.bin_button, 1, self.more))
        self._show_bin_parts()

    def _wire(self) -> None:
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(SEARCH_WAIT_MS)
        self._wait.timeout.connect(lambda: self.search_changed.emit(self.search.text().strip()))
        self.search.textChanged.connect(self._on_search_text)
        self._clear.clicked.connect(self.end_search)
        self.search.installEventFilter(self)
        self.view.installEventFilter(self)
        self.view.clicked.connect(self._on_clicked)
        self.view.customContextMenuRequested.connect(self._on_menu)
        self.model.renamed.connect(self.rename_requested)
        self.new_button.clicked.connect(self.new_requested)
        self.bin_button.toggled.connect(self._on_bin)
        self.empty_bin.clicked.connect(self.empty_bin_requested)
        self.more.clicked.connect(lambda: menus.more_menu(self).popup(self.more.mapToGlobal(QPoint(0, 0))))

    # --- values -------------------------------------------------------------------------------------------------

    def set_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Show these chats (in the bin view: these deleted ones)."""
        self._conversations = conversations
        if not self._in_bin:
            self._folders = sorted({c.folder for c in conversations if c.folder}, key=str.casefold)
        if not self.searching:
            self._fill()

    def set_hits(self, hits: Sequence[SearchHit]) -> None:
        """Show what a search found; ignored once the search text is gone."""
        if self.searching:
            self._show_rows(hit_rows(hits), tall=True)

    def set_current(self, conversation_id: str) -> None:
        """Mark the chat that is open."""
        moved = self.delegate.current != conversation_id
        self.delegate.current = conversation_id
        place = self.model.row_of(conversation_id)
        if moved and place >= 0:
            self.view.scrollTo(self.model.index(place))
        self.view.viewport().update()

    def set_busy(self, conversation_ids: set[str]) -> None:
        """Mark the chats in which an answer is being written."""
        self.delegate.busy = set(conversation_ids)
        self.view.viewport().update()

    @property
    def searching(self) -> bool:
        """Whether hits are shown instead of chats."""
        return bool(self.search.text().strip()) and not self._in_bin

    @property
    def in_bin(self) -> bool:
        """Whether the deleted chats are shown."""
        return self._in_bin

    @property
    def folded(self) -> list[str]:
        """The folders whose chats are hidden."""
        return sorted(self._folded)

    def set_folded(self, folders: Sequence[str]) -> None:
        """Hide the chats of these folders."""
        self._folded = set(folders)
        self._fill()

    @property
    def folders(self) -> list[str]:
        """The folders there are."""
        return self._folders

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.delegate.theme = theme
        for button in (self.new_button, self.bin_button, self.more, self._clear):
            button.set_theme(theme)
        self._clear.setFixedSize(theme.px(22), theme.px(22))
        self.search.setTextMargins(0, 0, theme.px(22), 0)
        self.view.doItemsLayout()
        self._place_hint()

    # --- intents ------------------------------------------------------------------------------------------------

    def start_search(self) -> None:
        """Put the caret into the search field."""
        self.bin_button.setChecked(False)
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def end_search(self) -> None:
        """Clear the search and show the chats again."""
        self.search.clear()

    def open_menu(self, conversation: Conversation, point: QPoint) -> None:
        """Open the menu of a chat at a point of the screen."""
        menus.chat_menu(self, conversation).popup(point)

    def rename(self, conversation_id: str) -> None:
        """Open the inline editor on a chat's title."""
        place = self.model.row_of(conversation_id)
        if place >= 0:
            index = self.model.index(place)
            self.view.setCurrentIndex(index)
            self.view.edit(index)

    def _show_rows(self, rows: list[Row], *, tall: bool = False) -> None:
        self.delegate.tall = tall
        self.model.set_rows(rows)

    def _fill(self) -> None:
        if self._in_bin:
            self._show_rows(bin_rows(self._conversations))
        else:
            self._show_rows(chat_rows(self._conversations, datetime.now().astimezone(), self._folded))

    def _on_search_text(self, text: str) -> None:
        self._place_hint()
        self._clear.setVisible(bool(text))
        if text.strip():
            self._wait.start()
        else:
            self._wait.stop()
            self._fill()
            self.search_changed.emit("")

    def _on_clicked(self, index: QModelIndex) -> None:
        chosen: Row | None = index.data(ChatItemModel.ROW)
        if chosen is None:
            return
        if chosen.kind is RowKind.FOLDER:
            self._folded ^= {chosen.text}
            self._fill()
        elif chosen.hit is not None:
            self.opened.emit(chosen.hit.conversation_id, chosen.hit.message_id or "")
        elif chosen.conversation is not None and self._in_bin:
            place = self.view.visualRect(index).bottomLeft()
            menus.bin_menu(self, chosen.conversation).popup(self.view.viewport().mapToGlobal(place))
        elif chosen.conversation is not None:
            self.opened.emit(chosen.conversation.id, "")

    def _on_menu(self, point: QPoint) -> None:
        index = self.view.indexAt(point) if point.y() >= 0 else self.view.currentIndex()
        chosen: Row | None = index.data(ChatItemModel.ROW)
        if chosen is not None and chosen.conversation is not None:
            menu = menus.bin_menu if self._in_bin else menus.chat_menu
            menu(self, chosen.conversation).popup(self.view.viewport().mapToGlobal(point))

    def _on_bin(self, shown: bool) -> None:
        self._in_bin = shown
        self._conversations = ()
        self._show_bin_parts()
        self._fill()
        self.bin_shown.emit(shown)

    def _show_bin_parts(self) -> None:
        for part in (self.bin_title, self.bin_note, self.empty_bin):
            part.setVisible(self._in_bin)
        self.new_button.setVisible(not self._in_bin)
        self.search.setVisible(not self._in_bin)
        self.bin_button.setText(self.tr("Back to the chats") if self._in_bin else self.tr("Bin"))
        self.bin_button.set_icon("chevron-left" if self._in_bin else "bin", self.delegate.theme)

    def _on_key(self, event: QKeyEvent) -> bool:
        index = self.view.currentIndex()
        chosen: Row | None = index.data(ChatItemModel.ROW)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_clicked(index)
            return True
        if event.key() == Qt.Key.Key_Delete and chosen is not None and chosen.conversation is not None:
            signal = self.purge_requested if self._in_bin else self.delete_requested
            signal.emit(chosen.conversation.id)
            return True
        return False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and event.type() == QEvent.Type.Resize:
            self._place_hint()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if watched is self.view and self.view.state() != QAbstractItemView.State.EditingState:
                return self._on_key(event)
            if watched is self.search and event.key() == Qt.Key.Key_Escape and self.search.text():
                self.end_search()
                return True
            if watched is self.search and event.key() == Qt.Key.Key_Down:
                self.view.setFocus()
                self.view.setCurrentIndex(self.model.index(min(1, self.model.rowCount() - 1)))
                return True
        return False

    def _place_hint(self) -> None:
        self._hint.adjustSize()
        words = self.search.fontMetrics().horizontalAdvance(self.search.placeholderText())
        room = self.search.width() >= words + self._hint.width() + 36
        self._hint.setVisible(room and not self.search.text())
        left = self.search.width() - self._hint.width() - 10
        self._hint.move(left, (self.search.height() - self._hint.height()) // 2)
        self._clear.move(
            self.search.width() - self._clear.width() - 6, (self.search.height() - self._clear.height()) // 2
        )
