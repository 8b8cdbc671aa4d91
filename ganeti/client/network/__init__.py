"""Sub-commands of gnt-network."""
