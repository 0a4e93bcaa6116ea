"""The parts of the Quantize pane: a chart of size against loss, and plain tables."""
