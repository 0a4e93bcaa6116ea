"""The models pane: what is on this machine (Library), what is elsewhere (Discover), and what is on its way here."""

from __future__ import annotations

from slmdesk.ui.panes.models.pane import ModelsPane
from slmdesk.ui.panes.models.view import ModelsServices

__all__ = ["ModelsPane", "ModelsServices"]
