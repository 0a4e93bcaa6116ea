"""The sampling options as fields: four in sight, the rest under "More"."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from slmdesk.core.chat import SamplingOptions
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import label, row
from slmdesk.ui.widgets.inspector.fields import ChoiceField, Scale, SliderField, TextField
from slmdesk.ui.widgets.inspector.fold import Fold


class SamplingForm(QWidget):
    """Shows :class:`SamplingOptions`. ``edited`` carries a field's name and its new value."""

    edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = SamplingOptions()
        self._show: dict[str, Callable[[Any], None]] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        for widget in self._main():
            self._layout.addWidget(widget)
        self.schema = Fold(self.tr("Answer as JSON schema"), self._build_schema)
        self.more = Fold(self.tr("More sampling"), self._build_more)
        self._layout.addWidget(self.schema)
        self._layout.addWidget(self.more)

    def set_options(self, options: SamplingOptions) -> None:
        """Show these options."""
        self._options = options
        for name, show in self._show.items():
            show(getattr(options, name))
        self.schema.head.setText(
            self.tr("Answer as JSON schema: on") if options.json_schema else self.tr("Answer as JSON schema")
        )

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.schema.set_theme(theme)
        self.more.set_theme(theme)

    # --- fields -------------------------------------------------------------------------------------------------

    def _main(self) -> list[QWidget]:
        return [
            self._slider("temperature", self.tr("Temperature"), Scale(0, 2, 0.05),
                         self.tr("0 always takes the likeliest word; higher values vary more.")),
            self._slider("top_p", self.tr("Top-p"), Scale(0, 1, 0.01),
                         self.tr("Only the likeliest words that together reach this probability are considered.")),
            self._slider("top_k", self.tr("Top-k"), Scale(0, 200, 1, 0, words={0: self.tr("Off")}),
                         self.tr("Only this many of the likeliest words are considered.")),
            self._slider("min_p", self.tr("Min-p"), Scale(0, 1, 0.01),
                         self.tr("Words less likely than this share of the likeliest one are dropped.")),
        ]  # fmt: skip

    def _slider(self, name: str, words: str, scale: Scale, help_text: str = "") -> SliderField:
        field = SliderField(words, scale, help_text)
        whole = scale.digits == 0
        field.edited.connect(lambda value: self.edited.emit(name, round(value) if whole else value))
        self._show[name] = field.set_value
        field.set_value(getattr(self._options, name))
        return field

    def _build_more(self) -> QWidget:
        panel = QWidget()
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (*self._penalties(), *self._rare(), *self._ends()):
            layout.addWidget(widget)
        return panel

    def _penalties(self) -> list[QWidget]:
        tokens = Scale(-1, 1024, 1, 0, words={-1: self.tr("All"), 0: self.tr("Off")})
        return [
            self._slider("repeat_penalty", self.tr("Repeat penalty"), Scale(0.8, 2, 0.01),
                         self.tr("Above 1 makes repeated words less likely.")),
            self._slider("repeat_last_n", self.tr("Repeat window"), tokens,
                         self.tr("How many of the last tokens the penalties look at.")),
            self._slider("presence_penalty", self.tr("Presence penalty"), Scale(-2, 2, 0.05),
                         self.tr("Makes words that occurred at all less likely.")),
            self._slider("frequency_penalty", self.tr("Frequency penalty"), Scale(-2, 2, 0.05),
                         self.tr("Makes words less likely the more often they occurred.")),
            self._slider("dry_multiplier", self.tr("DRY strength"), Scale(0, 2, 0.05),
                         self.tr("Holds the model back from repeating whole passages. 0 is off.")),
            self._slider("dry_base", self.tr("DRY base"), Scale(1, 4, 0.05)),
            self._slider("dry_allowed_length", self.tr("DRY allowed length"), Scale(1, 20, 1, 0)),
            self._slider("dry_penalty_last_n", self.tr("DRY window"), tokens),
        ]  # fmt: skip

    def _rare(self) -> list[QWidget]:
        mirostat = ChoiceField(
            self.tr("Mirostat"),
            [("0", self.tr("Off")), ("1", "1"), ("2", "2")],
            self.tr("Steers the surprise of the text by itself; top-k, top-p and min-p are not used then."),
        )
        mirostat.edited.connect(lambda value: self.edited.emit("mirostat", int(value)))
        self._show["mirostat"] = lambda value: mirostat.set_value(str(value))
        mirostat.set_value(str(self._options.mirostat))
        return [
            self._slider("typical_p", self.tr("Typical-p"), Scale(0, 1, 0.01),
                         self.tr("Prefers words of average surprise. 1 is off.")),
            self._slider("xtc_probability", self.tr("XTC probability"), Scale(0, 1, 0.01),
                         self.tr("How often the most obvious words are left out. 0 is off.")),
            self._slider("xtc_threshold", self.tr("XTC threshold"), Scale(0, 0.5, 0.01)),
            mirostat,
            self._slider("mirostat_tau", self.tr("Mirostat tau"), Scale(0, 10, 0.1, 1)),
            self._slider("mirostat_eta", self.tr("Mirostat eta"), Scale(0, 1, 0.01)),
        ]  # fmt: skip

    def _ends(self) -> list[QWidget]:
        stops = (0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
        length = Scale(0, 32768, 1, 0, stops=stops, words={0: self.tr("No limit")})
        seed = QLineEdit()
        seed.setPlaceholderText(self.tr("Random"))
        seed.setAccessibleName(self.tr("Seed"))
        seed.setMaximumWidth(120)
        seed.editingFinished.connect(lambda: self._seed_typed(seed))
        self._show["seed"] = lambda value: seed.setText("" if value is None else str(value))
        self._show["seed"](self._options.seed)
        seed_row = QWidget()
        seed_row.setLayout(row(label(self.tr("Seed")), 1, seed))
        seed_row.setToolTip(self.tr("The same seed gives the same answer again. Empty takes a new one each time."))
        return [
            self._slider("max_tokens", self.tr("Longest answer"), length, self.tr("In tokens.")),
            seed_row,
            self._text("stop", TextField(self.tr("Stop strings"), self.tr("One per line"), 2),
                       "\n".join, lambda text: tuple(s for s in text.split("\n") if s)),
            self._text("logit_bias", TextField(self.tr("Logit bias"), self.tr("Token id and bias, one per line"), 2),
                       lambda value: "\n".join(f"{i} {b:g}" for i, b in value), _parse_bias),
            self._text("grammar", TextField(self.tr("Grammar"), self.tr("GBNF; excludes a JSON schema"), 3, mono=True),
                       str, str),
        ]  # fmt: skip

    def _seed_typed(self, seed: QLineEdit) -> None:
        text = seed.text().strip()
        value = int(text) if text.isdecimal() and int(text) < 2**32 - 1 else None
        seed.setText("" if value is None else str(value))
        if value != self._options.seed:
            self.edited.emit("seed", value)

    def _build_schema(self) -> QWidget:
        field = TextField("", self.tr('{"type": "object", "properties": {}}'), 6, mono=True)
        field.box.setAccessibleName(self.tr("JSON schema"))
        return self._text("json_schema", field, str, _checked_json)

    def _text(
        self, name: str, field: TextField, show: Callable[[Any], str], read: Callable[[str], Any]
    ) -> TextField:  # fmt: skip
        """Bind a text field; what ``read`` refuses is marked and not told."""

        def edited(text: str) -> None:
            try:
                value = read(text)
            except ValueError as error:
                field.set_problem(str(error))
                return
            field.set_problem("")
            self.edited.emit(name, value)

        def put(value: Any) -> None:
            if not field.box.hasFocus():  # never under the person's hands
                field.set_value(show(value))

        field.edited.connect(edited)
        self._show[name] = put
        field.set_value(show(getattr(self._options, name)))
        return field


def _parse_bias(text: str) -> tuple[tuple[int, float], ...]:
    pairs: list[tuple[int, float]] = []
    for line in filter(str.strip, text.splitlines()):
        parts = line.replace(":", " ").replace("=", " ").split()
        if len(parts) != 2 or not parts[0].isdecimal():
            raise ValueError(f"“{line.strip()}” is not a token id and a number.")
        pairs.append((int(parts[0]), float(parts[1])))
    return tuple(pairs)


def _checked_json(text: str) -> str:
    if not text.strip():
        return ""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f"This is not JSON yet: {error}.") from error
    if not isinstance(value, dict):
        raise ValueError("A schema is a JSON object.")  # noqa: TRY004 - told to the person like any other slip
    return text
