from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from itertools import product

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from slmdesk.core.resources import resource
from slmdesk.ui.style_sheet import style_sheet
from slmdesk.ui.theme import Theme, ThemeSource
from slmdesk.ui.widgets import icons

LIGHT_AND_DARK = [Theme("light"), Theme("dark")]


def luminance(color: QColor) -> float:
    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.03928 else float(((c + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def contrast(a: QColor, b: QColor) -> float:
    """The contrast ratio of WCAG 2.1, 1 to 21."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", LIGHT_AND_DARK, ids=lambda t: t.name)
def test_every_text_is_readable_on_every_ground(theme: Theme) -> None:
    for text, ground in product(("text", "text2", "accent"), ("canvas", "surface", "raised", "hover", "selected")):
        assert contrast(theme.color(text), theme.color(ground)) >= 4.5, (text, ground)
    for tone in ("good", "warn", "bad", "accent"):
        assert contrast(theme.color(tone), theme.tint(tone)) >= 4.5, tone
        assert contrast(theme.color(tone), theme.color("canvas")) >= 4.5, tone
    assert contrast(theme.color("text"), theme.color("bubble")) >= 4.5
    assert contrast(theme.color("accent_text"), theme.color("accent")) >= 4.5
    assert contrast(theme.color("text"), theme.tint("bad")) >= 4.5


@pytest.mark.parametrize("theme", LIGHT_AND_DARK, ids=lambda t: t.name)
def test_the_style_sheet_is_complete(theme: Theme, qapp: QApplication) -> None:
    sheet = style_sheet(theme)
    assert "$" not in sheet
    assert theme.color("accent").name() in sheet
    assert sheet.count("{") == sheet.count("}")


def test_fonts_grow_with_the_scale(qapp: QApplication) -> None:
    assert Theme(scale=1.5).font("base").pixelSize() == round(Theme().font("base").pixelSize() * 1.5)
    assert Theme(scale=0.8).control_height < Theme().control_height
    assert Theme().font("mono").families() != Theme().font("base").families()


def test_an_unknown_colour_is_a_fault() -> None:
    with pytest.raises(KeyError):
        Theme().color("nonsense")


def test_both_looks_have_the_same_tokens() -> None:
    data = json.loads(resource("themes", "tokens.json").read_text("utf-8"))
    assert data["light"].keys() == data["dark"].keys()


def test_a_look_can_be_fixed(source: ThemeSource, qapp: QApplication) -> None:
    source.set_mode("dark")
    assert source.theme.name == "dark"
    assert qapp.palette().window().color() == source.theme.color("canvas")
    source.set_mode("light")
    assert source.theme.color("canvas").lightness() > 200
    source.set_mode("system")


def test_the_look_follows_the_desktop_live(
    source: ThemeSource, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No platform of a test machine has a scheme of its own, so the desktop's answer and its signal are played.
    seen: list[str] = []
    source.changed.connect(lambda theme: seen.append(theme.name))
    monkeypatch.setattr(source, "system_is_dark", lambda: True)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert source.theme.name == "dark"
    source.set_mode("light")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert seen[-1] == "light"
    monkeypatch.undo()
    source.set_mode("system")
    assert seen == ["dark", "light"]
    source.changed.disconnect()


def test_the_font_size_keeps_its_limits(source: ThemeSource) -> None:
    source.set_font_scale(400)
    assert source.theme.scale == 1.5
    source.set_font_scale(10)
    assert source.theme.scale == 0.8
    source.set_font_scale(100)


def test_motion_can_be_turned_off(source: ThemeSource) -> None:
    source.set_motion("off")
    assert source.theme.motion_ms == 0
    source.set_motion("on")
    assert 0 < source.theme.motion_ms <= 120
    source.set_motion("system")


def test_every_icon_is_a_drawing(qapp: QApplication) -> None:
    files = sorted(resource("icons").glob("*.svg"))
    assert len(files) > 30
    for file in files:
        assert ET.parse(file).getroot().tag.endswith("svg")
    image = icons.pixmap("chat", "#ff0000", 20, 2.0).toImage()
    colors = {
        image.pixelColor(x, y).name() for x in range(40) for y in range(40) if image.pixelColor(x, y).alpha() > 200
    }
    assert colors == {"#ff0000"}
