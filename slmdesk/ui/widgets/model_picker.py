"""The model of a chat: a button that names it, shows it loading, and opens the list to choose another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractButton,
    QLineEdit,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets import icons
from slmdesk.ui.widgets.controls import IconButton, Popover, TextButton, row, shortcut_text

Index = QModelIndex | QPersistentModelIndex
_CHOICE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model as the picker shows it.

    ``detail`` is such as "Q4_K_M · llama.cpp"; ``size`` such as "2.5 GB"; ``pill`` a short remark in the tone good,
    warn, bad or accent; ``note`` a sentence under the name.
    """

    model_id: str
    name: str
    detail: str = ""
    size: str = ""
    pill: str = ""
    tone: str = ""
    note: str = ""
    loaded: bool = False


class _Button(QAbstractButton):
    """The picker's button: name, detail and an arrow; a thin bar along its foot while the model loads."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.detail = "", ""
        self.fraction: float | None = None
        self.compact = False
        self.theme = Theme()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        strong, base = QFontMetrics(self.theme.font("strong")), QFontMetrics(self.theme.font("base"))
        detail = 0 if self._detail_hidden else base.horizontalAdvance(self.detail) + 8
        width = 12 + strong.horizontalAdvance(self.name) + detail + 34
        return QSize(min(self.theme.px(380), max(self.theme.px(120), width)), self.theme.control_height)

    @property
    def _detail_hidden(self) -> bool:
        return self.compact and self.fraction is None

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(120), self.theme.control_height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color("accent" if self.hasFocus() or self.isDown() else "line"))
        painter.setBrush(theme.color("hover" if self.underMouse() else "raised"))
        painter.drawRoundedRect(box, theme.radius("control"), theme.radius("control"))
        size = theme.px(14)
        arrow = QRectF(self.width() - size - 8, (self.height() - size) / 2, size, size)
        icons.paint(painter, "chevron-down", arrow, theme.color("text2"))
        left, right = 12, int(arrow.left()) - 6
        parts = ((self.name, "strong", "text"), ("" if self._detail_hidden else self.detail, "base", "text2"))
        for text, font, color in parts:
            painter.setFont(theme.font(font))
            painter.setPen(theme.color(color))
            metrics = painter.fontMetrics()
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, right - left))
            place = QRect(left, 0, max(0, right - left), self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            left += metrics.horizontalAdvance(shown) + 8
        if self.fraction is not None:
            bar = QRectF(10, self.height() - 4, (self.width() - 20) * self.fraction, 2)
            painter.fillRect(bar, theme.color("accent"))


class _Delegate(QStyledItemDelegate):
    """A model's two lines in the list."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = Theme()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(240, self.theme.px(46))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        choice: ModelChoice = index.data(_CHOICE)
        theme, rect, state = self.theme, option.rect, option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selected" if chosen else "hover"))
            painter.drawRoundedRect(QRectF(rect).adjusted(0, 1, 0, -1), 6, 6)
        half = rect.height() // 2
        first = rect.adjusted(10, 4, -10, -half)
        second = rect.adjusted(10, half - 2, -10, -4)
        first.setRight(first.right() - self._paint_pill(painter, first, choice))
        self._line(painter, first, choice.name, "strong", "text")
        self._line(painter, second, choice.note or choice.detail, "small", "text2")
        if choice.size and not choice.note:
            painter.drawText(second, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, choice.size)
        painter.restore()

    def _paint_pill(self, painter: QPainter, rect: QRect, choice: ModelChoice) -> int:
        if not choice.pill:
            return 0
        theme = self.theme
        painter.setFont(theme.font("small"))
        width = painter.fontMetrics().horizontalAdvance(choice.pill) + 12
        box = QRectF(rect.right() - width, rect.top() + 1, width, rect.height() - 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tint(choice.tone) if choice.tone else theme.color("hover"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.color(choice.tone or "text2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, choice.pill)
        return width + 8

    def _line(self, painter: QPainter, rect: QRect, text: str, font: str, color: str) -> None:
        painter.setFont(self.theme.font(font))
        painter.setPen(self.theme.color(color))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class ModelPicker(QWidget):
    """The header's middle. ``chosen`` carries a model's id, ``cancel_requested`` asks to stop the load."""

    chosen = Signal(str)
    cancel_requested = Signal()
    more_requested = Signal()
    """A person wants a stronger model."""
    about_to_open = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = Theme()
        self._choices: Sequence[ModelChoice] = ()
        self._current: ModelChoice | None = None
        self._popover: Popover | None = None
        self.button = _Button(self)
        self.cancel = IconButton("close", self.tr("Stop loading"))
        self.cancel.hide()
        self.cancel.clicked.connect(self.cancel_requested)
        self.setLayout(row(self.button, self.cancel, spacing=4))
        self.button.clicked.connect(self.open_list)
        self.set_current(None)

    def set_choices(self, choices: Sequence[ModelChoice]) -> None:
        """The models to choose from, in the order to show them."""
        self._choices = choices

    def set_current(self, choice: ModelChoice | None) -> None:
        """The model that answers; None where there is none yet."""
        self._current = choice
        self._show(choice.detail if choice else "")

    def set_loading(self, fraction: float | None) -> None:
        """How far the load is (0..1); None when no load is under way."""
        self.button.fraction = fraction
        self.cancel.setVisible(fraction is not None)
        if fraction is not None:
            self._show(self.tr("Loading {0} %").format(round(fraction * 100)))
        else:
            self._show(self._current.detail if self._current else "")

    def set_compact(self, compact: bool) -> None:
        """Show the name alone, where there is no room for more."""
        if compact != self.button.compact:
            self.button.compact = compact
            self.button.updateGeometry()
            self.button.update()

    def _show(self, detail: str) -> None:
        name = self._current.name if self._current else self.tr("Choose a model")
        self.button.name, self.button.detail = name, detail
        self.button.setAccessibleName(self.tr("Model: {0} {1}").format(name, detail))
        tip = self._current.note if self._current and self._current.note else f"{name} {detail}".strip()
        self.button.setToolTip(f"{tip} ({shortcut_text('Ctrl+L')})")
        self.button.updateGeometry()
        self.button.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.button.theme = theme
        self.cancel.set_theme(theme)
        self.button.updateGeometry()
        self.button.update()

    def open_list(self) -> None:
        """Open the list with the caret in its search field."""
        self.about_to_open.emit()
        self._popover = _ModelList(self, self._choices, self._current, self._theme)
        self._popover.open_at(self.button)
        self._popover.search.setFocus()


class _ModelList(Popover):
    """The open list: type to narrow it, arrows and Enter to choose."""

    def __init__(
        self, picker: ModelPicker, choices: Sequence[ModelChoice], current: ModelChoice | None, theme: Theme
    ) -> None:  # fmt: skip
        super().__init__(picker)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._picker = picker
        self._choices = choices
        self.body.setContentsMargins(10, 10, 10, 10)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search models"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.items = QStandardItemModel(self)
        self.view = QListView()
        self.view.setModel(self.items)
        delegate = _Delegate(self.view)
        delegate.theme = theme
        self.view.setItemDelegate(delegate)
        self.view.setMouseTracking(True)
        self.view.setAccessibleName(self.tr("Models"))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setFixedSize(theme.px(400), theme.px(46) * max(1, min(7, len(choices))) + 4)
        more = TextButton(self.tr("Get a stronger model"), kind="ghost", icon_name="models")
        more.set_theme(theme)
        for widget in (self.search, self.view):
            self.body.addWidget(widget)
        self.body.addLayout(row(more, 1))
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._fill)
        self.view.clicked.connect(self._choose)
        more.clicked.connect(self._more)
        self._fill("")
        for place in range(self.items.rowCount()):
            if current is not None and self.items.item(place).data(_CHOICE).model_id == current.model_id:
                self.view.setCurrentIndex(self.items.index(place, 0))

    def _fill(self, text: str) -> None:
        words = text.casefold().split()
        self.items.clear()
        for choice in self._choices:
            if all(w in f"{choice.name} {choice.detail} {choice.note}".casefold() for w in words):
                item = QStandardItem(choice.name)
                item.setData(choice, _CHOICE)
                item.setEditable(False)
                self.items.appendRow(item)
        self.view.setCurrentIndex(self.items.index(0, 0))

    def _choose(self, index: QModelIndex) -> None:
        choice: ModelChoice | None = index.data(_CHOICE)
        self.close()
        if choice is not None:
            self._picker.chosen.emit(choice.model_id)

    def _more(self) -> None:
        self.close()
        self._picker.more_requested.emit()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            place = max(0, min(self.items.rowCount() - 1, self.view.currentIndex().row() + step))
            self.view.setCurrentIndex(self.items.index(place, 0))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.view.currentIndex())
            return True
        return False
