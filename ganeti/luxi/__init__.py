"""LUXI: JSON requests to the master daemon over its unix sockets."""
