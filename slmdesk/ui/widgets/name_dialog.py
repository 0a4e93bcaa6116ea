"""Small dialogs that ask without stopping the event loop: for a name, or for a yes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from slmdesk.ui.widgets.controls import TextButton, label


def ask_name(
    parent: QWidget, title: str, prompt: str, text: str, on_accept: Callable[[str], object]
) -> QDialog:  # fmt: skip
    """Open a dialog for one line of text; ``on_accept`` gets it, never empty."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    field = QLineEdit(text)
    field.setMaxLength(120)
    field.setMinimumWidth(300)
    field.setAccessibleName(prompt)
    save = TextButton(dialog.tr("Save"), kind="primary")
    save.setDefault(True)
    save.setEnabled(bool(text.strip()))
    field.textChanged.connect(lambda now: save.setEnabled(bool(now.strip())))
    buttons = QDialogButtonBox()
    buttons.addButton(TextButton(dialog.tr("Cancel")), QDialogButtonBox.ButtonRole.RejectRole)
    buttons.addButton(save, QDialogButtonBox.ButtonRole.AcceptRole)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    _fill(dialog, label(prompt), field, buttons)
    dialog.accepted.connect(lambda: on_accept(field.text().strip()))
    field.selectAll()
    dialog.open()
    return dialog


def ask_yes(
    parent: QWidget, title: str, text: str, yes: str, on_accept: Callable[[], object], *, danger: bool = False
) -> QDialog:  # fmt: skip
    """Open a dialog that says what will happen; ``on_accept`` runs after a click on the button ``yes``."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    words = label(text, wrap=True)
    words.setMinimumWidth(340)
    cancel = TextButton(dialog.tr("Cancel"))
    cancel.setDefault(True)
    buttons = QDialogButtonBox()
    buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
    agree = TextButton(yes, kind="danger" if danger else "primary")
    buttons.addButton(agree, QDialogButtonBox.ButtonRole.AcceptRole)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    _fill(dialog, label(title, "title"), words, buttons)
    dialog.accepted.connect(on_accept)
    dialog.open()
    return dialog


def _fill(dialog: QDialog, *widgets: QWidget) -> None:
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(20, 18, 20, 16)
    layout.setSpacing(12)
    for widget in widgets:
        layout.addWidget(widget)
