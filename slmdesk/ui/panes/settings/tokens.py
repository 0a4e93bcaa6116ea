"""Tokens and passwords, as a page of the settings: they go into the keyring, and are never shown again."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from slmdesk.services.secrets import ENVIRONMENT, KEYRING, THIS_RUN, Secrets
from slmdesk.ui import format as fmt
from slmdesk.ui.panes.settings.column import Column, Run, Section
from slmdesk.ui.widgets.controls import TextButton, label, row


class TokenField(QWidget):
    """One secret: a field to write it into, and where it is kept."""

    def __init__(self, run: Run, secrets: Secrets, name: str, title: str, placeholder: str) -> None:
        super().__init__()
        self._run = run
        self._secrets = secrets
        self._name = name
        self.box = QLineEdit()
        self.box.setEchoMode(QLineEdit.EchoMode.Password)
        self.box.setPlaceholderText(placeholder)
        self.box.setAccessibleName(title)
        self.box.setMinimumWidth(220)
        self.save = TextButton(self.tr("Save"))
        self.remove = TextButton(self.tr("Remove"))
        self.place = label("", "small", wrap=True)
        self.save.setEnabled(False)
        self.box.textChanged.connect(lambda text: self.save.setEnabled(bool(text.strip())))
        self.box.returnPressed.connect(self._keep)
        self.save.clicked.connect(self._keep)
        self.remove.clicked.connect(lambda: run(secrets.clear(name)))
        self.setLayout(row(self.box, self.save, self.remove))

    def _keep(self) -> None:
        text = self.box.text()
        if text.strip():
            self._run(self._set(text))

    async def _set(self, text: str) -> None:
        await self._secrets.set(self._name, text)
        self.box.clear()

    def _dates(self) -> str:
        added, used = self._secrets.dates(self._name)
        parts = []
        if added is not None:
            parts.append(self.tr("Saved {0}.").format(fmt.day(added)))
        if used is not None:
            parts.append(self.tr("Last used {0}.").format(fmt.day(used)))
        return " ".join(parts)

    async def refresh(self, keyring: str) -> None:
        """Show where the secret is; ``keyring`` is the name of the system's, empty where there is none."""
        place = await self._secrets.place(self._name)
        none = self.tr("This computer has no keyring, so one would be kept until SLMDesk ends.")
        words = {
            KEYRING: self.tr("Kept in {0}.").format(keyring),
            THIS_RUN: self.tr("Kept until SLMDesk ends, because this computer has no keyring that can be used."),
            ENVIRONMENT: self.tr("Taken from the variable HF_TOKEN. One that you save here goes before it."),
            "": self.tr("None. It would be kept in {0}.").format(keyring) if keyring else none,
        }
        self.place.setText(" ".join(part for part in (words[place], self._dates()) if part))
        self.remove.setVisible(place in (KEYRING, THIS_RUN))


class TokensSection(Section):
    """The secrets there are."""

    def __init__(self, run: Run, secrets: Secrets) -> None:
        super().__init__(run)
        self._secrets = secrets
        self.huggingface = TokenField(run, secrets, "huggingface", self.tr("Hugging Face token"), "hf_…")
        self.proxy = TokenField(run, secrets, "proxy", self.tr("Proxy password"), "")
        secrets.changed.connect(self._on_changed)

    def fill(self, column: Column) -> None:
        """A line for each."""
        lines = (
            (
                self.huggingface,
                self.tr("Hugging Face token"),
                self.tr("For models that ask you to log in. A token with the right to read is enough."),
            ),
            (self.proxy, self.tr("Proxy password"), self.tr("For your own proxy, with the user name under Network.")),
        )
        for field, name, note in lines:
            column.line(name, note, field, field.place)
        column.add(
            label(
                self.tr(
                    "Tokens are never written to the settings, logs or exports, and only the part of the program that "
                    "needs one is given it."
                ),
                "small",
                wrap=True,
            )
        )

    def _on_changed(self, _name: str) -> None:
        self.run(self.refresh())

    async def refresh(self) -> None:
        """Show where each is kept."""
        keyring = await self._secrets.keyring()
        await self.huggingface.refresh(keyring)
        await self.proxy.refresh(keyring)
