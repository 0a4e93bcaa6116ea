"""The style sheet of the application: how plain Qt widgets look in a theme.

Widgets name their part with the dynamic property ``kind`` (``primary``, ``ghost``, ``secondary`` ...), never with a
style sheet of their own.
"""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from slmdesk.core.resources import resource

if TYPE_CHECKING:
    from slmdesk.ui.theme import Theme

_SHEET = Template("""
* { outline: none; }
QMainWindow, QDialog { background: $canvas; }
QScrollArea, QAbstractScrollArea { background: transparent; border: none; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 6px; }
QLabel { background: transparent; }
QLabel[kind="secondary"] { color: $text2; }
QLabel[kind="small"] { color: $text2; font-size: ${small}px; }
QLabel[kind="strong"] { font-weight: 600; }
QLabel[kind="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[kind="display"] { font-size: ${display}px; font-weight: 600; }
QLabel[kind="smallstrong"] { font-size: ${small}px; font-weight: 600; }
QLabel[kind="bad"] { color: $bad; }
QLabel[kind="pill"] { border-radius: 4px; padding: 1px 6px; font-size: ${small}px; background: $hover; color: $text2; }
QLabel[tone="good"] { background: $good_tint; color: $good; }
QLabel[tone="warn"] { background: $warn_tint; color: $warn; }
QLabel[tone="bad"] { background: $bad_tint; color: $bad; }
QLabel[tone="accent"] { background: $selected; color: $accent; }

QPushButton, QToolButton {
    background: $raised; color: $text; border: 1px solid $line; border-radius: ${r}px;
    padding: 0 ${pad}px; min-height: ${inner}px;
}
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:focus, QToolButton:focus { border: 1px solid $accent; }
QPushButton:disabled, QToolButton:disabled { color: $faded; }
QPushButton::menu-indicator, QToolButton::menu-indicator { image: none; width: 0; }
QPushButton[kind="primary"] { background: $accent; color: $accent_text; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; padding: 0 ${pad1}px; min-height: ${inner2}px; }
QPushButton[kind="primary"]:disabled { background: $line; border-color: $line; color: $faded; }
QPushButton[kind="ghost"], QToolButton[kind="ghost"] { background: transparent; border-color: transparent; }
QPushButton[kind="ghost"] { padding: 0 8px; }
QToolButton[kind="ghost"] { padding: 0; min-width: ${inner}px; }
QPushButton[kind="ghost"]:hover, QToolButton[kind="ghost"]:hover { background: $hover; }
QPushButton[kind="ghost"]:checked, QToolButton[kind="ghost"]:checked { background: $selected; }
QPushButton[kind="ghost"]:focus, QToolButton[kind="ghost"]:focus { border: 1px solid $accent; }
QToolButton[kind="row"], QToolButton[kind="round"] { padding: 0; min-width: 0; min-height: 0; }
QToolButton[kind="row"] { background: transparent; border: 1px solid transparent; border-radius: 6px; }
QToolButton[kind="round"] { background: $raised; border: 1px solid $line; border-radius: 17px; }
QToolButton[kind="row"]:hover, QToolButton[kind="round"]:hover { background: $hover; }
QToolButton[kind="row"]:focus, QToolButton[kind="round"]:focus { border: 1px solid $accent; }
QPushButton[kind="left"] { text-align: left; }
QPushButton[kind="danger"] { color: $bad; }
QPushButton[kind="nav"] {
    background: transparent; border-color: transparent; text-align: left; padding: 0 ${pad_in}px; color: $text2;
}
QPushButton[kind="nav"]:hover { background: $hover; color: $text; }
QPushButton[kind="nav"]:checked { background: $selected; color: $accent; font-weight: 600; }
QPushButton[kind="nav"]:focus { border: 1px solid $accent; }
QPushButton[kind="chip"] {
    background: $hover; border-color: transparent; color: $text2; padding: 0 8px; min-height: ${chip}px;
    font-size: ${small}px;
}
QPushButton[kind="chip"]:focus { border: 1px solid $accent; }
QPushButton[kind="chip"]:hover { color: $text; }
QPushButton[kind="segment"] {
    background: $hover; border-color: transparent; color: $text2; padding: 0 ${pad}px; min-height: ${segment}px;
}
QPushButton[kind="segment"]:hover { color: $text; }
QPushButton[kind="segment"]:checked { background: $selected; color: $accent; }
QPushButton[kind="segment"]:focus { border: 1px solid $accent; }
QPushButton[kind="segment"]:disabled { color: $faded; }
QPushButton[kind="status"] {
    background: transparent; border-color: transparent; color: $text2; padding: 0 6px; min-height: ${status}px;
    font-size: ${small}px;
}
QPushButton[kind="status"]:hover { background: $hover; color: $text; }
QPushButton[kind="status"]:focus { border: 1px solid $accent; }
QPushButton[kind="fold"] {
    background: transparent; border-color: transparent; text-align: left; padding: 0; color: $text2;
    min-height: ${chip}px;
}
QPushButton[kind="link"] {
    background: transparent; border: 1px solid transparent; color: $accent; padding: 0 2px; min-height: ${chip}px;
}
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: 1px solid $accent; }
QPushButton[kind="fold"]:hover { color: $text; }
QPushButton[kind="fold"]:focus { border: 1px solid $accent; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    background: $raised; color: $text; border: 1px solid $line; border-radius: ${r}px;
    selection-background-color: $accent; selection-color: $accent_text;
}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { padding: 0 ${pad_in}px; min-height: ${inner}px; }
QPlainTextEdit, QTextEdit { padding: 6px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {
    border: 1px solid $accent;
}
QLineEdit:disabled, QPlainTextEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
    color: $faded; background: $surface;
}
QLineEdit[kind="number"] {
    background: transparent; border: 1px solid transparent; color: $text2; padding: 0 3px; min-height: ${chip}px;
}
QLineEdit[kind="number"]:hover { border: 1px solid $line; }
QLineEdit[kind="number"]:focus { border: 1px solid $accent; color: $text; background: $raised; }
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"] { border: 1px solid $bad; }
QPlainTextEdit[kind="mono"] { font-family: $mono; font-size: ${small}px; }
QPlainTextEdit[kind="bare"] { background: transparent; border: none; padding: 0; }
QSpinBox, QDoubleSpinBox { padding-right: 22px; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
    border: none; background: transparent; width: 20px; }
QSpinBox::up-button:hover, QSpinBox::down-button:hover { background: $hover; }
QDoubleSpinBox::up-button:hover, QDoubleSpinBox::down-button:hover { background: $hover; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url($icons/arrow-up-$name.svg); width: 10px; height: 10px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url($icons/arrow-$name.svg); width: 10px; height: 10px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url($icons/arrow-$name.svg); width: 10px; height: 10px; }
QComboBox QAbstractItemView {
    background: $raised; color: $text; border: 1px solid $line; padding: 4px;
    selection-background-color: $selected; selection-color: $text;
}
QCheckBox { spacing: 8px; min-height: ${chip}px; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $text2; border-radius: 4px; background: $raised; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($icons/check-$name.svg); }
QCheckBox:focus { color: $accent; }
QRadioButton { spacing: 8px; min-height: ${chip}px; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $text2; border-radius: 8px; }
QRadioButton::indicator { background: $raised; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent; background: $accent_text; }
QRadioButton:focus { color: $accent; }
QRadioButton::indicator:focus { border-color: $accent; }
QCheckBox::indicator:focus { border: 2px solid $accent; }

QMenu { background: $raised; color: $text; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 5px; }
QMenu::item:selected { background: $selected; color: $text; }
QMenu::item:disabled { color: $faded; background: transparent; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::icon { padding-left: 6px; }

QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 10px; margin: 0; }
QScrollBar:horizontal { height: 10px; margin: 0; }
QScrollBar::handle { background: $thumb; border-radius: 3px; margin: 2px; }
QScrollBar::handle:hover { background: $text2; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSplitter::handle { background: $line; }
QSplitter::handle:hover { background: $accent; }

QListView, QTableView, QTreeView { background: transparent; border: none; color: $text; }
QTableView { gridline-color: $line; selection-background-color: $selected; selection-color: $text; }
QTableWidget[kind="plain"]::item { padding: 0 10px; }
QTableWidget[kind="plain"]::item:selected { background: $selected; color: $text; }
QTableWidget[kind="plain"]::indicator {
    width: 14px; height: 14px; border: 1px solid $text2; border-radius: 4px; background: $raised;
}
QTableWidget[kind="plain"]::indicator:checked {
    background: $accent; border-color: $accent; image: url($icons/check-$name.svg);
}
QTableWidget[kind="plain"]::indicator:disabled { border-color: $line; background: transparent; }
QTreeView::item { padding: 3px 2px; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section {
    background: transparent; color: $text2; border: none; border-bottom: 1px solid $line; padding: 6px 10px;
    font-size: ${small}px;
}

QSlider { min-height: 16px; max-height: 16px; }
QSlider::groove:horizontal { height: 4px; background: $line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { background: $accent; width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; }
QSlider::handle:horizontal:focus { border: 2px solid $text; }
QSlider:disabled { color: $faded; }

QProgressBar { background: $line; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QFrame[kind="card"] { background: $surface; border: 1px solid $line; border-radius: ${card_r}px; }
QFrame[kind="chipframe"] { background: $raised; border: 1px solid $line; border-radius: 5px; }
QLineEdit QToolButton, QFrame[kind="chipframe"] QToolButton { min-height: 0; min-width: 0; padding: 0; }
QFrame[kind="rule"] { background: $line; border: none; max-height: 1px; min-height: 1px; }
QFrame[kind="popover"] { background: $raised; border: 1px solid $line; border-radius: ${card_r}px; }
QFrame[kind="toast"] { background: $text; border-radius: ${r}px; }
QFrame[kind="toast"] QLabel { color: $canvas; }
QFrame[kind="toast"] QPushButton {
    background: transparent; color: $canvas; border: 1px solid transparent; font-weight: 600;
    text-decoration: underline;
}
QFrame[kind="toast"] QPushButton:focus { border: 1px solid $canvas; }
QFrame[kind="banner"] { background: $bad_ground; border: 1px solid $bad_line; border-radius: ${r}px; margin-top: 8px; }
QFrame[kind="notice"] { background: $surface; border: 1px solid $line; border-radius: ${r}px; }
QFrame[kind="composer"] { background: $raised; border: 1px solid $line; border-radius: ${bubble_r}px; }
QFrame[kind="composer"][active="true"] { border: 1px solid $accent; }
QWidget[kind="surface"] { background: $surface; }
QWidget[kind="canvas"] { background: $canvas; }
QWidget[edge="right"] { border-right: 1px solid $line; }
QWidget[edge="left"] { border-left: 1px solid $line; }
QWidget[edge="top"] { border-top: 1px solid $line; }
QWidget[edge="bottom"] { border-bottom: 1px solid $line; }
""")

