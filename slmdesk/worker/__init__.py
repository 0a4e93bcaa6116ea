"""The child process that holds a native model; the only place that imports native engines."""
