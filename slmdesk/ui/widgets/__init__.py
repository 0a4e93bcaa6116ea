"""Widgets: they take values and emit signals, and know no service."""
