"""Where a person writes: a box that grows, files, preset, tokens, and Send or Stop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QFocusEvent, QKeyEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from slmdesk.core.chat import Attachment
from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.attachment_chips import AttachmentChips
from slmdesk.ui.widgets.controls import TextButton, label, restyle, row

MAX_LINES = 8
MAX_WIDTH = 760


_WINDOW_KEYS = {Qt.Key.Key_K, Qt.Key.Key_N, Qt.Key.Key_L, Qt.Key.Key_B, Qt.Key.Key_I, Qt.Key.Key_R, Qt.Key.Key_F}


def local_files(data: QMimeData) -> list[Path]:
    """The files of this machine that are dragged or pasted."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class MessageBox(QPlainTextEdit):
    """The text field: as tall as its text, up to eight lines."""

    send = Signal()
    edit_last = Signal()
    files = Signal(list)
    focused = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bare")
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self.fit)

    def fit(self) -> None:
        """Take the height of the text."""
        lines = max(1, round(self.document().size().height()))  # this layout counts lines, not pixels
        shown = min(MAX_LINES, lines)
        margin = round(self.document().documentMargin())
        self.setFixedHeight(shown * self.fontMetrics().lineSpacing() + 2 * margin + 2)
        more = lines > MAX_LINES
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if more else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            combination = event.keyCombination()
            if combination.keyboardModifiers() == Qt.KeyboardModifier.ControlModifier and event.key() in _WINDOW_KEYS:
                event.ignore()  # on some systems Ctrl+K is an editing key; here it belongs to the window
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.send.emit()
        elif enter:
            self.textCursor().insertText("\n")
            self.ensureCursorVisible()
        elif event.key() == Qt.Key.Key_Up and not event.modifiers() and not self.toPlainText():
            self.edit_last.emit()
        else:
            super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return bool(local_files(source)) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        files = local_files(source)
        if files:
            self.files.emit(files)
        elif source.hasText():
            self.insertPlainText(source.text())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)  # noqa: FBT003

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)  # noqa: FBT003


