"""Sub-commands of gnt-node."""
