"""The dialog that asks for an access token, for models whose publisher asks who downloads them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QLineEdit, QVBoxLayout, QWidget

from slmdesk.ui.widgets.controls import TextButton, label, row


class TokenDialog(QDialog):
    """Takes one token. ``given`` carries it; ``cleared`` asks to forget the one that is kept.

    ``place`` is where tokens are made, ``sent_to`` the host that gets it (a mirror is another one), ``kept`` where one
    is now: "keyring", "this run", "environment", or empty for nowhere.
    """

    given = Signal(str)
    cleared = Signal()

    def __init__(self, place: str, sent_to: str, kept: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Access token"))
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText("hf_…")
        self.field.setAccessibleName(self.tr("Token"))
        self.field.setMaxLength(4096)
        self.seen = QCheckBox(self.tr("Show it"))
        self.save = TextButton(self.tr("Keep it"), kind="primary")
        self.save.setDefault(True)
        self.save.setEnabled(False)
        self.forget = TextButton(self.tr("Forget the kept token"), kind="danger")
        cancel = TextButton(self.tr("Cancel"))
        why = self.tr(
            "Make a token with the right to read on your settings page at {0}, under Access Tokens, and paste it "
            "here. SLMDesk sends it only to {1}, and only to search there and to download."
        ).format(place, sent_to)  # fmt: skip
        where = self.tr(
            "It is kept in the keyring of this computer. Where that cannot keep it, it is forgotten when SLMDesk is "
            "closed, and SLMDesk says so."
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("A token for {0}").format(place), "title"))
        layout.addWidget(label(why, "secondary", wrap=True))
        layout.addWidget(self.field)
        layout.addWidget(self.seen)
        layout.addWidget(label(where, "small", wrap=True))
        now = {
            "keyring": self.tr("A token is in the keyring now."),
            "this run": self.tr("A token is kept until SLMDesk is closed."),
            "environment": self.tr("A token comes from the variable HF_TOKEN."),
        }.get(kept, "")
        if now:
            layout.addWidget(label(now, "small", wrap=True))
        layout.addLayout(row(self.forget, 1, cancel, self.save))
        self.forget.setVisible(kept in ("keyring", "this run"))
        self.setMinimumWidth(480)
        self.field.textChanged.connect(lambda text: self.save.setEnabled(bool(text.strip())))
        self.seen.toggled.connect(self._on_seen)
        cancel.clicked.connect(self.reject)
        self.save.clicked.connect(self._on_save)
        self.forget.clicked.connect(self._on_forget)
        self.field.setFocus()

    def _on_seen(self, seen: bool) -> None:
        self.field.setEchoMode(QLineEdit.EchoMode.Normal if seen else QLineEdit.EchoMode.Password)

    def _on_save(self) -> None:
        token = self.field.text().strip()
        self.field.clear()
        if token:
            self.given.emit(token)
        self.accept()

    def _on_forget(self) -> None:
        self.cleared.emit()
        self.reject()
