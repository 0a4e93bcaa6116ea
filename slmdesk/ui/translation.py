"""The language of the window: loads Qt's translation files from ``resources/i18n`` by the language setting."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from slmdesk.core.resources import resource

CONTEXT = "SLMDesk"


class Translator(QTranslator):
    """Our own texts. All stand in one context: the same English words mean the same thing everywhere."""

    def translate(self, _context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str | None:
        """The text in this language; None where it is not translated (Qt then asks the next translator)."""
        return super().translate(CONTEXT, source, disambiguation or "", n) or None


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
    if code == "en" or not _install(Translator(app), app, f"slmdesk_{code}", str(resource("i18n"))):
        return "en"
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    _install(QTranslator(app), app, f"qtbase_{code}", folder)  # Qt's own menus and file dialogs
    return code


def _install(translator: QTranslator, app: QCoreApplication, name: str, folder: str) -> bool:
    found = translator.load(name, folder) and app.installTranslator(translator)
    if not found:
        translator.deleteLater()
    return found
