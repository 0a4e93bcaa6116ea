"""The inspector at the right of a chat: preset, system prompt, sampling, load options, rendered prompt."""

from __future__ import annotations

from slmdesk.ui.widgets.inspector.inspector import Inspector

__all__ = ["Inspector"]
