"""Sub-commands of gnt-os."""
