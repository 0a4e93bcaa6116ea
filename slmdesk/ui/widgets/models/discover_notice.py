"""What a view says in place of a list: nothing found, something missing, or leave to be asked for first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.controls import TextButton, label, row


class Notice(QFrame):
    """A title, a sentence or two, and up to two buttons; with ``busy`` a moving bar in place of the buttons."""

    def __init__(self, parent: QWidget | None = None, *, icon_name: str = "info") -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._icon_name = icon_name
        self._theme = Theme()
        self._act: Callable[[], object] | None = None
        self._second: Callable[[], object] | None = None
        self._mark = label()
        self.title = label(kind="strong", wrap=True)
        self.text = label(kind="secondary", wrap=True)
        self.action = TextButton("", kind="primary")
        self.other = TextButton("")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(self.title)
        texts.addWidget(self.text)
        texts.addWidget(self.bar)
        self._buttons = QWidget()
        self._buttons.setLayout(row(self.action, self.other, 1, margins=(0, 8, 0, 0)))
        texts.addWidget(self._buttons)
        layout = row(margins=(16, 14, 16, 14), spacing=12)
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        self.setLayout(layout)
        self.action.clicked.connect(lambda: self._run(self._act))
        self.other.clicked.connect(lambda: self._run(self._second))

    @staticmethod
    def _run(act: Callable[[], object] | None) -> None:
        if act is not None:
            act()

    def say(
        self,
        title: str,
        text: str = "",
        *,
        action: str = "",
        on_action: Callable[[], object] | None = None,
        other: str = "",
        on_other: Callable[[], object] | None = None,
        icon_name: str = "info",
        busy: bool = False,
    ) -> None:
        """Show this, in place of what was said before."""
        self._icon_name, self._act, self._second = icon_name, on_action, on_other
        self.title.setText(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.bar.setVisible(busy)
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.other.setText(other)
        self.other.setVisible(bool(other))
        self._buttons.setVisible(bool(action or other))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.set_theme(self._theme)
        self.show()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        app = QGuiApplication.instance()
        ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
        color = theme.color("warn" if self._icon_name == "alert" else "accent").name()
        self._mark.setPixmap(icons.pixmap(self._icon_name, color, theme.px(18), ratio))
