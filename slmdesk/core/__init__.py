"""Values and rules of the application: standard library only, no I/O, no Qt, no async."""
