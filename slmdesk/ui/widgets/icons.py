"""Line icons in the colours of the theme, drawn from the SVG files in ``resources/icons``."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from slmdesk.core.resources import resource
from slmdesk.ui.theme import Theme


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text("utf-8")


@lru_cache(maxsize=512)
def pixmap(name: str, color: str, size: int, ratio: float = 1.0, before: int = 0, after: int = 0) -> QPixmap:
    """The icon ``name`` in ``color`` (such as ``#1d1c1a``), ``size`` logical pixels square, for a screen's ratio.

    ``before`` and ``after`` are empty pixels at its left and right.
    """
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))
    image = QPixmap(round((size + before + after) * ratio), round(size * ratio))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(before * ratio, 0, size * ratio, size * ratio))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def icon(
    name: str, theme: Theme, color: str = "text", size: int = 16, *, before: int = 0, after: int = 0
) -> QIcon:  # fmt: skip
    """An icon for a button: in the theme's colour ``color`` (a token), faded where the button is disabled."""
    size = theme.px(size)
    faded = theme.blend("text2", "canvas", 0.5)
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0  # the sharpest screen's
    result = QIcon()
    result.addPixmap(pixmap(name, theme.color(color).name(), size, ratio, before, after))
    result.addPixmap(pixmap(name, faded.name(), size, ratio, before, after), QIcon.Mode.Disabled)
    return result


def paint(painter: QPainter, name: str, rect: QRectF, color: QColor) -> None:
    """Draw an icon into ``rect`` with a painter that is already open."""
    ratio = painter.device().devicePixelRatioF()
    image = pixmap(name, color.name(), round(rect.width()), ratio)
    painter.drawPixmap(rect.topLeft(), image)
