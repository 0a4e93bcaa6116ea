"""What a person makes of a model: tags and a note, kept as soon as they are typed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label
from slmdesk.ui.widgets.flow import FlowLayout

KEEP_WAIT_MS = 700
LONGEST_TAG = 40


class NotesBox(QWidget):
    """``tags_changed`` carries all tags, ``note_changed`` the whole note; both a moment after the last change."""

    tags_changed = Signal(list)
    note_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = Theme()
        self._tags: list[str] = []
        self._kept_note = ""
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips)
        self.new_tag = QLineEdit()
        self.new_tag.setPlaceholderText(self.tr("Add a tag"))
        self.new_tag.setAccessibleName(self.new_tag.placeholderText())
        self.new_tag.setMaxLength(LONGEST_TAG)
        self.note = QPlainTextEdit()
        self.note.setPlaceholderText(self.tr("Write what you want to remember of this model"))
        self.note.setAccessibleName(self.tr("Note"))
        self.note.setTabChangesFocus(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(label(self.tr("Tags"), "secondary"))
        layout.addWidget(self._chips)
        layout.addWidget(self.new_tag)
        layout.addWidget(label(self.tr("Note"), "secondary"))
        layout.addWidget(self.note)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(KEEP_WAIT_MS)
        self._wait.timeout.connect(self.keep)
        self.note.textChanged.connect(self._wait.start)
        self.note.installEventFilter(self)
        self.new_tag.returnPressed.connect(self._add_tag)
        self.set_theme(self._theme)

    def show_notes(self, tags: Sequence[str], note: str) -> None:
        """Show a model's tags and note; what was typed for the one before is kept first."""
        self.keep()
        self._tags = list(tags)
        self._show_tags()
        self._kept_note = note
        if note != self.note.toPlainText():
            with QSignalBlocker(self.note):
                self.note.setPlainText(note)

    def keep(self) -> None:
        """Tell of a note that was typed and not told yet."""
        self._wait.stop()
        text = self.note.toPlainText()
        if text != self._kept_note:
            self._kept_note = text
            self.note_changed.emit(text)

    @property
    def writing(self) -> bool:
        """Whether a person has typed something that is not told yet."""
        return self.note.toPlainText() != self._kept_note

    def _add_tag(self) -> None:
        tag = " ".join(self.new_tag.text().replace(",", " ").split())
        self.new_tag.clear()
        if tag and tag.casefold() not in (t.casefold() for t in self._tags):
            self._set_tags([*self._tags, tag])

    def _set_tags(self, tags: list[str]) -> None:
        self._tags = tags
        self._show_tags()
        self.tags_changed.emit(list(tags))

    def _show_tags(self) -> None:
        self._flow.clear()
        for tag in self._tags:
            chip = TextButton(tag, kind="chip", icon_name="close", after=True)
            chip.setAccessibleName(self.tr("Remove the tag {0}").format(tag))
            chip.setToolTip(chip.accessibleName())
            chip.set_theme(self._theme)
            chip.clicked.connect(lambda _checked=False, t=tag: self._set_tags([o for o in self._tags if o != t]))
            self._flow.addWidget(chip)
        self._chips.setVisible(bool(self._tags))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.keep()
        return False

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.note.setFixedHeight(theme.px(84))
        for chip in self._chips.findChildren(TextButton):
            chip.set_theme(theme)
