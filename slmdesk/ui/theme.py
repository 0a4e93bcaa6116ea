"""How the window looks: colours, fonts and spaces from ``resources/themes/tokens.json``, for light and for dark.

A :class:`Theme` is a value; widgets that paint take one through ``set_theme``. The one :class:`ThemeSource` follows
the system's light or dark setting, or the person's own choice, and dresses the whole application.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyle

from slmdesk.core.resources import resource
from slmdesk.ui.style_sheet import style_sheet

SchemeName = Literal["light", "dark"]

_FONT_ROLES: Mapping[str, tuple[str, str, int]] = {
    "small": ("ui", "small", QFont.Weight.Normal.value),
    "base": ("ui", "base", QFont.Weight.Normal.value),
    "body": ("ui", "body", QFont.Weight.Normal.value),
    "strong": ("ui", "base", QFont.Weight.DemiBold.value),
    "title": ("ui", "title", QFont.Weight.DemiBold.value),
    "display": ("ui", "display", QFont.Weight.DemiBold.value),
    "mono": ("mono", "base", QFont.Weight.Normal.value),
    "mono_small": ("mono", "small", QFont.Weight.Normal.value),
}
"""Role -> (family list, size, weight) in the tokens."""


@cache
def tokens() -> dict[str, Any]:
    """The design tokens as written in ``tokens.json``."""
    data: dict[str, Any] = json.loads(resource("themes", "tokens.json").read_text("utf-8"))
    return data


@cache
def _families(kind: str) -> tuple[str, ...]:
    """The families of the tokens that this machine has, best first, and the system's own as the last resort."""
    present = set(QFontDatabase.families())
    fixed = kind == "mono"
    fallback = QFontDatabase.systemFont(
        QFontDatabase.SystemFont.FixedFont if fixed else QFontDatabase.SystemFont.GeneralFont
    ).family()
    return (*(name for name in tokens()["font"][kind] if name in present), fallback)


def mix(front: QColor, back: QColor, share: float) -> QColor:
    """``front`` laid over ``back`` with the opacity ``share`` (0..1), as an opaque colour."""
    rest = 1.0 - share
    return QColor.fromRgbF(
        front.redF() * share + back.redF() * rest,
        front.greenF() * share + back.greenF() * rest,
        front.blueF() * share + back.blueF() * rest,
    )


