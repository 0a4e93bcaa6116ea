"""Whatever can list and load models, seen from the parent process."""
