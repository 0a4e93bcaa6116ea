"""Formulas as pictures: LaTeX set by ziamath in a side thread, kept as SVG that Qt draws at any size.

No font is fetched: ziamath brings its own and draws outlines. A formula that cannot be set, is too long or takes too
long stays visible as its LaTeX source.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgRenderer

LONGEST = 1_500
"""Characters of LaTeX beyond which a formula is shown as text."""
TIME_LIMIT = 2.0
"""Seconds after which a formula is given up."""
_LARGEST_SVG = 400_000
_KEPT = 400
_DEEPEST = 40


class _TooSlowError(Exception):
    """Raised inside the side thread to stop a formula that takes too long."""


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
        box = self._renderer.viewBoxF() if self._renderer and not self.failed else QRectF()
        self._box = box
        self.width, self.ascent, self.descent = box.width(), -box.top(), box.bottom()

    def draw(self, painter: QPainter, origin: QPointF) -> None:
        """Draw it with the left end of its base line at ``origin``."""
        if self._renderer is not None and not self.failed:
            self._renderer.render(
                painter, QRectF(origin.x(), origin.y() + self._box.top(), self.width, self._box.height())
            )


class Formulas(QObject):
    """Sets formulas in the background and keeps the last few hundred."""

    ready = Signal()
    """Formulas that were asked for can be had now."""
    _set = Signal(object, bytes)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[FormulaKey, Formula] = OrderedDict()
        self._asked: set[FormulaKey] = set()
        self._queue: deque[FormulaKey] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._began: float | None = None
        self._set.connect(self._keep, Qt.ConnectionType.QueuedConnection)
        self._news = QTimer(self, singleShot=True, interval=15)
        self._news.timeout.connect(self.ready)
        self._watch = QTimer(self, interval=200)
        self._watch.timeout.connect(self._stop_slow)

    def get(self, key: FormulaKey) -> Formula | None:
        """The formula, or None while it is being set (``ready`` tells)."""
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        if len(key.source) > LONGEST or _too_deep(key.source):
            return self._remember(key, b"")
        if key not in self._asked:
            self._asked.add(key)
            self._start(key)
        return None

    def _remember(self, key: FormulaKey, svg: bytes) -> Formula:
        formula = self._kept[key] = Formula(svg)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return formula

    def _start(self, key: FormulaKey) -> None:
        with self._lock:
            self._queue.append(key)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="formulas", daemon=True)
                self._thread.start()
        self._watch.start()

    def _work(self) -> None:
        """The side thread: sets what is asked for and ends when nothing is left."""
        while True:
            with self._lock:
                if not self._queue:
                    self._thread = self._began = None
                    return
                key = self._queue.popleft()
                self._began = time.monotonic()
            try:
                svg = _set_latex(key)
            except Exception:  # noqa: BLE001 - whatever the typesetter cannot read is shown as its source
                svg = b""
            with self._lock:
                self._began = None
            try:
                self._set.emit(key, svg)
            except RuntimeError:  # the window is gone
                return

    def _keep(self, key: FormulaKey, svg: bytes) -> None:
        self._asked.discard(key)
        self._remember(key, svg)
        self._news.start()
        if not self._asked:
            self._watch.stop()

    def _stop_slow(self) -> None:
        with self._lock:
            thread, began = self._thread, self._began
            if thread is None or began is None or time.monotonic() - began < TIME_LIMIT:
                return
            # Threads cannot be stopped from outside, but Python code in one can be made to raise.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_TooSlowError)
            )
            self._began = time.monotonic()


def _too_deep(source: str) -> bool:
    depth = deepest = 0
    for char in source:
        depth += (char == "{") - (char == "}")
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _set_latex(key: FormulaKey) -> bytes:
    """The formula as SVG; raises whatever ziamath raises for a source that it cannot read."""
    import ziamath

    ziamath.config.svg2 = False  # Qt draws SVG Tiny 1.2
    formula = ziamath.Latex(key.source, size=key.pixels, color=key.color, inline=not key.display)
    svg = formula.svg().encode()
    return svg if len(svg) <= _LARGEST_SVG else b""
