"""Programs for the node and its administrator beside the daemons and the gnt-* commands."""