_COLORS = (
    "canvas",
    "surface",
    "raised",
    "line",
    "hover",
    "selected",
    "text",
    "text2",
    "accent",
    "accent_text",
    "good",
    "warn",
    "bad",
)


def style_sheet(theme: Theme) -> str:
    """The sheet for ``theme``."""
    colors = {name: theme.color(name).name() for name in _COLORS}
    height = theme.control_height
    return _SHEET.substitute(
        colors,
        name=theme.name,
        icons=resource("icons").as_posix(),
        accent_hover=theme.blend("accent", "text", 0.86).name(),
        faded=theme.blend("text2", "canvas", 0.7).name(),
        thumb=theme.blend("text2", "canvas", 0.4).name(),
        bad_tint=theme.tint("bad").name(),
        warn_tint=theme.tint("warn").name(),
        good_tint=theme.tint("good").name(),
        bad_line=theme.tint("bad", 0.35).name(),
        bad_ground=theme.tint("bad", 0.06).name(),
        r=theme.radius("control"),
        card_r=theme.radius("card"),
        bubble_r=theme.radius("bubble"),
        pad=theme.px(12),
        pad1=theme.px(12) - 1,
        pad_in=theme.px(8),
        inner=height - 2,
        inner2=height - 4,
        chip=theme.px(22),
        segment=theme.px(26),
        status=theme.px(20),
        mono=", ".join(f'"{name}"' for name in theme.font("mono").families()),
        small=theme.px(12),
        title=theme.px(16),
        display=theme.px(20),
    )
