from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider
from pytestqt.qtbot import QtBot

from slmdesk.core.chat import LoadOptions, Preset, SamplingOptions
from slmdesk.ui.theme import Theme, ThemeSource
from slmdesk.ui.widgets.inspector import Inspector
from slmdesk.ui.widgets.inspector.fields import ChoiceField, Scale, SliderField, TextField


@pytest.fixture
def inspector(qtbot: QtBot, source: ThemeSource) -> Inspector:
    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.set_theme(Theme())
    inspector.resize(270, 700)
    inspector.show()
    return inspector


def test_a_scale_reads_what_a_person_types() -> None:
    scale = Scale(0, 2, 0.05)
    assert scale.parse("0,7") == 0.7
    assert scale.parse("9") == 2
    assert scale.parse("warm") is None
    tokens = Scale(0, 8192, 1, 0, stops=(0, 512, 4096, 8192), words={0: "Automatic"})
    assert tokens.parse("4,096") == tokens.parse("4.096") == tokens.parse("4 096") == 4096
    assert tokens.parse("automatic") == 0
    assert tokens.text(0) == "Automatic"
    assert tokens.value(tokens.position(4000)) == 4096
    assert tokens.parse("3000") == 3000, "any whole number inside the limits can be typed"


def test_a_slider_can_be_dragged_and_typed(qtbot: QtBot, source: ThemeSource) -> None:
    field = SliderField("Temperature", Scale(0, 2, 0.05))
    qtbot.addWidget(field)
    seen: list[float] = []
    field.edited.connect(seen.append)
    field.set_value(0.8)
    assert seen == []
    field.slider.setValue(field.slider.value() + 1)
    assert seen == [0.85]
    field.number.setText("1.2")
    field.number.editingFinished.emit()
    assert seen[-1] == 1.2
    field.number.setText("nonsense")
    field.number.editingFinished.emit()
    assert field.number.text() == "1.2"


def test_every_sampling_option_has_a_field(inspector: Inspector) -> None:
    inspector.sampling.more.set_open(True)
    inspector.sampling.schema.set_open(True)
    missing = set(SamplingOptions.__dataclass_fields__) - set(inspector.sampling._show)
    assert missing == set()


def test_every_load_option_that_a_person_sets_has_a_field(inspector: Inspector) -> None:
    inspector.load.more.set_open(True)
    missing = set(LoadOptions.__dataclass_fields__) - set(inspector.load._show)
    assert missing == {"ignore_memory"}


def test_the_fields_show_what_they_are_given(inspector: Inspector) -> None:
    inspector.sampling.more.set_open(True)
    inspector.set_sampling(
        SamplingOptions(temperature=0.3, seed=7, stop=("a", "b"), logit_bias=((5, -1.5),), mirostat=2, max_tokens=300)
    )
    bias = next(f for f in inspector.findChildren(TextField) if f.box.accessibleName() == "Logit bias")
    assert bias.value == "5 -1.5"
    numbers = {f.number.accessibleName(): f.number.text() for f in inspector.findChildren(SliderField)}
    assert (numbers["Temperature"], numbers["Longest answer"]) == ("0.3", "300")
    inspector.load.set_options(LoadOptions(context_length=4096, cache_type_k="q8_0", threads=3))
    inspector.load.more.set_open(True)
    inspector.grab()


