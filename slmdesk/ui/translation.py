"""The language of the window: loads Qt's translation files from ``resources/i18n`` by the language setting."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from slmdesk.core.resources import resource


def install_language(app: QCoreApplication, language: str) -> str:
    """Speak ``language`` (``system``, or a code such as ``da``) as far as there is a translation.

    Returns the code of the language that is spoken; the source texts are English. Call it before the first widget
    is built. Numbers and dates follow the locale of the language that was chosen.
    """
    locale = QLocale.system() if language == "system" else QLocale(language)
    if locale.language() == QLocale.Language.C:  # a system without a language writes 8192, not 8,192
        locale = QLocale(QLocale.Language.English)
    QLocale.setDefault(locale)
    code = locale.name().partition("_")[0]
    if code == "en":
        return "en"
    translator = QTranslator(app)
    if not translator.load(f"slmdesk_{code}", str(resource("i18n"))):
        return "en"
    app.installTranslator(translator)
    return code
