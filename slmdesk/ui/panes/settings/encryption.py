"""The encryption of the chats, as a page of the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slmdesk.core.progress import Report
from slmdesk.services.encryption import Encryption
from slmdesk.services.jobs import Jobs
from slmdesk.ui.panes.settings.column import Column, Run, Section, beside, card
from slmdesk.ui.widgets.controls import TextButton, label
from slmdesk.ui.widgets.name_dialog import ask_yes


class EncryptionSection(Section):
    """Whether the chats are encrypted, and the buttons that change it."""

    def __init__(self, run: Run, encryption: Encryption, jobs: Jobs) -> None:
        super().__init__(run)
        self._encryption = encryption
        self._jobs = jobs
        self.state = label(wrap=True)
        self.note = label(kind="small", wrap=True)
        self.turn_on = TextButton(self.tr("Turn on"))
        self.turn_off = TextButton(self.tr("Turn off"))
        self.rotate = TextButton(self.tr("New key"))
        self.turn_on.clicked.connect(self._ask_encrypt)
        self.turn_off.clicked.connect(self._ask_decrypt)
        self.rotate.clicked.connect(lambda: self._work(self.tr("Change the key"), encryption.rotate))
        encryption.changed.connect(self._on_changed)

    def fill(self, column: Column) -> None:
        """The state and its buttons."""
        buttons = beside(self.turn_on, self.rotate, self.turn_off, 1)
        column.add(card(self.state, self.note, buttons))
        whole = self.tr(
            "This covers the chats, settings and the library's notes. Model files stay as they are: to encrypt a whole "
            "disk, use the system's own means (BitLocker, FileVault, LUKS)."
        )
        column.add(label(whole, "small", wrap=True))

    def _on_changed(self) -> None:
        self.run(self.refresh())

    async def refresh(self) -> None:
        """Show whether the database is encrypted, and whether that could be changed."""
        status = await self._encryption.status()
        if status.on:
            words = self.tr("Your chats are encrypted on disk. The key is in {0}.").format(status.keyring)
        elif status.keyring:
            words = self.tr("Your chats are not encrypted. The key would be kept in {0}.").format(status.keyring)
        else:
            words = self.tr("Your chats are not encrypted.")
        problem = " ".join(part for part in (status.problem, status.hint) if part)
        self.state.setText(words)
        self.note.setText(problem or self.tr("Without the key nobody can read them, and neither can you."))
        self.turn_on.setVisible(not status.on)
        self.turn_on.setEnabled(bool(status.keyring))
        self.turn_off.setVisible(status.on)
        self.rotate.setVisible(status.on)

    def _ask_encrypt(self) -> None:
        ask_yes(
            self.state, self.tr("Encrypt the chats?"),
            self.tr(
                "The database and its backups are written anew with a key that is kept in the keyring of this "
                "computer. If the keyring is lost, the chats are lost. Export what must not be lost."
            ),
            self.tr("Encrypt"), lambda: self._work(self.tr("Encrypt the chats"), self._encryption.turn_on),
        )  # fmt: skip

    def _ask_decrypt(self) -> None:
        note = self.tr("The chats are then readable for anyone with this disk.")
        work = self._encryption.turn_off
        ask_yes(
            self.state, self.tr("Turn the encryption off?"), note, self.tr("Turn off"),
            lambda: self._work(self.tr("Decrypt the chats"), work), danger=True,
        )  # fmt: skip

    def _work(self, title: str, work: Callable[[Report], Any]) -> None:
        async def watch() -> None:
            buttons = (self.turn_on, self.turn_off, self.rotate)
            for button in buttons:
                button.setEnabled(False)
            try:
                await self._jobs.start(title, work).wait()
            finally:
                for button in buttons:
                    button.setEnabled(True)
                await self.refresh()

        self.run(watch())
