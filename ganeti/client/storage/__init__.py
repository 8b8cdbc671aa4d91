"""Sub-commands of gnt-storage."""
