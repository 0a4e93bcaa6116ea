"""The system's file dialogs, opened without stopping the event loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget


def ask_save(
    parent: QWidget, title: str, suggested: str, suffix: str, kinds: str, on_path: Callable[[Path], object]
) -> QFileDialog:  # fmt: skip
    """Ask where to write; the dialog itself asks before it takes an existing file."""
    dialog = _dialog(parent, title, lambda paths: on_path(paths[0]))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(kinds)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(suggested)
    dialog.open()
    return dialog


def ask_files(
    parent: QWidget, title: str, kinds: str, on_paths: Callable[[list[Path]], object]
) -> QFileDialog:  # fmt: skip
    """Ask for files to read."""
    dialog = _dialog(parent, title, on_paths)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilter(kinds)
    dialog.open()
    return dialog


def ask_file(parent: QWidget, title: str, kinds: str, on_path: Callable[[Path], object]) -> QFileDialog:
    """Ask for one file to read."""
    dialog = _dialog(parent, title, lambda paths: on_path(paths[0]))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(kinds)
    dialog.open()
    return dialog


def ask_folder(parent: QWidget, title: str, on_path: Callable[[Path], object]) -> QFileDialog:
    """Ask for a folder."""
    dialog = _dialog(parent, title, lambda paths: on_path(paths[0]))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.open()
    return dialog


def _dialog(parent: QWidget, title: str, on_paths: Callable[[list[Path]], object]) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(lambda names: on_paths([Path(name) for name in names]) if names else None)
    return dialog
