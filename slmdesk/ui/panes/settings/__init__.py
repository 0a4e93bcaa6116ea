"""The settings pane."""

from __future__ import annotations

from slmdesk.ui.panes.settings.pane import SettingsPane, SettingsServices

__all__ = ["SettingsPane", "SettingsServices"]
