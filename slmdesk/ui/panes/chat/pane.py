"""The chat pane's layout, its shortcuts, and how its parts hang together."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from slmdesk.core.errors import SlmdeskError
from slmdesk.ui import format as fmt
from slmdesk.ui.pane import Pane
from slmdesk.ui.panes.chat.listing import Listing
from slmdesk.ui.panes.chat.session import ChatServices, Session
from slmdesk.ui.panes.chat.setup import Setup
from slmdesk.ui.panes.chat.talk import Talk
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.chat_list import ChatList
from slmdesk.ui.widgets.composer import Composer
from slmdesk.ui.widgets.context_meter import ContextMeter
from slmdesk.ui.widgets.controls import ElidedLabel, IconButton, TextButton, label, row
from slmdesk.ui.widgets.find_bar import FindBar
from slmdesk.ui.widgets.inspector import Inspector
from slmdesk.ui.widgets.model_picker import ModelPicker
from slmdesk.ui.widgets.transcript import Transcript
from slmdesk.ui.widgets.undo_bar import UndoBar

LIST_WIDTH, INSPECTOR_WIDTH = 232, 264
NARROW = 620
"""Pixels of the middle below which the context meter is only a bar."""


class ChatPane(Pane):
    """Talking with a model. ``models_requested`` asks the window for the Models pane."""

    key = "chat"
    models_requested = Signal()

    def __init__(self, services: ChatServices, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.session = Session(services)
        self._wanted_chat = ""
        self._sizes: list[int] = []
        self._empty_state: tuple[bool, bool] | None = None
        self._build()
        self.undo_bar = UndoBar(self.transcript)
        self.setup = Setup(self)
        self.talk = Talk(self)
        self.list_side = Listing(self)
        self._wire()

    def _build(self) -> None:
        self.chat_list = ChatList()
        self.inspector = Inspector()
        self.transcript = Transcript()
        self.composer = Composer()
        self.picker = ModelPicker()
        self.meter = ContextMeter()
        self.find_bar = FindBar()
        self.title = ElidedLabel()
        self.title.setProperty("kind", "title")
        self.list_button = IconButton("panel-left", self.tr("Show or hide the list of chats"), shortcut="Ctrl+B")
        self.inspector_button = IconButton("panel-right", self.tr("Show or hide the inspector"), shortcut="Ctrl+I")
        self.chat_button = IconButton("more", self.tr("This chat: rename, pin, move, export, delete"))
        self.stronger = TextButton(self.tr("Get a stronger model"), icon_name="models")
        self.starter_hint = QWidget()
        words = label(self.tr("The starter model is tiny and only for trying out."), "secondary")
        self.starter_hint.setLayout(row(1, words, self.stronger, 1, margins=(16, 0, 16, 12), spacing=12))
        self.starter_hint.hide()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        for widget in (self.chat_list, self._middle(), self.inspector):
            self.splitter.addWidget(widget)
        self.chat_list.setMinimumWidth(200)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([LIST_WIDTH, 760, INSPECTOR_WIDTH])
        self.content.addWidget(self.splitter, 1)

    def _middle(self) -> QWidget:
        header = QWidget()
        header.setProperty("edge", "bottom")
        header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._header = header
        grid = QGridLayout(header)
        grid.setContentsMargins(8, 0, 8, 0)
        grid.setHorizontalSpacing(12)
        left = QHBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.list_button)
        left.addWidget(self.title)
        left.addWidget(self.chat_button)
        left.addStretch(1)
        grid.addLayout(left, 0, 0)
        grid.addWidget(self.picker, 0, 1)
        grid.addLayout(row(1, self.meter, self.inspector_button), 0, 2)
        grid.setColumnStretch(0, 1)
        self._header_grid = grid
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(header)
        layout.addWidget(self.find_bar)
        layout.addLayout(row(self.banner, margins=(16, 0, 16, 0)))
        layout.addWidget(self.transcript, 1)
        layout.addWidget(self.starter_hint)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 4, 16, 16)
        foot.addStretch(1)
        foot.addWidget(self.composer, 1000)
        foot.addStretch(1)
        layout.addLayout(foot)
        middle.setMinimumWidth(360)
        middle.installEventFilter(self)
        self._middle_part = middle
        return middle

    def _wire(self) -> None:
        session, services = self.session, self.session.services
        services.settings.changed.connect(self._on_setting)
        self._on_setting("show_thinking")
        session.opened.connect(self._on_opened)
        session.head_changed.connect(self._on_head_changed)
        services.conversations.conversation_changed.connect(
            lambda cid: self.run(session.refresh()) if cid == session.id else None
        )
        self.list_button.clicked.connect(lambda: self._toggle(self.chat_list))
        self.inspector_button.clicked.connect(lambda: self._toggle(self.inspector))
        self.chat_button.clicked.connect(self._open_chat_menu)
        self.stronger.clicked.connect(self.models_requested)
        self.composer.preset_menu_requested.connect(self.inspector.open_presets)
        self.find_bar.searched.connect(lambda text: self.find_bar.set_count(self.transcript.find_text(text)))
        self.find_bar.next_requested.connect(self.transcript.find_next)
        self.find_bar.previous_requested.connect(self.transcript.find_previous)
        self.find_bar.closed.connect(self.composer.setFocus)
        self.splitter.splitterMoved.connect(self.state_changed)
        for keys, act in (
            ("Ctrl+N", lambda: self.run(self.new_chat())),
            ("Ctrl+K", self._search_chats),
            ("Ctrl+L", self.picker.open_list),
            ("Ctrl+B", lambda: self._toggle(self.chat_list)),
            ("Ctrl+I", lambda: self._toggle(self.inspector)),
            ("Ctrl+R", self.talk.regenerate_last),
            ("Ctrl+F", self.find_bar.enter),
        ):
            QShortcut(QKeySequence(keys), self, act)

    # --- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Read the models and the chats, open the chat of last time, and load the starter where it will answer."""
        await self.setup.read_models()
        await self.list_side.refresh()
        try:
            if self._wanted_chat:
                await self.session.open(self._wanted_chat)
        except SlmdeskError:
            self._wanted_chat = ""  # it was deleted meanwhile
        if not self._wanted_chat:
            await self.new_chat()
        await self.setup.show_head()
        if self.setup.model is not None and self.setup.model.starter:
            await self.setup.load()

    async def new_chat(self) -> None:
        """Open a chat with nothing in it, answered by the model in use now."""
        await self.setup.flush()
        await self.talk.keep_draft()
        model = self.setup.model
        await self.session.start_new(model.id if model is not None else "")
        self.composer.setFocus()

    async def open_chat(self, conversation_id: str, message_id: str = "") -> None:
        """Open a chat of the list, after what was typed and set in the one before is kept."""
        await self.setup.flush()
        await self.talk.keep_draft()
        await self.session.open(conversation_id, message_id)

    def chat_with(self, model_id: str) -> None:
        """Start a new chat with a model; for other panes, through the window."""

        async def begin() -> None:
            await self.new_chat()
            await self.setup.choose(model_id)

        self.run(begin())

    def shown(self) -> None:
        self.composer.setFocus()

    async def close_down(self) -> None:
        """Keep the draft, then end what runs."""
        self.inspector.flush()
        await self.setup.flush()
        await self.talk.keep_draft()
        await super().close_down()

    def save_state(self) -> dict[str, Any]:
        return {
            "sizes": self._sizes or self.splitter.sizes(),
            "list": not self.chat_list.isHidden(),
            "inspector": not self.inspector.isHidden(),
            "folded": self.chat_list.folded,
            "chat": self.session.id if self.session.saved else "",
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        sizes = state.get("sizes")
        if isinstance(sizes, list) and len(sizes) == 3 and all(isinstance(s, int) for s in sizes):
            self.splitter.setSizes(sizes)
            self._sizes = sizes  # what the splitter says is worth nothing before the pane is in sight
        self.chat_list.setHidden(state.get("list") is False)
        self.inspector.setHidden(state.get("inspector") is False)
        folded = state.get("folded")
        self.chat_list.set_folded([f for f in folded if isinstance(f, str)] if isinstance(folded, list) else [])
        self._wanted_chat = str(state.get("chat") or "")

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        super().set_theme(theme)
        for part in (
            self.chat_list, self.inspector, self.transcript, self.composer, self.picker, self.meter, self.find_bar,
            self.list_button, self.inspector_button, self.chat_button, self.stronger,
        ):  # fmt: skip
            part.set_theme(theme)
        self._header.setFixedHeight(theme.control_height + 20)
        self.inspector.setMinimumWidth(theme.px(236))
        self._fit_header()

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_opened(self, message_id: str) -> None:
        self.banner.dismiss()
        self.state_changed.emit()
        self.talk.show_chat(message_id)
        self.empty_changed()
        self.chat_list.set_current(self.session.id)
        self._on_head_changed()

    def _on_head_changed(self) -> None:
        self.title.setText(self.session.head.title or self.tr("New chat"))
        self.chat_button.setVisible(self.session.saved)
        self.run(self.setup.show_head())

    def _on_setting(self, key: str) -> None:
        if key == "show_thinking":
            self.transcript.set_show_thinking(bool(self.session.services.settings.get(key)))

    def _name_stronger(self) -> None:
        """Put the model that would run best here on the button, with the reasons in its tooltip."""
        advisor = self.session.services.advisor
        advice = advisor.strongest() if advisor is not None else None
        if advice is None:
            self.stronger.setText(self.tr("Get a stronger model"))
            self.stronger.setToolTip("")
            return
        size = fmt.disk_size(advice.variant.size)
        self.stronger.setText(self.tr("Get {0}, {1}").format(advice.entry.name, size))
        self.stronger.setToolTip("\n".join(reason.sentence for reason in advice.reasons))

    def empty_changed(self) -> None:
        """Say what an empty chat is for; a first question is one click away."""
        empty = not len(self.session.tree)
        model = self.setup.model
        starter = model is not None and model.starter
        if (empty, starter) == self._empty_state:
            return
        self._empty_state = (empty, starter)
        examples = [
            self.tr("What can SLMDesk do?"),
            self.tr("Which quantization should I choose?"),
            self.tr("Does anything leave my computer?"),
        ]
        note = self.tr("Everything runs on this computer.")
        self.transcript.set_empty_state(self.tr("What would you like to know?"), examples if starter else [], note)
        if empty and starter:
            self._name_stronger()
        self.starter_hint.setVisible(empty and starter)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._sizes = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit_header()
        return super().eventFilter(watched, event)

    def _fit_header(self) -> None:
        narrow = self._middle_part.width() < self.theme.px(NARROW)
        self.meter.set_compact(narrow)
        self.picker.set_compact(narrow)
        self._header_grid.setColumnStretch(2, 0 if narrow else 1)  # the title's need comes before the exact middle

    # --- keys ---------------------------------------------------------------------------------------------------

    def _toggle(self, part: QWidget) -> None:
        part.setVisible(part.isHidden())
        self.state_changed.emit()

    def _open_chat_menu(self) -> None:
        self.chat_list.show()  # where the title is renamed
        self.chat_list.open_menu(self.session.head, self.chat_button.mapToGlobal(self.chat_button.rect().bottomLeft()))

    def _search_chats(self) -> None:
        self.chat_list.show()
        self.chat_list.start_search()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape reaches the pane only where no field wanted it for itself."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.session.services.chat.streaming(self.session.id) is not None:
            self.talk.stop()
        else:
            self.composer.setFocus()
