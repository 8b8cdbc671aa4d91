"""Sub-commands of gnt-job."""
