"""The fonts, colours and distances of a transcript, worked out once per theme."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetricsF

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.markdown.code import Lexers, tone_colors
from slmdesk.ui.widgets.markdown.maths import Formulas

COLUMN = 760
"""The widest a text column gets, in pixels."""
MONO_SHARE = 0.92
"""The size of inline code in the size of the text around it."""
_HEADINGS = {1: 1.45, 2: 1.25, 3: 1.1}


class Style:
    """How a transcript looks in one theme. Boxes are laid out and painted with it."""

    def __init__(self, theme: Theme, formulas: Formulas, lexers: Lexers) -> None:
        self.theme = theme
        self.formulas = formulas
        self.lexers = lexers
        self.body = theme.font("body")
        self.small = theme.font("small")
        self.mono = theme.font("mono")
        self.mono.setFeature(QFont.Tag("calt"), 0)  # "->" stays two characters
        self.cell = theme.font("base")
        self.text = theme.color("text")
        self.text2 = theme.color("text2")
        self.accent = theme.color("accent")
        self.line = theme.color("line")
        self.code = theme.color("code")
        self.hover = theme.color("hover")
        self.bubble = theme.color("bubble")
        self.canvas = theme.color("canvas")
        self.bad = theme.color("bad")
        self.selection = theme.blend("accent", "canvas", 0.32)
        self.hit = theme.blend("warn", "canvas", 0.28)
        self.hit_now = theme.blend("warn", "canvas", 0.6)
        self.tones = tone_colors(theme)
        self.line_height = round(self.body.pixelSize() * theme.line_height)
        self.mono_line = round(self.mono.pixelSize() * 1.5)
        self.mono_width = QFontMetricsF(self.mono).horizontalAdvance("0")
        self.char_width = QFontMetricsF(self.body).averageCharWidth()
        self.gap = theme.px(12)
        self.tight = theme.px(4)
        self._metrics: dict[tuple[int, bool, bool], QFontMetricsF] = {}
        self.indent = theme.px(24)
        self.pad = theme.px(13)
        self.bubble_radius = theme.radius("bubble")
        self.card_radius = theme.radius("card")
        self.actions_height = theme.px(30)
        self.above_user = theme.px(18)
        self.above_answer = 0

    def advance(self, text: str, font: QFont, *, bold: bool, mono: bool) -> float:
        """About how wide ``text`` is on one line."""
        key = (font.pixelSize(), bold, mono)
        metrics = self._metrics.get(key)
        if metrics is None:
            used = QFont(self.mono if mono else font)
            if mono:
                used.setPixelSize(round(font.pixelSize() * MONO_SHARE))
            elif bold:
                used.setWeight(QFont.Weight.Bold)
            metrics = self._metrics[key] = QFontMetricsF(used)
        return metrics.horizontalAdvance(text)

    def heading(self, level: int) -> QFont:
        """The font of a heading, level 1 to 6."""
        font = QFont(self.body)
        font.setPixelSize(round(self.body.pixelSize() * _HEADINGS.get(level, 1.0)))
        font.setWeight(QFont.Weight.DemiBold)
        return font
