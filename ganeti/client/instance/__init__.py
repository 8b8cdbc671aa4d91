"""Sub-commands of gnt-instance."""
