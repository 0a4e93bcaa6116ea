"""The libraries that the program is made with, and their licences, as their packages state them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from slmdesk.ui.widgets.controls import TextButton, label, row


def licence_lines() -> list[str]:
    """``name version: licence`` of every installed library that states one, by name."""
    from importlib import metadata  # slow to import, and only wanted when someone looks

    lines: dict[str, str] = {}
    for package in metadata.distributions():
        info = package.metadata.json
        name = str(info.get("name") or "")
        if not name or name.casefold() == "slmdesk":
            continue
        told = [str(c) for c in info.get("classifier") or []]
        classes = ", ".join(c.rpartition("::")[2].strip() for c in told if "License ::" in c)
        stated = info.get("license_expression") or classes or str(info.get("license") or "").split("\n")[0]
        if stated:
            lines[name.casefold()] = f"{name} {package.version}: {stated}"
    return [lines[key] for key in sorted(lines)]


class LicencesDialog(QDialog):
    """The list, to read and copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Licences"))
        self.resize(560, 460)
        self.text = QPlainTextEdit("\n".join(licence_lines()))
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.windowTitle())
        close = TextButton(self.tr("Close"), kind="primary")
        close.setDefault(True)
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Licences"), "title"))
        layout.addWidget(self.text, 1)
        layout.addLayout(row(1, close))
