"""Sub-commands of gnt-filter."""
