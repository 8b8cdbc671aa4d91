"""Sub-commands of gnt-cluster."""
