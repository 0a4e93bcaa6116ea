"""llama.cpp through its low-level API: slots, sampling, templates, kept state."""
