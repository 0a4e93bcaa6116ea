"""Taking model files and folders that are dropped anywhere on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QWidget

from slmdesk.ui.widgets.controls import label, row

SUFFIXES = frozenset({".gguf", ".safetensors", ".onnx", ".bin", ".pt", ".pth", ".ckpt"})


class FileDrop(QObject):
    """Watches a window; what a widget inside it takes for itself (a message's attachments) does not come here."""

    dropped = Signal(list)
    """The paths."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.hint = QFrame(window)
        self.hint.setProperty("kind", "toast")
        self.hint.setLayout(row(label(self.tr("Drop it here to add it to the library")), margins=(18, 12, 18, 12)))
        self.hint.hide()
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DragLeave:
            self.hint.hide()
        if isinstance(event, (QDragEnterEvent, QDragMoveEvent)):
            return self._on_drag(event)
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self.hint.hide()
            return self._on_drop(event)
        return False

    def _on_drag(self, event: QDragMoveEvent) -> bool:
        if not model_paths(event.mimeData()):
            return False
        event.acceptProposedAction()
        self.hint.adjustSize()
        free = self._window.rect().size() - self.hint.size()
        self.hint.move(free.width() // 2, free.height() // 2)
        self.hint.raise_()
        self.hint.show()
        return True

    def _on_drop(self, event: QDropEvent) -> bool:
        paths = model_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)
        return bool(paths)


def model_paths(data: QMimeData) -> list[Path]:
    """The folders and model files that are dragged; nothing where anything else is among them."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    known = [path for path in paths if path.suffix.casefold() in SUFFIXES or path.is_dir()]
    return known if len(known) == len(data.urls()) else []
