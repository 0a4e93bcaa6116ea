"""Everything that imports QtWidgets."""
