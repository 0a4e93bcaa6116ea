from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

import slmdesk
from slmdesk.core.resources import resource
from slmdesk.ui.translation import Translator, install_language

PLACE = {"tr": 0, "_tr": 0, "translate": 1, "QT_TRANSLATE_NOOP": 1}
KEPT_ENGLISH = {"What can SLMDesk do?", "Which quantization should I choose?", "Does anything leave my computer?"}
"""Questions to the starter model, which answers in English."""


def source_texts() -> set[str]:
    """Every text that the program marks for translation."""
    found: set[str] = set()
    for path in Path(slmdesk.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = str(getattr(node.func, "attr", "") or getattr(node.func, "id", ""))
                place = PLACE.get(name)
                if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                    found.add(str(node.args[place].value))  # type: ignore[attr-defined]
    return found


def danish() -> dict[str, str]:
    root = ET.parse(resource("i18n", "slmdesk_da.ts")).getroot()
    return {m.findtext("source", ""): m.findtext("translation", "") for m in root.iter("message")}


@pytest.fixture
def speaking_danish(qapp: QApplication) -> Iterator[QApplication]:
    assert install_language(qapp, "da") == "da"
    yield qapp
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(QLocale(QLocale.Language.English))


def test_nearly_every_text_is_danish() -> None:
    texts = {t for t in source_texts() if re.search(r"[A-Za-z]{2}", t)} - KEPT_ENGLISH
    missing = sorted(texts - danish().keys())
    assert len(missing) <= len(texts) * 0.1, missing


def test_the_places_for_values_are_the_same() -> None:
    for source, translation in danish().items():
        assert translation
        assert sorted(re.findall(r"\{\d\}", source)) == sorted(re.findall(r"\{\d\}", translation)), source
        assert not translation.endswith("!")


def test_the_binary_file_is_up_to_date(qapp: QApplication) -> None:
    translator = Translator()
    assert translator.load("slmdesk_da", str(resource("i18n")))
    for source, translation in danish().items():
        assert translator.translate("any", source) == translation


def test_the_program_speaks_danish(speaking_danish: QApplication) -> None:
    assert QCoreApplication.translate("ChatList", "New chat") == "Ny chat"
    assert QCoreApplication.translate("ChatList", "no such text") == "no such text"
    assert QLocale().toString(8192) == "8.192"
