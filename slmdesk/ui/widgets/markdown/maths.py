"""Formulas as pictures: LaTeX set by ziamath in a side thread, kept as SVG that Qt draws at any size.

No font is fetched: ziamath brings its own and draws outlines. A formula that cannot be set, is too long or takes too
long stays visible as its LaTeX source.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QByteArray, QObject, QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgRenderer

from slmdesk.ui.widgets.markdown.side import SideThread

LONGEST = 1_500
"""Characters of LaTeX beyond which a formula is shown as text."""
_LARGEST_SVG = 400_000
_KEPT = 400
_DEEPEST = 40
_LOAD_LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class FormulaKey:
    """What decides how a formula looks."""

    source: str
    display: bool
    pixels: int
    color: str


class Formula:
    """A formula that can be drawn; ``failed`` means that its source has to be shown instead.

    ``width``, ``ascent`` and ``descent`` are pixels from its origin on the base line.
    """

    def __init__(self, svg: bytes) -> None:
        self._renderer = QSvgRenderer(QByteArray(svg)) if svg else None
        self.failed = self._renderer is None or not self._renderer.isValid()
        self._box = self._renderer.viewBoxF() if self._renderer and not self.failed else QRectF()
        self.width, self.ascent, self.descent = self._box.width(), -self._box.top(), self._box.bottom()

    def draw(self, painter: QPainter, origin: QPointF) -> None:
        """Draw it with the left end of its base line at ``origin``."""
        if self._renderer is not None and not self.failed:
            self._renderer.render(painter, self._box.translated(origin.x() - self._box.left(), origin.y()))


class Formulas(QObject):
    """Sets formulas in the background and keeps the last few hundred."""

    ready = Signal()
    """Formulas that were asked for can be had now."""

    def __init__(self, side: SideThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._kept: OrderedDict[FormulaKey, Formula] = OrderedDict()
        self._asked: set[FormulaKey] = set()
        self._loaded = False
        self._news = QTimer(self, singleShot=True, interval=15)
        self._news.timeout.connect(self.ready)

    def get(self, key: FormulaKey) -> Formula | None:
        """The formula, or None while it is being set (``ready`` tells)."""
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        if len(key.source) > LONGEST or _too_deep(key.source):
            return self._keep(key, b"")
        if key not in self._asked:
            self._asked.add(key)
            if not self._loaded:
                self._loaded = True
                self._side.submit(_load, lambda _: None, _LOAD_LIMIT)
            self._side.submit(partial(_set_latex, key), partial(self._set, key))
        return None

    def _set(self, key: FormulaKey, svg: bytes | None) -> None:
        self._asked.discard(key)
        self._keep(key, svg or b"")
        self._news.start()

    def _keep(self, key: FormulaKey, svg: bytes) -> Formula:
        formula = self._kept[key] = Formula(svg)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return formula


def _too_deep(source: str) -> bool:
    depth = deepest = 0
    for char in source:
        depth += (char == "{") - (char == "}")
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _load() -> None:
    """Load the typesetter and its font, which takes far longer than any formula."""
    with warnings.catch_warnings():
        # WORKAROUND https://docs.python.org/3.11/library/importlib.resources.html: ziamath still asks for `path`
        warnings.simplefilter("ignore", DeprecationWarning)
        import ziamath  # noqa: F401


def _set_latex(key: FormulaKey) -> bytes:
    """The formula as SVG; raises whatever ziamath raises for a source that it cannot read."""
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # Qt draws SVG Tiny 1.2
    formula = Latex(key.source, size=key.pixels, color=key.color, inline=not key.display)
    svg: bytes = formula.svg().encode()
    return svg if len(svg) <= _LARGEST_SVG else b""
