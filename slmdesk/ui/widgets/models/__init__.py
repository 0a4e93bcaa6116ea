"""Widgets of the models pane: they take values and emit signals, and know no service."""