class Composer(QFrame):
    """The card at the foot of a chat. It keeps what is typed and attached, and says by signals what is wanted."""

    submitted = Signal(str, tuple)
    """The text, and the attachments (:class:`~slmdesk.core.chat.Attachment`)."""
    stop_requested = Signal()
    edit_last_requested = Signal()
    changed = Signal()
    """The text or the attachments are different now."""
    attach_requested = Signal()
    files_dropped = Signal(list)
    preset_menu_requested = Signal(QWidget)
    """The button to open the menu at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "composer")
        self.setMaximumWidth(MAX_WIDTH)
        self.setAcceptDrops(True)
        self._streaming = False
        self._theme = Theme()
        self.box = MessageBox()
        self.chips = AttachmentChips()
        self.attach = TextButton(self.tr("Attach"), kind="ghost", icon_name="plus")
        self.attach.setAccessibleName(self.attach.text())
        self.attach.setToolTip(self.tr("Put a text file, PDF or Word document into the message"))
        self.preset = TextButton("", kind="chip")
        self.queued = label(kind="small")
        self.tokens = label(kind="small")
        self.send = TextButton(self.tr("Send"), kind="primary", icon_name="send", color="accent_text")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(self.chips)
        layout.addWidget(self.box)
        self._foot = (self.attach, self.preset, self.queued, self.tokens, self.send)
        self._preset_name = ""
        self._foot_row = row(self.attach, self.preset, 1, self.queued, self.tokens, self.send)
        layout.addLayout(self._foot_row)
        self.box.send.connect(self.submit)
        self.box.edit_last.connect(self.edit_last_requested)
        self.box.files.connect(self.files_dropped)
        self.box.focused.connect(self._on_focus)
        self.box.textChanged.connect(self._on_changed)
        self.chips.changed.connect(self._on_changed)
        self.attach.clicked.connect(self.attach_requested)
        self.preset.clicked.connect(lambda: self.preset_menu_requested.emit(self.preset))
        self.send.clicked.connect(self._on_button)
        self.setFocusProxy(self.box)
        self.set_model_name("")
        self.set_preset("")
        self.set_queued(0)
        self.set_tokens(None)
        self._on_changed()

    # --- values -------------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """What is typed."""
        return self.box.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace what is typed; the caret goes to the end."""
        self.box.setPlainText(text)
        self.box.moveCursor(QTextCursor.MoveOperation.End)

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """What is attached."""
        return self.chips.attachments

    def set_attachments(self, attachments: Sequence[Attachment]) -> None:
        """Replace what is attached."""
        self.chips.set_attachments(attachments)

    def add_attachment(self, attachment: Attachment) -> None:
        """Attach one file more."""
        self.chips.set_attachments([*self.chips.attachments, attachment])

    def clear(self) -> None:
        """Forget what is typed and attached."""
        self.box.clear()
        self.chips.set_attachments(())

    def set_model_name(self, name: str) -> None:
        """Who will answer."""
        words = self.tr("Message {0}").format(name) if name else self.tr("Write a message")
        self.box.setPlaceholderText(words)
        self.box.setAccessibleName(words)

    def set_preset(self, name: str) -> None:
        """The preset in use; empty hides the chip."""
        self._preset_name = name
        self.preset.setAccessibleName(self.tr("Preset: {0}").format(name))
        self._fit_foot()

    def set_tokens(self, count: int | None) -> None:
        """What the message costs; None where no model is loaded to count."""
        words = self.tr("1 token") if count == 1 else self.tr("{0} tokens").format(fmt.count(count or 0))
        self.tokens.setText("" if count is None else words)
        self._fit_foot()

    def set_queued(self, number: int) -> None:
        """How many messages wait until the answer is done."""
        self.queued.setText(self.tr("{0} queued").format(number))
        self.queued.setVisible(number > 0)
        self._fit_foot()

    def set_streaming(self, streaming: bool) -> None:
        """Whether the button stops an answer instead of sending."""
        if streaming == self._streaming:
            return
        self._streaming = streaming
        self.send.setText(self.tr("Stop") if streaming else self.tr("Send"))
        self.send.setToolTip(self.tr("Stop the answer (Esc)") if streaming else "")
        self.send.set_icon("stop" if streaming else "send", self._theme)
        self._on_changed()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.setMaximumWidth(theme.px(MAX_WIDTH))
        self.box.setFont(theme.font("body"))
        self.box.fit()
        for button in (self.attach, self.send, self.chips):
            button.set_theme(theme)
        self._fit_foot()

    def _fit_foot(self) -> None:
        """Say less at the foot where the card is narrow: first without words, then without the preset."""
        margins = self.contentsMargins().left() + self.contentsMargins().right() + 40
        for level in range(3):
            self.attach.setText("" if level else self.attach.accessibleName())
            self.preset.setText(self._preset_name if level else self.preset.accessibleName())
            self.preset.setVisible(bool(self._preset_name) and level < 2)
            parts = [part.sizeHint().width() + 8 for part in self._foot if not part.isHidden()]
            if sum(parts) <= self.width() - margins:
                break
        self._foot_row.invalidate()

    # --- intents ------------------------------------------------------------------------------------------------

    def submit(self) -> None:
        """Hand over what is typed and attached; nothing happens while both are empty."""
        text = self.text.strip()
        if text or self.attachments:
            attachments = self.attachments
            self.clear()
            self.submitted.emit(text, attachments)

    def _on_button(self) -> None:
        if self._streaming:
            self.stop_requested.emit()
        else:
            self.submit()
        self.box.setFocus()

    def _on_changed(self) -> None:
        self.send.setEnabled(self._streaming or bool(self.text.strip() or self.attachments))
        self.changed.emit()

    def _on_focus(self, focused: bool) -> None:
        self.setProperty("active", "true" if focused else "false")
        restyle(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_foot()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_files(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = local_files(event.mimeData())
        if files:
            event.acceptProposedAction()
            self.files_dropped.emit(files)
