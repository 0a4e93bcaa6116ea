"""One file per pane of the window; panes do not know each other."""
