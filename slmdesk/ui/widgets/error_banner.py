"""The banner of a pane that tells of expected trouble: what, why, what to do next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.fit import Remedy, RemedyKind
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.controls import IconButton, TextButton, label, row
from slmdesk.ui.widgets.models.fit_card import RemedyButtons


class ErrorBanner(QFrame):
    """One error at a time, with a button for everything that one click can do, and the technical text folded."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self._act: Callable[[], object] | None = None
        self._help: Callable[[Remedy], object] | None = None
        self._theme = Theme()
        self._mark = label()
        self.message = label(wrap=True)
        self.message.setProperty("kind", "strong")
        self.hint = label(wrap=True)
        self.action = TextButton("")
        self.fold = TextButton(self.tr("Details"), kind="ghost")
        self.copy = TextButton(self.tr("Copy"), kind="ghost")
        self.close_button = IconButton("close", self.tr("Dismiss"))
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(140)
        self.details.setAccessibleName(self.tr("Technical details"))
        self.remedies = RemedyButtons()
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.message)
        texts.addWidget(self.hint)
        head = row(self._mark, margins=(0, 0, 0, 0), spacing=10)
        head.addLayout(texts, 1)
        for button in (self.fold, self.copy, self.action, self.close_button):
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.addLayout(head)
        layout.addWidget(self.remedies)
        layout.addWidget(self.details)
        self.action.clicked.connect(self._on_action)
        self.remedies.chosen.connect(self._on_remedy)
        self.fold.clicked.connect(lambda: self._unfold(open_=self.details.isHidden()))
        self.copy.clicked.connect(self._on_copy)
        self.close_button.clicked.connect(self.dismiss)
        self.hide()

    def show_error(
        self,
        error: SlmdeskError,
        action: str = "",
        on_action: Callable[[], object] | None = None,
        on_remedy: Callable[[Remedy], object] | None = None,
    ) -> None:
        """Show ``error``; ``on_action`` runs after a click on the button ``action``.

        With ``on_remedy`` each remedy of the error has a button too, but "load anyway", which is an action.
        """
        remedies = tuple(r for r in getattr(error, "remedies", ()) if on_remedy and r.kind is not RemedyKind.ANYWAY)
        self._help = on_remedy
        self.remedies.set_remedies(remedies)
        self.message.setText(error.message)
        self.hint.setText(error.hint)
        self.hint.setVisible(bool(error.hint) and not remedies)
        self.details.setPlainText(error.details)
        self.fold.setVisible(bool(error.details))
        self.copy.setVisible(bool(error.details))
        self._act = on_action
        self.action.setText(action)
        self.action.setVisible(bool(action and on_action))
        self._unfold(open_=False)
        self.setAccessibleName(self.tr("Error"))
        self.setAccessibleDescription(str(error))
        self.show()

    def dismiss(self) -> None:
        """Hide the banner."""
        if self.isHidden():
            return
        self.hide()
        self.dismissed.emit()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        app = QGuiApplication.instance()
        ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
        self._mark.setPixmap(icons.pixmap("alert", theme.color("bad").name(), theme.px(18), ratio))
        self.close_button.set_theme(theme)

    def _unfold(self, *, open_: bool) -> None:
        self.details.setVisible(open_)
        self.fold.setText(self.tr("Hide details") if open_ else self.tr("Details"))

    def _on_copy(self) -> None:
        parts = (self.message.text(), self.hint.text(), self.details.toPlainText())
        QGuiApplication.clipboard().setText("\n\n".join(p for p in parts if p))

    def _on_remedy(self, remedy: Remedy) -> None:
        help_, self._help = self._help, None
        self.dismiss()
        if help_ is not None:
            help_(remedy)

    def _on_action(self) -> None:
        act, self._act = self._act, None
        self.dismiss()
        if act is not None:
            act()