@dataclass(frozen=True)
class Theme:
    """One look of the window: light or dark, at one font size.

    ``scale`` multiplies fonts and what must grow with them (1.0 is 100 %). ``motion_ms`` is how long a transition
    takes; 0 where the system or the person asked for none.
    """

    name: SchemeName = "light"
    scale: float = 1.0
    motion_ms: int = 120

    @property
    def dark(self) -> bool:
        """Whether this is the dark look."""
        return self.name == "dark"

    def color(self, token: str) -> QColor:
        """A colour by its name in the tokens: canvas, surface, raised, line, hover, selected, text, text2, accent,
        accent_text, bubble, good, warn, bad, code. Raises KeyError for an unknown one.
        """
        return QColor(tokens()[self.name][token])

    def series(self, index: int) -> QColor:
        """The colour of a data series; the list starts again at its end."""
        colors = tokens()[self.name]["series"]
        return QColor(colors[index % len(colors)])

    def blend(self, front: str, back: str, share: float) -> QColor:
        """The colour ``front`` laid over ``back`` with the opacity ``share`` (0..1)."""
        return mix(self.color(front), self.color(back), share)

    def tint(self, token: str, share: float = 0.11) -> QColor:
        """A pale background in the hue of ``token``, for pills and banners with text in that colour."""
        return self.blend(token, "canvas", share)

    def font(self, role: str = "base") -> QFont:
        """A font by its role: small, base, body, strong, title, display, mono, mono_small."""
        kind, size, weight = _FONT_ROLES[role]
        font = QFont(list(_families(kind)))
        font.setPixelSize(self.px(tokens()["font"]["size"][size]))
        font.setWeight(QFont.Weight(weight))
        if kind == "mono":
            font.setStyleHint(QFont.StyleHint.Monospace)
            font.setFeature(QFont.Tag("calt"), 0)  # code shows the characters that are there: <| and not an arrow
        return font

    @property
    def line_height(self) -> float:
        """The line height of running text, as a multiple of the font size."""
        return float(tokens()["font"]["line"])

    def px(self, value: float) -> int:
        """A length in pixels that grows with the font size."""
        return round(value * self.scale)

    def space(self, step: int) -> int:
        """A distance from the scale 4, 8, 12, 16, 24, 32 (steps 0 to 5)."""
        return int(tokens()["space"][step])

    def radius(self, kind: str) -> int:
        """The corner radius of a control, card or bubble."""
        return int(tokens()["radius"][kind])

    @property
    def control_height(self) -> int:
        """The height of a button or an input line."""
        return self.px(tokens()["control_height"])

    def palette(self) -> QPalette:
        """The Qt palette of this look, for what no style sheet reaches."""
        palette = QPalette()
        role = QPalette.ColorRole
        for target, token in (
            (role.Window, "canvas"),
            (role.WindowText, "text"),
            (role.Base, "canvas"),
            (role.AlternateBase, "surface"),
            (role.Text, "text"),
            (role.Button, "raised"),
            (role.ButtonText, "text"),
            (role.BrightText, "bad"),
            (role.Highlight, "accent"),
            (role.HighlightedText, "accent_text"),
            (role.Accent, "accent"),
            (role.Link, "accent"),
            (role.LinkVisited, "accent"),
            (role.PlaceholderText, "text2"),
            (role.ToolTipBase, "raised"),
            (role.ToolTipText, "text"),
            (role.Light, "line"),
            (role.Midlight, "line"),
            (role.Mid, "line"),
            (role.Dark, "text2"),
            (role.Shadow, "line"),
        ):
            palette.setColor(target, self.color(token))
        faded = self.blend("text2", "canvas", 0.7)
        for target in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, target, faded)
        return palette


class ThemeSource(QObject):
    """The look that is in use now, and the news when it changes.

    ``mode`` is ``system`` (follow the desktop, live), ``light`` or ``dark``.
    """

    changed = Signal(object)
    """The new :class:`Theme`."""

    def __init__(self, app: QApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._mode = "system"
        self._percent = 100
        self._motion = "system"
        self._theme = Theme()
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._refresh)
        self._dress(self._current())

    @property
    def theme(self) -> Theme:
        """The look in use."""
        return self._theme

    def set_mode(self, mode: str) -> None:
        """Follow the ``system``, or fix ``light`` or ``dark``; anything else counts as system."""
        self._mode = mode if mode in ("light", "dark") else "system"
        hints = self._app.styleHints()
        if self._mode == "system":
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(Qt.ColorScheme.Dark if self._mode == "dark" else Qt.ColorScheme.Light)
        self._refresh()

    def set_font_scale(self, percent: int) -> None:
        """The font size in percent, 80 to 150."""
        self._percent = max(80, min(150, percent))
        self._refresh()

    def set_motion(self, mode: str) -> None:
        """Whether transitions may move: ``on``, ``off``, or as the ``system`` wishes."""
        self._motion = mode
        self._refresh()

    def system_is_dark(self) -> bool:
        """Whether the desktop is set to dark; where it does not tell, it counts as light."""
        return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _current(self) -> Theme:
        dark = self.system_is_dark() if self._mode == "system" else self._mode == "dark"
        # Qt sets this style hint to 0 where the desktop's own setting asks for no animations.
        wanted = self._app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
        moves = wanted if self._motion == "system" else self._motion == "on"
        return Theme("dark" if dark else "light", self._percent / 100, 120 if moves else 0)

    def _refresh(self) -> None:
        theme = self._current()
        if theme != self._theme:
            self._dress(theme)
            self.changed.emit(theme)

    def _dress(self, theme: Theme) -> None:
        self._theme = theme
        self._app.setPalette(theme.palette())
        self._app.setFont(theme.font("base"))
        self._app.setStyleSheet(style_sheet(theme))
