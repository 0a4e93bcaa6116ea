"""One download: what it is, how far it is, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from slmdesk.core.remote import Download, DownloadState
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, IconButton, TextButton, label, restyle, row
from slmdesk.ui.widgets.models.download_words import fraction_of, state_words
from slmdesk.ui.widgets.models.remote_rows import pill, set_pill
from slmdesk.ui.widgets.models.words import NONE, Remark

ACTIONS = ("pause", "resume", "retry", "cancel", "remove", "chat", "reveal", "export", "allow", "token")


class DownloadRow(QFrame):
    """A card for one download. ``requested`` carries its id and what is wanted, one of :data:`ACTIONS`."""

    requested = Signal(str, str)

    def __init__(self, download: Download, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.id = download.id
        self._theme = Theme()
        self.title = ElidedLabel()
        self.title.setProperty("kind", "strong")
        self.mark = pill(NONE)
        self.place = ElidedLabel(middle=True)
        self.place.setProperty("kind", "small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.state = label(kind="secondary")
        self.error = label(wrap=True)
        self.error.setProperty("kind", "bad")
        self.hint = label(kind="secondary", wrap=True)
        self.buttons = self._make_buttons()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 11, 12, 12)
        layout.setSpacing(5)
        head = row(self.title, self.mark, spacing=8)
        head.addWidget(self.place, 1)
        for button in self.buttons.values():
            head.addWidget(button)
        layout.addLayout(head)
        for widget in (self.bar, self.state, self.error, self.hint):
            layout.addWidget(widget)
        self.show_download(download, chat=False)

    def _make_buttons(self) -> dict[str, TextButton | IconButton]:
        made: dict[str, TextButton | IconButton] = {
            "allow": TextButton(self.tr("Go online"), kind="primary"),
            "token": TextButton(self.tr("Enter a token"), kind="primary"),
            "retry": TextButton(self.tr("Try again")),
            "resume": TextButton(self.tr("Resume")),
            "pause": TextButton(self.tr("Pause")),
            "chat": TextButton(self.tr("Chat"), kind="primary"),
            "export": IconButton("export", self.tr("Export as a bundle for another machine")),
            "reveal": IconButton("folder", self.tr("Open its folder")),
            "cancel": IconButton("close", self.tr("Cancel and delete what has come")),
            "remove": IconButton("close", self.tr("Take off the list; the files stay")),
        }
        for action, button in made.items():
            button.clicked.connect(lambda _checked=False, wanted=action: self.requested.emit(self.id, wanted))
        return made

    def show_download(self, download: Download, *, chat: bool) -> None:
        """Show how it stands; ``chat``: the model is in the library and can be talked to."""
        state = download.state
        failed, done = state is DownloadState.FAILED, state is DownloadState.DONE
        words = state_words(download)
        self.title.setText(download.title)
        self.place.setText(
            download.repo if download.revision in ("", "main") else f"{download.repo} @ {download.revision}"
        )
        set_pill(self.mark, self._mark(download))
        self.bar.setVisible(not done)
        self.bar.setValue(round(fraction_of(download) * 1000))
        self.state.setText(words)
        self.error.setText(download.error)
        self.error.setVisible(failed and bool(download.error))
        self.hint.setText(download.hint)
        self.hint.setVisible(failed and bool(download.hint))
        self._show_buttons(download, chat=chat)
        self.setAccessibleName(f"{download.title}: {words}")
        self.setAccessibleDescription(f"{download.error} {download.hint}".strip() if failed else "")

    def _mark(self, download: Download) -> Remark:
        if download.state is DownloadState.FAILED:
            return Remark(self.tr("Failed"), "bad")
        if download.state is DownloadState.DONE:
            return Remark(self.tr("Done"), "good")
        if download.state is DownloadState.VERIFYING:
            return Remark(self.tr("Verifying"), "accent", self.tr("The file is compared with its published checksum"))
        return Remark(self.tr("Update"), "accent") if download.update else NONE

    def _show_buttons(self, download: Download, *, chat: bool) -> None:
        state = download.state
        stopped = state in (DownloadState.FAILED, DownloadState.WAITING)
        blocked = stopped and download.error_kind == "NetworkBlocked"
        token = stopped and download.error_kind in ("NeedsToken", "NeedsApproval")
        done = state is DownloadState.DONE
        shown = {
            "allow": blocked,
            "token": token,
            "retry": state is DownloadState.FAILED,
            "resume": state is DownloadState.PAUSED,
            "pause": state.active and state is not DownloadState.VERIFYING,
            "chat": done and chat,
            "export": done and chat,
            "reveal": done,
            "cancel": not done,
            "remove": done,
        }
        for action, button in self.buttons.items():
            button.setVisible(shown[action])
            name = button.toolTip() or button.text()
            button.setAccessibleName(f"{name}: {download.title}")

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        for button in self.buttons.values():
            button.set_theme(theme)
        restyle(self.error)


class UpdateRow(QFrame):
    """A newer version of something that is here. ``wanted`` asks for it."""

    wanted = Signal()

    def __init__(self, title: str, facts: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setAccessibleName(self.tr("Update available: {0}").format(title))
        self.button = TextButton(self.tr("Update"), kind="primary")
        self.button.setAccessibleName(self.tr("Update {0}").format(title))
        texts = QVBoxLayout()
        texts.setSpacing(3)
        texts.addLayout(row(label(title, "strong"), pill(Remark(self.tr("Update available"), "accent")), 1))
        texts.addWidget(label(facts, "small", wrap=True))
        layout = row(margins=(16, 11, 12, 11), spacing=12)
        layout.addLayout(texts, 1)
        layout.addWidget(self.button)
        self.setLayout(layout)
        self.button.clicked.connect(self.wanted)
