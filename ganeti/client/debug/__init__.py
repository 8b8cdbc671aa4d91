"""Sub-commands of gnt-debug."""
