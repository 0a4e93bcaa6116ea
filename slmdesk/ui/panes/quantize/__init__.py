"""The Quantize pane: make a model smaller, see exactly what that costs, and keep the best one."""

from __future__ import annotations

from slmdesk.ui.panes.quantize.pane import QuantizePane
from slmdesk.ui.panes.quantize.words import QuantizeServices

__all__ = ["QuantizePane", "QuantizeServices"]
