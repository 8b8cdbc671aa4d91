"""Sub-commands of gnt-group."""