def test_a_broken_schema_is_marked_and_not_told(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.sampling.schema.set_open(True)
    field = inspector.sampling.schema.findChild(TextField)
    assert field is not None
    seen: list[tuple[str, object]] = []
    inspector.sampling_edited.connect(lambda name, value: seen.append((name, value)))
    field.box.setPlainText("{broken")
    field.flush()
    assert seen == []
    assert field.note.isVisible()
    field.box.setPlainText('{"type": "object"}')
    field.flush()
    assert seen == [("json_schema", '{"type": "object"}')]
    assert not field.note.isVisible()
    field.box.setPlainText("[1]")
    field.flush()
    assert len(seen) == 1


def test_logit_bias_is_read_line_by_line(inspector: Inspector) -> None:
    inspector.sampling.more.set_open(True)
    field = next(f for f in inspector.findChildren(TextField) if f.box.accessibleName() == "Logit bias")
    seen: list[object] = []
    inspector.sampling_edited.connect(lambda _name, value: seen.append(value))
    field.box.setPlainText("12 -1.5\n7: 2")
    field.flush()
    assert seen == [((12, -1.5), (7, 2.0))]
    field.box.setPlainText("word 2")
    field.flush()
    assert len(seen) == 1
    assert "not a token id" in field.note.text()


def test_the_devices_of_the_engine_are_offered(inspector: Inspector) -> None:
    seen: dict[str, object] = {}
    inspector.load_edited.connect(lambda name, value: seen.update({name: value}))
    inspector.load.set_devices([("CPU", "A processor")])
    inspector.load.more.set_open(True)
    inspector.load.set_devices([("CPU", "A processor"), ("CUDA0", "A card")])
    field = inspector.load._device
    assert field is not None
    assert [field.box.itemText(i) for i in range(field.box.count())] == [
        "Automatic",
        "CPU: A processor",
        "CUDA0: A card",
    ]
    field.set_value("CUDA0")
    field.box.activated.emit(2)
    assert seen == {"device": "CUDA0"}


def test_the_cache_type_is_set_for_both_halves(inspector: Inspector) -> None:
    seen: dict[str, object] = {}
    inspector.load_edited.connect(lambda name, value: seen.update({name: value}))
    field = inspector.load.findChild(ChoiceField)
    assert field is not None
    field.set_value("q8_0")
    field.box.activated.emit(field.box.currentIndex())
    assert seen == {"cache_type_k": "q8_0", "cache_type_v": "q8_0"}


def test_limits_follow_the_model(inspector: Inspector) -> None:
    inspector.load.set_limits(8192, 29)
    assert inspector.load._context._scale.stops[-1] == 8192
    gpu = inspector.load._gpu
    assert gpu._scale.maximum == 29
    gpu.set_value(-1)
    assert gpu.slider.value() == gpu.slider.maximum(), "all is the far right"
    assert gpu.number.text() == "All"
    assert gpu._scale.parse("12") == 12


def test_the_presets_menu_offers_what_fits(inspector: Inspector) -> None:
    presets = [Preset("a", "Balanced", built_in=True), Preset("b", "Mine", system_prompt="Be brief.")]
    inspector.set_presets(presets, "b", changed=True)
    assert inspector.preset.text() == "Mine, changed"
    assert inspector.system.box.placeholderText() == "Be brief."
    seen: list[str] = []
    inspector.preset_chosen.connect(seen.append)
    inspector.preset_deleted.connect(lambda i: seen.append(f"delete {i}"))
    menu = inspector.open_presets(inspector.preset)
    texts = [a.text() for a in menu.actions() if a.text()]
    assert texts == ["Balanced", "Mine", "Save as…", "Delete “Mine”"]
    menu.actions()[0].trigger()
    menu.actions()[-1].trigger()
    menu.close()
    assert seen == ["a", "delete b"]


def test_the_rendered_prompt_is_asked_for_when_it_is_opened(inspector: Inspector, qtbot: QtBot) -> None:
    with qtbot.waitSignal(inspector.preview_requested, timeout=500):
        inspector.rendered.set_open(True)
    inspector.set_preview({"prompt": "<|im_start|>user", "prompt_tokens": 4})
    assert inspector._prompt is not None
    assert inspector._prompt.toPlainText() == "<|im_start|>user"
    inspector.set_preview({}, "Nothing was said yet.")
    assert inspector._prompt_note.text() == "Nothing was said yet."


def test_the_wheel_over_a_slider_changes_nothing(inspector: Inspector) -> None:
    slider = inspector.findChild(QSlider)
    assert slider is not None
    before = slider.value()
    QTest.mouseMove(slider)
    event = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,  # noqa: FBT003
    )  # fmt: skip
    QApplication.sendEvent(slider, event)
    assert slider.value() == before
