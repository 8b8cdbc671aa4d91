"""Sub-commands of gnt-backup."""
