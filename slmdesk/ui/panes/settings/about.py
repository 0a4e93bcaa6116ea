"""Which version this is, as a page of the settings."""

from __future__ import annotations

import platform

import slmdesk
from slmdesk.ui.panes.settings.column import Column, Run, Section
from slmdesk.ui.widgets.controls import TextButton
from slmdesk.ui.widgets.licences import LicencesDialog


class AboutSection(Section):
    """The version and the licences."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.licences = TextButton(self.tr("Licences"))
        self.licences.clicked.connect(lambda: LicencesDialog(self.licences).open())

    def fill(self, column: Column) -> None:
        """One line."""
        version = f"SLMDesk {slmdesk.__version__} · Python {platform.python_version()}"
        column.line(version, self.tr("MIT licence. Made with the free libraries that the list names."), self.licences)
