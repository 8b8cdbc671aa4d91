"""The daemons: wiring and command lines."""
