"""The application's state and use cases: asyncio and QtCore signals, no widgets."""
